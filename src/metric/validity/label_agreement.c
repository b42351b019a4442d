/* SPDX-License-Identifier: Apache-2.0 */
/* Are the labels right for their rows? A model of the target, fitted to train rows, says how likely each synthetic label is;
 * the share of labels flipped at random that makes the synthetic labels likeliest is estimated by maximum likelihood and
 * compared with the same estimate on real rows that the model has not seen: the holdout, and train rows by cross-fitting, so
 * that the reference is not as noisy as a small holdout. It carries the model's own errors. For a number: excess RMSE. */
#include <math.h>
#include <string.h>

#include "metric/metric_list.h"
#include "metric/target.h"

enum { ROWS_MIN = 100, CLASS_ROWS_MIN = 10, FOLDS = 3 };

/* Log-likelihood of flip rate e and its curvature: P(y) = (1 - e) p_y + e (1 - p_y) / (K - 1). */
struct flips {
    double rate, error;
};

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
        if (slope > 0)
            low = e;
        else
            high = e;
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

/* Rows of a side with their labels and what a model says of them; the model never saw the rows. */
struct judged_rows {
    float *labels, *predictions;
    uint32_t count;
};

static uint32_t width_of(const struct mm_target *t) { return t->task == MM_TASK_CLASSES ? t->classes : 1; }

static mint_status predict_side(const struct mm_metric_job *job, const struct mm_target *t, enum mm_side side, const uint32_t *fit_rows,
                                const float *fit_labels, uint32_t fit_count, struct judged_rows *out, mint_error *err) {
    uint32_t *rows;
    MM_RETURN_IF_ERROR(mm_target_rows(t, job->frame, side, UINT32_MAX, job->scratch, &rows, &out->labels, &out->count, err));
    MM_ALLOC_OR_RETURN(out->predictions, job->scratch, (size_t)out->count * width_of(t), err);
    if (out->count < ROWS_MIN) return MINT_OK;
    return mm_target_predict(job, t, MM_LEARN_XGBOOST, MM_TRAIN, fit_rows, fit_labels, fit_count, side, rows, out->count, out->predictions,
                             err);
}

/* Train rows in FOLDS parts, each predicted by a model of the others. */
static mint_status cross_fit(const struct mm_metric_job *job, const struct mm_target *t, const uint32_t *rows, const float *labels,
                             uint32_t count, struct judged_rows *out, mint_error *err) {
    uint32_t *others;
    float *other_labels;
    size_t width = width_of(t);
    MM_ALLOC_OR_RETURN(others, job->scratch, count, err);
    MM_ALLOC_OR_RETURN(other_labels, job->scratch, count, err);
    MM_ALLOC_OR_RETURN(out->predictions, job->scratch, count * width, err);
    MM_ALLOC_OR_RETURN(out->labels, job->scratch, count, err);
    memcpy(out->labels, labels, count * sizeof *labels);
    out->count = count;
    for (uint32_t fold = 0; fold < FOLDS; fold++) { /* rows come in random order: runs of them are folds */
        uint32_t from = (uint32_t)((uint64_t)count * fold / FOLDS), to = (uint32_t)((uint64_t)count * (fold + 1) / FOLDS);
        memcpy(others, rows, from * sizeof *others);
        memcpy(others + from, rows + to, (count - to) * sizeof *others);
        memcpy(other_labels, labels, from * sizeof *other_labels);
        memcpy(other_labels + from, labels + to, (count - to) * sizeof *other_labels);
        MM_RETURN_IF_ERROR(mm_target_predict(job, t, MM_LEARN_XGBOOST, MM_TRAIN, others, other_labels, count - (to - from), MM_TRAIN,
                                             rows + from, to - from, out->predictions + from * width, err));
    }
    return MINT_OK;
}

static struct flips read_rows(const struct mm_target *t, const struct judged_rows *rows) {
    if (rows->count < ROWS_MIN) return (struct flips){NAN, NAN};
    return t->task == MM_TASK_REGRESSION ? root_mean_square(rows->predictions, rows->labels, rows->count)
                                         : estimate(t, rows->predictions, rows->labels, rows->count);
}

