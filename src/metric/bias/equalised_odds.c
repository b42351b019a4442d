/* SPDX-License-Identifier: Apache-2.0 */
/* What a model of the synthetic rows does to groups (demographic parity; equalised odds: Hardt, Price and Srebro 2016), beside what a model
 * of as many real rows does to them. A group is a level, or an eighth of a number column, against all other rows; the gaps are of the rate
 * of positive predictions, of true and of false positives, on holdout rows. The group whose gap grew most surely is reported. */
#include <math.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "metric/target.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { BINS = 8, TEST_ROWS_MAX = 100000, FIT_ROWS_MAX = 100000, ROWS_MIN = 200, CELL_ROWS_MIN = 30, CLASS_ROWS_MIN = 20 };
enum { PARITY, TRUE_POSITIVES, FALSE_POSITIVES, RATES };

struct verdicts {
    struct mm_target target;
    uint32_t n, fit_count, *rows;
    float *labels;
    uint8_t *positive[2]; /* by the real and by the synthetic model */
};

/* Each model says yes as often as the class is among the rows it learned from. */
static mint_status decide(const struct mm_metric_job *job, const float *scores, uint32_t n, double share, uint8_t **out, mint_error *err) {
    uint32_t *order;
    MM_ALLOC_OR_RETURN(*out, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(order, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_sort_order(order, scores, n, job->scratch->memory, err));
    for (uint32_t i = (uint32_t)((1 - share) * n + 0.5); i < n; i++) (*out)[order[i]] = 1;
    return MINT_OK;
}

static mint_status open_verdicts(struct verdicts *v, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t *rows, count, most = mm_frame_common_rows(frame, MM_TRAIN, MM_SYNTHETIC, FIT_ROWS_MAX);
    float *labels, *scores;
    MM_RETURN_IF_ERROR(mm_target_rows(&v->target, frame, MM_HOLDOUT, TEST_ROWS_MAX, job->scratch, &v->rows, &v->labels, &v->n, err));
    if (v->n < ROWS_MIN) return MINT_OK;
    MM_ALLOC_OR_RETURN(scores, job->scratch, v->n, err);
    for (int side = 0; side < 2; side++) {
        double share = 0;
        MM_RETURN_IF_ERROR(mm_target_rows(&v->target, frame, (enum mm_side)side, most, job->scratch, &rows, &labels, &count, err));
        if (count < ROWS_MIN) return MINT_OK;
        MM_RETURN_IF_ERROR(mm_target_predict(job, &v->target, MM_LEARN_XGBOOST, (enum mm_side)side, rows, labels, count, MM_HOLDOUT,
                                             v->rows, v->n, scores, err));
        for (uint32_t i = 0; i < count; i++) share += (double)labels[i] / count;
        MM_RETURN_IF_ERROR(decide(job, scores, v->n, share, &v->positive[side], err));
    }
    v->fit_count = most;
    return MINT_OK;
}

/* Rows of one group (or of the rest) that count for a rate, and the positives among them by each model. */
struct tally {
    double rows, positive[2], differ; /* differ: rows on which the models disagree */
};

static struct tally tally(const struct verdicts *v, const uint8_t *bins, uint32_t group, bool inside, int rate) {
    struct tally t = {0};
    for (uint32_t i = 0; i < v->n; i++) {
        if ((bins[v->rows[i]] == group) != inside || (rate != PARITY && (v->labels[i] > 0.5f) != (rate == TRUE_POSITIVES))) continue;
        t.rows++, t.positive[0] += v->positive[0][i], t.positive[1] += v->positive[1][i],
            t.differ += v->positive[0][i] != v->positive[1][i];
    }
    return t;
}

struct gap {
    double synthetic, real, growth, error;
    const char *column;
};

static bool gap_of(const struct verdicts *v, const uint8_t *bins, uint32_t group, int rate, struct gap *out) {
    struct tally in = tally(v, bins, group, true, rate), rest = tally(v, bins, group, false, rate);
    if (in.rows < CELL_ROWS_MIN || rest.rows < CELL_ROWS_MIN) return false;
    out->real = fabs(in.positive[0] / in.rows - rest.positive[0] / rest.rows);
    out->synthetic = fabs(in.positive[1] / in.rows - rest.positive[1] / rest.rows);
    out->growth = out->synthetic - out->real;
    /* The models judge the same rows: only rows on which they differ move the difference (McNemar). */
    out->error = sqrt((in.differ + 1) / (in.rows * in.rows) + (rest.differ + 1) / (rest.rows * rest.rows));
    return true;
}

static mint_status report_rate(const struct mm_metric_job *job, const struct mm_metric *self, const struct verdicts *v,
                               const struct mm_coarse *coarse, int rate, mint_error *err) {
    static const char *const ids[RATES] = {"bias.proxies.demographic_parity", "bias.proxies.true_positives",
                                           "bias.proxies.false_positives"};
    const struct mm_frame *frame = job->frame;
    struct gap *gaps;
    uint32_t count = 0;
    MM_ALLOC_OR_RETURN(gaps, job->scratch, (size_t)frame->column_count * BINS, err);
    for (uint32_t c = 0; c < frame->column_count; c++)
        for (uint32_t group = 0; c != v->target.column && group < coarse[c].bins; group++) {
            gaps[count].column = frame->columns[c].name;
            count += gap_of(v, coarse[c].of_row[MM_HOLDOUT], group, rate, &gaps[count]);
        }
    if (!count) return mm_figure_none(job, self, ids[rate], true, err, "no group has %d holdout rows that count", CELL_ROWS_MIN);
    double z = mm_normal_upper(0.025 / count);
    const struct gap *worst = gaps;
    for (uint32_t i = 1; i < count; i++)
        if (gaps[i].growth - z * gaps[i].error > worst->growth - z * worst->error) worst = &gaps[i];
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, ids[rate], err));
    f->columns[0] = worst->column;
    f->value = 100 * worst->synthetic, f->reference = 100 * worst->real, f->excess = 100 * worst->growth;
    f->excess_low = 100 * (worst->growth - z * worst->error), f->excess_high = 100 * (worst->growth + z * worst->error);
    f->low = fmax(0, f->value + f->excess_low - f->excess), f->high = fmin(100, f->value + f->excess_high - f->excess);
    f->n[0] = f->n[1] = v->fit_count, f->n[2] = v->n;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct verdicts v = {0};
    struct mm_coarse *coarse;
    char reason[200];
    const char *problem = mm_target_open(&v.target, frame, CLASS_ROWS_MIN, reason);
    if (problem) return mm_figure_none(job, self, self->id, false, err, "%s", problem);
    if (v.target.task != MM_TASK_BINARY) return mm_figure_none(job, self, self->id, false, err, "the target does not have two classes");
    MM_RETURN_IF_ERROR(open_verdicts(&v, job, err));
    if (!v.fit_count) return mm_figure_none(job, self, self->id, true, err, "too few rows with a label");
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, BINS, job->scratch, err));
    for (int rate = 0; rate < RATES; rate++) MM_RETURN_IF_ERROR(report_rate(job, self, &v, coarse, rate, err));
    return MINT_OK;
}

const struct mm_metric mm_metric_equalised_odds = {
    .id = "bias.proxies",
    .figures = "bias.proxies.demographic_parity, bias.proxies.true_positives, bias.proxies.false_positives",
    .range = "0 to 100",
    .cost = "two fits; holdout rows x groups",
    .without_value = "no target of two classes; no group of 30 rows that count",
    .axis = "bias",
    .summary = "gap between groups in what a model of the synthetic rows decides, against a model of real rows",
    .formula =
        "max over groups of |rate within - rate outside|, in points, by growth over the real model's gap; interval for all groups at once; "
        "each model says yes as often as the class occurs where it was fitted",
    .unit = "points",
    .direction = MM_LOWER,
    .compute = compute,
};
