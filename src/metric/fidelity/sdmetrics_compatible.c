/* SPDX-License-Identifier: Apache-2.0 */
/* Figures as SDMetrics 0.24 computes them, synthetic rows against all train rows, for those who have to compare: each is printed beside
 * the same figure of the holdout against train. They score copies best and see no noise, so no rule rests on them. Differences from
 * our own: no equal n, missing cells left out (columns) or a category (pairs), no intervals. */
#include <math.h>
#include <stdlib.h>

#include "metric/metric_list.h"
#include "stats/ranking.h"

enum { BINS = 10, PAIRS_MAX = 2000, CELLS_MAX = 2000000 };

struct sample {
    const float *values;
    uint32_t n;
};

static struct sample side_of(const struct mm_frame *frame, uint32_t c, int side) {
    return (struct sample){frame->columns[c].values[side], frame->row_count[side]};
}

/* ---- numbers ---- */

struct sorted {
    float *values;
    uint32_t n;
    double mean;
};

static mint_status sort_values(struct sorted *out, struct sample s, struct mm_arena *scratch, mint_error *err) {
    float *spare;
    uint32_t *order;
    MM_ALLOC_OR_RETURN(spare, scratch, s.n, err);
    MM_ALLOC_OR_RETURN(order, scratch, s.n, err);
    MM_ALLOC_OR_RETURN(out->values, scratch, s.n, err);
    out->n = 0, out->mean = 0;
    for (uint32_t i = 0; i < s.n; i++)
        if (!isnan(s.values[i])) spare[out->n++] = s.values[i], out->mean += (double)s.values[i];
    out->mean /= out->n ? out->n : 1;
    MM_RETURN_IF_ERROR(mm_sort_order(order, spare, out->n, scratch->memory, err));
    for (uint32_t i = 0; i < out->n; i++) out->values[i] = spare[order[i]];
    return MINT_OK;
}

static double ks_complement(const struct sorted *a, const struct sorted *b) {
    double worst = 0;
    for (uint32_t i = 0, j = 0; i < a->n || j < b->n;) {
        float at = j == b->n || (i < a->n && a->values[i] <= b->values[j]) ? a->values[i] : b->values[j];
        while (i < a->n && a->values[i] == at) i++;
        while (j < b->n && b->values[j] == at) j++;
        worst = fmax(worst, fabs((double)i / a->n - (double)j / b->n));
    }
    return 1 - worst;
}

struct number_scores {
    double ks, range, mean, deviation, median, boundary;
};
static const struct number_scores UNKNOWN = {NAN, NAN, NAN, NAN, NAN, NAN};

/* With n - 1, as pandas has it. */
static double deviation_of(const struct sorted *s) {
    double squares = 0;
    for (uint32_t i = 0; i < s->n; i++) squares += ((double)s->values[i] - s->mean) * ((double)s->values[i] - s->mean);
    return s->n > 1 ? sqrt(squares / (s->n - 1)) : NAN;
}

static double median_of(const struct sorted *s) { return ((double)s->values[(s->n - 1) / 2] + (double)s->values[s->n / 2]) / 2; }

static double similarity(double a, double b, double width) { return fmax(0, 1 - fabs(a - b) / width); }

static struct number_scores score_numbers(const struct sorted *real, const struct sorted *other) {
    double low = (double)real->values[0], high = (double)real->values[real->n - 1], width = high - low, inside = 0;
    for (uint32_t i = 0; i < other->n; i++) inside += (double)other->values[i] >= low && (double)other->values[i] <= high;
    struct number_scores s = UNKNOWN;
    s.ks = ks_complement(real, other), s.boundary = inside / other->n;
    if (width > 0) {
        s.range =
            fmax(0, 1 - fmax(0, (double)other->values[0] - low) / width - fmax(0, high - (double)other->values[other->n - 1]) / width);
        s.mean = similarity(real->mean, other->mean, width);
        s.deviation = similarity(deviation_of(real), deviation_of(other), width);
        s.median = similarity(median_of(real), median_of(other), width);
    }
    return s;
}

/* ---- levels ---- */

struct level_scores {
    double tv, coverage, adherence;
};

