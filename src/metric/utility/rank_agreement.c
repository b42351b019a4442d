/* SPDX-License-Identifier: Apache-2.0 */
/* Would models compared on synthetic rows come out in the same order on real ones? Synthetic ranking agreement (Jordon, Yoon and van der
 * Schaar 2018): the share of pairs of models whose order is the same when both are fitted and tested on synthetic rows and when both
 * are fitted on train and tested on holdout rows. Pairs that real data do not tell apart are left out. */
#include <math.h>
#include <stdio.h>

#include "metric/metric_list.h"
#include "metric/target.h"
#include "rng/philox.h"
#include "stats/interval.h"

enum { ROWS_MAX = 10000, ROWS_MIN = 200, CLASS_ROWS_MIN = 20, TREES = 3, MODELS = TREES + 2, RESAMPLES = 40 };
static const uint32_t depths[TREES] = {1, 3, 6};

struct part {
    enum mm_side side;
    uint32_t *rows, count;
    float *labels;
};

static mint_status predict(const struct mm_metric_job *job, const struct mm_target *target, int model, const struct part *fit,
                           const struct part *test, float *out, mint_error *err) {
    if (model >= TREES)
        return mm_target_predict(job, target, model == TREES ? MM_LEARN_LINEAR : MM_LEARN_NEAREST, fit->side, fit->rows, fit->labels,
                                 fit->count, test->side, test->rows, test->count, out, err);
    uint32_t width = job->frame->column_count - 1;
    float *cells[2];
    MM_ALLOC_OR_RETURN(cells[0], job->scratch, (size_t)fit->count * width, err);
    MM_ALLOC_OR_RETURN(cells[1], job->scratch, (size_t)test->count * width, err);
    mm_frame_fill(job->frame, fit->side, fit->rows, fit->count, target->column, cells[0]);
    mm_frame_fill(job->frame, test->side, test->rows, test->count, target->column, cells[1]);
    struct mm_matrix train = {cells[0], fit->count, width}, tests = {cells[1], test->count, width};
    struct mm_xgboost_params params = {
        .task = target->task, .classes = target->classes, .rounds = 100, .depth = depths[model], .rate = 0.1};
    mint_status status = mm_xgboost_fit_predict(job->ctx, &train, fit->labels, &params, &tests, &out, 1, err);
    mm_arena_free(job->scratch, cells[0]);
    mm_arena_free(job->scratch, cells[1]);
    return status;
}

/* Scores of all models on a test part, and on RESAMPLES bootstraps of it. */
struct scores {
    double value[MODELS], resampled[MODELS][RESAMPLES];
};

static mint_status score_models(const struct mm_metric_job *job, const struct mm_target *target, const struct part *fit,
                                const struct part *test, struct scores *out, mint_error *err) {
    uint32_t width = target->task == MM_TASK_CLASSES ? target->classes : 1, **orders;
    float *predictions;
    uint16_t *weights;
    MM_ALLOC_OR_RETURN(predictions, job->scratch, (size_t)test->count * width, err);
    MM_ALLOC_OR_RETURN(weights, job->scratch, test->count, err);
    for (int m = 0; m < MODELS; m++) {
        MM_RETURN_IF_ERROR(mm_check_cancelled(job->ctx, err));
        MM_RETURN_IF_ERROR(predict(job, target, m, fit, test, predictions, err));
        MM_RETURN_IF_ERROR(mm_target_orders(target, predictions, test->count, job->scratch, &orders, err));
        out->value[m] = mm_target_score(target, predictions, test->labels, NULL, orders, test->count, job->scratch);
        for (uint32_t b = 0; b < RESAMPLES; b++) { /* the same draws for every model: their differences count */
            struct mm_rng rng = mm_rng_at(job->frame->seed, MM_STREAM_RESAMPLE, b, 300);
            for (uint32_t i = 0; i < test->count; i++) weights[i] = 0;
            for (uint32_t i = 0; i < test->count; i++) weights[mm_rng_below(&rng, test->count)]++;
            out->resampled[m][b] = mm_target_score(target, predictions, test->labels, weights, orders, test->count, job->scratch);
        }
    }
    return MINT_OK;
}

