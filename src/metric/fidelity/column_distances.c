/* SPDX-License-Identifier: Apache-2.0 */
/* Distances of the columns' distributions that other reports use: Jensen-Shannon distance (base 2, as scipy), Kullback-Leibler
 * divergence of the holdout from the synthetic rows (half a row added to each cell, so that an empty one does not make it
 * infinite), and Wasserstein-1 over the train range. Means over columns, at equal n. */
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/draws.h"
#include "metric/metric_list.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { BINS = 32, RESAMPLES = 24, CUTS = 2, DISTANCES = 3 };
enum { JENSEN_SHANNON, KULLBACK_LEIBLER, WASSERSTEIN };
static const char *const ids[DISTANCES] = {"fidelity.distance.jensen_shannon", "fidelity.distance.kullback_leibler",
                                           "fidelity.distance.wasserstein"};
static const char *const formulas[DISTANCES] = {
    "mean over columns of sqrt(JSD base 2), 32 quantile bins or levels",
    "mean over columns of KL(holdout | synthetic) in nats, 32 quantile bins or levels, half a row added to each",
    "mean over number columns of the area between the distribution functions over the train range"};

static void tally(double *counts, const struct mm_coarse *coarse, int side, const uint32_t *rows, uint32_t n) {
    memset(counts, 0, BINS * sizeof *counts);
    for (uint32_t i = 0; i < n; i++) counts[coarse->of_row[side][rows[i]]]++;
}

static double jensen_shannon(const double *a, const double *b, uint32_t cells, double n) {
    double sum = 0;
    for (uint32_t k = 0; k < cells; k++) {
        double p = a[k] / n, q = b[k] / n, m = (p + q) / 2;
        sum += (p > 0 ? p * log2(p / m) : 0) / 2 + (q > 0 ? q * log2(q / m) : 0) / 2;
    }
    return sqrt(fmax(0, sum));
}

static double kullback_leibler(const double *real, const double *other, uint32_t cells, double n) {
    double sum = 0;
    for (uint32_t k = 0; k < cells; k++) {
        double p = (real[k] + 0.5) / (n + cells / 2.0), q = (other[k] + 0.5) / (n + cells / 2.0);
        sum += p * log(p / q);
    }
    return sum;
}

/* Mean distance between ranked values of two equal-sized samples: numbers sorted into `a` and `b`. */
static double wasserstein(const float *a, uint32_t n, const float *b, uint32_t m, double range) {
    if (!n || !m) return NAN;
    double sum = 0, steps = n > m ? n : m; /* quantiles at the middles of equal steps; exact for n = m */
    for (uint32_t i = 0; i < (uint32_t)steps; i++)
        sum += fabs((double)a[(uint32_t)((i + 0.5) / steps * n)] - (double)b[(uint32_t)((i + 0.5) / steps * m)]);
    return sum / steps / range;
}

struct task {
    const struct mm_frame *frame;
    const struct mm_coarse *coarse;
    const struct mm_draws *draws;
    /* [column][distance]: synthetic, train and floor against the holdout, and their resamples */
    double (*value)[DISTANCES][MM_SIDES];
    double (*resampled)[DISTANCES][2][RESAMPLES];
};

static uint32_t sorted(float *out, uint32_t *order, const struct task *t, size_t c, int side, const uint32_t *rows, float *spare,
                       struct mm_memory *memory, mint_status *status, mint_error *err) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->draws->n; i++)
        if (!isnan(t->frame->columns[c].values[side][rows[i]])) spare[count++] = t->frame->columns[c].values[side][rows[i]];
    if (*status == MINT_OK) *status = mm_sort_order(order, spare, count, memory, err);
    for (uint32_t i = 0; i < count && *status == MINT_OK; i++) out[i] = spare[order[i]];
    return count;
}

