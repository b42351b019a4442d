/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that others decide or bound, while drawing and scoring. */
#include <math.h>

#include "generator/boost/boost_block.h"

static void keep_cells(struct boost_model *model, uint32_t column) {
    if (model->kept_slot[column] < 0) model->kept_slot[column] = (int32_t)model->kept_count++;
}

/* Derived cells are what they are: only drawn columns have bounds. */
static bool is_bound(const struct boost_model *model, const struct mm_order *order, uint32_t place, const uint32_t *place_of) {
    uint32_t low = place_of[order->low], high = place_of[order->high], last = low > high ? low : high;
    return last == place && model->relations[model->order[place]].what.kind == MM_RELATION_NONE;
}

static mint_status list_pairs(struct boost_model *model, struct mm_arena *arena, mint_error *err) {
    uint32_t next = 0;
    MM_ALLOC_OR_RETURN(model->pair_first, arena, model->column_count + 1u, err);
    for (uint32_t c = 0; c < model->column_count; c++) model->bins[c].slot = -1;
    for (uint32_t place = 0; place < model->column_count; place++) {
        model->pair_first[place] = next;
        for (; next < model->pair_count && model->pairs[next].column == model->order[place]; next++) {
            struct boost_bins *before = &model->bins[model->pairs[next].before];
            if (before->slot < 0) before->slot = (int32_t)model->binned_count++;
        }
    }
    model->pair_first[model->column_count] = next;
    return MINT_OK;
}

mint_status boost_list_sources(struct boost_model *model, struct mm_arena *arena, mint_error *err) {
    uint32_t *place_of, count = 0;
    MM_ALLOC_OR_RETURN(model->kept_slot, arena, model->column_count, err);
    MM_ALLOC_OR_RETURN(model->bounds, arena, model->order_count, err);
    MM_ALLOC_OR_RETURN(model->bound_first, arena, model->column_count + 1u, err);
    MM_ALLOC_OR_RETURN(place_of, arena, model->column_count, err);
    for (uint32_t place = 0; place < model->column_count; place++) place_of[model->order[place]] = place;
    for (uint32_t c = 0; c < model->column_count; c++) model->kept_slot[c] = -1;
    for (uint32_t c = 0; c < model->column_count; c++)
        for (uint32_t k = 0; k < model->relations[c].what.source_count; k++) keep_cells(model, model->relations[c].what.sources[k]);
    for (uint32_t place = 0; place < model->column_count; place++) {
        model->bound_first[place] = count;
        for (uint32_t i = 0; i < model->order_count; i++) {
            const struct mm_order *order = &model->orders[i];
            if (!is_bound(model, order, place, place_of)) continue;
            model->bounds[count++] = i;
            keep_cells(model, order->low == model->order[place] ? order->high : order->low);
        }
    }
    model->bound_first[model->column_count] = count;
    mm_arena_free(arena, place_of);
    return list_pairs(model, arena, err);
}

bool boost_decide(const struct boost_model *model, uint32_t column, const struct boost_block *b, uint32_t row, uint32_t *code,
                  double *value) {
    const struct boost_relation *relation = &model->relations[column];
    double sources[MM_RELATION_SOURCES];
    *value = 0;
    for (uint32_t k = 0; k < relation->what.source_count; k++) {
        uint32_t source = relation->what.sources[k];
        size_t at = (size_t)model->kept_slot[source] * BOOST_BLOCK + row;
        if (relation->what.kind == MM_RELATION_LOOKUP) {
            *code = relation->codes[b->kept_codes[at]];
            if (relation->values) *value = relation->values[b->kept_codes[at]];
            return *code != BOOST_UNDECIDED;
        }
        if (mm_codec_is_mark(&model->codecs[source], b->kept_codes[at])) return false;
        sources[k] = b->kept_values[at];
    }
    *value = mm_relation_value(&relation->what, sources);
    if (!isfinite(*value)) return false;
    *code = mm_codec_find(&model->codecs[column], *value);
    return true;
}

/* Halves may be rounded either way. */
bool boost_is_decided_cell(const struct boost_model *model, uint32_t column, const struct boost_block *b, uint32_t row, uint32_t code,
                           double value) {
    const struct mm_relation *what = &model->relations[column].what;
    const struct mm_codec *codec = &model->codecs[column];
    if (!codec->low || mm_codec_is_mark(codec, code) || mm_codec_is_mark(codec, b->codes[row])) return code == b->codes[row];
    double slack = what->decimals >= 0 && what->kind != MM_RELATION_LOOKUP ? pow(10, -what->decimals) : 0;
    return fabs(value - b->values[row]) <= slack + (what->decimals == MM_RELATION_SINGLE ? 2e-7 : 1e-9) * fabs(value);
}
