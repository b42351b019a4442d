/* SPDX-License-Identifier: Apache-2.0 */
/* What a model trained on synthetic rows is like, score by score, beside one trained on as many real rows, both judged on the holdout:
 * average precision, F1 and recall of each class, calibration; and whether adding synthetic rows to the real ones helps. Boosted
 * trees; intervals by a paired bootstrap of the holdout. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_list.h"
#include "metric/target.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { RESAMPLES = 60, ROWS_MIN = 100, CLASS_ROWS_MIN = 10, CALIBRATION_BINS = 10, SOURCES = 3 };
enum { REAL, SYNTHETIC, BOTH };

struct scored {
    struct mm_target target;
    uint32_t n, width, *rows;
    float *labels, *predictions[SOURCES];
};

/* P(class | row). */
static double probability(const struct scored *s, int source, uint32_t i, uint32_t label) {
    if (s->target.task == MM_TASK_CLASSES) return (double)s->predictions[source][(size_t)i * s->width + label];
    double p = (double)s->predictions[source][i];
    return label ? p : 1 - p;
}

static uint32_t guess(const struct scored *s, int source, uint32_t i) {
    uint32_t best = 0;
    for (uint32_t k = 1; k < s->target.classes; k++)
        if (probability(s, source, i, k) > probability(s, source, i, best)) best = k;
    return best;
}

/* Mean share of right labels over the ranks at which the label occurs (area under precision and recall without interpolation). */
static double average_precision(const struct scored *s, const uint16_t *weights, const uint32_t *order, uint32_t label) {
    double right = 0, seen = 0, sum = 0;
    for (uint32_t i = s->n; i > 0; i--) {
        uint32_t row = order[i - 1];
        double w = weights[row];
        seen += w;
        if ((uint32_t)s->labels[row] != label || w <= 0) continue;
        right += w;
        sum += w * right / seen;
    }
    return right > 0 ? sum / right : NAN;
}

struct counts {
    double hit, guessed, real;
};

static double f1(struct counts c) { return c.guessed + c.real > 0 ? 2 * c.hit / (c.guessed + c.real) : NAN; }

/* Expected calibration error (Naeini et al. 2015): of the label that is guessed, over ten equal-width bins. */
static double calibration_error(const struct scored *s, int source, const uint16_t *weights) {
    double confidence[CALIBRATION_BINS] = {0}, right[CALIBRATION_BINS] = {0}, all = 0, sum = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t label = guess(s, source, i);
        double p = probability(s, source, i, label);
        int bin = p >= 1 ? CALIBRATION_BINS - 1 : (int)(p * CALIBRATION_BINS);
        confidence[bin] += weights[i] * p, right[bin] += weights[i] * ((uint32_t)s->labels[i] == label), all += weights[i];
    }
    for (int b = 0; b < CALIBRATION_BINS; b++) sum += fabs(confidence[b] - right[b]);
    return all > 0 ? sum / all : NAN;
}

static void count_label(const struct scored *s, int source, const uint16_t *weights, uint32_t label, struct counts *c) {
    *c = (struct counts){0};
    for (uint32_t i = 0; i < s->n; i++) {
        bool is = (uint32_t)s->labels[i] == label, guessed = guess(s, source, i) == label;
        c->hit += weights[i] * (is && guessed), c->guessed += weights[i] * guessed, c->real += weights[i] * is;
    }
}

enum { PRECISION, F1, CALIBRATION, SCORES };
static const char *const ids[SCORES] = {"utility.scores.average_precision", "utility.scores.f1", "utility.scores.calibration_error"};
static const char *const formulas[SCORES] = {"average precision of the rarer class, or the mean over classes", "F1, mean over classes",
                                             "expected calibration error, ten bins; lower is better"};

static void score_all(const struct scored *s, int source, const uint16_t *weights, uint32_t *orders[SOURCES][MM_CLASSES_MAX],
                      double out[SCORES]) {
    double precision = 0, f1s = 0, classes = 0, f1_classes = 0;
    for (uint32_t label = s->target.classes == 2; label < s->target.classes; label++) {
        double p = average_precision(s, weights, orders[source][label], label);
        if (!isnan(p)) precision += p, classes++;
    }
    for (uint32_t label = 0; label < s->target.classes; label++) {
        struct counts c;
        count_label(s, source, weights, label, &c);
        if (!isnan(f1(c))) f1s += f1(c), f1_classes++;
    }
    out[PRECISION] = classes > 0 ? precision / classes : NAN;
    out[F1] = f1_classes > 0 ? f1s / f1_classes : NAN;
    out[CALIBRATION] = calibration_error(s, source, weights);
}

