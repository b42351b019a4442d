/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic between number columns: sums by elimination, products and ratios by trying. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/relation.h"

enum { LINEAR_COLUMNS_MAX = 100, LINEAR_ROWS_MAX = 4000, LINEAR_LEVELS_MIN = 4, PRODUCT_COLUMNS_MAX = 40 };

/* Numbers that vary, the least spread first: the largest of a sum is then what is derived, and stays within what its parts allow. */
struct candidate {
    double mean, deviation;
    uint32_t column;
};

static int compare_candidates(const void *a, const void *b) {
    const struct candidate *x = a, *y = b;
    if (x->deviation != y->deviation) return x->deviation < y->deviation ? -1 : 1;
    return x->column < y->column ? -1 : 1;
}

struct elimination {
    struct mm_relation_search *s;
    struct candidate candidates[LINEAR_COLUMNS_MAX];
    uint32_t count;
    uint32_t *rows, row_count;                           /* in which all candidates have values */
    double *basis[LINEAR_COLUMNS_MAX];                   /* orthonormal, [row] */
    double over[LINEAR_COLUMNS_MAX][LINEAR_COLUMNS_MAX]; /* [basis column][j]: column j in terms of the basis before it */
    uint32_t of_basis[LINEAR_COLUMNS_MAX], basis_count;  /* candidates */
};

static bool may_be_summed(const struct mm_relation_search *s, uint32_t c) {
    if (!mm_type_is_numeric(s->table->columns[c].field.type) || s->by_column[c].kind == MM_RELATION_LINEAR) return false;
    return !s->levels[c].of_row || s->levels[c].count >= LINEAR_LEVELS_MIN;
}

static uint32_t count_gaps(const struct mm_relation_search *s, uint32_t c) {
    const struct mm_column *column = &s->table->columns[c];
    uint32_t missing = 0;
    for (uint32_t r = 0; column->marks && r < s->row_count; r++) missing += column->marks[r] != 0;
    return missing;
}

static bool is_whole(const struct elimination *e, uint32_t row) {
    for (uint32_t j = 0; j < e->count; j++)
        if (mm_column_missing(&e->s->table->columns[e->candidates[j].column], row)) return false;
    return true;
}

static mint_status choose_rows(struct elimination *e, mint_error *err) {
    uint32_t whole = 0, taken = 0;
    for (uint32_t r = 0; r < e->s->row_count; r++) whole += is_whole(e, r);
    MM_ALLOC_OR_RETURN(e->rows, e->s->scratch, whole, err);
    uint32_t stride = whole / LINEAR_ROWS_MAX + 1;
    for (uint32_t r = 0; r < e->s->row_count; r++)
        if (is_whole(e, r) && taken++ % stride == 0) e->rows[e->row_count++] = r;
    return MINT_OK;
}

static uint32_t candidate_of(const struct elimination *e, uint32_t column) {
    uint32_t i = 0;
    while (e->candidates[i].column != column) i++;
    return i;
}

static double cell(const struct elimination *e, uint32_t j, uint32_t i) {
    return mm_column_number(&e->s->table->columns[e->candidates[j].column], e->rows[i]);
}

static void measure(struct elimination *e) {
    for (uint32_t j = 0; j < e->count; j++) {
        struct candidate *c = &e->candidates[j];
        double sum = 0, squares = 0;
        for (uint32_t i = 0; i < e->row_count; i++) sum += cell(e, j, i);
        c->mean = sum / e->row_count;
        for (uint32_t i = 0; i < e->row_count; i++) squares += (cell(e, j, i) - c->mean) * (cell(e, j, i) - c->mean);
        c->deviation = sqrt(squares / e->row_count);
    }
    qsort(e->candidates, e->count, sizeof *e->candidates, compare_candidates);
}

/* What is left of column j, standardised, when the basis is taken out of it (modified Gram-Schmidt, twice for the digits). Returns its
 * length as a share of the column's own. */
static double residual(struct elimination *e, uint32_t j, double *left) {
    double length = 0, root = sqrt(e->row_count);
    for (uint32_t i = 0; i < e->row_count; i++) left[i] = (cell(e, j, i) - e->candidates[j].mean) / (e->candidates[j].deviation * root);
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t b = 0; b < e->basis_count; b++) {
            double dot = 0;
            for (uint32_t i = 0; i < e->row_count; i++) dot += left[i] * e->basis[b][i];
            for (uint32_t i = 0; i < e->row_count; i++) left[i] -= dot * e->basis[b][i];
            e->over[b][j] += dot;
        }
    for (uint32_t i = 0; i < e->row_count; i++) length += left[i] * left[i];
    return sqrt(length);
}

