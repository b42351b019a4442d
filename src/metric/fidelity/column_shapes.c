/* SPDX-License-Identifier: Apache-2.0 */
/* How far each column's distribution is from the holdout's: Kolmogorov-Smirnov distance for numbers (missing cells left
 * out), total variation for levels (missing is a level). Synthetic and train rows are cut to the holdout's size, so that
 * "real against real" carries the same sampling noise. */
#include <math.h>
#include <string.h>

#include "metric/draws.h"
#include "metric/metric_list.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { RESAMPLES = MM_RESAMPLES_MAX, CUTS = MM_CUTS_MAX };

/* Every side's rows as numbers of shared, ordered cells. */
struct cells {
    uint32_t count;
    uint32_t *of_row[MM_SIDES];
};

static mint_status number_cells(struct cells *cells, const struct mm_frame *frame, const struct mm_frame_column *column,
                                struct mm_arena *scratch, mint_error *err) {
    uint32_t total = 0;
    for (int side = 0; side < MM_SIDES; side++) total += frame->row_count[side];
    float *all;
    uint32_t *order;
    MM_ALLOC_OR_RETURN(all, scratch, total, err);
    MM_ALLOC_OR_RETURN(order, scratch, total, err);
    uint32_t at = 0;
    for (int side = 0; side < MM_SIDES; side++)
        for (uint32_t r = 0; r < frame->row_count[side]; r++) all[at++] = column->values[side][r];
    MM_RETURN_IF_ERROR(mm_sort_order(order, all, total, scratch->memory, err));
    uint32_t *rank;
    MM_ALLOC_OR_RETURN(rank, scratch, total, err);
    uint32_t cell = 0;
    for (uint32_t i = 0; i < total; i++) {
        if (i && all[order[i]] == all[order[i]] && all[order[i]] != all[order[i - 1]]) cell++;
        rank[order[i]] = isnan(all[order[i]]) ? UINT32_MAX : cell;
    }
    cells->count = cell + 1;
    at = 0;
    for (int side = 0; side < MM_SIDES; side++) {
        cells->of_row[side] = rank + at;
        at += frame->row_count[side];
    }
    mm_arena_free(scratch, all);
    mm_arena_free(scratch, order);
    return MINT_OK;
}

static mint_status make_cells(struct cells *cells, const struct mm_frame *frame, const struct mm_frame_column *column,
                              struct mm_arena *scratch, mint_error *err) {
    if (!column->is_level) return number_cells(cells, frame, column, scratch, err);
    cells->count = column->level_count;
    for (int side = 0; side < MM_SIDES; side++) {
        MM_ALLOC_OR_RETURN(cells->of_row[side], scratch, frame->row_count[side], err);
        for (uint32_t r = 0; r < frame->row_count[side]; r++) cells->of_row[side][r] = (uint32_t)column->values[side][r];
    }
    return MINT_OK;
}

static void tally(double *counts, const struct cells *cells, int side, const uint32_t *rows, uint32_t n) {
    memset(counts, 0, cells->count * sizeof *counts);
    for (uint32_t i = 0; i < n; i++)
        if (cells->of_row[side][rows[i]] != UINT32_MAX) counts[cells->of_row[side][rows[i]]]++;
}

struct shape {
    double value, reference, floor, values[RESAMPLES], references[RESAMPLES];
};

static double mean_distance(const struct mm_draws *d, const struct cells *cells, int side, const double *holdout, double *counts,
                            bool is_level) {
    double sum = 0;
    for (uint32_t k = 0; k < d->cuts[side]; k++) {
        tally(counts, cells, side, d->cut[side][k], d->n);
        sum += is_level ? mm_tvd_counts(counts, holdout, cells->count) : mm_ks_counts(counts, holdout, cells->count);
    }
    return sum / d->cuts[side];
}

struct shapes_task {
    const struct mm_frame *frame;
    const struct mm_draws *draws;
    struct shape *shapes;
};

