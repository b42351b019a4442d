/* SPDX-License-Identifier: Apache-2.0 */
/* Sampling and scoring, both by blocks of BOOST_BLOCK rows. A block is fixed by row number and made whole, so any range of
 * rows is the same whoever asks for it. Within a block draws are systematic (Madow 1949): rows are sorted by probability
 * and one uniform number steps through the running sum, so the count of rows going right is exact to one. */
#include <math.h>
#include <string.h>

#include "generator/boost/boost_model.h"
#include "rng/philox.h"
#include "stats/elementary.h"

/* One worker's scratch for one block. */
struct block {
    uint16_t *features;       /* [feature][BOOST_BLOCK] */
    uint16_t *compact;        /* the same for the rows of one node */
    const uint16_t **columns; /* views of compact, by feature */
    uint32_t *rows, *spare;   /* row lists, split in place as the nodes are walked */
    uint32_t *stack;
    uint16_t *codes; /* of the column being drawn */
    double *values;
    float *scores;
    uint64_t *keys, *keys_spare;
    uint8_t *right;
    bool *used;          /* by feature: does the node look at it? */
    struct tally *tally; /* calibration: of each node of the column being drawn; else NULL */
};

/* What a node expected of the rows that came to it. */
struct tally {
    double right, squares; /* sums of p and p^2 */
    uint32_t rows;
};

static mint_status block_new(struct block *b, struct mm_arena *arena, const struct boost_model *model, mint_error *err) {
    size_t features = model->feature_count ? model->feature_count : 1;
    MM_ALLOC_OR_RETURN(b->features, arena, features * BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->compact, arena, features * BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->columns, arena, features, err);
    MM_ALLOC_OR_RETURN(b->used, arena, features, err);
    MM_ALLOC_OR_RETURN(b->rows, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->spare, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->codes, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->values, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->scores, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->keys, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->keys_spare, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->right, arena, BOOST_BLOCK, err);
    return MINT_OK;
}

/* Log odds of "right" for the rows of one node. Features are copied side by side first, so that trees run over them in
 * whole vectors. */
static void score_node(const struct boost_model *model, const struct boost_node *node, struct block *b, const uint32_t *rows,
                       uint32_t count) {
    for (uint32_t i = 0; i < count; i++) b->scores[i] = node->bias;
    if (!node->tree_count) return;
    memset(b->used, 0, model->feature_count * sizeof *b->used);
    const struct mm_tree *trees = model->forest.trees + node->first_tree;
    const struct mm_tree *last = &trees[node->tree_count - 1];
    for (uint32_t s = trees[0].first_split; s < last->first_split + last->leaf_count - 1; s++) {
        uint32_t feature = model->forest.splits[s].feature;
        if (b->used[feature]) continue;
        b->used[feature] = true;
        uint16_t *out = b->compact + (size_t)feature * BOOST_BLOCK;
        const uint16_t *in = b->features + (size_t)feature * BOOST_BLOCK;
        for (uint32_t i = 0; i < count; i++) out[i] = in[rows[i]];
        b->columns[feature] = out;
    }
    mm_forest_add(trees, node->tree_count, model->forest.splits, model->forest.leaves, b->columns, count, b->scores);
}

/* Stable sort of positions by score, by two passes over a 16-bit key: the score within [-16, 16]. The list comes in random
 * order, so equal scores stay in random order. Returns the sorted keys, position in the low half. */
static const uint64_t *sort_by_score(struct block *b, uint32_t count) {
    uint32_t first[256] = {0}, second[256] = {0};
    for (uint32_t i = 0; i < count; i++) {
        float score = b->scores[i] < -16 ? -16 : b->scores[i] > 15.99f ? 15.99f : b->scores[i];
        uint32_t key = (uint32_t)((score + 16) * 2048);
        b->keys[i] = (uint64_t)key << 32 | i;
        first[key & 255]++;
        second[key >> 8]++;
    }
    uint32_t a = 0, c = 0;
    for (uint32_t k = 0; k < 256; k++) {
        uint32_t n = first[k], m = second[k];
        first[k] = a, second[k] = c;
        a += n, c += m;
    }
    for (uint32_t i = 0; i < count; i++) b->keys_spare[first[b->keys[i] >> 32 & 255]++] = b->keys[i];
    for (uint32_t i = 0; i < count; i++) b->keys[second[b->keys_spare[i] >> 40]++] = b->keys_spare[i];
    return b->keys;
}

