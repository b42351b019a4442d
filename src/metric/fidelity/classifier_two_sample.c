/* SPDX-License-Identifier: Apache-2.0 */
/* Classifier two-sample test (Lopez-Paz and Oquab 2017): can a classifier tell synthetic rows from real ones? Boosted trees
 * and logistic regression, three folds, equal n, against train rows and against holdout rows. Against train alone a copy
 * scores best, so the holdout's figure is the one to trust. 1 - (2 max(AUC, 1/2) - 1): 1 is indistinguishable. The columns whose
 * splits gained most are named when there is something to tell. */
#include <math.h>

#include "metric/design.h"
#include "metric/metric_list.h"
#include "rng/philox.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { FOLDS = 3, ROWS_MAX = 10000, FLOOR_ROWS_MAX = 3000, ROWS_MIN = 30 };

struct contest {
    const struct mm_metric_job *job;
    struct mm_arena *scratch;
    uint32_t n; /* rows a side */
    struct mm_rows_of runs[2];
    uint8_t *fold; /* of the 2n rows, first run first */
    double *gains; /* of the frame's columns, over the folds' trees; or NULL */
};

static mint_status auc_of(const struct contest *c, const float *scores, const uint32_t *rows, uint32_t count, double *auc,
                          mint_error *err) {
    uint32_t *order;
    uint8_t *positive;
    MM_ALLOC_OR_RETURN(order, c->scratch, count, err);
    MM_ALLOC_OR_RETURN(positive, c->scratch, count, err);
    for (uint32_t i = 0; i < count; i++) positive[i] = rows[i] >= c->n;
    MM_RETURN_IF_ERROR(mm_sort_order(order, scores, count, c->scratch->memory, err));
    *auc = mm_auc(order, scores, positive, NULL, count);
    mm_arena_free(c->scratch, order);
    mm_arena_free(c->scratch, positive);
    return MINT_OK;
}

struct part {
    uint32_t *fit, *test, fit_count, test_count;
};

static mint_status split_fold(const struct contest *c, uint32_t fold, struct part *part, mint_error *err) {
    *part = (struct part){0};
    MM_ALLOC_OR_RETURN(part->fit, c->scratch, 2 * (size_t)c->n, err);
    MM_ALLOC_OR_RETURN(part->test, c->scratch, 2 * (size_t)c->n, err);
    for (uint32_t i = 0; i < 2 * c->n; i++) {
        if (c->fold[i] == fold)
            part->test[part->test_count++] = i;
        else
            part->fit[part->fit_count++] = i;
    }
    return MINT_OK;
}

static void gather(float *out, const float *matrix, uint32_t width, const uint32_t *rows, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < width; k++) out[(size_t)i * width + k] = matrix[(size_t)rows[i] * width + k];
}

static mint_status boosted(const struct contest *c, const struct part *part, const float *matrix, float *scores, mint_error *err) {
    uint32_t width = c->job->frame->column_count;
    float *fit, *test, *labels;
    MM_ALLOC_OR_RETURN(fit, c->scratch, (size_t)part->fit_count * width, err);
    MM_ALLOC_OR_RETURN(test, c->scratch, (size_t)part->test_count * width, err);
    MM_ALLOC_OR_RETURN(labels, c->scratch, part->fit_count, err);
    gather(fit, matrix, width, part->fit, part->fit_count);
    gather(test, matrix, width, part->test, part->test_count);
    for (uint32_t i = 0; i < part->fit_count; i++) labels[i] = part->fit[i] >= c->n ? 1 : 0;
    struct mm_matrix train = {fit, part->fit_count, width}, tests = {test, part->test_count, width};
    struct mm_xgboost_params params = MM_XGBOOST_DEFAULTS;
    params.gains = c->gains;
    mint_status status = mm_xgboost_fit_predict(c->job->ctx, &train, labels, &params, &tests, &scores, 1, err);
    mm_arena_free(c->scratch, fit);
    mm_arena_free(c->scratch, test);
    mm_arena_free(c->scratch, labels);
    return status;
}

static struct mm_design pick(const struct mm_design *all, const uint32_t *rows, uint32_t count, float *dense, uint32_t *sparse) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < all->dense_count; k++)
            dense[(size_t)i * all->dense_count + k] = all->dense[(size_t)rows[i] * all->dense_count + k];
        for (uint32_t k = 0; k < all->sparse_count; k++)
            sparse[(size_t)i * all->sparse_count + k] = all->sparse[(size_t)rows[i] * all->sparse_count + k];
    }
    struct mm_design picked = *all;
    picked.row_count = count;
    picked.dense = dense;
    picked.sparse = sparse;
    return picked;
}

