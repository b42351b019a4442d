/* SPDX-License-Identifier: Apache-2.0 */
/* Copies with noise: train rows that a synthetic row lies far nearer to than to any holdout row, less the holdout rows for which it is
 * the other way round. Train is dealt into parts of the holdout's size, so that both sides offer as many rows; an original is in
 * one part only, so counts are summed over the parts. Fresh rows are near either side alike. */
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "stats/interval.h"

enum { QUERIES_MAX = 50000, BASE_MAX = 200000, PARTS_MAX = 8, ROWS_MIN = 100 };
static const float FAR_NEARER = 0.125f; /* of the distance to the other side */

struct count {
    uint32_t queries, parts;
    double originals, chance; /* train rows and holdout rows that were met, summed over the parts */
    double variance;          /* of the difference of the two */
};

/* Marks base rows that lie far nearer to a query than the other side does; how many there are. */
static uint32_t mark_met(uint8_t *met, const uint32_t *nearest, const float *to_base, const float *to_other, uint32_t queries) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < queries; i++) {
        if (!(to_base[i] < FAR_NEARER * to_other[i]) || met[nearest[i]]) continue;
        met[nearest[i]] = 1;
        count++;
    }
    return count;
}

/* A row that many queries meet counts once: where the levels of a frequent row stand on one side only by chance, all queries that have
 * them lie nearer to that side. A holdout row may be met in every part, and its share of the variance is as large. */
static mint_status count_met(const struct mm_metric_job *job, uint32_t n, struct count *out, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_points query, holdout, train;
    float *to_train, *to_holdout;
    uint32_t *nearest_train, *nearest_holdout, *times, queries = out->queries;
    uint8_t *met;
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_SYNTHETIC, queries, 0, true, job->scratch, &query, err));
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_HOLDOUT, n, 0, true, job->scratch, &holdout, err));
    MM_ALLOC_OR_RETURN(to_train, job->scratch, queries, err);
    MM_ALLOC_OR_RETURN(to_holdout, job->scratch, queries, err);
    MM_ALLOC_OR_RETURN(nearest_train, job->scratch, queries, err);
    MM_ALLOC_OR_RETURN(nearest_holdout, job->scratch, queries, err);
    MM_ALLOC_OR_RETURN(times, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(met, job->scratch, n, err);
    MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &holdout, to_holdout, nearest_holdout, err));
    for (uint32_t part = 0; part < out->parts; part++) {
        MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_TRAIN, n, part, true, job->scratch, &train, err));
        MM_RETURN_IF_ERROR(mm_nearest(job->ctx, &query, &train, to_train, nearest_train, err));
        memset(met, 0, n);
        out->originals += mark_met(met, nearest_train, to_train, to_holdout, queries);
        memset(met, 0, n);
        out->chance += mark_met(met, nearest_holdout, to_holdout, to_train, queries);
        for (uint32_t i = 0; i < n; i++) times[i] += met[i];
    }
    out->variance = out->originals + 1;
    for (uint32_t i = 0; i < n; i++) out->variance += (double)times[i] * times[i];
    out->variance *= frame->rows_an_entity;
    return MINT_OK;
}

/* Rows of one side that were met, against those of the other. */
static mint_status add_figure(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const struct count *met,
                              uint32_t n, double own, double chance, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    /* Parts that were left out hold originals, too. */
    double scale = 100 / (double)met->queries * frame->row_count[MM_TRAIN] / ((double)met->parts * n), z = mm_normal_upper(0.005);
    double half = 1.96 * scale * sqrt(own + 1), error = scale * sqrt(met->variance);
    f->value = scale * own, f->low = fmax(0, f->value - half), f->high = f->value + half;
    f->reference = scale * chance, f->excess = f->value - f->reference;
    f->excess_low = f->excess - z * error, f->excess_high = f->excess + 1.96 * error;
    f->resolution = (z + 0.84) * error;
    f->n[0] = met->parts * n, f->n[1] = met->queries, f->n[2] = n;
    f->subsampled = f->subsampled || met->queries < frame->row_count[MM_SYNTHETIC] || n < frame->row_count[MM_HOLDOUT];
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = mm_frame_common_rows(frame, MM_HOLDOUT, MM_TRAIN, BASE_MAX);
    if (frame->drifts) return mm_figure_none(job, self, self->id, false, err, "after a split by time train rows are nearer by themselves");
    if (n < ROWS_MIN || frame->row_count[MM_SYNTHETIC] < ROWS_MIN)
        return mm_figure_none(job, self, self->id, true, err, "%u rows; at least %d on each side are needed", n, ROWS_MIN);
    struct count met = {.queries = frame->row_count[MM_SYNTHETIC], .parts = frame->row_count[MM_TRAIN] / n};
    if (met.parts > PARTS_MAX) met.parts = PARTS_MAX;
    if (met.queries > QUERIES_MAX) met.queries = QUERIES_MAX;
    MM_RETURN_IF_ERROR(count_met(job, n, &met, err));
    MM_RETURN_IF_ERROR(add_figure(job, self, self->id, &met, n, met.originals, met.chance, err));
    return add_figure(job, self, "privacy.near_copies.holdout", &met, n, met.chance, met.originals, err);
}

const struct mm_metric mm_metric_near_copies = {
    .id = "privacy.near_copies",
    .figures = "privacy.near_copies, privacy.near_copies.holdout",
    .range = "0 up",
    .cost = "at most 50,000 rows x 200,000 a side, up to nine times",
    .without_value = "fewer than 100 rows on a side; a split by time",
    .axis = "privacy",
    .summary = "train rows that a synthetic row lies far nearer to than to any of as many holdout rows, against the mirror count",
    .formula = "train rows that are the nearest of a row with d_train < d_holdout / 8, over parts of train as large as the holdout, x100 "
               "/ rows; reference: holdout rows with d_holdout < d_train / 8, likewise; .holdout: the two change places; L1 over four "
               "deviations, 1 a level",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
