/* SPDX-License-Identifier: Apache-2.0 */
/* Are the labels right for their rows? A model of the target, fitted to train rows, says how likely each synthetic label is;
 * the share of labels flipped at random that makes the synthetic labels likeliest is estimated by maximum likelihood and
 * compared with the same estimate on the holdout, which carries the model's own errors. For a number: excess RMSE. */
#include <math.h>
#include <string.h>

#include "metric/metric_list.h"
#include "metric/target.h"

enum { ROWS_MIN = 100, CLASS_ROWS_MIN = 10 };

/* Log-likelihood of flip rate e and its curvature: P(y) = (1 - e) p_y + e (1 - p_y) / (K - 1). */
struct flips { double rate, error; };

static double label_probability(const struct mm_target *t, const float *p, uint32_t row, uint32_t label) {
    if (t->task == MM_TASK_BINARY) return label ? (double)p[row] : 1 - (double)p[row];
    return (double)p[(size_t)row * t->classes + label];
}

static struct flips estimate(const struct mm_target *t, const float *p, const float *labels, uint32_t n) {
    double low = 0, high = 0.5, others = t->classes - 1;
    for (int step = 0; step < 60; step++) { /* the log-likelihood is concave in e: bisect its slope */
        double e = (low + high) / 2, slope = 0;
        for (uint32_t i = 0; i < n; i++) {
            double q = fmin(fmax(label_probability(t, p, i, (uint32_t)labels[i]), 1e-6), 1 - 1e-6), flipped = (1 - q) / others;
            slope += (flipped - q) / ((1 - e) * q + e * flipped);
        }
        if (slope > 0) low = e;
        else high = e;
    }
    struct flips f = {.rate = (low + high) / 2};
    double information = 0;
    for (uint32_t i = 0; i < n; i++) {
        double q = fmin(fmax(label_probability(t, p, i, (uint32_t)labels[i]), 1e-6), 1 - 1e-6), flipped = (1 - q) / others;
        double d = (flipped - q) / ((1 - f.rate) * q + f.rate * flipped);
        information += d * d;
    }
    f.error = information > 0 ? 1 / sqrt(information) : 0.5;
    return f;
}

static struct flips root_mean_square(const float *p, const float *labels, uint32_t n) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++) {
        double e = (double)(p[i] - labels[i]);
        sum += e * e, squares += e * e * e * e;
    }
    double mean = sum / n, variance = squares / n - mean * mean;
    double rmse = sqrt(mean);
    return (struct flips){rmse, rmse > 0 ? sqrt(variance / n) / (2 * rmse) : 0};
}

static mint_status judge(const struct mm_metric_job *job, const struct mm_target *t, enum mm_side side, const uint32_t *fit_rows, const float *fit_labels, uint32_t fit_count, struct flips *out, uint32_t *n, mint_error *err) {
    uint32_t *rows;
    float *labels, *predictions;
    MM_RETURN_IF_ERROR(mm_target_rows(t, job->frame, side, UINT32_MAX, job->scratch, &rows, &labels, n, err));
    *out = (struct flips){NAN, NAN};
    if (*n < ROWS_MIN) return MINT_OK;
    MM_ALLOC_OR_RETURN(predictions, job->scratch, (size_t)*n * (t->task == MM_TASK_CLASSES ? t->classes : 1), err);
    MM_RETURN_IF_ERROR(mm_target_predict(job, t, MM_LEARN_XGBOOST, MM_TRAIN, fit_rows, fit_labels, fit_count, side, rows, *n, predictions, err));
    *out = t->task == MM_TASK_REGRESSION ? root_mean_square(predictions, labels, *n) : estimate(t, predictions, labels, *n);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    if (frame->target < 0) return mm_figure_none(job, self, self->id, false, err, "no target was named (--target)");
    if (frame->column_count < 2) return mm_figure_none(job, self, self->id, false, err, "there is one column only");
    struct mm_target t;
    char reason[200];
    if (!mm_target_make(&t, frame, (uint32_t)frame->target, CLASS_ROWS_MIN, reason)) return mm_figure_none(job, self, self->id, true, err, "the target cannot be learned: %s", reason);
    uint32_t *fit_rows, fit_count, n = 0, holdout_n = 0, floor_n = 0;
    float *fit_labels;
    MM_RETURN_IF_ERROR(mm_target_rows(&t, frame, MM_TRAIN, UINT32_MAX, job->scratch, &fit_rows, &fit_labels, &fit_count, err));
    struct flips own, holdout, floor = {NAN, NAN};
    MM_RETURN_IF_ERROR(judge(job, &t, MM_SYNTHETIC, fit_rows, fit_labels, fit_count, &own, &n, err));
    MM_RETURN_IF_ERROR(judge(job, &t, MM_HOLDOUT, fit_rows, fit_labels, fit_count, &holdout, &holdout_n, err));
    if (frame->row_count[MM_FLOOR]) MM_RETURN_IF_ERROR(judge(job, &t, MM_FLOOR, fit_rows, fit_labels, fit_count, &floor, &floor_n, err));
    if (isnan(own.rate) || isnan(holdout.rate)) return mm_figure_none(job, self, self->id, true, err, "fewer than %d labelled rows", ROWS_MIN);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, t.task == MM_TASK_REGRESSION ? "validity.label_rmse" : self->id, err));
    f->columns[0] = frame->columns[t.column].name;
    f->n[1] = n, f->n[2] = holdout_n;
    double both = sqrt(own.error * own.error + holdout.error * holdout.error);
    if (t.task == MM_TASK_REGRESSION) {
        f->formula = "RMSE of a model of the target fitted to train rows, over the target's deviation, x100; excess over the holdout's, relative";
        f->excess = 100 * (own.rate / holdout.rate - 1);
        both /= holdout.rate;
    } else f->excess = 100 * (own.rate - holdout.rate);
    f->value = 100 * own.rate, f->low = fmax(0, 100 * (own.rate - 1.96 * own.error)), f->high = 100 * (own.rate + 1.96 * own.error);
    f->reference = 100 * holdout.rate, f->floor = 100 * floor.rate;
    f->excess_low = f->excess - 196 * both, f->excess_high = f->excess + 196 * both;
    return MINT_OK;
}

const struct mm_metric mm_metric_label_agreement = {
    .id = "validity.label_flips", .axis = "validity", .summary = "share of labels that look flipped, beyond what the holdout shows",
    .formula = "maximum-likelihood flip rate under a model of the target fitted to train rows, x100", .unit = "%", .direction = MM_LOWER, .in_policy = true, .compute = compute,
};
