/* SPDX-License-Identifier: Apache-2.0 */
#include "io/duckdb.h"
#include "generator/generator.h"
#include "metric/metric.h"
#include "mintmark/run.h"
#include "policy/gate.h"
#include "report/report.h"

const char *mint_policy_default(void) { return mm_default_policy; }

mint_status mint_gate(mint_report *report, const char *policy_path, mint_verdict *verdict, mint_error *err) {
    if (!report || !verdict) MM_RETURN_ERROR(err, MINT_E_ARG, "a gate needs a report and a place for its verdict");
    json_t *policy = NULL;
    enum mm_verdict judged = MM_INCONCLUSIVE;
    MM_RETURN_IF_ERROR(mm_policy_read(&policy, &report->ctx->memory, policy_path, err));
    mint_status status = mm_gate(report->root, policy, &judged, err);
    json_decref(policy);
    *verdict = (mint_verdict)judged;
    return status;
}

/* Text of a tree in the context's memory; takes the tree. */
static mint_status context_text(const char **out, mint_context *ctx, json_t *tree, mint_error *err) {
    char *text = NULL;
    mint_status status = tree ? mm_json_text(&text, &ctx->arena, tree, err) : mm_error_json(err);
    json_decref(tree);
    *out = text;
    return status;
}

mint_status mint_metrics_list(const char **out, mint_context *ctx, mint_error *err) {
    if (!out || !ctx) MM_RETURN_ERROR(err, MINT_E_ARG, "listing metrics needs a context");
    json_t *list = json_array();
    for (size_t i = 0; list && mm_metrics[i]; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:b}", "id", mm_metrics[i]->id, "axis",
                                              mm_metrics[i]->axis, "summary", mm_metrics[i]->summary, "formula", mm_metrics[i]->formula,
                                              "unit", mm_metrics[i]->unit, "figures", mm_metrics[i]->figures, "range", mm_metrics[i]->range,
                                              "cost", mm_metrics[i]->cost, "without_value", mm_metrics[i]->without_value, "differs",
                                              mm_metrics[i]->differs, "in_policy", (int)mm_metrics[i]->in_policy));
    return context_text(out, ctx, json_pack("{s:s, s:o}", "schema", "mintmark.metrics/1", "metrics", list), err);
}

mint_status mint_doctor(const char **out, mint_context *ctx, mint_error *err) {
    if (!out || !ctx) MM_RETURN_ERROR(err, MINT_E_ARG, "the doctor needs a context");
    char duckdb[64] = "";
    mint_error cause = MINT_ERROR_INIT;
    bool has_duckdb = mm_duckdb_version(ctx, duckdb, sizeof duckdb, &cause) == MINT_OK;
    json_t *generators = json_array();
    for (size_t i = 0; generators && mm_generators[i]; i++) json_array_append_new(generators, json_string(mm_generators[i]->name));
    return context_text(out, ctx,
                        json_pack("{s:s, s:s, s:s, s:b, s:i, s:o}", "schema", "mintmark.doctor/1", "mintmark", PACKAGE_VERSION, "duckdb",
                                  has_duckdb ? duckdb : cause.message, "healthy", (int)has_duckdb, "threads", (int)ctx->threads,
                                  "generators", generators),
                        err);
}
