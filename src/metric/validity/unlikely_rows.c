/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that real data would hardly ever hold, by an explicit density: the boost generator is fitted to half of the train rows
 * and scores synthetic rows, the other half and the holdout. How many synthetic rows lie below the real rows' 1 % and 0.1 % quantiles
 * says how many are out of place, whatever the rule they break. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/model.h"
#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { FIT_ROWS_MAX = 8000, SCORE_ROWS_MAX = 8000, FLOOR_ROWS_MAX = 2000, ROWS_MIN = 300, WIDE = 60 };
#define COMMON "{\"protect\": 0, \"relations\": false, \"stacking\": false, "
static const char parameters[] = COMMON "\"leaves\": \"16\"}",
                  wide_parameters[] = COMMON "\"leaves\": \"8\", \"features_max\": 16, \"rounds\": 40, \"refit\": false}";
enum { QUANTILES = 2, REAL_BELOW_MIN = 3 };
static const struct {
    double share;
    const char *id;
} quantiles[QUANTILES] = {{0.01, "validity.unlikely_rows"}, {0.001, "validity.unlikely_rows.thousandth"}};

/* Rows of the frame as a table of their own. */
static mint_status take(struct mint_table **out, const struct mm_frame *frame, enum mm_side side, uint32_t from, uint32_t count,
                        struct mm_arena *scratch, mint_error *err) {
    uint64_t *rows;
    MM_ALLOC_OR_RETURN(rows, scratch, count, err);
    for (uint32_t i = 0; i < count; i++) rows[i] = frame->row_of[side][from + i];
    return mm_table_take(out, frame->tables[side], rows, count, err);
}

struct scored {
    double *log_density;
    uint64_t count;
};

static mint_status score(struct scored *out, const struct mint_model *model, const struct mm_frame *frame, enum mm_side side, uint32_t from,
                         uint32_t count, struct mm_arena *scratch, mint_error *err) {
    struct mint_table *rows = NULL;
    out->count = count;
    MM_ALLOC_OR_RETURN(out->log_density, scratch, count, err);
    mint_status status = take(&rows, frame, side, from, count, scratch, err);
    if (status == MINT_OK) status = mint_model_score(model, rows, out->log_density, err);
    mint_table_free(rows);
    return status;
}

static double count_below(const struct scored *s, double limit) {
    double count = 0;
    for (uint64_t i = 0; i < s->count; i++) count += s->log_density[i] < limit;
    return count;
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const struct mint_model *model, uint32_t fitted,
                          mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct scored synthetic, holdout, unseen = {0}, floor = {0};
    MM_RETURN_IF_ERROR(
        score(&synthetic, model, frame, MM_SYNTHETIC, 0, smaller(frame->row_count[MM_SYNTHETIC], SCORE_ROWS_MAX), job->scratch, err));
    MM_RETURN_IF_ERROR(
        score(&holdout, model, frame, MM_HOLDOUT, 0, smaller(frame->row_count[MM_HOLDOUT], SCORE_ROWS_MAX), job->scratch, err));
    uint32_t floor_rows = smaller(frame->row_count[MM_FLOOR], FLOOR_ROWS_MAX);
    if (floor_rows) MM_RETURN_IF_ERROR(score(&floor, model, frame, MM_FLOOR, 0, floor_rows, job->scratch, err));
    uint32_t others = smaller(frame->row_count[MM_TRAIN] - fitted, SCORE_ROWS_MAX);
    MM_RETURN_IF_ERROR(score(&unseen, model, frame, MM_TRAIN, fitted, others, job->scratch, err));
    /* The limit is the holdout's and the unseen train rows' together. */
    struct scored real = {.count = holdout.count + (frame->drifts ? 0 : unseen.count)};
    MM_ALLOC_OR_RETURN(real.log_density, job->scratch, real.count, err);
    memcpy(real.log_density, holdout.log_density, holdout.count * sizeof *real.log_density);
    if (!frame->drifts) memcpy(real.log_density + holdout.count, unseen.log_density, unseen.count * sizeof *real.log_density);
    qsort(real.log_density, real.count, sizeof *real.log_density, mm_compare_doubles);
    for (int k = 0; k < QUANTILES; k++) {
        struct mm_figure *f = NULL;
        if (quantiles[k].share * (double)real.count < REAL_BELOW_MIN) {
            MM_RETURN_IF_ERROR(mm_figure_none(job, self, quantiles[k].id, true, err,
                                              "fewer than %d of %.0f real rows lie below that quantile", REAL_BELOW_MIN,
                                              (double)real.count));
            continue;
        }
        double limit = real.log_density[(uint64_t)(quantiles[k].share * (double)real.count)];
        MM_RETURN_IF_ERROR(mm_share_figure(job, self, quantiles[k].id, count_below(&synthetic, limit), (double)synthetic.count,
                                           count_below(&real, limit), (double)real.count, &f, err));
        if (floor_rows) f->floor = 100 * count_below(&floor, limit) / floor_rows;
        f->n[0] = fitted, f->n[1] = (uint32_t)synthetic.count, f->n[2] = (uint32_t)real.count;
        f->subsampled = f->subsampled || synthetic.count < frame->row_count[MM_SYNTHETIC] || holdout.count < frame->row_count[MM_HOLDOUT];
    }
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t fitted = smaller(frame->row_count[MM_TRAIN] / 2, FIT_ROWS_MAX);
    if (fitted < ROWS_MIN || frame->row_count[MM_HOLDOUT] < ROWS_MIN / 3 || frame->row_count[MM_SYNTHETIC] < ROWS_MIN / 3)
        return mm_figure_none(job, self, self->id, true, err, "a density needs at least %d train rows and %d others", 2 * ROWS_MIN,
                              ROWS_MIN / 3);
    struct mint_table *rows = NULL;
    struct mint_model *model = NULL;
    struct mint_context quiet; /* what is left out was said when the data were read */
    mm_context_quiet(&quiet, job->ctx);
    mint_status status = take(&rows, frame, MM_TRAIN, 0, fitted, job->scratch, err);
    if (status == MINT_OK)
        status =
            mint_model_fit(&model, &quiet, "boost", rows, NULL, rows->column_count > WIDE ? wide_parameters : parameters, frame->seed, err);
    if (status == MINT_OK) status = report(job, self, model, fitted, err);
    if (status == MINT_E_ARG || status == MINT_E_NUMERIC) { /* columns of another type, or nothing to fit: no figure, not the end */
        char reason[300];
        snprintf(reason, sizeof reason, "%.250s", err ? err->message : "the rows cannot be scored");
        status = mm_figure_none(job, self, self->id, true, err, "%s", reason);
    }
    mint_model_free(model);
    mint_table_free(rows);
    mm_context_quiet_release(&quiet);
    return status;
}

const struct mm_metric mm_metric_unlikely_rows = {
    .id = "validity.unlikely_rows",
    .figures = "validity.unlikely_rows (below the 1 % quantile), validity.unlikely_rows.thousandth (0.1 %)",
    .range = "0 to 100",
    .cost = "one fit of boost to at most 8,000 rows, four scorings",
    .without_value = "fewer than 600 train rows or 100 others; a column of another type",
    .axis = "validity",
    .summary = "rows less likely than all but 1 % (0.1 %) of real rows, under a density fitted to other real rows",
    .formula =
        "share of rows whose log density under boost, fitted to half of train, is below the 1 % (0.1 %) quantile of unseen real rows, x100",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