static void draw_systematic(struct block *b, uint32_t count, struct mm_rng *rng) {
    double sum = mm_rng_uniform(rng);
    bool all_equal = true;
    for (uint32_t i = 1; all_equal && i < count; i++) all_equal = b->scores[i] == b->scores[0];
    const uint64_t *sorted = all_equal ? NULL : sort_by_score(b, count);
    int64_t before = (int64_t)sum;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t position = sorted ? (uint32_t)sorted[i] : i;
        sum += mm_sigmoid((double)b->scores[position]);
        int64_t after = (int64_t)sum;
        b->right[position] = after > before;
        before = after;
    }
}

static void count_expected(struct tally *tally, const float *scores, uint32_t count) {
    tally->rows += count;
    for (uint32_t i = 0; i < count; i++) {
        double p = mm_sigmoid((double)scores[i]);
        tally->right += p, tally->squares += p * p;
    }
}

static void draw_independent(struct block *b, uint32_t count, struct mm_rng *rng) {
    for (uint32_t i = 0; i < count; i++) b->right[i] = mm_rng_uniform(rng) < mm_sigmoid((double)b->scores[i]);
}

/* Splits rows[0..count) into those going left and right, keeping their order; returns how many go left. */
static uint32_t split_rows(struct block *b, uint32_t *rows, uint32_t count) {
    uint32_t left = 0, right = 0;
    for (uint32_t i = 0; i < count; i++) {
        b->spare[right] = rows[i];
        rows[left] = rows[i];
        left += !b->right[i];
        right += b->right[i];
    }
    memcpy(rows + left, b->spare, right * sizeof *rows);
    return left;
}

/* A code's rows: their values, spread evenly over the code's quantiles. The rows' order is random already. */
static void settle_code(const struct boost_model *model, uint32_t column, uint32_t code, struct block *b, const uint32_t *rows,
                        uint32_t count, struct mm_rng *rng) {
    const struct mm_codec *codec = &model->codecs[column];
    bool number = codec->low && !mm_codec_is_mark(codec, code), atom = mm_codec_is_atom(codec, code);
    for (uint32_t i = 0; i < count; i++) {
        b->codes[rows[i]] = (uint16_t)code;
        if (!number) continue;
        double u = atom ? 0 : model->draws == BOOST_DRAWS_SYSTEMATIC ? (i + mm_rng_uniform(rng)) / count : mm_rng_uniform(rng);
        b->values[rows[i]] = mm_codec_value(codec, code, u, codec->grain_share && !atom ? mm_rng_uniform(rng) : 0);
    }
}

static void draw_node(const struct boost_model *model, uint32_t place, int32_t at, struct block *b, uint32_t *rows, uint32_t count,
                      uint64_t seed, uint64_t block_number) {
    if (!count) return;
    uint32_t column = model->order[place];
    if (at < 0) {
        struct mm_rng rng = mm_rng_at(seed, MM_STREAM_WITHIN_CODE, block_number, (uint64_t)column << 32 | (uint32_t)~at);
        settle_code(model, column, (uint32_t)~at, b, rows, count, &rng);
        return;
    }
    const struct boost_node *node = &model->nodes[at];
    struct mm_rng rng = mm_rng_at(seed, MM_STREAM_SYSTEMATIC, block_number, (uint64_t)at);
    score_node(model, node, b, rows, count);
    if (b->tally) count_expected(&b->tally[(uint32_t)at - model->node_first[place]], b->scores, count);
    if (model->draws == BOOST_DRAWS_SYSTEMATIC)
        draw_systematic(b, count, &rng);
    else
        draw_independent(b, count, &rng);
    uint32_t left = split_rows(b, rows, count);
    draw_node(model, place, node->left, b, rows, left, seed, block_number);
    draw_node(model, place, node->right, b, rows + left, count - left, seed, block_number);
}

