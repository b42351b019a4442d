/* SPDX-License-Identifier: Apache-2.0 */
/* The main job: one function a step. The output folder is built aside and renamed whole, so neither an interrupt nor a full
 * disk leaves half of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "io/duckdb.h"
#include "ledger/lineage.h"
#include "ledger/holdout_lock.h"
#include "mintmark/mintmark.h"
#include "pipeline/evaluate.h"
#include "pipeline/plan.h"
#include "pipeline/record.h"
#include "pipeline/split.h"
#include "policy/gate.h"
#include "report/report.h"

struct run {
    mint_context *ctx;
    const mint_run_options *options;
    struct mm_arena arena;
    struct mm_plan plan;
    struct mm_ledger ledger;
    char *building; /* the folder while it is made */
    mint_table *data, *train, *holdout, *synthetic;
    mint_model *model;
    mint_report *report;
    struct mm_lineage lineage;
    enum mm_verdict verdict;
    bool reused_holdout;
};

static mint_status path_in(struct run *run, const char *name, char **path, mint_error *err) {
    *path = mm_path_join(&run->arena, run->building, name);
    return *path ? MINT_OK : mm_error_no_memory(err, &run->ctx->memory, 1, 1);
}

static const char *synthetic_name(const struct run *run) {
    return strcmp(run->plan.format, "parquet") ? "synthetic.csv" : "synthetic.parquet";
}

/* ---- folder ---- */

static mint_status open_output(struct run *run, mint_error *err) {
    if (mm_file_exists(run->plan.output) && !run->options->force)
        MM_RETURN_ERROR(err, MINT_E_IO, "'%s' exists; choose another with -o, or replace it with --force", run->plan.output);
    MM_RETURN_IF_ERROR(mm_file_temporary_name(&run->arena, run->plan.output, &run->building, err));
    MM_RETURN_IF_ERROR(mm_folder_remove(run->building, err));
    return mm_folder_make(run->building, err);
}

static mint_status commit_output(struct run *run, mint_error *err) {
    char old[4096] = "";
    if (mm_file_exists(run->plan.output)) { /* out of the way first, removed only once the new one stands */
        snprintf(old, sizeof old, "%s.%ld.old", run->plan.output, (long)getpid());
        if (rename(run->plan.output, old) != 0)
            MM_RETURN_ERROR(err, MINT_E_IO, "cannot replace '%s': %s", run->plan.output, strerror(errno));
    }
    if (rename(run->building, run->plan.output) != 0) {
        int cause = errno;
        if (*old) rename(old, run->plan.output);
        MM_RETURN_ERROR(err, MINT_E_IO, "cannot write '%s': %s", run->plan.output, strerror(cause));
    }
    run->building = NULL;
    return *old ? mm_folder_remove(old, err) : MINT_OK;
}

/* ---- steps ---- */

static mint_status read_table(struct run *run, const char *path, mint_table **out, mint_error *err) {
    mint_read_options options = MINT_READ_OPTIONS_INIT;
    options.schema_path = run->plan.schema;
    options.missing = run->plan.missing;
    options.missing_count = run->plan.missing_count;
    options.like = run->data;
    return mint_table_read(out, run->ctx, path, &options, err);
}

/* The target must be there and worth predicting before an hour is spent. */
static mint_status check_target(const struct run *run, const mint_table *table, mint_error *err) {
    if (!run->plan.target) return MINT_OK;
    int64_t found = mm_table_find(table, run->plan.target);
    if (found < 0) MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' has no column '%s' to be the target", table->source, run->plan.target);
    const struct mm_column *column = &table->columns[found];
    if (!mm_type_is_modelled(column->field.type))
        MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' column '%s' cannot be the target: it is %s (%s)", table->source, run->plan.target,
                        mm_type_name(column->field.type), column->field.reason ? column->field.reason : "by schema");
    char first[MM_CELL_MAX], other[MM_CELL_MAX];
    bool varies = false, any = false;
    for (uint64_t r = 0; r < table->row_count && !varies; r++) {
        if (mm_column_missing(column, r)) continue;
        mm_column_cell(column, r, any ? other : first, sizeof first);
        varies = any && strcmp(first, other) != 0;
        any = true;
    }
    if (!varies)
        MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' column '%s' cannot be the target: every row has the same value", table->source,
                        run->plan.target);
    return MINT_OK;
}