static mint_status logistic(const struct contest *c, const struct part *part, const struct mm_design *all, float *scores, mint_error *err) {
    float *dense, *labels;
    uint32_t *sparse;
    double *weights;
    MM_ALLOC_OR_RETURN(dense, c->scratch, (size_t)all->row_count * all->dense_count, err);
    MM_ALLOC_OR_RETURN(sparse, c->scratch, (size_t)all->row_count * all->sparse_count, err);
    MM_ALLOC_OR_RETURN(labels, c->scratch, part->fit_count, err);
    MM_ALLOC_OR_RETURN(weights, c->scratch, all->weight_count, err);
    struct mm_design design = pick(all, part->fit, part->fit_count, dense, sparse);
    for (uint32_t i = 0; i < part->fit_count; i++) labels[i] = part->fit[i] >= c->n ? 1 : 0;
    MM_RETURN_IF_ERROR(mm_linear_fit(c->job->ctx, &design, labels, MM_LOSS_LOGISTIC, 100, weights, err));
    design = pick(all, part->test, part->test_count, dense, sparse);
    mm_linear_predict(&design, weights, scores);
    return MINT_OK;
}

/* Mean AUC over the folds of telling `a` (0) from `b` (1). */
static mint_status compete(const struct mm_metric_job *job, enum mm_side a, enum mm_side b, uint32_t n, bool use_trees, double *gains,
                           double *auc, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &job->ctx->memory);
    struct contest c = {.job = job, .scratch = &scratch, .n = n, .gains = gains};
    uint32_t *rows_a = NULL, *rows_b = NULL;
    mint_status status = mm_frame_cut(job->frame, a, n, 0, &scratch, &rows_a, err);
    if (status == MINT_OK) status = mm_frame_cut(job->frame, b, n, 0, &scratch, &rows_b, err);
    c.runs[0] = (struct mm_rows_of){a, rows_a, n};
    c.runs[1] = (struct mm_rows_of){b, rows_b, n};
    uint32_t width = job->frame->column_count;
    c.fold = mm_arena_alloc(&scratch, 2 * (size_t)n, 1);
    float *matrix = use_trees ? mm_arena_alloc(&scratch, 2 * (size_t)n * width, sizeof *matrix) : NULL;
    float *scores = mm_arena_alloc(&scratch, 2 * (size_t)n, sizeof *scores);
    if (status == MINT_OK && (!c.fold || !scores || (use_trees && !matrix)))
        status = mm_error_no_memory(err, &job->ctx->memory, 2 * (size_t)n, width);
    struct mm_design design = {0};
    if (status == MINT_OK) {
        /* Rows come in random order already: dealing them out stratifies the folds. */
        for (uint32_t i = 0; i < 2 * n; i++) c.fold[i] = (uint8_t)(i % n % FOLDS);
        if (use_trees) {
            mm_frame_fill(job->frame, a, rows_a, n, -1, matrix);
            mm_frame_fill(job->frame, b, rows_b, n, -1, matrix + (size_t)n * width);
        } else {
            struct mm_standard standard;
            status = mm_design_standard(&standard, job->frame, c.runs, 2, &scratch, err);
            if (status == MINT_OK) status = mm_design_build(&design, &standard, job->frame, c.runs, 2, -1, &scratch, err);
        }
    }
    *auc = 0;
    for (uint32_t fold = 0; status == MINT_OK && fold < FOLDS; fold++) {
        struct part part;
        double own = 0.5;
        status = split_fold(&c, fold, &part, err);
        if (status == MINT_OK) status = use_trees ? boosted(&c, &part, matrix, scores, err) : logistic(&c, &part, &design, scores, err);
        if (status == MINT_OK) status = auc_of(&c, scores, part.test, part.test_count, &own, err);
        *auc += own / FOLDS;
    }
    mm_arena_release(&scratch);
    return status;
}

/* The two columns that gave it away, where telling was better than chance. */
static mint_status name_columns(struct mm_figure *f, const struct mm_metric_job *job, const double *gains, double lowest_auc,
                                mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t first = 0, second = frame->column_count > 1;
    double all = 0;
    for (uint32_t c = 0; c < frame->column_count; c++) all += gains[c];
    if (lowest_auc <= 0.5 || all <= 0) return mm_figure_detail(f, job, err, "no column gives it away: telling is within chance");
    if (gains[second] > gains[first]) first = second, second = 0;
    for (uint32_t c = 2; c < frame->column_count; c++) {
        if (gains[c] > gains[first])
            second = first, first = c;
        else if (gains[c] > gains[second])
            second = c;
    }
    return mm_figure_detail(f, job, err, "given away most by '%.100s' (%.0f %% of the trees' gain) and '%.100s' (%.0f %%)",
                            frame->columns[first].name, 100 * gains[first] / all, frame->columns[second].name, 100 * gains[second] / all);
}

