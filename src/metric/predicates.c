/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/predicates.h"

#include <math.h>
#include <string.h>

#include "learn/dispatch.h"

/* A chunk's cells stay in the cache while all predicates of a task look at them. */
enum { CHUNK = 4096, PREDICATES_A_TASK = 32 };

MM_DISPATCHED static void keep_meeting(const float *restrict cells, float value, int sign, uint32_t n, uint8_t *restrict met) {
    if (value != value)
        for (uint32_t i = 0; i < n; i++) met[i] &= (uint8_t)(cells[i] != cells[i]);
    else if (sign > 0)
        for (uint32_t i = 0; i < n; i++) met[i] &= (uint8_t)(cells[i] >= value);
    else if (sign < 0)
        for (uint32_t i = 0; i < n; i++) met[i] &= (uint8_t)(cells[i] <= value);
    else
        for (uint32_t i = 0; i < n; i++) met[i] &= (uint8_t)(cells[i] == value);
}

MM_DISPATCHED static uint32_t total(const uint8_t *met, uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += met[i];
    return sum;
}

struct counting {
    const struct mm_points *rows;
    const struct mm_predicate *predicates;
    uint32_t count, *counts;
};

static mint_status count_some(void *payload, size_t task, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct counting *s = payload;
    uint32_t from = (uint32_t)task * PREDICATES_A_TASK, end = from + PREDICATES_A_TASK < s->count ? from + PREDICATES_A_TASK : s->count;
    uint8_t met[CHUNK];
    memset(s->counts + from, 0, (end - from) * sizeof *s->counts);
    for (uint32_t start = 0; start < s->rows->row_count; start += CHUNK) {
        uint32_t n = s->rows->row_count - start < CHUNK ? s->rows->row_count - start : CHUNK;
        for (uint32_t p = from; p < end; p++) {
            const struct mm_predicate *predicate = &s->predicates[p];
            if (s->counts[p] >= 2) continue;
            memset(met, 1, n);
            for (uint32_t k = 0; k < predicate->count; k++)
                keep_meeting(s->rows->columns[predicate->columns[k]] + start, predicate->values[k], predicate->sign[k], n, met);
            s->counts[p] += total(met, n);
            if (s->counts[p] > 2) s->counts[p] = 2;
        }
    }
    return MINT_OK;
}

mint_status mm_predicates_count(struct mint_context *ctx, const struct mm_points *rows, const struct mm_predicate *predicates,
                                uint32_t count, uint32_t *counts, mint_error *err) {
    struct counting s = {rows, predicates, count, counts};
    return mm_parallel_for(ctx, (count + PREDICATES_A_TASK - 1) / PREDICATES_A_TASK, count_some, &s, err);
}
