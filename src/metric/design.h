/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a frame as a design for linear models: numbers standardised by the fitted rows, levels one-hot. */
#ifndef MM_METRIC_DESIGN_H
#define MM_METRIC_DESIGN_H
#include "learn/linear.h"
#include "metric/frame.h"

/* Where rows come from: up to two runs, one behind the other. */
struct mm_rows_of {
    enum mm_side side;
    const uint32_t *rows;
    uint32_t count;
};
/* Means and deviations come from `fitted`; `columns` are filled for it and for `others`. */
struct mm_standard {
    float *mean, *scale;
};
mint_status mm_design_standard(struct mm_standard *standard, const struct mm_frame *frame, const struct mm_rows_of *runs,
                               uint32_t run_count, struct mm_arena *scratch, mint_error *err);
mint_status mm_design_build(struct mm_design *design, const struct mm_standard *standard, const struct mm_frame *frame,
                            const struct mm_rows_of *runs, uint32_t run_count, int64_t without, struct mm_arena *scratch, mint_error *err);

#endif
