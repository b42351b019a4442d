/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/opinion_pool.h"

#include <math.h>
#include <stddef.h>

enum { NEWTON_STEPS = 20 };

static double score(const struct mm_pool *pool, const struct mm_opinions *o, size_t at) {
    return pool->weights[0] * (double)o->of[0][at] + pool->weights[1] * (double)o->of[1][at];
}

/* log of the sum of exp(score) over a row's classes. */
static double log_total(const struct mm_pool *pool, const struct mm_opinions *o, uint32_t row) {
    size_t from = (size_t)row * o->classes;
    double most = score(pool, o, from), sum = 0;
    for (uint32_t k = 1; k < o->classes; k++) most = fmax(most, score(pool, o, from + k));
    for (uint32_t k = 0; k < o->classes; k++) sum += exp(score(pool, o, from + k) - most);
    return most + log(sum);
}

double mm_pool_probability(const struct mm_pool *pool, const struct mm_opinions *o, uint32_t row, uint32_t label) {
    return exp(score(pool, o, (size_t)row * o->classes + label) - log_total(pool, o, row));
}

/* Slope and (negative) curvature of the log-likelihood with its prior. */
struct slope {
    double first[MM_OPINIONS], second[MM_OPINIONS][MM_OPINIONS], value;
};

static void add_row(struct slope *s, const struct mm_pool *pool, const struct mm_opinions *o, uint32_t row, uint32_t label) {
    size_t from = (size_t)row * o->classes;
    double total = log_total(pool, o, row), mean[MM_OPINIONS] = {0}, square[MM_OPINIONS][MM_OPINIONS] = {{0}};
    for (uint32_t k = 0; k < o->classes; k++) {
        double p = exp(score(pool, o, from + k) - total), a = (double)o->of[0][from + k], b = (double)o->of[1][from + k];
        mean[0] += p * a, mean[1] += p * b;
        square[0][0] += p * a * a, square[0][1] += p * a * b, square[1][1] += p * b * b;
    }
    for (int i = 0; i < MM_OPINIONS; i++) {
        s->first[i] += (double)o->of[i][from + label] - mean[i];
        for (int j = i; j < MM_OPINIONS; j++) s->second[i][j] += square[i][j] - mean[i] * mean[j];
    }
    s->value += score(pool, o, from + label) - total;
}

static struct slope slope_at(const struct mm_pool *pool, const struct mm_opinions *o, const float *labels, uint32_t count) {
    struct slope s = {.second = {{1, 0}, {0, 1}}};
    for (int i = 0; i < MM_OPINIONS; i++) {
        double off = pool->weights[i] - 1.0 / MM_OPINIONS;
        s.first[i] = -off, s.value -= off * off / 2;
    }
    for (uint32_t row = 0; row < count; row++) add_row(&s, pool, o, row, (uint32_t)labels[row]);
    return s;
}

void mm_pool_fit(struct mm_pool *pool, const struct mm_opinions *o, const float *labels, uint32_t count) {
    *pool = (struct mm_pool){{1.0 / MM_OPINIONS, 1.0 / MM_OPINIONS}};
    struct slope s = slope_at(pool, o, labels, count);
    for (int step = 0; step < NEWTON_STEPS; step++) {
        double a = s.second[0][0], b = s.second[0][1], c = s.second[1][1], determinant = a * c - b * b;
        double by[MM_OPINIONS] = {(c * s.first[0] - b * s.first[1]) / determinant, (a * s.first[1] - b * s.first[0]) / determinant};
        struct mm_pool next = *pool;
        struct slope there = s;
        double length = 1;
        for (int halving = 0; halving < 10; halving++, length /= 2) { /* concave, but a full step may leap over the top */
            for (int i = 0; i < MM_OPINIONS; i++) next.weights[i] = pool->weights[i] + length * by[i];
            there = slope_at(&next, o, labels, count);
            if (there.value > s.value) break;
        }
        if (!(there.value > s.value + 1e-9 * fabs(s.value))) return;
        *pool = next, s = there;
    }
}
