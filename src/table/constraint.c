/* SPDX-License-Identifier: Apache-2.0 */
/* A recursive-descent parser into an array of nodes, and their evaluation. Truth is a number, too: 1, 0, or NaN for unknown. */
#include "table/constraint.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum kind { NUMBER, TEXT, COLUMN, ADD, SUBTRACT, MULTIPLY, LESS, LESS_EQUAL, EQUAL, MISSING, AND, OR, NOT };
enum form { CONDITION, UNIQUE, KNOWN };
enum { NODES_MAX = 500, DEPTH_MAX = 60, KEY_COLUMNS_MAX = 16 };

struct node {
    enum kind kind;
    uint16_t left, right; /* of operators; a list of columns is chained by `right` */
    double number;
    char *text; /* a text, or a column's name */
};

struct mm_constraint {
    char *text;
    enum form form;
    uint16_t count, root;
    uint16_t keys[KEY_COLUMNS_MAX]; /* unique and known: nodes of columns */
    uint32_t key_count;
    struct node nodes[NODES_MAX];
};

/* ---- reading ---- */

enum token { END, WORD, QUOTED, STRING, FIGURE, SIGN };

struct parser {
    struct mm_constraint *out;
    struct mm_arena *arena;
    const char *at, *start; /* behind the token; where it begins */
    enum token token;
    char word[MM_CONSTRAINT_BYTES_MAX + 1]; /* the token's text, without quotes */
    int depth;
    mint_error *err;
};

static mint_status broken_at(const struct parser *p, const char *why) {
    MM_RETURN_ERROR(p->err, MINT_E_FORMAT, "constraint \"%.200s\", character %zu: %s", p->out->text, (size_t)(p->start - p->out->text) + 1,
                    why);
}

static bool begins_word(char c) { return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 128; }

static mint_status read_quoted(struct parser *p, char quote) {
    size_t length = 0;
    for (p->at++;; p->at++) {
        if (!*p->at) return broken_at(p, "a quote that is never closed");
        if (*p->at == quote && *++p->at != quote) break; /* doubled, it stands for itself */
        p->word[length++] = *p->at;
    }
    p->word[length] = 0;
    p->token = quote == '"' ? QUOTED : STRING;
    return MINT_OK;
}

static mint_status next(struct parser *p) {
    while (isspace((unsigned char)*p->at)) p->at++;
    p->start = p->at;
    size_t length = 0;
    if (!*p->at)
        p->token = END;
    else if (*p->at == '"' || *p->at == '\'')
        return read_quoted(p, *p->at);
    else if (begins_word(*p->at)) {
        p->token = WORD;
        while (begins_word(p->at[length]) || isdigit((unsigned char)p->at[length]) || p->at[length] == '.') length++;
    } else if (isdigit((unsigned char)*p->at) || (*p->at == '.' && isdigit((unsigned char)p->at[1]))) {
        char *end;
        strtod(p->at, &end);
        p->token = FIGURE;
        length = (size_t)(end - p->at);
    } else {
        static const char *const signs[] = {"<=", ">=", "<>", "!=", "==", "<", ">", "=", "+", "-", "*", "(", ")", ","};
        size_t k = 0;
        while (k < sizeof signs / sizeof *signs && strncmp(p->at, signs[k], strlen(signs[k])) != 0) k++;
        if (k == sizeof signs / sizeof *signs) return broken_at(p, "a character that means nothing here");
        p->token = SIGN;
        length = strlen(signs[k]);
    }
    memcpy(p->word, p->at, length);
    p->word[length] = 0;
    p->at += length;
    return MINT_OK;
}

static bool is_sign(const struct parser *p, const char *sign) { return p->token == SIGN && !strcmp(p->word, sign); }
static bool is_word(const struct parser *p, const char *word) { return p->token == WORD && !strcasecmp(p->word, word); }

