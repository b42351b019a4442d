/* SPDX-License-Identifier: Apache-2.0 */
/* Membership inference without access to the model: from the synthetic rows alone, tell train rows from holdout rows. Three scores a
 * row x: nearness to the nearest synthetic row; that against nearness to other real rows (as in DOMIAS, van Breugel et al. 2023,
 * with nearest distances for densities); and a classifier's "synthetic against other real rows" (LOGAN, Hayes et al. 2019). With a
 * model: its log density. The other real rows are half of the holdout, which is then not attacked. A planted control, in which
 * members were copied, shows that the attack works; the resolution says which leak would have been seen. */
#include <math.h>
#include <string.h>

#include "metric/metric_list.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { ROWS_MAX = 20000, BASE_MAX = 200000, ROWS_MIN = 100, FPRS = 3, CONTROL_SHARE = 10, ATTACKS = 4 };
static const double false_positive_rates[FPRS] = {0.001, 0.01, 0.1};
static const char *const tpr_names[FPRS] = {"privacy.membership.tpr_at_0.1", "privacy.membership.tpr_at_1", "privacy.membership.tpr_at_10"};

struct attack {
    double auc, error, tpr[FPRS], tpr_low[FPRS];
};

/* Members first, then as many others. */
static mint_status judge_scores(const struct mm_metric_job *job, const float *scores, uint32_t n, struct attack *out, mint_error *err) {
    uint32_t *order;
    uint8_t *positive;
    MM_ALLOC_OR_RETURN(order, job->scratch, 2 * (size_t)n, err);
    MM_ALLOC_OR_RETURN(positive, job->scratch, 2 * (size_t)n, err);
    memset(positive, 1, n);
    MM_RETURN_IF_ERROR(mm_sort_order(order, scores, 2 * n, job->scratch->memory, err));
    out->auc = mm_auc(order, scores, positive, NULL, 2 * n);
    out->error = mm_auc_standard_error(fmax(out->auc, 0.5), n, n) * sqrt(job->frame->rows_an_entity);
    for (int k = 0; k < FPRS; k++) {
        uint32_t allowed = (uint32_t)(false_positive_rates[k] * n), wrong = 0, right = 0, best = 0;
        for (uint32_t i = 2 * n; i > 0; i--) { /* from the highest score; whole ties only */
            *(positive[order[i - 1]] ? &right : &wrong) += 1;
            bool tied = i > 1 && scores[order[i - 1]] == scores[order[i - 2]];
            if (!tied && wrong <= allowed) best = right;
        }
        out->tpr[k] = allowed ? (double)best / n : NAN;
        out->tpr_low[k] = mm_wilson(best, n).low;
    }
    return MINT_OK;
}

struct setting {
    uint32_t n, base; /* attacked rows a side; synthetic rows */
    uint32_t *members, *others, *reference, *synthetic;
    uint32_t reference_count;
};

/* The synthetic rows with, for the control, some of the members among them. */
static mint_status points_of(const struct mm_metric_job *job, const struct setting *s, bool control, struct mm_points *out,
                             mint_error *err) {
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, MM_SYNTHETIC, s->synthetic, s->base, -1, true, job->scratch, out, err));
    if (!control) return MINT_OK;
    struct mm_points members;
    uint32_t copied = s->n / CONTROL_SHARE < s->base ? s->n / CONTROL_SHARE : s->base;
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, MM_TRAIN, s->members, copied, -1, true, job->scratch, &members, err));
    for (uint32_t c = 0; c < out->column_count; c++)
        memcpy((float *)(uintptr_t)out->columns[c], members.columns[c], copied * sizeof(float));
    return MINT_OK;
}

/* [near, near against reference], members first. */
static mint_status distance_scores(const struct mm_metric_job *job, const struct setting *s, bool control, float *near, float *relative,
                                   mint_error *err) {
    struct mm_points synthetic, reference;
    float *to_reference;
    MM_ALLOC_OR_RETURN(to_reference, job->scratch, 2 * (size_t)s->n, err);
    MM_RETURN_IF_ERROR(points_of(job, s, control, &synthetic, err));
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, MM_HOLDOUT, s->reference, s->reference_count, -1, true, job->scratch, &reference, err));
    for (int side = 0; side < 2; side++) {
        struct mm_points query;
        MM_RETURN_IF_ERROR(mm_frame_points(job->frame, side ? MM_HOLDOUT : MM_TRAIN, side ? s->others : s->members, s->n, -1, true,
                                           job->scratch, &query, err));
        MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &synthetic, near + (size_t)side * s->n, NULL, err));
        MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &reference, to_reference + (size_t)side * s->n, NULL, err));
    }
    for (uint32_t i = 0; i < 2 * s->n; i++) {
        relative[i] = (to_reference[i] + 1e-6f) / (near[i] + 1e-6f);
        near[i] = -near[i];
    }
    return MINT_OK;
}