static struct level_scores score_levels(const double *real, const double *other, uint32_t levels, uint32_t missing) {
    double n = 0, m = 0, all = 0, sum = 0, seen = 0, covered = 0, known = 0;
    for (uint32_t k = 0; k < levels; k++) {
        all += other[k];
        known += real[k] > 0 ? other[k] : 0; /* a missing cell is known when real ones are missing, too */
        if (k != missing) n += real[k], m += other[k];
    }
    for (uint32_t k = 0; k < levels; k++) {
        if (k == missing) continue;
        sum += fabs(real[k] / n - other[k] / m);
        seen += real[k] > 0, covered += real[k] > 0 && other[k] > 0;
    }
    return (struct level_scores){1 - sum / 2, covered / seen, known / all};
}

/* ---- pairs ---- */

static double correlation(struct sample x, struct sample y, const float *rank_x, const float *rank_y) {
    double n = 0, mx = 0, my = 0, sxx = 0, syy = 0, sxy = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < x.n; i++) {
            if (isnan(x.values[i]) || isnan(y.values[i])) continue;
            double a = (double)(rank_x ? rank_x[i] : x.values[i]), b = (double)(rank_y ? rank_y[i] : y.values[i]);
            if (!pass)
                n++, mx += a, my += b;
            else
                a -= mx / n, b -= my / n, sxx += a * a, syy += b * b, sxy += a * b;
        }
    return sxx > 0 && syy > 0 ? sxy / sqrt(sxx * syy) : NAN;
}

/* Ranks among the rows where both have a value, ties averaged. */
static mint_status rank(float **out, struct sample x, struct sample y, struct mm_arena *scratch, mint_error *err) {
    float *kept;
    uint32_t *order, *rows, n = 0;
    MM_ALLOC_OR_RETURN(*out, scratch, x.n, err);
    MM_ALLOC_OR_RETURN(kept, scratch, x.n, err);
    MM_ALLOC_OR_RETURN(order, scratch, x.n, err);
    MM_ALLOC_OR_RETURN(rows, scratch, x.n, err);
    for (uint32_t i = 0; i < x.n; i++)
        if (!isnan(x.values[i]) && !isnan(y.values[i])) rows[n] = i, kept[n++] = x.values[i];
    MM_RETURN_IF_ERROR(mm_sort_order(order, kept, n, scratch->memory, err));
    for (uint32_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && kept[order[end]] == kept[order[i]];) end++;
        for (uint32_t k = i; k < end; k++) (*out)[rows[order[k]]] = (float)(i + end - 1) / 2;
    }
    return MINT_OK;
}

/* Bins as numpy's histogram edges and digitize give them, the outer ones open: ten over the real range, and one for missing. */
static uint32_t cell_of(const struct mm_frame_column *column, float value, double low, double high) {
    if (column->is_level) return (uint32_t)value;
    if (isnan(value)) return BINS;
    double at = column->origin + (double)value, step = (high - low) / BINS;
    uint32_t bin = 0;
    while (bin + 1 < BINS && at >= (bin + 1.0) * step + (low + column->origin)) bin++;
    return bin;
}

static uint32_t cells_in(const struct mm_frame_column *column) { return column->is_level ? column->level_count : BINS + 1; }

static void range_of(struct sample s, double *low, double *high) {
    *low = INFINITY, *high = -INFINITY;
    for (uint32_t i = 0; i < s.n; i++)
        if (!isnan(s.values[i])) *low = fmin(*low, (double)s.values[i]), *high = fmax(*high, (double)s.values[i]);
}

static mint_status contingency(double *out, const struct mm_frame *frame, uint32_t a, uint32_t b, int side, struct mm_arena *scratch,
                               mint_error *err) {
    const struct mm_frame_column *x = &frame->columns[a], *y = &frame->columns[b];
    uint64_t width = cells_in(y), cells = cells_in(x) * width;
    double *real, *other, low_x, high_x, low_y, high_y, sum = 0;
    *out = NAN;
    if (cells > CELLS_MAX) return MINT_OK;
    MM_ALLOC_OR_RETURN(real, scratch, cells, err);
    MM_ALLOC_OR_RETURN(other, scratch, cells, err);
    range_of(side_of(frame, a, MM_TRAIN), &low_x, &high_x);
    range_of(side_of(frame, b, MM_TRAIN), &low_y, &high_y);
    for (int k = 0; k < 2; k++) {
        int from = k ? side : MM_TRAIN;
        double *counts = k ? other : real;
        for (uint32_t r = 0; r < frame->row_count[from]; r++)
            counts[cell_of(x, x->values[from][r], low_x, high_x) * width + cell_of(y, y->values[from][r], low_y, high_y)]++;
    }
    for (uint64_t k = 0; k < cells; k++) sum += fabs(real[k] / frame->row_count[MM_TRAIN] - other[k] / frame->row_count[side]);
    *out = 1 - sum / 2;
    return MINT_OK;
}

