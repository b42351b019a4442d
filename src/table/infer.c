/* SPDX-License-Identifier: Apache-2.0 */
/* From raw strings to types. Each test runs over the distinct strings only, and accepts a type when printing the parsed
 * value gives the very same text for every one of them. */
#include "table/infer.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const always_missing[] = {"", "NA", "N/A", "NULL", "null", "NaN", "nan", "n/a", "#N/A"};
static const char *const not_finite[] = {"inf", "-inf", "Inf", "-Inf", "Infinity", "-Infinity", "+inf", "INF", "-INF"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* The raw column seen as its distinct strings. */
struct tokens {
    const struct mm_dictionary *dictionary;
    uint64_t *counts;
    uint8_t *marks;    /* per token: 0 a value */
    int64_t *integers; /* parsed values, by token */
    double *numbers;
    uint64_t values;   /* cells that are no mark */
    uint32_t distinct; /* tokens that are no mark */
    uint32_t bad;      /* first token that did not fit, for messages */
};

static bool listed(const char *text, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(text, list[i])) return true;
    return false;
}

#define FOR_TOKENS(t, i)                                                                                                                   \
    for (uint32_t i = 0; i < (t)->dictionary->count; i++)                                                                                  \
        if (!(t)->marks[i])

static bool fits(struct tokens *t, uint32_t token, bool good) {
    if (!good) t->bad = token;
    return good;
}

static bool as_integers(struct tokens *t, struct mm_form *form) {
    size_t width = 0;
    bool padded = false;
    FOR_TOKENS(t, i) {
        const char *text = mm_dictionary_text(t->dictionary, i);
        size_t length = mm_dictionary_length(t->dictionary, i);
        if (!fits(t, i, mm_read_integer(form, text, &t->integers[i]))) return false;
        padded |= text[0] == '0' && length > 1 && !mm_is_dressed(&form->dress);
        if (width && length != width)
            width = SIZE_MAX;
        else if (!width)
            width = length;
    }
    form->width = padded && width <= 18 ? (uint8_t)width : 0;
    FOR_TOKENS(t, i) {
        char again[MM_CELL_MAX];
        mm_form_integer(form, t->integers[i], again, sizeof again);
        if (!fits(t, i, !strcmp(again, mm_dictionary_text(t->dictionary, i)))) return false;
    }
    return true;
}

/* Whether the form writes the token's number as the token has it. */
static bool writes(const struct mm_form *form, const struct tokens *t, uint32_t token) {
    char again[MM_CELL_MAX];
    mm_form_float(form, t->numbers[token], again, sizeof again);
    return !strcmp(again, mm_dictionary_text(t->dictionary, token));
}

static bool floats_reproduce(struct tokens *t, const struct mm_form *form) {
    FOR_TOKENS(t, i) if (!fits(t, i, writes(form, t, i))) return false;
    return true;
}

/* In the form's dress. */
static bool as_floats(struct tokens *t, struct mm_form *form, bool *all_numbers) {
    const struct mm_dress dress = form->dress;
    int decimals = 0;
    FOR_TOKENS(t, i) {
        const char *text = mm_dictionary_text(t->dictionary, i);
        char plain[MM_CELL_MAX];
        if (!fits(t, i, mm_read_float(form, text, &t->numbers[i]))) return false;
        int own = mm_float_text_decimals(mm_is_dressed(&dress) && mm_undress(&dress, text, plain) ? plain : text);
        if (own < 0) decimals = 99;
        if (own > decimals) decimals = own;
    }
    *all_numbers = true;
    static const uint8_t gridded[] = {MM_FLOAT_FIXED, MM_FLOAT_STRIPPED, MM_FLOAT_POINT};
    for (size_t s = 0; decimals <= 15 && s < sizeof gridded; s++) {
        *form = (struct mm_form){.style = gridded[s], .decimals = (int8_t)decimals, .dress = dress};
        if (floats_reproduce(t, form)) return true;
    }
    static const uint8_t free_form[] = {MM_FLOAT_SHORTEST, MM_FLOAT_GENERAL};
    for (size_t s = 0; s < sizeof free_form; s++) {
        *form = (struct mm_form){.style = free_form[s], .decimals = -1, .dress = dress};
        if (floats_reproduce(t, form)) return true;
    }
    return false;
}

