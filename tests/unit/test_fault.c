/* SPDX-License-Identifier: Apache-2.0 */
/* Every public call with its 1st, 2nd, ... nth allocation refused: each must return a status with words, leak nothing and leave
 * its handles usable; once no allocation is refused any more it must succeed. Counts of libraries' own allocations are theirs. */
#include <unistd.h>

#include "base/file.h"
#include "mintmark/mintmark.h"
#include "parallel/context.h"
#include "folder.h"
#include "test.h"

static mint_context *ctx;
static mint_table *table, *other;
static mint_model *model;
static mint_report *report;

static const char data[] = "sql:SELECT printf('K%04d', i) AS id, CAST(hash(i) % 50 AS INTEGER) AS age, CASE WHEN i % 9 = 0 THEN NULL ELSE "
                           "i / 7.0 END AS amount, 'c' || (hash(i, 4) % 10) AS kind, 'g' || (hash(i, 4) % 2) AS class, 2 * CAST(hash(i) % "
                           "50 AS INTEGER) AS double,"
                           " CASE WHEN hash(i) % 50 < 25 THEN 'yes' ELSE 'no' END AS y FROM range(160) t(i)";

static mint_status call_read(mint_error *err) {
    mint_table *made = NULL;
    mint_status status = mint_table_read(&made, ctx, data, NULL, err);
    mint_table_free(made);
    return status;
}
static mint_status call_write(mint_error *err) { return mint_table_write(table, path_of("w.csv"), err); }
static mint_status call_schema(mint_error *err) { return mint_schema_write(table, path_of("s.yaml"), err); }
static mint_status call_fit(mint_error *err) {
    mint_model *made = NULL;
    mint_status status = mint_model_fit(&made, ctx, "boost", table, "y", "{\"rounds\": 3, \"bins\": 8}", 0, err);
    mint_model_free(made);
    return status;
}
static mint_status call_fit_floor(mint_error *err) {
    mint_model *made = NULL;
    mint_status status = mint_model_fit(&made, ctx, "independent", table, NULL, NULL, 0, err);
    mint_model_free(made);
    return status;
}
static mint_status call_fit_copy(mint_error *err) {
    mint_model *made = NULL;
    mint_status status = mint_model_fit(&made, ctx, "bootstrap", table, NULL, NULL, 0, err);
    mint_model_free(made);
    return status;
}
static mint_status call_sample(mint_error *err) {
    mint_table *made = NULL;
    mint_status status = mint_model_sample(&made, model, 0, 50, 0, err);
    mint_table_free(made);
    return status;
}
static mint_status call_sample_file(mint_error *err) { return mint_model_sample_file(model, 0, 50, 0, path_of("f.csv"), err); }
static mint_status call_score(mint_error *err) {
    double densities[160];
    return mint_model_score(model, table, densities, err);
}
static mint_status call_save(mint_error *err) { return mint_model_save(model, path_of("f.mint"), err); }
static mint_status call_load(mint_error *err) {
    mint_model *made = NULL;
    mint_status status = mint_model_load(&made, ctx, path_of("m.mint"), err);
    mint_model_free(made);
    return status;
}
static mint_status call_evaluate(mint_error *err) {
    mint_report *made = NULL;
    mint_evaluation q = MINT_EVALUATION_INIT;
    q.train = table, q.synthetic = other, q.holdout = table, q.model = model, q.target = "y";
    mint_status status = mint_evaluate(&made, ctx, &q, err);
    mint_report_free(made);
    return status;
}
static mint_status call_gate(mint_error *err) {
    mint_verdict verdict;
    return mint_gate(report, path_of("p.yaml"), &verdict, err);
}
static mint_status call_html(mint_error *err) { return mint_report_html(report, path_of("r.html"), err); }
static mint_status call_run(mint_error *err) {
    mint_run_options options = MINT_RUN_OPTIONS_INIT;
    mint_run_result result;
    static char plan[700];
    snprintf(plan, sizeof plan,
             "{\"data\": \"%s\", \"target\": \"y\", \"output\": \"%s/out\", \"parameters\": {\"rounds\": 2, \"bins\": 8}}",
             path_of("d.csv"), folder);
    options.plan_json = plan;
    options.force = true;
    options.ledger = path_of("ledger");
    return mint_run(ctx, &options, &result, err);
}

static mint_status call_plant(mint_error *err) {
    remove(path_of("c.csv")), remove(path_of("c.csv.canaries.csv")), remove(path_of("c.csv.canaries.json"));
    return mint_canary_plant(ctx, table, 60, 0, path_of("c.csv"), err);
}
static mint_status call_audit(mint_error *err) {
    mint_canary_audit q = MINT_CANARY_AUDIT_INIT;
    const char *json;
    q.canaries = path_of("d.csv.canaries.json"), q.synthetic = other, q.model = model;
    return mint_canary_audit_json(&json, ctx, &q, err);
}

