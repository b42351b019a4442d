/* SPDX-License-Identifier: Apache-2.0 */
/* Distance to closest record: of the synthetic rows, how many lie nearer to a training row than to a holdout row? Both sides
 * have the same number of rows and one scale; ties count half. Fresh rows give one half. A set with c copied rows in
 * a hundred gives about 50 + c/2. Rows that share their nearest real row stand or fall together, so the error is taken over
 * those clusters. What it cannot see is said in docs/privacy.md: a share near one half does not prove privacy (Yao et al.
 * 2025, "The DCR Delusion"). */
#include <math.h>

#include "metric/metric_list.h"
#include "rng/philox.h"

/* At so many queries the share is known to a quarter of a point, and the floor, which is far from it, to one. */
enum { QUERIES_MAX = 50000, FLOOR_QUERIES_MAX = 4000, BASE_MAX = 200000, CUTS_MAX = 4, ROWS_MIN = 30 };

struct closeness {
    double share, error;
};

/* `skip` cuts of train are passed over, for queries that are train rows themselves. */
static mint_status measure(const struct mm_metric_job *job, enum mm_side side, uint32_t n, uint32_t skip, uint32_t cuts,
                           struct closeness *out, uint32_t *queries_used, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t queries = side == MM_TRAIN ? n : frame->row_count[side], *nearest_train, *nearest_holdout;
    float *to_train, *to_holdout;
    uint32_t most = side == MM_FLOOR ? FLOOR_QUERIES_MAX : QUERIES_MAX;
    if (queries > most) queries = most;
    double *nearer, *cluster;
    struct mm_points query, holdout;
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, side, queries, 0, false, job->scratch, &query, err));
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_HOLDOUT, n, 0, false, job->scratch, &holdout, err));
    MM_ALLOC_OR_RETURN(to_train, job->scratch, queries, err);
    MM_ALLOC_OR_RETURN(to_holdout, job->scratch, queries, err);
    MM_ALLOC_OR_RETURN(nearest_train, job->scratch, queries, err);
    MM_ALLOC_OR_RETURN(nearest_holdout, job->scratch, queries, err);
    MM_ALLOC_OR_RETURN(nearer, job->scratch, queries, err);
    uint32_t clusters = frame->entity && frame->entity_count > n ? frame->entity_count : n;
    MM_ALLOC_OR_RETURN(cluster, job->scratch, clusters, err);
    MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &holdout, to_holdout, nearest_holdout, err));
    for (uint32_t cut = skip; cut < skip + cuts; cut++) {
        struct mm_points train;
        MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_TRAIN, n, cut, false, job->scratch, &train, err));
        MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &train, to_train, nearest_train, err));
        for (uint32_t i = 0; i < queries; i++)
            nearer[i] += (to_train[i] < to_holdout[i] ? 1.0 : to_train[i] == to_holdout[i] ? 0.5 : 0.0) / cuts;
    }
    out->share = 0;
    for (uint32_t i = 0; i < queries; i++) out->share += nearer[i] / queries;
    /* The holdout is the side that is not averaged over cuts: cluster by its rows, or by their entities (Liang and Zeger 1986, one-way).
     * A first cut is the frame's own order. */
    for (uint32_t i = 0; i < queries; i++)
        cluster[frame->entity ? frame->entity[nearest_holdout[i]] : nearest_holdout[i]] += nearer[i] - out->share;
    double sum = 0;
    for (uint32_t k = 0; k < clusters; k++) sum += cluster[k] * cluster[k];
    out->error = sqrt(sum) / queries;
    *queries_used = queries;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_common_rows(frame, MM_HOLDOUT, MM_TRAIN, BASE_MAX);
    if (n < ROWS_MIN || frame->row_count[MM_SYNTHETIC] < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "%u rows; at least %d on each side are needed", n, ROWS_MIN);
    uint32_t cuts = frame->row_count[MM_TRAIN] / n, queries = 0, floor_queries = 0;
    if (cuts > CUTS_MAX) cuts = CUTS_MAX;
    struct closeness own, floor = {NAN, NAN};
    MM_RETURN_IF_ERROR(measure(job, MM_SYNTHETIC, n, 0, cuts, &own, &queries, err));
    if (frame->row_count[MM_FLOOR]) MM_RETURN_IF_ERROR(measure(job, MM_FLOOR, n, 0, 1, &floor, &floor_queries, err));
    /* When the parts were split by time, rows of the train period lie nearer to train whoever made them: real train rows against
     * other train rows show by how much. */
    struct closeness real = {0.5, 0};
    if (frame->drifts && frame->row_count[MM_TRAIN] >= 2 * n)
        MM_RETURN_IF_ERROR(measure(job, MM_TRAIN, n, 1, 1, &real, &floor_queries, err));
    own.error = sqrt(own.error * own.error + real.error * real.error);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    f->value = 100 * own.share, f->low = 100 * (own.share - 1.96 * own.error), f->high = 100 * (own.share + 1.96 * own.error);
    f->reference = 100 * real.share, f->floor = 100 * floor.share;
    f->excess = f->value - f->reference, f->excess_low = f->low - f->reference, f->excess_high = f->high - f->reference;
    f->resolution = 2 * 100 * 2.8 * own.error; /* copied rows in a hundred that would be seen with power 0.8 */
    f->n[0] = n * cuts, f->n[1] = queries, f->n[2] = n;
    f->subsampled = f->subsampled || queries < frame->row_count[MM_SYNTHETIC] || n < frame->row_count[MM_HOLDOUT];
    return MINT_OK;
}

const struct mm_metric mm_metric_nearest_record = {
    .id = "privacy.dcr_share",
    .figures = "privacy.dcr_share",
    .range = "0 to 100; 50 is ideal",
    .cost = "at most 50,000 rows x 200,000 a side, up to five times",
    .without_value = "fewer than 30 rows on a side",
    .differs =
        "SDMetrics counts ties as nearer to the holdout and takes each side's own ranges; mostlyai-qa splits ties but keeps the worst of "
        "several random column sets. Here ties count half, both sides share one scale and one size, and one set of columns is judged",
    .axis = "privacy",
    .summary = "synthetic rows nearer to training rows than to as many holdout rows; 50: none too near",
    .formula = "P(d_train < d_holdout) + P(=)/2, L1 over the train range, 1 a level; train cut to the holdout's size, x100",
    .unit = "%",
    .direction = MM_TARGET,
    .in_policy = true,
    .compute = compute,
};