/* ---- numbers of which a few are spelt otherwise ---- */

static const double SPELT_OTHERWISE_MAX = 0.05; /* of the cells */

/* Cells that the form would write otherwise; more than `most` need not be counted. */
static uint64_t cells_otherwise(const struct tokens *t, const struct mm_form *form, uint64_t most) {
    uint64_t cells = 0;
    FOR_TOKENS(t, i) {
        if (cells > most) break;
        if (!writes(form, t, i)) cells += t->counts[i];
    }
    return cells;
}

/* The form that most cells have, or false when one in twenty would have another. */
static bool find_main_form(const struct tokens *t, struct mm_form *form) {
    static const uint8_t styles[] = {MM_FLOAT_FIXED, MM_FLOAT_STRIPPED, MM_FLOAT_POINT, MM_FLOAT_SHORTEST, MM_FLOAT_GENERAL};
    uint64_t fewest = (uint64_t)(SPELT_OTHERWISE_MAX * (double)t->values) + 1;
    for (size_t s = 0; s < COUNT(styles); s++) {
        bool gridded = styles[s] < MM_FLOAT_SHORTEST;
        for (int decimals = gridded ? 0 : -1; decimals <= (gridded ? 15 : -1); decimals++) {
            struct mm_form tried = {.style = styles[s], .decimals = (int8_t)decimals};
            uint64_t cells = cells_otherwise(t, &tried, fewest);
            if (cells >= fewest) continue;
            fewest = cells;
            *form = tried;
        }
    }
    return fewest <= (uint64_t)(SPELT_OTHERWISE_MAX * (double)t->values);
}

/* 0012 among 4711 and 815 is a code, and no number. */
static bool is_code(const char *text) {
    text += *text == '-' || *text == '+';
    return text[0] == '0' && isdigit((unsigned char)text[1]);
}

/* Programs write 1e3 among 998.4 and 1001.7, or 0.0080 among 0.012: such a column is one of numbers as long as each of them is always
 * written alike. Sets *good, and the form's spellings. */
static mint_status as_spelt_floats(struct tokens *t, struct mm_form *form, struct mm_arena *arena, bool *good, mint_error *err) {
    struct mm_spelling list[MM_SPELLINGS_MAX];
    uint32_t count = 0;
    *good = false;
    FOR_TOKENS(t, i) if (!mm_parse_float(mm_dictionary_text(t->dictionary, i), &t->numbers[i])) return MINT_OK;
    if (!find_main_form(t, form)) return MINT_OK;
    FOR_TOKENS(t, i) {
        const char *text = mm_dictionary_text(t->dictionary, i);
        if (writes(form, t, i)) continue;
        if (count == MM_SPELLINGS_MAX || mm_dictionary_length(t->dictionary, i) >= MM_SPELLING_MAX || is_code(text)) return MINT_OK;
        list[count++] = (struct mm_spelling){t->numbers[i], text};
    }
    MM_RETURN_IF_ERROR(mm_form_spell(form, arena, list, count, err));
    *good = floats_reproduce(t, form); /* not where 1.5 stands beside 1.50 */
    return MINT_OK;
}

static bool as_booleans(struct tokens *t, struct mm_form *form) {
    if (t->distinct != 2) return false;
    for (unsigned k = 0;; k++) {
        const char *const *words = mm_boolean_words(k);
        if (!words) return false;
        bool good = true;
        FOR_TOKENS(t, i) {
            const char *text = mm_dictionary_text(t->dictionary, i);
            good = good && (!strcmp(text, words[0]) || !strcmp(text, words[1]));
            t->integers[i] = !strcmp(text, words[1]);
        }
        if (!good) continue;
        snprintf(form->words[0], MM_WORD_MAX, "%s", words[0]);
        snprintf(form->words[1], MM_WORD_MAX, "%s", words[1]);
        return true;
    }
}

