/* SPDX-License-Identifier: Apache-2.0 */
/* The mean of a column given those before it, as a feature of its nodes. A node deep in the tree over a column's codes sees few rows, and
 * learns a sharp dependence (a price from a stone's size and clarity) from those alone. So where the other columns tell much of a numeric
 * column, a regression of its ranks on them is fitted on all rows first, and what it says becomes one more feature: stacking (Wolpert
 * 1992). A row's own prediction comes from a regression that has not seen the row; rows that are drawn get the mean of all of them. */
#include <math.h>

#include "generator/boost/boost_block.h"
#include "generator/boost/boost_fit.h"

enum { FOLDS = BOOST_MEAN_FOLDS, CODES_MIN = 20, TARGET_CODES_MIN = 6, ROWS_MIN = 200 };
/* Of the root's held-out log loss, what the other columns must explain: for the target, and for any other column. Between the two the
 * nodes do nearly as well by themselves, and a fit of default took 1.4 times as long. */
static const double TOLD_TARGET = 0.3, TOLD = 0.9;
/* Ranks are spread over -2 .. 2; a prediction may lie a little beyond. */
static const float RANK_RANGE = 2, LEVEL_RANGE = 2.5f;

static void cut_levels(const float *scores, uint32_t count, uint16_t *levels) {
    const float unit = (BOOST_MEAN_LEVELS - 1) / (2 * LEVEL_RANGE);
    for (uint32_t i = 0; i < count; i++) {
        float at = (scores[i] + LEVEL_RANGE) * unit;
        levels[i] = (uint16_t)(at < 0 ? 0 : at > BOOST_MEAN_LEVELS - 1 ? BOOST_MEAN_LEVELS - 1 : at);
    }
}

void boost_predict_mean(const struct boost_model *model, uint32_t place, struct boost_block *b) {
    const struct boost_mean *mean = &model->means[model->order[place]];
    if (!mean->feature) return;
    for (uint32_t k = 0; k < model->feature_first[place]; k++) b->columns[k] = b->features + (size_t)k * BOOST_BLOCK;
    for (uint32_t i = 0, n = b->size; i < n; i++) b->scores[i] = mean->bias;
    if (mean->tree_count)
        mm_forest_add(model->forest.trees + mean->first_tree, mean->tree_count, model->forest.splits, model->forest.leaves, b->columns,
                      b->size, b->scores);
    cut_levels(b->scores, b->size, b->features + (size_t)mean->feature * BOOST_BLOCK);
}

/* ---- fitting ---- */

static uint32_t fold_of(const struct fitting *f, uint32_t row) {
    struct mm_rng rng = mm_rng_at(f->job->seed, MM_STREAM_FOLD, row, 1);
    return (uint32_t)mm_rng_below(&rng, FOLDS);
}

static bool is_drawn_value(const struct fitting *f, uint32_t column, uint32_t row) {
    return !(f->is_derived[column] && f->is_derived[column][row]) && !mm_codec_is_mark(&f->model->codecs[column], f->codes[column][row]);
}

/* Middle rank of each code among the cells that are drawn and have a value. */
static mint_status rank_codes(const struct fitting *f, uint32_t column, struct mm_arena *scratch, float **ranks, mint_error *err) {
    const struct mm_codec *codec = &f->model->codecs[column];
    double all = 0, before = 0;
    MM_ALLOC_OR_RETURN(*ranks, scratch, codec->code_count, err);
    for (uint32_t k = codec->mark_count; k < codec->code_count; k++) all += boost_range_rows(f, column, k, k + 1);
    for (uint32_t k = codec->mark_count; k < codec->code_count; k++) {
        double own = boost_range_rows(f, column, k, k + 1);
        (*ranks)[k] = (float)(((before + own / 2) / fmax(1, all) * 2 - 1) * (double)RANK_RANGE);
        before += own;
    }
    return MINT_OK;
}

