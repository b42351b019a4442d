/* SPDX-License-Identifier: Apache-2.0 */
/* Alpha-precision, beta-recall and authenticity (Alaa et al. 2022): is a synthetic row as typical as it should be, is every part of the
 * real rows covered, and is it new? Typical means near the centre: the holdout's means and most frequent levels. Their embedding
 * network is left out: distances are those of the other nearest-neighbour figures. All sides are cut to one size. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_list.h"
#include "stats/ranking.h"

enum { STEPS = 30, ROWS_MAX = 10000, ROWS_MIN = 50 };

struct cloud {
    struct mm_points points;
    float *to_own; /* to the nearest other row of the same side */
};

static mint_status make_cloud(struct cloud *cloud, const struct mm_metric_job *job, enum mm_side side, uint32_t n, mint_error *err) {
    float *two;
    MM_RETURN_IF_ERROR(mm_frame_cut_points(job->frame, side, n, 0, true, job->scratch, &cloud->points, err));
    MM_ALLOC_OR_RETURN(two, job->scratch, 2 * (size_t)n, err);
    MM_ALLOC_OR_RETURN(cloud->to_own, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_nearest_k(job->ctx, &cloud->points, &cloud->points, 2, NULL, two, err));
    for (uint32_t i = 0; i < n; i++) cloud->to_own[i] = two[2 * i + 1]; /* the nearest is the row itself */
    return MINT_OK;
}

/* One row that stands for the middle of a cloud. */
static mint_status make_centre(struct mm_points *centre, const struct mm_points *points, struct mm_arena *scratch, mint_error *err) {
    float *cells;
    const float **columns;
    uint32_t *counts;
    MM_ALLOC_OR_RETURN(cells, scratch, points->column_count, err);
    MM_ALLOC_OR_RETURN(columns, scratch, points->column_count, err);
    for (uint32_t c = 0; c < points->column_count; c++) {
        double sum = 0, count = 0;
        float top = 0;
        columns[c] = &cells[c];
        for (uint32_t r = 0; r < points->row_count; r++) {
            float cell = points->columns[c][r];
            if (!isnan(cell)) sum += (double)cell, count++, top = fmaxf(top, cell);
        }
        cells[c] = count > 0 ? (float)(sum / count) : NAN;
        if (!points->is_level[c]) continue;
        MM_ALLOC_OR_RETURN(counts, scratch, (size_t)top + 1, err);
        for (uint32_t r = 0; r < points->row_count; r++) counts[(uint32_t)points->columns[c][r]]++;
        cells[c] = 0;
        for (uint32_t k = 1; k <= (uint32_t)top; k++)
            if (counts[k] > counts[(uint32_t)cells[c]]) cells[c] = (float)k;
        mm_arena_free(scratch, counts);
    }
    *centre = (struct mm_points){1, points->column_count, columns, points->is_level};
    return MINT_OK;
}

static mint_status distances_to(const struct mm_metric_job *job, const struct mm_points *points, const struct mm_points *centre,
                                float **out, mint_error *err) {
    MM_ALLOC_OR_RETURN(*out, job->scratch, points->row_count, err);
    return mm_nearest(job->ctx, points, centre, *out, NULL, err);
}

static double step_of(int k) { return k / (STEPS - 1.0); }

/* Radii that hold 0 to 1 of the distances in even steps, interpolated. */
static mint_status quantiles(double radii[STEPS], const float *distances, uint32_t n, struct mm_arena *scratch, mint_error *err) {
    float *sorted;
    MM_ALLOC_OR_RETURN(sorted, scratch, n, err);
    memcpy(sorted, distances, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, mm_compare_floats);
    for (int k = 0; k < STEPS; k++) {
        double place = step_of(k) * (n - 1);
        uint32_t low = (uint32_t)place, high = low + 1 < n ? low + 1 : low;
        radii[k] = (double)sorted[low] + (place - low) * ((double)sorted[high] - (double)sorted[low]);
    }
    mm_arena_free(scratch, sorted);
    return MINT_OK;
}

struct support {
    double precision, recall, authenticity;
};

/* 1 - the area between the curve of shares and the diagonal, over the area under the diagonal. */
static double integrated(const double shares[STEPS]) {
    double off = 0, all = 0;
    for (int k = 0; k < STEPS; k++) {
        double wanted = step_of(k);
        off += fabs(shares[k] - wanted), all += wanted;
    }
    return 1 - off / all;
}