static mint_status measure(void *payload, size_t c, size_t worker, mint_error *err) {
    (void)worker;
    struct task *t = payload;
    const struct mm_draws *d = t->draws;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &t->frame->ctx->memory);
    float *real = mm_arena_alloc(&scratch, d->n, sizeof *real), *other = mm_arena_alloc(&scratch, d->n, sizeof *other),
          *spare = mm_arena_alloc(&scratch, d->n, sizeof *spare);
    uint32_t *order = mm_arena_alloc(&scratch, d->n, sizeof *order);
    mint_status status = real && other && spare && order ? MINT_OK : mm_error_no_memory(err, &t->frame->ctx->memory, d->n, 16);
    bool is_level = t->frame->columns[c].is_level;
    double range = t->frame->columns[c].range, holdout[BINS], counts[BINS];
    for (uint32_t b = 0; b <= RESAMPLES && status == MINT_OK; b++) { /* the last one: the rows themselves */
        const uint32_t *rows = b < RESAMPLES ? d->resample[MM_HOLDOUT][b] : d->cut[MM_HOLDOUT][0];
        uint32_t n_real = is_level ? 0 : sorted(real, order, t, c, MM_HOLDOUT, rows, spare, scratch.memory, &status, err);
        tally(holdout, &t->coarse[c], MM_HOLDOUT, rows, d->n);
        for (int side = 0; side < MM_SIDES && status == MINT_OK; side++) {
            if (side == MM_HOLDOUT || !d->cuts[side] || (b < RESAMPLES && side == MM_FLOOR)) continue;
            rows = b < RESAMPLES ? d->resample[side][b] : d->cut[side][0];
            tally(counts, &t->coarse[c], side, rows, d->n);
            uint32_t n_other = is_level ? 0 : sorted(other, order, t, c, side, rows, spare, scratch.memory, &status, err);
            double values[DISTANCES] = {jensen_shannon(counts, holdout, t->coarse[c].bins, d->n),
                                        kullback_leibler(holdout, counts, t->coarse[c].bins, d->n),
                                        is_level ? NAN : wasserstein(other, n_other, real, n_real, range)};
            for (int k = 0; k < DISTANCES; k++)
                *(b < RESAMPLES ? &t->resampled[c][k][side == MM_TRAIN][b] : &t->value[c][k][side]) = values[k];
        }
    }
    mm_arena_release(&scratch);
    return status;
}

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const struct task *t, int k, mint_error *err) {
    double mean[MM_SIDES] = {0}, resampled[2][RESAMPLES] = {{0}}, usable = 0;
    for (uint32_t c = 0; c < job->frame->column_count; c++) {
        if (isnan(t->value[c][k][MM_SYNTHETIC]) || isnan(t->value[c][k][MM_TRAIN])) continue;
        usable++;
        for (int side = 0; side < MM_SIDES; side++) mean[side] += t->value[c][k][side];
        for (int b = 0; b < RESAMPLES; b++)
            for (int real = 0; real < 2; real++) resampled[real][b] += t->resampled[c][k][real][b];
    }
    if (usable < 1) return mm_figure_none(job, self, ids[k], false, err, "no column has values on both sides");
    for (int b = 0; b < RESAMPLES; b++)
        for (int real = 0; real < 2; real++) resampled[real][b] /= usable;
    struct mm_figure *f;
    double floor = job->frame->row_count[MM_FLOOR] ? mean[MM_FLOOR] / usable : NAN;
    MM_RETURN_IF_ERROR(mm_figure_estimate(
        job, self, ids[k], (struct mm_estimate){mean[MM_SYNTHETIC] / usable, mm_standard_deviation(resampled[0], RESAMPLES)},
        (struct mm_estimate){mean[MM_TRAIN] / usable, mm_standard_deviation(resampled[1], RESAMPLES)}, floor, &f, err));
    f->formula = formulas[k], f->low = fmax(0, f->low);
    if (k == KULLBACK_LEIBLER) f->unit = "nats";
    if (k == WASSERSTEIN) f->unit = "of the range";
    f->n[0] = f->n[1] = f->n[2] = t->draws->n;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_draws *d;
    struct mm_coarse *coarse;
    struct task t = {.frame = frame};
    MM_ALLOC_OR_RETURN(d, job->scratch, 1, err);
    MM_RETURN_IF_ERROR(mm_draws_make(d, frame, CUTS, RESAMPLES, 300, job->scratch, err));
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, BINS, job->scratch, err));
    MM_ALLOC_OR_RETURN(t.value, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(t.resampled, job->scratch, frame->column_count, err);
    t.coarse = coarse, t.draws = d;
    MM_RETURN_IF_ERROR(mm_parallel_for(job->ctx, frame->column_count, measure, &t, err));
    for (int k = 0; k < DISTANCES; k++) MM_RETURN_IF_ERROR(report(job, self, &t, k, err));
    return MINT_OK;
}

const struct mm_metric mm_metric_column_distances = {
    .id = "fidelity.distance",
    .figures = "fidelity.distance.jensen_shannon (0 to 1), fidelity.distance.kullback_leibler (0 up), fidelity.distance.wasserstein (0 up)",
    .range = "0 up",
    .cost = "rows x columns x 24 resamples",
    .without_value = "no column has values on both sides; no number column (Wasserstein)",
    .axis = "fidelity",
    .summary = "Jensen-Shannon, Kullback-Leibler and Wasserstein distances of the columns from the holdout's, means over columns",
    .formula = "see each figure",
    .unit = "distance",
    .direction = MM_LOWER,
    .compute = compute,
};
