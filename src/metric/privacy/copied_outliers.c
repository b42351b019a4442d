/* SPDX-License-Identifier: Apache-2.0 */
/* Training rows that stand alone and were copied to the last digit: nobody else could have been meant, and chance would not have
 * written them. Who stands alone is asked in two ways, since each is blind to some: by distance, a row that has no neighbour in the
 * holdout; by rarity, a row whose values are rare ones (histogram-based outlier score, Goldstein and Dengel 2012). Each at
 * several shares of the training rows, and the one that shows most counts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_list.h"
#include "metric/row_hash.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { SHARES = 3, CALIBRATION_ROWS = 4000, HOLDOUT_MAX = 200000, BINS = 32 };
/* How many of the train rows count as outliers. */
static const double outlier_shares[SHARES] = {0.01, 0.05, 0.25};
/* Six looks at once: 2 ways and 3 shares. */
static const double CHANCE_LEVEL = 0.9995;

struct scores {
    float *of_row[MM_FLOOR]; /* of the frame's train and holdout rows; those not asked for are 0 */
    float limits[SHARES];
};

static void set_limits(struct scores *scores, float *typical, uint32_t count) {
    qsort(typical, count, sizeof *typical, mm_compare_floats);
    for (int k = 0; k < SHARES; k++) scores->limits[k] = typical[(uint32_t)((1 - outlier_shares[k]) * (count - 1))];
}

/* Rows of a side, by their numbers in the frame. */
struct rows {
    enum mm_side side;
    const uint32_t *list;
    uint32_t count;
};

/* ---- by distance ---- */

/* To the nearest holdout row that is not the same: a match must not be its own neighbour. */
static mint_status distances_to_holdout(const struct mm_metric_job *job, const struct mm_points *holdout, const struct rows *rows,
                                        float *out, mint_error *err) {
    struct mm_points query;
    float *two;
    if (!rows->count) return MINT_OK;
    MM_ALLOC_OR_RETURN(two, job->scratch, 2 * (size_t)rows->count, err);
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, rows->side, rows->list, rows->count, -1, false, job->scratch, &query, err));
    MM_RETURN_IF_ERROR(mm_nearest_k(job->ctx, &query, holdout, 2, NULL, two, err));
    for (uint32_t i = 0; i < rows->count; i++) out[i] = two[2 * i] > 0 ? two[2 * i] : two[2 * i + 1];
    return MINT_OK;
}

static mint_status score_by_distance(struct scores *scores, const struct mm_metric_job *job, const struct rows *asked, int asked_count,
                                     mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t n = frame->row_count[MM_HOLDOUT] < HOLDOUT_MAX ? frame->row_count[MM_HOLDOUT] : HOLDOUT_MAX, *list;
    uint32_t calibration = frame->row_count[MM_TRAIN] < CALIBRATION_ROWS ? frame->row_count[MM_TRAIN] : CALIBRATION_ROWS;
    struct mm_points holdout;
    float *distances;
    MM_ALLOC_OR_RETURN(distances, job->scratch, calibration, err);
    MM_RETURN_IF_ERROR(mm_frame_cut_points(frame, MM_HOLDOUT, n, 0, false, job->scratch, &holdout, err));
    MM_RETURN_IF_ERROR(mm_frame_cut(frame, MM_TRAIN, calibration, 0, job->scratch, &list, err));
    struct rows sample = {MM_TRAIN, list, calibration};
    MM_RETURN_IF_ERROR(distances_to_holdout(job, &holdout, &sample, distances, err));
    set_limits(scores, distances, calibration);
    for (int k = 0; k < asked_count; k++) {
        MM_ALLOC_OR_RETURN(distances, job->scratch, asked[k].count, err);
        MM_RETURN_IF_ERROR(distances_to_holdout(job, &holdout, &asked[k], distances, err));
        for (uint32_t i = 0; i < asked[k].count; i++) scores->of_row[asked[k].side][asked[k].list[i]] = distances[i];
    }
    return MINT_OK;
}

/* ---- by rarity among train rows; a missing cell tells nothing of anybody and adds nothing ---- */

/* Numbers in bins of equal width, so that what is rare is where few rows are. */
static uint32_t bin_of(const struct mm_frame_column *column, float value) {
    if (column->is_level) return (uint32_t)value;
    double place = (double)value / column->range * BINS;
    return !(place >= 0) ? 0 : place >= BINS ? BINS - 1 : (uint32_t)place;
}

