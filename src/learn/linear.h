/* SPDX-License-Identifier: Apache-2.0 */
/* Ridge-penalised linear models on standardised numbers and one-hot levels: logistic and least squares. */
#ifndef MM_LEARN_LINEAR_H
#define MM_LEARN_LINEAR_H
#include "parallel/context.h"

/* Sparse rows: `dense` numbers (mean 0, deviation 1) and `sparse` weight indices whose feature is 1. */
struct mm_design {
    uint32_t row_count, dense_count, sparse_count, weight_count; /* weights: dense, then levels, then the intercept */
    const float *dense;                                          /* [row][dense_count] */
    const uint32_t *sparse;                                      /* [row][sparse_count], values in [dense_count, weight_count - 1) */
};
enum mm_linear_loss { MM_LOSS_LOGISTIC, MM_LOSS_SQUARED };

/* Minimises sum of losses + |w|^2 / 2 (intercept free; scikit-learn's C = 1) by L-BFGS (Liu and Nocedal 1989) into weights[weight_count].
 */
mint_status mm_linear_fit(struct mint_context *ctx, const struct mm_design *design, const float *targets, enum mm_linear_loss loss,
                          uint32_t iterations, double *weights, mint_error *err);
/* Log odds or numbers, one a row. */
void mm_linear_predict(const struct mm_design *design, const double *weights, float *out);

#endif
