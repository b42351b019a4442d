/* SPDX-License-Identifier: Apache-2.0 */
/* Orders between columns, while drawing: a cell that breaks one changes places with the nearest of the block that suits both rows. What was
 * drawn stays what it is, and the column's distribution with it: to draw the cell again would push it away from the bound, and telco's
 * lowest charges were lost so. */
#include <math.h>
#include <stdlib.h>

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

static bool suits(struct bounds bounds, double value) { return value >= bounds.low && value <= bounds.high; }

struct cell {
    double value;
    uint32_t row;
};

static int compare_cells(const void *a, const void *b) {
    const struct cell *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return x->row < y->row ? -1 : 1;
}

static uint32_t first_at_or_above(const struct cell *cells, uint32_t count, double value) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (cells[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* From the bound on, away from the cell's own value. */
static bool exchange(const struct boost_model *model, uint32_t place, struct boost_block *b, struct cell *cells, uint32_t count,
                     uint32_t at) {
    enum { STEPS_MAX = 512 };
    double value = cells[at].value;
    struct bounds own = bounds_of(model, place, b, cells[at].row);
    bool up = value < own.low;
    uint32_t from = first_at_or_above(cells, count, up ? own.low : own.high), steps = up ? count - from : from;
    for (uint32_t k = 0; k < steps && k < STEPS_MAX; k++) {
        struct cell *other = &cells[up ? from + k : from - 1 - k], *mine = &cells[at];
        if (!suits(own, other->value)) return false;
        if (!suits(bounds_of(model, place, b, other->row), value)) continue;
        uint32_t row = other->row;
        uint16_t code = b->codes[row];
        b->codes[row] = b->codes[mine->row], b->values[row] = mine->value;
        b->codes[mine->row] = code, b->values[mine->row] = other->value;
        other->row = mine->row, mine->row = row;
        return true;
    }
    return false;
}

void boost_keep_orders(const struct boost_model *model, uint32_t place, struct boost_block *b) {
    const struct mm_codec *codec = &model->codecs[model->order[place]];
    struct cell cells[BOOST_BLOCK];
    uint32_t count = 0, broken = 0;
    for (uint32_t row = 0; row < BOOST_BLOCK; row++) {
        if (mm_codec_is_mark(codec, b->codes[row])) continue;
        cells[count++] = (struct cell){b->values[row], row};
        broken += !suits(bounds_of(model, place, b, row), b->values[row]);
    }
    if (!broken) return;
    qsort(cells, count, sizeof *cells, compare_cells);
    for (uint32_t i = 0; i < count; i++) {
        struct bounds own = bounds_of(model, place, b, cells[i].row);
        if (suits(own, cells[i].value) || exchange(model, place, b, cells, count, i)) continue;
        double value = cells[i].value < own.low ? own.low : own.high; /* nowhere to go */
        cells[i].value = b->values[cells[i].row] = value;
        b->codes[cells[i].row] = (uint16_t)mm_codec_find(codec, value);
    }
}
