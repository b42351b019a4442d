/* SPDX-License-Identifier: Apache-2.0 */
/* Are the labels right for their rows? Two models of the target, fitted to train rows and pooled, say how likely each synthetic label
 * is; the share of labels flipped at random that makes the synthetic labels likeliest is estimated by maximum likelihood and
 * compared with the same estimate on real rows that the model has not seen: the holdout, and train rows by cross-fitting, so
 * that the reference is not as noisy as a small holdout. It carries the model's own errors. For a number: excess RMSE. */
#include <math.h>
#include <string.h>

#include "learn/opinion_pool.h"
#include "metric/metric_list.h"
#include "metric/target.h"

enum { ROWS_MIN = 100, CLASS_ROWS_MIN = 10, FOLDS = 3 };

struct estimate {
    double value, error;
};

/* Slope of the log-likelihood of flip rate e at a label to which the model gives q: P(label) = (1 - e) q + e (1 - q) / (K - 1). */
static double slope(double q, double others, double e) {
    q = fmin(fmax(q, 1e-6), 1 - 1e-6);
    double flipped = (1 - q) / others;
    return (flipped - q) / ((1 - e) * q + e * flipped);
}

static struct estimate flip_rate(const double *likelihood, uint32_t n, uint32_t classes) {
    double low = 0, high = 0.5, others = classes - 1, information = 0;
    for (int step = 0; step < 60; step++) { /* the log-likelihood is concave in e: bisect its slope */
        double e = (low + high) / 2, sum = 0;
        for (uint32_t i = 0; i < n; i++) sum += slope(likelihood[i], others, e);
        if (sum > 0)
            low = e;
        else
            high = e;
    }
    struct estimate f = {.value = (low + high) / 2};
    for (uint32_t i = 0; i < n; i++) information += pow(slope(likelihood[i], others, f.value), 2);
    f.error = information > 0 ? 1 / sqrt(information) : 0.5;
    return f;
}

static struct estimate root_mean_square(const double *residuals, uint32_t n) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++) {
        double square = residuals[i] * residuals[i];
        sum += square, squares += square * square;
    }
    double mean = sum / n, variance = squares / n - mean * mean;
    double rmse = sqrt(mean);
    return (struct estimate){rmse, rmse > 0 ? sqrt(variance / n) / (2 * rmse) : 0};
}

/* Rows of a side with their labels and what models that never saw the rows say of them: of classes, what each learner thinks of each;
 * of a quantity, XGBoost's number. */
struct judged_rows {
    float *labels, *numbers;
    struct mm_opinions opinions;
    uint32_t count;
};
/* What one model is fitted to. */
struct lesson {
    const uint32_t *rows;
    const float *labels;
    uint32_t count;
};

static bool is_quantity(const struct mm_target *t) { return t->task == MM_TASK_REGRESSION; }

static mint_status make_room(struct judged_rows *out, const struct mm_target *t, struct mm_arena *scratch, mint_error *err) {
    if (is_quantity(t)) {
        MM_ALLOC_OR_RETURN(out->numbers, scratch, out->count, err);
        return MINT_OK;
    }
    out->opinions.classes = t->classes;
    for (int k = 0; k < MM_OPINIONS; k++) MM_ALLOC_OR_RETURN(out->opinions.of[k], scratch, (size_t)out->count * t->classes, err);
    return MINT_OK;
}

/* Log-probabilities of classes: of XGBoost's probabilities, or of logistic regression's log odds. One number a row stands for the
 * second of two classes. */
static void take_opinions(float *out, const float *predictions, enum mm_learner learner, const struct mm_target *t, uint32_t count) {
    uint32_t width = t->task == MM_TASK_BINARY ? 1 : t->classes;
    for (size_t at = 0; at < (size_t)count * width; at++) {
        double p = (double)predictions[at], odds = learner == MM_LEARN_LINEAR ? p : log(fmax(p, 1e-6) / fmax(1 - p, 1e-6));
        odds = fmin(fmax(odds, -20), 20);
        if (width == 1) out[2 * at] = (float)-log1p(exp(odds));
        out[width == 1 ? 2 * at + 1 : at] = (float)-log1p(exp(-odds));
    }
}

