/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of whole rows as SDMetrics computes them, for those who have to compare: NewRowSynthesis and DCROverfittingProtection. Their
 * flaws are kept: a tie counts for the holdout, and each side is measured on a scale of its own. No rule rests on them. */
#include <math.h>

#include "metric/metric_list.h"

enum { MATCH_PAIRS_MAX = 40000000, DISTANCE_PAIRS_MAX = 10000000 };
static const double MATCH_TOLERANCE = 0.01;

/* Synthetic rows (or holdout rows, for the reference) that are looked at so that the pairs with `base` rows stay few. */
static uint32_t rows_for(const struct mm_frame *frame, int side, uint32_t base, uint32_t pairs_max) {
    uint32_t most = base ? pairs_max / base : 0, n = frame->row_count[side];
    most = most ? most : 1;
    return n < most ? n : most;
}

/* ---- new rows: no train row agrees in every column, numbers within 1 % of the synthetic value ---- */

static bool agrees(const struct mm_frame *frame, int side, uint32_t row, uint32_t train) {
    for (uint32_t c = 0; c < frame->column_count; c++) {
        const struct mm_frame_column *column = &frame->columns[c];
        float a = column->values[side][row], b = column->values[MM_TRAIN][train];
        if (column->is_level       ? a != b
            : isnan(a) || isnan(b) ? !isnan(a) || !isnan(b)
                                   : fabs((double)b - (double)a) > MATCH_TOLERANCE * fabs((double)a + column->origin))
            return false;
    }
    return true;
}

static double share_new(const struct mm_frame *frame, int side, uint32_t n) {
    uint32_t fresh = 0;
    for (uint32_t r = 0; r < n; r++) {
        uint32_t train = 0;
        while (train < frame->row_count[MM_TRAIN] && !agrees(frame, side, r, train)) train++;
        fresh += train == frame->row_count[MM_TRAIN];
    }
    return (double)fresh / n;
}

/* ---- distance to the closest record ---- */

static mint_status ranges_of(double **out, const struct mm_frame *frame, int side, struct mm_arena *scratch, mint_error *err) {
    MM_ALLOC_OR_RETURN(*out, scratch, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        double low = INFINITY, high = -INFINITY;
        for (uint32_t r = 0; r < frame->row_count[side]; r++) {
            double value = (double)frame->columns[c].values[side][r];
            if (!isnan(value)) low = fmin(low, value), high = fmax(high, value);
        }
        (*out)[c] = high > low ? high - low : 0;
    }
    return MINT_OK;
}

static double distance(const struct mm_frame *frame, const double *ranges, int side, uint32_t row, int base, uint32_t other, double limit) {
    double sum = 0;
    for (uint32_t c = 0; c < frame->column_count && sum < limit; c++) {
        double a = (double)frame->columns[c].values[side][row], b = (double)frame->columns[c].values[base][other];
        if (frame->columns[c].is_level)
            sum += a != b;
        else if (isnan(a) || isnan(b))
            sum += !isnan(a) || !isnan(b);
        else
            sum += ranges[c] > 0 ? fmin(fabs(a - b) / ranges[c], 1) : a != b;
    }
    return sum;
}

static double closest(const struct mm_frame *frame, const double *ranges, int side, uint32_t row, int base) {
    double least = INFINITY;
    for (uint32_t r = 0; r < frame->row_count[base]; r++) least = fmin(least, distance(frame, ranges, side, row, base, r, least));
    return least;
}

static mint_status protection(double *score, const struct mm_metric_job *job, uint32_t n, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    double *train, *holdout, nearer = 0;
    MM_RETURN_IF_ERROR(ranges_of(&train, frame, MM_TRAIN, job->scratch, err));
    MM_RETURN_IF_ERROR(ranges_of(&holdout, frame, MM_HOLDOUT, job->scratch, err));
    for (uint32_t r = 0; r < n; r++)
        nearer += closest(frame, train, MM_SYNTHETIC, r, MM_TRAIN) < closest(frame, holdout, MM_SYNTHETIC, r, MM_HOLDOUT);
    *score = fmin(1, 2 * (1 - nearer / n));
    return MINT_OK;
}

static mint_status put(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, double value, double reference,
                       uint32_t n, mint_error *err) {
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    f->value = value, f->reference = reference, f->n[MM_SYNTHETIC] = n;
    f->subsampled = f->subsampled || n < job->frame->row_count[MM_SYNTHETIC];
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t train = frame->row_count[MM_TRAIN], n = rows_for(frame, MM_SYNTHETIC, train, MATCH_PAIRS_MAX),
             m = rows_for(frame, MM_HOLDOUT, train, MATCH_PAIRS_MAX);
    MM_RETURN_IF_ERROR(put(job, self, "compatible.rows.new", share_new(frame, MM_SYNTHETIC, n), share_new(frame, MM_HOLDOUT, m), n, err));
    double score;
    n = rows_for(frame, MM_SYNTHETIC, train + frame->row_count[MM_HOLDOUT], DISTANCE_PAIRS_MAX);
    MM_RETURN_IF_ERROR(protection(&score, job, n, err));
    return put(job, self, "compatible.rows.overfitting_protection", score, NAN, n, err);
}

const struct mm_metric mm_metric_sdmetrics_rows_compatible = {
    .id = "compatible.rows",
    .figures = "compatible.rows.new (NewRowSynthesis), compatible.rows.overfitting_protection (DCROverfittingProtection)",
    .range = "0 to 1",
    .cost = "synthetic rows x real rows, at most 40 and 10 million pairs of rows",
    .without_value = "never",
    .axis = "compatible",
    .summary = "figures of whole rows as SDMetrics computes them; no rule rests on them",
    .formula = "NewRowSynthesis (numbers within 1 % of the synthetic value) and min(2 (1 - share nearer to train than to holdout), 1) of "
               "SDMetrics 0.24, ties for the holdout, ranges of each side; reference: holdout rows in the synthetic rows' place",
    .unit = "score",
    .direction = MM_HIGHER,
    .compute = compute,
};
