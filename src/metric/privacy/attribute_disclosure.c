/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute disclosure through keys (Raab et al. 2024, as in synthpop): the level columns and few-valued numbers other than the target are
 * keys, the target is the secret. DiSCO: train rows whose key group among synthetic rows has one target value only, and the right one.
 * repU: keys unique in train and in the synthetic rows, over train rows. CAP (Taub et al. 2018): mean share of a train row's own target
 * value in its key group. The holdout in train's place is the control: what the population itself discloses. */
#include <math.h>
#include <stdlib.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"

enum { KEY_BINS = 12, KEYS_MAX = 5, ROWS_MIN = 100, TARGET_BINS = 12 };

struct record {
    uint64_t key;
    uint32_t secret;
};

static int compare_records(const void *a, const void *b) {
    const struct record *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->secret > y->secret) - (x->secret < y->secret);
}

struct keys {
    uint32_t columns[KEYS_MAX], count, secret;
    struct mm_coarse *coarse;
};

static mint_status list_side(struct record **out, const struct mm_metric_job *job, const struct keys *k, enum mm_side side, uint32_t n,
                             mint_error *err) {
    uint32_t *rows;
    MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, side, n, 0, job->scratch, &rows, err));
    MM_ALLOC_OR_RETURN(*out, job->scratch, n, err);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t key = 0;
        for (uint32_t c = 0; c < k->count; c++) key = key * 256 + k->coarse[k->columns[c]].of_row[side][rows[i]];
        (*out)[i] = (struct record){key, k->coarse[k->secret].of_row[side][rows[i]]};
    }
    qsort(*out, n, sizeof **out, compare_records);
    return MINT_OK;
}

struct disclosed {
    double disco, unique, cap, grouped;
};

/* `real` and `synthetic` are sorted: groups of one key meet in one pass. */
static struct disclosed compare(const struct record *real, uint32_t n, const struct record *synthetic, uint32_t m) {
    struct disclosed d = {0};
    for (uint32_t i = 0, j = 0; i < n;) {
        uint32_t i_end = i, j_end;
        while (i_end < n && real[i_end].key == real[i].key) i_end++;
        while (j < m && synthetic[j].key < real[i].key) j++;
        for (j_end = j; j_end < m && synthetic[j_end].key == real[i].key;) j_end++;
        d.unique += i_end - i == 1 && j_end - j == 1;
        for (uint32_t r = i; r < i_end && j_end > j; r++) {
            uint32_t same = 0;
            for (uint32_t s = j; s < j_end; s++) same += synthetic[s].secret == real[r].secret;
            d.disco += same == j_end - j;
            d.cap += (double)same / (j_end - j);
            d.grouped++;
        }
        i = i_end, j = j_end;
    }
    return d;
}

static void choose_keys(struct keys *k, const struct mm_frame *frame) {
    for (uint32_t c = 0; c < frame->column_count && k->count < KEYS_MAX; c++)
        if (c != k->secret && (frame->columns[c].is_level || k->coarse[c].bins < KEY_BINS)) k->columns[k->count++] = c;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct keys k = {.secret = (uint32_t)frame->target};
    if (frame->target < 0) return mm_figure_none(job, self, self->id, false, err, "no target was named (--target)");
    MM_ALLOC_OR_RETURN(k.coarse, job->scratch, frame->column_count, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(k.coarse, frame, KEY_BINS, job->scratch, err));
    choose_keys(&k, frame);
    if (!k.count) return mm_figure_none(job, self, self->id, false, err, "there is no level column to be a key");
    uint32_t n = mm_frame_common_rows(frame, MM_TRAIN, MM_HOLDOUT, UINT32_MAX), m = frame->row_count[MM_SYNTHETIC];
    if (n < ROWS_MIN || m < ROWS_MIN) return mm_figure_none(job, self, self->id, true, err, "fewer than %d rows on one side", ROWS_MIN);
    struct record *train, *holdout, *synthetic;
    MM_RETURN_IF_ERROR(list_side(&train, job, &k, MM_TRAIN, n, err));
    MM_RETURN_IF_ERROR(list_side(&holdout, job, &k, MM_HOLDOUT, n, err));
    MM_RETURN_IF_ERROR(list_side(&synthetic, job, &k, MM_SYNTHETIC, m, err));
    struct disclosed own = compare(train, n, synthetic, m), control = compare(holdout, n, synthetic, m);
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, "privacy.disclosure.disco", own.disco, n, control.disco, n, &f, err));
    f->formula = "train rows whose synthetic key group has one target value only, the right one, x100; reference: holdout rows";
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, "privacy.disclosure.rep_u", own.unique, n, control.unique, n, &f, err));
    f->formula = "keys unique in train and unique in the synthetic rows, over train rows, x100; reference: the holdout in train's place";
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, "privacy.disclosure.cap", own.cap, fmax(1, own.grouped), control.cap,
                                       fmax(1, control.grouped), &f, err));
    f->formula = "mean share of a train row's own target value in its synthetic key group, x100; reference: holdout rows";
    return MINT_OK;
}

const struct mm_metric mm_metric_attribute_disclosure = {
    .id = "privacy.disclosure",
    .figures = "privacy.disclosure.disco, privacy.disclosure.rep_u, privacy.disclosure.cap",
    .range = "0 to 100",
    .cost = "one sort of the rows",
    .without_value = "no target; no level column",
    .axis = "privacy",
    .summary = "what keys tell of the target: DiSCO, replicated uniques, correct attribution; holdout rows as the control",
    .formula = "Raab et al. 2024; Taub et al. 2018; the first five level columns are the keys",
    .unit = "%",
    .direction = MM_LOWER,
    .compute = compute,
};
