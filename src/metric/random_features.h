/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as points whose inner products approximate a Gaussian kernel (Rahimi and Recht 2007): numbers over their deviation, levels one-hot.
 */
#ifndef MM_METRIC_RANDOM_FEATURES_H
#define MM_METRIC_RANDOM_FEATURES_H
#include "metric/frame.h"

enum { MM_RANDOM_FEATURES = 64 };

struct mm_random_features {
    float **directions; /* [column]: one vector of MM_RANDOM_FEATURES a number, or one a level */
    float phase[MM_RANDOM_FEATURES];
};

/* Directions for the frame's columns; the kernel is as wide as the root of the column count. */
mint_status mm_random_features_make(struct mm_random_features *map, const struct mm_frame *frame, struct mm_arena *scratch,
                                    mint_error *err);
/* [row][MM_RANDOM_FEATURES]; a missing number counts as its column's mean. */
mint_status mm_random_features_of(float **out, const struct mm_random_features *map, const struct mm_frame *frame, enum mm_side side,
                                  const uint32_t *rows, uint32_t count, struct mm_arena *scratch, mint_error *err);

#endif
