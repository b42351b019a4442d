/* SPDX-License-Identifier: Apache-2.0 */
/* Orders between columns and values that never meet, while drawing: a cell that breaks such a rule changes places with the nearest of the
 * block that suits both rows. What was drawn stays what it is, and the column's distribution with it: to draw the cell again would push it
 * away from the bound, and telco's lowest charges were lost so. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "generator/boost/boost_block.h"

struct bounds {
    double low, high;
};

/* What the orders with columns before it leave to the column's cell. */
static struct bounds bounds_of(const struct boost_model *model, uint32_t place, const struct boost_block *b, uint32_t row) {
    uint32_t column = model->order[place];
    struct bounds bounds = {-INFINITY, INFINITY};
    for (uint32_t i = model->bound_first[place]; i < model->bound_first[place + 1]; i++) {
        const struct mm_order *order = &model->orders[model->bounds[i]];
        bool is_low = order->low == column;
        uint32_t other = is_low ? order->high : order->low;
        size_t at = (size_t)model->kept_slot[other] * BOOST_BLOCK + row;
        if (mm_codec_is_mark(&model->codecs[other], b->kept_codes[at])) continue;
        if (is_low)
            bounds.high = fmin(bounds.high, b->kept_values[at]);
        else
            bounds.low = fmax(bounds.low, b->kept_values[at]);
    }
    return bounds;
}

static bool lies_within(struct bounds bounds, double value) { return value >= bounds.low && value <= bounds.high; }

static const uint8_t *bins_of(const struct boost_bins *bins, const struct boost_block *b, uint32_t resolution) {
    return b->bins + ((size_t)bins->slot * BOOST_RESOLUTIONS + resolution) * BOOST_BLOCK;
}

/* Bins of the column that each row's cells before it never meet. */
static void find_forbidden(const struct boost_model *model, uint32_t place, struct boost_block *b) {
    if (model->pair_first[place] == model->pair_first[place + 1]) return;
    memset(b->forbidden, 0, (size_t)BOOST_RESOLUTIONS * BOOST_BLOCK * sizeof *b->forbidden);
    for (uint32_t k = model->pair_first[place]; k < model->pair_first[place + 1]; k++) {
        const struct boost_pair *pair = &model->pairs[k];
        const uint8_t *bins = bins_of(&model->bins[pair->before], b, pair->resolution);
        uint32_t *forbidden = b->forbidden + (size_t)pair->resolution * BOOST_BLOCK;
        for (uint32_t row = 0, n = b->size; row < n; row++) forbidden[row] |= pair->avoided[bins[row]];
    }
}

static bool is_forbidden(const struct boost_model *model, uint32_t place, const struct boost_block *b, uint32_t row, uint32_t code) {
    const struct boost_bins *bins = &model->bins[model->order[place]];
    if (model->pair_first[place] == model->pair_first[place + 1]) return false;
    return b->forbidden[row] >> bins->of_code[0][code] & 1 || b->forbidden[BOOST_BLOCK + row] >> bins->of_code[1][code] & 1;
}

/* A text's value is its code. Equal values are in random order: partners are sought next to a cell, and in the order of the rows those that
 * come first in a block would give away their cells more often than others. */
struct cell {
    double value;
    uint32_t row, code, tie;
};

static bool suits(const struct boost_model *model, uint32_t place, const struct boost_block *b, uint32_t row, const struct cell *cell) {
    return !is_forbidden(model, place, b, row, cell->code) && lies_within(bounds_of(model, place, b, row), cell->value);
}

static int compare_cells(const void *a, const void *b) {
    const struct cell *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    if (x->tie != y->tie) return x->tie < y->tie ? -1 : 1;
    return x->row < y->row ? -1 : 1;
}

static void put(struct boost_block *b, const struct cell *cell, double value) {
    b->codes[cell->row] = (uint16_t)cell->code;
    b->values[cell->row] = value;
}