/* Numbers of many values whose root learned much. */
static bool is_told(const struct fitting *f, uint32_t place) {
    uint32_t column = f->model->order[place], root = f->model->node_first[place];
    const struct mm_codec *codec = &f->model->codecs[column];
    bool is_target = f->job->target == column;
    if (root == f->model->node_first[place + 1] || !codec->low) return false;
    if (codec->code_count - codec->mark_count < (is_target ? TARGET_CODES_MIN : CODES_MIN)) return false;
    if (boost_range_rows(f, column, codec->mark_count, codec->code_count) < ROWS_MIN) return false;
    return f->outcomes[root].check_loss < (1 - (is_target ? TOLD_TARGET : TOLD)) * f->outcomes[root].constant_loss;
}

/* Rows of the other folds, then some of this one, every so many: as many as a root may learn from. */
static void choose_rows(const struct fitting *f, uint32_t column, uint32_t fold, uint32_t *rows, struct mm_boost_problem *p) {
    uint32_t count = 0, sizes[2] = {0, 0};
    for (uint32_t r = 0; r < f->row_count; r++)
        if (is_drawn_value(f, column, r)) sizes[f->fold[r] == fold]++;
    uint32_t allowed = boost_rows_allowed(f, 0), most[2] = {allowed, allowed / 8 + 1};
    for (int held_out = 0; held_out < 2; held_out++) {
        uint32_t seen = 0, taken = 0, wanted = sizes[held_out] < most[held_out] ? sizes[held_out] : most[held_out];
        for (uint32_t r = 0; r < f->row_count && taken < wanted; r++) {
            if ((f->fold[r] == fold) != (held_out != 0) || !is_drawn_value(f, column, r)) continue;
            if ((uint64_t)seen++ * wanted >= (uint64_t)taken * sizes[held_out]) rows[count++] = r, taken++;
        }
        if (!held_out) p->train_count = count;
    }
    p->check_count = count - p->train_count;
    p->rows = rows;
}

/* What the trees since `first` say of the fold's rows, as levels of the feature. */
static mint_status predict_fold(struct fitting *f, uint32_t place, uint32_t fold, const struct mm_forest *forest, uint32_t first,
                                float bias, struct mm_arena *scratch, mint_error *err) {
    enum { CHUNK = 1024 };
    const struct boost_model *model = f->model;
    const uint16_t **columns;
    uint16_t *cells, *out = f->features[model->means[model->order[place]].feature], levels[CHUNK];
    uint32_t rows[CHUNK], chosen = f->chosen_count[place];
    float scores[CHUNK];
    MM_ALLOC_OR_RETURN(columns, scratch, model->feature_first[place] + 1u, err);
    MM_ALLOC_OR_RETURN(cells, scratch, (size_t)chosen * CHUNK, err);
    for (uint32_t k = 0; k < chosen; k++) columns[f->chosen[place][k]] = cells + (size_t)k * CHUNK;
    for (uint32_t r = 0; r < f->row_count;) {
        uint32_t n = 0;
        for (; r < f->row_count && n < CHUNK; r++)
            if (f->fold[r] == fold) rows[n++] = r;
        for (uint32_t k = 0; k < chosen; k++)
            for (uint32_t i = 0; i < n; i++) cells[(size_t)k * CHUNK + i] = f->features[f->chosen[place][k]][rows[i]];
        for (uint32_t i = 0; i < n; i++) scores[i] = bias;
        if (forest->tree_count > first)
            mm_forest_add(forest->trees + first, forest->tree_count - first, forest->splits, forest->leaves, columns, n, scores);
        cut_levels(scores, n, levels);
        for (uint32_t i = 0; i < n; i++) out[rows[i]] = levels[i];
    }
    mm_arena_free(scratch, cells);
    mm_arena_free(scratch, columns);
    return MINT_OK;
}

