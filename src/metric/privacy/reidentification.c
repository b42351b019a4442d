/* SPDX-License-Identifier: Apache-2.0 */
/* The three attacks of Giomi et al. 2023 ("Anonymeter") against train rows and, as their control, against as many holdout rows: singling
 * out, linkability, inference. Risk = (main - control) / (1 - control), with the interval of independent Wilson shares. Unlike the
 * reference program both sides have the same number of rows, missing equals missing, and a relative error is taken of its size. */
#include <math.h>

#include "metric/metric_list.h"
#include "rng/philox.h"
#include "stats/interval.h"

enum { ATTACKS_MAX = 2000, ROWS_MIN = 100, PREDICATE_COLUMNS = 4, LINK_NEIGHBOURS = 1, TRIES = 20 };

struct rate {
    double hits, attacks;
    double error; /* of main - control in hits, over clusters of attacks that fall together; 0: attacks are independent */
};

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const char *formula,
                          struct rate main, struct rate control, const char *column, mint_error *err) {
    if (main.attacks < 1 || control.attacks < 1) return mm_figure_none(job, self, id, true, err, "no attack could be built");
    double m = main.hits / main.attacks, c = control.hits / control.attacks;
    struct mm_interval a = mm_wilson(main.hits, main.attacks), b = mm_wilson(control.hits, control.attacks);
    double clustered = 1.96 * main.error / main.attacks;
    double up = fmax(clustered, hypot(a.high - m, c - b.low)), down = fmax(clustered, hypot(m - a.low, b.high - c)),
           scale = fmax(1e-9, 1 - c);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    f->value = (m - c) / scale, f->low = (m - c - down) / scale, f->high = (m - c + up) / scale;
    f->reference = 0, f->excess = f->value, f->excess_low = f->low, f->excess_high = f->high;
    f->formula = formula, f->columns[0] = column;
    f->resolution = 2.8 * sqrt((c * (1 - c) + 1 / control.attacks) * (1 / main.attacks + 1 / control.attacks));
    f->n[0] = (uint32_t)main.attacks, f->n[2] = (uint32_t)control.attacks;
    f->subsampled = true;
    return MINT_OK;
}

/* ---- singling out: a predicate that exactly one synthetic row meets, and that exactly one real row meets ---- */

struct predicate {
    uint32_t columns[PREDICATE_COLUMNS], count;
    float values[PREDICATE_COLUMNS];
    int sign[PREDICATE_COLUMNS]; /* 1: at least, -1: at most, 0: equal */
};

static bool meets(const struct mm_frame *frame, const struct predicate *p, int side, uint32_t row) {
    for (uint32_t k = 0; k < p->count; k++) {
        float value = frame->columns[p->columns[k]].values[side][row];
        bool holds = isnan(p->values[k]) ? isnan(value)
                     : p->sign[k] > 0    ? value >= p->values[k]
                     : p->sign[k] < 0    ? value <= p->values[k]
                                         : value == p->values[k];
        if (!holds) return false;
    }
    return true;
}

static uint32_t count_met(const struct mm_frame *frame, const struct predicate *p, int side, const uint32_t *rows, uint32_t n) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n && count < 2; i++) count += meets(frame, p, side, rows[i]);
    return count;
}

static struct predicate make_predicate(const struct mm_frame *frame, const double *medians, uint32_t row, struct mm_rng *rng) {
    struct predicate p = {.count = frame->column_count < PREDICATE_COLUMNS ? frame->column_count : PREDICATE_COLUMNS};
    for (uint32_t k = 0; k < p.count; k++) {
        bool again;
        do {
            p.columns[k] = (uint32_t)mm_rng_below(rng, frame->column_count);
            again = false;
            for (uint32_t j = 0; j < k; j++) again = again || p.columns[j] == p.columns[k];
        } while (again);
        const struct mm_frame_column *column = &frame->columns[p.columns[k]];
        p.values[k] = column->values[MM_SYNTHETIC][row];
        p.sign[k] = column->is_level ? 0 : (double)p.values[k] > medians[p.columns[k]] ? 1 : -1;
    }
    return p;
}

