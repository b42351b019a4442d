/* SPDX-License-Identifier: Apache-2.0 */
/* Whom does the synthetic table serve worst? Boosted trees fitted to synthetic rows and to as many train rows, scored within each group of
 * the holdout (a level, or a quarter of a number column): the group whose loss is most surely the largest. */
#include <math.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "metric/target.h"
#include "stats/interval.h"

enum { BINS = 8, QUARTERS = 5, RESAMPLES = 60, TEST_ROWS_MAX = 20000, FIT_ROWS_MAX = 100000, GROUP_ROWS_MIN = 150, CLASS_ROWS_MIN = 20 };

struct contest {
    struct mm_target target;
    uint32_t n, fit_count, *rows; /* holdout rows with a label */
    float *labels, *predictions[2];
    uint32_t **orders[2];
    uint16_t (*weights)[RESAMPLES + 1]; /* [row]: in each resample; the last is the sample itself */
    uint16_t *of_group;
};

static mint_status open_contest(struct contest *c, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t *rows[2], counts[2], width = c->target.task == MM_TASK_CLASSES ? c->target.classes : 1,
                                  most = mm_frame_common_rows(frame, MM_TRAIN, MM_SYNTHETIC, FIT_ROWS_MAX);
    float *labels[2];
    uint16_t *by_row;
    MM_RETURN_IF_ERROR(mm_target_rows(&c->target, frame, MM_HOLDOUT, TEST_ROWS_MAX, job->scratch, &c->rows, &c->labels, &c->n, err));
    for (int side = 0; side < 2; side++) {
        MM_RETURN_IF_ERROR(
            mm_target_rows(&c->target, frame, (enum mm_side)side, most, job->scratch, &rows[side], &labels[side], &counts[side], err));
        if (counts[side] < GROUP_ROWS_MIN || c->n < GROUP_ROWS_MIN) return MINT_OK;
        MM_ALLOC_OR_RETURN(c->predictions[side], job->scratch, (size_t)c->n * width, err);
        MM_RETURN_IF_ERROR(mm_target_predict(job, &c->target, MM_LEARN_XGBOOST, (enum mm_side)side, rows[side], labels[side], counts[side],
                                             MM_HOLDOUT, c->rows, c->n, c->predictions[side], err));
        MM_RETURN_IF_ERROR(mm_target_orders(&c->target, c->predictions[side], c->n, job->scratch, &c->orders[side], err));
    }
    c->fit_count = most;
    MM_ALLOC_OR_RETURN(c->weights, job->scratch, c->n, err);
    MM_ALLOC_OR_RETURN(c->of_group, job->scratch, c->n, err);
    MM_ALLOC_OR_RETURN(by_row, job->scratch, frame->row_count[MM_HOLDOUT], err);
    for (uint32_t b = 0; b <= RESAMPLES; b++) {
        if (b < RESAMPLES) MM_RETURN_IF_ERROR(mm_frame_resample(frame, b, job->scratch, by_row, err));
        for (uint32_t i = 0; i < c->n; i++) c->weights[i][b] = b < RESAMPLES ? by_row[c->rows[i]] : 1;
    }
    return MINT_OK;
}

struct loss {
    double value, error, real;
    const char *column;
};

/* Points of AUC or R2 that the group loses; false: it is too small, or lacks a class. */
static bool group_loss(const struct contest *c, const struct mm_metric_job *job, const uint8_t *bins, uint32_t group, struct loss *out) {
    double losses[RESAMPLES];
    uint32_t kept = 0, size = 0;
    for (uint32_t i = 0; i < c->n; i++) size += bins[c->rows[i]] == group;
    if (size < GROUP_ROWS_MIN || size + GROUP_ROWS_MIN > c->n) return false;
    if (c->target.task != MM_TASK_REGRESSION) {
        uint32_t labels[MM_CLASSES_MAX] = {0};
        for (uint32_t i = 0; i < c->n; i++) labels[(uint32_t)c->labels[i]] += bins[c->rows[i]] == group;
        for (uint32_t k = 0; k < c->target.classes; k++)
            if (labels[k] < CLASS_ROWS_MIN) return false;
    }
    for (uint32_t b = RESAMPLES + 1; b-- > 0;) {
        for (uint32_t i = 0; i < c->n; i++) c->of_group[i] = bins[c->rows[i]] == group ? c->weights[i][b] : 0;
        double score[2];
        for (int k = 0; k < 2; k++)
            score[k] = mm_target_score(&c->target, c->predictions[k], c->labels, c->of_group, c->orders[k], c->n, job->scratch);
        double loss = 100 * (score[MM_TRAIN] - score[MM_SYNTHETIC]);
        if (b == RESAMPLES)
            out->value = loss, out->real = score[MM_TRAIN];
        else if (!isnan(loss))
            losses[kept++] = loss;
    }
    out->error = kept > 1 ? mm_standard_deviation(losses, kept) : NAN;
    return !isnan(out->value) && out->error > 0;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct contest contest = {0};
    struct mm_coarse *coarse;
    struct loss *losses;
    uint32_t count = 0;
    char reason[200];
    const char *problem = mm_target_open(&contest.target, frame, CLASS_ROWS_MIN, reason);
    if (problem) return mm_figure_none(job, self, self->id, false, err, "%s", problem);
    MM_RETURN_IF_ERROR(open_contest(&contest, job, err));
    if (!contest.fit_count) return mm_figure_none(job, self, self->id, true, err, "too few rows with a label");
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(losses, job->scratch, (size_t)frame->column_count * BINS, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, BINS, job->scratch, err));
    for (uint32_t c = 0; c < frame->column_count; c++) {
        if (c == contest.target.column) continue;
        MM_RETURN_IF_ERROR(mm_check_cancelled(job->ctx, err));
        for (uint32_t group = 0; group < coarse[c].bins; group++) {
            losses[count].column = frame->columns[c].name;
            count += group_loss(&contest, job, coarse[c].of_row[MM_HOLDOUT], group, &losses[count]);
        }
    }
    if (!count)
        return mm_figure_none(job, self, self->id, true, err, "no group has %d holdout rows and %d of each class", GROUP_ROWS_MIN,
                              CLASS_ROWS_MIN);
    double z = mm_normal_upper(0.025 / count);
    const struct loss *worst = losses;
    for (uint32_t i = 1; i < count; i++)
        if (losses[i].value - z * losses[i].error > worst->value - z * worst->error) worst = &losses[i];
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    f->columns[0] = worst->column;
    f->value = worst->value, f->low = worst->value - z * worst->error, f->high = worst->value + z * worst->error;
    f->reference = 0, f->excess = f->value, f->excess_low = f->low, f->excess_high = f->high;
    f->n[0] = f->n[1] = contest.fit_count, f->n[2] = contest.n;
    return MINT_OK;
}

const struct mm_metric mm_metric_worst_group = {
    .id = "utility.worst_group",
    .figures = "utility.worst_group",
    .range = "-100 to 100",
    .cost = "two fits; groups x 60 resamples of at most 20,000 holdout rows",
    .without_value = "no target; no group of 150 holdout rows with 20 of each class",
    .axis = "utility",
    .summary = "the group of holdout rows that a model of the synthetic rows serves worst, against a model of real rows",
    .formula =
        "max over groups (levels, or eighths of a number column) of 100 x (AUC or R2 of the real model - that of the synthetic model) "
        "within the group; interval for all groups at once",
    .unit = "points",
    .direction = MM_LOWER,
    .compute = compute,
};