static mint_status add_rarity(const struct scores *scores, const struct mm_frame *frame, const struct mm_frame_column *column,
                              struct mm_arena *scratch, mint_error *err) {
    uint32_t n = frame->row_count[MM_TRAIN], missing = mm_frame_missing_level(column), *counts;
    MM_ALLOC_OR_RETURN(counts, scratch, column->is_level ? column->level_count : BINS, err);
    for (uint32_t r = 0; r < n; r++) counts[bin_of(column, column->values[MM_TRAIN][r])]++;
    for (int side = MM_TRAIN; side < MM_FLOOR; side++)
        for (uint32_t r = 0; side != MM_SYNTHETIC && r < frame->row_count[side]; r++) {
            float value = column->values[side][r];
            if (!isnan(value) && !(column->is_level && (uint32_t)value == missing))
                scores->of_row[side][r] += (float)log((n + 1.0) / (counts[bin_of(column, value)] + 1.0));
        }
    mm_arena_free(scratch, counts);
    return MINT_OK;
}

static mint_status score_by_rarity(struct scores *scores, const struct mm_metric_job *job, mint_error *err) {
    uint32_t n = job->frame->row_count[MM_TRAIN];
    float *typical;
    MM_ALLOC_OR_RETURN(typical, job->scratch, n, err);
    for (uint32_t c = 0; c < job->frame->column_count; c++)
        MM_RETURN_IF_ERROR(add_rarity(scores, job->frame, &job->frame->columns[c], job->scratch, err));
    memcpy(typical, scores->of_row[MM_TRAIN], n * sizeof *typical);
    set_limits(scores, typical, n);
    return MINT_OK;
}

/* ---- counts ---- */

/* Distinct rows that are repeated elsewhere, by their numbers in the frame. */
struct matches {
    struct mm_row_copies own, chance; /* train rows that are synthetic rows, and that are holdout rows */
    struct mm_row_copies mirror;      /* holdout rows that are synthetic rows */
};

static mint_status to_frame_rows(struct mm_row_copies *copies, const struct mm_frame *frame, enum mm_side side, struct mm_arena *scratch,
                                 mint_error *err) {
    uint32_t *frame_row;
    MM_ALLOC_OR_RETURN(frame_row, scratch, frame->table_rows[side], err);
    for (uint32_t i = 0; i < frame->row_count[side]; i++) frame_row[frame->row_of[side][i]] = i;
    for (uint32_t i = 0; i < copies->distinct; i++) copies->originals[i] = frame_row[copies->originals[i]];
    mm_arena_free(scratch, frame_row);
    return MINT_OK;
}

static mint_status find_matches(struct matches *m, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_row_hash *rows[MM_FLOOR];
    const uint64_t *n = frame->table_rows;
    for (int side = 0; side < MM_FLOOR; side++) {
        MM_RETURN_IF_ERROR(mm_row_hashes(&rows[side], frame, (enum mm_side)side, job->scratch, err));
        qsort(rows[side], n[side], sizeof **rows, mm_row_hash_compare);
    }
    MM_RETURN_IF_ERROR(mm_row_copies_find(&m->own, rows[MM_SYNTHETIC], n[MM_SYNTHETIC], rows[MM_TRAIN], n[MM_TRAIN], job->scratch, err));
    MM_RETURN_IF_ERROR(mm_row_copies_find(&m->chance, rows[MM_HOLDOUT], n[MM_HOLDOUT], rows[MM_TRAIN], n[MM_TRAIN], job->scratch, err));
    MM_RETURN_IF_ERROR(
        mm_row_copies_find(&m->mirror, rows[MM_SYNTHETIC], n[MM_SYNTHETIC], rows[MM_HOLDOUT], n[MM_HOLDOUT], job->scratch, err));
    MM_RETURN_IF_ERROR(to_frame_rows(&m->own, frame, MM_TRAIN, job->scratch, err));
    MM_RETURN_IF_ERROR(to_frame_rows(&m->chance, frame, MM_TRAIN, job->scratch, err));
    return to_frame_rows(&m->mirror, frame, MM_HOLDOUT, job->scratch, err);
}

static double count_above(const struct scores *scores, enum mm_side side, const struct mm_row_copies *copies, int share) {
    double count = 0;
    for (uint32_t i = 0; i < copies->distinct; i++) count += scores->of_row[side][copies->originals[i]] > scores->limits[share];
    return count;
}

static double one_more(double seen) { return seen + (seen > 0); }