static bool same_class(const struct boost_block *b, uint32_t x, uint32_t y) { return !b->by_class || b->features[x] == b->features[y]; }

/* In how many of the columns before it, in few bins, two rows are alike; more than in all where they are of one class. */
static uint32_t likeness(const struct boost_model *model, const struct boost_block *b, uint32_t place, uint32_t x, uint32_t y) {
    uint32_t count = same_class(b, x, y) ? 1 + place : 1;
    for (uint32_t k = 0; k < place; k++) {
        const struct boost_bins *bins = &model->bins[model->order[k]];
        if (bins->slot < 0) continue;
        const uint8_t *of = bins_of(bins, b, BOOST_RESOLUTIONS - 1);
        count += of[x] == of[y];
    }
    return count;
}

/* Outward from the cell's own value, to both sides: the nearest number, or the text of the row most alike. If it can be, of a row with the
 * same code in a first column of few codes, as a rule the target: what was drawn for a class stays with it. */
static struct cell *find_partner(const struct boost_model *model, uint32_t place, const struct boost_block *b, struct cell *cells,
                                 uint32_t count, uint32_t at) {
    enum { TRIES_MAX = 512 };
    struct cell *mine = &cells[at], *best = NULL;
    struct bounds own = bounds_of(model, place, b, mine->row);
    bool number = model->codecs[model->order[place]].low != NULL;
    uint32_t most = 0;
    for (uint32_t step = 2, tries = 0; step / 2 < count && tries < TRIES_MAX; step++) {
        uint32_t away = step / 2;
        if (step % 2 ? away > at : away >= count - at) continue;
        struct cell *other = &cells[step % 2 ? at - away : at + away];
        if (!lies_within(own, other->value) || is_forbidden(model, place, b, mine->row, other->code)) continue;
        tries++;
        if (!suits(model, place, b, other->row, mine)) continue;
        if (number && same_class(b, mine->row, other->row)) return other;
        uint32_t alike = number ? 1 : likeness(model, b, place, mine->row, other->row);
        if (alike > most) best = other, most = alike;
    }
    return best;
}

static bool exchange(const struct boost_model *model, uint32_t place, struct boost_block *b, struct cell *cells, uint32_t count,
                     uint32_t at) {
    struct cell *mine = &cells[at], *other = find_partner(model, place, b, cells, count, at);
    if (!other) return false;
    double value = b->values[mine->row], other_value = b->values[other->row];
    uint32_t row = other->row;
    other->row = mine->row, mine->row = row;
    put(b, mine, value), put(b, other, other_value);
    return true;
}

void boost_keep_rules(const struct boost_model *model, uint32_t place, struct boost_block *b, struct mm_rng *rng) {
    const struct mm_codec *codec = &model->codecs[model->order[place]];
    struct cell cells[BOOST_BLOCK];
    uint32_t count = 0, broken = 0;
    find_forbidden(model, place, b);
    for (uint32_t row = 0, n = b->size; row < n; row++) {
        if (mm_codec_is_mark(codec, b->codes[row])) continue;
        cells[count] = (struct cell){codec->low ? b->values[row] : b->codes[row], row, b->codes[row], 0};
        broken += !suits(model, place, b, row, &cells[count++]);
    }
    if (!broken) return;
    for (uint32_t i = 0; i < count; i++) cells[i].tie = (uint32_t)mm_rng_next(rng);
    qsort(cells, count, sizeof *cells, compare_cells);
    for (uint32_t i = 0; i < count; i++) {
        struct cell *cell = &cells[i];
        if (suits(model, place, b, cell->row, cell) || exchange(model, place, b, cells, count, i)) continue;
        struct bounds own = bounds_of(model, place, b, cell->row);
        if (lies_within(own, cell->value)) continue;
        cell->value = cell->value < own.low ? own.low : own.high; /* nowhere to go */
        cell->code = mm_codec_find(codec, cell->value);
        put(b, cell, cell->value);
    }
}
