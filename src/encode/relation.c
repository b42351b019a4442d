/* SPDX-License-Identifier: Apache-2.0 */
#include "encode/relation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "encode/codec.h"

static bool is_part(const struct mm_relation *relation) { return relation->kind >= MM_RELATION_YEAR && relation->kind <= MM_RELATION_DATE; }

static double exact_value(const struct mm_relation *relation, const double *sources) {
    double value = relation->constant;
    switch (relation->kind) {
    case MM_RELATION_LINEAR:
        for (uint32_t k = 0; k < relation->source_count; k++) value += relation->coefficients[k] * sources[k];
        return value;
    case MM_RELATION_PRODUCT: return sources[0] * sources[1];
    case MM_RELATION_RATIO: return sources[1] != 0 ? sources[0] / sources[1] : NAN;
    case MM_RELATION_POWER: return mm_relation_power(relation, sources);
    case MM_RELATION_SHARE: return mm_relation_share(relation, sources);
    case MM_RELATION_LOOKUP:
    case MM_RELATION_NONE:
    case MM_RELATION_KINDS: return NAN;
    default:
        if (is_part(relation)) return value + mm_relation_part(relation->kind, sources[0], relation->coefficients[0]);
        return mm_relation_function(relation->kind, sources[0]);
    }
}

double mm_relation_value(const struct mm_relation *relation, const double *sources) {
    double value = exact_value(relation, sources);
    if (relation->decimals == MM_RELATION_SINGLE) return (double)(float)value + 0.0;
    if (relation->decimals < 0) return value + 0.0;
    double scale = pow(10, relation->decimals), units = nearbyint(value * scale);
    return fabs(units) < 9e15 ? units / scale + 0.0 : NAN;
}

static bool is_single(const struct mm_column *column, uint32_t row_count) {
    for (uint32_t r = 0; r < row_count; r++) {
        double value = mm_column_missing(column, r) ? 0 : mm_column_number(column, r);
        if (!mm_is_single(&value, 1)) return false;
    }
    return true;
}

/* So many digits that nobody rounded to them. */
static int find_decimals(const struct mm_column *column, uint32_t row_count) {
    enum { MANY = 12 };
    if (mm_type_is_integral(column->field.type)) return 0;
    if (column->field.form.decimals >= 0 && column->field.form.decimals <= MANY) return column->field.form.decimals;
    return is_single(column, row_count) ? MM_RELATION_SINGLE : MM_RELATION_EXACT;
}

/* Halves may have been rounded either way, and sums of single precision are off by its last bits. */
bool mm_relation_agrees(const struct mm_relation *relation, const double *sources, double value) {
    double made = exact_value(relation, sources), error = fabs(made - value), size = fabs(value);
    if (!isfinite(made)) return true;
    for (uint32_t k = 0; relation->kind == MM_RELATION_LINEAR && k < relation->source_count; k++)
        size = fmax(size, fabs(relation->coefficients[k] * sources[k]));
    if (relation->decimals < 0) return error <= (relation->decimals == MM_RELATION_SINGLE ? 2e-7 : 1e-9) * size;
    double units = pow(10, relation->decimals);
    return error * units <= MM_RELATION_ROUNDING + 1e-12 * size * units;
}

bool mm_relation_holds(const struct mm_relation_search *s, const struct mm_relation *relation, uint32_t column) {
    const struct mm_column *derived = &s->table->columns[column];
    double values[MM_RELATION_SOURCES], before = NAN;
    uint32_t changes = 0; /* a column that is constant where the sources have values follows from anything; years are often sorted */
    for (uint32_t r = 0; r < s->row_count; r++) {
        bool whole = true;
        for (uint32_t k = 0; whole && k < relation->source_count; k++) {
            const struct mm_column *source = &s->table->columns[relation->sources[k]];
            whole = !mm_column_missing(source, r);
            if (whole) values[k] = mm_column_number(source, r);
        }
        if (!whole || !isfinite(exact_value(relation, values))) continue;
        if (mm_column_missing(derived, r) || !mm_relation_agrees(relation, values, mm_column_number(derived, r))) return false;
        changes += mm_column_number(derived, r) != before;
        if (!is_part(relation) || isnan(before)) before = mm_column_number(derived, r);
    }
    return changes >= MM_RELATION_ROWS_MIN;
}

