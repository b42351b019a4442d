/* SPDX-License-Identifier: Apache-2.0 */
/* One column's level decides another's value: every two rows with the same level have the same value, marks included. */
#include "encode/relation.h"

/* What few levels decide trees learn as well, and the order of the columns may stay as it is. */
enum { FEW_LEVELS = 8 };
/* Pairs of neighbours with one level that would differ if the columns did not know of each other: exp(-20) is the chance of none. */
static const double PAIRS_MIN = 20;

static bool same_cell(const struct mm_column *column, uint32_t a, uint32_t b) {
    bool missing = mm_column_missing(column, a);
    if (missing || mm_column_missing(column, b)) return missing && column->marks[a] == column->marks[b];
    return column->codes ? column->codes[a] == column->codes[b] : mm_column_number(column, a) == mm_column_number(column, b);
}

/* first_row[level of the source]: a row with that level, or UINT32_MAX. */
static bool decides(const struct mm_relation_search *s, uint32_t source, uint32_t column, uint32_t *first_row) {
    const struct mm_relation_levels *levels = &s->levels[source];
    for (uint32_t k = 0; k < levels->count; k++) first_row[k] = UINT32_MAX;
    for (uint32_t r = 0; r < s->row_count; r++) {
        uint32_t level = levels->of_row[r];
        if (level == UINT32_MAX) continue;
        if (first_row[level] == UINT32_MAX) first_row[level] = r;
        if (!same_cell(&s->table->columns[column], r, first_row[level])) return false;
    }
    return true;
}

/* Would so many neighbours agree by chance? */
static bool is_evident(const struct mm_relation_search *s, uint32_t source, uint32_t column) {
    const struct mm_relation_levels *levels = &s->levels[source];
    double repeats = 0, present = 0, kept = 0;
    for (uint32_t k = 0; k < levels->count; k++) {
        uint32_t rows = levels->rows_of[k];
        repeats += rows ? rows - 1 : 0, present += rows, kept += rows >= s->protect ? rows : 0;
    }
    return repeats * s->levels[column].differ >= PAIRS_MIN && 2 * kept >= present;
}

/* Rows whose level is protected take another level of the same value. Where there is none their value is lost, as a number of few rows is
 * anyway: of a quarter of all rows at most, and no text of as many rows as are not protected. rows_of[value]: rows of uncovered values. */
static bool keeps_values(const struct mm_relation_search *s, uint32_t source, uint32_t column, const uint32_t *first_row,
                         uint32_t *rows_of) {
    const uint32_t covered = UINT32_MAX;
    const struct mm_relation_levels *from = &s->levels[source], *to = &s->levels[column];
    uint64_t lost = 0;
    bool keeps = true;
    if (!s->table->columns[source].codes) return true; /* rare numbers are no levels */
    for (uint32_t k = 0; k < to->count; k++) rows_of[k] = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t k = 0; k < from->count; k++) {
            if (!from->rows_of[k]) continue;
            uint32_t value = to->of_row ? to->of_row[first_row[k]] : UINT32_MAX;
            bool kept = from->rows_of[k] >= s->protect;
            if (!pass && kept && value != UINT32_MAX) rows_of[value] = covered;
            if (!pass || kept || (value != UINT32_MAX && rows_of[value] == covered)) continue;
            if (value != UINT32_MAX) keeps = keeps && (rows_of[value] += from->rows_of[k]) < s->protect;
            if (value == UINT32_MAX || !s->table->columns[column].codes) lost += from->rows_of[k];
        }
    return keeps && lost * 4 <= s->row_count;
}

/* Fewer levels lie nearer to what they decide; numbers keep an order of their own. */
static bool is_better(const struct mm_relation_search *s, uint32_t a, uint32_t b) {
    uint32_t levels_a = s->levels[a].count, levels_b = s->levels[b].count;
    if (levels_a != levels_b) return levels_a < levels_b;
    return !s->table->columns[a].codes && s->table->columns[b].codes;
}

/* A school decides its size: that goes before what the size is a part of. */
static bool is_name(const struct mm_column *column) { return column->codes || mm_type_is_integral(column->field.type); }

static void find_source(struct mm_relation_search *s, uint32_t column, bool of_names, uint32_t *first_row, uint32_t *rows_of) {
    int64_t best = -1;
    const struct mm_column *columns = s->table->columns;
    if (s->by_column[column].kind != MM_RELATION_NONE) return;
    if (of_names && mm_type_is_integral(columns[column].field.type)) return;
    for (uint32_t a = 0; a < s->column_count; a++) {
        const struct mm_relation_levels *levels = &s->levels[a];
        if (of_names && !is_name(&columns[a])) continue;
        if (a == column || !levels->of_row || levels->count <= FEW_LEVELS || levels->count > MM_RELATION_LEVELS_MOST) continue;
        if (s->levels[column].of_row && s->levels[column].count > levels->count + MM_MARKS_MAX) continue;
        if (best >= 0 && !is_better(s, a, (uint32_t)best)) continue;
        if (!is_evident(s, a, column) || mm_relation_depends(s->by_column, a, column)) continue;
        if (decides(s, a, column, first_row) && keeps_values(s, a, column, first_row, rows_of)) best = a;
    }
    if (best < 0) return;
    s->by_column[column] = (struct mm_relation){.kind = MM_RELATION_LOOKUP, .source_count = 1, .sources = {(uint32_t)best}, .decimals = -1};
}

/* Of two columns that decide each other the later is derived, texts before numbers, and the target last of all. */
mint_status mm_relations_find_lookups(struct mm_relation_search *s, bool of_names, mint_error *err) {
    uint32_t *first_row, *rows_of, most = 1;
    for (uint32_t c = 0; c < s->column_count; c++) most = s->levels[c].count > most ? s->levels[c].count : most;
    MM_ALLOC_OR_RETURN(first_row, s->scratch, most, err);
    MM_ALLOC_OR_RETURN(rows_of, s->scratch, most, err);
    for (int texts = 1; texts >= 0; texts--)
        for (uint32_t c = s->column_count; c-- > 0;)
            if ((int64_t)c != s->target && (s->table->columns[c].codes != NULL) == (texts == 1))
                find_source(s, c, of_names, first_row, rows_of);
    if (s->target >= 0) find_source(s, (uint32_t)s->target, of_names, first_row, rows_of);
    return MINT_OK;
}
