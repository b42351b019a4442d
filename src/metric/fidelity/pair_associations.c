/* SPDX-License-Identifier: Apache-2.0 */
/* Strength of dependence, pair by pair, in three more of the units people use: Spearman's correlation of two numbers, Cramer's V with
 * Bergsma's correction (2013) of two columns of few levels, mutual information of any two columns (eight bins, in bits, with Miller and
 * Madow's correction). All pairs count: an invented dependence is as wrong as a lost one. */
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "rng/philox.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { BINS = 8, LEVELS_MAX = 8, ROWS_MAX = 50000, ROWS_MIN = 50, PAIRS_MAX = 5000, KINDS = 3 };
enum { SPEARMAN, CRAMER, INFORMATION };

struct pairs_task {
    const struct mm_frame *frame;
    struct mm_coarse *coarse;
    float **ranks[MM_SIDES]; /* [column]: of numbers, over the first n rows */
    uint32_t n, (*columns)[2];
    double (*distance)[MM_SIDES][KINDS]; /* [pair]: |side - holdout|; NaN: not of this kind */
};

struct table {
    double cells[BINS][BINS], rows[BINS], columns[BINS], n;
    uint32_t row_count, column_count;
};

static void fill_table(struct table *t, const struct mm_coarse *a, const struct mm_coarse *b, int side, uint32_t n) {
    *t = (struct table){.n = n, .row_count = a->bins, .column_count = b->bins};
    for (uint32_t r = 0; r < n; r++) t->cells[a->of_row[side][r]][b->of_row[side][r]]++;
    for (uint32_t i = 0; i < BINS; i++)
        for (uint32_t j = 0; j < BINS; j++) t->rows[i] += t->cells[i][j], t->columns[j] += t->cells[i][j];
}

static double cramers_v(const struct table *t) {
    double square = 0, rows = 0, columns = 0;
    for (uint32_t i = 0; i < BINS; i++) rows += t->rows[i] > 0, columns += t->columns[i] > 0;
    if (rows < 2 || columns < 2) return NAN;
    for (uint32_t i = 0; i < BINS; i++)
        for (uint32_t j = 0; j < BINS; j++) {
            double expected = t->rows[i] * t->columns[j] / t->n, d = t->cells[i][j] - expected;
            if (expected > 0) square += d * d / expected;
        }
    double phi = fmax(0, square / t->n - (rows - 1) * (columns - 1) / (t->n - 1));
    double r = rows - (rows - 1) * (rows - 1) / (t->n - 1), c = columns - (columns - 1) * (columns - 1) / (t->n - 1);
    return sqrt(phi / (fmin(r, c) - 1));
}

static double information(const struct table *t) {
    double bits = 0, cells = 0, rows = 0, columns = 0;
    for (uint32_t i = 0; i < BINS; i++) {
        rows += t->rows[i] > 0, columns += t->columns[i] > 0;
        for (uint32_t j = 0; j < BINS; j++) {
            double c = t->cells[i][j];
            if (c > 0) cells++, bits += c / t->n * log2(c * t->n / (t->rows[i] * t->columns[j]));
        }
    }
    return fmax(0, bits - (cells - rows - columns + 1) / (2 * t->n * log(2)));
}

static mint_status measure_pair(void *payload, size_t pair, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct pairs_task *t = payload;
    uint32_t a = t->columns[pair][0], b = t->columns[pair][1];
    const struct mm_frame_column *x = &t->frame->columns[a], *y = &t->frame->columns[b];
    double value[MM_SIDES][KINDS];
    for (int side = 0; side < MM_SIDES; side++) {
        struct table table;
        for (int kind = 0; kind < KINDS; kind++) value[side][kind] = NAN;
        if (t->frame->row_count[side] < t->n) continue;
        fill_table(&table, &t->coarse[a], &t->coarse[b], side, t->n);
        value[side][INFORMATION] = information(&table);
        if (x->is_level && y->is_level && x->level_count <= LEVELS_MAX && y->level_count <= LEVELS_MAX)
            value[side][CRAMER] = cramers_v(&table);
        if (!x->is_level && !y->is_level) value[side][SPEARMAN] = mm_correlation(t->ranks[side][a], t->ranks[side][b], NULL, t->n);
    }
    for (int side = 0; side < MM_SIDES; side++)
        for (int kind = 0; kind < KINDS; kind++) t->distance[pair][side][kind] = fabs(value[side][kind] - value[MM_HOLDOUT][kind]);
    return MINT_OK;
}

static mint_status open_task(struct pairs_task *t, const struct mm_metric_job *job, uint32_t pairs, mint_error *err) {
    const struct mm_frame *frame = t->frame;
    uint32_t count = 0;
    double all = (double)frame->column_count * (frame->column_count - 1) / 2;
    struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_METRIC, 21, 0);
    MM_ALLOC_OR_RETURN(t->coarse, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(t->columns, job->scratch, pairs, err);
    MM_ALLOC_OR_RETURN(t->distance, job->scratch, pairs, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(t->coarse, frame, BINS, job->scratch, err));
    for (int side = 0; side < MM_SIDES; side++) {
        MM_ALLOC_OR_RETURN(t->ranks[side], job->scratch, frame->column_count, err);
        for (uint32_t c = 0; frame->row_count[side] >= t->n && c < frame->column_count; c++) {
            if (frame->columns[c].is_level) continue;
            MM_ALLOC_OR_RETURN(t->ranks[side][c], job->scratch, t->n, err);
            MM_RETURN_IF_ERROR(mm_mid_ranks(t->ranks[side][c], frame->columns[c].values[side], t->n, job->scratch->memory, err));
        }
    }
    for (uint32_t a = 0; a < frame->column_count; a++) /* all, or each with the same chance */
        for (uint32_t b = a + 1; b < frame->column_count && count < pairs; b++)
            if (all <= pairs || mm_rng_uniform(&rng) < pairs / all) t->columns[count][0] = a, t->columns[count++][1] = b;
    return mm_parallel_for(job->ctx, count, measure_pair, t, err);
}

