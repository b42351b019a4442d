/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that no row breaks: admitted <= discharged, bedrooms <= rooms. */
#include "encode/relation.h"

/* Rows that break the order when the two columns come from different rows: exp(-20) is the chance that none would by luck. */
enum { BROKEN_BY_CHANCE_MIN = 20 };

static bool both(const struct mm_column *a, uint64_t row_a, const struct mm_column *b, uint64_t row_b) {
    return !mm_column_missing(a, row_a) && !mm_column_missing(b, row_b);
}

/* -1: never above, 1: never below; 0: neither, or they hardly differ. */
static int side_of(const struct mm_column *a, const struct mm_column *b, uint64_t row_count) {
    uint64_t below = 0, above = 0;
    for (uint64_t r = 0; r < row_count && !(below && above); r++) {
        if (!both(a, r, b, r)) continue;
        double x = mm_column_number(a, r), y = mm_column_number(b, r);
        below += x<y, above += x> y;
    }
    if ((below && above) || below + above < MM_RELATION_ROWS_MIN) return 0;
    return above ? 1 : -1;
}

static bool is_no_luck(const struct mm_column *low, const struct mm_column *high, uint64_t row_count) {
    uint64_t broken = 0;
    for (uint64_t r = 0; r < row_count && broken < BROKEN_BY_CHANCE_MIN; r++) {
        uint64_t other = (r + row_count / 2) % row_count;
        broken += both(low, r, high, other) && mm_column_number(low, r) > mm_column_number(high, other);
    }
    return broken >= BROKEN_BY_CHANCE_MIN;
}

uint32_t mm_orders_find(struct mm_order *orders, const struct mint_table *table, const struct mm_relation *by_column) {
    uint32_t count = 0;
    if (table->column_count > MM_RELATION_COLUMNS_MAX) return 0;
    for (uint32_t a = 0; a < table->column_count; a++)
        for (uint32_t b = a + 1; b < table->column_count && count < MM_ORDERS_MAX; b++) {
            const struct mm_column *x = &table->columns[a], *y = &table->columns[b];
            if (x->field.type != y->field.type || !mm_type_is_numeric(x->field.type)) continue;
            if (mm_relation_depends(by_column, a, b) || mm_relation_depends(by_column, b, a)) continue;
            int side = side_of(x, y, table->row_count);
            struct mm_order order = {.low = side < 0 ? a : b, .high = side < 0 ? b : a};
            if (side && is_no_luck(&table->columns[order.low], &table->columns[order.high], table->row_count)) orders[count++] = order;
        }
    return count;
}