static mint_status supersede(struct run *run, mint_error *err) {
    char columns[65];
    MM_RETURN_IF_ERROR(mm_lock_columns(columns, &run->arena, run->data, err));
    MM_RETURN_IF_ERROR(mm_ledger_supersede(&run->ledger, columns, err));
    return mm_ledger_note(&run->ledger, "new-holdout", json_pack("{s:s, s:I}", "data", run->plan.data, "seed", (json_int_t)run->plan.seed),
                          err);
}

static mint_status lock(struct run *run, const mint_table *table, const uint64_t *rows, uint64_t count, mint_error *err) {
    if (!run->ledger.database) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_lock_record(&run->ledger, table, rows, count, err));
    return mm_ledger_note(&run->ledger, "split",
                          json_pack("{s:s, s:I, s:I, s:I}", "data", run->plan.data, "rows", (json_int_t)table->row_count, "holdout_rows",
                                    (json_int_t)count, "seed", (json_int_t)run->plan.seed),
                          err);
}

static mint_status split_data(struct run *run, mint_error *err) {
    const struct mm_plan *plan = &run->plan;
    uint64_t *rows = NULL, count = 0;
    if (run->ledger.database && run->options->new_holdout)
        MM_RETURN_IF_ERROR(supersede(run, err));
    else if (run->ledger.database)
        MM_RETURN_IF_ERROR(mm_lock_reuse(&run->ledger, &run->arena, run->data, &rows, &count, err));
    run->reused_holdout = count > 0;
    if (!count) {
        if (run->ledger.database) MM_RETURN_IF_ERROR(mm_lineage_check_holdout(&run->ledger, run->data, NULL, err));
        struct mm_split_request request = {plan->target, plan->entity, plan->time, plan->holdout_share, plan->seed};
        MM_RETURN_IF_ERROR(mm_split(&rows, &count, &run->arena, run->data, &request, err));
        MM_RETURN_IF_ERROR(lock(run, run->data, rows, count, err));
    } else
        mm_notice(run->ctx, "the locked holdout of these data is used again (%llu rows)", (unsigned long long)count);
    return mm_split_tables(&run->train, &run->holdout, run->data, rows, count, err);
}

/* Train and holdout from two files: locked the same way. The train rows are checked first, against what earlier runs locked. */
static mint_status read_parts(struct run *run, mint_error *err) {
    MM_RETURN_IF_ERROR(read_table(run, run->plan.holdout_file, &run->holdout, err));
    run->train = run->data;
    run->data = NULL;
    if (!run->ledger.database) return MINT_OK;
    uint64_t shared = 0;
    MM_RETURN_IF_ERROR(mm_lineage_check_holdout(&run->ledger, run->holdout, run->train, err));
    MM_RETURN_IF_ERROR(mm_lock_check(&run->ledger, run->train, err));
    MM_RETURN_IF_ERROR(mm_lock_record_parts(&run->ledger, run->train, run->holdout, &shared, err));
    if (shared)
        mm_notice(run->ctx, "%llu of %llu holdout rows stand in the train file, too", (unsigned long long)shared,
                  (unsigned long long)run->holdout->row_count);
    return MINT_OK;
}

static mint_status obtain_parts(struct run *run, mint_error *err) {
    MM_RETURN_IF_ERROR(read_table(run, run->plan.data, &run->data, err));
    MM_RETURN_IF_ERROR(check_target(run, run->data, err));
    if (run->plan.holdout_file)
        MM_RETURN_IF_ERROR(read_parts(run, err));
    else
        MM_RETURN_IF_ERROR(split_data(run, err));
    if (!run->ledger.database) return MINT_OK;
    return mm_lock_check(&run->ledger, run->train, err);
}

static mint_status write_parts(struct run *run, mint_error *err) {
    char *path;
    MM_RETURN_IF_ERROR(path_in(run, "train.csv", &path, err));
    MM_RETURN_IF_ERROR(mint_table_write(run->train, path, err));
    MM_RETURN_IF_ERROR(path_in(run, "holdout.csv", &path, err));
    MM_RETURN_IF_ERROR(mint_table_write(run->holdout, path, err));
    MM_RETURN_IF_ERROR(path_in(run, "schema.yaml", &path, err));
    return mint_schema_write(run->train, path, err);
}