static bool is_reserved(const struct parser *p) {
    static const char *const words[] = {"if", "then", "and", "or", "not", "in", "is", "missing", "null", "unique", "known"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (is_word(p, words[k])) return true;
    return false;
}

static mint_status skip(struct parser *p, const char *sign) {
    if (is_sign(p, sign) || is_word(p, sign)) return next(p);
    char why[40];
    snprintf(why, sizeof why, "'%s' is expected here", sign);
    return broken_at(p, why);
}

static mint_status add_node(struct parser *p, enum kind kind, uint16_t left, uint16_t right, uint16_t *out) {
    if (p->out->count == NODES_MAX) return broken_at(p, "longer than a constraint may be");
    *out = p->out->count++;
    p->out->nodes[*out] = (struct node){.kind = kind, .left = left, .right = right};
    return MINT_OK;
}

static mint_status add_text(struct parser *p, enum kind kind, uint16_t *out) {
    MM_RETURN_IF_ERROR(add_node(p, kind, 0, 0, out));
    MM_COPY_TEXT_OR_RETURN(p->out->nodes[*out].text, p->arena, p->word, p->err);
    return next(p);
}

static mint_status read_column(struct parser *p, uint16_t *out) {
    if (p->token != QUOTED && (p->token != WORD || is_reserved(p))) return broken_at(p, "a column is expected here");
    return add_text(p, COLUMN, out);
}

static mint_status read_value(struct parser *p, uint16_t *out) {
    if (p->token == STRING) return add_text(p, TEXT, out);
    bool minus = is_sign(p, "-");
    if (minus) MM_RETURN_IF_ERROR(next(p));
    if (p->token != FIGURE) {
        if (!minus) return read_column(p, out);
        uint16_t zero = 0, column = 0;
        MM_RETURN_IF_ERROR(add_node(p, NUMBER, 0, 0, &zero));
        MM_RETURN_IF_ERROR(read_column(p, &column));
        return add_node(p, SUBTRACT, zero, column, out);
    }
    MM_RETURN_IF_ERROR(add_node(p, NUMBER, 0, 0, out));
    if (!mm_parse_float(p->word, &p->out->nodes[*out].number)) return broken_at(p, "no number");
    if (minus) p->out->nodes[*out].number *= -1;
    return next(p);
}

static mint_status read_term(struct parser *p, uint16_t *out);

/* Operators that are read from the left, the loosest first: `or`, `and`, then sums, then products. */
enum level { ANY_OF, ALL_OF, SUM, PRODUCT };
static const struct {
    const char *sign;
    enum kind kind;
    enum level level;
} operations[] = {{"or", OR, ANY_OF}, {"and", AND, ALL_OF}, {"+", ADD, SUM}, {"-", SUBTRACT, SUM}, {"*", MULTIPLY, PRODUCT}};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static mint_status read_chain(struct parser *p, enum level level, uint16_t *out);

static mint_status read_operand(struct parser *p, enum level level, uint16_t *out) {
    if (level == ALL_OF) return read_term(p, out);
    return level == PRODUCT ? read_value(p, out) : read_chain(p, level + 1, out);
}

static mint_status read_chain(struct parser *p, enum level level, uint16_t *out) {
    MM_RETURN_IF_ERROR(read_operand(p, level, out));
    for (;;) {
        size_t k = 0;
        while (k < OPERATIONS && (operations[k].level != level || !(is_sign(p, operations[k].sign) || is_word(p, operations[k].sign)))) k++;
        if (k == OPERATIONS) return MINT_OK;
        uint16_t right = 0;
        MM_RETURN_IF_ERROR(next(p));
        MM_RETURN_IF_ERROR(read_operand(p, level, &right));
        MM_RETURN_IF_ERROR(add_node(p, operations[k].kind, *out, right, out));
    }
}

/* One of a list: as many equalities. */
static mint_status read_list(struct parser *p, uint16_t left, uint16_t *out) {
    MM_RETURN_IF_ERROR(skip(p, "("));
    for (bool first = true;; first = false) {
        uint16_t value = 0, equal = 0;
        MM_RETURN_IF_ERROR(read_value(p, &value));
        MM_RETURN_IF_ERROR(add_node(p, EQUAL, left, value, &equal));
        if (first)
            *out = equal;
        else
            MM_RETURN_IF_ERROR(add_node(p, OR, *out, equal, out));
        if (!is_sign(p, ",")) return skip(p, ")");
        MM_RETURN_IF_ERROR(next(p));
    }
}

static mint_status read_comparison(struct parser *p, uint16_t *out) {
    static const struct {
        const char *sign;
        enum kind kind;
        bool swapped, negated;
    } signs[] = {{"<", LESS, false, false},  {"<=", LESS_EQUAL, false, false}, {">", LESS, true, false},   {">=", LESS_EQUAL, true, false},
                 {"=", EQUAL, false, false}, {"==", EQUAL, false, false},      {"!=", EQUAL, false, true}, {"<>", EQUAL, false, true}};
    uint16_t left = 0, right = 0;
    MM_RETURN_IF_ERROR(read_chain(p, SUM, &left));
    bool in = is_word(p, "in"), is = is_word(p, "is"), negated = is_word(p, "not");
    if (in || is || negated) {
        MM_RETURN_IF_ERROR(next(p));
        if (is && is_word(p, "not")) {
            negated = true;
            MM_RETURN_IF_ERROR(next(p));
        }
        if (!is) {
            if (!in) MM_RETURN_IF_ERROR(skip(p, "in"));
            if (p->out->nodes[left].kind == TEXT) return broken_at(p, "before 'in' stands a column or a sum");
            MM_RETURN_IF_ERROR(read_list(p, left, out));
        } else {
            if (p->out->nodes[left].kind != COLUMN) return broken_at(p, "only a column can be missing");
            MM_RETURN_IF_ERROR(is_word(p, "null") ? next(p) : skip(p, "missing"));
            MM_RETURN_IF_ERROR(add_node(p, MISSING, left, 0, out));
        }
        return negated ? add_node(p, NOT, *out, 0, out) : MINT_OK;
    }
    for (size_t k = 0; k < sizeof signs / sizeof *signs; k++) {
        if (!is_sign(p, signs[k].sign)) continue;
        MM_RETURN_IF_ERROR(next(p));
        MM_RETURN_IF_ERROR(read_chain(p, SUM, &right));
        MM_RETURN_IF_ERROR(add_node(p, signs[k].kind, signs[k].swapped ? right : left, signs[k].swapped ? left : right, out));
        return signs[k].negated ? add_node(p, NOT, *out, 0, out) : MINT_OK;
    }
    return broken_at(p, "a comparison is expected here: = != < <= > >= in, or 'is missing'");
}

static mint_status read_term(struct parser *p, uint16_t *out) {
    bool negated = is_word(p, "not");
    if (!negated && !is_sign(p, "(")) return read_comparison(p, out);
    if (++p->depth > DEPTH_MAX) return broken_at(p, "nested too deeply");
    MM_RETURN_IF_ERROR(next(p));
    MM_RETURN_IF_ERROR(negated ? read_term(p, out) : read_chain(p, ANY_OF, out));
    if (!negated) MM_RETURN_IF_ERROR(skip(p, ")"));
    p->depth--;
    return negated ? add_node(p, NOT, *out, 0, out) : MINT_OK;
}

static mint_status read_keys(struct parser *p) {
    struct mm_constraint *c = p->out;
    MM_RETURN_IF_ERROR(next(p));
    MM_RETURN_IF_ERROR(skip(p, "("));
    for (;;) {
        if (c->key_count == KEY_COLUMNS_MAX) return broken_at(p, "more columns than a combination may have");
        MM_RETURN_IF_ERROR(read_column(p, &c->keys[c->key_count++]));
        if (!is_sign(p, ",")) return skip(p, ")");
        MM_RETURN_IF_ERROR(next(p));
    }
}

static mint_status read_constraint(struct parser *p) {
    MM_RETURN_IF_ERROR(next(p));
    if (is_word(p, "unique") || is_word(p, "known")) {
        p->out->form = is_word(p, "unique") ? UNIQUE : KNOWN;
        MM_RETURN_IF_ERROR(read_keys(p));
    } else if (is_word(p, "if")) {
        uint16_t condition = 0, consequence = 0;
        MM_RETURN_IF_ERROR(next(p));
        MM_RETURN_IF_ERROR(read_chain(p, ANY_OF, &condition));
        MM_RETURN_IF_ERROR(skip(p, "then"));
        MM_RETURN_IF_ERROR(read_chain(p, ANY_OF, &consequence));
        MM_RETURN_IF_ERROR(add_node(p, NOT, condition, 0, &condition));
        MM_RETURN_IF_ERROR(add_node(p, OR, condition, consequence, &p->out->root));
    } else
        MM_RETURN_IF_ERROR(read_chain(p, ANY_OF, &p->out->root));
    return p->token == END ? MINT_OK : broken_at(p, "the constraint should end here");
}

mint_status mm_constraint_parse(struct mm_constraint **out, struct mm_arena *arena, const char *text, mint_error *err) {
    struct mm_constraint *constraint;
    struct parser *p;
    if (strlen(text) > MM_CONSTRAINT_BYTES_MAX)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "a constraint has at most %d characters", MM_CONSTRAINT_BYTES_MAX);
    MM_ALLOC_OR_RETURN(constraint, arena, 1, err);
    MM_COPY_TEXT_OR_RETURN(constraint->text, arena, text, err);
    MM_ALLOC_OR_RETURN(p, arena, 1, err);
    *p = (struct parser){.out = constraint, .arena = arena, .at = constraint->text, .start = constraint->text, .err = err};
    mint_status status = read_constraint(p);
    mm_arena_free(arena, p);
    *out = constraint;
    return status;
}

