/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/ranking.h"

#include <math.h>
#include <string.h>

/* Least-significant-digit radix sort over the bits of a float, turned so that they order like the number. */
mint_status mm_sort_order(uint32_t *order, const float *values, uint32_t n, struct mm_memory *memory, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, memory);
    uint64_t *keys = mm_arena_alloc(&scratch, n, sizeof *keys), *spare = mm_arena_alloc(&scratch, n, sizeof *spare);
    uint32_t *counts = mm_arena_alloc(&scratch, 65536, sizeof *counts);
    if (!keys || !spare || !counts) {
        mm_arena_release(&scratch);
        return mm_error_no_memory(err, memory, n, 16);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t bits;
        float value = values[i] + 0.0f;
        memcpy(&bits, &value, sizeof bits);
        bits = isnan(value) ? UINT32_MAX : bits & 0x80000000u ? ~bits : bits | 0x80000000u;
        keys[i] = (uint64_t)bits << 32 | i;
    }
    for (unsigned shift = 32; shift < 64; shift += 16) {
        memset(counts, 0, 65536 * sizeof *counts);
        for (uint32_t i = 0; i < n; i++) counts[keys[i] >> shift & 65535]++;
        uint32_t start = 0;
        for (uint32_t k = 0; k < 65536; k++) {
            uint32_t count = counts[k];
            counts[k] = start;
            start += count;
        }
        for (uint32_t i = 0; i < n; i++) spare[counts[keys[i] >> shift & 65535]++] = keys[i];
        uint64_t *swap = keys;
        keys = spare;
        spare = swap;
    }
    for (uint32_t i = 0; i < n; i++) order[i] = (uint32_t)keys[i];
    mm_arena_release(&scratch);
    return MINT_OK;
}

double mm_auc(const uint32_t *order, const float *scores, const uint8_t *positive, const uint16_t *weights, uint32_t n) {
    double below = 0, area = 0, positives = 0;
    for (uint32_t i = 0; i < n;) {
        double tied_positive = 0, tied_negative = 0;
        float score = scores[order[i]];
        for (; i < n && scores[order[i]] == score; i++) {
            double weight = weights ? weights[order[i]] : 1;
            if (positive[order[i]])
                tied_positive += weight;
            else
                tied_negative += weight;
        }
        if (score != score) i = n; /* NaN sorts last and ties with nothing */
        area += tied_positive * (below + tied_negative / 2);
        below += tied_negative;
        positives += tied_positive;
    }
    return positives > 0 && below > 0 ? area / (positives * below) : NAN;
}

double mm_ks_counts(const double *a, const double *b, uint32_t cells) {
    double total_a = 0, total_b = 0, run_a = 0, run_b = 0, worst = 0;
    for (uint32_t i = 0; i < cells; i++) total_a += a[i], total_b += b[i];
    if (total_a <= 0 || total_b <= 0) return NAN;
    for (uint32_t i = 0; i < cells; i++) {
        run_a += a[i], run_b += b[i];
        double distance = fabs(run_a / total_a - run_b / total_b);
        if (distance > worst) worst = distance;
    }
    return worst;
}

double mm_tvd_counts(const double *a, const double *b, uint32_t cells) {
    double total_a = 0, total_b = 0, sum = 0;
    for (uint32_t i = 0; i < cells; i++) total_a += a[i], total_b += b[i];
    if (total_a <= 0 || total_b <= 0) return NAN;
    for (uint32_t i = 0; i < cells; i++) sum += fabs(a[i] / total_a - b[i] / total_b);
    return sum / 2;
}

mint_status mm_mid_ranks(float *ranks, const float *values, uint32_t n, struct mm_memory *memory, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, memory);
    uint32_t *order = mm_arena_alloc(&scratch, n, sizeof *order);
    mint_status status = order ? mm_sort_order(order, values, n, memory, err) : mm_error_no_memory(err, memory, n, sizeof *order);
    for (uint32_t i = 0, end; status == MINT_OK && i < n; i = end) {
        float value = values[order[i]];
        end = i + 1;
        while (end < n && (values[order[end]] == value || (isnan(value) && isnan(values[order[end]])))) end++;
        for (uint32_t k = i; k < end; k++) ranks[order[k]] = (float)((i + end - 1) / 2.0);
    }
    mm_arena_release(&scratch);
    return status;
}

double mm_correlation(const float *x, const float *y, const uint32_t *pick, uint32_t n) {
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = pick ? pick[i] : i;
        mx += (double)x[at] / n, my += (double)y[at] / n;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = pick ? pick[i] : i;
        double a = (double)x[at] - mx, b = (double)y[at] - my;
        xx += a * a, yy += b * b, xy += a * b;
    }
    return xx > 1e-12 && yy > 1e-12 ? xy / sqrt(xx * yy) : NAN;
}

int mm_compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int mm_compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