/* Rows [from, to) of `out`, which are `rows` of a side. */
static mint_status predict(const struct mm_metric_job *job, const struct mm_target *t, const struct lesson *lesson, enum mm_side side,
                           const uint32_t *rows, struct judged_rows *out, uint32_t from, uint32_t to, mint_error *err) {
    static const enum mm_learner learners[MM_OPINIONS] = {MM_LEARN_XGBOOST_EAGER, MM_LEARN_LINEAR};
    if (is_quantity(t))
        return mm_target_predict(job, t, MM_LEARN_XGBOOST_EAGER, MM_TRAIN, lesson->rows, lesson->labels, lesson->count, side, rows,
                                 to - from, out->numbers + from, err);
    float *predictions;
    MM_ALLOC_OR_RETURN(predictions, job->scratch, (size_t)(to - from) * t->classes, err);
    for (int k = 0; k < MM_OPINIONS; k++) {
        MM_RETURN_IF_ERROR(mm_target_predict(job, t, learners[k], MM_TRAIN, lesson->rows, lesson->labels, lesson->count, side, rows,
                                             to - from, predictions, err));
        take_opinions(out->opinions.of[k] + (size_t)from * t->classes, predictions, learners[k], t, to - from);
    }
    mm_arena_free(job->scratch, predictions);
    return MINT_OK;
}

static mint_status predict_side(const struct mm_metric_job *job, const struct mm_target *t, const struct lesson *lesson, enum mm_side side,
                                struct judged_rows *out, mint_error *err) {
    uint32_t *rows;
    MM_RETURN_IF_ERROR(mm_target_rows(t, job->frame, side, UINT32_MAX, job->scratch, &rows, &out->labels, &out->count, err));
    if (out->count < ROWS_MIN) return MINT_OK;
    MM_RETURN_IF_ERROR(make_room(out, t, job->scratch, err));
    return predict(job, t, lesson, side, rows, out, 0, out->count, err);
}

/* Train rows in FOLDS parts, each predicted by models of the others. */
static mint_status cross_fit(const struct mm_metric_job *job, const struct mm_target *t, const struct lesson *all, struct judged_rows *out,
                             mint_error *err) {
    uint32_t *others, count = all->count;
    float *labels;
    MM_ALLOC_OR_RETURN(others, job->scratch, count, err);
    MM_ALLOC_OR_RETURN(labels, job->scratch, count, err);
    MM_ALLOC_OR_RETURN(out->labels, job->scratch, count, err);
    memcpy(out->labels, all->labels, count * sizeof *out->labels);
    out->count = count;
    MM_RETURN_IF_ERROR(make_room(out, t, job->scratch, err));
    for (uint32_t fold = 0; fold < FOLDS; fold++) { /* rows come in random order: runs of them are folds */
        uint32_t from = (uint32_t)((uint64_t)count * fold / FOLDS), to = (uint32_t)((uint64_t)count * (fold + 1) / FOLDS);
        memcpy(others, all->rows, from * sizeof *others);
        memcpy(others + from, all->rows + to, (count - to) * sizeof *others);
        memcpy(labels, all->labels, from * sizeof *labels);
        memcpy(labels + from, all->labels + to, (count - to) * sizeof *labels);
        struct lesson lesson = {others, labels, count - (to - from)};
        MM_RETURN_IF_ERROR(predict(job, t, &lesson, MM_TRAIN, all->rows + from, out, from, to, err));
    }
    return MINT_OK;
}