/* The column's features, for the columns after it. */
static void set_features(const struct boost_model *model, uint32_t place, struct block *b) {
    for (uint32_t k = model->feature_first[place]; k < model->feature_first[place + 1]; k++) {
        const struct boost_feature *feature = &model->features[k];
        const struct mm_codec *codec = &model->codecs[feature->column];
        uint16_t *out = b->features + (size_t)k * BOOST_BLOCK;
        for (uint32_t i = 0; i < BOOST_BLOCK; i++) {
            if (feature->derivation == BOOST_VALUE)
                out[i] = mm_codec_fine(codec, b->codes[i], b->values[i]);
            else
                out[i] = mm_codec_is_mark(codec, b->codes[i])
                             ? 0
                             : boost_derive(codec->type, (enum boost_derivation)feature->derivation, b->values[i]);
        }
    }
}

struct sampling {
    const struct boost_model *model;
    const struct mm_sample_job *job;
    uint64_t first_block;
    struct block *blocks; /* by worker */
};

static void write_cells(const struct boost_model *model, uint32_t column, const struct block *b, const struct mm_sample_job *job,
                        uint64_t block_start) {
    const struct mm_codec *codec = &model->codecs[column];
    struct mm_column *out = &job->out->columns[column];
    uint64_t from = block_start > job->first_row ? block_start : job->first_row;
    uint64_t end = job->first_row + job->out->row_count;
    if (end > block_start + BOOST_BLOCK) end = block_start + BOOST_BLOCK;
    for (uint64_t row = from; row < end; row++) {
        uint64_t to = row - job->first_row;
        uint32_t code = b->codes[row - block_start];
        if (mm_codec_is_mark(codec, code)) {
            out->marks[to] = codec->mark_of_code[code];
            continue;
        }
        if (out->numbers)
            out->numbers[to] = b->values[row - block_start];
        else if (codec->low)
            out->integers[to] = (int64_t)nearbyint(b->values[row - block_start]);
        else if (out->codes)
            out->codes[to] = codec->level_of_code[code - codec->mark_count];
        else
            out->integers[to] = codec->level_of_code[code - codec->mark_count];
    }
}

/* Draws one column of a block, given the columns before it. */
static void draw_column(const struct boost_model *model, uint32_t place, struct block *b, uint64_t seed, uint64_t number) {
    /* A fresh random order for each column: ties are broken by it, and no two columns may break them alike. */
    struct mm_rng rng = mm_rng_at(seed, MM_STREAM_TIE, number, model->order[place]);
    for (uint32_t i = 0; i < BOOST_BLOCK; i++) b->rows[i] = i;
    mm_rng_shuffle(&rng, b->rows, BOOST_BLOCK);
    bool single = model->node_first[place] == model->node_first[place + 1];
    draw_node(model, place, single ? ~0 : (int32_t)model->node_first[place], b, b->rows, BOOST_BLOCK, seed, number);
}

static mint_status sample_block(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)err;
    struct sampling *s = payload;
    const struct boost_model *model = s->model;
    struct block *b = &s->blocks[worker];
    uint64_t number = s->first_block + index;
    for (uint32_t place = 0; place < model->column_count; place++) {
        uint32_t column = model->order[place];
        draw_column(model, place, b, s->job->seed, number);
        set_features(model, place, b);
        write_cells(model, column, b, s->job, number * BOOST_BLOCK);
    }
    mm_progress_add(s->job->ctx, BOOST_BLOCK);
    return MINT_OK;
}

static mint_status blocks_new(struct block **out, struct mm_arena *scratch, const struct boost_model *model, uint32_t threads, size_t tasks,
                              mint_error *err) {
    struct block *blocks;
    MM_ALLOC_OR_RETURN(blocks, scratch, threads, err);
    for (uint32_t w = 0; w < threads && w < tasks; w++) MM_RETURN_IF_ERROR(block_new(&blocks[w], scratch, model, err));
    *out = blocks;
    return MINT_OK;
}