static mint_status fit_and_sample(struct run *run, mint_error *err) {
    char *parameters = NULL, *path;
    if (run->plan.parameters) MM_RETURN_IF_ERROR(mm_json_text(&parameters, &run->arena, run->plan.parameters, err));
    MM_RETURN_IF_ERROR(
        mint_model_fit(&run->model, run->ctx, run->plan.generator, run->train, run->plan.target, parameters, run->plan.seed, err));
    MM_RETURN_IF_ERROR(path_in(run, "model.mint", &path, err));
    MM_RETURN_IF_ERROR(mint_model_save(run->model, path, err));
    uint64_t rows = run->plan.rows ? run->plan.rows : run->train->row_count;
    MM_RETURN_IF_ERROR(mint_model_sample(&run->synthetic, run->model, 0, rows, run->plan.seed, err));
    MM_RETURN_IF_ERROR(path_in(run, synthetic_name(run), &path, err));
    char mark[256];
    snprintf(mark, sizeof mark, "{\"origin\": \"synthetic\", \"generator\": \"%s\", \"mintmark\": \"%s\", \"seed\": %llu}",
             run->plan.generator, PACKAGE_VERSION, (unsigned long long)run->plan.seed);
    return mm_table_write_marked(run->synthetic, path, mark, err);
}

/* Remembers what was learned from what, so that minted rows are known again. */
static mint_status record_lineage(struct run *run, mint_error *err) {
    if (!run->ledger.database) return MINT_OK;
    char digest[65], *path;
    MM_RETURN_IF_ERROR(path_in(run, "model.mint", &path, err));
    MM_RETURN_IF_ERROR(mm_file_sha256(path, digest, err));
    MM_RETURN_IF_ERROR(mm_lineage_record_fit(&run->lineage, &run->ledger, run->train, digest, err));
    mm_lineage_notice(run->ctx, &run->lineage, run->train->source);
    return mm_lineage_record_sample(&run->ledger, run->synthetic, digest, 0, run->synthetic->row_count, run->plan.seed, err);
}

static json_t *side_details(struct run *run, const char *name, mint_error *err) {
    char hex[65], *path;
    if (path_in(run, name, &path, err) != MINT_OK || mm_file_sha256(path, hex, err) != MINT_OK) return NULL;
    return json_pack("{s:s, s:s}", "name", name, "sha256", hex);
}

static mint_status judge(struct run *run, mint_error *err) {
    mint_evaluation q = MINT_EVALUATION_INIT;
    q.train = run->train, q.synthetic = run->synthetic, q.holdout = run->holdout, q.model = run->model;
    q.target = run->plan.target, q.entity = run->plan.entity, q.split_by_time = run->plan.time != NULL;
    q.policy_only = !run->plan.all_metrics, q.seed = run->plan.seed;
    json_t *details = json_pack("{s:o, s:o, s:o, s:s}", "train", side_details(run, "train.csv", err), "synthetic",
                                side_details(run, synthetic_name(run), err), "holdout", side_details(run, "holdout.csv", err), "generator",
                                run->plan.generator);
    if (!details) return mm_error_json(err);
    MM_RETURN_IF_ERROR(mm_evaluate(&run->report, run->ctx, &q, &run->lineage, details, err));
    json_t *policy = NULL;
    MM_RETURN_IF_ERROR(mm_policy_read(&policy, &run->ctx->memory, run->plan.policy, err));
    mint_status status = mm_gate(run->report->root, policy, &run->verdict, err);
    json_decref(policy);
    MM_RETURN_IF_ERROR(status);
    char *path;
    MM_RETURN_IF_ERROR(path_in(run, "report.json", &path, err));
    MM_RETURN_IF_ERROR(mint_report_write(run->report, path, err));
    MM_RETURN_IF_ERROR(path_in(run, "report.html", &path, err));
    return mint_report_html(run->report, path, err);
}

/* The plan as it was carried out: with it, the same data and the same ledger, the run comes out the same. */
static mint_status write_plan(struct run *run, mint_error *err) {
    json_t *plan = json_object();
    bool good =
        plan && mm_json_put(plan, "schema_version", json_string("mintmark.plan/1")) && json_object_update(plan, run->plan.json) == 0;
    json_object_del(plan, "output");
    if (good && !json_object_get(plan, "seed")) good = mm_json_put(plan, "seed", json_integer(0));
    if (good && !json_object_get(plan, "generator")) good = mm_json_put(plan, "generator", json_string(run->plan.generator));
    if (good && !json_object_get(plan, "holdout")) good = mm_json_put(plan, "holdout", json_real(run->plan.holdout_share));
    char *text, *path;
    mint_status status =
        good ? mm_yaml_text(&text, &run->arena, plan, "# What 'mintmark run --plan mintmark.yaml' does again.\n", err) : mm_error_json(err);
    json_decref(plan);
    MM_RETURN_IF_ERROR(status);
    MM_RETURN_IF_ERROR(path_in(run, "mintmark.yaml", &path, err));
    return mm_file_write(path, text, strlen(text), err);
}

