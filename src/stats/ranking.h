/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_STATS_RANKING_H
#define MM_STATS_RANKING_H
#include "base/memory.h"

/* Positions 0..n-1 in ascending order of the values; NaN last; ties by position. `order` has room for n. */
mint_status mm_sort_order(uint32_t *order, const float *values, uint32_t n, struct mm_memory *memory, mint_error *err);
/* Ascending order for qsort; not for NaN. */
int mm_compare_floats(const void *a, const void *b);
int mm_compare_doubles(const void *a, const void *b);
/* Ranks from 0; ties share their middle one, and NaN, which ties with itself, is above all. */
mint_status mm_mid_ranks(float *ranks, const float *values, uint32_t n, struct mm_memory *memory, mint_error *err);
/* Pearson's correlation of x[i], y[i] over i of `pick` (NULL: all); NaN when one side is constant. */
double mm_correlation(const float *x, const float *y, const uint32_t *pick, uint32_t n);
/* Area under the ROC curve with ties split, rows weighted: order as mm_sort_order made it; weights may be NULL (all 1).
 * NaN when one class has no weight. */
double mm_auc(const uint32_t *order, const float *scores, const uint8_t *positive, const uint16_t *weights, uint32_t n);
/* Largest distance between two distribution functions given as weighted counts over shared ordered cells (Kolmogorov and Smirnov). */
double mm_ks_counts(const double *a, const double *b, uint32_t cells);
/* Half the L1 distance of two sets of weighted counts (total variation). */
double mm_tvd_counts(const double *a, const double *b, uint32_t cells);

#endif
