/* SPDX-License-Identifier: Apache-2.0 */
/* How far the dependence of each pair of columns is from the holdout's: half the difference of Pearson's correlations for
 * two numbers, total variation of the joint table otherwise, with numbers cut into ten equal-width bins of the train
 * range. All pairs count: an invented correlation is as wrong as a lost one. */
#include <math.h>
#include <string.h>

#include "metric/draws.h"
#include "metric/metric_list.h"
#include "stats/interval.h"

enum { BINS = 10, LEVELS_MAX = 60, RESAMPLES = 24, CUTS = 3, PAIRS_RESAMPLED_MAX = 600 };

struct coded {
    uint32_t bins;
    uint8_t *of_row[MM_SIDES];
};

struct pair_values {
    double value, reference, floor, values[RESAMPLES], references[RESAMPLES];
    bool resampled;
};

struct pairs_task {
    const struct mm_frame *frame;
    struct coded *coded;
    struct mm_draws draws;
    uint32_t pair_count, stride;
    uint32_t *first, *second; /* columns of each pair */
    struct pair_values *pairs;
};

/* Levels by frequency among the holdout and synthetic rows are not needed: the first LEVELS_MAX - 1 of the union in order of
 * appearance (train first) keep a bin of their own, the rest share one. */
static mint_status code_column(struct coded *coded, const struct mm_frame *frame, const struct mm_frame_column *column,
                               struct mm_arena *scratch, mint_error *err) {
    coded->bins = column->is_level ? (column->level_count < LEVELS_MAX ? column->level_count : LEVELS_MAX) : BINS + 1;
    float width = (float)(column->range / BINS);
    for (int side = 0; side < MM_SIDES; side++) {
        MM_ALLOC_OR_RETURN(coded->of_row[side], scratch, frame->row_count[side], err);
        for (uint32_t r = 0; r < frame->row_count[side]; r++) {
            float value = column->values[side][r];
            if (column->is_level)
                coded->of_row[side][r] = (uint8_t)(value < LEVELS_MAX - 1 ? value : LEVELS_MAX - 1);
            else
                coded->of_row[side][r] = (uint8_t)(isnan(value) ? BINS : value <= 0 ? 0 : value >= width * BINS ? BINS - 1 : value / width);
        }
    }
    return MINT_OK;
}

static double correlation(const float *x, const float *y, const uint32_t *rows, uint32_t n) {
    double count = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, x0 = NAN, y0 = 0;
    for (uint32_t i = 0; i < n; i++) {
        double a = (double)x[rows[i]], b = (double)y[rows[i]];
        if (isnan(a) || isnan(b)) continue;
        if (isnan(x0)) x0 = a, y0 = b; /* shifting by one value keeps the sums of squares accurate */
        a -= x0, b -= y0;
        count++, sx += a, sy += b, sxx += a * a, syy += b * b, sxy += a * b;
    }
    double vx = sxx - sx * sx / count, vy = syy - sy * sy / count;
    return count > 2 && vx > 0 && vy > 0 ? (sxy - sx * sy / count) / sqrt(vx * vy) : NAN;
}

/* What is compared: a correlation, or a table of shares. */
struct summary {
    double correlation;
    double table[LEVELS_MAX * LEVELS_MAX];
};

static void summarise(struct summary *s, const struct pairs_task *t, uint32_t pair, int side, const uint32_t *rows) {
    uint32_t a = t->first[pair], b = t->second[pair];
    const struct mm_frame_column *x = &t->frame->columns[a], *y = &t->frame->columns[b];
    if (!x->is_level && !y->is_level) {
        s->correlation = correlation(x->values[side], y->values[side], rows, t->draws.n);
        return;
    }
    uint32_t width = t->coded[b].bins;
    memset(s->table, 0, (size_t)t->coded[a].bins * width * sizeof *s->table);
    const uint8_t *p = t->coded[a].of_row[side], *q = t->coded[b].of_row[side];
    for (uint32_t i = 0; i < t->draws.n; i++) s->table[p[rows[i]] * width + q[rows[i]]]++;
}

