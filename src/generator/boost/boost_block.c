/* SPDX-License-Identifier: Apache-2.0 */
#include "generator/boost/boost_block.h"

#include <string.h>

static mint_status open_block(struct boost_block *b, struct mm_arena *arena, const struct boost_model *model, mint_error *err) {
    size_t features = model->feature_count ? model->feature_count : 1;
    MM_ALLOC_OR_RETURN(b->features, arena, features * BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->compact, arena, features * BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->columns, arena, features, err);
    MM_ALLOC_OR_RETURN(b->uses, arena, features, err);
    MM_ALLOC_OR_RETURN(b->arranged, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->arranged_spare, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->rows, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->spare, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->codes, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->values, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->kept_codes, arena, (size_t)model->kept_count * BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->kept_values, arena, (size_t)model->kept_count * BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->bins, arena, (size_t)model->binned_count * BOOST_RESOLUTIONS * BOOST_BLOCK, err);
    if (model->pair_count) MM_ALLOC_OR_RETURN(b->forbidden, arena, (size_t)BOOST_RESOLUTIONS * BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->scores, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->keys, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->keys_spare, arena, BOOST_BLOCK, err);
    MM_ALLOC_OR_RETURN(b->right, arena, BOOST_BLOCK, err);
    return MINT_OK;
}

/* What open_block allocates. */
uint64_t boost_block_bytes(const struct boost_model *model) {
    enum {
        CELL = 2 * sizeof(uint16_t),
        KEPT = sizeof(uint16_t) + sizeof(double),
        ROW = 4 * sizeof(uint32_t) + sizeof(uint16_t) + sizeof(double) + sizeof(float) + 2 * sizeof(uint64_t) + 1
    };
    uint64_t pairs = model->binned_count * (uint64_t)BOOST_RESOLUTIONS + (model->pair_count ? BOOST_RESOLUTIONS * sizeof(uint32_t) : 0);
    return BOOST_BLOCK * ((uint64_t)model->feature_count * CELL + (uint64_t)model->kept_count * KEPT + pairs + ROW);
}

mint_status boost_blocks_new(struct boost_block **out, struct mm_arena *scratch, const struct boost_model *model, size_t count,
                             mint_error *err) {
    MM_ALLOC_OR_RETURN(*out, scratch, count, err);
    for (size_t i = 0; i < count; i++) MM_RETURN_IF_ERROR(open_block(&(*out)[i], scratch, model, err));
    return MINT_OK;
}

/* A feature of the rows, side by side. */
static void gather_feature(struct boost_block *b, uint32_t feature, const uint32_t *rows, uint32_t count) {
    uint16_t *out = b->compact + (size_t)feature * BOOST_BLOCK;
    const uint16_t *in = b->features + (size_t)feature * BOOST_BLOCK;
    for (uint32_t i = 0; i < count; i++) out[i] = in[rows[i]];
    b->columns[feature] = out;
}

/* Features are copied side by side first, so that trees run over them in whole vectors. */
void boost_score_node(const struct boost_model *model, const struct boost_node *node, struct boost_block *b, const uint32_t *rows,
                      uint32_t count) {
    for (uint32_t i = 0; i < count; i++) b->scores[i] = node->bias;
    memset(b->uses, 0, model->feature_count * sizeof *b->uses);
    if (b->by_class) gather_feature(b, 0, rows, count);
    if (!node->tree_count) return;
    const struct mm_tree *trees = model->forest.trees + node->first_tree;
    const struct mm_tree *last = &trees[node->tree_count - 1];
    for (uint32_t s = trees[0].first_split; s < last->first_split + last->leaf_count - 1; s++) {
        uint32_t feature = model->forest.splits[s].feature;
        if (!b->uses[feature]++) gather_feature(b, feature, rows, count);
    }
    mm_forest_add(trees, node->tree_count, model->forest.splits, model->forest.leaves, b->columns, count, b->scores);
}

uint32_t boost_split_rows(struct boost_block *b, uint32_t *rows, uint32_t count) {
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

static void set_features(const struct boost_model *model, uint32_t place, struct boost_block *b) {
    for (uint32_t k = model->feature_first[place]; k < model->feature_first[place + 1]; k++) {
        const struct boost_feature *feature = &model->features[k];
        const struct mm_codec *codec = &model->codecs[feature->column];
        uint16_t *out = b->features + (size_t)k * BOOST_BLOCK;
        for (uint32_t i = 0, n = b->size; i < n; i++) {
            if (feature->derivation == BOOST_VALUE)
                out[i] = mm_codec_fine(codec, b->codes[i], b->values[i]);
            else
                out[i] = mm_codec_is_mark(codec, b->codes[i])
                             ? 0
                             : boost_derive(codec->type, (enum boost_derivation)feature->derivation, b->values[i]);
        }
    }
}

void boost_pass_on(const struct boost_model *model, uint32_t place, struct boost_block *b) {
    const struct boost_bins *bins = &model->bins[model->order[place]];
    int32_t slot = model->kept_slot[model->order[place]];
    set_features(model, place, b);
    for (uint32_t k = 0; bins->slot >= 0 && k < BOOST_RESOLUTIONS; k++) {
        uint8_t *out = b->bins + ((size_t)bins->slot * BOOST_RESOLUTIONS + k) * BOOST_BLOCK;
        for (uint32_t i = 0, n = b->size; i < n; i++) out[i] = bins->of_code[k][b->codes[i]];
    }
    if (slot < 0) return;
    memcpy(b->kept_codes + (size_t)slot * BOOST_BLOCK, b->codes, b->size * sizeof *b->codes);
    memcpy(b->kept_values + (size_t)slot * BOOST_BLOCK, b->values, b->size * sizeof *b->values);
}