static bool pattern_fits(struct tokens *t, struct mm_form *form, bool is_date) {
    FOR_TOKENS(t, i) {
        const char *text = mm_dictionary_text(t->dictionary, i);
        char again[MM_CELL_MAX];
        if (!fits(t, i, mm_parse_temporal(form->pattern, text, is_date, &t->integers[i]))) return false;
        mm_form_temporal(form, is_date, t->integers[i], again, sizeof again);
        if (!fits(t, i, !strcmp(again, text))) return false;
    }
    return true;
}

static bool as_temporal(struct tokens *t, char kind, struct mm_form *form) {
    char buffer[MM_PATTERN_MAX];
    const char *pattern;
    for (unsigned k = 0; (pattern = mm_temporal_pattern(kind, k, buffer)); k++) {
        snprintf(form->pattern, MM_PATTERN_MAX, "%s", pattern);
        if (pattern_fits(t, form, kind == 'd')) return true;
    }
    form->pattern[0] = 0;
    return false;
}

static bool name_hints(const char *name, const char *const *hints, size_t count) {
    size_t length = strlen(name);
    for (size_t i = 0; i < count; i++) {
        size_t own = strlen(hints[i]);
        if (length < own || strcasecmp(name + length - own, hints[i]) != 0) continue;
        /* "paid" and "valid" end in id, too: a hint counts after a separator, at a change of case, or alone. */
        if (length == own) return true;
        char before = name[length - own - 1], first = name[length - own];
        if (!isalnum((unsigned char)before) || (islower((unsigned char)before) && isupper((unsigned char)first))) return true;
    }
    return false;
}

static const char *const id_names[] = {"id", "key", "uuid", "guid", "code", "no", "nr", "num", "number", "index", "serial"};
static const char *const person_names[] = {"name",  "surname",   "firstname", "lastname", "email",  "mail",
                                           "phone", "telephone", "ssn",       "iban",     "address"};
/* `rare`: share of the cells whose text fewer than RARE cells have. */
struct string_facts {
    double mean_length, mean_words, at_signs, rare;
};
enum { RARE = 5, RARE_VALUES_MIN = 500 }; /* RARE: what value protection keeps back unless told otherwise */

static struct string_facts string_facts(const struct tokens *t) {
    struct string_facts facts = {0};
    FOR_TOKENS(t, i) {
        const char *text = mm_dictionary_text(t->dictionary, i);
        facts.mean_length += (double)mm_dictionary_length(t->dictionary, i);
        facts.mean_words += 1;
        facts.rare += t->counts[i] < RARE ? (double)t->counts[i] : 0;
        for (const char *c = text; *c; c++) facts.mean_words += *c == ' ';
        const char *at = strchr(text, '@');
        facts.at_signs += at && strchr(at, '.');
    }
    double n = t->distinct ? (double)t->distinct : 1;
    return (struct string_facts){facts.mean_length / n, facts.mean_words / n, facts.at_signs / n, facts.rare / fmax(1, (double)t->values)};
}

static enum mm_type string_type(const struct tokens *t, const char *name, char *reason, size_t size) {
    double share = t->values ? (double)t->distinct / (double)t->values : 0;
    struct string_facts facts = string_facts(t);
    bool personal = name_hints(name, person_names, COUNT(person_names));
    if (facts.at_signs > 0.9 && share > 0.5) return snprintf(reason, size, "e-mail addresses: new ones of the same form are made"), MM_ID;
    if (t->values >= 20 && share > 0.5 && (facts.mean_words > 5 || facts.mean_length > 60))
        return snprintf(reason, size, "free text (%.0f words on average): left out", facts.mean_words), MM_TEXT;
    if (t->values >= 20 && share == 1 && facts.mean_words < 5)
        return snprintf(reason, size, "a different text in every row: an identifier"), MM_ID;
    if (t->values >= 20 && share > 0.5 && (personal || name_hints(name, id_names, COUNT(id_names))))
        return snprintf(reason, size, "named like an identifier, and %.0f %% of its values are distinct", share * 100), MM_ID;
    if (t->values >= RARE_VALUES_MIN && facts.rare > 0.5)
        return snprintf(reason, size, "%.0f %% of its cells hold texts that fewer than %d rows share; give a schema to keep the others",
                        facts.rare * 100, RARE),
               MM_TEXT;
    return snprintf(reason, size, "%u distinct texts", t->distinct), MM_CATEGORY;
}

