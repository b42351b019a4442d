/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic rows that are training rows to the last digit, beyond the rate at which holdout rows are. All rows count, none is
 * sampled. */
#include <math.h>
#include <stdlib.h>

#include "metric/metric_list.h"
#include "metric/row_hash.h"
#include "stats/interval.h"

/* Rows of a side that are train rows. */
static mint_status count_side(double *count, const struct mm_metric_job *job, enum mm_side side, const struct mm_row_hash *train,
                              mint_error *err) {
    struct mm_row_hash *rows;
    struct mm_row_copies copies;
    MM_RETURN_IF_ERROR(mm_row_hashes(&rows, job->frame, side, job->scratch, err));
    MM_RETURN_IF_ERROR(
        mm_row_copies_find(&copies, rows, job->frame->table_rows[side], train, job->frame->table_rows[MM_TRAIN], job->scratch, err));
    *count = (double)copies.count;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_row_hash *train;
    double n_synthetic = (double)frame->table_rows[MM_SYNTHETIC], n_holdout = (double)frame->table_rows[MM_HOLDOUT], own, chance, floor = 0;
    MM_RETURN_IF_ERROR(mm_row_hashes(&train, frame, MM_TRAIN, job->scratch, err));
    qsort(train, frame->table_rows[MM_TRAIN], sizeof *train, mm_row_hash_compare);
    MM_RETURN_IF_ERROR(count_side(&own, job, MM_SYNTHETIC, train, err));
    MM_RETURN_IF_ERROR(count_side(&chance, job, MM_HOLDOUT, train, err));
    if (frame->tables[MM_FLOOR]) MM_RETURN_IF_ERROR(count_side(&floor, job, MM_FLOOR, train, err));
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    struct mm_interval interval = mm_wilson(own, n_synthetic), excess = mm_newcombe(own, n_synthetic, chance, n_holdout);
    f->value = 100 * own / n_synthetic, f->low = 100 * interval.low, f->high = 100 * interval.high;
    f->reference = 100 * chance / n_holdout;
    f->floor = frame->tables[MM_FLOOR] ? 100 * floor / (double)frame->table_rows[MM_FLOOR] : NAN;
    f->excess = f->value - f->reference, f->excess_low = 100 * excess.low, f->excess_high = 100 * excess.high;
    f->resolution = f->excess_high - f->excess;
    f->n[0] = (uint32_t)frame->table_rows[MM_TRAIN], f->n[1] = (uint32_t)n_synthetic, f->n[2] = (uint32_t)n_holdout;
    f->subsampled = false;
    return MINT_OK;
}

const struct mm_metric mm_metric_exact_copies = {
    .id = "privacy.exact_copies",
    .figures = "privacy.exact_copies",
    .range = "0 to 100",
    .cost = "one sort of all rows",
    .without_value = "never",
    .axis = "privacy",
    .summary = "synthetic rows that are training rows, beyond the holdout's own rate",
    .formula = "share of rows equal to a train row in every judged column, x100; reference: the same share of holdout rows",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
