/* SPDX-License-Identifier: Apache-2.0 */
/* The three attacks of Giomi et al. 2023 ("Anonymeter") against train rows and, as their control, against as many holdout rows: singling
 * out, linkability, inference. Risk = (main - control) / (1 - control), with the interval of independent Wilson shares. Unlike the
 * reference program both sides have the same number of rows, missing equals missing, and a relative error is taken of its size. */
#include <math.h>

#include "metric/metric_list.h"
#include "metric/predicates.h"
#include "rng/philox.h"
#include "stats/interval.h"

enum { ATTACKS_MAX = 2000, ROWS_MIN = 100, TRIES = 20, SECRETS_MAX = 40 };

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
    double wider = sqrt(job->frame->rows_an_entity), up = fmax(clustered, hypot(a.high - m, c - b.low)) * wider,
           down = fmax(clustered, hypot(m - a.low, b.high - c)) * wider, scale = fmax(1e-9, 1 - c);
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

/* The rows of each side, as many of each. */
struct sides {
    uint32_t n, attacks;
    uint32_t *rows[MM_SIDES];
    struct mm_points points[MM_SIDES];
    struct mm_points queries[MM_SIDES]; /* the first `attacks` of them */
    struct mm_nearest_index *index;     /* of the synthetic rows */
};

static mint_status open_sides(struct sides *s, const struct mm_metric_job *job, mint_error *err) {
    for (int side = 0; side < MM_FLOOR; side++) {
        MM_RETURN_IF_ERROR(mm_frame_cut(job->frame, (enum mm_side)side, s->n, 0, job->scratch, &s->rows[side], err));
        MM_RETURN_IF_ERROR(
            mm_frame_points(job->frame, (enum mm_side)side, s->rows[side], s->n, -1, false, job->scratch, &s->points[side], err));
        s->queries[side] = s->points[side];
        s->queries[side].row_count = s->attacks;
    }
    return mm_nearest_open(&s->index, &s->queries[MM_HOLDOUT], &s->points[MM_SYNTHETIC], 1, job->scratch, err);
}

/* ---- singling out: a predicate that exactly one synthetic row meets, and that exactly one real row meets ---- */

static struct mm_predicate make_predicate(const struct mm_points *points, const double *means, uint32_t row, struct mm_rng *rng) {
    struct mm_predicate p = {.count = points->column_count < MM_PREDICATE_COLUMNS ? points->column_count : MM_PREDICATE_COLUMNS};
    for (uint32_t k = 0; k < p.count; k++) {
        bool again;
        do {
            p.columns[k] = (uint32_t)mm_rng_below(rng, points->column_count);
            again = false;
            for (uint32_t j = 0; j < k; j++) again = again || p.columns[j] == p.columns[k];
        } while (again);
        p.values[k] = points->columns[p.columns[k]][row];
        p.sign[k] = points->is_level[p.columns[k]] ? 0 : (double)p.values[k] > means[p.columns[k]] ? 1 : -1;
    }
    return p;
}

struct attack {
    struct mm_predicate predicate;
    uint32_t start; /* the synthetic row it describes */
};