static bool integers_are_ids(uint64_t values, uint64_t distinct, int64_t low, int64_t high, const char *name) {
    if (values < 100 || distinct != values) return false;
    return name_hints(name, id_names, COUNT(id_names)) || (uint64_t)high - (uint64_t)low + 1 == values;
}

static bool token_integers_are_ids(const struct tokens *t, const char *name) {
    int64_t low = INT64_MAX, high = INT64_MIN;
    FOR_TOKENS(t, i) {
        if (t->integers[i] < low) low = t->integers[i];
        if (t->integers[i] > high) high = t->integers[i];
    }
    return integers_are_ids(t->values, t->distinct, low, high, name);
}

/* Numbers with a comma before the decimals, parted thousands, a currency or a percent sign: how the first one is written says what to try.
 */
static bool as_dressed(struct tokens *t, struct mm_form *form, enum mm_type *type, bool *all_numbers) {
    struct mm_dress dress;
    const char *first = NULL;
    char plain[MM_CELL_MAX];
    FOR_TOKENS(t, i) {
        first = mm_dictionary_text(t->dictionary, i);
        break;
    }
    for (unsigned k = 0; first && mm_dress_candidate(&dress, k); k++) {
        if (!mm_is_dressed(&dress) || !mm_undress(&dress, first, plain)) continue;
        *form = (struct mm_form){.dress = dress};
        if (as_integers(t, form)) return *type = MM_INTEGER, true;
        *form = (struct mm_form){.dress = dress};
        if (as_floats(t, form, all_numbers)) return *type = MM_FLOAT, true;
    }
    *form = (struct mm_form){0};
    return false;
}

/* `mixed`: all cells are numbers, but no one form writes them, and the type is yet to be found. */
static enum mm_type guess(struct tokens *t, struct mm_field *field, bool *mixed, char *reason, size_t size) {
    struct mm_form *form = &field->form;
    if (!t->distinct) return snprintf(reason, size, "every cell is missing"), MM_CATEGORY;
    if (as_integers(t, form)) {
        if (token_integers_are_ids(t, field->name))
            return snprintf(reason, size, "a different whole number in every row: an identifier"), MM_ID;
        return snprintf(reason, size, form->width ? "whole numbers padded with zeros" : "whole numbers"), MM_INTEGER;
    }
    *form = (struct mm_form){0};
    bool all_numbers = false;
    if (as_floats(t, form, &all_numbers)) return snprintf(reason, size, "decimal numbers"), MM_FLOAT;
    *form = (struct mm_form){0};
    if (as_booleans(t, form)) return snprintf(reason, size, "two words for no and yes"), MM_BOOLEAN;
    if (as_temporal(t, 'd', form)) return snprintf(reason, size, "dates written %s", form->pattern), MM_DATE;
    if (as_temporal(t, 't', form)) return snprintf(reason, size, "times of day written %s", form->pattern), MM_TIME;
    if (as_temporal(t, 's', form)) return snprintf(reason, size, "timestamps written %s", form->pattern), MM_TIMESTAMP;
    enum mm_type dressed;
    if (!all_numbers && as_dressed(t, form, &dressed, &all_numbers)) {
        char example[64];
        mm_dress_example(&form->dress, example, sizeof example);
        return snprintf(reason, size, "numbers written like %s", example), dressed;
    }
    if (!all_numbers) return string_type(t, field->name, reason, size);
    *mixed = true;
    return MM_TEXT;
}

