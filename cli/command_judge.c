/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate, gate, report, list, ledger, doctor: what is known and what it means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static const struct option_spec evaluate_options[] = {
    {"--real", "TRAIN", "the real rows a generator was fitted to", OPTION_TEXT},
    {"--synthetic", "SYN", "the rows to be judged", OPTION_TEXT},
    {"--holdout", "HOLD", "real rows that nothing was fitted to", OPTION_TEXT},
    {"--target", "COL", "column that a model downstream predicts", OPTION_TEXT},
    {"--entity", "COL", "column whose value names what rows belong to", OPTION_TEXT},
    {"--model", "MODEL", "the model that made the rows, for its likelihood", OPTION_TEXT},
    {"--schema", "FILE", "types and formats of the columns", OPTION_TEXT},
    {"--missing", "MARK", "another mark for missing values; may be repeated", OPTION_LIST},
    {"--axis", "NAME", "only this axis: fidelity, utility, validity, coverage, diversity, bias or privacy", OPTION_TEXT},
    {"--metric", "ID", "only this metric, or the one that yields this figure; several parted by commas", OPTION_TEXT},
    {"--policy-metrics", NULL, "only what the default policy needs", OPTION_FLAG},
    {"--list", NULL, "list the metrics and do nothing else", OPTION_FLAG},
    {"-o", "FILE", "where report.json goes", OPTION_TEXT},
    {NULL, NULL, NULL, OPTION_FLAG},
};

/* The synthetic table and the holdout are read with the training table's types, so that a part without decimals or without a
 * rare word is still the same column. Columns that a side lacks are judged by their own types. */
static mint_status read_parts(mint_table *parts[3], mint_context *ctx, const struct arguments *args, mint_error *err) {
    static const char *const names[3] = {"--real", "--synthetic", "--holdout"};
    mint_read_options options;
    read_options(args, &options);
    for (int i = 0; i < 3; i++) {
        mint_status status = mint_table_read(&parts[i], ctx, option_text(args, names[i]), &options, err);
        if (status != MINT_OK) return status;
        options.like = parts[0];
    }
    return MINT_OK;
}

static int list_metrics(mint_context *ctx) {
    mint_error err = MINT_ERROR_INIT;
    const char *text;
    if (mint_metrics_list(&text, ctx, &err) != MINT_OK) return fail(&err);
    puts(text);
    return EXIT_DONE;
}

static int evaluate(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    mint_table *parts[3] = {NULL};
    mint_model *model = NULL;
    mint_report *report = NULL;
    const char *output = option_text(args, "-o"), *text = NULL, *model_path = option_text(args, "--model");
    if (option_flag(args, "--list")) return list_metrics(ctx);
    if (!option_text(args, "--real") || !option_text(args, "--synthetic") || !option_text(args, "--holdout"))
        return usage_error("evaluate needs --real, --synthetic and --holdout");
    if (!output && !args->json) return usage_error("evaluate needs -o FILE, or --json");
    mint_status status = read_parts(parts, ctx, args, &err);
    if (status == MINT_OK && model_path) status = mint_model_load(&model, ctx, model_path, &err);
    mint_evaluation q = MINT_EVALUATION_INIT;
    q.train = parts[0], q.synthetic = parts[1], q.holdout = parts[2], q.model = model;
    q.target = option_text(args, "--target"), q.entity = option_text(args, "--entity"), q.ledger = ".mintmark",
    q.axis = option_text(args, "--axis"), q.metric = option_text(args, "--metric");
    q.policy_only = option_flag(args, "--policy-metrics"), q.seed = args->seed;
    if (status == MINT_OK) status = mint_evaluate(&report, ctx, &q, &err);
    if (status == MINT_OK && output) status = mint_report_write(report, output, &err);
    if (status == MINT_OK && args->json) status = mint_report_json(&text, report, &err);
    progress_clear();
    if (status == MINT_OK && text) puts(text);
    mint_report_free(report);
    mint_model_free(model);
    for (int i = 0; i < 3; i++) mint_table_free(parts[i]);
    return status == MINT_OK ? EXIT_DONE : fail(&err);
}

static const struct option_spec gate_options[] = {
    {"--policy", "FILE", "rules of the gate [the default policy]", OPTION_TEXT},
    {"--print-policy", NULL, "print the default policy as YAML", OPTION_FLAG},
    {"-o", "FILE", "the report with its verdict", OPTION_TEXT},
    {NULL, NULL, NULL, OPTION_FLAG},
};