/* The last digit of a value as it is written; of one in all its digits, whether three decimals would do: 0. -1: none. */
static int last_digit(double value, int decimals) {
    double thousand = fabs(value) * 1000;
    if (decimals < 0) return !isfinite(value) ? -1 : fabs(thousand - nearbyint(thousand)) > 1e-6 * fmax(1, fabs(value));
    double units = fabs(nearbyint(value * pow(10, decimals)));
    return isfinite(units) && units < 9e15 ? (int)((uint64_t)units % 10) : -1;
}

/* Sources of rows that have nothing to do with each other. */
static bool mixed_sources(const struct mm_relation_search *s, const struct mm_relation *relation, uint32_t row, double *values) {
    for (uint32_t k = 0; k < relation->source_count; k++) {
        const struct mm_column *source = &s->table->columns[relation->sources[k]];
        uint32_t other = (uint32_t)((row + (uint64_t)k * s->row_count / (relation->source_count + 1)) % s->row_count);
        if (mm_column_missing(source, other)) return false;
        values[k] = mm_column_number(source, other);
    }
    return true;
}

/* Trees learn which of a few values go together: those bring their digits. */
static bool have_few_values(const struct mm_relation_search *s, const struct mm_relation *relation) {
    enum { FEW = 64 };
    bool few = true;
    for (uint32_t k = 0; k < relation->source_count; k++) {
        const struct mm_relation_levels *levels = &s->levels[relation->sources[k]];
        few = few && levels->of_row && levels->count <= FEW;
    }
    return few;
}

bool mm_relation_keeps_digits(const struct mm_relation_search *s, const struct mm_relation *relation, uint32_t column) {
    const struct mm_column *derived = &s->table->columns[column];
    double own[10] = {0}, made[10] = {0}, own_count = 0, made_count = 0, distance = 0, values[MM_RELATION_SOURCES];
    if (have_few_values(s, relation)) return true;
    for (uint32_t r = 0; r < s->row_count; r++) {
        int digit = mm_column_missing(derived, r) ? -1 : last_digit(mm_column_number(derived, r), relation->decimals);
        if (digit >= 0) own[digit]++, own_count++;
        digit = mixed_sources(s, relation, r, values) ? last_digit(mm_relation_value(relation, values), relation->decimals) : -1;
        if (digit >= 0) made[digit]++, made_count++;
    }
    if (own_count < 1 || made_count < 1) return false;
    for (int d = 0; d < 10; d++) distance += fabs(own[d] / own_count - made[d] / made_count) / 2;
    return distance <= 0.1 + 2 / sqrt(fmin(own_count, made_count));
}

bool mm_relation_depends(const struct mm_relation *by_column, uint32_t column, uint32_t on) {
    if (column == on) return true;
    for (uint32_t k = 0; k < by_column[column].source_count; k++)
        if (mm_relation_depends(by_column, by_column[column].sources[k], on)) return true;
    return false;
}

static size_t linear_text(const struct mm_relation *relation, const struct mint_table *table, char *text, size_t size) {
    size_t length = 0;
    for (uint32_t k = 0; k < relation->source_count; k++) {
        double coefficient = relation->coefficients[k], size_of = fabs(coefficient);
        const char *sign = coefficient < 0 ? (k ? " - " : "-") : k ? " + " : "";
        char factor[40] = "";
        if (size_of != 1) snprintf(factor, sizeof factor, "%.6g x ", size_of);
        size_t at = length < size ? length : size;
        length += (size_t)snprintf(text + at, size - at, "%s%s'%.80s'", sign, factor, table->columns[relation->sources[k]].field.name);
    }
    size_t at = length < size ? length : size;
    if (relation->constant != 0)
        length += (size_t)snprintf(text + at, size - at, " %c %.10g", relation->constant < 0 ? '-' : '+', fabs(relation->constant));
    return length;
}