static mint_status guess_spellings(struct tokens *t, struct mm_field *field, struct mm_arena *arena, char *reason, size_t size,
                                   mint_error *err) {
    bool good;
    MM_RETURN_IF_ERROR(as_spelt_floats(t, &field->form, arena, &good, err));
    if (good) {
        field->type = MM_FLOAT;
        snprintf(reason, size, "decimal numbers, %u of them spelt otherwise (such as '%s')", field->form.spelling_count,
                 field->form.spellings[0].text);
        return MINT_OK;
    }
    field->form = (struct mm_form){0};
    bool few = t->distinct <= 100 || (double)t->distinct < 0.05 * (double)t->values;
    snprintf(reason, size, "numbers in mixed spellings (such as '%s'): %s; give a schema to read them as float",
             mm_dictionary_text(t->dictionary, t->bad), few ? "kept as texts" : "left out as text");
    field->type = few ? MM_CATEGORY : MM_TEXT;
    return MINT_OK;
}

static mint_status find_marks(struct mint_table *table, struct mm_field *field, struct tokens *t, const char *const *missing,
                              size_t missing_count, bool by_schema, mint_error *err) {
    for (uint32_t i = 0; i < t->dictionary->count; i++) {
        const char *text = mm_dictionary_text(t->dictionary, i);
        bool is_mark = listed(text, missing, missing_count) || (!by_schema && listed(text, always_missing, COUNT(always_missing)));
        for (uint32_t k = 0; k < field->mark_count; k++) is_mark |= !strcmp(text, field->marks[k]);
        if (is_mark) MM_RETURN_IF_ERROR(mm_field_mark(field, &table->arena, text, &t->marks[i], err));
        if (!t->marks[i]) {
            t->values += t->counts[i];
            t->distinct++;
        }
    }
    return MINT_OK;
}

/* In a column of numbers "inf" has no place on the axis: it becomes a mark, kept and counted like a missing cell. */
static mint_status mark_not_finite(struct mint_table *table, struct mm_field *field, struct tokens *t, mint_error *err) {
    uint32_t numbers = 0, infinite = 0;
    FOR_TOKENS(t, i) {
        double value;
        const char *text = mm_dictionary_text(t->dictionary, i);
        if (listed(text, not_finite, COUNT(not_finite)))
            infinite++;
        else if (mm_parse_float(text, &value))
            numbers++;
        else
            return MINT_OK;
    }
    if (!numbers || !infinite) return MINT_OK;
    FOR_TOKENS(t, i) {
        const char *text = mm_dictionary_text(t->dictionary, i);
        if (!listed(text, not_finite, COUNT(not_finite))) continue;
        MM_RETURN_IF_ERROR(mm_field_mark(field, &table->arena, text, &t->marks[i], err));
        if (!t->marks[i]) continue;
        t->values -= t->counts[i];
        t->distinct--;
    }
    return MINT_OK;
}

/* Parses by the type that a schema names, or says which cell does not fit. */
static mint_status obey(const struct mint_table *table, struct mm_column *column, struct tokens *t, mint_error *err) {
    struct mm_field *field = &column->field;
    bool good = true;
    FOR_TOKENS(t, i) {
        const char *text = mm_dictionary_text(t->dictionary, i);
        if (field->type == MM_INTEGER)
            good = mm_read_integer(&field->form, text, &t->integers[i]);
        else if (field->type == MM_FLOAT)
            good = mm_read_float(&field->form, text, &t->numbers[i]);
        else if (field->type == MM_BOOLEAN) {
            t->integers[i] = !strcmp(text, field->form.words[1]);
            good = t->integers[i] || !strcmp(text, field->form.words[0]);
        } else if (mm_type_is_integral(field->type))
            good = mm_parse_temporal(field->form.pattern, text, field->type == MM_DATE, &t->integers[i]);
        if (good) continue;
        uint64_t row = 0;
        while (column->codes[row] != (int32_t)i) row++;
        MM_RETURN_ERROR(
            err, MINT_E_FORMAT,
            "'%s' row %llu column '%s': '%.60s' does not fit type %s of the schema; change the schema, or name it as a missing mark",
            table->source, (unsigned long long)row + 1, field->name, text, mm_type_name(field->type));
    }
    return MINT_OK;
}