static mint_status measure_column(void *payload, size_t c, size_t worker, mint_error *err) {
    (void)worker;
    struct shapes_task *task = payload;
    const struct mm_frame *frame = task->frame;
    const struct mm_draws *d = task->draws;
    struct shape *shape = &task->shapes[c];
    struct mm_arena scratch;
    mm_arena_init(&scratch, &frame->ctx->memory);
    struct cells cells;
    bool is_level = frame->columns[c].is_level;
    mint_status status = make_cells(&cells, frame, &frame->columns[c], &scratch, err);
    double *holdout = NULL, *counts = NULL, *train = NULL;
    if (status == MINT_OK) {
        holdout = mm_arena_alloc(&scratch, cells.count, sizeof *holdout);
        counts = mm_arena_alloc(&scratch, cells.count, sizeof *counts);
        train = mm_arena_alloc(&scratch, cells.count, sizeof *train);
        if (!holdout || !counts || !train) status = mm_error_no_memory(err, &frame->ctx->memory, cells.count, 8);
    }
    if (status == MINT_OK) {
        tally(holdout, &cells, MM_HOLDOUT, d->cut[MM_HOLDOUT][0], d->n);
        shape->value = mean_distance(d, &cells, MM_SYNTHETIC, holdout, counts, is_level);
        shape->reference = mean_distance(d, &cells, MM_TRAIN, holdout, counts, is_level);
        shape->floor = frame->row_count[MM_FLOOR] ? mean_distance(d, &cells, MM_FLOOR, holdout, counts, is_level) : NAN;
        for (uint32_t b = 0; b < RESAMPLES; b++) {
            tally(holdout, &cells, MM_HOLDOUT, d->resample[MM_HOLDOUT][b], d->n);
            tally(counts, &cells, MM_SYNTHETIC, d->resample[MM_SYNTHETIC][b], d->n);
            tally(train, &cells, MM_TRAIN, d->resample[MM_TRAIN][b], d->n);
            shape->values[b] = is_level ? mm_tvd_counts(counts, holdout, cells.count) : mm_ks_counts(counts, holdout, cells.count);
            shape->references[b] = is_level ? mm_tvd_counts(train, holdout, cells.count) : mm_ks_counts(train, holdout, cells.count);
        }
    }
    mm_arena_release(&scratch);
    return status;
}

static void fill(struct mm_figure *figure, const struct shape *shape, const struct mm_draws *d) {
    double difference[RESAMPLES];
    for (uint32_t b = 0; b < RESAMPLES; b++) difference[b] = shape->values[b] - shape->references[b];
    double half = 1.96 * mm_standard_deviation(shape->values, RESAMPLES), excess_half = 1.96 * mm_standard_deviation(difference, RESAMPLES);
    figure->value = 100 * shape->value;
    figure->low = 100 * fmax(0, shape->value - half);
    figure->high = 100 * (shape->value + half);
    figure->reference = 100 * shape->reference;
    figure->floor = 100 * shape->floor;
    figure->excess = 100 * (shape->value - shape->reference);
    figure->excess_low = figure->excess - 100 * excess_half;
    figure->excess_high = figure->excess + 100 * excess_half;
    figure->n[0] = figure->n[1] = figure->n[2] = d->n;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_draws *d;
    struct shape *shapes;
    MM_ALLOC_OR_RETURN(d, job->scratch, 1, err);
    MM_RETURN_IF_ERROR(mm_draws_make(d, frame, CUTS, RESAMPLES, 100, job->scratch, err));
    MM_ALLOC_OR_RETURN(shapes, job->scratch, frame->column_count, err);
    struct shapes_task task = {frame, d, shapes};
    MM_RETURN_IF_ERROR(mm_parallel_for(job->ctx, frame->column_count, measure_column, &task, err));
    struct shape mean = {0};
    uint32_t usable = 0;
    bool has_floor = frame->row_count[MM_FLOOR] > 0;
    for (uint32_t c = 0; c < frame->column_count; c++) {
        if (isnan(shapes[c].value) || isnan(shapes[c].reference)) continue;
        usable++;
        mean.value += shapes[c].value, mean.reference += shapes[c].reference;
        mean.floor += isnan(shapes[c].floor) ? 0 : shapes[c].floor;
        for (uint32_t b = 0; b < RESAMPLES; b++) {
            mean.values[b] += isnan(shapes[c].values[b]) ? shapes[c].value : shapes[c].values[b];
            mean.references[b] += isnan(shapes[c].references[b]) ? shapes[c].reference : shapes[c].references[b];
        }
    }
    if (!usable) return mm_figure_none(job, self, self->id, true, err, "no column has values on both sides");
    mean.value /= usable, mean.reference /= usable, mean.floor = has_floor ? mean.floor / usable : NAN;
    for (uint32_t b = 0; b < RESAMPLES; b++) mean.values[b] /= usable, mean.references[b] /= usable;
    struct mm_figure *figure = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&figure, job, self, self->id, err));
    fill(figure, &mean, d);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        const char *id = frame->columns[c].is_level ? "fidelity.shape.tvd" : "fidelity.shape.ks";
        if (isnan(shapes[c].value)) {
            MM_RETURN_IF_ERROR(mm_figure_none(job, self, id, true, err, "no values on one side"));
            figure = &job->figures->list[job->figures->count - 1];
        } else {
            MM_RETURN_IF_ERROR(mm_figure_add(&figure, job, self, id, err));
            fill(figure, &shapes[c], d);
        }
        figure->columns[0] = frame->columns[c].name;
    }
    return MINT_OK;
}

const struct mm_metric mm_metric_column_shapes = {
    .id = "fidelity.shape",
    .figures = "fidelity.shape (mean), fidelity.shape.ks, fidelity.shape.tvd (a column each)",
    .range = "0 to 100",
    .cost = "rows x columns x 60 resamples",
    .without_value = "no column has values on both sides",
    .axis = "fidelity",
    .summary = "mean distance of the columns' distributions from the holdout's",
    .formula = "mean over columns of KS (numbers) or TVD (levels), x100",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
