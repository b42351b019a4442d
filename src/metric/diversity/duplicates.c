/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that repeat an earlier row of their own side, against as many real rows: half a data set of duplicates looks fine to
 * every metric of distributions. */
#include <stdlib.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "metric/row_hash.h"

/* Of the first n rows in a fixed random order, how many repeat one before them. */
static mint_status repeated(const struct mm_metric_job *job, enum mm_side side, uint32_t n, double *count, mint_error *err) {
    struct mm_row_hash *hashes, *chosen;
    uint32_t *rows;
    *count = 0;
    if (!job->frame->row_count[side]) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_row_hashes(&hashes, job->frame, side, job->scratch, err));
    MM_ALLOC_OR_RETURN(chosen, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, side, n, 0, job->scratch, &rows, err));
    for (uint32_t i = 0; i < n; i++) chosen[i] = hashes[job->frame->row_of[side][rows[i]]];
    qsort(chosen, n, sizeof *chosen, mm_row_hash_compare);
    for (uint32_t i = 1; i < n; i++) *count += chosen[i].hash == chosen[i - 1].hash;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_common_rows(frame, MM_TRAIN, MM_SYNTHETIC, UINT32_MAX);
    double own, real, floor;
    MM_RETURN_IF_ERROR(repeated(job, MM_SYNTHETIC, n, &own, err));
    MM_RETURN_IF_ERROR(repeated(job, MM_TRAIN, n, &real, err));
    MM_RETURN_IF_ERROR(repeated(job, MM_FLOOR, n <= frame->row_count[MM_FLOOR] ? n : frame->row_count[MM_FLOOR], &floor, err));
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, self->id, own, n, real, n, &f, err));
    f->floor = 100 * floor / n;
    f->n[0] = f->n[1] = n, f->n[2] = 0;
    return MINT_OK;
}

const struct mm_metric mm_metric_duplicates = {
    .id = "diversity.duplicates",
    .figures = "diversity.duplicates",
    .range = "0 to 100",
    .cost = "one sort of the rows",
    .without_value = "never",
    .axis = "diversity",
    .summary = "rows that repeat another row of the same file, beyond what as many real rows do",
    .formula = "share of rows equal to an earlier row in every judged column, x100; reference: the same share of as many train rows",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
