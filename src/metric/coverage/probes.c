/* SPDX-License-Identifier: Apache-2.0 */
/* Does the synthetic table reach the edge of the real one? Around each of the holdout's loneliest rows stand a few probes, the row with one
 * cell moved to where other edge rows have it; a probe is reached when a row lies as near to it as half of the probes have a train row.
 * Generators that shrink towards the middle reach few. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_list.h"
#include "rng/philox.h"
#include "stats/ranking.h"

enum { ROWS_MAX = 50000, ROWS_MIN = 200, PROBES_A_ROW = 5, EDGES_MAX = 1000 };
static const double EDGE_SHARE = 0.05;

/* The holdout rows farthest from their nearest other holdout row. */
static mint_status find_edges(const struct mm_metric_job *job, uint32_t n, uint32_t count, uint32_t **edges, mint_error *err) {
    struct mm_points points;
    uint32_t *rows, *order;
    float *two, *lonely;
    MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, MM_HOLDOUT, n, 0, job->scratch, &rows, err));
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, MM_HOLDOUT, rows, n, -1, true, job->scratch, &points, err));
    MM_ALLOC_OR_RETURN(two, job->scratch, 2 * (size_t)n, err);
    MM_ALLOC_OR_RETURN(lonely, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(order, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(*edges, job->scratch, count, err);
    MM_RETURN_IF_ERROR(mm_nearest_k(job->ctx, &points, &points, 2, NULL, two, err));
    for (uint32_t i = 0; i < n; i++) lonely[i] = two[2 * i + 1];
    MM_RETURN_IF_ERROR(mm_sort_order(order, lonely, n, job->scratch->memory, err));
    for (uint32_t i = 0; i < count; i++) (*edges)[i] = rows[order[n - 1 - i]];
    return MINT_OK;
}

static mint_status make_probes(const struct mm_metric_job *job, const uint32_t *edges, uint32_t count, struct mm_points *probes,
                               mint_error *err) {
    uint32_t *repeated, columns = job->frame->column_count;
    MM_ALLOC_OR_RETURN(repeated, job->scratch, (size_t)count * PROBES_A_ROW, err);
    for (uint32_t i = 0; i < count * PROBES_A_ROW; i++) repeated[i] = edges[i / PROBES_A_ROW];
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, MM_HOLDOUT, repeated, count * PROBES_A_ROW, -1, true, job->scratch, probes, err));
    for (uint32_t i = 0; i < count * PROBES_A_ROW; i++) {
        struct mm_rng rng = mm_rng_at(job->frame->seed, MM_STREAM_METRIC, 22, i);
        uint32_t column = (uint32_t)mm_rng_below(&rng, columns), donor = (uint32_t)mm_rng_below(&rng, count) * PROBES_A_ROW;
        float *cells = (float *)(uintptr_t)probes->columns[column]; /* made by mm_frame_points just now */
        /* The first probe of a row is the row itself, and a donor. */
        if (i % PROBES_A_ROW) cells[i] = cells[donor];
    }
    return MINT_OK;
}

static mint_status distances(const struct mm_metric_job *job, const struct mm_points *probes, enum mm_side side, uint32_t n,
                             uint32_t repeat, float **out, mint_error *err) {
    struct mm_points base;
    MM_ALLOC_OR_RETURN(*out, job->scratch, probes->row_count, err);
    MM_RETURN_IF_ERROR(mm_frame_cut_points(job->frame, side, n, repeat, true, job->scratch, &base, err));
    return mm_nearest(job->ctx, probes, &base, *out, NULL, err);
}

/* Share of probes reached; probes of one row stand or fall together. */
static struct mm_estimate reached(const float *to, float radius, uint32_t probes) {
    uint32_t rows = probes / PROBES_A_ROW;
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < rows; i++) {
        double own = 0;
        for (uint32_t k = 0; k < PROBES_A_ROW; k++) own += (to[i * PROBES_A_ROW + k] <= radius) / (double)PROBES_A_ROW;
        sum += own, squares += own * own;
    }
    double mean = sum / rows;
    return (struct mm_estimate){100 * mean, 100 * sqrt((fmax(0, squares / rows - mean * mean) + 1.0 / rows) / rows)};
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t holdout = frame->row_count[MM_HOLDOUT] < ROWS_MAX ? frame->row_count[MM_HOLDOUT] : ROWS_MAX;
    uint32_t n =
        frame->row_count[MM_TRAIN] / 2 < frame->row_count[MM_SYNTHETIC] ? frame->row_count[MM_TRAIN] / 2 : frame->row_count[MM_SYNTHETIC];
    if (n > ROWS_MAX) n = ROWS_MAX;
    if (holdout < ROWS_MIN || n < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "%u rows; %d on each side, and twice as many in train, are needed",
                              holdout < n ? holdout : n, ROWS_MIN);
    uint32_t count = (uint32_t)(EDGE_SHARE * holdout), *edges;
    if (count > EDGES_MAX) count = EDGES_MAX;
    struct mm_points probes;
    float *to_first, *to_second, *to_synthetic, *to_floor, *sorted;
    MM_RETURN_IF_ERROR(find_edges(job, holdout, count, &edges, err));
    MM_RETURN_IF_ERROR(make_probes(job, edges, count, &probes, err));
    MM_RETURN_IF_ERROR(distances(job, &probes, MM_TRAIN, n, 0, &to_first, err));
    MM_RETURN_IF_ERROR(distances(job, &probes, MM_TRAIN, n, 1, &to_second, err));
    MM_RETURN_IF_ERROR(distances(job, &probes, MM_SYNTHETIC, n, 0, &to_synthetic, err));
    MM_ALLOC_OR_RETURN(sorted, job->scratch, probes.row_count, err);
    memcpy(sorted, to_first, probes.row_count * sizeof *sorted);
    qsort(sorted, probes.row_count, sizeof *sorted, mm_compare_floats);
    float radius = sorted[probes.row_count / 2];
    double floor = NAN;
    if (frame->row_count[MM_FLOOR] >= n) {
        MM_RETURN_IF_ERROR(distances(job, &probes, MM_FLOOR, n, 0, &to_floor, err));
        floor = reached(to_floor, radius, probes.row_count).value;
    }
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, self->id, reached(to_synthetic, radius, probes.row_count),
                                          reached(to_second, radius, probes.row_count), floor, &f, err));
    f->n[0] = 2 * n, f->n[1] = n, f->n[2] = count;
    return MINT_OK;
}

const struct mm_metric mm_metric_probes = {
    .id = "coverage.probes",
    .figures = "coverage.probes",
    .range = "0 to 100",
    .cost = "neighbours of the holdout and of its edge rows",
    .without_value = "fewer than 200 rows on a side, 400 in train",
    .axis = "coverage",
    .summary = "how much of the surroundings of real edge cases synthetic rows reach, against a second half of train",
    .formula =
        "share of probes (the 5 % loneliest holdout rows, as they are and with one cell moved to another's) with a row as near as the "
        "first half of train comes to half of them, x100; equal n",
    .unit = "%",
    .direction = MM_HIGHER,
    .compute = compute,
};