static mint_status predict(const struct mm_metric_job *job, struct scored *s, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t *rows[2], counts[2], n = mm_frame_common_rows(frame, MM_TRAIN, MM_SYNTHETIC, UINT32_MAX);
    float *labels[2];
    MM_RETURN_IF_ERROR(mm_target_rows(&s->target, frame, MM_HOLDOUT, 20000, job->scratch, &s->rows, &s->labels, &s->n, err));
    s->width = s->target.task == MM_TASK_CLASSES ? s->target.classes : 1;
    for (int k = 0; k < SOURCES; k++) MM_ALLOC_OR_RETURN(s->predictions[k], job->scratch, (size_t)s->n * s->width, err);
    for (int side = MM_TRAIN; side <= MM_SYNTHETIC; side++) {
        MM_RETURN_IF_ERROR(
            mm_target_rows(&s->target, frame, (enum mm_side)side, n, job->scratch, &rows[side], &labels[side], &counts[side], err));
        if (counts[side] < ROWS_MIN || s->n < ROWS_MIN) {
            s->n = 0;
            return MINT_OK;
        }
        MM_RETURN_IF_ERROR(mm_target_predict(job, &s->target, MM_LEARN_XGBOOST, (enum mm_side)side, rows[side], labels[side], counts[side],
                                             MM_HOLDOUT, s->rows, s->n, s->predictions[side == MM_SYNTHETIC], err));
    }
    /* Both together. */
    uint32_t width = frame->column_count - 1, all = counts[0] + counts[1];
    float *fit, *fit_labels, *test;
    MM_ALLOC_OR_RETURN(fit, job->scratch, (size_t)all * width, err);
    MM_ALLOC_OR_RETURN(fit_labels, job->scratch, all, err);
    MM_ALLOC_OR_RETURN(test, job->scratch, (size_t)s->n * width, err);
    mm_frame_fill(frame, MM_TRAIN, rows[0], counts[0], s->target.column, fit);
    mm_frame_fill(frame, MM_SYNTHETIC, rows[1], counts[1], s->target.column, fit + (size_t)counts[0] * width);
    memcpy(fit_labels, labels[0], counts[0] * sizeof *fit_labels);
    memcpy(fit_labels + counts[0], labels[1], counts[1] * sizeof *fit_labels);
    mm_frame_fill(frame, MM_HOLDOUT, s->rows, s->n, s->target.column, test);
    struct mm_xgboost_params params = MM_XGBOOST_DEFAULTS;
    params.task = s->target.task, params.classes = s->target.classes;
    struct mm_matrix train = {fit, all, width}, tests = {test, s->n, width};
    return mm_xgboost_fit_predict(job->ctx, &train, fit_labels, &params, &tests, &s->predictions[BOTH], 1, err);
}

/* Does adding synthetic rows help? The gain in AUC or R2 of real and synthetic over real rows alone. */
static mint_status report_augmentation(const struct mm_metric_job *job, const struct mm_metric *self, const struct scored *s,
                                       mint_error *err) {
    uint32_t **orders[SOURCES];
    uint16_t *by_row, *weights;
    MM_ALLOC_OR_RETURN(by_row, job->scratch, job->frame->row_count[MM_HOLDOUT], err);
    MM_ALLOC_OR_RETURN(weights, job->scratch, s->n, err);
    double value[SOURCES], gains[RESAMPLES];
    for (int k = 0; k < SOURCES; k++) {
        MM_RETURN_IF_ERROR(mm_target_orders(&s->target, s->predictions[k], s->n, job->scratch, &orders[k], err));
        value[k] = mm_target_score(&s->target, s->predictions[k], s->labels, NULL, orders[k], s->n, job->scratch);
    }
    uint32_t kept = 0;
    for (uint32_t b = 0; b < RESAMPLES; b++) {
        MM_RETURN_IF_ERROR(mm_frame_resample(job->frame, b, job->scratch, by_row, err));
        for (uint32_t i = 0; i < s->n; i++) weights[i] = by_row[s->rows[i]];
        double both = mm_target_score(&s->target, s->predictions[BOTH], s->labels, weights, orders[BOTH], s->n, job->scratch),
               real = mm_target_score(&s->target, s->predictions[REAL], s->labels, weights, orders[REAL], s->n, job->scratch);
        if (!isnan(both - real)) gains[kept++] = 100 * (both - real);
    }
    if (isnan(value[BOTH]) || isnan(value[REAL]) || !kept)
        return mm_figure_none(job, self, "utility.augmentation", true, err, "the holdout does not have both classes");
    struct mm_figure *f;
    double gain = 100 * (value[BOTH] - value[REAL]), error = mm_standard_deviation(gains, kept);
    MM_RETURN_IF_ERROR(
        mm_figure_estimate(job, self, "utility.augmentation", (struct mm_estimate){gain, error}, (struct mm_estimate){0, 0}, NAN, &f, err));
    f->unit = "points", f->columns[0] = job->frame->columns[s->target.column].name;
    f->formula = "100 x (AUC or R2 of real and synthetic rows - that of real rows alone)";
    return mm_figure_detail(f, job, err, "does adding the synthetic rows to the real ones help: %s",
                            f->excess_high < 0  ? "yes"
                            : f->excess_low > 0 ? "no, it harms"
                                                : "cannot tell");
}