/* What the rows of one side, or of two together, say: the scatter of a quantity, or the rate of flipped labels. */
static mint_status read_rows(struct estimate *out, const struct mm_target *t, const struct mm_pool *pool, const struct judged_rows *a,
                             const struct judged_rows *b, struct mm_arena *scratch, mint_error *err) {
    *out = (struct estimate){NAN, NAN};
    if (a->count < ROWS_MIN) return MINT_OK;
    const struct judged_rows *sides[] = {a, b};
    double *values;
    uint32_t count = 0;
    MM_ALLOC_OR_RETURN(values, scratch, (size_t)a->count + (b ? b->count : 0), err);
    for (int k = 0; k < 2 && sides[k]; k++)
        for (uint32_t i = 0; i < sides[k]->count; i++)
            values[count++] = is_quantity(t) ? (double)(sides[k]->numbers[i] - sides[k]->labels[i])
                                             : mm_pool_probability(pool, &sides[k]->opinions, i, (uint32_t)sides[k]->labels[i]);
    *out = is_quantity(t) ? root_mean_square(values, count) : flip_rate(values, count, t->classes);
    mm_arena_free(scratch, values);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_target t;
    char reason[200];
    const char *problem = mm_target_open(&t, frame, CLASS_ROWS_MIN, reason);
    bool named = (frame->target >= 0 && frame->column_count > 1) || frame->target_lacks;
    if (problem) return mm_figure_none(job, self, self->id, named, err, "%s", problem);
    uint32_t *fit_rows;
    float *fit_labels;
    struct lesson all = {0};
    struct judged_rows synthetic = {0}, holdout = {0}, train = {0}, floor_rows = {0};
    MM_RETURN_IF_ERROR(mm_target_rows(&t, frame, MM_TRAIN, UINT32_MAX, job->scratch, &fit_rows, &fit_labels, &all.count, err));
    all.rows = fit_rows, all.labels = fit_labels;
    MM_RETURN_IF_ERROR(predict_side(job, &t, &all, MM_SYNTHETIC, &synthetic, err));
    MM_RETURN_IF_ERROR(predict_side(job, &t, &all, MM_HOLDOUT, &holdout, err));
    if (frame->row_count[MM_FLOOR]) MM_RETURN_IF_ERROR(predict_side(job, &t, &all, MM_FLOOR, &floor_rows, err));
    if (synthetic.count < ROWS_MIN || holdout.count < ROWS_MIN || all.count < FOLDS * ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "fewer than %d labelled rows", ROWS_MIN);
    MM_RETURN_IF_ERROR(cross_fit(job, &t, &all, &train, err));
    struct mm_pool pool = {{0}};
    if (!is_quantity(&t)) mm_pool_fit(&pool, &train.opinions, train.labels, train.count);
    struct estimate own, reference, floor;
    MM_RETURN_IF_ERROR(read_rows(&own, &t, &pool, &synthetic, NULL, job->scratch, err));
    /* After a split by time the holdout alone shows the drift. */
    MM_RETURN_IF_ERROR(read_rows(&reference, &t, &pool, &holdout, frame->drifts ? NULL : &train, job->scratch, err));
    MM_RETURN_IF_ERROR(read_rows(&floor, &t, &pool, &floor_rows, NULL, job->scratch, err));
    /* Intervals are those of the synthetic and the holdout rows; what the models learned from train rows, their calibration on them
     * included, is taken as it is. */
    if (!frame->drifts) reference.error *= sqrt((double)holdout.count / (holdout.count + train.count));
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, is_quantity(&t) ? "validity.label_rmse" : self->id, err));
    f->columns[0] = frame->columns[t.column].name;
    f->n[1] = synthetic.count, f->n[2] = holdout.count;
    double both = sqrt(own.error * own.error + reference.error * reference.error);
    if (is_quantity(&t)) {
        f->formula = "RMSE of a model of the target fitted to train rows, over the target's deviation, x100; excess over unseen real "
                     "rows', relative";
        f->excess = 100 * (own.value / reference.value - 1);
        both /= reference.value;
    } else
        f->excess = 100 * (own.value - reference.value);
    f->value = 100 * own.value, f->low = fmax(0, 100 * (own.value - 1.96 * own.error)), f->high = 100 * (own.value + 1.96 * own.error);
    f->reference = 100 * reference.value, f->floor = 100 * floor.value;
    f->excess_low = f->excess - 196 * both, f->excess_high = f->excess + 196 * both;
    return MINT_OK;
}

const struct mm_metric mm_metric_label_agreement = {
    .id = "validity.label_flips",
    .figures = "validity.label_flips or, for a number, validity.label_rmse",
    .range = "0 to 50",
    .cost = "four fits of two learners",
    .without_value = "no target; fewer than 100 labelled rows",
    .axis = "validity",
    .summary = "share of labels that look flipped, beyond what unseen real rows show",
    .formula = "maximum-likelihood flip rate under XGBoost's and logistic regression's opinions, fitted to train rows and pooled, x100",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
