/* SPDX-License-Identifier: Apache-2.0 */
/* Does a model of the synthetic rows lean on the same columns as one of real rows? Permutation importance (Breiman 2001) of each column on
 * holdout rows, under boosted trees fitted to synthetic rows and to two disjoint parts of train of the same size; agreement is Spearman's
 * correlation over the columns. The two train parts show how far real rows agree with themselves. */
#include <math.h>
#include <string.h>

#include "metric/metric_list.h"
#include "metric/target.h"
#include "rng/philox.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { ROWS_MAX = 10000, TEST_ROWS_MAX = 2000, ROWS_MIN = 200, CLASS_ROWS_MIN = 10, COLUMNS_MIN = 4, COLUMNS_MAX = 100, RESAMPLES = 100 };
enum { CELLS_MAX = 1 << 25 }; /* of all permuted copies of the holdout rows together */

struct probe {
    const struct mm_target *target;
    uint32_t *rows, count; /* holdout rows */
    float *labels;
    uint32_t columns;        /* features that are permuted */
    struct mm_matrix *tests; /* as they are; then with each column permuted */
};

static mint_status open_probe(struct probe *p, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t width = frame->column_count - 1, *order;
    float *cells;
    p->columns = width < COLUMNS_MAX ? width : COLUMNS_MAX;
    uint32_t rows_max = CELLS_MAX / width / (p->columns + 1);
    if (rows_max > TEST_ROWS_MAX) rows_max = TEST_ROWS_MAX;
    MM_RETURN_IF_ERROR(mm_target_rows(p->target, frame, MM_HOLDOUT, rows_max, job->scratch, &p->rows, &p->labels, &p->count, err));
    MM_ALLOC_OR_RETURN(cells, job->scratch, (size_t)p->count * width, err);
    MM_ALLOC_OR_RETURN(order, job->scratch, p->count, err);
    MM_ALLOC_OR_RETURN(p->tests, job->scratch, p->columns + 1u, err);
    mm_frame_fill(frame, MM_HOLDOUT, p->rows, p->count, p->target->column, cells);
    p->tests[0] = (struct mm_matrix){cells, p->count, width};
    for (uint32_t c = 0; c < p->columns; c++) {
        float *permuted;
        struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_METRIC, 20, c);
        MM_ALLOC_OR_RETURN(permuted, job->scratch, (size_t)p->count * width, err);
        memcpy(permuted, cells, (size_t)p->count * width * sizeof *cells);
        for (uint32_t i = 0; i < p->count; i++) order[i] = i;
        mm_rng_shuffle(&rng, order, p->count);
        for (uint32_t i = 0; i < p->count; i++) permuted[(size_t)i * width + c] = cells[(size_t)order[i] * width + c];
        p->tests[c + 1] = (struct mm_matrix){permuted, p->count, width};
    }
    return MINT_OK;
}

/* How much the score falls when a column is permuted. */
static mint_status importances(const struct mm_metric_job *job, const struct probe *p, enum mm_side side, const uint32_t *rows,
                               const float *labels, uint32_t count, float *out, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t width = frame->column_count - 1, classes = p->target->task == MM_TASK_CLASSES ? p->target->classes : 1, **orders;
    float *cells, **predictions;
    MM_ALLOC_OR_RETURN(cells, job->scratch, (size_t)count * width, err);
    MM_ALLOC_OR_RETURN(predictions, job->scratch, p->columns + 1u, err);
    for (uint32_t c = 0; c <= p->columns; c++) MM_ALLOC_OR_RETURN(predictions[c], job->scratch, (size_t)p->count * classes, err);
    mm_frame_fill(frame, side, rows, count, p->target->column, cells);
    struct mm_matrix train = {cells, count, width};
    struct mm_xgboost_params params = {.task = p->target->task, .classes = p->target->classes, .rounds = 100, .depth = 5, .rate = 0.1};
    MM_RETURN_IF_ERROR(mm_xgboost_fit_predict(job->ctx, &train, labels, &params, p->tests, predictions, p->columns + 1, err));
    double whole = 0;
    for (uint32_t c = 0; c <= p->columns; c++) {
        MM_RETURN_IF_ERROR(mm_target_orders(p->target, predictions[c], p->count, job->scratch, &orders, err));
        double score = mm_target_score(p->target, predictions[c], p->labels, NULL, orders, p->count, job->scratch);
        if (c)
            out[c - 1] = (float)(whole - score);
        else
            whole = score;
    }
    return MINT_OK;
}

