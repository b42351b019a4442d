/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic rows that are training rows to the last digit, beyond the rate at which holdout rows are; and, apart, those whose
 * original is an outlier: such a row cannot be there by chance. All rows count, none is sampled. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_list.h"
#include "metric/row_hash.h"
#include "stats/interval.h"
#include "stats/ranking.h"

/* Copies of a side: how many rows, and which distinct train rows they copy. */
struct copies {
    uint64_t count;
    uint32_t *originals;
    uint32_t distinct;
};

static int compare_rows(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static mint_status count_copies(struct copies *c, const struct mm_row_hash *rows, uint64_t row_count, const struct mm_row_hash *train,
                                uint64_t train_count, struct mm_arena *scratch, mint_error *err) {
    *c = (struct copies){0};
    MM_ALLOC_OR_RETURN(c->originals, scratch, row_count, err);
    for (uint64_t r = 0; r < row_count; r++) {
        const struct mm_row_hash *original = mm_row_hash_find(train, train_count, rows[r].hash);
        if (original) c->originals[c->count++] = original->row;
    }
    qsort(c->originals, c->count, sizeof *c->originals, compare_rows);
    for (uint64_t i = 0; i < c->count; i++)
        if (i == 0 || c->originals[i] != c->originals[i - 1]) c->originals[c->distinct++] = c->originals[i];
    return MINT_OK;
}

/* ---- outliers: rows farther from the holdout than nearly all rows are ---- */

/* Distances of train rows to their nearest holdout row that is not the same: a match must not be its own neighbour. */
static mint_status distances_to_holdout(const struct mm_metric_job *job, const struct mm_points *holdout, const uint32_t *rows,
                                        uint32_t count, float **out, mint_error *err) {
    struct mm_points query;
    float *two;
    MM_ALLOC_OR_RETURN(*out, job->scratch, count + 1u, err);
    MM_ALLOC_OR_RETURN(two, job->scratch, 2 * ((size_t)count + 1), err);
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, MM_TRAIN, rows, count, -1, false, job->scratch, &query, err));
    MM_RETURN_IF_ERROR(mm_nearest_k(job->ctx, &query, holdout, 2, NULL, two, err));
    for (uint32_t i = 0; i < count; i++) (*out)[i] = two[2 * i] > 0 ? two[2 * i] : two[2 * i + 1];
    return MINT_OK;
}

enum { FAR_SHARES = 2 };
static const double far_shares[FAR_SHARES] = {0.05, 0.25};
enum { CALIBRATION_ROWS = 4000, OUTLIER_HOLDOUT_MAX = 200000 };

struct outlier_search {
    struct mm_points holdout;
    uint32_t *frame_row; /* of each train row of the table */
    float limits[FAR_SHARES];
};

static mint_status open_search(struct outlier_search *search, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = frame->row_count[MM_HOLDOUT] < OUTLIER_HOLDOUT_MAX ? frame->row_count[MM_HOLDOUT] : OUTLIER_HOLDOUT_MAX, *sample;
    uint32_t calibration = frame->row_count[MM_TRAIN] < CALIBRATION_ROWS ? frame->row_count[MM_TRAIN] : CALIBRATION_ROWS;
    float *typical;
    MM_ALLOC_OR_RETURN(search->frame_row, job->scratch, frame->row_count[MM_TRAIN], err);
    for (uint32_t i = 0; i < frame->row_count[MM_TRAIN]; i++) search->frame_row[frame->row_of[MM_TRAIN][i]] = i;
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_HOLDOUT, n, 0, false, job->scratch, &search->holdout, err));
    MM_RETURN_IF_ERROR(mm_frame_cut(frame, MM_TRAIN, calibration, 0, job->scratch, &sample, err));
    MM_RETURN_IF_ERROR(distances_to_holdout(job, &search->holdout, sample, calibration, &typical, err));
    qsort(typical, calibration, sizeof *typical, mm_compare_floats);
    for (int k = 0; k < FAR_SHARES; k++) search->limits[k] = typical[(uint32_t)((1 - far_shares[k]) * (calibration - 1))];
    return MINT_OK;
}

/* Of the distinct copied train rows, how many have no neighbour in the holdout: farther from it than all but 5 % (25 %) of train
 * rows are. */