struct sides {
    uint32_t n; /* real rows a side, also synthetic rows looked at */
    uint32_t *rows[MM_SIDES];
};

static mint_status single_out(const struct mm_metric_job *job, const struct sides *s, struct rate *main, struct rate *control,
                              mint_error *err) {
    const struct mm_frame *frame = job->frame;
    double *medians, *net; /* net: main - control hits of the attacks that start from each synthetic row: they meet the same real rows */
    MM_ALLOC_OR_RETURN(net, job->scratch, s->n, err);
    MM_ALLOC_OR_RETURN(medians, job->scratch, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++) { /* the mean does as well: it only picks the side that is rarer */
        double sum = 0, count = 0;
        for (uint32_t i = 0; i < s->n; i++) {
            float value = frame->columns[c].values[MM_SYNTHETIC][s->rows[MM_SYNTHETIC][i]];
            if (!isnan(value)) sum += (double)value, count++;
        }
        medians[c] = count > 0 ? sum / count : 0;
    }
    uint32_t wanted = s->n < ATTACKS_MAX ? s->n : ATTACKS_MAX;
    *main = *control = (struct rate){0};
    for (uint32_t attack = 0; attack < wanted; attack++)
        for (uint32_t attempt = 0; attempt < TRIES; attempt++) {
            struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_METRIC, 5, (uint64_t)attack * TRIES + attempt);
            uint32_t start = (uint32_t)mm_rng_below(&rng, s->n);
            struct predicate p = make_predicate(frame, medians, s->rows[MM_SYNTHETIC][start], &rng);
            if (count_met(frame, &p, MM_SYNTHETIC, s->rows[MM_SYNTHETIC], s->n) != 1) continue;
            main->attacks++, control->attacks++;
            bool hit = count_met(frame, &p, MM_TRAIN, s->rows[MM_TRAIN], s->n) == 1,
                 by_chance = count_met(frame, &p, MM_HOLDOUT, s->rows[MM_HOLDOUT], s->n) == 1;
            main->hits += hit, control->hits += by_chance, net[start] += hit - by_chance;
            break;
        }
    for (uint32_t i = 0; i < s->n; i++) main->error += net[i] * net[i];
    main->error = sqrt(main->error);
    return MINT_OK;
}

/* ---- linkability and inference: nearest synthetic rows on part of the columns ---- */

static mint_status nearest_on(const struct mm_metric_job *job, enum mm_side side, const uint32_t *rows, uint32_t n, const struct sides *s,
                              uint32_t first, uint32_t end, int64_t without, uint32_t *nearest, mint_error *err) {
    struct mm_points query, base;
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, side, rows, n, without, false, job->scratch, &query, err));
    MM_RETURN_IF_ERROR(mm_frame_points(job->frame, MM_SYNTHETIC, s->rows[MM_SYNTHETIC], s->n, without, false, job->scratch, &base, err));
    struct mm_points *both[2] = {&query, &base};
    for (int k = 0; k < 2; k++) {
        both[k]->columns += first, both[k]->is_level += first;
        both[k]->column_count = end - first;
    }
    return mm_nearest_k(job->ctx, &query, &base, LINK_NEIGHBOURS, nearest, NULL, err);
}

static mint_status link(const struct mm_metric_job *job, enum mm_side side, const struct sides *s, uint32_t n, struct rate *out,
                        mint_error *err) {
    uint32_t *left, *right, columns = job->frame->column_count;
    MM_ALLOC_OR_RETURN(left, job->scratch, n, err);
    MM_ALLOC_OR_RETURN(right, job->scratch, n, err);
    MM_RETURN_IF_ERROR(nearest_on(job, side, s->rows[side], n, s, 0, columns / 2, -1, left, err));
    MM_RETURN_IF_ERROR(nearest_on(job, side, s->rows[side], n, s, columns / 2, columns, -1, right, err));
    *out = (struct rate){.attacks = n};
    for (uint32_t i = 0; i < n; i++) out->hits += left[i] == right[i];
    return MINT_OK;
}

