/* SPDX-License-Identifier: Apache-2.0 */
/* How far the dependence of each pair of columns is from the holdout's: half the difference of Pearson's correlations for
 * two numbers, total variation of the joint table otherwise, with numbers cut into ten equal-width bins of the train
 * range. All pairs count: an invented correlation is as wrong as a lost one. */
#include <math.h>
#include <string.h>

#include "metric/draws.h"
#include "metric/fidelity/pair_blocks.h"
#include "metric/metric_list.h"
#include "rng/philox.h"
#include "stats/interval.h"

/* From BLOCKS_FROM rows on resamples draw blocks of rows, not rows. */
enum { BINS = 10, LEVELS_MAX = 60, RESAMPLES = 24, CUTS = 3, PAIRS_RESAMPLED_MAX = 600, BLOCKS_FROM = 50001 };

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
    bool by_blocks;
    uint8_t drawn[MM_FLOOR][RESAMPLES][MM_PAIR_BLOCKS]; /* how often each block is in a resample */
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
    struct mm_moments m = {0};
    double x0 = NAN, y0 = 0;
    for (uint32_t i = 0; i < n; i++) {
        double a = (double)x[rows[i]], b = (double)y[rows[i]];
        if (isnan(a) || isnan(b)) continue;
        if (isnan(x0)) x0 = a, y0 = b; /* shifting by one value keeps the sums of squares accurate */
        a -= x0, b -= y0;
        m.count++, m.x += a, m.y += b, m.xx += a * a, m.yy += b * b, m.xy += a * b;
    }
    return mm_moments_correlation(&m);
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

/* ---- many rows: one pass over each side, block by block ---- */

struct blocks {
    struct mm_moments moments[MM_PAIR_BLOCKS];
    uint32_t *counts;
};

static void read_blocks(struct blocks *out, const struct pairs_task *t, uint32_t pair, int side, uint32_t cut) {
    uint32_t a = t->first[pair], b = t->second[pair], start = cut * t->draws.n;
    const struct mm_frame_column *x = &t->frame->columns[a], *y = &t->frame->columns[b];
    if (!x->is_level && !y->is_level)
        mm_pair_moments(x->values[side] + start, y->values[side] + start, t->draws.n, (float)(x->range / 2), (float)(y->range / 2),
                        out->moments);
    else
        mm_pair_count(t->coded[a].of_row[side] + start, t->coded[b].of_row[side] + start, t->draws.n, t->coded[b].bins,
                      t->coded[a].bins * t->coded[b].bins, out->counts);
}

/* The sum of blocks, each so often (NULL: once), as if of n rows. */
static void add_blocks(struct summary *s, const struct pairs_task *t, uint32_t pair, const struct blocks *blocks, const uint8_t *often) {
    uint32_t a = t->first[pair], b = t->second[pair], cells = t->coded[a].bins * t->coded[b].bins;
    if (!t->frame->columns[a].is_level && !t->frame->columns[b].is_level) {
        struct mm_moments sum = {0};
        for (uint32_t k = 0; k < MM_PAIR_BLOCKS; k++) {
            const struct mm_moments *m = &blocks->moments[k];
            double w = often ? often[k] : 1;
            sum.count += w * m->count, sum.x += w * m->x, sum.y += w * m->y;
            sum.xx += w * m->xx, sum.yy += w * m->yy, sum.xy += w * m->xy;
        }
        s->correlation = mm_moments_correlation(&sum);
        return;
    }
    double rows = 0;
    memset(s->table, 0, cells * sizeof *s->table);
    for (uint32_t k = 0; k < MM_PAIR_BLOCKS; k++) {
        uint32_t w = often ? often[k] : 1;
        for (uint32_t cell = 0; w && cell < cells; cell++) s->table[cell] += w * blocks->counts[(size_t)k * cells + cell];
        rows += w * (mm_block_start(t->draws.n, k + 1) - mm_block_start(t->draws.n, k));
    }
    for (uint32_t cell = 0; cell < cells; cell++) s->table[cell] *= t->draws.n / rows;
}

