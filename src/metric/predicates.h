/* SPDX-License-Identifier: Apache-2.0 */
/* Conjunctions of a few conditions on a row's columns, counted over many rows at once. */
#ifndef MM_METRIC_PREDICATES_H
#define MM_METRIC_PREDICATES_H
#include "learn/nearest.h"

enum { MM_PREDICATE_COLUMNS = 4 };

struct mm_predicate {
    uint32_t columns[MM_PREDICATE_COLUMNS], count;
    float values[MM_PREDICATE_COLUMNS]; /* NaN: the cell is missing */
    int8_t sign[MM_PREDICATE_COLUMNS];  /* 1: at least the value, -1: at most, 0: equal */
};

/* For each predicate how many of the rows meet it; counting stops at two, so 2 stands for "more than one". counts[count]. */
mint_status mm_predicates_count(struct mint_context *ctx, const struct mm_points *rows, const struct mm_predicate *predicates,
                                uint32_t count, uint32_t *counts, mint_error *err);

#endif
