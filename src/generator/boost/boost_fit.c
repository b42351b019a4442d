/* SPDX-License-Identifier: Apache-2.0 */
/* Fitting: every node of every column is a task of its own. First the columns' roots, which also choose the size of their
 * column's trees; then a few other nodes, which tell what all will need; then the rest. Results are put together in node order, so the
 * bytes do not depend on who did what. */
#include <stdlib.h>
#include <string.h>

#include "generator/boost/boost_fit.h"

static mint_status fit_root(void *payload, size_t task, size_t worker, mint_error *err) {
    struct fitting *f = payload;
    uint32_t index = f->tasks[task];
    struct boost_node *node = &f->model->nodes[index];
    if (f->config->leaves) node->leaves = (uint16_t)(uint32_t)(f->config->leaves == 1 ? 8 : f->config->leaves == 2 ? 16 : 64);
    return boost_fit_node(f, index, worker, f->config->leaves == 0, err);
}

static mint_status fit_inner(void *payload, size_t task, size_t worker, mint_error *err) {
    struct fitting *f = payload;
    uint32_t index = f->tasks[task];
    f->model->nodes[index].leaves = f->model->nodes[f->model->node_first[f->place_of_node[index]]].leaves;
    return boost_fit_node(f, index, worker, false, err);
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
static mint_status run_pass(struct fitting *f, enum boost_pass pass, mint_error *err) {
    const struct boost_model *model = f->model;
    struct weighted *list;
    MM_ALLOC_OR_RETURN(list, f->scratch, model->node_count, err);
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->node_count; i++) {
        if (f->pass_of_node[i] != pass) continue;
        list[count++] = (struct weighted){(uint64_t)boost_node_rows(f, i) * (f->chosen_count[f->place_of_node[i]] + 1u), i};
    }
    qsort(list, count, sizeof *list, compare_weighted);
    for (uint32_t i = 0; i < count; i++) f->tasks[i] = list[i].node;
    mm_arena_free(f->scratch, list);
    return mm_parallel_for(f->job->ctx, count, pass <= BOOST_ROOTS_AGAIN ? fit_root : fit_inner, f, err);
}

static void copy_trees(struct mm_forest *all, const struct mm_forest *from, uint32_t first, uint32_t count, float weight) {
    for (uint32_t t = first; t < first + count; t++) {
        const struct mm_tree *tree = &from->trees[t];
        all->trees[all->tree_count++] = (struct mm_tree){all->split_count, all->leaf_count, tree->leaf_count};
        memcpy(all->splits + all->split_count, from->splits + tree->first_split, (tree->leaf_count - 1) * sizeof *all->splits);
        for (uint32_t l = 0; l < tree->leaf_count; l++) all->leaves[all->leaf_count + l] = from->leaves[tree->first_leaf + l] * weight;
        all->split_count += tree->leaf_count - 1;
        all->leaf_count += tree->leaf_count;
    }
}

/* The folds' regressions become one: their mean. */
static void merge_means(struct fitting *f) {
    const float weight = 1.0f / BOOST_MEAN_FOLDS;
    for (uint32_t c = 0; c < f->model->column_count; c++) {
        struct boost_mean *mean = &f->model->means[c];
        if (!mean->feature) continue;
        mean->first_tree = f->model->forest.tree_count;
        for (uint32_t k = 0; k < BOOST_MEAN_FOLDS; k++) {
            const struct boost_mean_fold *fold = &f->mean_folds[c * BOOST_MEAN_FOLDS + k];
            copy_trees(&f->model->forest, &f->workers[fold->worker].forest, fold->first_tree, fold->tree_count, weight);
            mean->bias += fold->bias * weight;
        }
        mean->tree_count = f->model->forest.tree_count - mean->first_tree;
    }
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
        node->first_tree = all->tree_count;
        copy_trees(all, &f->workers[f->outcomes[i].worker].forest, f->outcomes[i].first_tree, node->tree_count, 1);
    }
    merge_means(f);
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
            if (f->is_check[r] && !(f->is_derived[c] && f->is_derived[c][r]) && !mm_column_missing(column, r))
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