static int gate(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    mint_report *report = NULL;
    mint_verdict verdict = MINT_VERDICT_INCONCLUSIVE;
    const char *text = NULL, *output = option_text(args, "-o");
    if (option_flag(args, "--print-policy")) return fputs(mint_policy_default(), stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
    if (!args->positional_count) return usage_error("gate needs a report.json");
    mint_status status = mint_report_read(&report, ctx, args->positional[0], &err);
    if (status == MINT_OK) status = mint_gate(report, option_text(args, "--policy"), &verdict, &err);
    if (status == MINT_OK && output) status = mint_report_write(report, output, &err);
    if (status == MINT_OK) status = mint_report_json(&text, report, &err);
    if (status == MINT_OK && args->json)
        puts(text);
    else if (status == MINT_OK) {
        char summary[16384];
        mint_report_summary(report, summary, sizeof summary);
        printf("verdict: %s\n%s", verdict_word(verdict), summary);
    }
    mint_report_free(report);
    return status == MINT_OK ? verdict_status(verdict) : fail(&err);
}

static const struct option_spec report_options[] = {
    {"-o", "FILE", "where the page goes", OPTION_TEXT},
    {NULL, NULL, NULL, OPTION_FLAG},
};

static int report(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    mint_report *read = NULL;
    const char *output = option_text(args, "-o");
    if (!output) return usage_error("report needs -o FILE");
    mint_status status = mint_report_read(&read, ctx, args->positional[0], &err);
    if (status == MINT_OK) status = mint_report_html(read, output, &err);
    mint_report_free(read);
    return status == MINT_OK ? EXIT_DONE : fail(&err);
}

static const struct option_spec no_options[] = {{NULL, NULL, NULL, OPTION_FLAG}};

bool begins_like_model(const char *path) {
    char magic[8] = "";
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    size_t got = fread(magic, 1, sizeof magic, file);
    fclose(file);
    return got == sizeof magic && !memcmp(magic, "MINTMODL", sizeof magic);
}

static int list(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    if (begins_like_model(args->positional[0])) {
        mint_model *model;
        if (mint_model_load(&model, ctx, args->positional[0], &err) != MINT_OK) return fail(&err);
        puts(mint_model_describe(model));
        mint_model_free(model);
        return EXIT_DONE;
    }
    mint_report *read = NULL;
    const char *text = NULL;
    mint_status status = mint_report_read(&read, ctx, args->positional[0], &err);
    if (status == MINT_OK) status = mint_report_json(&text, read, &err);
    if (status == MINT_OK) puts(text);
    mint_report_free(read);
    return status == MINT_OK ? EXIT_DONE : fail(&err);
}

static int ledger(mint_context *ctx, const struct arguments *args) {
    (void)args;
    mint_error err = MINT_ERROR_INIT;
    const char *text;
    if (mint_ledger_json(&text, ctx, ".mintmark", &err) != MINT_OK) return fail(&err);
    puts(text);
    return EXIT_DONE;
}

static int doctor(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    const char *facts, *help;
    if (mint_doctor(&facts, ctx, &err) != MINT_OK || mint_generators_help(&help, ctx, &err) != MINT_OK) return fail(&err);
    puts(facts);
    if (!args->json) fputs(help, stdout);
    return strstr(facts, "\"healthy\": true") ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_evaluate = {"evaluate",
                                         "--real TRAIN --synthetic SYN --holdout HOLD -o report.json",
                                         "judge synthetic rows against a real holdout",
                                         0,
                                         0,
                                         evaluate_options,
                                         evaluate};
const struct command command_gate = {
    "gate", "report.json [-o judged.json]", "pass, fail or inconclusive under a policy", 0, 1, gate_options, gate};
const struct command command_report = {
    "report", "report.json -o report.html", "the report as one page that opens offline", 1, 1, report_options, report};
const struct command command_list = {"list", "MODEL|report.json", "what a model or report file holds, as JSON", 1, 1, no_options, list};
const struct command command_ledger = {"ledger", "", "what happened here, as JSON", 0, 0, no_options, ledger};
const struct command command_doctor = {"doctor", "", "versions, health, and every generator's parameters", 0, 0, no_options, doctor};