/* ---- figures ---- */

static mint_status put(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const char *a, const char *b,
                       double value, double reference, mint_error *err) {
    struct mm_figure *f;
    if (isnan(value)) {
        MM_RETURN_IF_ERROR(mm_figure_none(job, self, id, false, err, "a column is constant or has no values on one side"));
        f = &job->figures->list[job->figures->count - 1];
    } else {
        MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
        f->value = value, f->reference = reference;
    }
    f->columns[0] = a, f->columns[1] = b;
    return MINT_OK;
}

static mint_status put_missing(const struct mm_metric_job *job, const struct mm_metric *self, const char *name,
                               const double missing[MM_FLOOR], mint_error *err) {
    return put(job, self, "compatible.missing_value_similarity", name, NULL, 1 - fabs(missing[MM_TRAIN] - missing[MM_SYNTHETIC]),
               1 - fabs(missing[MM_TRAIN] - missing[MM_HOLDOUT]), err);
}

static mint_status report_number(const struct mm_metric_job *job, const struct mm_metric *self, uint32_t c, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    const char *name = frame->columns[c].name;
    struct sorted sides[MM_FLOOR];
    for (int side = 0; side < MM_FLOOR; side++) MM_RETURN_IF_ERROR(sort_values(&sides[side], side_of(frame, c, side), job->scratch, err));
    struct number_scores own = UNKNOWN, real = UNKNOWN;
    if (sides[MM_TRAIN].n && sides[MM_SYNTHETIC].n) own = score_numbers(&sides[MM_TRAIN], &sides[MM_SYNTHETIC]);
    if (sides[MM_TRAIN].n && sides[MM_HOLDOUT].n) real = score_numbers(&sides[MM_TRAIN], &sides[MM_HOLDOUT]);
    MM_RETURN_IF_ERROR(put(job, self, "compatible.ks_complement", name, NULL, own.ks, real.ks, err));
    MM_RETURN_IF_ERROR(put(job, self, "compatible.range_coverage", name, NULL, own.range, real.range, err));
    MM_RETURN_IF_ERROR(put(job, self, "compatible.statistic_similarity", name, NULL, own.mean, real.mean, err));
    MM_RETURN_IF_ERROR(put(job, self, "compatible.statistic_similarity.std", name, NULL, own.deviation, real.deviation, err));
    MM_RETURN_IF_ERROR(put(job, self, "compatible.statistic_similarity.median", name, NULL, own.median, real.median, err));
    MM_RETURN_IF_ERROR(put(job, self, "compatible.boundary_adherence", name, NULL, own.boundary, real.boundary, err));
    double missing[MM_FLOOR];
    for (int side = 0; side < MM_FLOOR; side++) missing[side] = 1 - (double)sides[side].n / frame->row_count[side];
    return put_missing(job, self, name, missing, err);
}

static mint_status report_level(const struct mm_metric_job *job, const struct mm_metric *self, uint32_t c, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    const struct mm_frame_column *column = &frame->columns[c];
    double *counts[MM_FLOOR];
    uint32_t missing = mm_frame_missing_level(column);
    for (int side = 0; side < MM_FLOOR; side++) {
        MM_ALLOC_OR_RETURN(counts[side], job->scratch, column->level_count, err);
        for (uint32_t r = 0; r < frame->row_count[side]; r++) counts[side][(uint32_t)column->values[side][r]]++;
    }
    struct level_scores own = score_levels(counts[MM_TRAIN], counts[MM_SYNTHETIC], column->level_count, missing),
                        real = score_levels(counts[MM_TRAIN], counts[MM_HOLDOUT], column->level_count, missing);
    MM_RETURN_IF_ERROR(put(job, self, "compatible.tv_complement", column->name, NULL, own.tv, real.tv, err));
    MM_RETURN_IF_ERROR(put(job, self, "compatible.category_coverage", column->name, NULL, own.coverage, real.coverage, err));
    MM_RETURN_IF_ERROR(put(job, self, "compatible.category_adherence", column->name, NULL, own.adherence, real.adherence, err));
    double share[MM_FLOOR];
    for (int side = 0; side < MM_FLOOR; side++) share[side] = missing == UINT32_MAX ? 0 : counts[side][missing] / frame->row_count[side];
    return put_missing(job, self, column->name, share, err);
}