static uint32_t rows_per_fit(const struct fitting *f) {
    uint32_t allowed = boost_rows_allowed(f, 0);
    uint64_t rows = (uint64_t)allowed + allowed / 8 + 2;
    return rows < f->row_count ? (uint32_t)rows : f->row_count;
}

static mint_status open_workers(struct fitting *f, mint_error *err) {
    uint32_t features = 1;
    size_t before = atomic_load(&f->job->ctx->memory.used);
    for (uint32_t place = 0; place < f->model->column_count; place++)
        if (f->chosen_count[place] > features) features = f->chosen_count[place];
    if (features < MM_BOOST_FEATURES_MAX) features++; /* a mean */
    for (uint32_t w = 0; w < f->job->ctx->threads; w++) {
        struct worker *worker = &f->workers[w];
        MM_RETURN_IF_ERROR(mm_boost_workspace_new(&worker->workspace, &worker->arena, rows_per_fit(f), features, err));
        MM_ALLOC_OR_RETURN(worker->rows, &worker->arena, rows_per_fit(f), err);
        MM_ALLOC_OR_RETURN(worker->labels, &worker->arena, rows_per_fit(f), err);
        mm_forest_init(&worker->forest, &worker->arena);
    }
    f->worker_bytes = atomic_load(&f->job->ctx->memory.used) - before;
    return MINT_OK;
}

static uint64_t total_work(const struct fitting *f) {
    uint64_t work = 0;
    for (uint32_t i = 0; i < f->model->node_count; i++) {
        uint32_t rows = boost_node_rows(f, i), allowed = boost_rows_allowed(f, f->depth_of_node[i]);
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
        left[i] = boost_range_rows(f, column, node->low, node->middle), rows[i] = boost_node_rows(f, i);
    }
    return boost_calibrate(model, f->job->ctx, f->job->seed, f->row_count, left, rows, err);
}

static mint_status fit_all(struct fitting *f, mint_error *err) {
    MM_RETURN_IF_ERROR(boost_prepare(f, err));
    MM_RETURN_IF_ERROR(open_workers(f, err));
    mm_progress_begin(f->job->ctx, "fit", total_work(f));
    boost_choose_passes(f);
    MM_RETURN_IF_ERROR(run_pass(f, BOOST_ROOTS, err));
    MM_RETURN_IF_ERROR(boost_fit_means(f, err));
    MM_RETURN_IF_ERROR(run_pass(f, BOOST_ROOTS_AGAIN, err));
    MM_RETURN_IF_ERROR(run_pass(f, BOOST_PROBES, err));
    MM_RETURN_IF_ERROR(mm_fit_forecast(f->job, boost_forecast_after_probes(f), err));
    MM_RETURN_IF_ERROR(run_pass(f, BOOST_REST, err));
    MM_RETURN_IF_ERROR(merge_forests(f, err));
    for (uint32_t w = 0; w < f->job->ctx->threads; w++) mm_arena_release(&f->workers[w].arena); /* room for the pilot sample */
    MM_RETURN_IF_ERROR(calibrate(f, err));
    return report_likelihood(f, err);
}

/* How many rows a model of so many train rows draws together: as many make up whole blocks. */
static uint32_t block_rows_of(uint64_t train_rows) {
    enum { LEAST = 64 };
    uint64_t blocks = (train_rows + BOOST_BLOCK - 1) / BOOST_BLOCK, rows = blocks ? (train_rows + blocks - 1) / blocks : 0;
    return rows < LEAST ? LEAST : (uint32_t)rows;
}

mint_status boost_fit(void **state, const struct mm_fit_job *job, mint_error *err) {
    if (job->table->row_count >= UINT32_MAX / 2) MM_RETURN_ERROR(err, MINT_E_LIMIT, "boost fits at most two thousand million rows");
    struct boost_model *model;
    MM_ALLOC_OR_RETURN(model, job->arena, 1, err);
    model->column_count = job->table->column_count;
    const struct boost_config *config = job->config;
    model->draws = config->draws;
    model->block_rows = block_rows_of(job->table->row_count);
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
