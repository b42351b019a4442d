/* SPDX-License-Identifier: Apache-2.0 */
/* Copies with noise: synthetic rows that lie far nearer to a train row than to any holdout row, less those for which it is the
 * other way round. Train is dealt into parts of the holdout's size, so that both sides offer as many rows; an original is in
 * one part only, so counts are summed over the parts. Fresh rows are near either side alike. */
#include <math.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "stats/interval.h"

enum { QUERIES_MAX = 50000, BASE_MAX = 200000, PARTS_MAX = 8, ROWS_MIN = 100 };
static const float FAR_NEARER = 0.125f; /* of the distance to the other side */

/* By query: in how many parts train is far nearer, less how often the holdout is. */
static mint_status count_side(const struct mm_metric_job *job, enum mm_side side, uint32_t n, uint32_t parts, double *sum, double *error,
                              uint32_t *queries, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_points query, holdout, train;
    float *to_train, *to_holdout, *net;
    *queries = frame->row_count[side] < QUERIES_MAX ? frame->row_count[side] : QUERIES_MAX;
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, side, *queries, 0, true, job->scratch, &query, err));
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_HOLDOUT, n, 0, true, job->scratch, &holdout, err));
    MM_ALLOC_OR_RETURN(to_train, job->scratch, *queries, err);
    MM_ALLOC_OR_RETURN(to_holdout, job->scratch, *queries, err);
    MM_ALLOC_OR_RETURN(net, job->scratch, *queries, err);
    MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &holdout, to_holdout, NULL, err));
    for (uint32_t part = 0; part < parts; part++) {
        MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_TRAIN, n, part, true, job->scratch, &train, err));
        MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &train, to_train, NULL, err));
        for (uint32_t i = 0; i < *queries; i++) {
            if (to_train[i] < FAR_NEARER * to_holdout[i]) net[i]++;
            if (to_holdout[i] < FAR_NEARER * to_train[i]) net[i]--;
        }
    }
    double squares = 0;
    *sum = 0;
    for (uint32_t i = 0; i < *queries; i++) *sum += (double)net[i], squares += (double)net[i] * (double)net[i];
    *error = sqrt((squares + 1) * frame->rows_an_entity);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_common_rows(frame, MM_HOLDOUT, MM_TRAIN, BASE_MAX);
    if (frame->drifts) return mm_figure_none(job, self, self->id, false, err, "after a split by time train rows are nearer by themselves");
    if (n < ROWS_MIN || frame->row_count[MM_SYNTHETIC] < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "%u rows; at least %d on each side are needed", n, ROWS_MIN);
    uint32_t parts = frame->row_count[MM_TRAIN] / n, queries;
    if (parts > PARTS_MAX) parts = PARTS_MAX;
    double sum = 0, error = 0;
    MM_RETURN_IF_ERROR(count_side(job, MM_SYNTHETIC, n, parts, &sum, &error, &queries, err));
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    /* Parts that were left out hold originals, too. */
    double scale = 100 / (double)queries * frame->row_count[MM_TRAIN] / ((double)parts * n), z = mm_normal_upper(0.005);
    f->value = scale * sum, f->low = f->value - 1.96 * scale * error, f->high = f->value + 1.96 * scale * error;
    f->reference = 0, f->excess = f->value, f->excess_low = f->value - z * scale * error, f->excess_high = f->high;
    f->resolution = (z + 0.84) * scale * error;
    f->n[0] = parts * n, f->n[1] = queries, f->n[2] = n;
    f->subsampled = f->subsampled || queries < frame->row_count[MM_SYNTHETIC] || n < frame->row_count[MM_HOLDOUT];
    return MINT_OK;
}

const struct mm_metric mm_metric_near_copies = {
    .id = "privacy.near_copies",
    .figures = "privacy.near_copies",
    .range = "-100 to 100",
    .cost = "at most 50,000 rows x 200,000 a side, up to nine times",
    .without_value = "fewer than 100 rows on a side; a split by time",
    .axis = "privacy",
    .summary = "synthetic rows far nearer to one train row than to any of as many holdout rows, less the mirror count",
    .formula =
        "sum over parts of train of [d_train < d_holdout / 8] - [d_holdout < d_train / 8], x100 / rows; L1 over four deviations, 1 a "
        "level",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