/* ---- binding to a table ---- */

/* What a node stands for in one table. */
enum meaning { IS_NUMBER, IS_WORDS, IS_LITERAL, IS_TRUTH };

struct bound {
    const struct mm_constraint *constraint;
    const struct mint_table *table;
    const struct mm_column *columns[NODES_MAX]; /* of column nodes */
    double numbers[NODES_MAX];                  /* of number and text nodes */
    bool by_text[NODES_MAX];                    /* equalities of two columns of texts */
};

static mint_status unfit(const struct bound *b, const char *column, const char *why, mint_error *err) {
    MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s': constraint \"%.200s\": column '%.100s' %s", b->table->source, b->constraint->text, column,
                    why);
}

static bool is_temporal(enum mm_type type) { return type == MM_DATE || type == MM_TIME || type == MM_TIMESTAMP; }

static double days_a_unit(enum mm_type type) {
    const double microseconds_a_day = 86400e6;
    return type == MM_TIME || type == MM_TIMESTAMP ? 1 / microseconds_a_day : 1;
}

/* A text beside a column becomes what a cell with that text would be. */
static mint_status bind_literal(struct bound *b, const struct mm_column *column, uint16_t literal, mint_error *err) {
    const char *text = b->constraint->nodes[literal].text;
    const struct mm_form *form = &column->field.form;
    enum mm_type type = column->field.type;
    int64_t value = -1;
    if (is_temporal(type)) {
        if (!mm_parse_temporal(form->pattern, text, type == MM_DATE, &value))
            return unfit(b, column->field.name, "has dates or times: the text beside it is none in the column's own format", err);
        b->numbers[literal] = (double)value * days_a_unit(type);
    } else if (type == MM_BOOLEAN) {
        if (strcmp(text, form->words[0]) != 0 && strcmp(text, form->words[1]) != 0)
            return unfit(b, column->field.name, "has two words, and the text beside it is none of them", err);
        b->numbers[literal] = !strcmp(text, form->words[1]);
    } else if (mm_type_is_string(type)) {
        b->numbers[literal] = -1; /* no cell has it */
        for (uint32_t k = 0; k < column->dictionary.count; k++)
            if (!strcmp(mm_dictionary_text(&column->dictionary, k), text)) b->numbers[literal] = k;
    } else
        return unfit(b, column->field.name, "has numbers: leave out the quotes beside it", err);
    return MINT_OK;
}