static double distance(const struct pairs_task *t, uint32_t pair, const struct summary *s, const struct summary *h) {
    uint32_t a = t->first[pair], b = t->second[pair];
    if (!t->frame->columns[a].is_level && !t->frame->columns[b].is_level) return fabs(s->correlation - h->correlation) / 2;
    double sum = 0;
    for (uint32_t k = 0; k < t->coded[a].bins * t->coded[b].bins; k++) sum += fabs(s->table[k] - h->table[k]);
    return sum / t->draws.n / 2;
}

static mint_status measure_pair(void *payload, size_t pair, size_t worker, mint_error *err) {
    (void)worker;
    struct pairs_task *t = payload;
    struct pair_values *out = &t->pairs[pair];
    struct mm_arena scratch;
    mm_arena_init(&scratch, &t->frame->ctx->memory);
    struct summary *holdout = mm_arena_alloc(&scratch, 1, sizeof *holdout), *other = mm_arena_alloc(&scratch, 1, sizeof *other);
    if (!holdout || !other) {
        mm_arena_release(&scratch);
        return mm_error_no_memory(err, &t->frame->ctx->memory, 2, sizeof *other);
    }
    uint32_t k = (uint32_t)pair;
    summarise(holdout, t, k, MM_HOLDOUT, t->draws.cut[MM_HOLDOUT][0]);
    double means[MM_SIDES] = {NAN, NAN, NAN, NAN};
    for (int side = 0; side < MM_SIDES; side++) {
        if (side == MM_HOLDOUT || !t->draws.cuts[side]) continue;
        means[side] = 0;
        for (uint32_t c = 0; c < t->draws.cuts[side]; c++) {
            summarise(other, t, k, side, t->draws.cut[side][c]);
            means[side] += distance(t, k, other, holdout) / t->draws.cuts[side];
        }
    }
    out->value = means[MM_SYNTHETIC], out->reference = means[MM_TRAIN], out->floor = means[MM_FLOOR];
    out->resampled = pair % t->stride == 0;
    for (uint32_t b = 0; out->resampled && b < RESAMPLES; b++) {
        summarise(holdout, t, k, MM_HOLDOUT, t->draws.resample[MM_HOLDOUT][b]);
        summarise(other, t, k, MM_SYNTHETIC, t->draws.resample[MM_SYNTHETIC][b]);
        out->values[b] = distance(t, k, other, holdout);
        summarise(other, t, k, MM_TRAIN, t->draws.resample[MM_TRAIN][b]);
        out->references[b] = distance(t, k, other, holdout);
    }
    mm_arena_release(&scratch);
    return MINT_OK;
}

static mint_status prepare(struct pairs_task *t, const struct mm_frame *frame, struct mm_arena *scratch, mint_error *err) {
    MM_RETURN_IF_ERROR(mm_draws_make(&t->draws, frame, CUTS, RESAMPLES, 200, scratch, err));
    MM_ALLOC_OR_RETURN(t->coded, scratch, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++)
        MM_RETURN_IF_ERROR(code_column(&t->coded[c], frame, &frame->columns[c], scratch, err));
    t->pair_count = (uint32_t)((uint64_t)frame->column_count * (frame->column_count - 1) / 2);
    t->stride = t->pair_count / PAIRS_RESAMPLED_MAX + 1;
    MM_ALLOC_OR_RETURN(t->first, scratch, t->pair_count, err);
    MM_ALLOC_OR_RETURN(t->second, scratch, t->pair_count, err);
    MM_ALLOC_OR_RETURN(t->pairs, scratch, t->pair_count, err);
    uint32_t pair = 0;
    for (uint32_t a = 0; a < frame->column_count; a++)
        for (uint32_t b = a + 1; b < frame->column_count; b++) t->first[pair] = a, t->second[pair++] = b;
    return MINT_OK;
}