/* Replaces raw codes by typed values and marks. */
static mint_status materialise(struct mint_table *table, struct mm_column *column, const struct tokens *t, mint_error *err) {
    int32_t *raw = column->codes;
    bool any_mark = false;
    for (uint32_t i = 0; i < t->dictionary->count; i++) any_mark |= t->marks[i] != 0;
    if (any_mark) {
        MM_RETURN_IF_ERROR(mm_column_marks(table, column, err));
        for (uint64_t r = 0; r < table->row_count; r++) column->marks[r] = t->marks[raw[r]];
    }
    if (mm_type_is_string(column->field.type)) return MINT_OK;
    column->codes = NULL;
    MM_RETURN_IF_ERROR(mm_column_storage(table, column, err));
    for (uint64_t r = 0; r < table->row_count; r++) {
        if (t->marks[raw[r]]) continue;
        if (column->integers)
            column->integers[r] = t->integers[raw[r]];
        else
            column->numbers[r] = t->numbers[raw[r]];
    }
    mm_arena_free(&table->arena, raw);
    mm_arena_free(&table->arena, column->dictionary.offsets);
    mm_arena_free(&table->arena, column->dictionary.bytes);
    column->dictionary = (struct mm_dictionary){0};
    return MINT_OK;
}

static mint_status count_tokens(struct tokens *t, struct mm_arena *scratch, const struct mint_table *table, const struct mm_column *column,
                                mint_error *err) {
    *t = (struct tokens){.dictionary = &column->dictionary};
    uint32_t count = column->dictionary.count;
    MM_ALLOC_OR_RETURN(t->counts, scratch, count, err);
    MM_ALLOC_OR_RETURN(t->marks, scratch, count, err);
    MM_ALLOC_OR_RETURN(t->integers, scratch, count, err);
    MM_ALLOC_OR_RETURN(t->numbers, scratch, count, err);
    for (uint64_t r = 0; r < table->row_count; r++) t->counts[column->codes[r]]++;
    return MINT_OK;
}

/* By the given field, or MINT_E_FORMAT with the column as it was. */
static mint_status infer_given(struct mint_table *table, struct mm_column *column, struct tokens *t, const struct mm_field *given,
                               const char *const *missing, size_t missing_count, mint_error *err) {
    struct mm_field *field = &column->field;
    char *source_type = field->source_type;
    MM_RETURN_IF_ERROR(mm_field_copy(field, given, &table->arena, err));
    field->source_type = source_type;
    MM_RETURN_IF_ERROR(find_marks(table, field, t, missing, missing_count, given->mark_count > 0, err));
    return obey(table, column, t, err);
}

static mint_status infer(struct mm_arena *scratch, struct mint_table *table, struct mm_column *column, const struct mm_schema *schema,
                         const char *const *missing, size_t missing_count, mint_error *err) {
    struct tokens t;
    struct mm_field *field = &column->field;
    MM_RETURN_IF_ERROR(count_tokens(&t, scratch, table, column, err));
    const struct mm_field *given = mm_schema_find(schema, field->name);
    if (given) {
        struct mm_field before = *field;
        mint_error cause = MINT_ERROR_INIT;
        mint_status status = infer_given(table, column, &t, given, missing, missing_count, &cause);
        if (status == MINT_E_FORMAT && schema->lenient) {
            *field = before;
            MM_RETURN_IF_ERROR(count_tokens(&t, scratch, table, column, err));
            given = NULL;
        } else if (status != MINT_OK) {
            if (err && err->status == MINT_OK) *err = cause;
            return status;
        }
    }
    if (!given) {
        MM_RETURN_IF_ERROR(find_marks(table, field, &t, missing, missing_count, false, err));
        MM_RETURN_IF_ERROR(mark_not_finite(table, field, &t, err));
        char reason[400];
        bool mixed = false;
        field->type = guess(&t, field, &mixed, reason, sizeof reason);
        if (mixed) MM_RETURN_IF_ERROR(guess_spellings(&t, field, &table->arena, reason, sizeof reason, err));
        MM_COPY_TEXT_OR_RETURN(field->reason, &table->arena, reason, err);
    }
    return materialise(table, column, &t, err);
}

mint_status mm_column_infer(struct mint_table *table, struct mm_column *column, const struct mm_schema *schema, const char *const *missing,
                            size_t missing_count, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &table->ctx->memory);
    mint_status status = infer(&scratch, table, column, schema, missing, missing_count, err);
    mm_arena_release(&scratch);
    return status;
}