/* Task: one fold of one column. */
static mint_status fit_fold(void *payload, size_t task, size_t worker, mint_error *err) {
    struct fitting *f = payload;
    uint32_t place = f->tasks[task / FOLDS], column = f->model->order[place], fold = (uint32_t)(task % FOLDS);
    struct worker *w = &f->workers[worker];
    struct boost_mean_fold *outcome = &f->mean_folds[column * FOLDS + fold];
    struct mm_boost_problem p = {.seed = f->job->seed, .item = f->model->node_count + (uint64_t)column * FOLDS + fold};
    struct mm_boost_result result;
    struct boost_feature_view view;
    float *ranks, *targets;
    choose_rows(f, column, fold, w->rows, &p);
    MM_RETURN_IF_ERROR(rank_codes(f, column, &w->arena, &ranks, err));
    MM_ALLOC_OR_RETURN(targets, &w->arena, p.train_count + p.check_count, err);
    for (uint32_t i = 0; i < p.train_count + p.check_count; i++) targets[i] = ranks[f->codes[column][w->rows[i]]];
    p.targets = targets;
    boost_view_features(f, place, &view, &p);
    const struct boost_config *config = f->config;
    const struct mm_boost_params params = {.rounds_max = (uint32_t)config->rounds * 2,
                                           .patience = (uint32_t)config->patience,
                                           .leaves = 32,
                                           .rate = config->rate / 2,
                                           .feature_share = config->feature_share,
                                           .hessian_min = (double)config->hessian_min,
                                           .ridge = config->ridge / 4};
    *outcome = (struct boost_mean_fold){.worker = (uint32_t)worker, .first_tree = w->forest.tree_count};
    MM_RETURN_IF_ERROR(mm_boost_fit(&result, &w->forest, w->workspace, &p, &params, err));
    outcome->tree_count = w->forest.tree_count - outcome->first_tree;
    outcome->bias = result.bias;
    mm_arena_free(&w->arena, targets);
    mm_arena_free(&w->arena, ranks);
    return predict_fold(f, place, fold, &w->forest, outcome->first_tree, result.bias, &w->arena, err);
}

static mint_status add_feature(struct fitting *f, uint32_t place, mint_error *err) {
    struct boost_model *model = f->model;
    uint32_t feature = model->feature_count;
    boost_add_mean_feature(model, model->order[place]);
    f->feature_levels[feature] = BOOST_MEAN_LEVELS;
    MM_ALLOC_OR_RETURN(f->features[feature], f->scratch, f->row_count, err);
    return MINT_OK;
}

/* The new feature is the column's most informative one. */
static mint_status choose_feature(struct fitting *f, uint32_t place, mint_error *err) {
    uint32_t kept = f->chosen_count[place];
    uint16_t *chosen;
    if (kept == MM_BOOST_FEATURES_MAX) kept--;
    MM_ALLOC_OR_RETURN(chosen, f->scratch, kept + 1u, err);
    chosen[0] = (uint16_t)f->model->means[f->model->order[place]].feature;
    for (uint32_t k = 0; k < kept; k++) chosen[k + 1] = f->chosen[place][k];
    f->chosen[place] = chosen;
    f->chosen_count[place] = kept + 1;
    return MINT_OK;
}

mint_status boost_fit_means(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    uint32_t count = 0;
    if (!f->config->stacking) return MINT_OK;
    for (uint32_t place = 0; place < model->column_count; place++)
        if (f->chosen_count[place] && model->feature_count + count < UINT16_MAX && is_told(f, place)) f->tasks[count++] = place;
    if (!count) return MINT_OK;
    MM_ALLOC_OR_RETURN(f->fold, f->scratch, f->row_count, err);
    MM_ALLOC_OR_RETURN(f->mean_folds, f->scratch, model->column_count * (size_t)FOLDS, err);
    for (uint32_t r = 0; r < f->row_count; r++) f->fold[r] = (uint8_t)fold_of(f, r);
    for (uint32_t i = 0; i < count; i++) MM_RETURN_IF_ERROR(add_feature(f, f->tasks[i], err));
    MM_RETURN_IF_ERROR(mm_parallel_for(f->job->ctx, count * (size_t)FOLDS, fit_fold, f, err));
    for (uint32_t i = 0; i < count; i++) {
        MM_RETURN_IF_ERROR(choose_feature(f, f->tasks[i], err));
        f->pass_of_node[model->node_first[f->tasks[i]]] = BOOST_ROOTS_AGAIN;
    }
    return MINT_OK;
}