/* Attacks whose predicate one synthetic row alone meets; who finds none in TRIES attempts gives up. */
static mint_status build_attacks(const struct mm_metric_job *job, const struct sides *s, struct attack *built, uint32_t *count,
                                 mint_error *err) {
    const struct mm_points *points = &s->points[MM_SYNTHETIC];
    double *means; /* they only pick the side that is rarer */
    struct mm_predicate *tried;
    uint32_t *counts, *starts, *open, left = s->attacks;
    MM_ALLOC_OR_RETURN(means, job->scratch, points->column_count, err);
    MM_ALLOC_OR_RETURN(tried, job->scratch, s->attacks, err);
    MM_ALLOC_OR_RETURN(counts, job->scratch, s->attacks, err);
    MM_ALLOC_OR_RETURN(starts, job->scratch, s->attacks, err);
    MM_ALLOC_OR_RETURN(open, job->scratch, s->attacks, err);
    for (uint32_t c = 0; c < points->column_count; c++) {
        double sum = 0, cells = 0;
        for (uint32_t r = 0; r < s->n; r++)
            if (!isnan(points->columns[c][r])) sum += (double)points->columns[c][r], cells++;
        means[c] = cells > 0 ? sum / cells : 0;
    }
    for (uint32_t i = 0; i < left; i++) open[i] = i;
    *count = 0;
    for (uint32_t attempt = 0; attempt < TRIES && left; attempt++) {
        MM_RETURN_IF_ERROR(mm_check_cancelled(job->ctx, err));
        for (uint32_t i = 0; i < left; i++) {
            struct mm_rng rng = mm_rng_at(job->frame->seed, MM_STREAM_METRIC, 5, (uint64_t)open[i] * TRIES + attempt);
            starts[i] = (uint32_t)mm_rng_below(&rng, s->n);
            tried[i] = make_predicate(points, means, starts[i], &rng);
        }
        MM_RETURN_IF_ERROR(mm_predicates_count(job->ctx, points, tried, left, counts, err));
        uint32_t still = 0;
        for (uint32_t i = 0; i < left; i++) {
            if (counts[i] == 1)
                built[(*count)++] = (struct attack){tried[i], starts[i]};
            else
                open[still++] = open[i];
        }
        left = still;
    }
    return MINT_OK;
}

static mint_status single_out(const struct mm_metric_job *job, const struct sides *s, struct rate *main, struct rate *control,
                              mint_error *err) {
    struct attack *attacks;
    struct mm_predicate *predicates;
    double *net; /* main - control hits of the attacks that start from each synthetic row: they meet the same real rows */
    uint32_t count = 0, *met[MM_SIDES];
    MM_ALLOC_OR_RETURN(net, job->scratch, s->n, err);
    MM_ALLOC_OR_RETURN(attacks, job->scratch, s->attacks, err);
    MM_ALLOC_OR_RETURN(predicates, job->scratch, s->attacks, err);
    MM_RETURN_IF_ERROR(build_attacks(job, s, attacks, &count, err));
    for (uint32_t i = 0; i < count; i++) predicates[i] = attacks[i].predicate;
    for (int side = MM_TRAIN; side <= MM_HOLDOUT; side += MM_HOLDOUT - MM_TRAIN) {
        MM_ALLOC_OR_RETURN(met[side], job->scratch, count + 1u, err);
        MM_RETURN_IF_ERROR(mm_predicates_count(job->ctx, &s->points[side], predicates, count, met[side], err));
    }
    *main = *control = (struct rate){.attacks = count};
    for (uint32_t i = 0; i < count; i++) {
        bool hit = met[MM_TRAIN][i] == 1, by_chance = met[MM_HOLDOUT][i] == 1;
        main->hits += hit, control->hits += by_chance, net[attacks[i].start] += hit - by_chance;
    }
    for (uint32_t i = 0; i < s->n; i++) main->error += net[i] * net[i];
    main->error = sqrt(main->error);
    return MINT_OK;
}

/* ---- linkability and inference: nearest synthetic rows on part of the columns ---- */

static mint_status nearest_on(const struct mm_metric_job *job, enum mm_side side, const struct sides *s, uint32_t first, uint32_t end,
                              int64_t without, uint32_t **nearest, mint_error *err) {
    uint32_t *active, count = 0;
    MM_ALLOC_OR_RETURN(*nearest, job->scratch, s->attacks, err);
    MM_ALLOC_OR_RETURN(active, job->scratch, end - first, err);
    for (uint32_t c = first; c < end; c++)
        if (c != without) active[count++] = c;
    return mm_nearest_on(job->ctx, s->index, &s->queries[side], active, count, 1, *nearest, NULL, err);
}