static mint_status bind_comparison(struct bound *b, uint16_t at, enum meaning left, enum meaning right, mint_error *err) {
    const struct node *node = &b->constraint->nodes[at];
    bool swapped = left == IS_LITERAL;
    uint16_t own = swapped ? node->right : node->left, other = swapped ? node->left : node->right;
    enum meaning a = swapped ? right : left, o = swapped ? left : right;
    const struct mm_column *column = b->columns[own];
    const char *name = column ? column->field.name : "";
    if (a == IS_NUMBER && o == IS_NUMBER) return MINT_OK;
    if (!column) MM_RETURN_ERROR(err, MINT_E_FORMAT, "constraint \"%.200s\" compares a text with no column", b->constraint->text);
    if (a == IS_WORDS && node->kind != EQUAL) return unfit(b, name, "has no order; only = and != compare it", err);
    if (o == IS_LITERAL) return bind_literal(b, column, other, err);
    if (a != o)
        return unfit(b, a == IS_WORDS ? name : b->columns[other]->field.name, "has texts: put quotes around what is beside it", err);
    b->by_text[at] = true;
    return MINT_OK;
}

static mint_status bind_texts(const struct bound *b, uint16_t at, mint_error *err) {
    if (b->columns[at]) return unfit(b, b->columns[at]->field.name, "has texts, and nothing can be reckoned with them", err);
    MM_RETURN_ERROR(err, MINT_E_FORMAT, "constraint \"%.200s\" reckons with a text", b->constraint->text);
}