/* Means over the pairs; their error is that of the mean over pairs, which share columns: the whole is jackknifed by column. */
static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const struct pairs_task *t, uint32_t pairs,
                          int kind, const char *id, const char *formula, const char *none, mint_error *err) {
    const struct mm_frame *frame = t->frame;
    uint32_t columns = frame->column_count;
    double *without[2], *count_without, sum[MM_SIDES] = {0}, count = 0, mean[MM_SIDES];
    for (int k = 0; k < 2; k++) MM_ALLOC_OR_RETURN(without[k], job->scratch, columns, err);
    MM_ALLOC_OR_RETURN(count_without, job->scratch, columns, err);
    for (uint32_t p = 0; p < pairs; p++) {
        double(*d)[KINDS] = t->distance[p];
        if (isnan(d[MM_SYNTHETIC][kind]) || isnan(d[MM_TRAIN][kind])) continue;
        count++;
        for (int side = 0; side < MM_SIDES; side++) sum[side] += d[side][kind];
        for (int k = 0; k < 2; k++) {
            uint32_t c = t->columns[p][k];
            without[0][c] += d[MM_SYNTHETIC][kind], without[1][c] += d[MM_TRAIN][kind], count_without[c]++;
        }
    }
    if (count < 1) return mm_figure_none(job, self, id, false, err, "%s", none);
    for (int side = 0; side < MM_SIDES; side++) mean[side] = 100 * sum[side] / count;
    double own[3] = {0}, squares[3] = {0}, used = 0; /* value, reference, their difference */
    for (uint32_t c = 0; c < columns; c++) {
        if (count_without[c] < 1 || count - count_without[c] < 1) continue;
        double left = count - count_without[c], s = 100 * (sum[MM_SYNTHETIC] - without[0][c]) / left,
               r = 100 * (sum[MM_TRAIN] - without[1][c]) / left;
        const double values[3] = {s, r, s - r};
        for (int k = 0; k < 3; k++) own[k] += values[k], squares[k] += values[k] * values[k];
        used++;
    }
    double error[3];
    for (int k = 0; k < 3; k++)
        error[k] = used > 2 ? sqrt(fmax(0, squares[k] / used - own[k] / used * (own[k] / used)) * (used - 1)) : mean[MM_SYNTHETIC] / 2;
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, id, (struct mm_estimate){mean[MM_SYNTHETIC], error[0]},
                                          (struct mm_estimate){mean[MM_TRAIN], error[1]}, mean[MM_FLOOR], &f, err));
    f->low = fmax(0, f->low), f->formula = formula;
    f->excess_low = f->excess - 1.96 * error[2], f->excess_high = f->excess + 1.96 * error[2];
    mm_figure_rows(f, job, t->n);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct pairs_task t = {.frame = frame, .n = mm_frame_equal_rows(frame, ROWS_MAX)};
    if (frame->column_count < 2) return mm_figure_none(job, self, self->id, false, err, "there is one column only");
    if (t.n < ROWS_MIN) return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d are needed", t.n, ROWS_MIN);
    double all = (double)frame->column_count * (frame->column_count - 1) / 2;
    uint32_t pairs = all < PAIRS_MAX ? (uint32_t)all : PAIRS_MAX;
    MM_RETURN_IF_ERROR(open_task(&t, job, pairs, err));
    MM_RETURN_IF_ERROR(report(job, self, &t, pairs, SPEARMAN, "fidelity.association.spearman",
                              "mean over pairs of numbers of |rho_s - rho_h|, x100; missing ranks above all",
                              "there are no two number columns", err));
    MM_RETURN_IF_ERROR(report(job, self, &t, pairs, CRAMER, "fidelity.association.cramers_v",
                              "mean over pairs of columns of at most 8 levels of |V_s - V_h|, x100, V corrected for its bias",
                              "there are no two columns of at most 8 levels", err));
    return report(job, self, &t, pairs, INFORMATION, "fidelity.association.mutual_information",
                  "mean over pairs of |I_s - I_h|, in bits x100", "there are no two columns", err);
}

const struct mm_metric mm_metric_pair_associations = {
    .id = "fidelity.association",
    .figures =
        "fidelity.association.spearman, fidelity.association.cramers_v (0 to 100), fidelity.association.mutual_information (0 to 300)",
    .range = "0 up",
    .cost = "50,000 rows x pairs, at most 5,000 pairs",
    .without_value = "one column; fewer than 50 rows; no pair of the kind",
    .axis = "fidelity",
    .summary = "mean distance of the pairs' Spearman correlation, Cramer's V and mutual information from the holdout's",
    .formula = "see each figure; errors by a jackknife over the columns",
    .unit = "x100",
    .direction = MM_LOWER,
    .compute = compute,
};
