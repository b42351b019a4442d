/* SPDX-License-Identifier: Apache-2.0 */
/* How varied the rows are, against as many train rows: mean entropy of the columns; joint entropy by nearest neighbours (Kozachenko and
 * Leonenko 1987: the dimension times the mean log distance to the nearest other row; only differences mean anything); Vendi score
 * (Friedman and Dieng 2023: exp of the entropy of the eigenvalues of the rows' similarity matrix) over random features; effective
 * rank (Roy and Vetterli 2007) of the same. A model that collapses loses in all of them. */
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "metric/random_features.h"

enum { BINS = 32, ROWS_MAX = 3000, ROWS_MIN = 50, SWEEPS = 30 };

struct variety {
    struct mm_estimate columns, joint; /* means over rows, with their errors */
    double vendi, rank;
};

static struct mm_estimate mean_of(const double *values, uint32_t n) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++) sum += values[i] / n;
    for (uint32_t i = 0; i < n; i++) squares += (values[i] - sum) * (values[i] - sum);
    return (struct mm_estimate){sum, sqrt(squares / n / n)};
}

/* Of each row: the mean over its cells of -log(share of the cell's bin). Their mean is the mean entropy of the columns. */
static void surprise(double *out, const struct mm_frame *frame, const struct mm_coarse *coarse, int side, const uint32_t *rows,
                     uint32_t n) {
    for (uint32_t i = 0; i < n; i++) out[i] = 0;
    for (uint32_t c = 0; c < frame->column_count; c++) {
        double counts[BINS] = {0};
        for (uint32_t i = 0; i < n; i++) counts[coarse[c].of_row[side][rows[i]]]++;
        for (uint32_t i = 0; i < n; i++) out[i] -= log(counts[coarse[c].of_row[side][rows[i]]] / n) / frame->column_count;
    }
}

/* Eigenvalues of a symmetric matrix by Jacobi's rotations (Golub and Van Loan 2013, 8.5), left on the diagonal. */
static void eigenvalues(double *a, uint32_t n) {
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0;
        for (uint32_t p = 0; p < n; p++)
            for (uint32_t q = p + 1; q < n; q++) off += a[p * n + q] * a[p * n + q];
        if (off < 1e-18) return;
        for (uint32_t p = 0; p < n; p++)
            for (uint32_t q = p + 1; q < n; q++) {
                double apq = a[p * n + q];
                if (fabs(apq) < 1e-15) continue;
                double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq),
                       t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                for (uint32_t k = 0; k < n; k++) {
                    double akp = a[k * n + p], akq = a[k * n + q];
                    a[k * n + p] = c * akp - s * akq, a[k * n + q] = s * akp + c * akq;
                }
                for (uint32_t k = 0; k < n; k++) {
                    double apk = a[p * n + k], aqk = a[q * n + k];
                    a[p * n + k] = c * apk - s * aqk, a[q * n + k] = s * apk + c * aqk;
                }
            }
    }
}

/* exp(entropy) of the eigenvalues of the mean outer product, scaled to sum to 1; `centre`: of the covariance instead. */
static mint_status spectral(const float *features, uint32_t n, bool centre, struct mm_arena *scratch, double *out, mint_error *err) {
    enum { D = MM_RANDOM_FEATURES };
    double *gram, mean[D] = {0}, trace = 0, entropy = 0;
    MM_ALLOC_OR_RETURN(gram, scratch, D * D, err);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < D; k++) mean[k] += (double)features[(size_t)i * D + k] / n;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t p = 0; p < D; p++)
            for (uint32_t q = p; q < D; q++)
                gram[p * D + q] += ((double)features[(size_t)i * D + p] - (centre ? mean[p] : 0)) *
                                   ((double)features[(size_t)i * D + q] - (centre ? mean[q] : 0)) / n;
    for (uint32_t p = 0; p < D; p++) {
        trace += gram[p * D + p];
        for (uint32_t q = 0; q < p; q++) gram[p * D + q] = gram[q * D + p];
    }
    for (uint32_t k = 0; k < D * D; k++) gram[k] /= trace > 0 ? trace : 1;
    eigenvalues(gram, D);
    for (uint32_t k = 0; k < D; k++)
        if (gram[k * D + k] > 1e-12) entropy -= gram[k * D + k] * log(gram[k * D + k]);
    *out = exp(entropy);
    return MINT_OK;
}

