/* SPDX-License-Identifier: Apache-2.0 */
/* Propensity score mean squared error (Snoke et al. 2018): a logistic model of "synthetic or holdout", fitted and scored on the same
 * rows. S_pMSE divides by what the model's own freedom would give on indistinguishable rows: (k - 1)(1 - c)^2 c / N. */
#include <math.h>

#include "metric/design.h"
#include "metric/metric_list.h"

enum { ROWS_MAX = 10000, ROWS_MIN = 50 };

struct propensity {
    double mean_square, ratio, error;
};

static mint_status measure(const struct mm_metric_job *job, enum mm_side side, uint32_t n, struct propensity *out, mint_error *err) {
    uint32_t *real, *other;
    float *labels, *scores;
    double *weights;
    struct mm_standard standard;
    struct mm_design design;
    MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, MM_HOLDOUT, n, 0, job->scratch, &real, err));
    MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, side, n, 0, job->scratch, &other, err));
    struct mm_rows_of runs[2] = {{MM_HOLDOUT, real, n}, {side, other, n}};
    MM_RETURN_IF_ERROR(mm_design_standard(&standard, job->frame, runs, 2, job->scratch, err));
    MM_RETURN_IF_ERROR(mm_design_build(&design, &standard, job->frame, runs, 2, -1, job->scratch, err));
    MM_ALLOC_OR_RETURN(labels, job->scratch, 2 * (size_t)n, err);
    MM_ALLOC_OR_RETURN(scores, job->scratch, 2 * (size_t)n, err);
    MM_ALLOC_OR_RETURN(weights, job->scratch, design.weight_count, err);
    for (uint32_t i = n; i < 2 * n; i++) labels[i] = 1;
    MM_RETURN_IF_ERROR(mm_linear_fit(job->ctx, &design, labels, MM_LOSS_LOGISTIC, 100, weights, err));
    mm_linear_predict(&design, weights, scores);
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < 2 * n; i++) {
        double d = 1 / (1 + exp(-(double)scores[i])) - 0.5;
        sum += d * d, squares += d * d * d * d;
    }
    /* One level of each column is told by the others and the intercept. */
    double parameters = design.weight_count - design.sparse_count, expected = (parameters - 1) * 0.25 * 0.5 / (2.0 * n);
    out->mean_square = sum / (2.0 * n);
    out->ratio = expected > 0 ? out->mean_square / expected : NAN;
    out->error = sqrt(fmax(0, squares / (2.0 * n) - out->mean_square * out->mean_square) / (2.0 * n));
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    uint32_t n = mm_frame_equal_rows(job->frame, ROWS_MAX);
    if (n < ROWS_MIN) return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d are needed", n, ROWS_MIN);
    struct propensity own, reference, floor = {NAN, NAN, NAN};
    MM_RETURN_IF_ERROR(measure(job, MM_SYNTHETIC, n, &own, err));
    MM_RETURN_IF_ERROR(measure(job, MM_TRAIN, n, &reference, err));
    if (job->frame->row_count[MM_FLOOR] >= n) MM_RETURN_IF_ERROR(measure(job, MM_FLOOR, n, &floor, err));
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, "fidelity.pmse.raw", (struct mm_estimate){own.mean_square, own.error},
                                          (struct mm_estimate){reference.mean_square, reference.error}, floor.mean_square, &f, err));
    mm_figure_rows(f, job, n);
    double scale = own.mean_square > 0 ? own.ratio / own.mean_square : 0;
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, "fidelity.pmse.standardised", (struct mm_estimate){own.ratio, own.error * scale},
                                          (struct mm_estimate){reference.ratio, reference.error * scale}, floor.ratio, &f, err));
    f->formula = "pMSE over its expectation for indistinguishable rows; 1: ideal", f->unit = "ratio";
    mm_figure_rows(f, job, n);
    return MINT_OK;
}

const struct mm_metric mm_metric_propensity = {
    .id = "fidelity.pmse",
    .figures = "fidelity.pmse.raw (0 to 0.25), fidelity.pmse.standardised (1 is ideal)",
    .range = "0 up",
    .cost = "three logistic fits on at most 10,000 rows a side",
    .without_value = "fewer than 50 rows on a side",
    .differs = "synthpop scores synthetic against the rows it was fitted to; here against the holdout, so that copying does not help",
    .axis = "fidelity",
    .summary = "propensity score mean squared error of a logistic model, raw and over its expectation",
    .formula = "mean of (p - 1/2)^2 over holdout and as many synthetic rows, all columns, no interactions",
    .unit = "pMSE",
    .direction = MM_LOWER,
    .compute = compute,
};
