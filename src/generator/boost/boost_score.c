/* SPDX-License-Identifier: Apache-2.0 */
/* The density of rows: the log probabilities of every node they pass, and the density inside their codes. */
#include <math.h>
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
    bool **unseen; /* by column: by row; NULL: it decides nothing */
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

/* A decided cell has all the probability but half a row's (Krichevsky and Trofimov 1981), which falls on any other. The rows whose cell is
 * not decided stay in b->rows; returns how many. */
static uint32_t score_decided(const struct scoring *s, uint32_t column, struct boost_block *b, uint64_t start, uint32_t count,
                              double *own) {
    const struct boost_relation *relation = &s->model->relations[column];
    double broken = 0.5 / (relation->rows + 1), others = log(fmax(1, s->model->codecs[column].code_count - 1.0));
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code;
        double value;
        bool known = true;
        for (uint32_t k = 0; k < relation->what.source_count; k++) known = known && !s->unseen[relation->what.sources[k]][start + i];
        if (!known || !boost_decide(s->model, column, b, i, &code, &value))
            b->rows[left++] = i;
        else if (boost_is_decided_cell(s->model, column, b, i, code, value))
            own[i] = log1p(-broken);
        else
            own[i] = fmin(own[i], 0) + log(broken) - others;
    }
    return left;
}

static void score_column(const struct scoring *s, uint32_t place, struct boost_block *b, uint64_t start, uint32_t count, double *own) {
    const struct boost_model *model = s->model;
    uint32_t column = model->order[place], first = model->node_first[place], drawn = count;
    const struct mm_column *cells = &s->rows->columns[column];
    for (uint32_t i = 0; i < count; i++) {
        b->rows[i] = i;
        b->codes[i] = s->codes[column][start + i];
        bool number = model->codecs[column].low && !mm_column_missing(cells, start + i);
        b->values[i] = number ? mm_column_number(cells, start + i) : 0;
        own[i] = number ? mm_codec_log_within(&model->codecs[column], b->codes[i], b->values[i]) : 0;
    }
    if (model->relations[column].what.kind != MM_RELATION_NONE) drawn = score_decided(s, column, b, start, count, own);
    boost_predict_mean(model, place, b);
    if (first < model->node_first[place + 1])
        score_codes(model, (int32_t)first, b, b->rows, drawn, own);
    else
        for (uint32_t i = 0; i < drawn; i++) own[b->rows[i]] -= log(model->codecs[column].code_count); /* never to be drawn: all alike */
    boost_pass_on(model, place, b);
}

static mint_status score_block(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)err;
    struct scoring *s = payload;
    struct boost_block *b = &s->blocks[worker];
    uint64_t start = (uint64_t)index * BOOST_BLOCK;
    uint32_t count = s->rows->row_count - start < BOOST_BLOCK ? (uint32_t)(s->rows->row_count - start) : BOOST_BLOCK;
    double total[BOOST_BLOCK] = {0}, own[BOOST_BLOCK];
    b->size = count;
    for (uint32_t place = 0; place < s->model->column_count; place++) {
        score_column(s, place, b, start, count, own);
        for (uint32_t i = 0; i < count; i++) total[i] += own[i];
        if (s->by_column) memcpy(s->by_column[s->model->order[place]] + start, own, count * sizeof *own);
    }
    memcpy(s->log_density + start, total, count * sizeof *total);
    return MINT_OK;
}

static mint_status encode_rows(struct scoring *s, struct mm_arena *scratch, mint_error *err) {
    const struct boost_model *model = s->model;
    uint64_t n = s->rows->row_count;
    MM_ALLOC_OR_RETURN(s->codes, scratch, model->column_count, err);
    MM_ALLOC_OR_RETURN(s->unseen, scratch, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++) {
        MM_ALLOC_OR_RETURN(s->codes[c], scratch, n, err);
        if (model->kept_slot[c] >= 0) MM_ALLOC_OR_RETURN(s->unseen[c], scratch, n, err);
        MM_RETURN_IF_ERROR(mm_codec_encode(&model->codecs[c], scratch, &s->rows->columns[c], n, s->codes[c], NULL, s->unseen[c], err));
    }
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
    if (status == MINT_OK) status = encode_rows(&s, &scratch, err);
    if (status == MINT_OK) status = mm_parallel_for(ctx, count, score_block, &s, err);
    mm_arena_release(&scratch);
    return status;
}