static mint_status measure(const struct mm_metric_job *job, const struct cloud *real, enum mm_side side, uint32_t n, struct support *out,
                           mint_error *err) {
    struct cloud other;
    struct mm_points centre, own_centre;
    float *real_to_centre, *to_centre, *to_own_centre, *real_to_other, *matched_to_centre, *to_real;
    double radii[STEPS], own_radii[STEPS];
    uint32_t *nearest_other, *nearest_real;
    double inside[STEPS] = {0}, covered[STEPS] = {0};
    MM_RETURN_IF_ERROR(make_cloud(&other, job, side, n, err));
    MM_RETURN_IF_ERROR(make_centre(&centre, &real->points, job->scratch, err));
    MM_RETURN_IF_ERROR(make_centre(&own_centre, &other.points, job->scratch, err));
    MM_RETURN_IF_ERROR(distances_to(job, &real->points, &centre, &real_to_centre, err));
    MM_RETURN_IF_ERROR(distances_to(job, &other.points, &centre, &to_centre, err));
    MM_RETURN_IF_ERROR(distances_to(job, &other.points, &own_centre, &to_own_centre, err));
    MM_RETURN_IF_ERROR(quantiles(radii, real_to_centre, n, job->scratch, err));
    MM_ALLOC_OR_RETURN(real_to_other, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(nearest_other, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(to_real, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(nearest_real, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &real->points, &other.points, real_to_other, nearest_other, err));
    MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &other.points, &real->points, to_real, nearest_real, err));
    MM_ALLOC_OR_RETURN(matched_to_centre, job->scratch, n, err); /* of each real row's nearest other row */
    for (uint32_t i = 0; i < n; i++) matched_to_centre[i] = to_own_centre[nearest_other[i]];
    MM_RETURN_IF_ERROR(quantiles(own_radii, matched_to_centre, n, job->scratch, err));
    out->authenticity = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool near = real_to_other[i] <= real->to_own[i];
        for (int k = 0; k < STEPS; k++) {
            inside[k] += ((double)to_centre[i] <= radii[k]) / (double)n;
            covered[k] += (near && (double)matched_to_centre[i] <= own_radii[k]) / (double)n;
        }
        out->authenticity += (to_real[i] > real->to_own[nearest_real[i]]) / (double)n;
    }
    out->precision = integrated(inside), out->recall = integrated(covered);
    return MINT_OK;
}

static struct mm_estimate with_error(double p, uint32_t n) {
    double q = fmin(fmax(p, 0), 1);
    return (struct mm_estimate){p, sqrt((q * (1 - q) + 1.0 / n) / n)};
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_equal_rows(frame, ROWS_MAX);
    if (n < ROWS_MIN) return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d are needed", n, ROWS_MIN);
    struct cloud real;
    struct support own, reference, floor = {NAN, NAN, NAN};
    MM_RETURN_IF_ERROR(make_cloud(&real, job, MM_HOLDOUT, n, err));
    MM_RETURN_IF_ERROR(measure(job, &real, MM_SYNTHETIC, n, &own, err));
    MM_RETURN_IF_ERROR(measure(job, &real, MM_TRAIN, n, &reference, err));
    if (frame->row_count[MM_FLOOR] >= n) MM_RETURN_IF_ERROR(measure(job, &real, MM_FLOOR, n, &floor, err));
    const struct {
        const char *id, *formula;
        double own, reference, floor;
    } lines[] = {
        {"fidelity.support.alpha_precision", "1 - area between P(synthetic in the ball of alpha holdout rows) and alpha, over alpha's",
         own.precision, reference.precision, floor.precision},
        {"fidelity.support.beta_recall",
         "the same of P(a holdout row is nearer to a synthetic row of the ball of beta synthetic rows than to its own neighbour)",
         own.recall, reference.recall, floor.recall},
        {"fidelity.support.authenticity", "share of rows farther from their nearest holdout row than that is from its own neighbour",
         own.authenticity, reference.authenticity, floor.authenticity},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct mm_figure *f;
        MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, lines[i].id, with_error(lines[i].own, n), with_error(lines[i].reference, n),
                                              lines[i].floor, &f, err));
        f->formula = lines[i].formula;
        mm_figure_rows(f, job, n);
    }
    return MINT_OK;
}

const struct mm_metric mm_metric_support = {
    .id = "fidelity.support",
    .figures = "fidelity.support.alpha_precision, fidelity.support.beta_recall, fidelity.support.authenticity (0 to 1)",
    .range = "0 to 1",
    .cost = "neighbours of 10,000 rows, eight times",
    .without_value = "fewer than 50 rows on a side",
    .differs =
        "synthcity embeds rows with a one-class network first and compares with train; its variant without one equals alpha-precision "
        "and beta-recall on numbers (tests/golden). Its authenticity looks real rows up by the numbers of synthetic ones; here each "
        "synthetic row is compared with its own nearest real row",
    .axis = "fidelity",
    .summary = "alpha-precision, beta-recall and authenticity: typical, covering and new; the reference is what train rows get",
    .formula = "Alaa et al. 2022, 30 steps, distances over four deviations and levels; the reference stands in for 1, which fresh real "
               "rows do not reach in beta-recall and authenticity",
    .unit = "share",
    .direction = MM_HIGHER,
    .compute = compute,
};
