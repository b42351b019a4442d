/* SPDX-License-Identifier: Apache-2.0 */
/* Two learners' opinions of a label, made one and calibrated: P(k) is proportional to exp(w0 a_k + w1 b_k), where a and b are the
 * learners' log-probabilities (the logarithmic opinion pool: Genest and Zidek 1986), and w is what makes the labels of rows that
 * neither learner saw likeliest. One learner is overconfident here, another there; the pool of both is neither. */
#ifndef MM_LEARN_OPINION_POOL_H
#define MM_LEARN_OPINION_POOL_H
#include <stdint.h>

enum { MM_OPINIONS = 2 };

/* of[learner]: [row][classes] log-probabilities, up to a constant a row. */
struct mm_opinions {
    float *of[MM_OPINIONS];
    uint32_t classes;
};
struct mm_pool {
    double weights[MM_OPINIONS];
};

/* Maximum likelihood by Newton's method, with a standard normal prior around equal weights: rows that one learner tells without a
 * fault would ask for endless ones. labels[count] are whole numbers in [0, classes). Thread safety: pure. */
void mm_pool_fit(struct mm_pool *pool, const struct mm_opinions *opinions, const float *labels, uint32_t count);
/* What the pool gives a label of a row, in [0, 1]. */
double mm_pool_probability(const struct mm_pool *pool, const struct mm_opinions *opinions, uint32_t row, uint32_t label);

#endif