static mint_status infer(const struct mm_metric_job *job, enum mm_side side, const struct sides *s, uint32_t n, uint32_t secret,
                         struct rate *out, mint_error *err) {
    const struct mm_frame_column *column = &job->frame->columns[secret];
    uint32_t *nearest;
    MM_ALLOC_OR_RETURN(nearest, job->scratch, n, err);
    MM_RETURN_IF_ERROR(nearest_on(job, side, s->rows[side], n, s, 0, job->frame->column_count - 1, secret, nearest, err));
    *out = (struct rate){.attacks = n};
    for (uint32_t i = 0; i < n; i++) {
        double truth = (double)column->values[side][s->rows[side][i]] + (column->is_level ? 0 : column->origin);
        double guess = (double)column->values[MM_SYNTHETIC][s->rows[MM_SYNTHETIC][nearest[i]]] + (column->is_level ? 0 : column->origin);
        out->hits += truth == guess || (isnan(truth) && isnan(guess)) || (!column->is_level && fabs(truth - guess) <= 0.05 * fabs(truth));
    }
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct sides s = {.n = UINT32_MAX};
    if (frame->drifts) return mm_figure_none(job, self, self->id, false, err, "after a split by time the holdout is no control");
    for (int side = 0; side < MM_FLOOR; side++)
        if (frame->row_count[side] < s.n) s.n = frame->row_count[side];
    if (s.n < ROWS_MIN || frame->column_count < 2)
        return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d, and two columns, are needed", s.n, ROWS_MIN);
    if (s.n > 20000) s.n = 20000;
    for (int side = 0; side < MM_FLOOR; side++)
        MM_RETURN_IF_ERROR(mm_frame_cut(frame, (enum mm_side)side, s.n, 0, job->scratch, &s.rows[side], err));
    struct rate main, control;
    uint32_t n = s.n < ATTACKS_MAX ? s.n : ATTACKS_MAX;
    MM_RETURN_IF_ERROR(single_out(job, &s, &main, &control, err));
    MM_RETURN_IF_ERROR(report(job, self, "privacy.reidentification.singling_out",
                              "predicates of four columns met by one synthetic row, met by exactly one real row; risk against the control",
                              main, control, NULL, err));
    MM_RETURN_IF_ERROR(link(job, MM_TRAIN, &s, n, &main, err));
    MM_RETURN_IF_ERROR(link(job, MM_HOLDOUT, &s, n, &control, err));
    MM_RETURN_IF_ERROR(report(job, self, "privacy.reidentification.linkability",
                              "both halves of a row have the same nearest synthetic row; risk against the control", main, control, NULL,
                              err));
    double worst = -INFINITY;
    struct rate worst_main = {0}, worst_control = {0};
    const char *worst_column = NULL;
    for (uint32_t secret = 0; secret < frame->column_count && secret < 40; secret++) {
        MM_RETURN_IF_ERROR(mm_check_cancelled(job->ctx, err));
        MM_RETURN_IF_ERROR(infer(job, MM_TRAIN, &s, n, secret, &main, err));
        MM_RETURN_IF_ERROR(infer(job, MM_HOLDOUT, &s, n, secret, &control, err));
        double risk = (main.hits - control.hits) / fmax(1, n - control.hits);
        if (risk > worst) worst = risk, worst_main = main, worst_control = control, worst_column = frame->columns[secret].name;
    }
    return report(job, self, "privacy.reidentification.inference",
                  "the nearest synthetic row on all other columns tells the secret (equal, or within 5 %); the worst of up to 40 secrets, "
                  "which the interval does not correct for; risk against the control",
                  worst_main, worst_control, worst_column, err);
}

const struct mm_metric mm_metric_reidentification = {
    .id = "privacy.reidentification",
    .figures = "privacy.reidentification.singling_out, privacy.reidentification.linkability, privacy.reidentification.inference",
    .range = "-1 to 1; 0 is ideal",
    .cost = "2,000 attacks a kind and side, inference for up to 40 columns",
    .without_value = "fewer than 100 rows on a side; a split by time",
    .axis = "privacy",
    .summary = "singling out, linkability and inference against train rows, with holdout rows as the control",
    .formula = "Giomi et al. 2023; risk = (main - control) / (1 - control)",
    .unit = "risk",
    .direction = MM_LOWER,
    .compute = compute,
};