static mint_status classifier_scores(const struct mm_metric_job *job, const struct setting *s, float *scores, mint_error *err) {
    uint32_t width = job->frame->column_count, m = s->reference_count < s->base ? s->reference_count : s->base;
    float *fit, *labels, *tests;
    MM_ALLOC_OR_RETURN(fit, job->scratch, 2 * (size_t)m * width, err);
    MM_ALLOC_OR_RETURN(labels, job->scratch, 2 * (size_t)m, err);
    MM_ALLOC_OR_RETURN(tests, job->scratch, 2 * (size_t)s->n * width, err);
    mm_frame_fill(job->frame, MM_HOLDOUT, s->reference, m, -1, fit);
    mm_frame_fill(job->frame, MM_SYNTHETIC, s->synthetic, m, -1, fit + (size_t)m * width);
    for (uint32_t i = m; i < 2 * m; i++) labels[i] = 1;
    mm_frame_fill(job->frame, MM_TRAIN, s->members, s->n, -1, tests);
    mm_frame_fill(job->frame, MM_HOLDOUT, s->others, s->n, -1, tests + (size_t)s->n * width);
    struct mm_matrix train = {fit, 2 * m, width}, test = {tests, 2 * s->n, width};
    struct mm_xgboost_params params = MM_XGBOOST_DEFAULTS;
    return mm_xgboost_fit_predict(job->ctx, &train, labels, &params, &test, &scores, 1, err);
}

/* The model's own density of each row: what an attacker who holds the model would use (Houssiau et al. 2022 call it white box). */
static void likelihood_scores(const struct mm_metric_job *job, const struct setting *s, float *scores) {
    for (uint32_t i = 0; i < s->n; i++) {
        scores[i] = (float)job->log_density[MM_TRAIN][job->frame->row_of[MM_TRAIN][s->members[i]]];
        scores[s->n + i] = (float)job->log_density[MM_HOLDOUT][job->frame->row_of[MM_HOLDOUT][s->others[i]]];
    }
}

static mint_status report_auc(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const char *formula,
                              const struct setting *s, const struct attack *a, mint_error *err) {
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(
        mm_figure_estimate(job, self, id, (struct mm_estimate){a->auc, a->error}, (struct mm_estimate){0.5, 0}, NAN, &f, err));
    f->formula = formula;
    f->n[0] = s->n, f->n[1] = s->base, f->n[2] = s->n;
    f->resolution = 2.8 * mm_auc_standard_error(0.5, s->n, s->n);
    return MINT_OK;
}

/* What the attack can prove: with so many rows a side, eps at least log(TPR / FPR) for the smallest rate that stands out (Yeom et al.
 * 2018 bound the advantage; Steinke et al. 2023 treat one run). */