static mint_status call_record_fit(mint_error *err) { return mint_ledger_record_fit(ctx, path_of("l"), table, path_of("m.mint"), err); }
static mint_status call_record_sample(mint_error *err) {
    return mint_ledger_record_sample(ctx, path_of("l"), model, path_of("m.mint"), 0, 160, 0, err);
}
static mint_status call_evaluate_with_ledger(mint_error *err) {
    mint_report *made = NULL;
    mint_evaluation q = MINT_EVALUATION_INIT;
    q.train = table, q.synthetic = other, q.holdout = table, q.metric = "diversity.lineage", q.ledger = path_of("l");
    mint_status status = mint_evaluate(&made, ctx, &q, err);
    mint_report_free(made);
    return status;
}

/* Early failures one by one, later ones in growing strides: the paths repeat. */
static void torture(const char *name, mint_status (*call)(mint_error *), long most) {
    bool words = true, balanced = true, succeeded = false;
    long n = 1, tries = 0;
    for (; !succeeded && n < 4000000; n += n < (most > 10 ? 150 : 30) ? 1 : n / most + 1, tries++) {
        size_t before = atomic_load(&ctx->memory.used);
        mint_error err = MINT_ERROR_INIT;
        atomic_store(&ctx->memory.failures_from, n);
        mint_status status = call(&err);
        long refused = atomic_exchange(&ctx->memory.refused, 0);
        atomic_store(&ctx->memory.failures_from, 0);
        succeeded = status == MINT_OK;
        if (succeeded && refused) { /* a refused allocation went unnoticed */
            printf("# %s: the %ldth allocation failed and the call succeeded\n", name, n);
            words = false;
        }
        words = words && (succeeded || err.message[0]);
        /* What is kept on purpose (texts owned by the context) only ever comes from calls that succeed. */
        balanced = balanced && (succeeded || atomic_load(&ctx->memory.used) == before);
    }
    if (!OK(succeeded && words, name)) printf("# after %ld tries at %ld\n", tries, n);
    OK(balanced, "everything came back");
}

int main(void) {
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = 1; /* so that the nth allocation is the same one each time */
    if (!folder_make() || mint_context_new(&ctx, &options, NULL) != MINT_OK) return 99;
    mint_evaluation q = MINT_EVALUATION_INIT;
    if (mint_table_read(&table, ctx, data, NULL, NULL) != MINT_OK ||
        mint_model_fit(&model, ctx, "boost", table, "y", "{\"rounds\": 3, \"bins\": 8}", 0, NULL) != MINT_OK)
        return 98;
    if (mint_model_sample(&other, model, 0, 160, 0, NULL) != MINT_OK || mint_model_save(model, path_of("m.mint"), NULL) != MINT_OK ||
        mint_table_write(table, path_of("d.csv"), NULL) != MINT_OK)
        return 97;
    q.train = table, q.synthetic = other, q.holdout = table, q.target = "y", q.policy_only = true;
    if (mint_evaluate(&report, ctx, &q, NULL) != MINT_OK ||
        mm_file_write(path_of("p.yaml"), mint_policy_default(), strlen(mint_policy_default()), NULL) != MINT_OK)
        return 96;
    torture("mint_table_read", call_read, 40);
    torture("mint_table_write", call_write, 40);
    torture("mint_schema_write", call_schema, 40);
    torture("mint_model_fit boost", call_fit, 20);
    torture("mint_model_fit independent", call_fit_floor, 40);
    torture("mint_model_fit bootstrap", call_fit_copy, 40);
    torture("mint_model_sample", call_sample, 40);
    torture("mint_model_sample_file", call_sample_file, 40);
    torture("mint_model_score", call_score, 40);
    torture("mint_model_save", call_save, 40);
    torture("mint_model_load", call_load, 40);
    torture("mint_evaluate", call_evaluate, 10);
    torture("mint_ledger_record_fit", call_record_fit, 40);
    torture("mint_ledger_record_sample", call_record_sample, 40);
    torture("mint_evaluate with a ledger", call_evaluate_with_ledger, 10);
    torture("mint_gate", call_gate, 40);
    torture("mint_report_html", call_html, 40);
    remove(path_of("d.csv"));
    if (mint_canary_plant(ctx, table, 60, 0, path_of("d.csv"), NULL) != MINT_OK) return 95;
    torture("mint_canary_plant", call_plant, 20);
    torture("mint_canary_audit_json", call_audit, 20);
    if (mint_table_write(table, path_of("d.csv"), NULL) != MINT_OK) return 94;
    torture("mint_run", call_run, 6);
    mint_report_free(report);
    mint_table_free(other);
    mint_model_free(model);
    mint_table_free(table);
    mint_context_free(ctx);
    folder_remove();
    return test_done();
}