struct finding {
    double outliers, chance, surplus;
};

/* What chance brings is known from three sides, and the largest counts: how many outlying train rows the holdout's rows match; how many
 * outlying holdout rows the synthetic rows match, which tells where no real row repeats another but a good model meets both; and how
 * often synthetic rows match the holdout at all, as if outlying rows were matched as often as any. One match more is allowed for
 * what was not seen. */
static void look(struct finding *best, const struct scores *scores, const struct matches *m, const struct mm_frame *frame) {
    double n_train = (double)frame->table_rows[MM_TRAIN], n_synthetic = (double)frame->table_rows[MM_SYNTHETIC],
           n_holdout = (double)frame->table_rows[MM_HOLDOUT];
    for (int k = 0; k < SHARES; k++) {
        double by_holdout = one_more(count_above(scores, MM_TRAIN, &m->chance, k)) * n_synthetic / n_holdout,
               by_mirror = one_more(count_above(scores, MM_HOLDOUT, &m->mirror, k)) * n_train / n_holdout,
               by_all = outlier_shares[k] * n_train * (m->mirror.distinct + 1.0) / n_holdout;
        struct finding f = {.outliers = count_above(scores, MM_TRAIN, &m->own, k), .chance = fmax(by_holdout, fmax(by_mirror, by_all))};
        f.surplus = f.outliers - (double)mm_poisson_quantile(CHANCE_LEVEL, f.chance);
        if (f.surplus > best->surplus) *best = f;
    }
}

static mint_status search(struct finding *best, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct matches m;
    struct scores scores = {0};
    MM_RETURN_IF_ERROR(find_matches(&m, job, err));
    MM_ALLOC_OR_RETURN(scores.of_row[MM_TRAIN], job->scratch, frame->row_count[MM_TRAIN], err);
    MM_ALLOC_OR_RETURN(scores.of_row[MM_HOLDOUT], job->scratch, frame->row_count[MM_HOLDOUT], err);
    MM_RETURN_IF_ERROR(score_by_rarity(&scores, job, err));
    look(best, &scores, &m, frame);
    struct rows asked[] = {{MM_TRAIN, m.own.originals, m.own.distinct},
                           {MM_TRAIN, m.chance.originals, m.chance.distinct},
                           {MM_HOLDOUT, m.mirror.originals, m.mirror.distinct}};
    MM_RETURN_IF_ERROR(score_by_distance(&scores, job, asked, sizeof asked / sizeof *asked, err));
    look(best, &scores, &m, frame);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    if (frame->subsampled[MM_TRAIN] || frame->subsampled[MM_HOLDOUT]) /* then not every original is in the frame */
        return mm_figure_none(job, self, self->id, false, err, "more than %d real rows; copied outliers are not searched above that",
                              MM_FRAME_ROWS_MAX);
    if (frame->table_rows[MM_HOLDOUT] < 2) return mm_figure_none(job, self, self->id, true, err, "the holdout has one row only");
    struct finding found = {.surplus = -INFINITY};
    MM_RETURN_IF_ERROR(search(&found, job, err));
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    f->value = found.outliers, f->reference = found.chance;
    f->low = fmax(0, found.outliers - 1.96 * sqrt(found.outliers)), f->high = mm_poisson_upper((uint64_t)found.outliers);
    f->excess = found.outliers - found.chance;
    f->excess_low = found.surplus, f->excess_high = found.outliers - (double)mm_poisson_quantile(0.95, found.chance);
    f->resolution = (double)mm_poisson_quantile(CHANCE_LEVEL, found.chance) + 1;
    for (int side = 0; side < MM_FLOOR; side++) f->n[side] = (uint32_t)frame->table_rows[side];
    return MINT_OK;
}

const struct mm_metric mm_metric_copied_outliers = {
    .id = "privacy.copied_outliers",
    .figures = "privacy.copied_outliers",
    .range = "0 up",
    .cost = "one sort of all rows; neighbours of the copies",
    .without_value = "more than a million train rows; one holdout row",
    .axis = "privacy",
    .summary = "train rows that stand alone and were copied to the last digit, beyond chance",
    .formula =
        "distinct train rows copied exactly that are among the 1, 5 or 25 % whose nearest holdout row is farthest, or whose values are "
        "rarest (sum of -log of each value's share, Goldstein and Dengel 2012), whichever shows most; excess over chance at 99.95 % "
        "(low) and 95 % (high)",
    .unit = "rows",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