static void formula_text(const struct mm_relation *relation, const struct mint_table *table, char *text, size_t size) {
    uint32_t factors = relation->source_count - (relation->kind == MM_RELATION_SHARE);
    size_t length = 0;
    if (relation->kind == MM_RELATION_POWER && relation->constant != 1)
        length = (size_t)snprintf(text, size, "%.10g x ", relation->constant);
    for (uint32_t k = 0; k < factors; k++) {
        double exponent = relation->kind == MM_RELATION_POWER ? relation->coefficients[k] : 1;
        char raised[16] = "";
        if (exponent != 1) snprintf(raised, sizeof raised, "^%g", exponent);
        length += (size_t)snprintf(text + length, size - length, "%s'%.80s'%s", k ? " x " : "",
                                   table->columns[relation->sources[k]].field.name, raised);
    }
    if (relation->kind != MM_RELATION_SHARE) return;
    double slope = relation->coefficients[factors];
    char factor[40] = "";
    if (fabs(slope) != 1) snprintf(factor, sizeof factor, "%.6g x ", fabs(slope));
    snprintf(text + length, size - length, " x (%.6g %c %s'%.80s')", relation->constant, slope < 0 ? '-' : '+', factor,
             table->columns[relation->sources[factors]].field.name);
}

static size_t part_text(const struct mm_relation *relation, const char *name, const char *source, char *text, size_t size) {
    static const char *const parts[] = {"year", "quarter", "month", "day", "day of the year", "weekday", "weekday", "hour", "date"};
    char added[40] = "";
    if (relation->constant != 0) snprintf(added, sizeof added, " %c %.10g", relation->constant < 0 ? '-' : '+', fabs(relation->constant));
    return (size_t)snprintf(text, size, "'%.80s' = %s of '%.80s'%s", name, parts[relation->kind - MM_RELATION_YEAR], source, added);
}

size_t mm_relation_text(const struct mm_relation *relation, const struct mint_table *table, uint32_t column, char *text, size_t size) {
    const char *name = table->columns[column].field.name;
    const char *first = table->columns[relation->sources[0]].field.name, *second = table->columns[relation->sources[1]].field.name;
    char sum[MM_RELATION_SOURCES * 160] = "";
    switch (relation->kind) {
    case MM_RELATION_LOOKUP: return (size_t)snprintf(text, size, "'%.80s' decides '%.80s'", first, name);
    case MM_RELATION_PRODUCT: return (size_t)snprintf(text, size, "'%.80s' = '%.80s' x '%.80s'", name, first, second);
    case MM_RELATION_RATIO: return (size_t)snprintf(text, size, "'%.80s' = '%.80s' / '%.80s'", name, first, second);
    case MM_RELATION_LINEAR: linear_text(relation, table, sum, sizeof sum); return (size_t)snprintf(text, size, "'%.80s' = %s", name, sum);
    case MM_RELATION_LOG: return (size_t)snprintf(text, size, "'%.80s' = log('%.80s')", name, first);
    case MM_RELATION_LOG10: return (size_t)snprintf(text, size, "'%.80s' = log10('%.80s')", name, first);
    case MM_RELATION_LOG1P: return (size_t)snprintf(text, size, "'%.80s' = log(1 + '%.80s')", name, first);
    case MM_RELATION_ROOT: return (size_t)snprintf(text, size, "'%.80s' = square root of '%.80s'", name, first);
    case MM_RELATION_SQUARE: return (size_t)snprintf(text, size, "'%.80s' = '%.80s' squared", name, first);
    case MM_RELATION_INVERSE: return (size_t)snprintf(text, size, "'%.80s' = 1 / '%.80s'", name, first);
    case MM_RELATION_POWER:
    case MM_RELATION_SHARE: formula_text(relation, table, sum, sizeof sum); return (size_t)snprintf(text, size, "'%.80s' = %s", name, sum);
    case MM_RELATION_NONE:
    case MM_RELATION_KINDS: break;
    default: return part_text(relation, name, first, text, size);
    }
    return (size_t)snprintf(text, size, "'%.80s'", name);
}

/* ---- levels ---- */