static mint_status measure_by_blocks(const struct pairs_task *t, uint32_t pair, struct summary *holdout, struct summary *other,
                                     struct pair_values *out, struct mm_arena *scratch, mint_error *err) {
    struct blocks *blocks, of_cut;
    uint32_t cells = t->coded[t->first[pair]].bins * t->coded[t->second[pair]].bins;
    double means[MM_SIDES] = {NAN, NAN, NAN, NAN};
    MM_ALLOC_OR_RETURN(blocks, scratch, MM_SIDES, err);
    for (int side = 0; side < MM_SIDES; side++) MM_ALLOC_OR_RETURN(blocks[side].counts, scratch, (size_t)MM_PAIR_BLOCKS * cells, err);
    MM_ALLOC_OR_RETURN(of_cut.counts, scratch, (size_t)MM_PAIR_BLOCKS * cells, err);
    read_blocks(&blocks[MM_HOLDOUT], t, pair, MM_HOLDOUT, 0);
    add_blocks(holdout, t, pair, &blocks[MM_HOLDOUT], NULL);
    for (int side = 0; side < MM_SIDES; side++) {
        if (side == MM_HOLDOUT || !t->draws.cuts[side]) continue;
        means[side] = 0;
        for (uint32_t c = 0; c < t->draws.cuts[side]; c++) {
            struct blocks *own = c ? &of_cut : &blocks[side];
            read_blocks(own, t, pair, side, c);
            add_blocks(other, t, pair, own, NULL);
            means[side] += distance(t, pair, other, holdout) / t->draws.cuts[side];
        }
    }
    out->value = means[MM_SYNTHETIC], out->reference = means[MM_TRAIN], out->floor = means[MM_FLOOR];
    for (uint32_t b = 0; out->resampled && b < RESAMPLES; b++) {
        add_blocks(holdout, t, pair, &blocks[MM_HOLDOUT], t->drawn[MM_HOLDOUT][b]);
        add_blocks(other, t, pair, &blocks[MM_SYNTHETIC], t->drawn[MM_SYNTHETIC][b]);
        out->values[b] = distance(t, pair, other, holdout);
        add_blocks(other, t, pair, &blocks[MM_TRAIN], t->drawn[MM_TRAIN][b]);
        out->references[b] = distance(t, pair, other, holdout);
    }
    return MINT_OK;
}

/* ---- any number of rows ---- */

static void measure_by_rows(const struct pairs_task *t, uint32_t k, struct summary *holdout, struct summary *other,
                            struct pair_values *out) {
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
    for (uint32_t b = 0; out->resampled && b < RESAMPLES; b++) {
        summarise(holdout, t, k, MM_HOLDOUT, t->draws.resample[MM_HOLDOUT][b]);
        summarise(other, t, k, MM_SYNTHETIC, t->draws.resample[MM_SYNTHETIC][b]);
        out->values[b] = distance(t, k, other, holdout);
        summarise(other, t, k, MM_TRAIN, t->draws.resample[MM_TRAIN][b]);
        out->references[b] = distance(t, k, other, holdout);
    }
}

static mint_status measure_pair(void *payload, size_t pair, size_t worker, mint_error *err) {
    (void)worker;
    struct pairs_task *t = payload;
    struct pair_values *out = &t->pairs[pair];
    struct mm_arena scratch;
    mm_arena_init(&scratch, &t->frame->ctx->memory);
    struct summary *holdout = mm_arena_alloc(&scratch, 1, sizeof *holdout), *other = mm_arena_alloc(&scratch, 1, sizeof *other);
    mint_status status = MINT_OK;
    out->resampled = pair % t->stride == 0;
    if (!holdout || !other)
        status = mm_error_no_memory(err, &t->frame->ctx->memory, 2, sizeof *other);
    else if (t->by_blocks)
        status = measure_by_blocks(t, (uint32_t)pair, holdout, other, out, &scratch, err);
    else
        measure_by_rows(t, (uint32_t)pair, holdout, other, out);
    mm_arena_release(&scratch);
    return status;
}

/* Resamples of whole blocks: MM_PAIR_BLOCKS draws with return. */
static void draw_blocks(struct pairs_task *t) {
    for (int side = 0; side < MM_FLOOR; side++)
        for (uint32_t b = 0; b < RESAMPLES; b++) {
            struct mm_rng rng = mm_rng_at(t->frame->seed, MM_STREAM_RESAMPLE, b, 210 + (uint64_t)side);
            for (int k = 0; k < MM_PAIR_BLOCKS; k++) t->drawn[side][b][mm_rng_below(&rng, MM_PAIR_BLOCKS)]++;
        }
}

static mint_status prepare(struct pairs_task *t, const struct mm_frame *frame, struct mm_arena *scratch, mint_error *err) {
    t->by_blocks = mm_frame_equal_rows(frame, UINT32_MAX) >= BLOCKS_FROM && !frame->entity;
    MM_RETURN_IF_ERROR(mm_draws_make(&t->draws, frame, CUTS, t->by_blocks ? 0 : RESAMPLES, 200, scratch, err));
    if (t->by_blocks) draw_blocks(t);
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
    .differs = "SDMetrics' report drops pairs whose real association is weak (|r| <= 0.5, V <= 0.3), which hides invented dependence; here "
               "all pairs count. Its own figure is under compatible",
    .axis = "fidelity",
    .summary = "mean distance of the pairs' dependence from the holdout's",
    .formula = "mean over pairs of |r_s - r_h| / 2 (numbers) or TVD of the joint table, x100",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