/* Of the third ranking with the first two, which are real. */
static double agreement(float *const ranks[3], const uint32_t *pick, uint32_t n) {
    return (mm_correlation(ranks[2], ranks[0], pick, n) + mm_correlation(ranks[2], ranks[1], pick, n)) / 2;
}

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const struct probe *p, float *const importance[3],
                          uint32_t rows, mint_error *err) {
    float *ranks[3];
    double draws[RESAMPLES];
    uint32_t n = p->columns, *pick, kept = 0;
    for (int k = 0; k < 3; k++) {
        MM_ALLOC_OR_RETURN(ranks[k], job->scratch, n, err);
        MM_RETURN_IF_ERROR(mm_mid_ranks(ranks[k], importance[k], n, job->scratch->memory, err));
    }
    MM_ALLOC_OR_RETURN(pick, job->scratch, n, err);
    double own = agreement(ranks, NULL, n), real = mm_correlation(ranks[0], ranks[1], NULL, n);
    if (isnan(own) || isnan(real)) return mm_figure_none(job, self, self->id, true, err, "no column matters to the target");
    for (int b = 0; b < RESAMPLES; b++) { /* the columns are what varies */
        struct mm_rng rng = mm_rng_at(job->frame->seed, MM_STREAM_RESAMPLE, (uint64_t)b, 310);
        for (uint32_t i = 0; i < n; i++) pick[i] = (uint32_t)mm_rng_below(&rng, n);
        double difference = agreement(ranks, pick, n) - mm_correlation(ranks[0], ranks[1], pick, n);
        if (!isnan(difference)) draws[kept++] = difference;
    }
    double error = kept > 1 ? mm_standard_deviation(draws, kept) : 1;
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(
        mm_figure_estimate(job, self, self->id, (struct mm_estimate){own, error}, (struct mm_estimate){real, 0}, NAN, &f, err));
    f->low = fmax(-1, f->low), f->high = fmin(1, f->high);
    f->columns[0] = job->frame->columns[job->frame->target].name;
    f->n[0] = 2 * rows, f->n[1] = rows, f->n[2] = p->count;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_target target;
    char reason[200];
    const char *problem = mm_target_open(&target, frame, CLASS_ROWS_MIN, reason);
    if (problem) return mm_figure_none(job, self, self->id, false, err, "%s", problem);
    if (frame->column_count < COLUMNS_MIN + 1)
        return mm_figure_none(job, self, self->id, false, err, "fewer than %d columns beside the target have no order", COLUMNS_MIN);
    struct probe probe = {.target = &target};
    uint32_t *rows[2], counts[2];
    float *labels[2];
    float *importance[3];
    MM_RETURN_IF_ERROR(open_probe(&probe, job, err));
    for (int side = 0; side < 2; side++)
        MM_RETURN_IF_ERROR(mm_target_rows(&target, frame, (enum mm_side)side, (side ? 1 : 2) * ROWS_MAX, job->scratch, &rows[side],
                                          &labels[side], &counts[side], err));
    uint32_t n = counts[MM_TRAIN] / 2 < counts[MM_SYNTHETIC] ? counts[MM_TRAIN] / 2 : counts[MM_SYNTHETIC];
    if (n < ROWS_MIN || probe.count < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "too few rows with a label; %d to fit and to test are needed", ROWS_MIN);
    for (int k = 0; k < 3; k++) {
        enum mm_side side = k < 2 ? MM_TRAIN : MM_SYNTHETIC;
        uint32_t from = k == 1 ? n : 0;
        MM_ALLOC_OR_RETURN(importance[k], job->scratch, probe.columns, err);
        MM_RETURN_IF_ERROR(importances(job, &probe, side, rows[side] + from, labels[side] + from, n, importance[k], err));
    }
    return report(job, self, &probe, importance, n, err);
}

const struct mm_metric mm_metric_importance_agreement = {
    .id = "utility.importance_agreement",
    .figures = "utility.importance_agreement",
    .range = "-1 to 1; the reference is what two real parts reach",
    .cost = "three fits on at most 10,000 rows, predictions of 2,000 rows a column",
    .without_value = "no target; fewer than four other columns; fewer than 200 rows",
    .axis = "utility",
    .summary = "do models of synthetic and of real rows lean on the same columns",
    .formula = "Spearman's correlation of permutation importances (boosted trees, 2,000 holdout rows, the first 100 columns), mean against "
               "two train parts; reference: the two parts against each other",
    .unit = "correlation",
    .direction = MM_HIGHER,
    .compute = compute,
};
