/* SPDX-License-Identifier: Apache-2.0 */
/* Two signs of a collapsing generator (Shumailov et al. 2024): columns that vary less than the real ones, and tails that empty. Errors by a
 * jackknife over blocks of synthetic rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_list.h"
#include "stats/ranking.h"

enum { BLOCKS = 20, ROWS_MIN = 200 };
static const double TAIL_SHARE = 0.01;

/* Sums of one block of rows; levels have their counts. */
struct block {
    double rows, sum, squares, outside;
};

struct column_spread {
    struct block blocks[BLOCKS];
    double *counts; /* [block][level] */
    uint32_t level_count;
};

static uint32_t block_of(uint32_t row, uint32_t rows) { return (uint32_t)((uint64_t)row * BLOCKS / rows); }

static mint_status read_column(struct column_spread *out, const struct mm_frame *frame, uint32_t c, int side, const float limits[2],
                               struct mm_arena *scratch, mint_error *err) {
    const struct mm_frame_column *column = &frame->columns[c];
    uint32_t n = frame->row_count[side];
    *out = (struct column_spread){.level_count = column->is_level ? column->level_count : 0};
    if (column->is_level) MM_ALLOC_OR_RETURN(out->counts, scratch, (size_t)BLOCKS * column->level_count, err);
    for (uint32_t r = 0; r < n; r++) {
        float cell = column->values[side][r];
        uint32_t b = block_of(r, n);
        struct block *block = &out->blocks[b];
        if (column->is_level) {
            out->counts[(size_t)b * column->level_count + (uint32_t)cell]++, block->rows++;
            continue;
        }
        if (!isfinite(cell)) continue;
        double value = (double)cell / column->deviation;
        block->rows++, block->sum += value, block->squares += value * value;
        block->outside += cell < limits[0] || cell > limits[1];
    }
    return MINT_OK;
}

/* Variance, or the chance that two rows have different levels; without block `left_out` (BLOCKS: with all). */
static double dispersion(const struct column_spread *s, uint32_t left_out) {
    double rows = 0, sum = 0, squares = 0;
    for (uint32_t b = 0; b < BLOCKS; b++)
        if (b != left_out) rows += s->blocks[b].rows, sum += s->blocks[b].sum, squares += s->blocks[b].squares;
    if (rows < 2) return NAN;
    if (!s->counts) return squares / rows - sum / rows * (sum / rows);
    double same = 0;
    for (uint32_t k = 0; k < s->level_count; k++) {
        double count = 0;
        for (uint32_t b = 0; b < BLOCKS; b++)
            if (b != left_out) count += s->counts[(size_t)b * s->level_count + k];
        same += count / rows * (count / rows);
    }
    return 1 - same;
}

static double outside_share(const struct column_spread *s, uint32_t left_out) {
    double rows = 0, outside = 0;
    for (uint32_t b = 0; b < BLOCKS; b++)
        if (b != left_out) rows += s->blocks[b].rows, outside += s->blocks[b].outside;
    return outside / rows;
}

struct spread {
    double logs[BLOCKS + 1], tails[BLOCKS + 1]; /* means over the columns without each block; the last with all */
    double columns, numbers;
};