/* One behind the other. */
static mint_status join(struct judged_rows *out, const struct judged_rows *a, const struct judged_rows *b, uint32_t width,
                        struct mm_arena *scratch, mint_error *err) {
    out->count = a->count + b->count;
    MM_ALLOC_OR_RETURN(out->labels, scratch, out->count, err);
    MM_ALLOC_OR_RETURN(out->predictions, scratch, (size_t)out->count * width, err);
    memcpy(out->labels, a->labels, a->count * sizeof *a->labels);
    memcpy(out->labels + a->count, b->labels, b->count * sizeof *b->labels);
    memcpy(out->predictions, a->predictions, (size_t)a->count * width * sizeof *a->predictions);
    memcpy(out->predictions + (size_t)a->count * width, b->predictions, (size_t)b->count * width * sizeof *b->predictions);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_target t;
    char reason[200];
    const char *problem = mm_target_open(&t, frame, CLASS_ROWS_MIN, reason);
    if (problem) return mm_figure_none(job, self, self->id, frame->target >= 0 && frame->column_count > 1, err, "%s", problem);
    uint32_t *fit_rows, fit_count;
    float *fit_labels;
    struct judged_rows synthetic = {0}, holdout = {0}, train = {0}, real = {0}, floor_rows = {0};
    MM_RETURN_IF_ERROR(mm_target_rows(&t, frame, MM_TRAIN, UINT32_MAX, job->scratch, &fit_rows, &fit_labels, &fit_count, err));
    MM_RETURN_IF_ERROR(predict_side(job, &t, MM_SYNTHETIC, fit_rows, fit_labels, fit_count, &synthetic, err));
    MM_RETURN_IF_ERROR(predict_side(job, &t, MM_HOLDOUT, fit_rows, fit_labels, fit_count, &holdout, err));
    if (frame->row_count[MM_FLOOR]) MM_RETURN_IF_ERROR(predict_side(job, &t, MM_FLOOR, fit_rows, fit_labels, fit_count, &floor_rows, err));
    if (synthetic.count < ROWS_MIN || fit_count < FOLDS * ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "fewer than %d labelled rows", ROWS_MIN);
    real = holdout;
    if (!frame->drifts) { /* after a split by time the holdout alone shows the drift */
        MM_RETURN_IF_ERROR(cross_fit(job, &t, fit_rows, fit_labels, fit_count, &train, err));
        MM_RETURN_IF_ERROR(join(&real, &holdout, &train, width_of(&t), job->scratch, err));
    }
    struct flips own = read_rows(&t, &synthetic), reference = read_rows(&t, &real), floor = read_rows(&t, &floor_rows);
    if (isnan(own.rate) || isnan(reference.rate))
        return mm_figure_none(job, self, self->id, true, err, "fewer than %d labelled rows", ROWS_MIN);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, t.task == MM_TASK_REGRESSION ? "validity.label_rmse" : self->id, err));
    f->columns[0] = frame->columns[t.column].name;
    f->n[1] = synthetic.count, f->n[2] = holdout.count;
    double both = sqrt(own.error * own.error + reference.error * reference.error);
    if (t.task == MM_TASK_REGRESSION) {
        f->formula = "RMSE of a model of the target fitted to train rows, over the target's deviation, x100; excess over unseen real "
                     "rows', relative";
        f->excess = 100 * (own.rate / reference.rate - 1);
        both /= reference.rate;
    } else
        f->excess = 100 * (own.rate - reference.rate);
    f->value = 100 * own.rate, f->low = fmax(0, 100 * (own.rate - 1.96 * own.error)), f->high = 100 * (own.rate + 1.96 * own.error);
    f->reference = 100 * reference.rate, f->floor = 100 * floor.rate;
    f->excess_low = f->excess - 196 * both, f->excess_high = f->excess + 196 * both;
    return MINT_OK;
}

const struct mm_metric mm_metric_label_agreement = {
    .id = "validity.label_flips",
    .figures = "validity.label_flips or, for a number, validity.label_rmse",
    .range = "0 to 50",
    .cost = "five fits",
    .without_value = "no target; fewer than 100 labelled rows",
    .axis = "validity",
    .summary = "share of labels that look flipped, beyond what unseen real rows show",
    .formula = "maximum-likelihood flip rate under a model of the target fitted to train rows, x100",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