static int compare_integers(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Whole numbers that name rows are given back as strings, the storage of ids. */
static mint_status integers_to_id(struct mint_table *table, struct mm_column *column, mint_error *err) {
    struct mm_interner interner;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, &table->arena, err));
    int32_t *codes;
    MM_ALLOC_OR_RETURN(codes, &table->arena, table->row_count, err);
    for (uint64_t r = 0; r < table->row_count; r++) {
        if (mm_column_missing(column, r)) continue;
        char text[32];
        size_t length = mm_form_integer(&column->field.form, column->integers[r], text, sizeof text);
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, text, length, &codes[r], err));
    }
    if (!interner.dictionary.count) {
        int32_t unused; /* an id column without a value still needs a dictionary to point into */
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, "", 0, &unused, err));
    }
    mm_arena_free(&table->arena, column->integers);
    column->integers = NULL;
    column->codes = codes;
    column->dictionary = interner.dictionary;
    column->field.type = MM_ID;
    return MINT_OK;
}

static mint_status refine_integers(struct mint_table *table, struct mm_column *column, bool force_id, mint_error *err) {
    if (force_id) return integers_to_id(table, column, err);
    uint64_t values = 0, distinct = 0;
    int64_t *sorted = mm_arena_alloc(&table->arena, table->row_count, sizeof *sorted);
    if (!sorted) return mm_error_no_memory(err, &table->ctx->memory, table->row_count, sizeof *sorted);
    for (uint64_t r = 0; r < table->row_count; r++)
        if (!mm_column_missing(column, r)) sorted[values++] = column->integers[r];
    qsort(sorted, values, sizeof *sorted, compare_integers);
    for (uint64_t i = 0; i < values; i++) distinct += i == 0 || sorted[i] != sorted[i - 1];
    bool ids = values && integers_are_ids(values, distinct, sorted[0], sorted[values - 1], column->field.name);
    mm_arena_free(&table->arena, sorted);
    if (!ids) return MINT_OK;
    MM_COPY_TEXT_OR_RETURN(column->field.reason, &table->arena, "a different whole number in every row: an identifier", err);
    return integers_to_id(table, column, err);
}

static mint_status refine_floats(struct mint_table *table, struct mm_column *column, mint_error *err) {
    int decimals = 0;
    for (uint64_t r = 0; r < table->row_count; r++) {
        if (mm_column_missing(column, r)) continue;
        double value = column->numbers[r];
        if (!isfinite(value)) {
            MM_RETURN_IF_ERROR(mm_column_marks(table, column, err));
            MM_RETURN_IF_ERROR(mm_field_mark(&column->field, &table->arena,
                                             isnan(value) ? "nan"
                                             : value > 0  ? "inf"
                                                          : "-inf",
                                             &column->marks[r], err));
            column->numbers[r] = 0;
            continue;
        }
        double scale = pow(10, decimals);
        while (decimals <= 9 && fabs(nearbyint(value * scale) / scale - value) > 1e-15 * fabs(value)) scale = pow(10, ++decimals);
    }
    if (column->field.form.style == MM_FLOAT_SHORTEST) column->field.form.decimals = decimals <= 9 ? (int8_t)decimals : -1;
    return MINT_OK;
}

mint_status mm_column_refine(struct mint_table *table, struct mm_column *column, const struct mm_schema *schema, mint_error *err) {
    const struct mm_field *given = schema && !schema->lenient ? mm_schema_find(schema, column->field.name) : NULL;
    if (given && given->type != column->field.type && given->type != MM_ID)
        MM_RETURN_ERROR(err, MINT_E_FORMAT,
                        "'%s' column '%s' is stored as %s: the schema's type %s does not fit; cast it with sql:", table->source,
                        column->field.name, mm_type_name(column->field.type), mm_type_name(given->type));
    if (column->integers && column->field.type == MM_INTEGER)
        return given && given->type != MM_ID ? MINT_OK : refine_integers(table, column, given != NULL, err);
    if (column->numbers) return refine_floats(table, column, err);
    return MINT_OK;
}
