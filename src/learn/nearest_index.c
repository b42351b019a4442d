/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/nearest_index.h"

#include <math.h>
#include <string.h>

enum { SPREAD_ROWS = 2048 };

/* ---- bytes ---- */

static struct mm_byte_scale make_scale(const struct mm_points *base, uint32_t column, uint32_t levels) {
    struct mm_byte_scale scale = {.is_level = base->is_level[column], .levels = levels};
    double sum = 0, count = 0;
    for (uint32_t r = 0; !scale.is_level && r < base->row_count; r++) {
        double value = (double)base->columns[column][r];
        if (isfinite(value)) sum += value, count++;
    }
    scale.origin = (count > 0 ? sum / count : 0) - 1;
    return scale;
}

static uint8_t byte_of(const struct mm_byte_scale *scale, float cell) {
    if (scale->is_level) {
        uint32_t bits;
        memcpy(&bits, &cell, sizeof bits);
        return (uint8_t)((bits * 2654435769u) >> 24); /* Fibonacci hashing (Knuth 6.4) */
    }
    if (isnan(cell)) return (uint8_t)scale->levels;
    double steps = floor(((double)cell - scale->origin) * scale->levels);
    return (uint8_t)fmin(fmax(steps, 0), 2 * scale->levels);
}

static void make_bytes(const struct mm_nearest_index *index, const struct mm_points *points, uint8_t *bytes) {
    for (uint32_t c = 0; c < points->column_count; c++)
        for (uint32_t r = 0; r < points->row_count; r++)
            bytes[(size_t)c * points->row_count + r] = byte_of(&index->scales[c], points->columns[c][r]);
}

/* ---- order: a k-d tree whose leaves are blocks ---- */

struct ordering {
    const struct mm_nearest_index *index;
    const uint8_t *bytes; /* [column][rows] */
    uint32_t row_count, *rows, *spare;
};

static void count_bytes(const struct ordering *o, uint32_t column, uint32_t from, uint32_t to, uint32_t step, uint32_t counts[256]) {
    const uint8_t *bytes = o->bytes + (size_t)column * o->row_count;
    memset(counts, 0, 256 * sizeof *counts);
    for (uint32_t i = from; i < to; i += step) counts[bytes[o->rows[i]]]++;
}

/* The mean distance of two rows in one column, in bytes. */
static double spread(const struct ordering *o, uint32_t column, uint32_t from, uint32_t to) {
    uint32_t counts[256], step = (to - from) / SPREAD_ROWS + 1;
    double n = 0, below = 0, sum = 0;
    count_bytes(o, column, from, to, step, counts);
    for (int k = 0; k < 256; k++) n += counts[k];
    if (o->index->scales[column].is_level) {
        for (int k = 0; k < 256; k++) sum += (counts[k] / n) * (counts[k] / n);
        return (1 - sum) * o->index->levels;
    }
    for (int k = 0; k < 256; k++) {
        below += counts[k] / n;
        sum += 2 * below * (1 - below);
    }
    return sum;
}

/* Place of each byte in the order of a split: numbers as they are, levels from the most frequent down. */
static void rank_bytes(const struct ordering *o, uint32_t column, const uint32_t counts[256], uint8_t rank[256]) {
    for (int k = 0; k < 256; k++) rank[k] = (uint8_t)k;
    if (!o->index->scales[column].is_level) return;
    for (int k = 0; k < 256; k++) {
        uint32_t before = 0;
        for (int j = 0; j < 256; j++) before += counts[j] > counts[k] || (counts[j] == counts[k] && j < k);
        rank[k] = (uint8_t)before;
    }
}

/* Brings rows [from, to) into the order of one column's ranks, keeping the order of equal ones. */
static void sort_by(struct ordering *o, uint32_t column, uint32_t from, uint32_t to) {
    const uint8_t *bytes = o->bytes + (size_t)column * o->row_count;
    uint32_t counts[256], start[256], of_rank[256];
    uint8_t rank[256];
    count_bytes(o, column, from, to, 1, counts);
    rank_bytes(o, column, counts, rank);
    for (int k = 0; k < 256; k++) of_rank[rank[k]] = counts[k];
    for (uint32_t k = 0, at = from; k < 256; k++) start[k] = at, at += of_rank[k];
    for (uint32_t i = from; i < to; i++) o->spare[start[rank[bytes[o->rows[i]]]]++] = o->rows[i];
    memcpy(o->rows + from, o->spare + from, (to - from) * sizeof *o->rows);
}