static mint_status report_pair(const struct mm_metric_job *job, const struct mm_metric *self, uint32_t a, uint32_t b, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    const struct mm_frame_column *x = &frame->columns[a], *y = &frame->columns[b];
    struct mm_arena scratch;
    mm_arena_init(&scratch, job->scratch->memory);
    double pearson[MM_FLOOR], spearman[MM_FLOOR], table[MM_FLOOR] = {NAN, NAN, NAN};
    bool numbers = !x->is_level && !y->is_level;
    mint_status status = MINT_OK;
    for (int side = 0; side < MM_FLOOR && status == MINT_OK; side++) {
        struct sample p = side_of(frame, a, side), q = side_of(frame, b, side);
        float *rank_x = NULL, *rank_y = NULL;
        if (numbers) {
            pearson[side] = correlation(p, q, NULL, NULL);
            status = rank(&rank_x, p, q, &scratch, err);
            if (status == MINT_OK) status = rank(&rank_y, q, p, &scratch, err);
            if (status == MINT_OK) spearman[side] = correlation(p, q, rank_x, rank_y);
        } else if (side != MM_TRAIN)
            status = contingency(&table[side], frame, a, b, side, &scratch, err);
    }
    mm_arena_release(&scratch);
    MM_RETURN_IF_ERROR(status);
    if (!numbers) return put(job, self, "compatible.contingency_similarity", x->name, y->name, table[MM_SYNTHETIC], table[MM_HOLDOUT], err);
    MM_RETURN_IF_ERROR(put(job, self, "compatible.correlation_similarity.pearson", x->name, y->name,
                           1 - fabs(pearson[MM_TRAIN] - pearson[MM_SYNTHETIC]) / 2, 1 - fabs(pearson[MM_TRAIN] - pearson[MM_HOLDOUT]) / 2,
                           err));
    return put(job, self, "compatible.correlation_similarity.spearman", x->name, y->name,
               1 - fabs(spearman[MM_TRAIN] - spearman[MM_SYNTHETIC]) / 2, 1 - fabs(spearman[MM_TRAIN] - spearman[MM_HOLDOUT]) / 2, err);
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    for (uint32_t c = 0; c < frame->column_count; c++)
        MM_RETURN_IF_ERROR(frame->columns[c].is_level ? report_level(job, self, c, err) : report_number(job, self, c, err));
    uint32_t pairs = 0;
    for (uint32_t a = 0; a < frame->column_count; a++)
        for (uint32_t b = a + 1; b < frame->column_count && pairs < PAIRS_MAX; b++, pairs++) {
            MM_RETURN_IF_ERROR(mm_check_cancelled(job->ctx, err));
            MM_RETURN_IF_ERROR(report_pair(job, self, a, b, err));
        }
    return MINT_OK;
}

const struct mm_metric mm_metric_sdmetrics_compatible = {
    .id = "compatible",
    .figures = "compatible.ks_complement, compatible.range_coverage, compatible.statistic_similarity (.std, .median), "
               "compatible.boundary_adherence, compatible.missing_value_similarity, "
               "compatible.tv_complement, "
               "compatible.category_coverage, compatible.category_adherence, compatible.contingency_similarity, "
               "compatible.correlation_similarity.pearson, "
               "compatible.correlation_similarity.spearman",
    .range = "0 to 1",
    .cost = "rows x pairs, at most 2,000 pairs",
    .without_value = "a column is constant, has no values on one side, or too many levels for a table",
    .axis = "compatible",
    .summary = "figures as SDMetrics computes them, synthetic rows against train rows; no rule rests on them",
    .formula = "KSComplement, RangeCoverage, StatisticSimilarity (mean, std, median), BoundaryAdherence, MissingValueSimilarity,  "
               "TVComplement, CategoryCoverage, CategoryAdherence, "
               "ContingencySimilarity (10 bins), CorrelationSimilarity of SDMetrics 0.24; reference: the holdout against train",
    .unit = "score",
    .direction = MM_HIGHER,
    .compute = compute,
};
