/* SPDX-License-Identifier: Apache-2.0 */
/* The proxies' judge is the learner people use: XGBoost through its C API. Only xgboost.c knows it. */
#ifndef MM_LEARN_XGBOOST_H
#define MM_LEARN_XGBOOST_H
#include "parallel/context.h"

enum mm_task { MM_TASK_BINARY, MM_TASK_CLASSES, MM_TASK_REGRESSION };

/* Row-major floats; NaN is missing. */
struct mm_matrix {
    const float *values;
    uint32_t row_count, column_count;
};

struct mm_xgboost_params {
    enum mm_task task;
    uint32_t classes, rounds, depth;
    double rate;
    double row_share, node_share;  /* of rows for a tree, of columns for a split; 0: all */
    double ridge, leaf_weight_min; /* on leaf values; 0: XGBoost's 1. Least sum of second derivatives in a leaf; 0: XGBoost's 1 */
    double *gains;                 /* NULL, or [columns]: each column's total gain over all splits is added */
};
#define MM_XGBOOST_DEFAULTS                                                                                                                \
    { .task = MM_TASK_BINARY, .classes = 2, .rounds = 100, .depth = 6, .rate = 0.3 }

/* Fits on `train` and predicts `tests[0..test_count)` into outs[k]: one value a row (probability of class 1, or the number), or
 * `classes` values a row for MM_TASK_CLASSES. Histogram trees; the same for any number of threads. */
mint_status mm_xgboost_fit_predict(struct mint_context *ctx, const struct mm_matrix *train, const float *labels,
                                   const struct mm_xgboost_params *params, const struct mm_matrix *tests, float *const *outs,
                                   uint32_t test_count, mint_error *err);

#endif
