/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas with a factor: products of powers (body mass index = 703 x weight / height squared, a sphere's volume from its diameter), and
 * quantities times a share of one (revenue = price x quantity x (1 - discount / 100)). Powers are straight lines between logarithms,
 * found from their covariances; shares are found on a few rows. What is found must then hold in every row. */
#include <math.h>

#include "encode/relation.h"
#include "stats/elementary.h"

enum {
    COLUMNS_MAX = 100,
    THREE_COLUMNS_MAX = 50,
    ROWS_MAX = 4000,
    SOURCES_MAX = 3,
    HALVES_MAX = 6,
    SHARED_COLUMNS_MAX = 24,
    FEW_ROWS = 48
};

/* Without the C library's power, whose last bits differ between processors. */
static double power(double x, double exponent) {
    if (!(x > 0)) return NAN;
    int halves = (int)nearbyint(2 * fabs(exponent));
    double value = halves % 2 ? sqrt(x) : 1;
    for (int k = 0; k < halves / 2; k++) value *= x;
    return exponent < 0 ? 1 / value : value;
}

double mm_relation_power(const struct mm_relation *relation, const double *sources) {
    double value = relation->constant;
    for (uint32_t k = 0; k < relation->source_count; k++) value *= power(sources[k], relation->coefficients[k]);
    return value;
}

double mm_relation_share(const struct mm_relation *relation, const double *sources) {
    uint32_t last = relation->source_count - 1;
    double value = relation->constant + relation->coefficients[last] * sources[last];
    for (uint32_t k = 0; k < last; k++) value *= sources[k];
    return value;
}

bool mm_relation_exponents_are_sound(const double *exponents, uint32_t count) {
    bool sound = count <= SOURCES_MAX;
    for (uint32_t k = 0; sound && k < count; k++) {
        double halves = 2 * fabs(exponents[k]);
        sound = halves >= 1 && halves <= HALVES_MAX && halves == nearbyint(halves);
    }
    return sound;
}

/* Variance of a source, in logarithms, that a column derived from it must have at least half of. */
static const double CANCELLED = 2;

struct formulas {
    struct mm_relation_search *s;
    uint32_t columns[COLUMNS_MAX], count;
    uint32_t *rows, row_count;                                     /* in which all columns have the values that are needed */
    double means[COLUMNS_MAX], products[COLUMNS_MAX][COLUMNS_MAX]; /* of logarithms: means, covariances */
};

static double cell(const struct formulas *f, uint32_t i, uint32_t row) {
    return mm_column_number(&f->s->table->columns[f->columns[i]], row);
}

/* Numbers of several values that are there, and above zero if `positive`, in enough rows. */
static bool may_take_part(const struct mm_relation_search *s, uint32_t c, bool positive, double enough) {
    const struct mm_column *column = &s->table->columns[c];
    enum mm_type type = column->field.type;
    uint32_t useful = 0;
    if ((type != MM_INTEGER && type != MM_FLOAT) || (s->levels[c].of_row && s->levels[c].count < 3)) return false;
    for (uint32_t r = 0; r < s->row_count; r++) useful += !mm_column_missing(column, r) && (!positive || mm_column_number(column, r) > 0);
    return useful >= enough * s->row_count;
}

static bool list_columns(struct formulas *f, bool positive, double enough, uint32_t columns_max) {
    f->count = 0;
    for (uint32_t c = 0; c < f->s->column_count; c++) {
        if (!may_take_part(f->s, c, positive, enough)) continue;
        if (f->count == columns_max) return false; /* too many to try them all */
        f->columns[f->count++] = c;
    }
    return true;
}

static bool is_whole(const struct formulas *f, bool positive, uint32_t row) {
    for (uint32_t i = 0; i < f->count; i++)
        if (mm_column_missing(&f->s->table->columns[f->columns[i]], row) || (positive && !(cell(f, i, row) > 0))) return false;
    return true;
}

/* Columns without many gaps are searched first, then those with some. */
static const double ENOUGH[] = {0.95, 0.5};
enum { PASSES = 2 };

/* Columns and, of the rows in which all of them have values, at most rows_max. False when there are too many columns or no more than
 * before, or too few rows. */
static bool choose(struct formulas *f, bool positive, double enough, uint32_t columns_max, uint32_t rows_max) {
    uint32_t whole = 0, taken = 0, before = f->count;
    f->row_count = 0;
    if (!list_columns(f, positive, enough, columns_max) || f->count == before) return false;
    for (uint32_t r = 0; r < f->s->row_count; r++) whole += is_whole(f, positive, r);
    uint32_t stride = whole / rows_max + 1;
    for (uint32_t r = 0; r < f->s->row_count; r++)
        if (is_whole(f, positive, r) && taken++ % stride == 0) f->rows[f->row_count++] = r;
    return f->row_count >= rows_max / 2 || f->row_count >= MM_RELATION_ROWS_MIN;
}

static mint_status formulas_new(struct formulas **f, struct mm_relation_search *s, uint32_t rows_max, mint_error *err) {
    MM_ALLOC_OR_RETURN(*f, s->scratch, 1, err);
    MM_ALLOC_OR_RETURN((*f)->rows, s->scratch, rows_max, err);
    (*f)->s = s;
    return MINT_OK;
}

/* Nothing decides it yet, and none of the sources hangs on it. */
static bool may_be_derived(const struct mm_relation_search *s, const struct mm_relation *relation, uint32_t column) {
    if (s->by_column[column].kind != MM_RELATION_NONE || !mm_relation_has_many_values(s, column)) return false;
    for (uint32_t k = 0; k < relation->source_count; k++)
        if (relation->sources[k] == column || mm_relation_depends(s->by_column, relation->sources[k], column)) return false;
    return true;
}

static bool accept(struct mm_relation_search *s, const struct mm_relation *relation, uint32_t column) {
    if (!mm_relation_holds(s, relation, column) || !mm_relation_keeps_digits(s, relation, column)) return false;
    s->by_column[column] = *relation;
    return true;
}

/* ---- powers ---- */

static mint_status measure_logarithms(struct formulas *f, mint_error *err) {
    double *logs;
    MM_ALLOC_OR_RETURN(logs, f->s->scratch, (size_t)f->count * f->row_count, err);
    for (uint32_t i = 0; i < f->count; i++) {
        double *own = logs + (size_t)i * f->row_count;
        f->means[i] = 0;
        for (uint32_t r = 0; r < f->row_count; r++) f->means[i] += (own[r] = mm_relation_function(MM_RELATION_LOG, cell(f, i, f->rows[r])));
        f->means[i] /= f->row_count;
        for (uint32_t r = 0; r < f->row_count; r++) own[r] -= f->means[i];
        for (uint32_t j = 0; j <= i; j++) {
            double sum = 0;
            for (uint32_t r = 0; r < f->row_count; r++) sum += own[r] * logs[(size_t)j * f->row_count + r];
            f->products[i][j] = f->products[j][i] = sum / f->row_count;
        }
    }
    mm_arena_free(f->s->scratch, logs);
    return MINT_OK;
}

/* Slopes of a column's logarithm on those of the sources (Cholesky), and the variance that they leave; INFINITY when the sources are
 * collinear. */
static double regress(const struct formulas *f, const uint32_t *sources, uint32_t count, uint32_t column, double *slopes) {
    double l[SOURCES_MAX][SOURCES_MAX] = {{0}}, y[SOURCES_MAX], left = f->products[column][column];
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j <= i; j++) {
            double sum = f->products[sources[i]][sources[j]];
            for (uint32_t k = 0; k < j; k++) sum -= l[i][k] * l[j][k];
            if (i == j && !(sum > 1e-6 * f->products[sources[i]][sources[i]])) return INFINITY;
            l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
        }
        y[i] = f->products[sources[i]][column];
        for (uint32_t k = 0; k < i; k++) y[i] -= l[i][k] * y[k];
        y[i] /= l[i][i];
        left -= y[i] * y[i];
    }
    for (uint32_t i = count; i-- > 0;) {
        slopes[i] = y[i];
        for (uint32_t k = i + 1; k < count; k++) slopes[i] -= l[k][i] * slopes[k];
        slopes[i] /= l[i][i];
    }
    return left;
}