/* Against the dispersion of train rows, column by column. */
static mint_status measure(const struct mm_metric_job *job, int side, struct spread *out, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = frame->row_count[MM_TRAIN];
    float *sorted;
    *out = (struct spread){.columns = 0};
    MM_ALLOC_OR_RETURN(sorted, job->scratch, n, err);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        struct column_spread train, own;
        float limits[2] = {0, 0};
        uint32_t known = 0;
        bool is_level = frame->columns[c].is_level;
        for (uint32_t r = 0; !is_level && r < n; r++)
            if (isfinite(frame->columns[c].values[MM_TRAIN][r])) sorted[known++] = frame->columns[c].values[MM_TRAIN][r];
        if (known) {
            qsort(sorted, known, sizeof *sorted, mm_compare_floats);
            limits[0] = sorted[(uint32_t)(TAIL_SHARE * known)], limits[1] = sorted[(uint32_t)((1 - TAIL_SHARE) * (known - 1))];
        }
        MM_RETURN_IF_ERROR(read_column(&train, frame, c, MM_TRAIN, limits, job->scratch, err));
        MM_RETURN_IF_ERROR(read_column(&own, frame, c, side, limits, job->scratch, err));
        double real = dispersion(&train, BLOCKS), tail = outside_share(&train, BLOCKS);
        if (!(real > 1e-9) || isnan(dispersion(&own, BLOCKS))) continue;
        bool has_tails = !is_level && tail > TAIL_SHARE / 2;
        out->columns++, out->numbers += has_tails;
        for (uint32_t b = 0; b <= BLOCKS; b++) {
            out->logs[b] += log(fmax(1e-6, dispersion(&own, b) / real));
            if (has_tails) out->tails[b] += outside_share(&own, b) / tail;
        }
    }
    for (uint32_t b = 0; b <= BLOCKS; b++) out->logs[b] = exp(out->logs[b] / out->columns), out->tails[b] /= out->numbers;
    return MINT_OK;
}

static struct mm_estimate jackknife(const double values[BLOCKS + 1]) {
    double mean = 0, squares = 0;
    for (uint32_t b = 0; b < BLOCKS; b++) mean += values[b] / BLOCKS;
    for (uint32_t b = 0; b < BLOCKS; b++) squares += (values[b] - mean) * (values[b] - mean);
    return (struct mm_estimate){values[BLOCKS], sqrt(squares * (BLOCKS - 1) / BLOCKS)};
}

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const char *formula,
                          const double own[BLOCKS + 1], const double reference[BLOCKS + 1], double floor, mint_error *err) {
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, id, jackknife(own), jackknife(reference), floor, &f, err));
    f->formula = formula, f->direction = MM_TARGET;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct spread own, holdout, floor = {.columns = 0};
    if (mm_frame_equal_rows(frame, UINT32_MAX) < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "fewer than %d rows on a side", ROWS_MIN);
    MM_RETURN_IF_ERROR(measure(job, MM_SYNTHETIC, &own, err));
    MM_RETURN_IF_ERROR(measure(job, MM_HOLDOUT, &holdout, err));
    if (frame->row_count[MM_FLOOR]) MM_RETURN_IF_ERROR(measure(job, MM_FLOOR, &floor, err));
    if (own.columns < 1) return mm_figure_none(job, self, self->id, false, err, "no column varies");
    MM_RETURN_IF_ERROR(report(job, self, "diversity.spread.variance_ratio",
                              "geometric mean over columns of variance (levels: chance that two rows differ) over train's; 1: ideal",
                              own.logs, holdout.logs, floor.columns > 0 ? floor.logs[BLOCKS] : NAN, err));
    if (own.numbers < 1) return mm_figure_none(job, self, "diversity.spread.tail_mass", false, err, "no number column has tails");
    return report(job, self, "diversity.spread.tail_mass",
                  "mean over number columns of the share of cells beyond train's 1 % and 99 % quantiles, over train's own; 1: ideal",
                  own.tails, holdout.tails, floor.columns > 0 ? floor.tails[BLOCKS] : NAN, err);
}

const struct mm_metric mm_metric_spread = {
    .id = "diversity.spread",
    .figures = "diversity.spread.variance_ratio, diversity.spread.tail_mass (0 up; 1 is ideal)",
    .range = "0 up",
    .cost = "one pass over rows and columns, twenty jackknife blocks",
    .without_value = "fewer than 200 rows on a side; no column that varies",
    .axis = "diversity",
    .summary = "how widely the columns vary and how full their tails are, against train rows",
    .formula = "see each figure; the reference is what holdout rows get",
    .unit = "ratio",
    .direction = MM_HIGHER,
    .compute = compute,
};