static double score(double auc) { return 1 - (2 * fmax(0.5, auc) - 1); }

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, bool use_trees, enum mm_side real, const char *id,
                          const char *auc_id, uint32_t n, double reference_auc, mint_error *err) {
    double auc, floor_auc = NAN, *gains;
    MM_ALLOC_OR_RETURN(gains, job->scratch, job->frame->column_count, err);
    MM_RETURN_IF_ERROR(compete(job, real, MM_SYNTHETIC, n, use_trees, gains, &auc, err));
    uint32_t floor_rows = n < FLOOR_ROWS_MAX ? n : FLOOR_ROWS_MAX; /* independent columns are told long before that */
    if (job->frame->row_count[MM_FLOOR] >= floor_rows)
        MM_RETURN_IF_ERROR(compete(job, real, MM_FLOOR, floor_rows, use_trees, NULL, &floor_auc, err));
    double error = mm_auc_standard_error(fmax(auc, 0.5), n, n), reference_error = mm_auc_standard_error(fmax(reference_auc, 0.5), n, n);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    f->value = score(auc), f->low = score(auc + 1.96 * error), f->high = score(auc - 1.96 * error);
    f->reference = score(reference_auc), f->floor = isnan(floor_auc) ? NAN : score(floor_auc);
    double half = 2 * 1.96 * sqrt(error * error + reference_error * reference_error);
    f->excess = f->reference - f->value, f->excess_low = f->excess - half, f->excess_high = f->excess + half;
    f->n[0] = real == MM_TRAIN ? n : 0, f->n[1] = n, f->n[2] = real == MM_HOLDOUT ? n : 0;
    f->subsampled = f->subsampled || n < job->frame->row_count[real];
    if (use_trees) MM_RETURN_IF_ERROR(name_columns(f, job, gains, auc - 1.96 * error, err));
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, auc_id, err));
    f->value = auc, f->low = auc - 1.96 * error, f->high = auc + 1.96 * error, f->reference = reference_auc, f->floor = floor_auc;
    f->direction = MM_TARGET, f->unit = "AUC", f->formula = "mean AUC of the three folds, not cut at 1/2";
    f->n[0] = real == MM_TRAIN ? n : 0, f->n[1] = n, f->n[2] = real == MM_HOLDOUT ? n : 0;
    f->subsampled = job->figures->list[job->figures->count - 2].subsampled;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    uint32_t n = mm_frame_equal_rows(job->frame, ROWS_MAX);
    if (n < ROWS_MIN) return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d are needed", n, ROWS_MIN);
    static const char *const ids[2][2][2] = {{{"fidelity.c2st.logistic.train", "fidelity.c2st.logistic.train.auc"},
                                              {"fidelity.c2st.logistic.holdout", "fidelity.c2st.logistic.holdout.auc"}},
                                             {{"fidelity.c2st.xgboost.train", "fidelity.c2st.xgboost.train.auc"},
                                              {"fidelity.c2st.xgboost.holdout", "fidelity.c2st.xgboost.holdout.auc"}}};
    for (int trees = 0; trees < 2; trees++) {
        double reference;
        MM_RETURN_IF_ERROR(compete(job, MM_HOLDOUT, MM_TRAIN, n, trees, NULL, &reference, err));
        MM_RETURN_IF_ERROR(report(job, self, trees, MM_TRAIN, ids[trees][0][0], ids[trees][0][1], n, reference, err));
        MM_RETURN_IF_ERROR(report(job, self, trees, MM_HOLDOUT, ids[trees][1][0], ids[trees][1][1], n, reference, err));
    }
    return MINT_OK;
}

const struct mm_metric mm_metric_classifier_two_sample = {
    .id = "fidelity.c2st",
    .figures = "fidelity.c2st.logistic.train, fidelity.c2st.logistic.holdout, fidelity.c2st.xgboost.train, fidelity.c2st.xgboost.holdout, "
               "and .auc of each",
    .range = "0 to 1; 1 is best",
    .cost = "24 fits on at most 10,000 rows a side",
    .without_value = "fewer than 30 rows on a side",
    .differs = "SDMetrics' detection scores have the same formula but unseeded folds; here folds are fixed, n is equal on both sides and "
               "the AUC is printed beside",
    .axis = "fidelity",
    .summary = "can a classifier tell synthetic rows from real ones; 1: it cannot",
    .formula = "1 - (2 max(AUC, 1/2) - 1), mean AUC of 3 folds, equal n; XGBoost defaults or logistic regression",
    .unit = "score",
    .direction = MM_HIGHER,
    .in_policy = false,
    .compute = compute,
};