mint_status boost_sample(const void *state, const struct mm_sample_job *job, mint_error *err) {
    const struct boost_model *model = state;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &job->ctx->memory);
    struct sampling s = {.model = model, .job = job, .first_block = job->first_row / BOOST_BLOCK};
    size_t count = (size_t)((job->first_row + job->out->row_count + BOOST_BLOCK - 1) / BOOST_BLOCK - s.first_block);
    mint_status status = blocks_new(&s.blocks, &scratch, model, job->ctx->threads, count, err);
    for (uint32_t c = 0; status == MINT_OK && c < model->column_count; c++) {
        if (model->codecs[c].mark_count) status = mm_column_marks(job->out, &job->out->columns[c], err);
        if (job->out->columns[c].codes) job->out->columns[c].dictionary = model->codecs[c].levels;
    }
    mm_progress_begin(job->ctx, "sample", count * (uint64_t)BOOST_BLOCK);
    if (status == MINT_OK) status = mm_parallel_for(job->ctx, count, sample_block, &s, err);
    mm_arena_release(&scratch);
    return status;
}

/* ---- calibration ---- */

/* A node is right for the rows it was fitted to; the rows that come to it when a table is drawn are a little off, column upon column, and
 * so is the share that it sends right: what is rare dwindles. A pilot sample is drawn column by column, and each node's bias is moved
 * so that it sends right the share that the real rows have there. */
struct calibration {
    struct boost_model *model;
    struct block *blocks;
    struct tally **tallies; /* by block: of the nodes of the column at hand */
    uint32_t block_count, place;
    uint64_t seed;
    bool final; /* the column is drawn with its nodes calibrated */
};

/* Pilot blocks are none that a sample will have. */
static const uint64_t PILOT_BLOCK = (uint64_t)1 << 50;

static mint_status draw_pilot(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct calibration *c = payload;
    struct block *b = &c->blocks[index];
    uint32_t nodes = c->model->node_first[c->place + 1] - c->model->node_first[c->place];
    memset(c->tallies[index], 0, nodes * sizeof **c->tallies);
    b->tally = c->final ? NULL : c->tallies[index];
    draw_column(c->model, c->place, b, c->seed, PILOT_BLOCK + index);
    if (c->final) set_features(c->model, c->place, b);
    return MINT_OK;
}

/* One Newton step, shrunken by what chance explains of the difference (James and Stein 1961, positive part): which rows the pilot has, and
 * which share the real rows happen to show. */
static float correction(const struct tally *t, double share, double real_rows) {
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
        struct tally all = {0, 0, 0};
        for (uint32_t b = 0; b < c->block_count; b++) {
            const struct tally *t = &c->tallies[b][i - first];
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
    MM_ALLOC_OR_RETURN(c->blocks, scratch, c->block_count, err);
    MM_ALLOC_OR_RETURN(c->tallies, scratch, c->block_count, err);
    for (uint32_t b = 0; b < c->block_count; b++) {
        MM_RETURN_IF_ERROR(block_new(&c->blocks[b], scratch, c->model, err));
        MM_ALLOC_OR_RETURN(c->tallies[b], scratch, widest, err);
    }
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
    enum { CELL = 2 * sizeof(uint16_t), ROW = 3 * sizeof(uint32_t) + sizeof(double) + sizeof(uint16_t) + 2 * sizeof(uint64_t) + 1 };
    return (uint64_t)pilot_blocks(model, row_count) * BOOST_BLOCK * ((uint64_t)model->feature_count * CELL + ROW);
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

/* ---- density ---- */

struct scoring {
    const struct boost_model *model;
    struct mint_context *ctx;
    const struct mint_table *rows;
    double *log_density;
    double *const *by_column;
    uint16_t **codes;
    struct block *blocks;
};

static void score_codes(const struct boost_model *model, int32_t at, struct block *b, uint32_t *rows, uint32_t count, double *out) {
    if (!count || at < 0) return;
    const struct boost_node *node = &model->nodes[at];
    score_node(model, node, b, rows, count);
    for (uint32_t i = 0; i < count; i++) {
        b->right[i] = b->codes[rows[i]] >= node->middle;
        double score = (double)b->scores[i];
        out[rows[i]] -= mm_softplus(b->right[i] ? -score : score);
    }
    uint32_t left = split_rows(b, rows, count);
    score_codes(model, node->left, b, rows, left, out);
    score_codes(model, node->right, b, rows + left, count - left, out);
}

static mint_status score_block(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)err;
    struct scoring *s = payload;
    const struct boost_model *model = s->model;
    struct block *b = &s->blocks[worker];
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
        set_features(model, place, b);
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
    mint_status status = blocks_new(&s.blocks, &scratch, model, ctx->threads, count, err);
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
