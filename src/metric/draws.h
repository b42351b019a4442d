/* SPDX-License-Identifier: Apache-2.0 */
/* Equal-sized cuts of every side and bootstrap resamples of the first cut: row lists that all columns of a metric share, so that a
 * mean over columns keeps them together. */
#ifndef MM_METRIC_DRAWS_H
#define MM_METRIC_DRAWS_H
#include "metric/frame.h"

enum { MM_CUTS_MAX = 4, MM_RESAMPLES_MAX = 60 };

struct mm_draws {
    uint32_t n, cuts[MM_SIDES]; /* n: the smallest of train, synthetic and holdout */
    uint32_t *cut[MM_SIDES][MM_CUTS_MAX];
    uint32_t *resample[MM_SIDES][MM_RESAMPLES_MAX]; /* none of the floor */
};

/* Holdout rows are drawn by whole entities when the frame has any. `lane` keeps the resamples of one metric apart from another's. */
mint_status mm_draws_make(struct mm_draws *draws, const struct mm_frame *frame, uint32_t cuts_max, uint32_t resamples, uint64_t lane,
                          struct mm_arena *scratch, mint_error *err);

#endif
