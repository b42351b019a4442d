/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/contrast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rng/philox.h"
#include "stats/interval.h"
#include "stats/ranking.h"

/* ---- bins ---- */

struct counted {
    double count;
    uint32_t level;
};

static int compare_counted(const void *a, const void *b) {
    const struct counted *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->level < y->level ? -1 : 1;
}

static mint_status coarse_levels(struct mm_coarse *coarse, const struct mm_frame *frame, const struct mm_frame_column *column,
                                 uint32_t bins_max, struct mm_arena *scratch, mint_error *err) {
    struct counted *counted;
    uint8_t *bin_of_level;
    MM_ALLOC_OR_RETURN(counted, scratch, column->level_count, err);
    MM_ALLOC_OR_RETURN(bin_of_level, scratch, column->level_count, err);
    for (uint32_t k = 0; k < column->level_count; k++) counted[k].level = k;
    for (int side = 0; side < MM_SIDES; side++)
        for (uint32_t r = 0; mm_is_real(frame, side) && r < frame->row_count[side]; r++) counted[(uint32_t)column->values[side][r]].count++;
    qsort(counted, column->level_count, sizeof *counted, compare_counted);
    coarse->bins = column->level_count < bins_max ? column->level_count : bins_max;
    for (uint32_t k = 0; k < column->level_count; k++) bin_of_level[counted[k].level] = (uint8_t)(k < bins_max - 1 ? k : bins_max - 1);
    for (int side = 0; side < MM_SIDES; side++)
        for (uint32_t r = 0; r < frame->row_count[side]; r++) coarse->of_row[side][r] = bin_of_level[(uint32_t)column->values[side][r]];
    return MINT_OK;
}

/* Cuts are distinct values: an atom takes a bin of its own, and few distinct values take one each. */
static uint32_t quantile_cuts(float *cuts, const float *values, const uint32_t *order, uint32_t count, uint32_t bins) {
    uint32_t made = 0;
    for (uint32_t k = 1; k < bins; k++) {
        float value = values[order[(uint32_t)((uint64_t)k * count / bins)]];
        if (value > values[order[0]] && (!made || value > cuts[made - 1])) cuts[made++] = value;
    }
    return made;
}

static mint_status coarse_numbers(struct mm_coarse *coarse, const struct mm_frame *frame, const struct mm_frame_column *column,
                                  uint32_t bins_max, struct mm_arena *scratch, mint_error *err) {
    float *values, cuts[256];
    uint32_t *order, count = 0;
    MM_ALLOC_OR_RETURN(values, scratch, (size_t)mm_real_rows(frame), err);
    MM_ALLOC_OR_RETURN(order, scratch, (size_t)mm_real_rows(frame), err);
    for (int side = 0; side < MM_SIDES; side++)
        for (uint32_t r = 0; mm_is_real(frame, side) && r < frame->row_count[side]; r++)
            if (!isnan(column->values[side][r])) values[count++] = column->values[side][r];
    MM_RETURN_IF_ERROR(mm_sort_order(order, values, count, scratch->memory, err));
    uint32_t made = count ? quantile_cuts(cuts, values, order, count, bins_max - 1) : 0;
    coarse->bins = made + 2; /* the last: missing */
    for (int side = 0; side < MM_SIDES; side++)
        for (uint32_t r = 0; r < frame->row_count[side]; r++) {
            float value = column->values[side][r];
            uint32_t bin = 0;
            while (bin < made && value >= cuts[bin]) bin++;
            coarse->of_row[side][r] = (uint8_t)(isnan(value) ? made + 1 : bin);
        }
    mm_arena_free(scratch, values);
    mm_arena_free(scratch, order);
    return MINT_OK;
}

mint_status mm_coarse_make(struct mm_coarse *coarse, const struct mm_frame *frame, uint32_t bins_max, struct mm_arena *scratch,
                           mint_error *err) {
    for (uint32_t c = 0; c < frame->column_count; c++) {
        const struct mm_frame_column *column = &frame->columns[c];
        for (int side = 0; side < MM_SIDES; side++) MM_ALLOC_OR_RETURN(coarse[c].of_row[side], scratch, frame->row_count[side], err);
        if (column->is_level)
            MM_RETURN_IF_ERROR(coarse_levels(&coarse[c], frame, column, bins_max, scratch, err));
        else
            MM_RETURN_IF_ERROR(coarse_numbers(&coarse[c], frame, column, bins_max, scratch, err));
    }
    return MINT_OK;
}