static mint_status report_scores(const struct mm_metric_job *job, const struct mm_metric *self, const struct scored *s, mint_error *err) {
    uint32_t *orders[SOURCES][MM_CLASSES_MAX] = {{NULL}};
    float *column;
    uint16_t *by_row, *weights;
    MM_ALLOC_OR_RETURN(column, job->scratch, s->n, err);
    MM_ALLOC_OR_RETURN(by_row, job->scratch, job->frame->row_count[MM_HOLDOUT], err);
    MM_ALLOC_OR_RETURN(weights, job->scratch, s->n, err);
    for (int k = 0; k < BOTH; k++)
        for (uint32_t label = 0; label < s->target.classes; label++) {
            MM_ALLOC_OR_RETURN(orders[k][label], job->scratch, s->n, err);
            for (uint32_t i = 0; i < s->n; i++) column[i] = (float)probability(s, k, i, label);
            MM_RETURN_IF_ERROR(mm_sort_order(orders[k][label], column, s->n, job->scratch->memory, err));
        }
    double value[BOTH][SCORES], resampled[BOTH][SCORES][RESAMPLES], spare[RESAMPLES];
    for (uint32_t b = 0; b <= RESAMPLES; b++) {
        if (b < RESAMPLES) MM_RETURN_IF_ERROR(mm_frame_resample(job->frame, b, job->scratch, by_row, err));
        for (uint32_t i = 0; i < s->n; i++) weights[i] = b < RESAMPLES ? by_row[s->rows[i]] : 1;
        for (int k = 0; k < BOTH; k++) {
            double scores[SCORES];
            score_all(s, k, weights, orders, scores);
            for (int m = 0; m < SCORES; m++) *(b < RESAMPLES ? &resampled[k][m][b] : &value[k][m]) = scores[m];
        }
    }
    for (int m = 0; m < SCORES; m++) {
        struct mm_figure *f;
        for (uint32_t b = 0; b < RESAMPLES; b++) spare[b] = resampled[SYNTHETIC][m][b] - resampled[REAL][m][b];
        double sign = m == CALIBRATION ? 1 : -1, half = 1.96 * mm_standard_deviation(spare, RESAMPLES);
        MM_RETURN_IF_ERROR(mm_figure_estimate(
            job, self, ids[m], (struct mm_estimate){value[SYNTHETIC][m], mm_standard_deviation(resampled[SYNTHETIC][m], RESAMPLES)},
            (struct mm_estimate){value[REAL][m], 0}, NAN, &f, err));
        f->formula = formulas[m], f->direction = m == CALIBRATION ? MM_LOWER : MM_HIGHER;
        f->excess = sign * (value[SYNTHETIC][m] - value[REAL][m]), f->excess_low = f->excess - half, f->excess_high = f->excess + half;
    }
    for (uint32_t i = 0; i < s->n; i++) weights[i] = 1;
    for (uint32_t label = 0; label < s->target.classes; label++) {
        struct counts own, real;
        struct mm_figure *f;
        count_label(s, SYNTHETIC, weights, label, &own);
        count_label(s, REAL, weights, label, &real);
        if (own.real < 1) continue;
        double p = own.hit / own.real, q = real.hit / real.real;
        MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, "utility.scores.recall", (struct mm_estimate){p, sqrt(p * (1 - p) / own.real)},
                                              (struct mm_estimate){q, sqrt(q * (1 - q) / real.real)}, NAN, &f, err));
        MM_COPY_TEXT_OR_RETURN(f->columns[0], job->frame->arena, mm_target_class_name(&s->target, job->frame, label), err);
        f->formula = "recall of the class named in columns, at the most probable class";
    }
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    struct scored s = {0};
    char reason[200];
    const char *problem = mm_target_open(&s.target, job->frame, CLASS_ROWS_MIN, reason);
    if (problem) return mm_figure_none(job, self, self->id, job->frame->target >= 0 && job->frame->column_count > 1, err, "%s", problem);
    MM_RETURN_IF_ERROR(predict(job, &s, err));
    if (!s.n) return mm_figure_none(job, self, self->id, true, err, "fewer than %d labelled rows on one side", ROWS_MIN);
    MM_RETURN_IF_ERROR(report_augmentation(job, self, &s, err));
    if (s.target.task == MM_TASK_REGRESSION) return mm_figure_none(job, self, "utility.scores.f1", false, err, "the target has no classes");
    return report_scores(job, self, &s, err);
}

const struct mm_metric mm_metric_task_scores = {
    .id = "utility.scores",
    .figures = "utility.augmentation, utility.scores.average_precision, utility.scores.f1, utility.scores.calibration_error, "
               "utility.scores.recall (a class each)",
    .range = "0 to 1",
    .cost = "three fits; 60 resamples of the holdout",
    .without_value = "no target; fewer than 100 labelled rows; a number target has no classes",
    .axis = "utility",
    .summary =
        "average precision, F1, recall of each class and calibration of a model trained on synthetic rows; whether adding them helps",
    .formula = "XGBoost trained on synthetic rows (value) and on as many real rows (reference), on the holdout",
    .unit = "score",
    .direction = MM_HIGHER,
    .compute = compute,
};