static double smallest_epsilon(uint32_t n) {
    double fpr = 0.1, tpr = fpr;
    while (tpr < 1 && mm_wilson(tpr * n, n).low <= mm_wilson(fpr * n, n).high) tpr += 0.001;
    return log(tpr / fpr);
}

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const struct setting *s, mint_error *err) {
    float *near, *relative, *logan;
    struct attack attacks[ATTACKS], control, *best = &attacks[0];
    MM_ALLOC_OR_RETURN(near, job->scratch, 2 * (size_t)s->n, err);
    MM_ALLOC_OR_RETURN(relative, job->scratch, 2 * (size_t)s->n, err);
    MM_ALLOC_OR_RETURN(logan, job->scratch, 2 * (size_t)s->n, err);
    MM_RETURN_IF_ERROR(distance_scores(job, s, true, near, relative, err));
    MM_RETURN_IF_ERROR(judge_scores(job, relative, s->n, &control, err));
    MM_RETURN_IF_ERROR(distance_scores(job, s, false, near, relative, err));
    MM_RETURN_IF_ERROR(classifier_scores(job, s, logan, err));
    MM_RETURN_IF_ERROR(judge_scores(job, near, s->n, &attacks[0], err));
    MM_RETURN_IF_ERROR(judge_scores(job, relative, s->n, &attacks[1], err));
    MM_RETURN_IF_ERROR(judge_scores(job, logan, s->n, &attacks[2], err));
    uint32_t attack_count = 3;
    if (job->log_density[MM_TRAIN] && job->log_density[MM_HOLDOUT]) {
        likelihood_scores(job, s, near);
        MM_RETURN_IF_ERROR(judge_scores(job, near, s->n, &attacks[attack_count++], err));
    }
    for (uint32_t k = 1; k < attack_count; k++)
        if (attacks[k].auc > best->auc) best = &attacks[k];
    MM_RETURN_IF_ERROR(
        report_auc(job, self, "privacy.membership.distance", "AUC of -d(x, synthetic), train against holdout rows", s, &attacks[0], err));
    MM_RETURN_IF_ERROR(
        report_auc(job, self, "privacy.membership.density_ratio", "AUC of d(x, other real) / d(x, synthetic)", s, &attacks[1], err));
    MM_RETURN_IF_ERROR(report_auc(job, self, "privacy.membership.classifier",
                                  "AUC of P(synthetic | x), XGBoost on synthetic against other real rows", s, &attacks[2], err));
    if (attack_count == ATTACKS)
        MM_RETURN_IF_ERROR(report_auc(job, self, "privacy.membership.likelihood", "AUC of log p(x) under the model that was given", s,
                                      &attacks[ATTACKS - 1], err));
    else
        MM_RETURN_IF_ERROR(
            mm_figure_none(job, self, "privacy.membership.likelihood", false, err, "no model with a density was given (--model)"));
    MM_RETURN_IF_ERROR(report_auc(
        job, self, "privacy.membership.control",
        "the density ratio's AUC when a tenth of the members stand among the synthetic rows: the attack must see it", s, &control, err));
    for (int k = 0; k < FPRS; k++) {
        struct mm_figure *f;
        if (isnan(best->tpr[k])) {
            MM_RETURN_IF_ERROR(mm_figure_none(job, self, tpr_names[k], false, err,
                                              "%u holdout rows to attack do not resolve this rate; %.0f are needed", s->n,
                                              1 / false_positive_rates[k]));
            continue;
        }
        MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, tpr_names[k],
                                              (struct mm_estimate){best->tpr[k], sqrt(best->tpr[k] * (1 - best->tpr[k]) / s->n)},
                                              (struct mm_estimate){false_positive_rates[k], 0}, NAN, &f, err));
        f->unit = "TPR", f->formula = "of the attack with the highest AUC, whole ties only";
        f->n[0] = f->n[2] = s->n, f->n[1] = s->base;
    }
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, "privacy.membership.resolution", err));
    f->value = smallest_epsilon(s->n), f->unit = "epsilon",
    f->formula = "an attack this strong would have been visible: log(TPR / FPR) at FPR 10 %";
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct setting s = {.n = frame->row_count[MM_HOLDOUT] / 2, .base = frame->row_count[MM_SYNTHETIC]};
    if (frame->drifts)
        return mm_figure_none(job, self, self->id, false, err, "after a split by time train rows differ from holdout rows anyway");
    if (s.n > frame->row_count[MM_TRAIN]) s.n = frame->row_count[MM_TRAIN];
    if (s.n > ROWS_MAX) s.n = ROWS_MAX;
    if (s.base > BASE_MAX) s.base = BASE_MAX;
    if (s.n < ROWS_MIN || s.base < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "%u rows to attack; at least %d are needed", s.n, ROWS_MIN);
    s.reference_count = frame->row_count[MM_HOLDOUT] - s.n < BASE_MAX ? frame->row_count[MM_HOLDOUT] - s.n : BASE_MAX;
    MM_RETURN_IF_ERROR(mm_frame_cut(frame, MM_TRAIN, s.n, 0, job->scratch, &s.members, err));
    MM_RETURN_IF_ERROR(mm_frame_cut(frame, MM_SYNTHETIC, s.base, 0, job->scratch, &s.synthetic, err));
    uint32_t *holdout;
    MM_RETURN_IF_ERROR(mm_frame_cut(frame, MM_HOLDOUT, s.n + s.reference_count, 0, job->scratch, &holdout, err));
    s.others = holdout, s.reference = holdout + s.n;
    return report(job, self, &s, err);
}

const struct mm_metric mm_metric_membership = {
    .id = "privacy.membership",
    .figures =
        "privacy.membership.distance, privacy.membership.density_ratio, privacy.membership.classifier, privacy.membership.likelihood "
        "(with --model), privacy.membership.control (AUC), "
        "privacy.membership.tpr_at_0.1, privacy.membership.tpr_at_1, privacy.membership.tpr_at_10, privacy.membership.resolution (epsilon)",
    .range = "0 to 1; 0.5 is ideal",
    .cost = "neighbours of 20,000 rows a side, two fits",
    .without_value = "fewer than 200 holdout rows; a split by time; a rate finer than 1/n",
    .differs = "packages commonly report AUC alone; here also true positives at low false positive rates, a planted control, and what "
               "would have been visible",
    .axis = "privacy",
    .summary = "membership inference from the synthetic rows alone: AUC, true positives at low false positive rates, a planted control",
    .formula = "see each figure",
    .unit = "AUC",
    .direction = MM_LOWER,
    .compute = compute,
};
