/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of each number column: how many synthetic rows lie beyond the real rows' outer quantiles. Means and correlations
 * survive when tails are cut; whoever models rare sizes does not. */
#include <math.h>
#include <stdio.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "stats/ranking.h"

enum { QUANTILES = 4, ROWS_MIN = 30, FEW_VALUES = 20 };
static const double beyond[QUANTILES] = {0.05, 0.02, 0.01, 0.001};

struct ends {
    const float *real;
    const uint32_t *order;
    uint32_t count;
};

static double outside(const float *values, uint32_t n, float limit, bool above, double *valid) {
    double count = 0;
    *valid = 0;
    for (uint32_t r = 0; r < n; r++) {
        count += above ? values[r] > limit : values[r] < limit;
        *valid += !isnan(values[r]);
    }
    return count;
}

/* An end in words; `payload` holds where each begins, [column][2 * QUANTILES]. */
static void name_end(char out[MM_BIN_NAME_MAX], const struct mm_frame *frame, const struct mm_event *event, const void *payload) {
    if (event->column == MM_NO_COLUMN) {
        snprintf(out, MM_BIN_NAME_MAX, "beyond the outer %g %% of a number column", 100 * beyond[event->item]);
        return;
    }
    const struct mm_frame_column *column = &frame->columns[event->column];
    const float *limits = payload;
    bool above = event->item >= QUANTILES;
    if (column->type == MM_INTEGER || column->type == MM_FLOAT)
        snprintf(out, MM_BIN_NAME_MAX, "%s %.9g", above ? "above" : "below",
                 (double)limits[event->column * 2 * QUANTILES + event->item] + column->origin);
    else
        snprintf(out, MM_BIN_NAME_MAX, "its %s end", above ? "late" : "early");
}

static void list_events(struct mm_event *events, uint32_t *count, const struct mm_frame *frame, uint32_t c, const struct ends *ends,
                        float limits[2 * QUANTILES]) {
    for (uint32_t k = 0; k < 2 * QUANTILES; k++) {
        bool above = k >= QUANTILES;
        uint32_t rank = (uint32_t)(beyond[k % QUANTILES] * ends->count);
        float limit = ends->real[ends->order[above ? ends->count - 1 - rank : rank]];
        struct mm_event e = {.n_real = ends->count, .column = c, .item = k};
        double valid;
        limits[k] = limit;
        e.real = outside(ends->real, ends->count, limit, above, &valid);
        e.synthetic = outside(frame->columns[c].values[MM_SYNTHETIC], frame->row_count[MM_SYNTHETIC], limit, above, &e.n_synthetic);
        if (e.real >= ROWS_MIN && e.n_synthetic >= ROWS_MIN) events[(*count)++] = e;
    }
}

static bool has_many_values(const struct ends *ends) {
    uint32_t distinct = 1;
    for (uint32_t i = 1; i < ends->count && distinct <= FEW_VALUES; i++)
        distinct += ends->real[ends->order[i]] > ends->real[ends->order[i - 1]];
    return distinct > FEW_VALUES;
}

/* Rows beyond an end of whichever column: who cuts off all ends cuts so many rows that few of them tell. Counts of a few values have
 * ends, too, but nobody clips those. */
static double outside_any(const struct mm_frame *frame, int side, const float *limits, const bool *many, uint32_t k) {
    double count = 0;
    for (uint32_t r = 0; r < frame->row_count[side]; r++) {
        bool is_out = false;
        for (uint32_t c = 0; c < frame->column_count && !is_out; c++) {
            const float *limit = limits + (size_t)c * 2 * QUANTILES, value = frame->columns[c].values[side][r];
            is_out = many[c] && (value < limit[k] || value > limit[QUANTILES + k]);
        }
        count += is_out;
    }
    return count;
}

static void list_events_of_rows(struct mm_event *events, uint32_t *count, const struct mm_frame *frame, const float *limits,
                                const bool *many) {
    for (uint32_t k = 0; k < QUANTILES; k++) {
        struct mm_event e = {
            .n_real = mm_real_rows(frame), .n_synthetic = frame->row_count[MM_SYNTHETIC], .column = MM_NO_COLUMN, .item = k};
        for (int side = 0; side < MM_FLOOR; side++)
            if (mm_is_real(frame, side)) e.real += outside_any(frame, side, limits, many, k);
        e.synthetic = outside_any(frame, MM_SYNTHETIC, limits, many, k);
        if (e.real >= ROWS_MIN && e.n_synthetic >= ROWS_MIN) events[(*count)++] = e;
    }
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_event *events;
    float *real, *limits;
    uint32_t *order, count = 0;
    bool *many;
    size_t rows = (size_t)mm_real_rows(frame);
    MM_ALLOC_OR_RETURN(events, job->scratch, ((size_t)frame->column_count * 2 + 1) * QUANTILES, err);
    MM_ALLOC_OR_RETURN(limits, job->scratch, (size_t)frame->column_count * 2 * QUANTILES, err);
    MM_ALLOC_OR_RETURN(many, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(real, job->scratch, rows, err);
    MM_ALLOC_OR_RETURN(order, job->scratch, rows, err);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        struct ends ends = {.real = real, .order = order};
        if (frame->columns[c].is_level) continue;
        for (int side = 0; side < MM_FLOOR; side++)
            for (uint32_t r = 0; mm_is_real(frame, side) && r < frame->row_count[side]; r++)
                if (!isnan(frame->columns[c].values[side][r])) real[ends.count++] = frame->columns[c].values[side][r];
        if (!ends.count) continue;
        MM_RETURN_IF_ERROR(mm_sort_order(order, real, ends.count, job->scratch->memory, err));
        list_events(events, &count, frame, c, &ends, limits + (size_t)c * 2 * QUANTILES);
        many[c] = has_many_values(&ends);
    }
    list_events_of_rows(events, &count, frame, limits, many);
    if (!count) return mm_figure_none(job, self, "coverage.tails.lost", false, err, "no number column has tails of 30 real rows");
    MM_RETURN_IF_ERROR(mm_worst_event(job, self, "coverage.tails.lost",
                                      "max over the lower and upper 5, 2, 1 and 0.1 % of each number column, and the rows beyond any of "
                                      "them, of 1 - synthetic share / real share, x100; bounds as for levels",
                                      events, count, true, name_end, limits, err));
    return mm_worst_event(job, self, "coverage.tails.gained", "max over the same ends of synthetic share / real share - 1, x100", events,
                          count, false, name_end, limits, err);
}

const struct mm_metric mm_metric_tails = {
    .id = "coverage.tails",
    .figures = "coverage.tails.lost, coverage.tails.gained",
    .range = "lost: up to 100; gained: -100 up",
    .cost = "rows x number columns x 8",
    .without_value = "no number column has tails of 30 real rows",
    .axis = "coverage",
    .summary = "the end of a number column that is most surely too thin or too heavy",
    .formula = "shares beyond the real rows' outer quantiles",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
