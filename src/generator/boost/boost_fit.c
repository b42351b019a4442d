/* SPDX-License-Identifier: Apache-2.0 */
/* Fitting: every node of every column is a task of its own. First the columns' roots, which also choose the size of their
 * column's trees; then all other nodes. Results are put together in node order, so the bytes do not depend on who did what. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "generator/boost/boost_model.h"
#include "rng/philox.h"
#include "stats/elementary.h"

/* What one node task leaves behind. */
struct outcome {
    uint32_t worker, first_tree; /* in that worker's forest */
    double check_loss, constant_loss;
};

struct worker {
    struct mm_arena arena; /* scratch */
    struct mm_arena kept;  /* codecs: goes over to the model */
    struct mm_boost_workspace *workspace;
    struct mm_forest forest;
    uint32_t *rows;
    uint8_t *labels;
};

struct fitting {
    const struct mm_fit_job *job;
    const struct boost_config *config;
    struct boost_model *model;
    struct mm_arena *scratch;
    uint32_t row_count, train_count;
    uint16_t **codes;    /* by column */
    uint16_t **features; /* by feature: [row] */
    uint32_t *feature_levels;
    uint32_t **sorted;     /* by column: rows in order of code, fitted rows before held-out rows within a code range */
    uint32_t **code_first; /* by column: position of each code's first fitted row; then the same for held-out rows */
    bool *is_check;        /* by row */
    uint16_t **chosen;     /* by place: features the column may use, most informative first */
    uint32_t *chosen_count;
    uint32_t *tasks; /* node numbers of the running pass */
    uint32_t *place_of_node;
    uint32_t *depth_of_node;
    struct outcome *outcomes; /* by node */
    struct worker *workers;
};

/* 16 unless another size is clearly better: tried in this order. Trees of 64 leaves cost most, and pay where columns interact
 * much (calendars), not for a hundredth of the loss. */
static const uint32_t leaf_choices[] = {16, 64, 8};
enum { LEAF_CHOICES = 3, LEAF_MARGIN_NATS = 3, FEW_CODES = 4, ROWS_A_LEAF = 100 };
enum { FEATURES_MIN = 12, ROWS_A_FEATURE = 16 }; /* small nodes look at the most informative features only */

/* ---- encoding ---- */

static mint_status fit_codec(void *payload, size_t c, size_t worker, mint_error *err) {
    struct fitting *f = payload;
    const struct mm_column *column = &f->job->table->columns[c];
    struct mm_codec_options options = {
        .bins = (uint32_t)f->config->bins, .protect = (uint32_t)f->config->protect, .seed = f->job->seed, .item = c};
    MM_RETURN_IF_ERROR(mm_codec_fit(&f->model->codecs[c], &f->workers[worker].kept, column, f->row_count, &options, err));
    if (!f->model->codecs[c].code_count)
        MM_RETURN_ERROR(err, MINT_E_NUMERIC,
                        "column '%s' has no value that at least %lld rows share; declare it as id in a schema, or set protect=0",
                        column->field.name, (long long)f->config->protect);
    struct mm_arena scratch;
    mm_arena_init(&scratch, &f->job->ctx->memory);
    mint_status status = mm_codec_encode(&f->model->codecs[c], &scratch, column, f->row_count, f->codes[c], NULL, NULL, err);
    mm_arena_release(&scratch);
    return status;
}

static mint_status fill_feature(void *payload, size_t feature, size_t worker, mint_error *err) {
    (void)worker;
    struct fitting *f = payload;
    const struct boost_feature *wanted = &f->model->features[feature];
    const struct mm_column *column = &f->job->table->columns[wanted->column];
    uint16_t *out = f->features[feature];
    f->feature_levels[feature] = boost_feature_levels(f->model, (uint32_t)feature);
    if (wanted->derivation != BOOST_VALUE) {
        for (uint32_t r = 0; r < f->row_count; r++)
            out[r] = mm_column_missing(column, r)
                         ? 0
                         : boost_derive(column->field.type, (enum boost_derivation)wanted->derivation, mm_column_number(column, r));
        return MINT_OK;
    }
    struct mm_arena scratch;
    mm_arena_init(&scratch, &f->job->ctx->memory);
    mint_status status = mm_codec_encode(&f->model->codecs[wanted->column], &scratch, column, f->row_count, NULL, out, NULL, err);
    mm_arena_release(&scratch);
    return status;
}

