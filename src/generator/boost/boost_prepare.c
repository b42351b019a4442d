/* SPDX-License-Identifier: Apache-2.0 */
/* The table as the nodes see it: codes, features, held-out rows, the order of the columns, and each column's rows sorted by code. */
#include <string.h>

#include "generator/boost/boost_fit.h"
#include "rng/philox.h"

static mint_status fit_codec(void *payload, size_t c, size_t worker, mint_error *err) {
    struct fitting *f = payload;
    const struct mm_column *column = &f->job->table->columns[c];
    struct mm_codec_options options = {
        .bins = (uint32_t)f->config->bins, .protect = (uint32_t)f->config->protect, .seed = f->job->seed, .item = c};
    double *scores = NULL;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &f->job->ctx->memory);
    mint_status status = boost_level_scores(f, (uint32_t)c, &scratch, &scores, err);
    options.level_scores = scores;
    if (status == MINT_OK) status = mm_codec_fit(&f->model->codecs[c], &f->workers[worker].kept, column, f->row_count, &options, err);
    mm_arena_release(&scratch);
    if (status != MINT_OK) return status;
    if (!f->model->codecs[c].code_count)
        MM_RETURN_ERROR(err, MINT_E_NUMERIC,
                        "column '%s' has no value that at least %lld rows share; declare it as id in a schema, or set protect=0",
                        column->field.name, (long long)f->config->protect);
    bool *moved = f->is_moved[c];
    status = mm_codec_encode(&f->model->codecs[c], &scratch, column, f->row_count, f->codes[c], NULL, moved, err);
    mm_arena_release(&scratch);
    if (moved && !memchr(moved, true, f->row_count)) f->is_moved[c] = NULL;
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
    if (!f->model->codecs[wanted->column].low) { /* levels have no finer ones, and protected ones were moved */
        memcpy(out, f->codes[wanted->column], f->row_count * sizeof *out);
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
    const bool *derived = f->is_derived[c];
    uint32_t count = f->model->codecs[c].code_count, fitted = 0;
    uint32_t *train_first = f->code_first[c], *check_first = train_first + count + 1;
    for (uint32_t r = 0; r < f->row_count; r++) {
        if (derived && derived[r]) continue;
        (f->is_check[r] ? check_first : train_first)[codes[r] + 1]++;
        fitted += !f->is_check[r];
    }
    check_first[0] = fitted;
    for (uint32_t k = 0; k < count; k++) {
        train_first[k + 1] += train_first[k];
        check_first[k + 1] += check_first[k];
    }
    uint32_t *sorted = f->sorted[c];
    for (uint32_t r = 0; r < f->row_count; r++)
        if (!derived || !derived[r]) sorted[(f->is_check[r] ? check_first : train_first)[codes[r]]++] = r;
    for (uint32_t k = count; k > 0; k--) { /* the placing moved every start to the next one's */
        train_first[k] = train_first[k - 1];
        check_first[k] = check_first[k - 1];
    }
    train_first[0] = 0;
    check_first[0] = fitted;
    return MINT_OK;
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
    MM_RETURN_IF_ERROR(boost_choose_order(model->order, &rows, f->job->target, (enum boost_order)f->config->first, f->job->seed, err));
    return boost_order_sources_first(model->order, model->relations, model->column_count, f->scratch, err);
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

mint_status boost_prepare(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    struct mint_context *ctx = f->job->ctx;
    MM_ALLOC_OR_RETURN(model->codecs, f->job->arena, model->column_count, err);
    MM_ALLOC_OR_RETURN(f->codes, f->scratch, model->column_count, err);
    MM_ALLOC_OR_RETURN(f->is_moved, f->scratch, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++) {
        MM_ALLOC_OR_RETURN(f->codes[c], f->scratch, f->row_count, err);
        if (f->job->table->columns[c].codes) MM_ALLOC_OR_RETURN(f->is_moved[c], f->scratch, f->row_count, err);
    }
    MM_RETURN_IF_ERROR(choose_checks(f, err));
    MM_RETURN_IF_ERROR(boost_find_relations(f, err));
    MM_RETURN_IF_ERROR(mm_parallel_for(ctx, model->column_count, fit_codec, f, err));
    MM_RETURN_IF_ERROR(boost_stand_in(f, err));
    MM_RETURN_IF_ERROR(choose_order(f, err));
    MM_RETURN_IF_ERROR(boost_apply_relations(f, err));
    MM_RETURN_IF_ERROR(boost_list_features(model, f->job->arena, err));
    uint32_t features_max = model->feature_count + model->column_count; /* a mean for each */
    MM_ALLOC_OR_RETURN(f->features, f->scratch, features_max, err);
    MM_ALLOC_OR_RETURN(f->feature_levels, f->scratch, features_max, err);
    for (uint32_t k = 0; k < model->feature_count; k++) MM_ALLOC_OR_RETURN(f->features[k], f->scratch, f->row_count, err);
    MM_RETURN_IF_ERROR(mm_parallel_for(ctx, model->feature_count, fill_feature, f, err));
    MM_ALLOC_OR_RETURN(f->sorted, f->scratch, model->column_count, err);
    MM_ALLOC_OR_RETURN(f->code_first, f->scratch, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++) {
        MM_ALLOC_OR_RETURN(f->sorted[c], f->scratch, f->row_count, err);
        MM_ALLOC_OR_RETURN(f->code_first[c], f->scratch, 2 * (model->codecs[c].code_count + (size_t)1), err);
    }
    MM_RETURN_IF_ERROR(mm_parallel_for(ctx, model->column_count, sort_rows, f, err));
    MM_RETURN_IF_ERROR(boost_screen_features(f, err));
    return boost_plan_nodes(f, err);
}
