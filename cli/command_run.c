/* SPDX-License-Identifier: Apache-2.0 */
/* run and split: both carry out a plan made of a plan file and the options that override it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

#define SPLIT_OPTIONS                                                                                                                      \
    {"--target", "COL", "column that a model downstream predicts", OPTION_TEXT},                                                           \
        {"--holdout", "SHARE|FILE", "share of the rows to hold out, or a file of them [0.2]", OPTION_TEXT},                                \
        {"--entity", "COL", "column whose value names what rows belong to: they stay together", OPTION_TEXT},                              \
        {"--time", "COL", "hold out the latest rows by this column", OPTION_TEXT},                                                         \
        {"--schema", "FILE", "types and formats of the columns; wins over inference", OPTION_TEXT},                                        \
        {"--missing", "MARK", "another mark for missing values; may be repeated", OPTION_LIST},                                            \
        {"--new-holdout", NULL, "give up the locked holdout of these data; recorded", OPTION_FLAG},                                        \
        {"--force", NULL, "replace an existing output folder", OPTION_FLAG}, {                                                             \
        "-o", "DIR", "output folder", OPTION_TEXT                                                                                          \
    }

static const struct option_spec run_options[] = {
    SPLIT_OPTIONS,
    {"--generator", "NAME", "boost, independent or bootstrap [boost]", OPTION_TEXT},
    {"--set", "NAME=VALUE", "a parameter of the generator; 'mintmark doctor' lists them", OPTION_LIST},
    {"--plan", "FILE", "a plan (mintmark.yaml) to carry out; other options override it", OPTION_TEXT},
    {"--policy", "FILE", "rules of the gate [the default policy]", OPTION_TEXT},
    {"-n", "N", "synthetic rows [as many as train]", OPTION_TEXT},
    {"--format", "FORMAT", "csv or parquet [csv]", OPTION_TEXT},
    {"--all-metrics", NULL, "every metric, not only what the policy needs", OPTION_FLAG},
    {NULL, NULL, NULL, OPTION_FLAG},
};

static const struct option_spec split_options[] = {SPLIT_OPTIONS, {NULL, NULL, NULL, OPTION_FLAG}};

/* Options of one name, each a text of the plan under a key. */
static const char *const text_keys[][2] = {
    {"--target", "target"},       {"--entity", "entity"}, {"--time", "time"},     {"--schema", "schema"},
    {"--generator", "generator"}, {"--policy", "policy"}, {"--format", "format"}, {"-o", "output"}};

static bool put_numbers(json_t *plan, const struct arguments *args) {
    uint64_t rows;
    const char *holdout = option_text(args, "--holdout"), *n = option_text(args, "-n");
    if (holdout) {
        char *end;
        double share = strtod(holdout, &end);
        bool is_share = *holdout && !*end;
        if (is_share && !(share > 0 && share < 1))
            return usage_error("--holdout must be a share between 0 and 1, or a file, not '%s'", holdout), false;
        json_object_set_new(plan, "holdout", is_share ? json_real(share) : json_string(holdout));
    }
    if (n && (!parse_number(n, &rows) || !rows || rows > 1ull << 40))
        return usage_error("-n must be a whole number from 1 on, not '%s'", n), false;
    if (n) json_object_set_new(plan, "rows", json_integer((json_int_t)rows));
    if (args->has_seed) json_object_set_new(plan, "seed", json_integer((json_int_t)args->seed));
    return true;
}

static bool put_parameters(json_t *plan, const struct arguments *args) {
    char *text = parameters_json(args);
    if (!text) return false;
    json_t *given = json_loads(text, 0, NULL), *known = json_object_get(plan, "parameters");
    free(text);
    if (json_object_size(given) && known)
        json_object_update(known, given);
    else if (json_object_size(given))
        json_object_set(plan, "parameters", given);
    json_decref(given);
    return true;
}

/* The plan file's keys, overridden by the command line's. Null after a message. */
static char *make_plan(mint_context *ctx, const struct arguments *args, int *status) {
    const char *file = option_text(args, "--plan"), *text = "{}";
    mint_error err = MINT_ERROR_INIT;
    *status = EXIT_USAGE;
    if (file && mint_plan_read(&text, ctx, file, &err) != MINT_OK) {
        *status = fail(&err);
        return NULL;
    }
    json_t *plan = json_loads(text, 0, NULL);
    if (args->positional_count) json_object_set_new(plan, "data", json_string(args->positional[0]));
    for (size_t i = 0; i < sizeof text_keys / sizeof *text_keys; i++) {
        const char *value = option_text(args, text_keys[i][0]);
        if (value) json_object_set_new(plan, text_keys[i][1], json_string(value));
    }
    const char *const *marks = NULL;
    int mark_count = option_list(args, "--missing", &marks);
    if (mark_count) json_object_set_new(plan, "missing", json_array());
    for (int i = 0; i < mark_count; i++) json_array_append_new(json_object_get(plan, "missing"), json_string(marks[i]));
    if (option_flag(args, "--all-metrics")) json_object_set_new(plan, "all_metrics", json_true());
    bool good = put_numbers(plan, args) && put_parameters(plan, args);
    if (good && !json_object_get(plan, "data")) {
        usage_error("name the data, or a plan that names them");
        good = false;
    }
    char *out = good ? json_dumps(plan, JSON_REAL_PRECISION(15)) : NULL;
    json_decref(plan);
    return out;
}

static int carry_out(mint_context *ctx, const struct arguments *args, bool whole) {
    int status;
    char *plan = make_plan(ctx, args, &status);
    if (!plan) return status;
    mint_run_options options = MINT_RUN_OPTIONS_INIT;
    options.plan_json = plan;
    options.ledger = ".mintmark";
    options.force = option_flag(args, "--force");
    options.new_holdout = option_flag(args, "--new-holdout");
    mint_run_result result;
    mint_error err = MINT_ERROR_INIT;
    mint_status done = whole ? mint_run(ctx, &options, &result, &err) : mint_split(ctx, &options, &result, &err);
    free(plan);
    if (done != MINT_OK) return fail(&err);
    progress_clear();
    if (args->json) {
        struct json_out out;
        json_begin(&out);
        json_text(&out, "schema", whole ? "mintmark.run/1" : "mintmark.split/1");
        json_text(&out, "output", result.output);
        if (whole) json_text(&out, "verdict", verdict_word(result.verdict));
        char *text = json_end(&out);
        puts(text);
        free(text);
    } else if (whole) {
        printf("verdict: %s\n%s\nreport   %s/report.html\ntable    %s/%s\nrecord   %s/record.json\n", verdict_word(result.verdict),
               result.summary, result.output, result.output,
               option_text(args, "--format") && !strcmp(option_text(args, "--format"), "parquet") ? "synthetic.parquet" : "synthetic.csv",
               result.output);
    } else
        printf("train    %s/train.csv\nholdout  %s/holdout.csv (locked)\n", result.output, result.output);
    return whole ? verdict_status(result.verdict) : EXIT_DONE;
}

static int run(mint_context *ctx, const struct arguments *args) { return carry_out(ctx, args, true); }
static int split(mint_context *ctx, const struct arguments *args) { return carry_out(ctx, args, false); }

const struct command command_run = {"run", "DATA [options]", "split, fit, sample, evaluate, gate and record in one go", 0, 1, run_options,
                                    run};
const struct command command_split = {
    "split", "DATA -o DIR [options]", "hold out real rows that judge everything, and lock them", 1, 1, split_options, split};
