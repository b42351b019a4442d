/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/linear.h"

#include <math.h>
#include <string.h>

#include "stats/elementary.h"

enum { MEMORY = 10 };

static double row_score(const struct mm_design *d, const double *w, uint32_t r) {
    const float *dense = d->dense + (size_t)r * d->dense_count;
    const uint32_t *sparse = d->sparse + (size_t)r * d->sparse_count;
    double score = w[d->weight_count - 1];
    for (uint32_t k = 0; k < d->dense_count; k++) score += w[k] * (double)dense[k];
    for (uint32_t k = 0; k < d->sparse_count; k++) score += w[sparse[k]];
    return score;
}

static double objective(const struct mm_design *d, const float *targets, enum mm_linear_loss loss, const double *w, double *gradient) {
    uint32_t p = d->weight_count;
    double value = 0;
    memset(gradient, 0, p * sizeof *gradient);
    for (uint32_t r = 0; r < d->row_count; r++) {
        double score = row_score(d, w, r), residual, y = (double)targets[r];
        if (loss == MM_LOSS_LOGISTIC) {
            value += mm_softplus(y > 0.5 ? -score : score);
            residual = mm_sigmoid(score) - y;
        } else {
            residual = score - y;
            value += residual * residual / 2;
        }
        const float *dense = d->dense + (size_t)r * d->dense_count;
        const uint32_t *sparse = d->sparse + (size_t)r * d->sparse_count;
        for (uint32_t k = 0; k < d->dense_count; k++) gradient[k] += residual * (double)dense[k];
        for (uint32_t k = 0; k < d->sparse_count; k++) gradient[sparse[k]] += residual;
        gradient[p - 1] += residual;
    }
    for (uint32_t k = 0; k + 1 < p; k++) {
        value += w[k] * w[k] / 2;
        gradient[k] += w[k];
    }
    return value;
}

static double dot(const double *a, const double *b, uint32_t n) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

struct history {
    double *steps, *changes, products[MEMORY];
    uint32_t count;
};

/* Two-loop recursion: the gradient times an approximate inverse Hessian. */
static void direction(const struct history *h, const double *gradient, double *out, uint32_t p) {
    double alpha[MEMORY];
    memcpy(out, gradient, p * sizeof *out);
    uint32_t kept = h->count < MEMORY ? h->count : MEMORY;
    for (uint32_t j = 0; j < kept; j++) {
        uint32_t i = (h->count - 1 - j) % MEMORY;
        alpha[i] = dot(h->steps + (size_t)i * p, out, p) / h->products[i];
        for (uint32_t k = 0; k < p; k++) out[k] -= alpha[i] * h->changes[(size_t)i * p + k];
    }
    if (kept) {
        uint32_t i = (h->count - 1) % MEMORY;
        double scale = h->products[i] / dot(h->changes + (size_t)i * p, h->changes + (size_t)i * p, p);
        for (uint32_t k = 0; k < p; k++) out[k] *= scale;
    }
    for (uint32_t j = kept; j-- > 0;) {
        uint32_t i = (h->count - 1 - j) % MEMORY;
        double beta = dot(h->changes + (size_t)i * p, out, p) / h->products[i];
        for (uint32_t k = 0; k < p; k++) out[k] += (alpha[i] - beta) * h->steps[(size_t)i * p + k];
    }
    for (uint32_t k = 0; k < p; k++) out[k] = -out[k];
}

static mint_status minimise(struct mint_context *ctx, struct mm_arena *scratch, const struct mm_design *d, const float *targets,
                            enum mm_linear_loss loss, uint32_t iterations, double *w, mint_error *err) {
    uint32_t p = d->weight_count;
    double *gradient, *next_gradient, *next, *step;
    struct history h = {0};
    MM_ALLOC_OR_RETURN(gradient, scratch, p, err);
    MM_ALLOC_OR_RETURN(next_gradient, scratch, p, err);
    MM_ALLOC_OR_RETURN(next, scratch, p, err);
    MM_ALLOC_OR_RETURN(step, scratch, p, err);
    MM_ALLOC_OR_RETURN(h.steps, scratch, (size_t)p * MEMORY, err);
    MM_ALLOC_OR_RETURN(h.changes, scratch, (size_t)p * MEMORY, err);
    memset(w, 0, p * sizeof *w);
    double value = objective(d, targets, loss, w, gradient);
    for (uint32_t iteration = 0; iteration < iterations; iteration++) {
        MM_RETURN_IF_ERROR(mm_check_cancelled(ctx, err));
        direction(&h, gradient, step, p);
        double slope = dot(step, gradient, p), length = iteration ? 1 : 1 / (1 + sqrt(dot(gradient, gradient, p)));
        if (!(slope < 0)) break;
        double next_value = value;
        for (int halving = 0; halving < 30; halving++, length /= 2) {
            for (uint32_t k = 0; k < p; k++) next[k] = w[k] + length * step[k];
            next_value = objective(d, targets, loss, next, next_gradient);
            if (next_value <= value + 1e-4 * length * slope) break;
        }
        if (!(next_value < value)) break;
        uint32_t slot = h.count % MEMORY;
        for (uint32_t k = 0; k < p; k++) {
            h.steps[(size_t)slot * p + k] = next[k] - w[k];
            h.changes[(size_t)slot * p + k] = next_gradient[k] - gradient[k];
        }
        h.products[slot] = dot(h.steps + (size_t)slot * p, h.changes + (size_t)slot * p, p);
        if (h.products[slot] > 1e-12) h.count++;
        memcpy(w, next, p * sizeof *w);
        memcpy(gradient, next_gradient, p * sizeof *gradient);
        bool settled = value - next_value < 1e-6 * (fabs(value) + 1);
        value = next_value;
        if (settled) break;
    }
    return MINT_OK;
}

mint_status mm_linear_fit(struct mint_context *ctx, const struct mm_design *design, const float *targets, enum mm_linear_loss loss,
                          uint32_t iterations, double *weights, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    mint_status status = minimise(ctx, &scratch, design, targets, loss, iterations, weights, err);
    mm_arena_release(&scratch);
    return status;
}

void mm_linear_predict(const struct mm_design *design, const double *weights, float *out) {
    for (uint32_t r = 0; r < design->row_count; r++) out[r] = (float)row_score(design, weights, r);
}