static mint_status sort_rows(void *payload, size_t c, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct fitting *f = payload;
    const uint16_t *codes = f->codes[c];
    uint32_t count = f->model->codecs[c].code_count;
    uint32_t *train_first = f->code_first[c], *check_first = train_first + count + 1;
    for (uint32_t r = 0; r < f->row_count; r++) (f->is_check[r] ? check_first : train_first)[codes[r] + 1]++;
    check_first[0] = f->train_count;
    for (uint32_t k = 0; k < count; k++) {
        train_first[k + 1] += train_first[k];
        check_first[k + 1] += check_first[k];
    }
    uint32_t *sorted = f->sorted[c];
    for (uint32_t r = 0; r < f->row_count; r++) sorted[(f->is_check[r] ? check_first : train_first)[codes[r]]++] = r;
    for (uint32_t k = count; k > 0; k--) { /* the placing moved every start to the next one's */
        train_first[k] = train_first[k - 1];
        check_first[k] = check_first[k - 1];
    }
    train_first[0] = 0;
    check_first[0] = f->train_count;
    return MINT_OK;
}

/* ---- the trees over codes ---- */

static uint32_t range_rows(const struct fitting *f, uint32_t column, uint32_t low, uint32_t high) {
    const uint32_t *train = f->code_first[column], *check = train + f->model->codecs[column].code_count + 1;
    return train[high] - train[low] + check[high] - check[low];
}