static mint_status measure(const struct mm_metric_job *job, const struct mm_coarse *coarse, const struct mm_random_features *map,
                           enum mm_side side, uint32_t n, uint32_t repeat, struct variety *out, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t *rows;
    float *distances, *features;
    struct mm_points points;
    MM_RETURN_IF_ERROR(mm_frame_cut(frame, side, n, repeat, job->scratch, &rows, err));
    MM_RETURN_IF_ERROR(mm_frame_points(frame, side, rows, n, -1, true, job->scratch, &points, err));
    MM_ALLOC_OR_RETURN(distances, job->scratch, 2 * (size_t)n, err);
    MM_RETURN_IF_ERROR(mm_nearest_k(job->ctx, &points, &points, 2, NULL, distances, err));
    double *by_row;
    MM_ALLOC_OR_RETURN(by_row, job->scratch, n, err);
    surprise(by_row, frame, coarse, (int)side, rows, n);
    out->columns = mean_of(by_row, n);
    for (uint32_t i = 0; i < n; i++) by_row[i] = frame->column_count * log(fmax(1e-6, (double)distances[2 * i + 1]));
    out->joint = mean_of(by_row, n);
    MM_RETURN_IF_ERROR(mm_random_features_of(&features, map, frame, side, rows, n, job->scratch, err));
    MM_RETURN_IF_ERROR(spectral(features, n, false, job->scratch, &out->vendi, err));
    return spectral(features, n, true, job->scratch, &out->rank, err);
}

/* The mean of two cuts, each with its error. */
static struct mm_estimate both(struct mm_estimate a, struct mm_estimate b) {
    return (struct mm_estimate){(a.value + b.value) / 2, hypot(a.error, b.error) / 2};
}

/* The mean of two cuts; its error from how far the cuts of both sides lie apart, as the difference of a pair has twice the variance. */
static struct mm_estimate spread(double a, double b, double other_a, double other_b) {
    return (struct mm_estimate){(a + b) / 2, hypot(a - b, other_a - other_b) / 2 / sqrt(2)};
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = ROWS_MAX;
    for (int side = 0; side < MM_HOLDOUT; side++)
        if (frame->row_count[side] / 2 < n) n = frame->row_count[side] / 2; /* two cuts a side show the noise */
    if (n < ROWS_MIN) return mm_figure_none(job, self, self->id, true, err, "%u rows; at least %d are needed", n, ROWS_MIN);
    struct mm_coarse *coarse;
    struct mm_random_features map;
    struct variety own[2], real[2], floor = {{NAN, NAN}, {NAN, NAN}, NAN, NAN};
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, BINS, job->scratch, err));
    MM_RETURN_IF_ERROR(mm_random_features_make(&map, frame, job->scratch, err));
    for (uint32_t k = 0; k < 2; k++) {
        MM_RETURN_IF_ERROR(measure(job, coarse, &map, MM_SYNTHETIC, n, k, &own[k], err));
        MM_RETURN_IF_ERROR(measure(job, coarse, &map, MM_TRAIN, n, k, &real[k], err));
    }
    if (frame->row_count[MM_FLOOR] >= n) MM_RETURN_IF_ERROR(measure(job, coarse, &map, MM_FLOOR, n, 0, &floor, err));
    const struct {
        const char *id, *unit;
        struct mm_estimate own, real;
        double floor;
    } lines[] = {
        {"diversity.entropy.columns", "nats", both(own[0].columns, own[1].columns), both(real[0].columns, real[1].columns),
         floor.columns.value},
        {"diversity.entropy.joint", "nats, up to a constant", both(own[0].joint, own[1].joint), both(real[0].joint, real[1].joint),
         floor.joint.value},
        {"diversity.vendi", "kinds of rows", spread(own[0].vendi, own[1].vendi, real[0].vendi, real[1].vendi),
         spread(real[0].vendi, real[1].vendi, own[0].vendi, own[1].vendi), floor.vendi},
        {"diversity.effective_rank", "dimensions", spread(own[0].rank, own[1].rank, real[0].rank, real[1].rank),
         spread(real[0].rank, real[1].rank, own[0].rank, own[1].rank), floor.rank},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct mm_figure *f;
        MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, lines[i].id, lines[i].own, lines[i].real, lines[i].floor, &f, err));
        f->unit = lines[i].unit, f->direction = MM_TARGET;
        f->excess = -f->excess, f->n[0] = f->n[1] = 2 * n, f->n[2] = 0;
        double half = (f->excess_high - f->excess_low) / 2;
        f->excess_low = f->excess - half, f->excess_high = f->excess + half;
    }
    return MINT_OK;
}

const struct mm_metric mm_metric_entropy = {
    .id = "diversity.entropy",
    .figures = "diversity.entropy.columns, diversity.entropy.joint, diversity.vendi (1 to 64), diversity.effective_rank (1 to 64)",
    .range = "any number",
    .cost = "neighbours of 3,000 rows, quadratic; eigenvalues of 64 x 64",
    .without_value = "fewer than 100 rows on a side",
    .differs = "the Vendi score is taken over 64 random features of a Gaussian kernel, so it cannot exceed 64",
    .axis = "diversity",
    .summary = "entropy of the columns and of whole rows, Vendi score, effective rank, against as many train rows",
    .formula = "see each figure's unit; excess is what is missing to the train rows' variety; intervals from the rows' own terms "
               "(entropies) or from two cuts of each side",
    .unit = "nats",
    .direction = MM_HIGHER,
    .compute = compute,
};