/* Coefficients of column j over the basis's own columns: back substitution. Sources that matter more than the `noise` of rounding lets
 * any seem to land in the relation. */
static bool solve(const struct elimination *e, uint32_t j, double noise, struct mm_relation *relation) {
    double weights[LINEAR_COLUMNS_MAX];
    const struct candidate *derived = &e->candidates[j];
    relation->source_count = 0;
    relation->constant = derived->mean;
    for (uint32_t b = e->basis_count; b-- > 0;) {
        weights[b] = e->over[b][j];
        for (uint32_t k = b + 1; k < e->basis_count; k++) weights[b] -= e->over[b][e->of_basis[k]] * weights[k];
        weights[b] /= e->over[b][e->of_basis[b]];
    }
    for (uint32_t b = 0; b < e->basis_count; b++) {
        const struct candidate *source = &e->candidates[e->of_basis[b]];
        if (fabs(weights[b]) < fmax(1e-5, 5 * noise)) continue;
        if (relation->source_count == MM_RELATION_SOURCES) return false;
        double coefficient = weights[b] * derived->deviation / source->deviation;
        relation->coefficients[relation->source_count] = coefficient;
        relation->sources[relation->source_count++] = source->column;
        relation->constant -= coefficient * source->mean;
    }
    return relation->source_count > 0;
}

double mm_relation_round(double value, int digits) {
    if (!digits || value == 0) return nearbyint(value);
    double scale = pow(10, digits - 1 - floor(log10(fabs(value))));
    return nearbyint(value * scale) / scale;
}

/* A change of unit whose results were rounded: rounding leaves the factor an interval, and its roundest number is taken. */
static bool settle_factor(const struct mm_relation_search *s, struct mm_relation *relation, uint32_t column) {
    const struct mm_column *from = &s->table->columns[relation->sources[0]], *to = &s->table->columns[column];
    double unit = pow(10, -relation->decimals), half = MM_RELATION_ROUNDING * unit, low = -INFINITY, high = INFINITY;
    relation->constant = nearbyint(relation->constant / unit) * unit;
    for (uint32_t r = 0; r < s->row_count; r++) {
        if (mm_column_missing(from, r) || mm_column_missing(to, r)) continue;
        double x = mm_column_number(from, r), y = mm_column_number(to, r) - relation->constant;
        if (x == 0) continue;
        low = fmax(low, (y - (x > 0 ? half : -half)) / x), high = fmin(high, (y + (x > 0 ? half : -half)) / x);
    }
    if (!(low <= high) || !isfinite(high - low)) return false;
    double factor = (low + high) / 2;
    for (int digits = 1; digits < 15; digits++) {
        double round = mm_relation_round((low + high) / 2, digits);
        if (round < low || round > high) continue;
        factor = round;
        break;
    }
    relation->coefficients[0] = factor;
    return factor != 0 && mm_relation_holds(s, relation, column);
}

/* People write relations in round numbers: whole ones, then of few digits, then as they came out. */
static bool settle(const struct elimination *e, uint32_t j, struct mm_relation *relation) {
    const struct mm_relation found = *relation;
    double unit = relation->decimals >= 0 ? pow(10, relation->decimals) : 1e9;
    for (int digits = 0; digits <= 9; digits++) {
        bool zero = false;
        relation->constant = e->candidates[j].mean;
        for (uint32_t k = 0; k < found.source_count; k++) {
            relation->coefficients[k] = digits < 9 ? mm_relation_round(found.coefficients[k], digits) : found.coefficients[k];
            zero = zero || relation->coefficients[k] == 0;
            relation->constant -= relation->coefficients[k] * e->candidates[candidate_of(e, found.sources[k])].mean;
        }
        if (digits < 9) relation->constant = nearbyint(relation->constant * unit) / unit;
        if (!zero && mm_relation_holds(e->s, relation, e->candidates[j].column)) return true;
    }
    *relation = found;
    return found.source_count == 1 && found.decimals >= 0 && settle_factor(e->s, relation, e->candidates[j].column);
}