/* Where the mass of codes low..high-1 is split most evenly: an expected depth near the column's entropy. */
static uint32_t even_split(const struct fitting *f, uint32_t column, uint32_t low, uint32_t high) {
    uint32_t total = range_rows(f, column, low, high), best = low + 1;
    uint32_t best_distance = UINT32_MAX;
    uint32_t a = low + 1, b = high - 1;
    while (a < b) { /* the running mass is monotone: bisect for the half */
        uint32_t middle = (a + b) / 2;
        if (2 * (uint64_t)range_rows(f, column, low, middle) < total)
            a = middle + 1;
        else
            b = middle;
    }
    for (uint32_t candidate = a > low + 1 ? a - 1 : a; candidate <= a; candidate++) {
        uint32_t below = range_rows(f, column, low, candidate);
        uint32_t distance = 2 * below > total ? 2 * below - total : total - 2 * below;
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

/* Adds the nodes of codes low..high-1 and returns the number of the first, or ~code. Depth is bounded: a split leaves at
 * least one code on each side, and lopsided masses end in few-code ranges. */
static int32_t build_nodes(struct fitting *f, uint32_t place, uint32_t low, uint32_t high, uint32_t depth) {
    if (high - low == 1) return ~(int32_t)low;
    uint32_t column = f->model->order[place];
    /* After 48 even halvings fall back to halving the codes, so that depth stays below 48 + 16. */
    uint32_t middle = depth < 48 ? even_split(f, column, low, high) : (low + high) / 2;
    uint32_t index = f->model->node_count++;
    struct boost_node *node = &f->model->nodes[index];
    *node = (struct boost_node){.low = (uint16_t)low, .middle = (uint16_t)middle, .high = (uint16_t)high};
    f->place_of_node[index] = place;
    f->depth_of_node[index] = depth;
    int32_t left = build_nodes(f, place, low, middle, depth + 1);
    int32_t right = build_nodes(f, place, middle, high, depth + 1);
    f->model->nodes[index].left = left;
    f->model->nodes[index].right = right;
    return (int32_t)index;
}

static mint_status plan_nodes(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    size_t nodes = 0;
    for (uint32_t c = 0; c < model->column_count; c++) nodes += model->codecs[c].code_count - 1;
    MM_ALLOC_OR_RETURN(model->nodes, f->job->arena, nodes, err);
    MM_ALLOC_OR_RETURN(model->node_first, f->job->arena, model->column_count + 1u, err);
    MM_ALLOC_OR_RETURN(f->tasks, f->scratch, nodes, err);
    MM_ALLOC_OR_RETURN(f->place_of_node, f->scratch, nodes, err);
    MM_ALLOC_OR_RETURN(f->depth_of_node, f->scratch, nodes, err);
    MM_ALLOC_OR_RETURN(f->outcomes, f->scratch, nodes, err);
    for (uint32_t place = 0; place < model->column_count; place++) {
        model->node_first[place] = model->node_count;
        build_nodes(f, place, 0, model->codecs[model->order[place]].code_count, 0);
    }
    model->node_first[model->column_count] = model->node_count;
    return MINT_OK;
}

/* ---- which features a column may use, most informative first ---- */

struct ranked {
    double information;
    uint16_t feature;
};

static int compare_ranked(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->information != y->information) return x->information > y->information ? -1 : 1;
    return (int)x->feature - (int)y->feature;
}

enum { SCREEN_BINS = 12, SCREEN_ROWS = 4096 };

/* Plug-in mutual information of two columns cut into a few equal-mass bins. */
static double mutual_information(const uint8_t *x, const uint8_t *y, uint32_t n) {
    uint32_t joint[SCREEN_BINS][SCREEN_BINS] = {{0}}, row[SCREEN_BINS] = {0}, column[SCREEN_BINS] = {0};
    for (uint32_t i = 0; i < n; i++) joint[x[i]][y[i]]++;
    double information = 0;
    for (int a = 0; a < SCREEN_BINS; a++)
        for (int b = 0; b < SCREEN_BINS; b++) row[a] += joint[a][b], column[b] += joint[a][b];
    for (int a = 0; a < SCREEN_BINS; a++)
        for (int b = 0; b < SCREEN_BINS; b++)
            if (joint[a][b]) information += joint[a][b] * mm_log((double)joint[a][b] * n / ((double)row[a] * column[b]));
    return information / n;
}

struct screening {
    struct fitting *f;
    uint8_t **coarse;
    uint32_t rows;
};

static mint_status coarsen(void *payload, size_t feature, size_t worker, mint_error *err) {
    (void)worker;
    struct screening *s = payload;
    const struct fitting *f = s->f;
    uint32_t stride = f->row_count / s->rows, levels = f->feature_levels[feature];
    struct mm_arena scratch;
    mm_arena_init(&scratch, &f->job->ctx->memory);
    uint32_t *counts = mm_arena_alloc(&scratch, levels + 1u, sizeof *counts);
    if (!counts) return mm_error_no_memory(err, &f->job->ctx->memory, levels, 4);
    for (uint32_t i = 0; i < s->rows; i++) counts[f->features[feature][i * stride] + 1]++;
    for (uint32_t level = 0; level < levels; level++) counts[level + 1] += counts[level];
    for (uint32_t i = 0; i < s->rows; i++) {
        uint32_t level = f->features[feature][i * stride];
        uint32_t bin = (uint32_t)((uint64_t)(counts[level] + counts[level + 1]) * SCREEN_BINS / 2 / s->rows);
        s->coarse[feature][i] = (uint8_t)(bin < SCREEN_BINS ? bin : SCREEN_BINS - 1);
    }
    mm_arena_release(&scratch);
    return MINT_OK;
}

static mint_status rank_features(void *payload, size_t place, size_t worker, mint_error *err) {
    struct screening *s = payload;
    struct fitting *f = s->f;
    uint32_t available = f->model->feature_first[place], keep = (uint32_t)f->config->features_max;
    if (!available) return MINT_OK;
    if (keep > available) keep = available;
    struct ranked *ranked;
    MM_ALLOC_OR_RETURN(ranked, &f->workers[worker].arena, available, err);
    uint32_t own = f->model->feature_first[place];
    for (uint32_t k = 0; k < available; k++)
        ranked[k] = (struct ranked){mutual_information(s->coarse[k], s->coarse[own], s->rows), (uint16_t)k};
    qsort(ranked, available, sizeof *ranked, compare_ranked);
    uint16_t *chosen;
    MM_ALLOC_OR_RETURN(chosen, &f->workers[worker].arena, keep, err);
    for (uint32_t k = 0; k < keep; k++) chosen[k] = ranked[k].feature;
    mm_arena_free(&f->workers[worker].arena, ranked);
    f->chosen[place] = chosen;
    f->chosen_count[place] = keep;
    mm_progress_add(f->job->ctx, 0);
    return MINT_OK;
}

static mint_status screen_features(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    MM_ALLOC_OR_RETURN(f->chosen, f->scratch, model->column_count, err);
    MM_ALLOC_OR_RETURN(f->chosen_count, f->scratch, model->column_count, err);
    struct screening s = {.f = f, .rows = f->row_count < SCREEN_ROWS ? f->row_count : SCREEN_ROWS};
    MM_ALLOC_OR_RETURN(s.coarse, f->scratch, model->feature_count, err);
    for (uint32_t k = 0; k < model->feature_count; k++) MM_ALLOC_OR_RETURN(s.coarse[k], f->scratch, s.rows, err);
    MM_RETURN_IF_ERROR(mm_parallel_for(f->job->ctx, model->feature_count, coarsen, &s, err));
    return mm_parallel_for(f->job->ctx, model->column_count, rank_features, &s, err);
}

/* ---- one node ---- */

/* Copies at most `most` rows of sorted[from..to): all of them, or an even, fixed choice. */
static uint32_t gather(uint32_t *out, const uint32_t *sorted, uint32_t from, uint32_t to, uint32_t most) {
    uint32_t count = to - from;
    if (count <= most) {
        memcpy(out, sorted + from, count * sizeof *out);
        return count;
    }
    for (uint32_t i = 0; i < most; i++) out[i] = sorted[from + (uint32_t)((uint64_t)i * count / most)];
    return most;
}

static uint32_t rows_allowed(const struct fitting *f, uint32_t depth) {
    uint64_t allowed = (uint64_t)f->config->rows_max >> (depth < 30 ? depth : 30);
    if (allowed < 4000) allowed = 4000;
    return allowed < f->row_count ? (uint32_t)allowed : f->row_count;
}

/* Rows and labels of a node: the fitted ones first, then the held-out ones. */
static void make_problem(const struct fitting *f, struct worker *w, uint32_t node_index, struct mm_boost_problem *p) {
    const struct boost_node *node = &f->model->nodes[node_index];
    uint32_t place = f->place_of_node[node_index], column = f->model->order[place];
    const uint32_t *train = f->code_first[column], *check = train + f->model->codecs[column].code_count + 1;
    uint32_t allowed = rows_allowed(f, f->depth_of_node[node_index]);
    p->train_count = gather(w->rows, f->sorted[column], train[node->low], train[node->high], allowed);
    p->check_count = gather(w->rows + p->train_count, f->sorted[column], check[node->low], check[node->high], allowed / 8 + 1);
    for (uint32_t i = 0; i < p->train_count + p->check_count; i++) w->labels[i] = f->codes[column][w->rows[i]] >= node->middle;
    p->rows = w->rows;
    p->labels = w->labels;
    p->seed = f->job->seed;
    p->item = node_index;
}

struct feature_view {
    const uint16_t *columns[MM_BOOST_FEATURES_MAX];
    uint16_t ids[MM_BOOST_FEATURES_MAX];
    uint32_t levels[MM_BOOST_FEATURES_MAX];
};

static void view_features(const struct fitting *f, uint32_t place, struct feature_view *view, struct mm_boost_problem *p) {
    uint32_t allowed = p->train_count / ROWS_A_FEATURE < FEATURES_MIN ? FEATURES_MIN : p->train_count / ROWS_A_FEATURE;
    p->feature_count = f->chosen_count[place] < allowed ? f->chosen_count[place] : allowed;
    for (uint32_t k = 0; k < p->feature_count; k++) {
        uint16_t feature = f->chosen[place][k];
        view->columns[k] = f->features[feature];
        view->ids[k] = feature;
        view->levels[k] = f->feature_levels[feature];
    }
    p->features = view->columns;
    p->feature_ids = view->ids;
    p->level_counts = view->levels;
}

static struct mm_boost_params boost_params(const struct boost_config *config, uint32_t leaves) {
    return (struct mm_boost_params){.rounds_max = (uint32_t)config->rounds,
                                    .patience = (uint32_t)config->patience,
                                    .leaves = leaves,
                                    .rate = config->rate,
                                    .feature_share = config->feature_share,
                                    .hessian_min = (double)config->hessian_min,
                                    .ridge = config->ridge,
                                    .rules = config->rules};
}

static mint_status fit_node(struct fitting *f, uint32_t index, size_t worker, bool choose_leaves, mint_error *err) {
    struct worker *w = &f->workers[worker];
    struct boost_node *node = &f->model->nodes[index];
    struct outcome *outcome = &f->outcomes[index];
    struct mm_boost_problem p = {0};
    struct feature_view view;
    make_problem(f, w, index, &p);
    view_features(f, f->place_of_node[index], &view, &p);
    struct mm_boost_params params = boost_params(f->config, node->leaves);
    bool few = f->model->codecs[f->model->order[f->place_of_node[index]]].code_count <= FEW_CODES;
    if (few) { /* a column of two or three codes is one or two nodes, often the target: gentler steps cost little */
        params.rate /= 2;
        params.patience *= 2;
        params.rounds_max *= 2;
    }
    if (p.train_count < NODE_ROWS_MIN || !p.check_count) params.rounds_max = 0;
    outcome->worker = (uint32_t)worker;
    outcome->first_tree = w->forest.tree_count;
    bool refit = f->config->refit;
    struct mm_boost_result best = {.check_loss = INFINITY};
    /* Small trees are worth a trial only where there is one node to a column. */
    for (uint32_t k = 0; k < (!choose_leaves ? 1 : few ? LEAF_CHOICES : LEAF_CHOICES - 1); k++) {
        struct mm_boost_result result;
        if (choose_leaves) params.leaves = leaf_choices[k];
        if (k && params.leaves * ROWS_A_LEAF > p.train_count) continue;
        MM_RETURN_IF_ERROR(mm_boost_fit(&result, refit || choose_leaves ? NULL : &w->forest, w->workspace, &p, &params, err));
        static const double shares[LEAF_CHOICES] = {0, 0.05, 0.01};
        double margin = k && !few ? shares[k] * (best.check_loss_constant - best.check_loss) + LEAF_MARGIN_NATS : 0;
        if (result.check_loss < best.check_loss - margin) {
            best = result;
            node->leaves = (uint16_t)params.leaves;
        }
    }
    params.leaves = node->leaves;
    outcome->check_loss = best.check_loss;
    outcome->constant_loss = best.check_loss_constant;
    if (refit || choose_leaves) {
        if (refit) {
            p.train_count += p.check_count;
            p.check_count = 0;
        }
        params.rounds_max = best.rounds;
        if (!refit) params.patience = best.rounds + 1;
        MM_RETURN_IF_ERROR(mm_boost_fit(&best, &w->forest, w->workspace, &p, &params, err));
    }
    node->bias = best.bias;
    node->tree_count = w->forest.tree_count - outcome->first_tree;
    mm_progress_add(f->job->ctx, p.train_count);
    return MINT_OK;
}

static mint_status fit_root(void *payload, size_t task, size_t worker, mint_error *err) {
    struct fitting *f = payload;
    uint32_t index = f->tasks[task];
    struct boost_node *node = &f->model->nodes[index];
    if (f->config->leaves) node->leaves = (uint16_t)(uint32_t)(f->config->leaves == 1 ? 8 : f->config->leaves == 2 ? 16 : 64);
    return fit_node(f, index, worker, f->config->leaves == 0, err);
}

static mint_status fit_inner(void *payload, size_t task, size_t worker, mint_error *err) {
    struct fitting *f = payload;
    uint32_t index = f->tasks[task];
    f->model->nodes[index].leaves = f->model->nodes[f->model->node_first[f->place_of_node[index]]].leaves;
    return fit_node(f, index, worker, false, err);
}

/* ---- passes ---- */

struct weighted {
    uint64_t rows;
    uint32_t node;
};

static int compare_weighted(const void *a, const void *b) {
    const struct weighted *x = a, *y = b;
    if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

/* Large tasks first, so that no worker is left alone with one at the end. */
static mint_status run_pass(struct fitting *f, bool roots, mint_error *err) {
    const struct boost_model *model = f->model;
    struct weighted *list;
    MM_ALLOC_OR_RETURN(list, f->scratch, model->node_count, err);
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->node_count; i++) {
        uint32_t place = f->place_of_node[i];
        if ((i == model->node_first[place]) != roots) continue;
        list[count++] = (struct weighted){
            (uint64_t)range_rows(f, model->order[place], model->nodes[i].low, model->nodes[i].high) * (f->chosen_count[place] + 1u), i};
    }
    qsort(list, count, sizeof *list, compare_weighted);
    for (uint32_t i = 0; i < count; i++) f->tasks[i] = list[i].node;
    mm_arena_free(f->scratch, list);
    return mm_parallel_for(f->job->ctx, count, roots ? fit_root : fit_inner, f, err);
}

static mint_status merge_forests(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    struct mm_forest *all = &model->forest;
    mm_forest_init(all, f->job->arena);
    for (uint32_t w = 0; w < f->job->ctx->threads; w++) {
        all->tree_capacity += f->workers[w].forest.tree_count;
        all->split_capacity += f->workers[w].forest.split_count;
        all->leaf_capacity += f->workers[w].forest.leaf_count;
    }
    MM_ALLOC_OR_RETURN(all->trees, all->arena, all->tree_capacity, err);
    MM_ALLOC_OR_RETURN(all->splits, all->arena, all->split_capacity, err);
    MM_ALLOC_OR_RETURN(all->leaves, all->arena, all->leaf_capacity, err);
    for (uint32_t i = 0; i < model->node_count; i++) {
        struct boost_node *node = &model->nodes[i];
        const struct mm_forest *from = &f->workers[f->outcomes[i].worker].forest;
        node->first_tree = all->tree_count;
        for (uint32_t t = 0; t < node->tree_count; t++) {
            const struct mm_tree *tree = &from->trees[f->outcomes[i].first_tree + t];
            all->trees[all->tree_count++] = (struct mm_tree){all->split_count, all->leaf_count, tree->leaf_count};
            memcpy(all->splits + all->split_count, from->splits + tree->first_split, (tree->leaf_count - 1) * sizeof *all->splits);
            memcpy(all->leaves + all->leaf_count, from->leaves + tree->first_leaf, tree->leaf_count * sizeof *all->leaves);
            all->split_count += tree->leaf_count - 1;
            all->leaf_count += tree->leaf_count;
        }
    }
    return MINT_OK;
}

/* Held-out nats a row, measured before any refit: the sum of the nodes' losses plus the density inside the codes. */
static mint_status report_likelihood(const struct fitting *f, mint_error *err) {
    const struct boost_model *model = f->model;
    double loss = 0, constant = 0, within = 0;
    for (uint32_t i = 0; i < model->node_count; i++) {
        loss += f->outcomes[i].check_loss;
        constant += f->outcomes[i].constant_loss;
    }
    uint32_t checks = f->row_count - f->train_count;
    for (uint32_t c = 0; c < model->column_count; c++) {
        const struct mm_column *column = &f->job->table->columns[c];
        if (!model->codecs[c].low) continue;
        for (uint32_t r = 0; r < f->row_count; r++)
            if (f->is_check[r] && !mm_column_missing(column, r))
                within -= mm_codec_log_within(&model->codecs[c], f->codes[c][r], mm_column_number(column, r));
    }
    if (!checks) return MINT_OK;
    json_t *list = json_array();
    for (uint32_t place = 0; list && place < model->column_count; place++) {
        uint32_t first = model->node_first[place];
        json_array_append_new(list, json_integer(first < model->node_first[place + 1] ? model->nodes[first].leaves : 0));
    }
    bool good = mm_json_put(f->job->facts, "held_out_nats_per_row", json_real((loss + within) / checks)) &&
                mm_json_put(f->job->facts, "held_out_nats_per_row_independent", json_real((constant + within) / checks)) &&
                mm_json_put(f->job->facts, "held_out_rows", json_integer(checks)) &&
                mm_json_put(f->job->facts, "trees", json_integer(model->forest.tree_count)) &&
                mm_json_put(f->job->facts, "leaves_by_column", list);
    return good ? MINT_OK : mm_error_json(err);
}

static mint_status choose_order(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    uint32_t *code_counts;
    MM_ALLOC_OR_RETURN(model->order, f->job->arena, model->column_count, err);
    MM_ALLOC_OR_RETURN(code_counts, f->scratch, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++) code_counts[c] = model->codecs[c].code_count;
    struct boost_rows rows = {.memory = &f->job->ctx->memory,
                              .codes = (const uint16_t *const *)f->codes,
                              .code_counts = code_counts,
                              .is_check = f->is_check,
                              .count = f->row_count,
                              .column_count = model->column_count};
    return boost_choose_order(model->order, &rows, f->job->target, (enum boost_order)f->config->first, f->job->seed, err);
}

/* The held-out rows, fixed by seed and row. */
static mint_status choose_checks(struct fitting *f, mint_error *err) {
    MM_ALLOC_OR_RETURN(f->is_check, f->scratch, f->row_count, err);
    for (uint32_t r = 0; r < f->row_count; r++) {
        struct mm_rng rng = mm_rng_at(f->job->seed, MM_STREAM_FOLD, r, 0);
        f->is_check[r] = mm_rng_uniform(&rng) < f->config->check_share;
        f->train_count += !f->is_check[r];
    }
    return MINT_OK;
}

static mint_status prepare(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    struct mint_context *ctx = f->job->ctx;
    MM_ALLOC_OR_RETURN(model->codecs, f->job->arena, model->column_count, err);
    MM_ALLOC_OR_RETURN(f->codes, f->scratch, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++) MM_ALLOC_OR_RETURN(f->codes[c], f->scratch, f->row_count, err);
    MM_RETURN_IF_ERROR(choose_checks(f, err));
    MM_RETURN_IF_ERROR(mm_parallel_for(ctx, model->column_count, fit_codec, f, err));
    MM_RETURN_IF_ERROR(choose_order(f, err));
    MM_RETURN_IF_ERROR(boost_list_features(model, f->job->arena, err));
    MM_ALLOC_OR_RETURN(f->features, f->scratch, model->feature_count, err);
    MM_ALLOC_OR_RETURN(f->feature_levels, f->scratch, model->feature_count, err);
    for (uint32_t k = 0; k < model->feature_count; k++) MM_ALLOC_OR_RETURN(f->features[k], f->scratch, f->row_count, err);
    MM_RETURN_IF_ERROR(mm_parallel_for(ctx, model->feature_count, fill_feature, f, err));
    MM_ALLOC_OR_RETURN(f->sorted, f->scratch, model->column_count, err);
    MM_ALLOC_OR_RETURN(f->code_first, f->scratch, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++) {
        MM_ALLOC_OR_RETURN(f->sorted[c], f->scratch, f->row_count, err);
        MM_ALLOC_OR_RETURN(f->code_first[c], f->scratch, 2 * (model->codecs[c].code_count + (size_t)1), err);
    }
    MM_RETURN_IF_ERROR(mm_parallel_for(ctx, model->column_count, sort_rows, f, err));
    MM_RETURN_IF_ERROR(screen_features(f, err));
    return plan_nodes(f, err);
}

static uint32_t rows_per_fit(const struct fitting *f) {
    uint32_t allowed = rows_allowed(f, 0);
    uint64_t rows = (uint64_t)allowed + allowed / 8 + 2;
    return rows < f->row_count ? (uint32_t)rows : f->row_count;
}

static mint_status open_workers(struct fitting *f, mint_error *err) {
    uint32_t features = 1;
    for (uint32_t place = 0; place < f->model->column_count; place++)
        if (f->chosen_count[place] > features) features = f->chosen_count[place];
    for (uint32_t w = 0; w < f->job->ctx->threads; w++) {
        struct worker *worker = &f->workers[w];
        MM_RETURN_IF_ERROR(mm_boost_workspace_new(&worker->workspace, &worker->arena, rows_per_fit(f), features, err));
        MM_ALLOC_OR_RETURN(worker->rows, &worker->arena, rows_per_fit(f), err);
        MM_ALLOC_OR_RETURN(worker->labels, &worker->arena, rows_per_fit(f), err);
        mm_forest_init(&worker->forest, &worker->arena);
    }
    return MINT_OK;
}

static uint64_t total_work(const struct fitting *f) {
    uint64_t work = 0;
    for (uint32_t i = 0; i < f->model->node_count; i++) {
        uint32_t rows = range_rows(f, f->model->order[f->place_of_node[i]], f->model->nodes[i].low, f->model->nodes[i].high),
                 allowed = rows_allowed(f, f->depth_of_node[i]);
        work += rows < allowed ? rows : allowed;
    }
    return work;
}

static mint_status calibrate(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    uint32_t *left, *rows;
    if (!f->config->calibrate) return MINT_OK;
    MM_ALLOC_OR_RETURN(left, f->scratch, model->node_count, err);
    MM_ALLOC_OR_RETURN(rows, f->scratch, model->node_count, err);
    for (uint32_t i = 0; i < model->node_count; i++) {
        const struct boost_node *node = &model->nodes[i];
        uint32_t column = model->order[f->place_of_node[i]];
        left[i] = range_rows(f, column, node->low, node->middle), rows[i] = range_rows(f, column, node->low, node->high);
    }
    return boost_calibrate(model, f->job->ctx, f->job->seed, f->row_count, left, rows, err);
}

static mint_status fit_all(struct fitting *f, mint_error *err) {
    MM_RETURN_IF_ERROR(prepare(f, err));
    MM_RETURN_IF_ERROR(open_workers(f, err));
    mm_progress_begin(f->job->ctx, "fit", total_work(f));
    MM_RETURN_IF_ERROR(run_pass(f, true, err));
    MM_RETURN_IF_ERROR(run_pass(f, false, err));
    MM_RETURN_IF_ERROR(merge_forests(f, err));
    for (uint32_t w = 0; w < f->job->ctx->threads; w++) mm_arena_release(&f->workers[w].arena); /* room for the pilot sample */
    MM_RETURN_IF_ERROR(calibrate(f, err));
    return report_likelihood(f, err);
}

mint_status boost_fit(void **state, const struct mm_fit_job *job, mint_error *err) {
    if (job->table->row_count >= UINT32_MAX / 2) MM_RETURN_ERROR(err, MINT_E_LIMIT, "boost fits at most two thousand million rows");
    struct boost_model *model;
    MM_ALLOC_OR_RETURN(model, job->arena, 1, err);
    model->column_count = job->table->column_count;
    const struct boost_config *config = job->config;
    model->draws = config->draws;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &job->ctx->memory);
    struct fitting f = {.job = job, .config = config, .model = model, .scratch = &scratch, .row_count = (uint32_t)job->table->row_count};
    mint_status status = MINT_OK;
    f.workers = mm_arena_alloc(&scratch, job->ctx->threads, sizeof *f.workers);
    if (!f.workers) status = mm_error_no_memory(err, &job->ctx->memory, job->ctx->threads, sizeof *f.workers);
    for (uint32_t w = 0; f.workers && w < job->ctx->threads; w++) {
        mm_arena_init(&f.workers[w].arena, &job->ctx->memory);
        mm_arena_init(&f.workers[w].kept, &job->ctx->memory);
    }
    if (status == MINT_OK) status = fit_all(&f, err);
    for (uint32_t w = 0; f.workers && w < job->ctx->threads; w++) {
        mm_arena_adopt(job->arena, &f.workers[w].kept);
        mm_arena_release(&f.workers[w].arena);
    }
    mm_arena_release(&scratch);
    *state = model;
    return status;
}
