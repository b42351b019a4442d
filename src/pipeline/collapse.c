/* SPDX-License-Identifier: Apache-2.0 */
/* Collapse over generations: the judge's figures of variety, generation by generation against the original holdout, and their trend. */
#include "mintmark/collapse.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "metric/metric.h"
#include "stats/interval.h"

/* Figures of variety, and the metrics that yield them. They fall when values are lost; the effective rank rises when dependence is. */
static const char *const metrics[] = {"diversity.spread", "coverage.combinations", "diversity.entropy"};
static const char *const watched[] = {"diversity.spread.variance_ratio", "diversity.spread.tail_mass", "coverage.combinations.pairs",
                                      "diversity.entropy.columns", "diversity.effective_rank"};
enum { METRICS = sizeof metrics / sizeof *metrics, WATCHED = sizeof watched / sizeof *watched, GENERATIONS_MAX = 1000 };
static const double FALSE_ALARMS = 0.01;

struct chain {
    const mint_collapse *q;
    mint_context *ctx;
    double (*value)[WATCHED], (*error)[WATCHED]; /* [generation]; NaN: no value */
};

/* The holdout stands on both real sides: every figure is against it. */
static mint_status measure(struct chain *chain, uint32_t generation, mint_error *err) {
    const mint_table *holdout = chain->q->holdout;
    struct mm_arena scratch;
    struct mm_frame frame;
    mm_arena_init(&scratch, &chain->ctx->memory);
    struct mm_figures figures = {.arena = &scratch};
    struct mm_frame_inputs inputs = {.tables = {holdout, chain->q->generations[generation], holdout, NULL}, .seed = chain->q->seed};
    const double *const log_density[MM_SIDES] = {NULL};
    mint_status status = mm_frame_build(&frame, chain->ctx, &scratch, &inputs, err);
    if (status == MINT_OK && frame.lacks) status = mm_error_set(err, MINT_E_ARG, "%s", frame.lacks);
    for (size_t m = 0; status == MINT_OK && m < METRICS; m++)
        status = mm_metrics_run(&figures, chain->ctx, &frame, log_density, &(struct mm_metric_choice){.id = metrics[m]}, err);
    for (size_t k = 0; k < WATCHED; k++) chain->value[generation][k] = chain->error[generation][k] = NAN;
    for (uint32_t i = 0; status == MINT_OK && i < figures.count; i++)
        for (size_t k = 0; k < WATCHED; k++)
            if (!strcmp(figures.list[i].id, watched[k])) {
                chain->value[generation][k] = figures.list[i].value;
                chain->error[generation][k] = (figures.list[i].high - figures.list[i].low) / (2 * 1.96);
            }
    mm_arena_release(&scratch);
    return status;
}

struct trend {
    double slope, low, high; /* change a generation */
    bool known, alarm;
};

/* Least squares over the generations. Their errors are pooled: a few resamples each would leave single ones uncertain. */
static struct trend trend_of(const struct chain *chain, size_t k) {
    uint32_t n = chain->q->generation_count;
    double middle = (n - 1) / 2.0, spread = 0, cross = 0, variance = 0;
    for (uint32_t g = 0; g < n; g++) {
        if (isnan(chain->value[g][k]) || isnan(chain->error[g][k])) return (struct trend){.slope = NAN, .low = NAN, .high = NAN};
        spread += (g - middle) * (g - middle);
        cross += (g - middle) * chain->value[g][k];
        variance += chain->error[g][k] * chain->error[g][k] / n;
    }
    double slope = cross / spread, half = mm_normal_upper(FALSE_ALARMS / 2 / WATCHED) * sqrt(variance / spread);
    return (struct trend){slope, slope - half, slope + half, true, slope + half < 0 || slope - half > 0};
}

static json_t *generations_json(const struct chain *chain) {
    json_t *list = json_array();
    for (uint32_t g = 0; list && g < chain->q->generation_count; g++) {
        json_t *figures = json_object();
        for (size_t k = 0; k < WATCHED; k++)
            json_object_set_new(
                figures, watched[k],
                json_pack("{s:o, s:o}", "value", mm_json_number(chain->value[g][k]), "error", mm_json_number(chain->error[g][k])));
        json_array_append_new(list, json_pack("{s:s, s:I, s:o}", "name", mm_path_name(chain->q->generations[g]->source), "rows",
                                              (json_int_t)chain->q->generations[g]->row_count, "figures", figures));
    }
    return list;
}

static json_t *result_json(const struct chain *chain, bool *alarm) {
    json_t *trends = json_array();
    *alarm = false;
    for (size_t k = 0; k < WATCHED; k++) {
        struct trend t = trend_of(chain, k);
        *alarm = *alarm || t.alarm;
        json_array_append_new(trends, json_pack("{s:s, s:o, s:o, s:o, s:b}", "id", watched[k], "slope", mm_json_number(t.slope), "low",
                                                mm_json_number(t.low), "high", mm_json_number(t.high), "alarm", (int)t.alarm));
    }
    return json_pack("{s:s, s:{s:s, s:I}, s:o, s:o, s:f, s:b}", "schema", "mintmark.collapse/1", "holdout", "name",
                     mm_path_name(chain->q->holdout->source), "rows", (json_int_t)chain->q->holdout->row_count, "generations",
                     generations_json(chain), "trends", trends, "false_alarms", FALSE_ALARMS, "alarm", (int)*alarm);
}

static mint_status follow(struct chain *chain, struct mm_arena *scratch, mint_error *err) {
    MM_ALLOC_OR_RETURN(chain->value, scratch, chain->q->generation_count, err);
    MM_ALLOC_OR_RETURN(chain->error, scratch, chain->q->generation_count, err);
    for (uint32_t g = 0; g < chain->q->generation_count; g++) MM_RETURN_IF_ERROR(measure(chain, g, err));
    return MINT_OK;
}

mint_status mint_collapse_json(const char **json, bool *alarm, mint_context *ctx, const mint_collapse *q, mint_error *err) {
    if (!json || !alarm || !ctx || !q || q->size != sizeof *q || !q->holdout || !q->generations || q->generation_count < 2 ||
        q->generation_count > GENERATIONS_MAX)
        MM_RETURN_ERROR(err, MINT_E_ARG, "a trend needs a holdout and 2 to %d generations", GENERATIONS_MAX);
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    struct chain chain = {.q = q, .ctx = ctx};
    char *text = NULL;
    mint_status status = follow(&chain, &scratch, err);
    if (status == MINT_OK) {
        json_t *result = result_json(&chain, alarm);
        status = result ? mm_json_text(&text, &ctx->arena, result, err) : mm_error_json(err);
        json_decref(result);
    }
    mm_arena_release(&scratch);
    *json = text;
    return status;
}
