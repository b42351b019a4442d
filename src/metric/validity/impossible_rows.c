/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that break a rule of the real data: combinations of two columns that train rows avoid although chance would bring them
 * often, one column that decides another, orders (a <= b) that no train row breaks, and what follows from other columns in every one (a
 * sum, a product, a logarithm, a date's month; encode/relation.h). Rules are mined from train rows; the holdout's own rate of breaking them
 * is the reference, so rules that hold by accident cost nothing. The rule that most synthetic rows break is named with its support. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "encode/relation.h"
#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "stats/interval.h"

enum { BINS = 24, FEW_BINS = 8, COLUMNS_MAX = 150, ORDER_ROWS_MIN = 100 };
/* An avoided cell of independent columns stays empty with probability exp(-8). Coarse cells are large enough to need no empty
 * neighbours, and need more evidence for it. */
static const double EXPECTED_FINE = 8, EXPECTED_COARSE = 20;
/* Among many columns a real row breaks some cell easily, and that noise hides a rule of every row: those are also counted alone. */
enum broken { NONE, CELL, RULE };

struct mining {
    const struct mm_frame *frame;
    const struct mm_coarse *coarse; /* of the resolution at hand */
    double expected_min;
    bool needs_room;           /* the cell's neighbours must be empty, too */
    uint8_t *broken[MM_SIDES]; /* by row: enum broken */
    uint64_t rules;
    uint32_t worst; /* synthetic rows that break the rule in `text` */
    char text[400];
    struct mm_arena *scratch;
};

static void mark(struct mining *m, int side, uint32_t row, enum broken kind) {
    if (m->broken[side][row] < kind) m->broken[side][row] = (uint8_t)kind;
}

/* The rule that most synthetic rows break is kept in words. */
static bool is_worst(struct mining *m, uint32_t broken) {
    bool more = broken > m->worst;
    if (more) m->worst = broken;
    return more;
}

static void name_cell(struct mining *m, uint32_t a, uint32_t b, uint32_t i, uint32_t j, double expected) {
    char first[MM_BIN_NAME_MAX], second[MM_BIN_NAME_MAX];
    mm_coarse_name(first, m->frame, a, &m->coarse[a], i);
    mm_coarse_name(second, m->frame, b, &m->coarse[b], j);
    snprintf(m->text, sizeof m->text, "'%.50s' %s never goes with '%.50s' %s in train, where chance would bring %.0f rows",
             m->frame->columns[a].name, first, m->frame->columns[b].name, second, expected);
}

/* Empty with its neighbours along number axes: the edge of where rows lie is no rule. */
static bool is_empty_around(uint32_t joint[BINS][BINS], uint32_t i, uint32_t j, bool number_i, bool number_j, uint32_t rows,
                            uint32_t columns) {
    for (uint32_t x = i - (number_i && i > 0); x <= i + number_i && x < rows; x++)
        for (uint32_t y = j - (number_j && j > 0); y <= j + number_j && y < columns; y++)
            if (joint[x][y]) return false;
    return true;
}

static void mark_cells(struct mining *m, uint32_t a, uint32_t b) {
    bool number_a = m->needs_room && !m->frame->columns[a].is_level, number_b = m->needs_room && !m->frame->columns[b].is_level;
    const struct mm_coarse *x = &m->coarse[a], *y = &m->coarse[b];
    uint32_t joint[BINS][BINS] = {{0}}, row[BINS] = {0}, column[BINS] = {0}, n = m->frame->row_count[MM_TRAIN];
    bool avoided[BINS][BINS], any = false;
    for (uint32_t r = 0; r < n; r++) joint[x->of_row[MM_TRAIN][r]][y->of_row[MM_TRAIN][r]]++;
    for (uint32_t i = 0; i < x->bins; i++)
        for (uint32_t j = 0; j < y->bins; j++) row[i] += joint[i][j], column[j] += joint[i][j];
    for (uint32_t i = 0; i < x->bins; i++)
        for (uint32_t j = 0; j < y->bins; j++) {
            avoided[i][j] =
                (double)row[i] * column[j] / n >= m->expected_min && is_empty_around(joint, i, j, number_a, number_b, x->bins, y->bins);
            m->rules += avoided[i][j];
            any = any || avoided[i][j];
        }
    uint32_t broken[BINS][BINS] = {{0}};
    for (int side = 0; any && side < MM_SIDES; side++)
        for (uint32_t r = 0; r < m->frame->row_count[side]; r++) {
            uint8_t i = x->of_row[side][r], j = y->of_row[side][r];
            if (!avoided[i][j]) continue;
            mark(m, side, r, CELL);
            broken[i][j] += side == MM_SYNTHETIC;
        }
    for (uint32_t i = 0; any && i < x->bins; i++)
        for (uint32_t j = 0; j < y->bins; j++)
            if (is_worst(m, broken[i][j])) name_cell(m, a, b, i, j, (double)row[i] * column[j] / n);
}

/* a decides b: every value of a that several train rows show goes with one value of b. Cells see that of few levels, this of many. */
static mint_status mark_dependency(struct mining *m, uint32_t first, uint32_t second, mint_error *err) {
    const struct mm_frame_column *a = &m->frame->columns[first], *b = &m->frame->columns[second];
    if (!a->is_level || a->level_count <= FEW_BINS || m->coarse[second].bins < 2) return MINT_OK;
    uint32_t *seen, support = 0, broken = 0, n = m->frame->row_count[MM_TRAIN];
    float *decided;
    bool holds = true;
    MM_ALLOC_OR_RETURN(seen, m->scratch, a->level_count, err);
    MM_ALLOC_OR_RETURN(decided, m->scratch, a->level_count, err);
    for (uint32_t r = 0; holds && r < n; r++) {
        uint32_t level = (uint32_t)a->values[MM_TRAIN][r];
        float value = b->values[MM_TRAIN][r];
        holds = !seen[level] || decided[level] == value || (isnan(decided[level]) && isnan(value));
        support += seen[level]++ > 0;
        decided[level] = value;
    }
    if (holds && support >= ORDER_ROWS_MIN) {
        m->rules++;
        for (int side = 0; side < MM_SIDES; side++)
            for (uint32_t r = 0; r < m->frame->row_count[side]; r++) {
                uint32_t level = (uint32_t)a->values[side][r];
                float value = b->values[side][r];
                if (!seen[level] || decided[level] == value || (isnan(decided[level]) && isnan(value))) continue;
                mark(m, side, r, RULE);
                broken += side == MM_SYNTHETIC;
            }
        if (is_worst(m, broken))
            snprintf(m->text, sizeof m->text, "'%.80s' decides '%.80s' in train, seen in %u rows that repeat a value", a->name, b->name,
                     support);
    }
    mm_arena_free(m->scratch, seen);
    mm_arena_free(m->scratch, decided);
    return MINT_OK;
}

/* The sign of a - b that no train row shows, when both are seen to vary and to come near each other; 0: no rule. */
static int avoided_sign(const struct mm_frame *frame, const struct mm_frame_column *a, const struct mm_frame_column *b) {
    uint32_t below = 0, above = 0;
    double shift = a->origin - b->origin, a_low = INFINITY, a_high = -INFINITY, b_low = INFINITY, b_high = -INFINITY;
    for (uint32_t r = 0; r < frame->row_count[MM_TRAIN]; r++) {
        double x = (double)a->values[MM_TRAIN][r] + shift, y = (double)b->values[MM_TRAIN][r];
        if (isnan(x) || isnan(y)) continue;
        below += x<y, above += x> y;
        a_low = fmin(a_low, x), a_high = fmax(a_high, x), b_low = fmin(b_low, y), b_high = fmax(b_high, y);
    }
    bool overlap = a_low < b_high && b_low < a_high;
    if (!overlap || below + above < ORDER_ROWS_MIN) return 0;
    return !above ? 1 : !below ? -1 : 0;
}

static void mark_order(struct mining *m, uint32_t first, uint32_t second) {
    const struct mm_frame_column *a = &m->frame->columns[first], *b = &m->frame->columns[second];
    if (a->is_level || b->is_level || a->type != b->type) return;
    int sign = avoided_sign(m->frame, a, b);
    if (!sign) return;
    m->rules++;
    double shift = a->origin - b->origin;
    uint32_t broken = 0;
    for (int side = 0; side < MM_SIDES; side++)
        for (uint32_t r = 0; r < m->frame->row_count[side]; r++) {
            double difference = (double)a->values[side][r] + shift - (double)b->values[side][r];
            if (!(sign * difference > 0)) continue;
            mark(m, side, r, RULE);
            broken += side == MM_SYNTHETIC;
        }
    if (is_worst(m, broken))
        snprintf(m->text, sizeof m->text, "'%.80s' is never %s '%.80s' in train", a->name, sign > 0 ? "above" : "below", b->name);
}

/* ---- what follows from other columns: sums, products, formulas, logarithms, parts of dates ---- */

/* Columns of one table: the derived one and its sources. */
struct followed {
    const struct mm_column *derived, *sources[MM_RELATION_SOURCES];
};

static const struct mm_column *number_column(const struct mint_table *table, const char *name) {
    int64_t place = mm_table_find(table, name);
    return place >= 0 && mm_type_is_numeric(table->columns[place].field.type) ? &table->columns[place] : NULL;
}

static bool find_columns(struct followed *columns, const struct mint_table *table, const struct mm_relation *relation,
                         const struct mint_table *train, uint32_t column) {
    columns->derived = number_column(table, train->columns[column].field.name);
    bool all = columns->derived != NULL;
    for (uint32_t k = 0; all && k < relation->source_count; k++) {
        columns->sources[k] = number_column(table, train->columns[relation->sources[k]].field.name);
        all = columns->sources[k] != NULL;
    }
    return all;
}

static bool follows(const struct followed *columns, const struct mm_relation *relation, uint64_t row) {
    double values[MM_RELATION_SOURCES];
    for (uint32_t k = 0; k < relation->source_count; k++) {
        if (mm_column_missing(columns->sources[k], row)) return true;
        values[k] = mm_column_number(columns->sources[k], row);
    }
    if (mm_column_missing(columns->derived, row)) return !isfinite(mm_relation_value(relation, values));
    return mm_relation_agrees(relation, values, mm_column_number(columns->derived, row));
}

static void mark_relation(struct mining *m, const struct mm_relation *relation, uint32_t column) {
    const struct mint_table *train = m->frame->tables[MM_TRAIN];
    uint32_t broken = 0;
    m->rules++;
    for (int side = 0; side < MM_SIDES; side++) {
        struct followed columns;
        if (!m->frame->row_count[side] || !find_columns(&columns, m->frame->tables[side], relation, train, column)) continue;
        for (uint32_t r = 0; r < m->frame->row_count[side]; r++) {
            if (follows(&columns, relation, m->frame->row_of[side][r])) continue;
            mark(m, side, r, RULE);
            broken += side == MM_SYNTHETIC;
        }
    }
    char text[300];
    mm_relation_text(relation, train, column, text, sizeof text);
    if (is_worst(m, broken)) snprintf(m->text, sizeof m->text, "%s in every train row", text);
}

static mint_status mark_relations(struct mining *m, mint_error *err) {
    const struct mint_table *train = m->frame->tables[MM_TRAIN];
    struct mm_relation *relations;
    MM_ALLOC_OR_RETURN(relations, m->scratch, train->column_count, err);
    MM_RETURN_IF_ERROR(mm_relations_find(relations, train, -1, 1, err));
    for (uint32_t c = 0; c < train->column_count; c++)
        if (relations[c].kind != MM_RELATION_NONE && relations[c].kind != MM_RELATION_LOOKUP) mark_relation(m, &relations[c], c);
    mm_arena_free(m->scratch, relations);
    return MINT_OK;
}

static double count_broken(const struct mining *m, int side, enum broken kind) {
    double count = 0;
    for (uint32_t r = 0; r < m->frame->row_count[side]; r++) count += m->broken[side][r] >= kind;
    return count;
}

/* By all rules or by those of every row, whichever shows most surely; cleared by both. */
static mint_status add_figure(const struct mining *m, const struct mm_metric_job *job, const struct mm_metric *self, struct mm_figure **out,
                              mint_error *err) {
    const uint32_t *n = m->frame->row_count;
    double same = m->frame->rows_an_entity, high = -INFINITY, low = 0;
    enum broken shown = CELL;
    for (enum broken kind = CELL; kind <= RULE; kind++) {
        struct mm_interval excess = mm_newcombe(count_broken(m, MM_SYNTHETIC, kind), n[MM_SYNTHETIC],
                                                count_broken(m, MM_HOLDOUT, kind) / same, n[MM_HOLDOUT] / same);
        high = fmax(high, 100 * excess.high);
        if (100 * excess.low > low) low = 100 * excess.low, shown = kind;
    }
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, self->id, count_broken(m, MM_SYNTHETIC, shown), n[MM_SYNTHETIC],
                                       count_broken(m, MM_HOLDOUT, shown), n[MM_HOLDOUT], out, err));
    (*out)->excess_high = high;
    if (n[MM_FLOOR]) (*out)->floor = 100 * count_broken(m, MM_FLOOR, shown) / n[MM_FLOOR];
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mining m = {.frame = frame, .scratch = job->scratch};
    uint32_t columns = frame->column_count < COLUMNS_MAX ? frame->column_count : COLUMNS_MAX;
    struct mm_coarse *fine, *coarse; /* many cells see sharp rules, few see those of rare values */
    MM_ALLOC_OR_RETURN(fine, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(fine, frame, BINS, job->scratch, err));
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, FEW_BINS, job->scratch, err));
    for (int side = 0; side < MM_SIDES; side++) MM_ALLOC_OR_RETURN(m.broken[side], job->scratch, frame->row_count[side], err);
    for (uint32_t a = 0; a < columns; a++)
        for (uint32_t b = a + 1; b < columns; b++) {
            m.coarse = fine, m.expected_min = EXPECTED_FINE, m.needs_room = true;
            mark_cells(&m, a, b);
            m.coarse = coarse, m.expected_min = EXPECTED_COARSE, m.needs_room = false;
            mark_cells(&m, a, b);
            mark_order(&m, a, b);
            MM_RETURN_IF_ERROR(mark_dependency(&m, a, b, err));
            MM_RETURN_IF_ERROR(mark_dependency(&m, b, a, err));
        }
    MM_RETURN_IF_ERROR(mark_relations(&m, err));
    if (!m.rules) return mm_figure_none(job, self, self->id, false, err, "no rule between columns holds among train rows");
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(add_figure(&m, job, self, &f, err));
    f->subsampled = f->subsampled || columns < frame->column_count;
    if (!m.worst) return MINT_OK;
    return mm_figure_detail(f, job, err, "%s; %.2f %% of synthetic rows break that", m.text,
                            100.0 * m.worst / frame->row_count[MM_SYNTHETIC]);
}

const struct mm_metric mm_metric_impossible_rows = {
    .id = "validity.impossible_rows",
    .figures = "validity.impossible_rows",
    .range = "0 to 100",
    .cost = "rows x pairs of the first 150 columns, twice",
    .without_value = "no rule holds among train rows",
    .axis = "validity",
    .summary = "rows that break a rule mined from train rows, beyond the rate at which holdout rows do",
    .formula =
        "share of rows in a pair cell (24 or 8 bins a column) that is empty among train rows though 8 (20) were expected, with "
        "another value than the one that a level decides or that follows from others (a sum, a product, a logarithm, a date's month), or "
        "against an order a <= b, where no train row has such, x100; of all these, or of all but the cells, whichever shows most surely",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