static void split(struct ordering *o, uint32_t from, uint32_t to) {
    while (to - from > MM_BLOCK) {
        uint32_t best = 0, middle = from + ((to - from + MM_BLOCK - 1) / MM_BLOCK + 1) / 2 * MM_BLOCK;
        double widest = -1;
        for (uint32_t c = 0; c < o->index->base->column_count; c++) {
            double own = spread(o, c, from, to);
            if (own > widest) widest = own, best = c;
        }
        sort_by(o, best, from, to);
        split(o, from, middle);
        from = middle;
    }
}

static mint_status order_rows(const struct mm_nearest_index *index, const uint8_t *bytes, uint32_t row_count, uint32_t **rows,
                              struct mm_arena *arena, mint_error *err) {
    struct ordering o = {.index = index, .bytes = bytes, .row_count = row_count};
    MM_ALLOC_OR_RETURN(o.rows, arena, row_count, err);
    MM_ALLOC_OR_RETURN(o.spare, arena, row_count, err);
    for (uint32_t r = 0; r < row_count; r++) o.rows[r] = r;
    split(&o, 0, row_count);
    mm_arena_free(arena, o.spare);
    *rows = o.rows;
    return MINT_OK;
}

/* ---- blocks ---- */

static void fill_block(struct mm_nearest_index *index, const uint8_t *bytes, uint32_t block) {
    const struct mm_points *base = index->base;
    uint32_t first = block * MM_BLOCK, count = base->row_count - first < MM_BLOCK ? base->row_count - first : MM_BLOCK;
    for (uint32_t c = 0; c < base->column_count; c++) {
        size_t at = ((size_t)block * base->column_count + c) * MM_BLOCK, box = (size_t)c * index->block_count + block;
        uint8_t *lacks = index->lacks + (size_t)c * MM_BYTE_BUCKETS * index->block_count + block;
        index->low[box] = 255;
        for (uint32_t k = 0; k < MM_BYTE_BUCKETS; k++) lacks[(size_t)k * index->block_count] = (uint8_t)index->levels;
        for (uint32_t i = 0; i < MM_BLOCK; i++) {
            uint32_t row = index->rows[first + (i < count ? i : 0)]; /* the last block is filled up with its first row */
            uint8_t byte = bytes[(size_t)c * base->row_count + row];
            index->bytes[at + i] = byte, index->cells[at + i] = base->columns[c][row];
            if (byte < index->low[box]) index->low[box] = byte;
            if (byte > index->high[box]) index->high[box] = byte;
            lacks[(size_t)(byte % MM_BYTE_BUCKETS) * index->block_count] = 0;
        }
    }
}

mint_status mm_nearest_index_make(struct mm_nearest_index *index, const struct mm_points *base, double typical, struct mm_arena *arena,
                                  mint_error *err) {
    uint32_t columns = base->column_count, blocks = (base->row_count + MM_BLOCK - 1) / MM_BLOCK;
    size_t cells = (size_t)blocks * columns * MM_BLOCK;
    uint8_t *bytes;
    *index = (struct mm_nearest_index){.base = base, .block_count = blocks};
    index->levels = (uint32_t)fmin(MM_BYTE_LEVELS_MAX, fmax(2, floor(250 / fmax(1, 1.1 * typical))));
    MM_ALLOC_OR_RETURN(index->scales, arena, columns, err);
    for (uint32_t c = 0; c < columns; c++) index->scales[c] = make_scale(base, c, index->levels);
    MM_ALLOC_OR_RETURN(bytes, arena, (size_t)base->row_count * columns, err);
    make_bytes(index, base, bytes);
    MM_RETURN_IF_ERROR(order_rows(index, bytes, base->row_count, &index->rows, arena, err));
    MM_ALLOC_OR_RETURN(index->bytes, arena, cells, err);
    MM_ALLOC_OR_RETURN(index->cells, arena, cells, err);
    MM_ALLOC_OR_RETURN(index->low, arena, (size_t)columns * blocks, err);
    MM_ALLOC_OR_RETURN(index->high, arena, (size_t)columns * blocks, err);
    MM_ALLOC_OR_RETURN(index->lacks, arena, (size_t)columns * MM_BYTE_BUCKETS * blocks, err);
    for (uint32_t b = 0; b < blocks; b++) fill_block(index, bytes, b);
    mm_arena_free(arena, bytes);
    return MINT_OK;
}

mint_status mm_nearest_index_queries(const struct mm_nearest_index *index, const struct mm_points *queries, uint8_t **bytes,
                                     uint32_t **order, struct mm_arena *arena, mint_error *err) {
    MM_ALLOC_OR_RETURN(*bytes, arena, (size_t)queries->row_count * queries->column_count, err);
    make_bytes(index, queries, *bytes);
    return order_rows(index, *bytes, queries->row_count, order, arena, err);
}
