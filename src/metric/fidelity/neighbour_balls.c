/* SPDX-License-Identifier: Apache-2.0 */
/* Precision, recall, density and coverage (Naeem et al. 2020, with the precision and recall of Kynkaanniemi et al. 2019): balls around
 * each row that reach to its fifth neighbour. Precision: synthetic rows inside a real ball. Recall: real rows inside a synthetic
 * ball. Density: real balls around a synthetic row, over k. Coverage: real balls that hold a synthetic row. Real is the holdout;
 * all sides are cut to one size, because every one of these depends on it. */
#include <math.h>

#include "metric/metric_list.h"

enum { K = 5, ROWS_MAX = 4000, ROWS_MIN = 50 };

struct cloud {
    struct mm_points points;
    float *radius; /* distance to the K-th other row */
};

static mint_status make_cloud(struct cloud *cloud, const struct mm_metric_job *job, enum mm_side side, uint32_t n, mint_error *err) {
    float *distances;
    MM_RETURN_IF_ERROR(mm_frame_cut_points(job->frame, side, n, 0, true, job->scratch, &cloud->points, err));
    MM_ALLOC_OR_RETURN(distances, job->scratch, (size_t)n * (K + 1), err);
    MM_ALLOC_OR_RETURN(cloud->radius, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_nearest_k(job->ctx, &cloud->points, &cloud->points, K + 1, NULL, distances, err));
    for (uint32_t i = 0; i < n; i++) cloud->radius[i] = distances[(size_t)i * (K + 1) + K]; /* the nearest is the row itself */
    return MINT_OK;
}

struct balls {
    double precision, recall, density, coverage, density_error;
};

static mint_status compare(const struct mm_metric_job *job, const struct cloud *real, enum mm_side side, uint32_t n, struct balls *out,
                           mint_error *err) {
    struct cloud other;
    float *near_real;
    uint32_t *counts;
    *out = (struct balls){0};
    MM_RETURN_IF_ERROR(make_cloud(&other, job, side, n, err));
    MM_ALLOC_OR_RETURN(near_real, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(counts, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_nearest_inside(job->ctx, &other.points, &real->points, real->radius, counts, err));
    double squares = 0;
    for (uint32_t i = 0; i < n; i++) {
        out->precision += (counts[i] > 0) / (double)n;
        out->density += counts[i] / ((double)n * K);
        squares += (double)counts[i] * counts[i] / ((double)K * K);
    }
    out->density_error = sqrt(fmax(0, squares / n - out->density * out->density) / n);
    MM_RETURN_IF_ERROR(mm_nearest_inside(job->ctx, &real->points, &other.points, other.radius, counts, err));
    for (uint32_t i = 0; i < n; i++) out->recall += (counts[i] > 0) / (double)n;
    MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &real->points, &other.points, near_real, NULL, err));
    for (uint32_t i = 0; i < n; i++) out->coverage += (near_real[i] <= real->radius[i]) / (double)n;
    return MINT_OK;
}

static struct mm_estimate share(double p, uint32_t n) { return (struct mm_estimate){p, sqrt((p * (1 - p) + 1.0 / n) / n)}; }

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_equal_rows(frame, ROWS_MAX);
    if (n < ROWS_MIN) return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d are needed", n, ROWS_MIN);
    struct cloud real;
    struct balls own, reference, floor = {NAN, NAN, NAN, NAN, NAN};
    MM_RETURN_IF_ERROR(make_cloud(&real, job, MM_HOLDOUT, n, err));
    MM_RETURN_IF_ERROR(compare(job, &real, MM_SYNTHETIC, n, &own, err));
    MM_RETURN_IF_ERROR(compare(job, &real, MM_TRAIN, n, &reference, err));
    if (frame->row_count[MM_FLOOR] >= n) MM_RETURN_IF_ERROR(compare(job, &real, MM_FLOOR, n, &floor, err));
    const struct {
        const char *id;
        struct mm_estimate own, reference;
        double floor;
    } lines[] = {
        {"fidelity.balls.precision", share(own.precision, n), share(reference.precision, n), floor.precision},
        {"fidelity.balls.recall", share(own.recall, n), share(reference.recall, n), floor.recall},
        {"fidelity.balls.density", {own.density, own.density_error}, {reference.density, reference.density_error}, floor.density},
        {"fidelity.balls.coverage", share(own.coverage, n), share(reference.coverage, n), floor.coverage},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct mm_figure *f;
        MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, lines[i].id, lines[i].own, lines[i].reference, lines[i].floor, &f, err));
        mm_figure_rows(f, job, n);
    }
    return MINT_OK;
}

const struct mm_metric mm_metric_neighbour_balls = {
    .id = "fidelity.balls",
    .figures =
        "fidelity.balls.precision, fidelity.balls.recall, fidelity.balls.coverage (0 to 1), fidelity.balls.density (0 up; 1 is ideal)",
    .range = "0 to 1",
    .cost = "neighbours of 4,000 rows a side, quadratic",
    .without_value = "fewer than 50 rows on a side",
    .differs = "prdc uses Euclidean distance on numbers; here levels count too. On numbers alone the counts equal prdc's (tests/golden)",
    .axis = "fidelity",
    .summary = "precision, recall, density and coverage by nearest-neighbour balls, against the holdout",
    .formula = "Naeem et al. 2020, k = 5, L1 over four deviations, 1 a level; equal n",
    .unit = "share",
    .direction = MM_HIGHER,
    .compute = compute,
};
