/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic rows that are training rows to the last digit, beyond the rate at which real rows are: holdout rows and, since a few of them
 * tell a small rate badly, train rows that are another train row, where the two rates agree. Where real rows were made unique before they
 * came here, no holdout row can be a train row, but a good model meets both: there the rate at which synthetic rows are holdout rows, for
 * as many rows as train has, takes its place. All rows count, none is sampled. */
#include <math.h>
#include <stdlib.h>

#include "metric/metric_list.h"
#include "metric/row_hash.h"
#include "stats/interval.h"

/* Rows that are rows of another side, or of their own. Given that side, rows are drawn one by one. */
struct share {
    double count, rows;
};

/* Rows of `side` that are rows of the sorted `base`. */
static mint_status count_equal(struct share *share, const struct mm_metric_job *job, enum mm_side side, const struct mm_row_hash *sorted,
                               enum mm_side base, mint_error *err) {
    struct mm_row_hash *rows;
    struct mm_row_copies copies;
    uint64_t n = job->frame->table_rows[side];
    MM_RETURN_IF_ERROR(mm_row_hashes(&rows, job->frame, side, job->scratch, err));
    MM_RETURN_IF_ERROR(mm_row_copies_find(&copies, rows, n, sorted, job->frame->table_rows[base], job->scratch, err));
    mm_arena_free(job->scratch, rows);
    *share = (struct share){(double)copies.count, (double)n};
    return MINT_OK;
}

static mint_status sorted_rows(struct mm_row_hash **out, const struct mm_metric_job *job, enum mm_side side, mint_error *err) {
    MM_RETURN_IF_ERROR(mm_row_hashes(out, job->frame, side, job->scratch, err));
    qsort(*out, job->frame->table_rows[side], sizeof **out, mm_row_hash_compare);
    return MINT_OK;
}

/* Whether real rows were made unique: no holdout row is a train row, and yet synthetic rows meet holdout rows more often than chance. Where
 * real rows do repeat, a frequent one alone would make the two rates alike, and a rate for as many rows as train has means nothing. */
static bool is_made_unique(struct share holdout, struct share mirror) {
    return holdout.count == 0 && mirror.count > (double)mm_poisson_quantile(0.999, mirror.rows / holdout.rows);
}

/* Of train rows, those that are another one: half as many of half as many, since a row that is repeated counts with its twin. (A value that
 * comes a Poisson number of times, k where k > 1: variance over mean is 2 where repeats are rare, 1 where they are the rule, 2.1 at most.)
 */
static struct share repeats_within(const struct mm_row_hash *sorted, uint64_t count) {
    struct share share = {.rows = (double)count / 2};
    for (uint64_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && sorted[end].hash == sorted[i].hash;) end++;
        if (end - i > 1) share.count += (double)(end - i) / 2;
    }
    return share;
}

static struct mm_interval difference(struct share a, struct share b) { return mm_newcombe(a.count, a.rows, b.count, b.rows); }

/* Rows of an entity, or of a time, repeat each other more often than those of others do. */
static struct share pool(const struct mm_frame *frame, struct share holdout, struct share within) {
    struct mm_interval apart = difference(holdout, within);
    bool agree = apart.low <= 0 && apart.high >= 0;
    if (!agree || frame->drifts || frame->rows_an_entity > 1) return holdout;
    return (struct share){holdout.count + within.count, holdout.rows + within.rows};
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    const uint64_t *n = frame->table_rows;
    struct mm_row_hash *train, *holdout;
    struct share own, chance, mirror, floor = {NAN, 1};
    MM_RETURN_IF_ERROR(sorted_rows(&train, job, MM_TRAIN, err));
    MM_RETURN_IF_ERROR(sorted_rows(&holdout, job, MM_HOLDOUT, err));
    MM_RETURN_IF_ERROR(count_equal(&own, job, MM_SYNTHETIC, train, MM_TRAIN, err));
    MM_RETURN_IF_ERROR(count_equal(&chance, job, MM_HOLDOUT, train, MM_TRAIN, err));
    MM_RETURN_IF_ERROR(count_equal(&mirror, job, MM_SYNTHETIC, holdout, MM_HOLDOUT, err));
    if (frame->tables[MM_FLOOR]) MM_RETURN_IF_ERROR(count_equal(&floor, job, MM_FLOOR, train, MM_TRAIN, err));
    mirror.rows *= (double)n[MM_HOLDOUT] / (double)n[MM_TRAIN];
    bool unique = is_made_unique(chance, mirror);
    struct share reference = unique ? mirror : pool(frame, chance, repeats_within(train, n[MM_TRAIN]));
    reference.count = fmin(reference.count, reference.rows);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    struct mm_interval interval = mm_wilson(own.count, own.rows), excess = difference(own, reference);
    f->value = 100 * own.count / own.rows, f->low = 100 * interval.low, f->high = 100 * interval.high;
    f->reference = 100 * reference.count / reference.rows;
    f->floor = 100 * floor.count / floor.rows;
    f->excess = f->value - f->reference, f->excess_low = 100 * excess.low, f->excess_high = 100 * excess.high;
    f->resolution = f->excess_high - f->excess;
    for (int side = 0; side < MM_FLOOR; side++) f->n[side] = (uint32_t)n[side];
    f->subsampled = false;
    if (!unique) return MINT_OK;
    return mm_figure_detail(f, job, err, "real rows hardly repeat each other; the reference is how often synthetic rows are holdout rows");
}

const struct mm_metric mm_metric_exact_copies = {
    .id = "privacy.exact_copies",
    .figures = "privacy.exact_copies",
    .range = "0 to 100",
    .cost = "one sort of all rows",
    .without_value = "never",
    .axis = "privacy",
    .summary = "synthetic rows that are training rows, beyond the rate of real rows",
    .formula =
        "share of rows equal to a train row in every judged column, x100; reference: the same share of holdout rows (with train rows "
        "equal to another one, where the two agree) or, where real rows were made unique, the share of synthetic rows equal to a holdout "
        "row, for as many rows as train has",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