/* Clock times wrap: a sum of them is none. */
static bool may_be_derived(const struct mm_relation_search *s, const struct mm_relation *relation, uint32_t column) {
    if (s->table->columns[column].field.type == MM_TIME || s->by_column[column].kind != MM_RELATION_NONE) return false;
    for (uint32_t k = 0; k < relation->source_count; k++)
        if (mm_relation_depends(s->by_column, relation->sources[k], column)) return false;
    return true;
}

/* The relation solved for its source `k`. */
static struct mm_relation turned(const struct mm_relation_search *s, const struct mm_relation *relation, uint32_t column, uint32_t k) {
    struct mm_relation turned = *relation;
    double factor = relation->coefficients[k];
    turned.constant = -relation->constant / factor;
    turned.decimals = s->decimals[relation->sources[k]];
    for (uint32_t i = 0; i < relation->source_count; i++) turned.coefficients[i] = -relation->coefficients[i] / factor;
    turned.coefficients[k] = 1 / factor;
    turned.sources[k] = column;
    return turned;
}

/* The column that was found, or the first source whose digits the others give; those of many values before those of a few, which sums
 * would miss. */
static void choose_derived(struct mm_relation_search *s, const struct mm_relation *found, uint32_t column) {
    for (int few = 0; few < 2; few++) {
        if (mm_relation_has_many_values(s, column) != few && may_be_derived(s, found, column) &&
            mm_relation_keeps_digits(s, found, column)) {
            s->by_column[column] = *found;
            return;
        }
        for (uint32_t k = found->source_count; k-- > 0;) {
            struct mm_relation other = turned(s, found, column, k);
            uint32_t derived = found->sources[k];
            if (mm_relation_has_many_values(s, derived) == few) continue;
            if (!may_be_derived(s, &other, derived) || !mm_relation_holds(s, &other, derived)) continue;
            if (!mm_relation_keeps_digits(s, &other, derived)) continue;
            s->by_column[derived] = other;
            return;
        }
    }
}

/* Two columns in two units: the others only fit the rounding, which collinear ones do best. Either may be the one that is rounded. */
static bool try_one_source(const struct elimination *e, uint32_t j, const struct mm_relation *found) {
    uint32_t column = e->candidates[j].column, most = 0;
    double largest = 0;
    for (uint32_t k = 0; k < found->source_count; k++) {
        double weight = fabs(found->coefficients[k]) * e->candidates[candidate_of(e, found->sources[k])].deviation;
        if (weight > largest) largest = weight, most = k;
    }
    struct mm_relation one = {.kind = MM_RELATION_LINEAR,
                              .source_count = 1,
                              .sources = {found->sources[most]},
                              .coefficients = {found->coefficients[most]},
                              .decimals = found->decimals};
    one.constant = e->candidates[j].mean - one.coefficients[0] * e->candidates[candidate_of(e, one.sources[0])].mean;
    struct mm_relation other = turned(e->s, &one, column, 0);
    if (settle(e, j, &one))
        choose_derived(e->s, &one, column);
    else if (other.decimals >= 0 && settle_factor(e->s, &other, one.sources[0]))
        choose_derived(e->s, &other, one.sources[0]);
    else
        return false;
    return true;
}

/* Of a column's deviation, what is lost by rounding. */
static double rounding_noise(const struct candidate *c, int decimals) {
    if (decimals == MM_RELATION_SINGLE) return 1e-7 * (fabs(c->mean) / c->deviation + 3);
    return decimals >= 0 ? 0.35 * pow(10, -decimals) / c->deviation : 0;
}

static mint_status eliminate(struct elimination *e, mint_error *err) {
    double *left = NULL;
    for (uint32_t j = 0; j < e->count; j++) {
        const struct candidate *c = &e->candidates[j];
        int decimals = e->s->decimals[c->column];
        if (!(c->deviation > 0)) continue;
        if (!left) MM_ALLOC_OR_RETURN(left, e->s->scratch, e->row_count, err);
        double length = residual(e, j, left), rounding = rounding_noise(c, decimals);
        if (length > fmax(1e-7, fmin(rounding, 0.05))) {
            for (uint32_t i = 0; i < e->row_count; i++) left[i] /= length;
            e->over[e->basis_count][j] = length;
            e->of_basis[e->basis_count] = j;
            e->basis[e->basis_count++] = left;
            left = NULL;
            continue;
        }
        struct mm_relation relation = {.kind = MM_RELATION_LINEAR, .decimals = decimals};
        if (!solve(e, j, length / sqrt(e->row_count), &relation)) continue;
        if (try_one_source(e, j, &relation)) continue;
        if (relation.source_count > 1 && settle(e, j, &relation)) choose_derived(e->s, &relation, c->column);
    }
    return MINT_OK;
}