/* Rounding leaves the factor an interval, and its roundest number is taken; of unrounded values their mean. */
static bool settle_factor(const struct formulas *f, struct mm_relation *relation, uint32_t column) {
    double half = relation->decimals >= 0 ? MM_RELATION_ROUNDING * pow(10, -relation->decimals) : 0, low = 0, high = INFINITY, sum = 0;
    relation->constant = 1;
    for (uint32_t r = 0; r < f->row_count; r++) {
        double values[SOURCES_MAX], own = cell(f, column, f->rows[r]);
        for (uint32_t k = 0; k < relation->source_count; k++)
            values[k] = mm_column_number(&f->s->table->columns[relation->sources[k]], f->rows[r]);
        double made = mm_relation_power(relation, values);
        low = fmax(low, (own - half) / made), high = fmin(high, (own + half) / made), sum += own / made / f->row_count;
    }
    if (half > 0 ? !(low <= high) : !(high - low >= -1e-6 * sum)) return false;
    double middle = half > 0 ? (low + high) / 2 : sum, slack = half > 0 ? (high - low) / 2 : 1e-9 * sum;
    relation->constant = middle;
    for (int digits = 1; digits < (half > 0 ? 12 : 7); digits++)
        if (fabs(mm_relation_round(middle, digits) - middle) <= slack) {
            relation->constant = mm_relation_round(middle, digits);
            break;
        }
    return isfinite(relation->constant) && relation->constant > 0;
}