static mint_status link(const struct mm_metric_job *job, enum mm_side side, const struct sides *s, struct rate *out, mint_error *err) {
    uint32_t *left, *right, columns = job->frame->column_count;
    MM_RETURN_IF_ERROR(nearest_on(job, side, s, 0, columns / 2, -1, &left, err));
    MM_RETURN_IF_ERROR(nearest_on(job, side, s, columns / 2, columns, -1, &right, err));
    *out = (struct rate){.attacks = s->attacks};
    for (uint32_t i = 0; i < s->attacks; i++) out->hits += left[i] == right[i];
    return MINT_OK;
}

static mint_status infer(const struct mm_metric_job *job, enum mm_side side, const struct sides *s, uint32_t secret, struct rate *out,
                         mint_error *err) {
    const struct mm_frame_column *column = &job->frame->columns[secret];
    uint32_t *nearest;
    MM_RETURN_IF_ERROR(nearest_on(job, side, s, 0, job->frame->column_count, secret, &nearest, err));
    *out = (struct rate){.attacks = s->attacks};
    for (uint32_t i = 0; i < s->attacks; i++) {
        double truth = (double)column->values[side][s->rows[side][i]] + (column->is_level ? 0 : column->origin);
        double guess = (double)column->values[MM_SYNTHETIC][s->rows[MM_SYNTHETIC][nearest[i]]] + (column->is_level ? 0 : column->origin);
        out->hits += truth == guess || (isnan(truth) && isnan(guess)) || (!column->is_level && fabs(truth - guess) <= 0.05 * fabs(truth));
    }
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    if (frame->drifts) return mm_figure_none(job, self, self->id, false, err, "after a split by time the holdout is no control");
    struct sides s = {.n = mm_frame_equal_rows(frame, UINT32_MAX)};
    if (s.n < ROWS_MIN || frame->column_count < 2)
        return mm_figure_none(job, self, self->id, true, err, "%u rows a side; at least %d, and two columns, are needed", s.n, ROWS_MIN);
    s.attacks = s.n < ATTACKS_MAX ? s.n : ATTACKS_MAX;
    MM_RETURN_IF_ERROR(open_sides(&s, job, err));
    struct rate main, control;
    MM_RETURN_IF_ERROR(single_out(job, &s, &main, &control, err));
    MM_RETURN_IF_ERROR(report(job, self, "privacy.reidentification.singling_out",
                              "predicates of four columns met by one synthetic row, met by exactly one real row; risk against the control",
                              main, control, NULL, err));
    MM_RETURN_IF_ERROR(link(job, MM_TRAIN, &s, &main, err));
    MM_RETURN_IF_ERROR(link(job, MM_HOLDOUT, &s, &control, err));
    MM_RETURN_IF_ERROR(report(job, self, "privacy.reidentification.linkability",
                              "both halves of a row have the same nearest synthetic row; risk against the control", main, control, NULL,
                              err));
    double worst = -INFINITY;
    struct rate worst_main = {0}, worst_control = {0};
    const char *worst_column = NULL;
    for (uint32_t secret = 0; secret < frame->column_count && secret < SECRETS_MAX; secret++) {
        MM_RETURN_IF_ERROR(mm_check_cancelled(job->ctx, err));
        MM_RETURN_IF_ERROR(infer(job, MM_TRAIN, &s, secret, &main, err));
        MM_RETURN_IF_ERROR(infer(job, MM_HOLDOUT, &s, secret, &control, err));
        double risk = (main.hits - control.hits) / fmax(1, s.attacks - control.hits);
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
    .differs = "anonymeter compares train with a control of another size (fresh rows of adult then read .159), takes the relative error of "
               "the guess, never lets missing equal missing, and draws unseeded; here both sides have one size, the error is of the "
               "secret's size, missing equals missing, and draws are fixed",
    .axis = "privacy",
    .summary = "singling out, linkability and inference against train rows, with holdout rows as the control",
    .formula = "Giomi et al. 2023; risk = (main - control) / (1 - control)",
    .unit = "risk",
    .direction = MM_LOWER,
    .compute = compute,
};