void mm_coarse_name(char out[MM_BIN_NAME_MAX], const struct mm_frame *frame, uint32_t c, const struct mm_coarse *coarse, uint32_t bin) {
    const struct mm_frame_column *column = &frame->columns[c];
    float low = INFINITY, high = -INFINITY;
    for (uint32_t r = 0; r < frame->row_count[MM_TRAIN]; r++) {
        if (coarse->of_row[MM_TRAIN][r] != bin) continue;
        low = fminf(low, column->values[MM_TRAIN][r]), high = fmaxf(high, column->values[MM_TRAIN][r]);
    }
    if (column->is_level && low == high)
        snprintf(out, MM_BIN_NAME_MAX, "'%.60s'", column->level_names[(uint32_t)low]);
    else if (column->is_level || !isfinite(low))
        snprintf(out, MM_BIN_NAME_MAX, "%s", column->is_level ? "a rare level" : "missing");
    else if (column->type != MM_INTEGER && column->type != MM_FLOAT)
        snprintf(out, MM_BIN_NAME_MAX, "a part of its range");
    else if (low == high)
        snprintf(out, MM_BIN_NAME_MAX, "%.9g", (double)low + column->origin);
    else
        snprintf(out, MM_BIN_NAME_MAX, "%.6g to %.6g", (double)low + column->origin, (double)high + column->origin);
}

uint32_t mm_triples_list(uint32_t (*columns)[3], const struct mm_frame *frame, uint32_t most) {
    uint32_t n = frame->column_count, count = 0;
    double all = (double)n * (n - 1) * (n - 2) / 6;
    struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_METRIC, 3, 0);
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++)
            for (uint32_t c = b + 1; c < n && count < most; c++)
                if (all <= most || mm_rng_uniform(&rng) < most / all) memcpy(columns[count++], (uint32_t[3]){a, b, c}, 12);
    return count;
}

/* ---- distances ---- */

struct mm_distance mm_table_distance(const double *a, const double *b, uint32_t cells) {
    double n = 0, m = 0, sum = 0, expected = 0, more_a = 0, more_b = 0;
    for (uint32_t k = 0; k < cells; k++) n += a[k], m += b[k];
    if (n < 1 || m < 1) return (struct mm_distance){NAN, NAN, NAN};
    for (uint32_t k = 0; k < cells; k++) {
        double p = (a[k] + b[k]) / (n + m);
        sum += fabs(a[k] / n - b[k] / m);
        if (a[k] / n > b[k] / m) more_a += a[k], more_b += b[k];
        /* A cell's difference is about normal, so its mean size is sqrt(2 / pi) deviations; a sparse one's cannot exceed p. */
        expected += fmin(2 * p, sqrt(2 / 3.14159265358979 * p * (1 - p) * (1 / n + 1 / m)));
    }
    return (struct mm_distance){sum / 2, expected / 2, mm_share_error(more_a, n, more_b, m)};
}

struct mm_distance mm_ordered_distance(const double *a, const double *b, uint32_t cells) {
    double n = 0, m = 0;
    for (uint32_t k = 0; k < cells; k++) n += a[k], m += b[k];
    if (n < 1 || m < 1) return (struct mm_distance){NAN, NAN, NAN};
    /* The mean of Kolmogorov's distribution is sqrt(pi / 2) log 2 = 0.869. */
    double scale = sqrt(1 / n + 1 / m);
    return (struct mm_distance){mm_ks_counts(a, b, cells), 0.869 * scale, 0.5 * scale};
}

double mm_share_error(double a, double n, double b, double m) {
    double p = (a + 1) / (n + 2), q = (b + 1) / (m + 2); /* Agresti and Caffo 2000 */
    return sqrt(p * (1 - p) / n + q * (1 - q) / m);
}

struct mm_item mm_item_of_counts(const struct mm_frame *frame, const double *counts, uint32_t cells,
                                 struct mm_distance (*distance)(const double *, const double *, uint32_t), const char *first,
                                 const char *second) {
    const double *sides[MM_SIDES];
    double real[MM_ITEM_CELLS_MAX];
    for (int side = 0; side < MM_SIDES; side++) sides[side] = counts + (size_t)side * cells;
    for (uint32_t k = 0; k < cells; k++) real[k] = sides[MM_TRAIN][k] + (frame->drifts ? 0 : sides[MM_HOLDOUT][k]);
    return (struct mm_item){.distance = distance(sides[MM_SYNTHETIC], real, cells),
                            .reference = distance(sides[MM_HOLDOUT], sides[MM_TRAIN], cells).value,
                            .floor = distance(sides[MM_FLOOR], real, cells).value,
                            .columns = {first, second}};
}