static bool try_powers(struct formulas *f, const uint32_t *sources, uint32_t count, uint32_t column) {
    struct mm_relation_search *s = f->s;
    struct mm_relation relation = {.kind = MM_RELATION_POWER, .source_count = count, .decimals = s->decimals[f->columns[column]]};
    double slopes[SOURCES_MAX], own = f->products[column][column], unit = relation.decimals >= 0 ? pow(10, -relation.decimals) : 0;
    for (uint32_t k = 0; k < count; k++) relation.sources[k] = f->columns[sources[k]];
    /* A value's logarithm is off by what its rounding is of it: at the smallest values most. */
    double rounding = unit / mm_exp(f->means[column] - 2 * sqrt(own)), left = regress(f, sources, count, column, slopes);
    if (!(left <= 1e-5 * own + rounding * rounding) || !(left <= 0.01 * own) || !may_be_derived(s, &relation, f->columns[column]))
        return false;
    for (uint32_t k = 0; k < count; k++) {
        relation.coefficients[k] = nearbyint(2 * slopes[k]) / 2;
        /* Where large sources nearly cancel, what is left of them would be the errors of drawing them: one of those is derived. */
        double share = relation.coefficients[k] * relation.coefficients[k] * f->products[sources[k]][sources[k]];
        if (fabs(slopes[k] - relation.coefficients[k]) > 0.1 || share > CANCELLED * own) return false;
    }
    return mm_relation_exponents_are_sound(relation.coefficients, count) && settle_factor(f, &relation, column) &&
           accept(s, &relation, f->columns[column]);
}

/* All sets of `count` sources for a column, the first in the table first. */
static bool try_sources(struct formulas *f, uint32_t *sources, uint32_t chosen, uint32_t count, uint32_t column) {
    if (chosen == count) return try_powers(f, sources, count, column);
    for (sources[chosen] = chosen ? sources[chosen - 1] + 1 : 0; sources[chosen] < f->count; sources[chosen]++)
        if (sources[chosen] != column && try_sources(f, sources, chosen + 1, count, column)) return true;
    return false;
}

/* What was computed stands behind what it was computed from. */
static mint_status find_powers(struct mm_relation_search *s, mint_error *err) {
    struct formulas *f;
    uint32_t sources[SOURCES_MAX];
    MM_RETURN_IF_ERROR(formulas_new(&f, s, ROWS_MAX, err));
    for (int pass = 0; pass < PASSES; pass++) {
        if (!choose(f, true, ENOUGH[pass], COLUMNS_MAX, ROWS_MAX)) continue;
        MM_RETURN_IF_ERROR(measure_logarithms(f, err));
        uint32_t most = f->count <= THREE_COLUMNS_MAX ? SOURCES_MAX : SOURCES_MAX - 1;
        for (uint32_t count = 1; count <= most; count++)
            for (uint32_t column = f->count; column-- > 0;)
                if (s->by_column[f->columns[column]].kind == MM_RELATION_NONE) try_sources(f, sources, 0, count, column);
    }
    return MINT_OK;
}

/* ---- shares ---- */

/* y / amount = constant + slope x z over the first `rows` of the few; false when z does not vary there. */
static bool fit_share(const struct formulas *f, uint32_t rows, const double *amounts, uint32_t z, uint32_t column, double *constant,
                      double *slope) {
    double n = 0, sz = 0, sy = 0, szz = 0, szy = 0;
    for (uint32_t r = 0; r < rows; r++) {
        if (amounts[r] == 0) continue;
        double x = cell(f, z, f->rows[r]), y = cell(f, column, f->rows[r]) / amounts[r];
        n++, sz += x, sy += y, szz += x * x, szy += x * y;
    }
    double spread = n * szz - sz * sz;
    if (!(spread > 1e-9 * n * szz)) return false;
    *slope = (n * szy - sz * sy) / spread;
    *constant = (sy - *slope * sz) / n;
    return isfinite(*slope) && isfinite(*constant);
}