static mint_status bind(struct bound *b, uint16_t at, enum meaning *meaning, mint_error *err) {
    const struct node *node = &b->constraint->nodes[at];
    enum meaning left, right;
    *meaning = IS_NUMBER;
    switch (node->kind) {
    case NUMBER: b->numbers[at] = node->number; return MINT_OK;
    case TEXT: *meaning = IS_LITERAL; return MINT_OK;
    case COLUMN: {
        int64_t c = mm_table_find(b->table, node->text);
        if (c < 0) return unfit(b, node->text, "is not in the table", err);
        b->columns[at] = &b->table->columns[c];
        enum mm_type type = b->columns[at]->field.type;
        *meaning = mm_type_is_string(type) || type == MM_BOOLEAN ? IS_WORDS : IS_NUMBER;
        return MINT_OK;
    }
    case ADD:
    case SUBTRACT:
    case MULTIPLY:
        MM_RETURN_IF_ERROR(bind(b, node->left, &left, err));
        MM_RETURN_IF_ERROR(bind(b, node->right, &right, err));
        if (left == IS_NUMBER && right == IS_NUMBER) return MINT_OK;
        return bind_texts(b, left == IS_NUMBER ? node->right : node->left, err);
    case LESS:
    case LESS_EQUAL:
    case EQUAL:
        *meaning = IS_TRUTH;
        MM_RETURN_IF_ERROR(bind(b, node->left, &left, err));
        MM_RETURN_IF_ERROR(bind(b, node->right, &right, err));
        return bind_comparison(b, at, left, right, err);
    case MISSING: *meaning = IS_TRUTH; return bind(b, node->left, &left, err);
    case AND:
    case OR: MM_RETURN_IF_ERROR(bind(b, node->right, &right, err)); /* fall through */
    case NOT: *meaning = IS_TRUTH; return bind(b, node->left, &left, err);
    }
    return MINT_OK;
}

static mint_status bind_all(struct bound *b, mint_error *err) {
    const struct mm_constraint *c = b->constraint;
    enum meaning meaning;
    if (c->form == CONDITION) return bind(b, c->root, &meaning, err);
    for (uint32_t k = 0; k < c->key_count; k++) MM_RETURN_IF_ERROR(bind(b, c->keys[k], &meaning, err));
    return MINT_OK;
}

/* ---- evaluating ---- */

static double same_text(const struct mm_column *a, const struct mm_column *b, uint64_t row) {
    char x[MM_CELL_MAX], y[MM_CELL_MAX];
    if (mm_column_missing(a, row) || mm_column_missing(b, row)) return NAN;
    if (a->codes && b->codes)
        return !strcmp(mm_dictionary_text(&a->dictionary, (uint32_t)a->codes[row]),
                       mm_dictionary_text(&b->dictionary, (uint32_t)b->codes[row]));
    mm_column_cell(a, row, x, sizeof x), mm_column_cell(b, row, y, sizeof y);
    return !strcmp(x, y);
}

static double cell(const struct mm_column *column, uint64_t row) {
    if (mm_column_missing(column, row)) return NAN;
    if (column->codes) return column->codes[row];
    return mm_column_number(column, row) * days_a_unit(column->field.type);
}

/* a - b, or 0 where sums of decimal fractions differ by their rounding alone. */
static double difference(double a, double b) {
    const double rounding = 1e-12;
    return fabs(a - b) <= rounding * fmax(fabs(a), fabs(b)) ? 0 : a - b;
}

