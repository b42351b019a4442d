/* SPDX-License-Identifier: Apache-2.0 */
/* Exact nearest neighbours over mixed columns: L1 on scaled numbers, 1 for a different level (Gower 1971, unweighted sum). */
#ifndef MM_LEARN_NEAREST_H
#define MM_LEARN_NEAREST_H
#include "parallel/context.h"

/* Columns side by side: numbers scaled so that differences are comparable, NaN for missing; levels as whole floats. A missing
 * number is at distance 1 from any number and 0 from another missing one. */
struct mm_points {
    uint32_t row_count, column_count;
    const float *const *columns;
    const bool *is_level;
};

/* For each query the distance to its nearest base row and that row's number (ties: the lowest). `nearest` may be NULL. */
mint_status mm_nearest(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, float *distances,
                       uint32_t *nearest, mint_error *err);
/* For each query the k nearest base rows and their distances, [query][k], nearest first; k <= 64 and k <= base rows. Either may be
 * NULL. */
mint_status mm_nearest_k(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, uint32_t k,
                         uint32_t *neighbours, float *distances, mint_error *err);
/* The same many times over one base, each time on some of its columns: `active` lists them, ascending. The index lies in `arena` and
 * borrows `base`. */
struct mm_nearest_index;
mint_status mm_nearest_open(struct mm_nearest_index **index, const struct mm_points *queries, const struct mm_points *base, uint32_t k,
                            struct mm_arena *arena, mint_error *err);
mint_status mm_nearest_on(struct mint_context *ctx, const struct mm_nearest_index *index, const struct mm_points *queries,
                          const uint32_t *active, uint32_t active_count, uint32_t k, uint32_t *neighbours, float *distances,
                          mint_error *err);
/* For each query how many base rows are within their own radius of it: radius[base rows]. */
mint_status mm_nearest_inside(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, const float *radius,
                              uint32_t *counts, mint_error *err);

#endif
