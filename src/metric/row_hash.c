/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/row_hash.h"

#include <stdlib.h>

#include "base/text.h"

/* The frame's columns of a table row as one hash of typed values. */
static uint64_t row_hash(const struct mint_table *table, const uint32_t *columns, uint32_t count, uint64_t row) {
    uint64_t hash = 0x9E3779B97F4A7C15u;
    for (uint32_t k = 0; k < count; k++) {
        const struct mm_column *column = &table->columns[columns[k]];
        uint64_t cell;
        char text[MM_CELL_MAX];
        if (mm_column_missing(column, row))
            cell = 0x6d697373;
        else if (column->codes)
            cell = mm_hash_bytes(mm_dictionary_text(&column->dictionary, (uint32_t)column->codes[row]),
                                 mm_dictionary_length(&column->dictionary, (uint32_t)column->codes[row]));
        else if (column->field.type == MM_BOOLEAN)
            cell = mm_hash_bytes(text, mm_column_cell(column, row, text, sizeof text));
        else {
            double value = mm_column_number(column, row) + 0.0;
            cell = mm_hash_bytes(&value, sizeof value);
        }
        hash = (hash ^ cell) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    return hash;
}

int mm_row_hash_compare(const void *a, const void *b) {
    const struct mm_row_hash *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

mint_status mm_row_hashes(struct mm_row_hash **out, const struct mm_frame *frame, enum mm_side side, struct mm_arena *scratch,
                          mint_error *err) {
    const struct mint_table *table = frame->tables[side];
    uint32_t *columns;
    MM_ALLOC_OR_RETURN(columns, scratch, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++) columns[c] = (uint32_t)mm_table_find(table, frame->columns[c].name);
    MM_ALLOC_OR_RETURN(*out, scratch, table->row_count, err);
    for (uint64_t r = 0; r < table->row_count; r++)
        (*out)[r] = (struct mm_row_hash){row_hash(table, columns, frame->column_count, r), (uint32_t)r};
    return MINT_OK;
}

const struct mm_row_hash *mm_row_hash_find(const struct mm_row_hash *sorted, uint64_t count, uint64_t hash) {
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (sorted[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && sorted[low].hash == hash ? &sorted[low] : NULL;
}

static int compare_rows(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

mint_status mm_row_copies_find(struct mm_row_copies *copies, const struct mm_row_hash *rows, uint64_t row_count,
                               const struct mm_row_hash *sorted, uint64_t sorted_count, struct mm_arena *scratch, mint_error *err) {
    *copies = (struct mm_row_copies){0};
    MM_ALLOC_OR_RETURN(copies->originals, scratch, row_count, err);
    for (uint64_t r = 0; r < row_count; r++) {
        const struct mm_row_hash *original = mm_row_hash_find(sorted, sorted_count, rows[r].hash);
        if (original) copies->originals[copies->count++] = original->row;
    }
    qsort(copies->originals, copies->count, sizeof *copies->originals, compare_rows);
    for (uint64_t i = 0, end; i < copies->count; i = end) {
        for (end = i + 1; end < copies->count && copies->originals[end] == copies->originals[i];) end++;
        copies->originals[copies->distinct++] = copies->originals[i];
    }
    return MINT_OK;
}