mint_status mm_worst_item(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, struct mm_item *items,
                          uint32_t count, const char *reason, mint_error *err) {
    const struct mm_item *worst = NULL, *largest = NULL;
    double z = mm_normal_upper(MM_FAMILY_TAIL / fmax(1, count)), worst_low = -INFINITY, wider = sqrt(job->frame->rows_an_entity);
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(items[i].distance.value)) continue;
        items[i].distance.expected *= wider, items[i].distance.error *= wider;
        double low = items[i].distance.value - items[i].distance.expected - z * items[i].distance.error;
        if (low > worst_low) worst = &items[i], worst_low = low;
        if (!largest || items[i].distance.value - items[i].distance.expected > largest->distance.value - largest->distance.expected)
            largest = &items[i];
    }
    if (!worst) return mm_figure_none(job, self, id, false, err, "%s", reason);
    double top = largest->distance.value - largest->distance.expected;
    if (worst_low <= 0) { /* none stands out: the largest is shown, and nothing is cleared by an item that could show nothing */
        worst = largest;
        worst_low = top - z * largest->distance.error;
    }
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    double half = 1.96 * worst->distance.error;
    f->columns[0] = worst->columns[0], f->columns[1] = worst->columns[1];
    f->value = 100 * worst->distance.value, f->reference = 100 * worst->reference, f->floor = 100 * worst->floor;
    f->low = fmax(0, f->value - 100 * half), f->high = f->value + 100 * half;
    f->ceiling = 100 * fmax(0, worst->distance.expected - half); /* what two samples of one population would show, at best */
    f->excess = 100 * (worst->distance.value - worst->distance.expected), f->excess_low = 100 * worst_low;
    f->excess_high = 100 * fmax(worst->distance.value - worst->distance.expected + half, top + 1.96 * largest->distance.error);
    return MINT_OK;
}

/* ---- events ---- */

/* By how much it is rarer (`lost`) or more frequent than among real rows, as a share: from low to high. */
static struct mm_interval event_bounds(const struct mm_event *e, bool lost, double tail, double same) {
    struct mm_interval ratio = mm_rate_ratio(e->synthetic, e->n_synthetic, e->real / same, e->n_real / same, tail);
    return lost ? (struct mm_interval){1 - ratio.high, 1 - ratio.low} : (struct mm_interval){ratio.low - 1, ratio.high - 1};
}

mint_status mm_worst_event(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const char *formula,
                           const struct mm_event *events, uint32_t count, bool lost, mm_event_name name, const void *payload,
                           mint_error *err) {
    const struct mm_event *worst = NULL, *of_columns = NULL;
    double tail = MM_FAMILY_TAIL / fmax(1, count), same = job->frame->rows_an_entity, proven = 0, proven_of_columns = 0;
    for (uint32_t i = 0; i < count; i++) {
        double low = event_bounds(&events[i], lost, tail, same).low;
        bool is_of_rows = events[i].column == MM_NO_COLUMN;
        if (!is_of_rows && (!of_columns || low > proven_of_columns)) of_columns = &events[i], proven_of_columns = low;
        if (is_of_rows && low <= 0) continue; /* its many rows clear no column */
        if (!worst || low > proven) worst = &events[i], proven = low;
    }
    if (!worst) return mm_figure_none(job, self, id, false, err, "nothing is frequent enough among real rows to be counted");
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    double ratio = worst->synthetic / worst->n_synthetic / (worst->real / worst->n_real);
    struct mm_interval own = event_bounds(worst, lost, 0.025, same);
    f->formula = formula, f->unit = "%", f->reference = 0;
    if (worst->column != MM_NO_COLUMN) f->columns[0] = job->frame->columns[worst->column].name;
    f->value = 100 * (lost ? 1 - ratio : ratio - 1), f->low = 100 * own.low, f->high = 100 * own.high;
    f->excess = f->value, f->excess_low = 100 * proven, f->excess_high = f->high;
    if (of_columns) f->excess_high = fmax(f->excess_high, 100 * event_bounds(of_columns, lost, 0.025, same).high);
    f->n[1] = (uint32_t)worst->n_synthetic, f->n[0] = (uint32_t)worst->n_real;
    char what[MM_BIN_NAME_MAX];
    name(what, job->frame, worst, payload);
    return mm_figure_detail(f, job, err, "%s in %.3g %% of synthetic and %.3g %% of real rows", what,
                            100 * worst->synthetic / worst->n_synthetic, 100 * worst->real / worst->n_real);
}

mint_status mm_share_figure(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, double synthetic,
                            double n_synthetic, double real, double n_real, struct mm_figure **out, mint_error *err) {
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    double same = job->frame->rows_an_entity;
    struct mm_interval own = mm_wilson(synthetic, n_synthetic), excess = mm_newcombe(synthetic, n_synthetic, real / same, n_real / same);
    f->value = 100 * synthetic / n_synthetic, f->low = 100 * own.low, f->high = 100 * own.high;
    f->reference = 100 * real / n_real;
    f->excess = f->value - f->reference, f->excess_low = 100 * excess.low, f->excess_high = 100 * excess.high;
    *out = f;
    return MINT_OK;
}
