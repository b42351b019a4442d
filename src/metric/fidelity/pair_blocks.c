/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/fidelity/pair_blocks.h"

#include <math.h>
#include <string.h>

#include "learn/dispatch.h"

/* Neighbouring rows often fall into one cell; counting them in turn into four tables keeps one increment from waiting for the other. */
enum { TABLES = 4, SMALL_CELLS = 512 };

static void count_small(const uint8_t *a, const uint8_t *b, uint32_t n, uint32_t width, uint32_t cells, uint32_t *counts) {
    uint32_t tables[TABLES][SMALL_CELLS];
    uint32_t i = 0;
    for (int k = 0; k < TABLES; k++) memset(tables[k], 0, cells * sizeof **tables);
    for (; i + TABLES <= n; i += TABLES)
        for (uint32_t k = 0; k < TABLES; k++) tables[k][a[i + k] * width + b[i + k]]++;
    for (; i < n; i++) tables[0][a[i] * width + b[i]]++;
    for (uint32_t cell = 0; cell < cells; cell++) {
        counts[cell] = 0;
        for (int k = 0; k < TABLES; k++) counts[cell] += tables[k][cell];
    }
}

void mm_pair_count(const uint8_t *a, const uint8_t *b, uint32_t n, uint32_t width, uint32_t cells, uint32_t *counts) {
    for (uint32_t block = 0; block < MM_PAIR_BLOCKS; block++, counts += cells) {
        uint32_t start = mm_block_start(n, block), end = mm_block_start(n, block + 1);
        if (cells <= SMALL_CELLS) {
            count_small(a + start, b + start, end - start, width, cells, counts);
            continue;
        }
        memset(counts, 0, cells * sizeof *counts);
        for (uint32_t i = start; i < end; i++) counts[a[i] * width + b[i]]++;
    }
}

/* Sums in LANES parts, so that the loop is one of vectors and its order is fixed whatever the processor. */
enum { LANES = 8 };

MM_DISPATCHED static void add_rows(const float *restrict x, const float *restrict y, uint32_t n, float x0, float y0,
                                   double sums[6][LANES]) {
    for (uint32_t i = 0; i + LANES <= n; i += LANES)
        for (uint32_t k = 0; k < LANES; k++) {
            float a = x[i + k] - x0, b = y[i + k] - y0;
            double there = a == a && b == b ? 1.0 : 0.0;
            double p = a == a && b == b ? (double)a : 0.0, q = a == a && b == b ? (double)b : 0.0;
            sums[0][k] += there, sums[1][k] += p, sums[2][k] += q, sums[3][k] += p * p, sums[4][k] += q * q, sums[5][k] += p * q;
        }
}

void mm_pair_moments(const float *x, const float *y, uint32_t n, float x0, float y0, struct mm_moments moments[MM_PAIR_BLOCKS]) {
    for (uint32_t block = 0; block < MM_PAIR_BLOCKS; block++) {
        uint32_t start = mm_block_start(n, block), rows = mm_block_start(n, block + 1) - start, whole = rows / LANES * LANES;
        double sums[6][LANES] = {{0}}, total[6] = {0};
        float tail[2][LANES];
        add_rows(x + start, y + start, whole, x0, y0, sums);
        for (uint32_t k = 0; k < LANES; k++) {
            tail[0][k] = whole + k < rows ? x[start + whole + k] : NAN;
            tail[1][k] = whole + k < rows ? y[start + whole + k] : NAN;
        }
        add_rows(tail[0], tail[1], LANES, x0, y0, sums);
        for (int s = 0; s < 6; s++)
            for (int k = 0; k < LANES; k++) total[s] += sums[s][k];
        moments[block] = (struct mm_moments){total[0], total[1], total[2], total[3], total[4], total[5]};
    }
}

double mm_moments_correlation(const struct mm_moments *m) {
    double vx = m->xx - m->x * m->x / m->count, vy = m->yy - m->y * m->y / m->count;
    return m->count > 2 && vx > 0 && vy > 0 ? (m->xy - m->x * m->y / m->count) / sqrt(vx * vy) : NAN;
}
