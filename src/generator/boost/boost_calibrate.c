/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration. A node is right for the rows it was fitted to; the rows that come to it when a table is drawn are a little off, column upon
 * column, and so is the share that it sends right: what is rare dwindles. A pilot sample is drawn column by column, and each node's bias is
 * moved so that it sends right the share that the real rows have there. */
#include <math.h>
#include <string.h>

#include "generator/boost/boost_block.h"

struct calibration {
    struct boost_model *model;
    struct boost_block *blocks;
    struct boost_tally **tallies; /* by block: of the nodes of the column at hand */
    uint32_t block_count, place;
    uint64_t seed;
    bool final; /* the column is drawn with its nodes calibrated */
};

/* Pilot blocks are none that a sample will have. */
static const uint64_t PILOT_BLOCK = (uint64_t)1 << 50;

static mint_status draw_pilot(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct calibration *c = payload;
    struct boost_block *b = &c->blocks[index];
    b->size = BOOST_BLOCK;
    uint32_t nodes = c->model->node_first[c->place + 1] - c->model->node_first[c->place];
    memset(c->tallies[index], 0, nodes * sizeof **c->tallies);
    b->tally = c->final ? NULL : c->tallies[index];
    boost_draw_column(c->model, c->place, b, c->seed, PILOT_BLOCK + index);
    if (c->final) boost_pass_on(c->model, c->place, b);
    return MINT_OK;
}

/* One Newton step, shrunken by what chance explains of the difference (James and Stein 1961, positive part): which rows the pilot has, and
 * which share the real rows happen to show. */
static float correction(const struct boost_tally *t, double share, double real_rows) {
    enum { ROWS_MIN = 20 };
    const double most = 0.7;
    double n = t->rows, freedom = t->right - t->squares, difference = share * n - t->right;
    if (fmin(n, real_rows) < ROWS_MIN || freedom < 1) return 0;
    double spread = t->squares - t->right * t->right / n, chance = spread + n * n * share * (1 - share) / real_rows;
    double kept = fmax(0, 1 - chance / fmax(difference * difference, 1e-12));
    return (float)fmax(-most, fmin(most, kept * difference / freedom));
}

static mint_status calibrate_column(struct calibration *c, struct mint_context *ctx, const uint32_t *left_rows, const uint32_t *rows,
                                    mint_error *err) {
    c->final = false;
    MM_RETURN_IF_ERROR(mm_parallel_for(ctx, c->block_count, draw_pilot, c, err));
    uint32_t first = c->model->node_first[c->place], end = c->model->node_first[c->place + 1];
    for (uint32_t i = first; i < end; i++) {
        struct boost_tally all = {0, 0, 0};
        for (uint32_t b = 0; b < c->block_count; b++) {
            const struct boost_tally *t = &c->tallies[b][i - first];
            all.right += t->right, all.squares += t->squares, all.rows += t->rows;
        }
        if (rows[i]) c->model->nodes[i].bias += correction(&all, 1 - (double)left_rows[i] / rows[i], rows[i]);
    }
    c->final = true;
    return mm_parallel_for(ctx, c->block_count, draw_pilot, c, err);
}

static mint_status calibrate(struct calibration *c, struct mint_context *ctx, struct mm_arena *scratch, const uint32_t *left_rows,
                             const uint32_t *rows, mint_error *err) {
    uint32_t widest = 1;
    for (uint32_t place = 0; place < c->model->column_count; place++) {
        uint32_t nodes = c->model->node_first[place + 1] - c->model->node_first[place];
        widest = nodes > widest ? nodes : widest;
    }
    MM_RETURN_IF_ERROR(boost_blocks_new(&c->blocks, scratch, c->model, c->block_count, err));
    MM_ALLOC_OR_RETURN(c->tallies, scratch, c->block_count, err);
    for (uint32_t b = 0; b < c->block_count; b++) MM_ALLOC_OR_RETURN(c->tallies[b], scratch, widest, err);
    for (c->place = 0; c->place < c->model->column_count; c->place++) MM_RETURN_IF_ERROR(calibrate_column(c, ctx, left_rows, rows, err));
    return MINT_OK;
}

static uint32_t pilot_blocks(const struct boost_model *model, uint32_t row_count) {
    enum { BLOCKS_MAX = 8, CELLS_MAX = 16 << 20 };
    uint32_t most = CELLS_MAX / BOOST_BLOCK / (model->feature_count + 1), count = row_count / BOOST_BLOCK + 1;
    if (most > BLOCKS_MAX) most = BLOCKS_MAX;
    return count <= most ? count : most ? most : 1;
}

uint64_t boost_pilot_bytes(const struct boost_model *model, uint32_t row_count) {
    return pilot_blocks(model, row_count) * boost_block_bytes(model);
}

mint_status boost_calibrate(struct boost_model *model, struct mint_context *ctx, uint64_t seed, uint32_t row_count,
                            const uint32_t *left_rows, const uint32_t *rows, mint_error *err) {
    struct calibration c = {.model = model, .seed = seed, .block_count = pilot_blocks(model, row_count)};
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    mint_status status = calibrate(&c, ctx, &scratch, left_rows, rows, err);
    mm_arena_release(&scratch);
    return status;
}
