/* SPDX-License-Identifier: Apache-2.0 */
/* Is the holdout one? Its rows must not be among the training rows, nor among the synthetic ones, beyond what rows that occur
 * several times explain: then every other figure here is worth nothing. */
#include <stdlib.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "metric/row_hash.h"
#include "stats/interval.h"

struct sorted {
    struct mm_row_hash *rows;
    uint64_t count;
};

static mint_status sort_side(struct sorted *s, const struct mm_metric_job *job, enum mm_side side, mint_error *err) {
    MM_RETURN_IF_ERROR(mm_row_hashes(&s->rows, job->frame, side, job->scratch, err));
    s->count = job->frame->table_rows[side];
    qsort(s->rows, s->count, sizeof *s->rows, mm_row_hash_compare);
    return MINT_OK;
}

static double count_in(const struct sorted *rows, const struct sorted *others) {
    double count = 0;
    for (uint64_t i = 0; i < rows->count; i++) count += mm_row_hash_find(others->rows, others->count, rows->rows[i].hash) != NULL;
    return count;
}

static double count_repeated(const struct sorted *s) {
    double count = 0;
    for (uint64_t i = 0; i < s->count; i++)
        count += (i && s->rows[i].hash == s->rows[i - 1].hash) || (i + 1 < s->count && s->rows[i].hash == s->rows[i + 1].hash);
    return count;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    struct sorted train, synthetic, holdout;
    MM_RETURN_IF_ERROR(sort_side(&train, job, MM_TRAIN, err));
    MM_RETURN_IF_ERROR(sort_side(&synthetic, job, MM_SYNTHETIC, err));
    MM_RETURN_IF_ERROR(sort_side(&holdout, job, MM_HOLDOUT, err));
    struct mm_figure *f = NULL;
    double in_train = count_in(&holdout, &train), n_train = (double)train.count, n_holdout = (double)holdout.count;
    MM_RETURN_IF_ERROR(
        mm_share_figure(job, self, "privacy.holdout_in_train", in_train, n_holdout, count_repeated(&train), n_train, &f, err));
    f->formula = "share of holdout rows equal to a train row, x100; reference: the share of train rows equal to another train row";
    /* Pairs of equal rows that a split parts are lost to the reference, so the two counts move against each other: an honest split of 1,070
     * rows, 24 of them twice, was once told as leaked. Real leaks are far beyond the bound that all rules share. */
    f->excess_low = f->excess - (f->excess - f->excess_low) * mm_normal_upper(MM_FAMILY_TAIL) / 1.96;
    f->subsampled = false;
    double in_holdout = count_in(&synthetic, &holdout), train_in_holdout = count_in(&train, &holdout);
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, "privacy.holdout_in_synthetic", in_holdout, (double)synthetic.count, train_in_holdout,
                                       n_train, &f, err));
    f->formula = "share of synthetic rows equal to a holdout row, x100; reference: the same share of train rows";
    f->subsampled = false;
    return MINT_OK;
}

const struct mm_metric mm_metric_holdout_overlap = {
    .id = "privacy.holdout_overlap",
    .figures = "privacy.holdout_in_train, privacy.holdout_in_synthetic",
    .range = "0 to 100",
    .cost = "three sorts of all rows",
    .without_value = "never",
    .axis = "privacy",
    .summary = "holdout rows among the training rows, and among the synthetic rows, beyond what repeated rows explain",
    .formula = "exact matches between the sides",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
