/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest neighbour distance ratio and identical match share, to train and to the holdout on one scale and at one size: d1 / d2 near 0
 * means that a row has one real row very near and the others far. */
#include <math.h>
#include <stdlib.h>

#include "metric/metric_list.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { ROWS_MAX = 200000, ROWS_MIN = 100 };
static const double SHARE = 0.05;

struct ratios {
    double quantile, error, identical;
};

/* Of `side`'s rows against n rows of a real side. Twins among the real rows count as one neighbour: both distances 0 are a ratio of 1. */
static mint_status measure(const struct mm_metric_job *job, enum mm_side side, uint32_t queries, enum mm_side real, uint32_t n,
                           struct ratios *out, mint_error *err) {
    struct mm_points query, base;
    float *two, *ratio;
    MM_RETURN_IF_ERROR(mm_frame_cut_points(job->frame, side, queries, 0, true, job->scratch, &query, err));
    MM_RETURN_IF_ERROR(mm_frame_cut_points(job->frame, real, n, 0, true, job->scratch, &base, err));
    MM_ALLOC_OR_RETURN(two, job->scratch, 2 * (size_t)queries, err);
    MM_ALLOC_OR_RETURN(ratio, job->scratch, queries, err);
    MM_RETURN_IF_ERROR(mm_nearest_k(job->ctx, &query, &base, 2, NULL, two, err));
    out->identical = 0;
    for (uint32_t i = 0; i < queries; i++) {
        out->identical += two[2 * i] <= 0;
        ratio[i] = two[2 * i + 1] > 0 ? two[2 * i] / two[2 * i + 1] : 1;
    }
    qsort(ratio, queries, sizeof *ratio, mm_compare_floats);
    /* The interval of a quantile from the ranks on both sides of it (Hahn and Meeker 1991, 5.2). */
    double place = SHARE * queries, half = 1.96 * sqrt(SHARE * (1 - SHARE) * queries);
    uint32_t low = (uint32_t)fmax(0, place - half), high = (uint32_t)fmin(queries - 1, place + half);
    out->quantile = (double)ratio[(uint32_t)place];
    out->error = (double)(ratio[high] - ratio[low]) / (2 * 1.96);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_common_rows(frame, MM_TRAIN, MM_HOLDOUT, ROWS_MAX);
    uint32_t queries = frame->row_count[MM_SYNTHETIC] < ROWS_MAX ? frame->row_count[MM_SYNTHETIC] : ROWS_MAX;
    if (frame->drifts) return mm_figure_none(job, self, self->id, false, err, "after a split by time train rows are nearer by themselves");
    if (n < ROWS_MIN || queries < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "%u rows; at least %d on each side are needed", n, ROWS_MIN);
    struct ratios train = {0}, holdout = {0};
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(measure(job, MM_SYNTHETIC, queries, MM_TRAIN, n, &train, err));
    MM_RETURN_IF_ERROR(measure(job, MM_SYNTHETIC, queries, MM_HOLDOUT, n, &holdout, err));
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, "privacy.nearest_ratio.nndr", (struct mm_estimate){train.quantile, train.error},
                                          (struct mm_estimate){holdout.quantile, holdout.error}, NAN, &f, err));
    f->formula = "5 % quantile of d1 / d2 to train rows; the reference is that to as many holdout rows; lower than it: originals";
    f->direction = MM_HIGHER, f->excess = -f->excess;
    double half = (f->excess_high - f->excess_low) / 2;
    f->excess_low = f->excess - half, f->excess_high = f->excess + half;
    f->n[0] = f->n[2] = n, f->n[1] = queries;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, "privacy.nearest_ratio.identical", err));
    struct mm_interval own = mm_wilson(train.identical, queries),
                       excess = mm_newcombe(train.identical, queries, holdout.identical, queries);
    f->value = 100 * train.identical / queries, f->low = 100 * own.low, f->high = 100 * own.high;
    f->reference = 100 * holdout.identical / queries, f->excess = f->value - f->reference;
    f->excess_low = 100 * excess.low, f->excess_high = 100 * excess.high;
    f->unit = "%", f->formula = "identical match share: rows at distance 0 from one of n train rows; reference: of n holdout rows";
    f->n[0] = f->n[2] = n, f->n[1] = queries;
    return MINT_OK;
}

const struct mm_metric mm_metric_nearest_ratio = {
    .id = "privacy.nearest_ratio",
    .figures = "privacy.nearest_ratio.nndr (0 to 1), privacy.nearest_ratio.identical (0 to 100)",
    .range = "0 to 1",
    .cost = "two nearest neighbours of all synthetic rows, twice",
    .without_value = "fewer than 100 rows on a side; a split by time",
    .differs = "mostlyai-qa reports the tenth smallest ratio, which falls as rows grow; here the 5 % quantile, with its interval",
    .axis = "privacy",
    .summary = "nearest neighbour distance ratio and identical match share, to train against to the holdout",
    .formula = "see each figure",
    .unit = "ratio",
    .direction = MM_LOWER,
    .compute = compute,
};
