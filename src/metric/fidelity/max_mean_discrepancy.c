/* SPDX-License-Identifier: Apache-2.0 */
/* Maximum mean discrepancy (Gretton et al. 2012) over random features: the squared distance between the mean feature vectors of synthetic
 * and holdout rows, with the share of random relabellings that reach it (permutation test). */
#include <math.h>
#include <string.h>

#include "metric/metric_list.h"
#include "metric/random_features.h"
#include "rng/philox.h"
#include "stats/interval.h"

enum { D = MM_RANDOM_FEATURES, ROWS_MAX = 5000, ROWS_MIN = 50, PERMUTATIONS = 200 };

struct discrepancy {
    double value, p, noise; /* noise: standard deviation under relabelling */
};

static double squared_distance(const float *features, const uint32_t *order, uint32_t n) {
    double sum = 0, difference[D] = {0};
    for (uint32_t i = 0; i < 2 * n; i++)
        for (uint32_t k = 0; k < D; k++) difference[k] += (i < n ? 1.0 : -1.0) * (double)features[(size_t)order[i] * D + k];
    for (uint32_t k = 0; k < D; k++) sum += difference[k] * difference[k];
    return sum / ((double)n * n);
}

static mint_status measure(const struct mm_metric_job *job, const struct mm_random_features *map, enum mm_side side, uint32_t n,
                           struct discrepancy *out, mint_error *err) {
    uint32_t *rows[2], *order;
    float *features[2], *all;
    MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, MM_HOLDOUT, n, 0, job->scratch, &rows[0], err));
    MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, side, n, 0, job->scratch, &rows[1], err));
    MM_RETURN_IF_ERROR(mm_random_features_of(&features[0], map, job->frame, MM_HOLDOUT, rows[0], n, job->scratch, err));
    MM_RETURN_IF_ERROR(mm_random_features_of(&features[1], map, job->frame, side, rows[1], n, job->scratch, err));
    MM_ALLOC_OR_RETURN(all, job->scratch, 2 * (size_t)n * D, err);
    MM_ALLOC_OR_RETURN(order, job->scratch, 2 * (size_t)n, err);
    for (int k = 0; k < 2; k++) memcpy(all + (size_t)k * n * D, features[k], (size_t)n * D * sizeof *all);
    for (uint32_t i = 0; i < 2 * n; i++) order[i] = i;
    out->value = squared_distance(all, order, n);
    double relabelled[PERMUTATIONS], reached = 1;
    for (uint32_t b = 0; b < PERMUTATIONS; b++) {
        struct mm_rng rng = mm_rng_at(job->frame->seed, MM_STREAM_METRIC, 6, b);
        mm_rng_shuffle(&rng, order, 2 * (size_t)n);
        relabelled[b] = squared_distance(all, order, n);
        reached += relabelled[b] >= out->value;
    }
    out->p = reached / (PERMUTATIONS + 1);
    out->noise = mm_standard_deviation(relabelled, PERMUTATIONS);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    uint32_t n = mm_frame_equal_rows(job->frame, ROWS_MAX);
    if (n < ROWS_MIN) return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d are needed", n, ROWS_MIN);
    struct mm_random_features map;
    struct discrepancy own, real, floor = {NAN, NAN, NAN};
    MM_RETURN_IF_ERROR(mm_random_features_make(&map, job->frame, job->scratch, err));
    MM_RETURN_IF_ERROR(measure(job, &map, MM_SYNTHETIC, n, &own, err));
    MM_RETURN_IF_ERROR(measure(job, &map, MM_TRAIN, n, &real, err));
    if (job->frame->row_count[MM_FLOOR] >= n) MM_RETURN_IF_ERROR(measure(job, &map, MM_FLOOR, n, &floor, err));
    struct mm_figure *f;
    /* Beside its noise the distance of two samples grows by their own differences: 2 |d| noise' by the delta method. */
    double error = own.noise + 2 * sqrt(own.value / n);
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, self->id, (struct mm_estimate){own.value, error},
                                          (struct mm_estimate){real.value, real.noise}, floor.value, &f, err));
    f->low = fmax(0, f->low);
    mm_figure_rows(f, job, n);
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, "fidelity.mmd.p_value", err));
    f->value = own.p, f->reference = real.p, f->floor = floor.p, f->direction = MM_HIGHER, f->unit = "p";
    f->formula = "share of 200 random relabellings with a distance as large";
    mm_figure_rows(f, job, n);
    return MINT_OK;
}

const struct mm_metric mm_metric_max_mean_discrepancy = {
    .id = "fidelity.mmd",
    .figures = "fidelity.mmd (0 up), fidelity.mmd.p_value (0 to 1)",
    .range = "0 up",
    .cost = "5,000 rows x 64 features x 200 permutations",
    .without_value = "fewer than 50 rows on a side",
    .axis = "fidelity",
    .summary = "maximum mean discrepancy from the holdout over random features of a Gaussian kernel, with its permutation test",
    .formula = "|mean feature vector of synthetic - of holdout|^2, 64 random features, equal n",
    .unit = "MMD^2",
    .direction = MM_LOWER,
    .compute = compute,
};
