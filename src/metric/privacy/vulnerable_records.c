/* SPDX-License-Identifier: Apache-2.0 */
/* The records an attacker would choose (Achilles: Meeus et al. 2023): those farthest from their five nearest neighbours. Train rows and
 * holdout rows of the highest vulnerability are told apart by how near the synthetic rows come to them, each measured by its own
 * loneliness. Averages over all rows hide what happens to these. */
#include <math.h>
#include <string.h>

#include "metric/metric_list.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { NEIGHBOURS = 5, RECORDS_MIN = 20, RECORDS_MAX = 1000, ROWS_MIN = 400, ROWS_MAX = 100000 };
static const double SHARE = 0.02;

/* Mean distance to the five nearest other rows of the same side, and from it the `count` most vulnerable rows. */
static mint_status most_vulnerable(const struct mm_metric_job *job, enum mm_side side, uint32_t n, uint32_t count, uint32_t *chosen,
                                   float *loneliness, mint_error *err) {
    struct mm_points points;
    uint32_t *rows, *order;
    float *near, *mean;
    MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, side, n, 0, job->scratch, &rows, err));
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, side, rows, n, -1, true, job->scratch, &points, err));
    MM_ALLOC_OR_RETURN(near, job->scratch, (size_t)n * (NEIGHBOURS + 1), err);
    MM_ALLOC_OR_RETURN(mean, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(order, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_nearest_k(job->ctx, &points, &points, NEIGHBOURS + 1, NULL, near, err));
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 1; k <= NEIGHBOURS; k++) mean[i] += near[(size_t)i * (NEIGHBOURS + 1) + k] / NEIGHBOURS;
    MM_RETURN_IF_ERROR(mm_sort_order(order, mean, n, job->scratch->memory, err));
    for (uint32_t i = 0; i < count; i++) chosen[i] = rows[order[n - 1 - i]], loneliness[i] = mean[order[n - 1 - i]];
    mm_arena_free(job->scratch, near);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_common_rows(frame, MM_TRAIN, MM_HOLDOUT, ROWS_MAX);
    uint32_t base = frame->row_count[MM_SYNTHETIC] < ROWS_MAX ? frame->row_count[MM_SYNTHETIC] : ROWS_MAX;
    if (frame->drifts) return mm_figure_none(job, self, self->id, false, err, "after a split by time the holdout is no control");
    if (n < ROWS_MIN || !base) return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d are needed", n, ROWS_MIN);
    uint32_t count = (uint32_t)(SHARE * n), *order;
    count = count < RECORDS_MIN ? RECORDS_MIN : count > RECORDS_MAX ? RECORDS_MAX : count;
    struct mm_points synthetic, query;
    uint32_t *chosen;
    float *loneliness, *distance, *score;
    uint8_t *member;
    MM_ALLOC_OR_RETURN(chosen, job->scratch, count, err);
    MM_ALLOC_OR_RETURN(loneliness, job->scratch, count, err);
    MM_ALLOC_OR_RETURN(distance, job->scratch, count, err);
    MM_ALLOC_OR_RETURN(score, job->scratch, 2 * (size_t)count, err);
    MM_ALLOC_OR_RETURN(order, job->scratch, 2 * (size_t)count, err);
    MM_ALLOC_OR_RETURN(member, job->scratch, 2 * (size_t)count, err);
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_SYNTHETIC, base, 0, true, job->scratch, &synthetic, err));
    for (int k = 0; k < 2; k++) {
        enum mm_side side = k ? MM_HOLDOUT : MM_TRAIN;
        MM_RETURN_IF_ERROR(most_vulnerable(job, side, n, count, chosen, loneliness, err));
        MM_RETURN_IF_ERROR(mm_frame_points(frame, side, chosen, count, -1, true, job->scratch, &query, err));
        MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &synthetic, distance, NULL, err));
        for (uint32_t i = 0; i < count; i++) {
            score[(size_t)k * count + i] = -distance[i] / (loneliness[i] + 1e-6f);
            member[(size_t)k * count + i] = !k;
        }
    }
    MM_RETURN_IF_ERROR(mm_sort_order(order, score, 2 * count, job->scratch->memory, err));
    double auc = mm_auc(order, score, member, NULL, 2 * count);
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, self->id,
                                          (struct mm_estimate){auc, mm_auc_standard_error(fmax(auc, 0.5), count, count)},
                                          (struct mm_estimate){0.5, 0}, NAN, &f, err));
    f->n[0] = f->n[2] = count, f->n[1] = base;
    f->resolution = 2.8 * mm_auc_standard_error(0.5, count, count);
    return MINT_OK;
}

const struct mm_metric mm_metric_vulnerable_records = {
    .id = "privacy.vulnerable_records",
    .figures = "privacy.vulnerable_records",
    .range = "0 to 1; 0.5 is ideal",
    .cost = "six nearest neighbours within train and holdout",
    .without_value = "fewer than 400 rows on a side; a split by time",
    .differs = "Meeus et al. rank by cosine distances of one-hot and scaled columns and train shadow models on the top; here the ranking "
               "uses the other figures' distances and one attack on the file as it is",
    .axis = "privacy",
    .summary = "membership inference against the 2 % most isolated records, with as isolated holdout records as the control",
    .formula =
        "AUC of -d(x, synthetic) / mean distance to x's five neighbours, over the 2 % of train and holdout rows where that is largest",
    .unit = "AUC",
    .direction = MM_LOWER,
    .compute = compute,
};
