/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in blocks of near ones, each cell also as one byte: sums of byte distances are never above the true distance, so a row, or a
 * whole block by its box, whose sum exceeds the best found so far need not be looked at. */
#ifndef MM_LEARN_NEAREST_INDEX_H
#define MM_LEARN_NEAREST_INDEX_H
#include "learn/nearest.h"

enum { MM_BLOCK = 512, MM_BYTE_BUCKETS = 64, MM_BYTE_LEVELS_MAX = 120 };

/* How a column's cells become bytes. A number falls into steps of 1/levels inside a window two units wide around the base rows' mean;
 * what is beyond is at its edge, and a missing number in its middle, where it is at most one unit from anything. A level is a
 * byte of its bits: two levels may share one. */
struct mm_byte_scale {
    bool is_level;
    double origin;
    uint32_t levels;
};

struct mm_nearest_index {
    const struct mm_points *base;
    struct mm_byte_scale *scales; /* by column */
    uint32_t levels;              /* byte distance of one unit */
    uint32_t block_count;
    uint32_t *rows;      /* place -> base row; block b holds places [512 b, 512 b + 512) */
    uint8_t *bytes;      /* [block][column][MM_BLOCK] */
    float *cells;        /* the same in full */
    uint8_t *low, *high; /* boxes of numbers, [column][block] */
    uint8_t *lacks;      /* boxes of levels, [column][bucket][block]: `levels` where no row of the block has a level of the bucket */
};

/* Byte distances are made as fine as `typical` distances, the largest that matter, allow. The index borrows `base`. */
mint_status mm_nearest_index_make(struct mm_nearest_index *index, const struct mm_points *base, double typical, struct mm_arena *arena,
                                  mint_error *err);
/* The same bytes of other rows, [column][rows], and an order that keeps near rows together. */
mint_status mm_nearest_index_queries(const struct mm_nearest_index *index, const struct mm_points *queries, uint8_t **bytes,
                                     uint32_t **order, struct mm_arena *arena, mint_error *err);

#endif
