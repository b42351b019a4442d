/* SPDX-License-Identifier: Apache-2.0 */
/* Brute force in blocks: one query against a run of base rows, column by column, in loops that vectorise. */
#include "learn/nearest.h"

#include <math.h>
#include <string.h>

#include "learn/dispatch.h"

enum { RUN = 1024, QUERIES_A_TASK = 64, K_MAX = 64 };

MM_DISPATCHED static void add_number(const float *restrict base, float query, uint32_t n, float *restrict sum) {
    if (query != query) {
        for (uint32_t i = 0; i < n; i++) sum[i] += base[i] != base[i] ? 0.0f : 1.0f;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        float distance = base[i] - query;
        distance = distance < 0 ? -distance : distance;
        sum[i] += distance == distance ? distance : 1.0f;
    }
}

MM_DISPATCHED static void add_level(const float *restrict base, float query, uint32_t n, float *restrict sum) {
    for (uint32_t i = 0; i < n; i++) sum[i] += base[i] != query ? 1.0f : 0.0f;
}

static void run_distances(const struct mm_points *queries, uint32_t q, const struct mm_points *base, uint32_t start, uint32_t count,
                          float sum[RUN]) {
    memset(sum, 0, count * sizeof *sum);
    for (uint32_t c = 0; c < base->column_count; c++) {
        if (base->is_level[c])
            add_level(base->columns[c] + start, queries->columns[c][q], count, sum);
        else
            add_number(base->columns[c] + start, queries->columns[c][q], count, sum);
    }
}

struct search {
    const struct mm_points *queries, *base;
    float *distances;
    uint32_t *nearest;
    uint32_t k;
};

static void keep_nearest(float best[K_MAX], uint32_t rows[K_MAX], uint32_t k, float distance, uint32_t row) {
    uint32_t at = k - 1;
    for (; at > 0 && best[at - 1] > distance; at--) {
        best[at] = best[at - 1];
        rows[at] = rows[at - 1];
    }
    best[at] = distance;
    rows[at] = row;
}

static mint_status search_block(void *payload, size_t task, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct search *s = payload;
    uint32_t first = (uint32_t)task * QUERIES_A_TASK, end = first + QUERIES_A_TASK;
    if (end > s->queries->row_count) end = s->queries->row_count;
    for (uint32_t q = first; q < end; q++) {
        float best[K_MAX], sum[RUN];
        uint32_t rows[K_MAX];
        for (uint32_t i = 0; i < s->k; i++) best[i] = INFINITY, rows[i] = 0;
        for (uint32_t start = 0; start < s->base->row_count; start += RUN) {
            uint32_t count = s->base->row_count - start < RUN ? s->base->row_count - start : RUN;
            run_distances(s->queries, q, s->base, start, count, sum);
            for (uint32_t i = 0; i < count; i++)
                if (sum[i] < best[s->k - 1]) keep_nearest(best, rows, s->k, sum[i], start + i);
        }
        if (s->distances) memcpy(s->distances + (size_t)q * s->k, best, s->k * sizeof *best);
        if (s->nearest) memcpy(s->nearest + (size_t)q * s->k, rows, s->k * sizeof *rows);
    }
    return MINT_OK;
}

static mint_status search_all(struct mint_context *ctx, struct search *s, mint_error *err) {
    return mm_parallel_for(ctx, (s->queries->row_count + QUERIES_A_TASK - 1) / QUERIES_A_TASK, search_block, s, err);
}

mint_status mm_nearest(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, float *distances,
                       uint32_t *nearest, mint_error *err) {
    return search_all(ctx, &(struct search){queries, base, distances, nearest, 1}, err);
}

mint_status mm_nearest_k(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, uint32_t k,
                         uint32_t *neighbours, float *distances, mint_error *err) {
    if (k < 1 || k > K_MAX || k > base->row_count)
        MM_RETURN_ERROR(err, MINT_E_ARG, "%u neighbours of %u rows, at most %d", k, base->row_count, K_MAX);
    return search_all(ctx, &(struct search){queries, base, distances, neighbours, k}, err);
}

struct counting {
    const struct mm_points *queries, *base;
    const float *radius;
    uint32_t *counts;
};

static mint_status count_block(void *payload, size_t task, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct counting *s = payload;
    uint32_t first = (uint32_t)task * QUERIES_A_TASK, end = first + QUERIES_A_TASK;
    if (end > s->queries->row_count) end = s->queries->row_count;
    for (uint32_t q = first; q < end; q++) {
        float sum[RUN];
        s->counts[q] = 0;
        for (uint32_t start = 0; start < s->base->row_count; start += RUN) {
            uint32_t count = s->base->row_count - start < RUN ? s->base->row_count - start : RUN;
            run_distances(s->queries, q, s->base, start, count, sum);
            for (uint32_t i = 0; i < count; i++) s->counts[q] += sum[i] <= s->radius[start + i];
        }
    }
    return MINT_OK;
}

mint_status mm_nearest_inside(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, const float *radius,
                              uint32_t *counts, mint_error *err) {
    struct counting s = {queries, base, radius, counts};
    return mm_parallel_for(ctx, (queries->row_count + QUERIES_A_TASK - 1) / QUERIES_A_TASK, count_block, &s, err);
}
