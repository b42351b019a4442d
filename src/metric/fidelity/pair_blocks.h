/* SPDX-License-Identifier: Apache-2.0 */
/* What a pair of columns looks like over many rows, block by block: a resample is a sum of blocks, so the rows are read once. */
#ifndef MM_METRIC_PAIR_BLOCKS_H
#define MM_METRIC_PAIR_BLOCKS_H
#include <stddef.h>
#include <stdint.h>

enum { MM_PAIR_BLOCKS = 64 };

/* Where block b of n rows begins. */
static inline uint32_t mm_block_start(uint32_t n, uint32_t b) { return (uint32_t)((uint64_t)n * b / MM_PAIR_BLOCKS); }

/* Counts of the joint table of two coded columns: counts[MM_PAIR_BLOCKS][cells], cells = bins of a x width. */
void mm_pair_count(const uint8_t *a, const uint8_t *b, uint32_t n, uint32_t width, uint32_t cells, uint32_t *counts);

/* Sums over the rows where both numbers are there. */
struct mm_moments {
    double count, x, y, xx, yy, xy;
};
/* Of x - x0 and y - y0, which keeps the squares accurate. */
void mm_pair_moments(const float *x, const float *y, uint32_t n, float x0, float y0, struct mm_moments moments[MM_PAIR_BLOCKS]);
/* NaN where a column is constant. */
double mm_moments_correlation(const struct mm_moments *m);

#endif
