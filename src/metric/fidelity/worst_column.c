/* SPDX-License-Identifier: Apache-2.0 */
/* The column whose distribution is farthest from the real rows': a mean over columns hides one that is wrong. Numbers: the
 * Kolmogorov-Smirnov distance over 64 quantile bins; levels: total variation. */
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "stats/ranking.h"

enum { BINS = 64 };

static void tally(double counts[BINS], const struct mm_coarse *coarse, const struct mm_frame *frame, int side) {
    for (uint32_t r = 0; r < frame->row_count[side]; r++) counts[coarse->of_row[side][r]]++;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_coarse *coarse;
    struct mm_item *items;
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(items, job->scratch, frame->column_count, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, BINS, job->scratch, err));
    for (uint32_t c = 0; c < frame->column_count; c++) {
        bool is_level = frame->columns[c].is_level;
        double counts[MM_SIDES][BINS] = {{0}};
        for (int side = 0; side < MM_SIDES; side++) {
            tally(counts[side], &coarse[c], frame, side);
            if (!is_level) counts[side][coarse[c].bins - 1] = 0; /* missing numbers have no place in the order */
        }
        items[c] =
            mm_item_of_counts(frame, &counts[0][0], BINS, is_level ? mm_table_distance : mm_ordered_distance, frame->columns[c].name, NULL);
    }
    return mm_worst_item(job, self, self->id, items, frame->column_count, "no column has values on both sides", err);
}

const struct mm_metric mm_metric_worst_column = {
    .id = "fidelity.shape.worst",
    .figures = "fidelity.shape.worst",
    .range = "0 to 100",
    .cost = "rows x columns",
    .without_value = "no column has values on both sides",
    .axis = "fidelity",
    .summary = "the column whose distribution is farthest from that of all real rows, beyond what chance would show",
    .formula = "max over columns of KS (numbers, 64 quantile bins) or TVD (levels) against train and holdout together, x100; excess over "
               "the distance expected of fresh rows, its lower bound for all columns at once",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
