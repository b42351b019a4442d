/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing one column of a block. */
#include <string.h>

#include "generator/boost/boost_block.h"
#include "rng/philox.h"
#include "stats/elementary.h"

/* Stable sort of positions by score, by two passes over a 16-bit key: the score within [-16, 16]. The list comes in random
 * order, so equal scores stay in random order. Returns the sorted keys, position in the low half. */
static const uint64_t *sort_by_score(struct boost_block *b, uint32_t count) {
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

/* Walks through the rows in an order in which neighbours are alike: the count going right is exact to one in every run of them. */
static void draw_systematic(const struct boost_model *model, const struct boost_node *node, struct boost_block *b, uint32_t count,
                            struct mm_rng *rng) {
    enum { ROWS_MIN = 32 }; /* to be sorted by more than their score */
    double sum = mm_rng_uniform(rng);
    bool sorted = node->tree_count != 0, arranged = count >= ROWS_MIN && (sorted || b->by_class);
    const uint64_t *by_score = sorted ? sort_by_score(b, count) : NULL;
    if (arranged) boost_arrange(model, b, by_score, count);
    int64_t before = (int64_t)sum;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t position = arranged ? b->arranged[i] : sorted ? (uint32_t)by_score[i] : i;
        sum += mm_sigmoid((double)b->scores[position]);
        int64_t after = (int64_t)sum;
        b->right[position] = after > before;
        before = after;
    }
}

static void draw_independent(struct boost_block *b, uint32_t count, struct mm_rng *rng) {
    for (uint32_t i = 0; i < count; i++) b->right[i] = mm_rng_uniform(rng) < mm_sigmoid((double)b->scores[i]);
}

static void count_expected(struct boost_tally *tally, const float *scores, uint32_t count) {
    tally->rows += count;
    for (uint32_t i = 0; i < count; i++) {
        double p = mm_sigmoid((double)scores[i]);
        tally->right += p, tally->squares += p * p;
    }
}

/* A code's rows: their values, spread evenly over the code's quantiles. The rows' order is random already. */
static void settle_code(const struct boost_model *model, uint32_t column, uint32_t code, struct boost_block *b, const uint32_t *rows,
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

static void draw_node(const struct boost_model *model, uint32_t place, int32_t at, struct boost_block *b, uint32_t *rows, uint32_t count,
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
    boost_score_node(model, node, b, rows, count);
    if (b->tally) count_expected(&b->tally[(uint32_t)at - model->node_first[place]], b->scores, count);
    if (model->draws == BOOST_DRAWS_SYSTEMATIC)
        draw_systematic(model, node, b, count, &rng);
    else
        draw_independent(b, count, &rng);
    uint32_t left = boost_split_rows(b, rows, count);
    draw_node(model, place, node->left, b, rows, left, seed, block_number);
    draw_node(model, place, node->right, b, rows + left, count - left, seed, block_number);
}

/* Rows that their sources decide are settled; the others stay in b->rows, in their order. Returns how many. */
static uint32_t derive_cells(const struct boost_model *model, uint32_t column, struct boost_block *b) {
    uint32_t left = 0;
    for (uint32_t i = 0, n = b->size; i < n; i++) {
        uint32_t row = b->rows[i], code;
        double value;
        if (boost_decide(model, column, b, row, &code, &value))
            b->codes[row] = (uint16_t)code, b->values[row] = value;
        else
            b->rows[left++] = row;
    }
    return left;
}

void boost_draw_column(const struct boost_model *model, uint32_t place, struct boost_block *b, uint64_t seed, uint64_t number) {
    enum { CLASSES_MAX = 20 };
    b->by_class = place > 0 && model->codecs[model->order[0]].code_count <= CLASSES_MAX;
    /* A fresh random order for each column: ties are broken by it, and no two columns may break them alike. */
    struct mm_rng rng = mm_rng_at(seed, MM_STREAM_TIE, number, model->order[place]);
    for (uint32_t i = 0, n = b->size; i < n; i++) b->rows[i] = i;
    mm_rng_shuffle(&rng, b->rows, b->size);
    bool single = model->node_first[place] == model->node_first[place + 1];
    bool derived = model->relations[model->order[place]].what.kind != MM_RELATION_NONE;
    uint32_t count = derived ? derive_cells(model, model->order[place], b) : b->size;
    boost_predict_mean(model, place, b);
    int32_t root = single ? ~0 : (int32_t)model->node_first[place];
    draw_node(model, place, root, b, b->rows, count, seed, number);
    bool bounded = model->bound_first[place] < model->bound_first[place + 1] || model->pair_first[place] < model->pair_first[place + 1];
    if (bounded && !b->tally) boost_keep_rules(model, place, b, &rng);
}
