/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the space that real rows use is used: of the pairs and triples of values (8 and 4 bins a column) that holdout rows
 * show, the share that synthetic rows show, too; and Good and Turing's estimate (Good 1953) of the mass of joint rows not yet
 * seen: the share of rows whose combination occurs once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "rng/philox.h"

enum { PAIR_BINS = 8, TRIPLE_BINS = 4, CELLS_MAX = 64, TABLES_MAX = 2000 };

/* Cells of one table that a cut of a side shows. */
static uint64_t shown(const struct mm_coarse *coarse, const uint32_t columns[3], int side, const uint32_t *rows, uint32_t n) {
    uint64_t cells = 0;
    const struct mm_coarse *a = &coarse[columns[0]], *b = &coarse[columns[1]], *c = columns[2] == UINT32_MAX ? NULL : &coarse[columns[2]];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t r = rows[i], cell = a->of_row[side][r] * b->bins + b->of_row[side][r];
        cells |= (uint64_t)1 << (c ? cell * c->bins + c->of_row[side][r] : cell);
    }
    return cells;
}

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, uint32_t order, uint32_t n,
                          uint32_t *const rows[MM_SIDES], mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_coarse *coarse;
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, order == 2 ? PAIR_BINS : TRIPLE_BINS, job->scratch, err));
    double real = 0, covered[MM_SIDES] = {0}, tables = 0, total = frame->column_count;
    total = order == 2 ? total * (total - 1) / 2 : total * (total - 1) * (total - 2) / 6;
    struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_METRIC, 4, order);
    for (uint32_t a = 0; a < frame->column_count; a++)
        for (uint32_t b = a + 1; b < frame->column_count; b++)
            for (uint32_t c = order == 2 ? UINT32_MAX : b + 1; order == 2 || c < frame->column_count; c++) {
                if (total <= TABLES_MAX || mm_rng_uniform(&rng) < TABLES_MAX / total) {
                    const uint32_t columns[3] = {a, b, c};
                    uint64_t holdout = shown(coarse, columns, MM_HOLDOUT, rows[MM_HOLDOUT], n);
                    real += __builtin_popcountll(holdout), tables++;
                    for (int side = 0; side < MM_SIDES; side++)
                        if (side != MM_HOLDOUT && frame->row_count[side] >= n)
                            covered[side] += __builtin_popcountll(holdout & shown(coarse, columns, side, rows[side], n));
                }
                if (order == 2) break;
            }
    if (real < 1) return mm_figure_none(job, self, id, false, err, "there are fewer than %u columns", order);
    struct mm_figure *f;
    double p = covered[MM_SYNTHETIC] / real, q = covered[MM_TRAIN] / real;
    /* Cells of tables that share columns are not independent: counted as if only one cell a column pair were. */
    double effective = fmax(1, real / frame->column_count);
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, id, (struct mm_estimate){100 * p, 100 * sqrt(p * (1 - p) / effective)},
                                          (struct mm_estimate){100 * q, 100 * sqrt(q * (1 - q) / effective)},
                                          frame->row_count[MM_FLOOR] >= n ? 100 * covered[MM_FLOOR] / real : NAN, &f, err));
    f->n[0] = f->n[1] = f->n[2] = n;
    f->subsampled = f->subsampled || tables < total;
    return MINT_OK;
}

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Share of rows whose joint combination of bins occurs once among them. */
static double unseen_mass(uint64_t *hashes, const struct mm_frame *frame, const struct mm_coarse *coarse, int side, const uint32_t *rows,
                          uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        uint64_t hash = 0x9E3779B97F4A7C15u;
        for (uint32_t c = 0; c < frame->column_count; c++) {
            hash = (hash ^ coarse[c].of_row[side][rows[i]]) * 0xff51afd7ed558ccdu;
            hash ^= hash >> 32;
        }
        hashes[i] = hash;
    }
    qsort(hashes, n, sizeof *hashes, compare_hashes);
    double singles = 0;
    for (uint32_t i = 0; i < n; i++) singles += (!i || hashes[i] != hashes[i - 1]) && (i + 1 == n || hashes[i] != hashes[i + 1]);
    return singles / n;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_equal_rows(frame, UINT32_MAX), *rows[MM_SIDES] = {NULL};
    for (int side = 0; side < MM_SIDES; side++)
        if (frame->row_count[side] >= n) MM_RETURN_IF_ERROR(mm_frame_cut(frame, (enum mm_side)side, n, 0, job->scratch, &rows[side], err));
    MM_RETURN_IF_ERROR(report(job, self, "coverage.combinations.pairs", 2, n, rows, err));
    MM_RETURN_IF_ERROR(report(job, self, "coverage.combinations.triples", 3, n, rows, err));
    struct mm_coarse *coarse;
    uint64_t *hashes;
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(hashes, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, TRIPLE_BINS, job->scratch, err));
    double own = unseen_mass(hashes, frame, coarse, MM_SYNTHETIC, rows[MM_SYNTHETIC], n),
           real = unseen_mass(hashes, frame, coarse, MM_TRAIN, rows[MM_TRAIN], n);
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(
        mm_figure_estimate(job, self, "coverage.unseen_mass", (struct mm_estimate){100 * own, 100 * sqrt(own * (1 - own) / n)},
                           (struct mm_estimate){100 * real, 100 * sqrt(real * (1 - real) / n)},
                           rows[MM_FLOOR] ? 100 * unseen_mass(hashes, frame, coarse, MM_FLOOR, rows[MM_FLOOR], n) : NAN, &f, err));
    f->formula = "share of rows whose joint combination (4 bins a column) occurs once: Good and Turing's unseen mass, x100";
    f->direction = MM_TARGET;
    f->n[0] = f->n[1] = n, f->n[2] = 0;
    return MINT_OK;
}

const struct mm_metric mm_metric_combinations = {
    .id = "coverage.combinations",
    .figures = "coverage.combinations.pairs, coverage.combinations.triples, coverage.unseen_mass",
    .range = "0 to 100",
    .cost = "rows x tables, at most 2,000 tables an order",
    .without_value = "fewer than two (three) columns",
    .axis = "coverage",
    .summary = "share of the holdout's pairs and triples of values that synthetic rows show, too; mass not yet seen",
    .formula =
        "cells of all pair tables (8 bins) or triple tables (4 bins) seen on both sides over those seen in the holdout, x100; equal n",
    .unit = "%",
    .direction = MM_HIGHER,
    .compute = compute,
};