static mint_status write_record(struct run *run, mint_error *err) {
    struct mm_record_inputs inputs = {.ctx = run->ctx,
                                      .folder = run->building,
                                      .plan = &run->plan,
                                      .model = run->model,
                                      .report = run->report,
                                      .verdict = run->verdict,
                                      .synthetic = synthetic_name(run),
                                      .reused_holdout = run->reused_holdout,
                                      .new_holdout = run->options->new_holdout};
    json_t *record = NULL;
    MM_RETURN_IF_ERROR(mm_record_make(&record, &inputs, err));
    char *path;
    mint_status status = path_in(run, "record.json", &path, err);
    if (status == MINT_OK) status = mm_json_write(record, &run->ctx->memory, path, err);
    if (status == MINT_OK && run->ledger.database) status = mm_ledger_note(&run->ledger, "run", json_incref(record), err);
    json_decref(record);
    return status;
}

static mint_status begin(struct run *run, mint_error *err) {
    MM_RETURN_IF_ERROR(mm_plan_parse(&run->plan, &run->arena, run->options->plan_json, err));
    MM_RETURN_IF_ERROR(open_output(run, err));
    return run->options->ledger ? mm_ledger_open(&run->ledger, &run->ctx->memory, run->options->ledger, err) : MINT_OK;
}

static mint_status carry_out(struct run *run, mint_run_result *result, mint_error *err) {
    MM_RETURN_IF_ERROR(begin(run, err));
    MM_RETURN_IF_ERROR(obtain_parts(run, err));
    MM_RETURN_IF_ERROR(write_parts(run, err));
    MM_RETURN_IF_ERROR(fit_and_sample(run, err));
    MM_RETURN_IF_ERROR(record_lineage(run, err));
    MM_RETURN_IF_ERROR(judge(run, err));
    MM_RETURN_IF_ERROR(write_plan(run, err));
    MM_RETURN_IF_ERROR(write_record(run, err));
    result->verdict = (mint_verdict)run->verdict;
    mint_report_summary(run->report, result->summary, sizeof result->summary);
    return MINT_OK;
}

static mint_status only_split(struct run *run, mint_run_result *result, mint_error *err) {
    (void)result;
    MM_RETURN_IF_ERROR(begin(run, err));
    MM_RETURN_IF_ERROR(obtain_parts(run, err));
    return write_parts(run, err);
}

static mint_status run_with(mint_context *ctx, const mint_run_options *options, mint_run_result *result,
                            mint_status (*work)(struct run *, mint_run_result *, mint_error *), mint_error *err) {
    if (!ctx || !options || options->size != sizeof *options || !options->plan_json || !result)
        MM_RETURN_ERROR(err, MINT_E_ARG, "a run needs a context, options with a plan, and a place for the result");
    *result = (mint_run_result){.verdict = MINT_VERDICT_INCONCLUSIVE};
    struct run run = {.ctx = ctx, .options = options};
    mm_arena_init(&run.arena, &ctx->memory);
    mint_status status = work(&run, result, err);
    if (status == MINT_OK) {
        snprintf(result->output, sizeof result->output, "%s", run.plan.output);
        status = commit_output(&run, err);
    }
    if (run.building) mm_folder_remove(run.building, NULL);
    mint_report_free(run.report);
    mint_model_free(run.model);
    mint_table_free(run.synthetic);
    mint_table_free(run.holdout);
    mint_table_free(run.train);
    mint_table_free(run.data);
    mm_ledger_close(&run.ledger);
    mm_plan_release(&run.plan);
    mm_arena_release(&run.arena);
    return status;
}

mint_status mint_run(mint_context *ctx, const mint_run_options *options, mint_run_result *result, mint_error *err) {
    return run_with(ctx, options, result, carry_out, err);
}
mint_status mint_split(mint_context *ctx, const mint_run_options *options, mint_run_result *result, mint_error *err) {
    return run_with(ctx, options, result, only_split, err);
}