static mint_status count_outliers(const struct mm_metric_job *job, const struct outlier_search *search, const struct copies *copies,
                                  uint32_t outliers[FAR_SHARES], mint_error *err) {
    float *own;
    uint32_t *rows;
    memset(outliers, 0, FAR_SHARES * sizeof *outliers);
    if (!copies->distinct) return MINT_OK;
    MM_ALLOC_OR_RETURN(rows, job->scratch, copies->distinct, err);
    for (uint32_t i = 0; i < copies->distinct; i++) rows[i] = search->frame_row[copies->originals[i]];
    MM_RETURN_IF_ERROR(distances_to_holdout(job, &search->holdout, rows, copies->distinct, &own, err));
    for (int k = 0; k < FAR_SHARES; k++)
        for (uint32_t i = 0; i < copies->distinct; i++) outliers[k] += own[i] > search->limits[k];
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_row_hash *train, *synthetic, *holdout;
    MM_RETURN_IF_ERROR(mm_row_hashes(&train, frame, MM_TRAIN, job->scratch, err));
    MM_RETURN_IF_ERROR(mm_row_hashes(&synthetic, frame, MM_SYNTHETIC, job->scratch, err));
    MM_RETURN_IF_ERROR(mm_row_hashes(&holdout, frame, MM_HOLDOUT, job->scratch, err));
    uint64_t n_train = frame->table_rows[MM_TRAIN], n_synthetic = frame->table_rows[MM_SYNTHETIC],
             n_holdout = frame->table_rows[MM_HOLDOUT];
    qsort(train, n_train, sizeof *train, mm_row_hash_compare);
    struct copies own, chance, floor = {0};
    MM_RETURN_IF_ERROR(count_copies(&own, synthetic, n_synthetic, train, n_train, job->scratch, err));
    MM_RETURN_IF_ERROR(count_copies(&chance, holdout, n_holdout, train, n_train, job->scratch, err));
    if (frame->tables[MM_FLOOR]) {
        struct mm_row_hash *rows;
        MM_RETURN_IF_ERROR(mm_row_hashes(&rows, frame, MM_FLOOR, job->scratch, err));
        MM_RETURN_IF_ERROR(count_copies(&floor, rows, frame->table_rows[MM_FLOOR], train, n_train, job->scratch, err));
    }
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    struct mm_interval interval = mm_wilson((double)own.count, (double)n_synthetic),
                       excess = mm_newcombe((double)own.count, (double)n_synthetic, (double)chance.count, (double)n_holdout);
    f->value = 100 * (double)own.count / (double)n_synthetic, f->low = 100 * interval.low, f->high = 100 * interval.high;
    f->reference = 100 * (double)chance.count / (double)n_holdout;
    f->floor = frame->tables[MM_FLOOR] ? 100 * (double)floor.count / (double)frame->table_rows[MM_FLOOR] : NAN;
    f->excess = f->value - f->reference, f->excess_low = 100 * excess.low, f->excess_high = 100 * excess.high;
    f->resolution = f->excess_high - f->excess;
    f->n[0] = (uint32_t)n_train, f->n[1] = (uint32_t)n_synthetic, f->n[2] = (uint32_t)n_holdout;
    f->subsampled = false;
    if (frame->subsampled[MM_TRAIN]) /* then not every original is in the frame */
        return mm_figure_none(job, self, "privacy.copied_outliers", false, err,
                              "train has more than %d rows; copied outliers are not searched above that", MM_FRAME_ROWS_MAX);
    if (n_holdout < 2) return mm_figure_none(job, self, "privacy.copied_outliers", true, err, "the holdout has one row only");
    struct outlier_search search;
    uint32_t found[FAR_SHARES], by_chance[FAR_SHARES];
    MM_RETURN_IF_ERROR(open_search(&search, job, err));
    MM_RETURN_IF_ERROR(count_outliers(job, &search, &own, found, err));
    MM_RETURN_IF_ERROR(count_outliers(job, &search, &chance, by_chance, err));
    /* What chance brings is known from two sides, and the larger counts: how many far train rows the holdout's rows match, and how often
     * synthetic rows match the holdout, as if far rows were matched as often as any. One match more is allowed for what was not seen. */
    struct copies mirror;
    qsort(synthetic, n_synthetic, sizeof *synthetic, mm_row_hash_compare);
    MM_RETURN_IF_ERROR(count_copies(&mirror, holdout, n_holdout, synthetic, n_synthetic, job->scratch, err));
    double outliers = 0, chance_outliers = 0, surplus = -INFINITY;
    for (int k = 0; k < FAR_SHARES; k++) {
        double by_holdout = ((double)by_chance[k] + (by_chance[k] > 0)) * (double)n_synthetic / (double)n_holdout,
               by_mirror = far_shares[k] * (double)n_train * ((double)mirror.count + 1) / (double)n_holdout;
        double chance_here = fmax(by_holdout, by_mirror), surplus_here = found[k] - (double)mm_poisson_quantile(0.999, chance_here);
        if (surplus_here > surplus) surplus = surplus_here, outliers = found[k], chance_outliers = chance_here;
    }
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, "privacy.copied_outliers", err));
    f->unit = "rows";
    f->formula = "distinct train rows copied exactly whose nearest holdout row is farther than for 95 % (or 75 %) of train rows, whichever "
                 "shows more; excess over chance "
                 "at 99.9 % (low) and 95 % (high)";
    f->value = outliers, f->reference = chance_outliers;
    f->low = fmax(0, outliers - 1.96 * sqrt(outliers)), f->high = mm_poisson_upper((uint64_t)outliers);
    f->excess = outliers - chance_outliers;
    f->excess_low = outliers - (double)mm_poisson_quantile(0.999, chance_outliers),
    f->excess_high = outliers - (double)mm_poisson_quantile(0.95, chance_outliers);
    f->resolution = (double)mm_poisson_quantile(0.999, chance_outliers) + 1;
    f->n[0] = (uint32_t)n_train, f->n[1] = (uint32_t)n_synthetic, f->n[2] = (uint32_t)n_holdout;
    return MINT_OK;
}

const struct mm_metric mm_metric_exact_copies = {
    .id = "privacy.exact_copies",
    .figures = "privacy.exact_copies, privacy.copied_outliers (rows)",
    .range = "0 to 100",
    .cost = "one sort of all rows; neighbours of the copies",
    .without_value = "never; copied outliers: more than a million train rows",
    .axis = "privacy",
    .summary = "synthetic rows that are training rows, beyond the holdout's own rate; copied outliers apart",
    .formula = "share of rows equal to a train row in every judged column, x100; reference: the same share of holdout rows",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