/* Do the few rows agree, but for rounding? */
static bool is_near(const struct formulas *f, const double *amounts, uint32_t z, uint32_t column, double constant, double slope,
                    double unit) {
    for (uint32_t r = 0; r < f->row_count; r++) {
        double y = cell(f, column, f->rows[r]), made = amounts[r] * (constant + slope * cell(f, z, f->rows[r]));
        if (!(fabs(made - y) <= 3 * unit + 2e-3 * fabs(y))) return false;
    }
    return true;
}

/* People write shares in round numbers. */
static bool settle_share(struct mm_relation_search *s, struct mm_relation *relation, uint32_t column) {
    double constant = relation->constant, *slope = &relation->coefficients[relation->source_count - 1], found = *slope;
    for (int digits = 1; digits <= 6; digits++) {
        relation->constant = fabs(constant) < 1e-6 ? 0 : mm_relation_round(constant, digits), *slope = mm_relation_round(found, digits);
        if (*slope != 0 && relation->constant != 0 && accept(s, relation, column)) return true;
    }
    return false;
}

static void try_share(struct formulas *f, const double *amounts, const uint32_t *factors, uint32_t factor_count, uint32_t column) {
    struct mm_relation_search *s = f->s;
    int decimals = s->decimals[f->columns[column]];
    double constant, slope, unit = decimals >= 0 ? pow(10, -decimals) : 0;
    for (uint32_t z = 0; z < f->count; z++) {
        if (z == column || z == factors[0] || (factor_count > 1 && z == factors[1])) continue;
        /* Most are refused by a few rows. */
        if (fit_share(f, 6, amounts, z, column, &constant, &slope) && f->row_count > 12 &&
            fabs(amounts[7] * (constant + slope * cell(f, z, f->rows[7])) - cell(f, column, f->rows[7])) >
                20 * unit + 0.05 * fabs(cell(f, column, f->rows[7])))
            continue;
        if (!fit_share(f, f->row_count, amounts, z, column, &constant, &slope) || !is_near(f, amounts, z, column, constant, slope, unit))
            continue;
        struct mm_relation relation = {
            .kind = MM_RELATION_SHARE, .source_count = factor_count + 1, .decimals = decimals, .constant = constant};
        for (uint32_t k = 0; k < factor_count; k++) relation.sources[k] = f->columns[factors[k]];
        relation.sources[factor_count] = f->columns[z];
        relation.coefficients[factor_count] = slope;
        if (may_be_derived(s, &relation, f->columns[column]) && settle_share(s, &relation, f->columns[column])) return;
    }
}

static void share_out(struct formulas *f) {
    const struct mm_relation_search *s = f->s;
    double amounts[FEW_ROWS];
    for (uint32_t column = f->count; column-- > 0;)
        for (uint32_t a = 0; a < f->count; a++)
            for (uint32_t b = a; b < f->count && s->by_column[f->columns[column]].kind == MM_RELATION_NONE; b++) {
                uint32_t factors[2] = {a, b}, factor_count = a == b ? 1 : 2;
                if (a == column || b == column || !mm_relation_has_many_values(s, f->columns[column])) continue;
                for (uint32_t r = 0; r < f->row_count; r++) amounts[r] = cell(f, a, f->rows[r]) * (a == b ? 1 : cell(f, b, f->rows[r]));
                try_share(f, amounts, factors, factor_count, column);
            }
}

static mint_status find_shares(struct mm_relation_search *s, mint_error *err) {
    struct formulas *f;
    MM_RETURN_IF_ERROR(formulas_new(&f, s, FEW_ROWS, err));
    for (int pass = 0; pass < PASSES; pass++)
        if (choose(f, false, ENOUGH[pass], SHARED_COLUMNS_MAX, FEW_ROWS)) share_out(f);
    return MINT_OK;
}

mint_status mm_relations_find_formulas(struct mm_relation_search *s, mint_error *err) {
    MM_RETURN_IF_ERROR(find_powers(s, err));
    return find_shares(s, err);
}