/* Among columns without gaps: one with many would leave no row whole; or among all that have a value in half of the rows. */
static mint_status find_linear(struct mm_relation_search *s, bool gaps, mint_error *err) {
    struct elimination *e;
    bool any_gap = false;
    MM_ALLOC_OR_RETURN(e, s->scratch, 1, err);
    e->s = s;
    for (uint32_t c = 0; c < s->column_count && e->count < LINEAR_COLUMNS_MAX; c++) {
        uint64_t missing = count_gaps(s, c);
        if (!may_be_summed(s, c) || (gaps ? 2 * missing >= s->row_count : missing > 0)) continue;
        e->candidates[e->count++].column = c;
        any_gap = any_gap || missing;
    }
    if (e->count < 2 || any_gap != gaps) return MINT_OK;
    MM_RETURN_IF_ERROR(choose_rows(e, err));
    if (e->row_count < MM_RELATION_ROWS_MIN + 2 * e->count) return MINT_OK;
    measure(e);
    return eliminate(e, err);
}

mint_status mm_relations_find_linear(struct mm_relation_search *s, mint_error *err) {
    MM_RETURN_IF_ERROR(find_linear(s, false, err));
    return find_linear(s, true, err);
}

/* ---- products and ratios ---- */

static bool may_multiply(const struct mm_relation_search *s, uint32_t c) {
    enum mm_type type = s->table->columns[c].field.type;
    return type == MM_INTEGER || type == MM_FLOAT;
}

/* A factor that is nearly always 0 or 1 makes a product of anything that is copied. */
static bool is_factor(const struct mm_relation_search *s, uint32_t c) {
    const struct mm_column *column = &s->table->columns[c];
    uint32_t telling = 0;
    for (uint32_t r = 0; r < s->row_count && telling < MM_RELATION_ROWS_MIN / 2; r++)
        telling += !mm_column_missing(column, r) && mm_column_number(column, r) != 0 && mm_column_number(column, r) != 1;
    return telling >= MM_RELATION_ROWS_MIN / 2 && (!s->levels[c].of_row || s->levels[c].count > 1);
}

static void try_product(struct mm_relation_search *s, enum mm_relation_kind kind, uint32_t a, uint32_t b, uint32_t c) {
    if (s->by_column[c].kind != MM_RELATION_NONE || mm_relation_depends(s->by_column, a, c) || mm_relation_depends(s->by_column, b, c))
        return;
    struct mm_relation relation = {.kind = kind, .source_count = 2, .sources = {a, b}, .decimals = s->decimals[c]};
    if (mm_relation_holds(s, &relation, c) && mm_relation_keeps_digits(s, &relation, c)) s->by_column[c] = relation;
}

void mm_relations_find_products(struct mm_relation_search *s) {
    uint32_t numbers[PRODUCT_COLUMNS_MAX], count = 0;
    for (uint32_t c = 0; c < s->column_count && count < PRODUCT_COLUMNS_MAX; c++)
        if (may_multiply(s, c) && is_factor(s, c)) numbers[count++] = c;
    for (int kind = MM_RELATION_PRODUCT; kind <= MM_RELATION_RATIO; kind++)
        for (uint32_t k = 0; k < count; k++)
            for (uint32_t i = 0; i < count; i++)
                for (uint32_t j = kind == MM_RELATION_PRODUCT ? i + 1 : 0; j < count; j++) {
                    uint32_t a = numbers[i], b = numbers[j], c = numbers[k];
                    bool varies = mm_relation_has_many_values(s, a) || (kind == MM_RELATION_PRODUCT && mm_relation_has_many_values(s, b));
                    if (a == b || a == c || b == c || !varies || !mm_relation_has_many_values(s, c)) continue;
                    try_product(s, (enum mm_relation_kind)kind, a, b, c);
                }
}