static mint_status add_figure(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const struct pair_values *p,
                              uint32_t n, struct mm_figure **out, mint_error *err) {
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    f->value = 100 * p->value, f->reference = 100 * p->reference, f->floor = 100 * p->floor, f->excess = f->value - f->reference;
    f->n[0] = f->n[1] = f->n[2] = n;
    if (p->resampled) {
        double difference[RESAMPLES];
        for (uint32_t b = 0; b < RESAMPLES; b++) difference[b] = p->values[b] - p->references[b];
        double half = 196 * mm_standard_deviation(p->values, RESAMPLES), excess_half = 196 * mm_standard_deviation(difference, RESAMPLES);
        f->low = fmax(0, f->value - half), f->high = f->value + half;
        f->excess_low = f->excess - excess_half, f->excess_high = f->excess + excess_half;
    }
    *out = f;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    if (frame->column_count < 2) return mm_figure_none(job, self, self->id, false, err, "there is one column only");
    struct pairs_task *t;
    MM_ALLOC_OR_RETURN(t, job->scratch, 1, err);
    t->frame = frame;
    MM_RETURN_IF_ERROR(prepare(t, frame, job->scratch, err));
    MM_RETURN_IF_ERROR(mm_parallel_for(job->ctx, t->pair_count, measure_pair, t, err));
    struct pair_values mean = {.resampled = true};
    double usable = 0, resampled = 0, floors = 0;
    for (uint32_t k = 0; k < t->pair_count; k++) {
        const struct pair_values *p = &t->pairs[k];
        if (isnan(p->value) || isnan(p->reference)) continue;
        usable++;
        mean.value += p->value, mean.reference += p->reference;
        if (!isnan(p->floor)) mean.floor += p->floor, floors++;
        if (!p->resampled) continue;
        resampled++;
        for (uint32_t b = 0; b < RESAMPLES; b++) {
            mean.values[b] += isnan(p->values[b]) ? p->value : p->values[b];
            mean.references[b] += isnan(p->references[b]) ? p->reference : p->references[b];
        }
    }
    if (usable < 1) return mm_figure_none(job, self, self->id, true, err, "no pair of columns varies on both sides");
    mean.value /= usable, mean.reference /= usable, mean.floor = floors > 0 ? mean.floor / floors : NAN;
    for (uint32_t b = 0; b < RESAMPLES; b++) mean.values[b] /= resampled, mean.references[b] /= resampled;
    struct mm_figure *figure;
    MM_RETURN_IF_ERROR(add_figure(job, self, self->id, &mean, t->draws.n, &figure, err));
    for (uint32_t k = 0; k < t->pair_count; k++) {
        const struct pair_values *p = &t->pairs[k];
        bool both_numbers = !frame->columns[t->first[k]].is_level && !frame->columns[t->second[k]].is_level;
        const char *id = both_numbers ? "fidelity.trend.correlation" : "fidelity.trend.contingency";
        if (isnan(p->value) || isnan(p->reference)) {
            MM_RETURN_IF_ERROR(mm_figure_none(job, self, id, true, err, "one of the columns is constant on one side"));
            figure = &job->figures->list[job->figures->count - 1];
        } else
            MM_RETURN_IF_ERROR(add_figure(job, self, id, p, t->draws.n, &figure, err));
        figure->columns[0] = frame->columns[t->first[k]].name;
        figure->columns[1] = frame->columns[t->second[k]].name;
    }
    return MINT_OK;
}

const struct mm_metric mm_metric_pair_trends = {
    .id = "fidelity.trend",
    .figures = "fidelity.trend (mean), fidelity.trend.correlation, fidelity.trend.contingency (a pair each)",
    .range = "0 to 100",
    .cost = "holdout rows x pairs x 3; resamples for at most 600 pairs",
    .without_value = "one column only; a column constant on one side",
    .axis = "fidelity",
    .summary = "mean distance of the pairs' dependence from the holdout's",
    .formula = "mean over pairs of |r_s - r_h| / 2 (numbers) or TVD of the joint table, x100",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