static bool differ(const struct scores *s, int a, int b) {
    double difference[RESAMPLES];
    for (int k = 0; k < RESAMPLES; k++) difference[k] = s->resampled[a][k] - s->resampled[b][k];
    return fabs(s->value[a] - s->value[b]) > 1.96 * mm_standard_deviation(difference, RESAMPLES);
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_target target;
    char reason[200];
    const char *problem = mm_target_open(&target, frame, CLASS_ROWS_MIN, reason);
    if (problem) return mm_figure_none(job, self, self->id, false, err, "%s", problem);
    struct part train = {.side = MM_TRAIN}, holdout = {.side = MM_HOLDOUT}, synthetic = {.side = MM_SYNTHETIC},
                *parts[] = {&train, &holdout, &synthetic};
    for (int k = 0; k < 3; k++)
        MM_RETURN_IF_ERROR(mm_target_rows(&target, frame, parts[k]->side, ROWS_MAX, job->scratch, &parts[k]->rows, &parts[k]->labels,
                                          &parts[k]->count, err));
    uint32_t fifth = synthetic.count / 5;
    if (fifth < ROWS_MIN || holdout.count < ROWS_MIN || train.count < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "too few rows with a label; %d to test on each side are needed", ROWS_MIN);
    struct part test = {MM_SYNTHETIC, synthetic.rows, fifth, synthetic.labels},
                fit = {MM_SYNTHETIC, synthetic.rows + fifth, synthetic.count - fifth, synthetic.labels + fifth};
    struct scores *real, *own;
    MM_ALLOC_OR_RETURN(real, job->scratch, 1, err);
    MM_ALLOC_OR_RETURN(own, job->scratch, 1, err);
    MM_RETURN_IF_ERROR(score_models(job, &target, &train, &holdout, real, err));
    MM_RETURN_IF_ERROR(score_models(job, &target, &fit, &test, own, err));
    double pairs = 0, same = 0;
    for (int a = 0; a < MODELS; a++)
        for (int b = a + 1; b < MODELS; b++) {
            if (isnan(own->value[a]) || isnan(own->value[b]) || !differ(real, a, b)) continue;
            pairs++;
            same += (real->value[a] - real->value[b]) * (own->value[a] - own->value[b]) > 0;
        }
    if (pairs < 1) return mm_figure_none(job, self, self->id, false, err, "real rows do not tell the models apart");
    struct mm_interval interval = mm_wilson(same, pairs);
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    f->value = same / pairs, f->low = interval.low, f->high = interval.high, f->reference = 1;
    f->excess = 1 - f->value, f->excess_low = 1 - f->high, f->excess_high = 1 - f->low;
    f->columns[0] = frame->columns[frame->target].name;
    f->n[0] = train.count, f->n[1] = synthetic.count, f->n[2] = holdout.count;
    f->subsampled = f->subsampled || train.count == ROWS_MAX || synthetic.count == ROWS_MAX;
    return MINT_OK;
}

const struct mm_metric mm_metric_rank_agreement = {
    .id = "utility.rank_agreement",
    .figures = "utility.rank_agreement",
    .range = "0 to 1",
    .cost = "ten fits on at most 10,000 rows",
    .without_value = "no target; fewer than 200 rows to test on; models that real data do not tell apart",
    .differs = "Jordon et al. count all pairs of models; here only those that real rows tell apart",
    .axis = "utility",
    .summary = "do five models rank on synthetic rows as they rank on real ones",
    .formula =
        "share of pairs of models (boosted trees of depth 1, 3 and 6, linear, nearest neighbours) that differ on real rows and come in "
        "the same order when fitted and tested on synthetic rows",
    .unit = "share",
    .direction = MM_HIGHER,
    .compute = compute,
};
