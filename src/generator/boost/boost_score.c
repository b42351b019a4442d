/* SPDX-License-Identifier: Apache-2.0 */
/* The density of rows: the log probabilities of every node they pass, and the density inside their codes. */
#include <string.h>

#include "generator/boost/boost_block.h"
#include "stats/elementary.h"

struct scoring {
    const struct boost_model *model;
    struct mint_context *ctx;
    const struct mint_table *rows;
    double *log_density;
    double *const *by_column;
    uint16_t **codes;
    struct boost_block *blocks;
};

static void score_codes(const struct boost_model *model, int32_t at, struct boost_block *b, uint32_t *rows, uint32_t count, double *out) {
    if (!count || at < 0) return;
    const struct boost_node *node = &model->nodes[at];
    boost_score_node(model, node, b, rows, count);
    for (uint32_t i = 0; i < count; i++) {
        b->right[i] = b->codes[rows[i]] >= node->middle;
        double score = (double)b->scores[i];
        out[rows[i]] -= mm_softplus(b->right[i] ? -score : score);
    }
    uint32_t left = boost_split_rows(b, rows, count);
    score_codes(model, node->left, b, rows, left, out);
    score_codes(model, node->right, b, rows + left, count - left, out);
}

static mint_status score_block(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)err;
    struct scoring *s = payload;
    const struct boost_model *model = s->model;
    struct boost_block *b = &s->blocks[worker];
    uint64_t start = (uint64_t)index * BOOST_BLOCK;
    uint32_t count = s->rows->row_count - start < BOOST_BLOCK ? (uint32_t)(s->rows->row_count - start) : BOOST_BLOCK;
    double total[BOOST_BLOCK] = {0}, own[BOOST_BLOCK];
    for (uint32_t place = 0; place < model->column_count; place++) {
        uint32_t column = model->order[place];
        const struct mm_column *cells = &s->rows->columns[column];
        memset(own, 0, sizeof own);
        for (uint32_t i = 0; i < count; i++) {
            b->rows[i] = i;
            b->codes[i] = s->codes[column][start + i];
            bool number = model->codecs[column].low && !mm_column_missing(cells, start + i);
            b->values[i] = number ? mm_column_number(cells, start + i) : 0;
            if (number) own[i] = mm_codec_log_within(&model->codecs[column], b->codes[i], b->values[i]);
        }
        bool single = model->node_first[place] == model->node_first[place + 1];
        score_codes(model, single ? -1 : (int32_t)model->node_first[place], b, b->rows, count, own);
        boost_set_features(model, place, b);
        for (uint32_t i = 0; i < count; i++) total[i] += own[i];
        if (s->by_column) memcpy(s->by_column[column] + start, own, count * sizeof *own);
    }
    memcpy(s->log_density + start, total, count * sizeof *total);
    return MINT_OK;
}

mint_status boost_score(const void *state, struct mint_context *ctx, const struct mint_table *rows, double *log_density,
                        double *const *by_column, mint_error *err) {
    const struct boost_model *model = state;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    struct scoring s = {.model = model, .ctx = ctx, .rows = rows, .log_density = log_density, .by_column = by_column};
    size_t count = (size_t)((rows->row_count + BOOST_BLOCK - 1) / BOOST_BLOCK);
    mint_status status = boost_blocks_new(&s.blocks, &scratch, model, ctx->threads < count ? ctx->threads : count, err);
    s.codes = status == MINT_OK ? mm_arena_alloc(&scratch, model->column_count, sizeof *s.codes) : NULL;
    if (status == MINT_OK && !s.codes) status = mm_error_no_memory(err, &ctx->memory, model->column_count, sizeof *s.codes);
    for (uint32_t c = 0; status == MINT_OK && c < model->column_count; c++) {
        s.codes[c] = mm_arena_alloc(&scratch, rows->row_count, sizeof *s.codes[c]);
        if (!s.codes[c])
            status = mm_error_no_memory(err, &ctx->memory, rows->row_count, sizeof *s.codes[c]);
        else
            status = mm_codec_encode(&model->codecs[c], &scratch, &rows->columns[c], rows->row_count, s.codes[c], NULL, NULL, err);
    }
    if (status == MINT_OK) status = mm_parallel_for(ctx, count, score_block, &s, err);
    mm_arena_release(&scratch);
    return status;
}
