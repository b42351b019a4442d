/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation: makes the floor (independent columns fitted to train), lays all tables on common ground, runs the metrics. */
#include "pipeline/evaluate.h"

#include <string.h>

#include "base/file.h"
#include "generator/model.h"
#include "ledger/lineage.h"
#include "report/report.h"

/* In a quiet context: what is left out was said when the data were read. */
static mint_status make_floor(struct mint_table **floor, struct mint_context *ctx, const mint_evaluation *q, mint_error *err) {
    struct mint_model *model = NULL;
    mint_status status = mint_model_fit(&model, ctx, "independent", q->train, NULL, "{\"protect\": 0}", q->seed, err);
    uint64_t rows = q->train->row_count < MM_FRAME_ROWS_MAX ? q->train->row_count : MM_FRAME_ROWS_MAX;
    if (status == MINT_OK) status = mint_model_sample(floor, model, 0, rows, q->seed, err);
    mint_model_free(model);
    return status;
}

static mint_status densities(double *out[MM_SIDES], struct mm_arena *scratch, const mint_evaluation *q, mint_error *err) {
    const mint_table *tables[MM_SIDES] = {q->train, NULL, q->holdout, NULL};
    for (int side = 0; side < MM_SIDES; side++) {
        out[side] = NULL;
        if (!tables[side] || !q->model || !q->model->type->score) continue;
        MM_ALLOC_OR_RETURN(out[side], scratch, tables[side]->row_count, err);
        MM_RETURN_IF_ERROR(mint_model_score(q->model, tables[side], out[side], err));
    }
    return MINT_OK;
}

static json_t *input_of(const mint_table *table) {
    return json_pack("{s:s, s:I}", "name", mm_path_name(table->source), "rows", (json_int_t)table->row_count);
}

static json_t *describe_inputs(const mint_evaluation *q, json_t *details) {
    json_t *inputs = json_pack("{s:o, s:o, s:o, s:s?, s:s?, s:b, s:I, s:s}", "train", input_of(q->train), "synthetic",
                               input_of(q->synthetic), "holdout", input_of(q->holdout), "target", q->target, "entity", q->entity,
                               "split_by_time", (int)q->split_by_time, "seed", (json_int_t)q->seed, "mintmark", PACKAGE_VERSION);
    if (inputs && details) json_object_update_recursive(inputs, details);
    return inputs;
}

static mint_status evaluate(struct mint_report *report, mint_context *ctx, const mint_evaluation *q, const mint_table *floor,
                            const struct mm_lineage *lineage, struct mm_arena *scratch, json_t *details, mint_error *err) {
    struct mm_frame *frame;
    double *log_density[MM_SIDES];
    struct mm_figures figures = {.arena = scratch};
    MM_ALLOC_OR_RETURN(frame, scratch, 1, err);
    struct mm_frame_inputs inputs = {.tables = {q->train, q->synthetic, q->holdout, floor},
                                     .target = q->target,
                                     .entity = q->entity,
                                     .drifts = q->split_by_time,
                                     .lineage = *lineage,
                                     .seed = q->seed};
    MM_RETURN_IF_ERROR(mm_frame_build(frame, ctx, scratch, &inputs, err));
    MM_RETURN_IF_ERROR(densities(log_density, scratch, q, err));
    struct mm_metric_choice choice = {q->policy_only, q->axis, q->metric};
    MM_RETURN_IF_ERROR(mm_metrics_run(&figures, ctx, frame, (const double *const *)log_density, &choice, err));
    return mm_report_fill(report, describe_inputs(q, details), frame, &figures, err);
}

mint_status mm_evaluate(mint_report **out, mint_context *ctx, const mint_evaluation *q, const struct mm_lineage *lineage, json_t *details,
                        mint_error *err) {
    struct mint_table *floor = NULL;
    struct mint_report *report = NULL;
    struct mm_arena scratch;
    struct mint_context quiet;
    mm_arena_init(&scratch, &ctx->memory);
    mm_context_quiet(&quiet, ctx);
    mint_status status = mm_report_new(&report, ctx, err);
    if (status == MINT_OK) status = make_floor(&floor, &quiet, q, err);
    if (status == MINT_OK) status = evaluate(report, ctx, q, floor, lineage, &scratch, details, err);
    mm_arena_release(&scratch);
    mint_table_free(floor);
    mm_context_quiet_release(&quiet);
    json_decref(details);
    if (status != MINT_OK)
        mint_report_free(report);
    else
        *out = report;
    return status;
}

/* The holdout must be real, as far as the ledger knows; and how the synthetic rows came about. */
static mint_status ask_ledger(struct mm_lineage *lineage, mint_context *ctx, const mint_evaluation *q, mint_error *err) {
    if (!q->ledger || !mm_ledger_exists(q->ledger)) return MINT_OK;
    struct mm_ledger ledger;
    MM_RETURN_IF_ERROR(mm_ledger_open(&ledger, &ctx->memory, q->ledger, err));
    mint_status status = mm_lineage_check_holdout(&ledger, q->holdout, q->train, err);
    if (status == MINT_OK) status = mm_lineage_of(lineage, &ledger, q->synthetic, err);
    mm_ledger_close(&ledger);
    return status;
}

mint_status mint_evaluate(mint_report **out, mint_context *ctx, const mint_evaluation *q, mint_error *err) {
    if (!out || !ctx || !q || q->size != sizeof *q || !q->train || !q->synthetic || !q->holdout)
        MM_RETURN_ERROR(err, MINT_E_ARG, "an evaluation needs train, synthetic and holdout rows");
    *out = NULL;
    struct mm_lineage lineage = {.known = false};
    MM_RETURN_IF_ERROR(ask_ledger(&lineage, ctx, q, err));
    return mm_evaluate(out, ctx, q, &lineage, NULL, err);
}