static mint_status number_levels(struct mm_relation_levels *levels, const struct mm_relation_search *s, const struct mm_column *column,
                                 mint_error *err) {
    enum { SLOTS = 1024 };
    double values[MM_RELATION_LEVELS_MAX];
    uint32_t slots[SLOTS] = {0};
    for (uint32_t r = 0; r < s->row_count; r++) {
        levels->of_row[r] = UINT32_MAX;
        if (mm_column_missing(column, r)) continue;
        double value = mm_column_number(column, r) + 0.0;
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        uint32_t slot = (uint32_t)(bits * 0x9E3779B97F4A7C15u >> 54);
        while (slots[slot] && values[slots[slot] - 1] != value) slot = (slot + 1) % SLOTS;
        if (!slots[slot]) {
            if (levels->count == MM_RELATION_LEVELS_MAX) {
                mm_arena_free(s->scratch, levels->of_row);
                *levels = (struct mm_relation_levels){.differ = 1};
                return MINT_OK;
            }
            values[levels->count++] = value;
            slots[slot] = levels->count;
        }
        levels->of_row[r] = slots[slot] - 1;
    }
    MM_ALLOC_OR_RETURN(levels->rows_of, s->scratch, levels->count, err);
    return MINT_OK;
}

static mint_status find_levels(struct mm_relation_search *s, uint32_t c, mint_error *err) {
    const struct mm_column *column = &s->table->columns[c];
    struct mm_relation_levels *levels = &s->levels[c];
    double missing = 0, squares = 0, n = s->row_count;
    MM_ALLOC_OR_RETURN(levels->of_row, s->scratch, s->row_count, err);
    if (!column->codes) {
        MM_RETURN_IF_ERROR(number_levels(levels, s, column, err));
        if (!levels->of_row) return MINT_OK;
    } else {
        levels->count = column->dictionary.count;
        MM_ALLOC_OR_RETURN(levels->rows_of, s->scratch, levels->count, err);
        for (uint32_t r = 0; r < s->row_count; r++)
            levels->of_row[r] = mm_column_missing(column, r) ? UINT32_MAX : (uint32_t)column->codes[r];
    }
    for (uint32_t r = 0; r < s->row_count; r++) {
        if (levels->of_row[r] == UINT32_MAX)
            missing++;
        else
            levels->rows_of[levels->of_row[r]]++;
    }
    for (uint32_t k = 0; k < levels->count; k++) squares += (double)levels->rows_of[k] * levels->rows_of[k];
    levels->differ = 1 - (squares + missing * missing) / (n * n);
    return MINT_OK;
}

bool mm_relation_has_many_values(const struct mm_relation_search *s, uint32_t column) {
    enum { FEW = 8 };
    return mm_type_is_numeric(s->table->columns[column].field.type) && (!s->levels[column].of_row || s->levels[column].count > FEW);
}

static mint_status search(struct mm_relation_search *s, mint_error *err) {
    MM_ALLOC_OR_RETURN(s->levels, s->scratch, s->column_count, err);
    MM_ALLOC_OR_RETURN(s->decimals, s->scratch, s->column_count, err);
    for (uint32_t c = 0; c < s->column_count; c++)
        if (mm_type_is_numeric(s->table->columns[c].field.type)) s->decimals[c] = find_decimals(&s->table->columns[c], s->row_count);
    for (uint32_t c = 0; c < s->column_count; c++) MM_RETURN_IF_ERROR(find_levels(s, c, err));
    mm_relations_find_parts(s);
    mm_relations_find_functions(s);
    MM_RETURN_IF_ERROR(mm_relations_find_lookups(s, true, err));
    MM_RETURN_IF_ERROR(mm_relations_find_linear(s, err));
    mm_relations_find_products(s);
    MM_RETURN_IF_ERROR(mm_relations_find_formulas(s, err));
    return mm_relations_find_lookups(s, false, err);
}

mint_status mm_relations_find(struct mm_relation *by_column, const struct mint_table *table, int64_t target, uint32_t protect,
                              mint_error *err) {
    memset(by_column, 0, table->column_count * sizeof *by_column);
    if (table->row_count < MM_RELATION_ROWS_MIN || table->column_count > MM_RELATION_COLUMNS_MAX) return MINT_OK;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &table->ctx->memory);
    struct mm_relation_search s = {.table = table,
                                   .scratch = &scratch,
                                   .by_column = by_column,
                                   .row_count = (uint32_t)table->row_count,
                                   .column_count = table->column_count,
                                   .protect = protect,
                                   .target = target};
    mint_status status = search(&s, err);
    mm_arena_release(&scratch);
    return status;
}