/* Kleene's logic: false wins over unknown. */
static double both(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

static double evaluate(const struct bound *b, uint16_t at, uint64_t row) {
    const struct node *node = &b->constraint->nodes[at];
    switch (node->kind) {
    case NUMBER:
    case TEXT: return b->numbers[at];
    case COLUMN: return cell(b->columns[at], row);
    case MISSING: return mm_column_missing(b->columns[node->left], row);
    case NOT: return 1 - evaluate(b, node->left, row);
    default: break;
    }
    if (b->by_text[at]) return same_text(b->columns[node->left], b->columns[node->right], row);
    double left = evaluate(b, node->left, row), right = evaluate(b, node->right, row);
    switch (node->kind) {
    case ADD: return left + right;
    case SUBTRACT: return left - right;
    case MULTIPLY: return left * right;
    case AND: return both(left, right);
    case OR: return 1 - both(1 - left, 1 - right);
    default: break;
    }
    if (isnan(left) || isnan(right)) return NAN;
    double d = difference(left, right);
    return node->kind == LESS ? d < 0 : node->kind == LESS_EQUAL ? d <= 0 : d == 0;
}

/* The cells of a row's key in one text, each behind its length; false where one is missing. */
static bool key_of(struct mm_text *key, const struct bound *b, uint64_t row) {
    char text[MM_CELL_MAX];
    bool whole = true;
    key->length = 0;
    for (uint32_t k = 0; k < b->constraint->key_count; k++) {
        const struct mm_column *column = b->columns[b->constraint->keys[k]];
        const char *cell_text = text;
        if (mm_column_missing(column, row)) {
            mm_text_add(key, "-");
            whole = false;
            continue;
        }
        if (column->codes)
            cell_text = mm_dictionary_text(&column->dictionary, (uint32_t)column->codes[row]);
        else
            mm_column_cell(column, row, text, sizeof text);
        mm_text_addf(key, "%zu:", strlen(cell_text));
        mm_text_add(key, cell_text);
    }
    return whole;
}

static mint_status check_keys(const struct bound *b, const struct bound *train, struct mm_arena *scratch, bool *broken, mint_error *err) {
    struct mm_interner seen;
    struct mm_text key;
    bool unique = b->constraint->form == UNIQUE;
    int32_t code;
    mm_text_init(&key, scratch);
    MM_RETURN_IF_ERROR(mm_interner_init(&seen, scratch, err));
    for (uint64_t row = 0; !unique && row < train->table->row_count; row++) {
        key_of(&key, train, row);
        MM_RETURN_IF_ERROR(mm_text_status(&key, err));
        MM_RETURN_IF_ERROR(mm_interner_add(&seen, key.data, key.length, &code, err));
    }
    uint32_t known = seen.dictionary.count; /* by train; for unique by the rows before */
    for (uint64_t row = 0; row < b->table->row_count; row++) {
        bool whole = key_of(&key, b, row);
        if (unique && !whole) continue;
        if (unique) known = seen.dictionary.count;
        MM_RETURN_IF_ERROR(mm_text_status(&key, err));
        MM_RETURN_IF_ERROR(mm_interner_add(&seen, key.data, key.length, &code, err));
        if (((uint32_t)code < known) == unique) broken[row] = true;
    }
    return MINT_OK;
}

static mint_status check(const struct mm_constraint *constraint, const struct mint_table *table, const struct mint_table *train,
                         bool *broken, struct mm_arena *scratch, mint_error *err) {
    struct bound *b, *t;
    MM_ALLOC_OR_RETURN(b, scratch, 1, err);
    MM_ALLOC_OR_RETURN(t, scratch, 1, err);
    b->constraint = t->constraint = constraint, b->table = table, t->table = train;
    MM_RETURN_IF_ERROR(bind_all(b, err));
    if (!broken) return MINT_OK;
    MM_RETURN_IF_ERROR(bind_all(t, err));
    if (constraint->form != CONDITION) return check_keys(b, t, scratch, broken, err);
    for (uint64_t row = 0; row < table->row_count; row++)
        if (evaluate(b, constraint->root, row) == 0) broken[row] = true;
    return MINT_OK;
}

mint_status mm_constraint_check(const struct mm_constraint *constraint, const struct mint_table *table, const struct mint_table *train,
                                bool *broken, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &table->ctx->memory);
    mint_status status = check(constraint, table, train, broken, &scratch, err);
    mm_arena_release(&scratch);
    return status;
}

mint_status mm_constraint_fits(const struct mm_constraint *constraint, const struct mint_table *table, mint_error *err) {
    return mm_constraint_check(constraint, table, table, NULL, err);
}
