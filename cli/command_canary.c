/* SPDX-License-Identifier: Apache-2.0 */
/* canary: rows whose membership a coin decided, and what can be told of it afterwards. */
#include <stdio.h>
#include <string.h>

#include "commands.h"

static const struct option_spec canary_options[] = {
    {"-o", "FILE", "plant: the file to fit instead of TRAIN; audit: where the result goes as JSON", OPTION_TEXT},
    {"-n", "N", "plant: how many canaries [one row in ten, at most 1,000]", OPTION_TEXT},
    {"--canaries", "FILE", "audit: FILE.canaries.json, as planting wrote it", OPTION_TEXT},
    {"--reference", "FILE", "audit: other real rows, neither canaries nor fitted; they sharpen the attack", OPTION_TEXT},
    {"--missing", "MARK", "another mark for missing values; may be repeated", OPTION_LIST},
    {"--schema", "FILE", "types and formats of the columns", OPTION_TEXT},
    {NULL, NULL, NULL, OPTION_FLAG},
};

static int plant(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    mint_table *table = NULL;
    mint_read_options options;
    uint64_t count = 0;
    const char *output = option_text(args, "-o"), *given = option_text(args, "-n");
    if (!output) return usage_error("canary plant needs -o FILE");
    if (given && (!parse_number(given, &count) || count > UINT32_MAX)) return usage_error("-n needs a whole number");
    read_options(args, &options);
    mint_status status = mint_table_read(&table, ctx, args->positional[1], &options, &err);
    if (status == MINT_OK) status = mint_canary_plant(ctx, table, (uint32_t)count, args->seed, output, &err);
    progress_clear();
    if (status == MINT_OK && !args->json)
        printf("fit %s; keep %s.canaries.csv and %s.canaries.json from whoever fits, and audit with --canaries %s.canaries.json\n", output,
               output, output, output);
    mint_table_free(table);
    return status == MINT_OK ? EXIT_DONE : fail(&err);
}

static int audit(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    mint_canary_audit q = MINT_CANARY_AUDIT_INIT;
    mint_table *rows = NULL, *reference = NULL;
    mint_model *model = NULL;
    const char *json = NULL, *output = option_text(args, "-o"), *others = option_text(args, "--reference");
    mint_read_options options;
    read_options(args, &options);
    q.canaries = option_text(args, "--canaries");
    if (!q.canaries) return usage_error("canary audit needs --canaries FILE");
    mint_status status = MINT_OK;
    if (begins_like_model(args->positional[1])) {
        status = mint_model_load(&model, ctx, args->positional[1], &err);
        q.model = model;
        if (status == MINT_OK) status = mint_model_sample(&rows, model, 0, 20000, args->seed, &err);
    } else
        status = mint_table_read(&rows, ctx, args->positional[1], &options, &err);
    q.synthetic = rows;
    options.like = rows;
    if (status == MINT_OK && others) status = mint_table_read(&reference, ctx, others, &options, &err);
    q.reference = reference;
    if (status == MINT_OK) status = mint_canary_audit_json(&json, ctx, &q, &err);
    progress_clear();
    bool written = status == MINT_OK && output ? write_text(output, json) : true;
    if (status == MINT_OK && !output) puts(json);
    mint_table_free(reference);
    mint_table_free(rows);
    mint_model_free(model);
    if (status != MINT_OK) return fail(&err);
    return written ? EXIT_DONE : EXIT_FAILED;
}

static int canary(mint_context *ctx, const struct arguments *args) {
    if (!strcmp(args->positional[0], "plant")) return plant(ctx, args);
    if (!strcmp(args->positional[0], "audit")) return audit(ctx, args);
    return usage_error("canary does 'plant TRAIN -o FILE' and 'audit MODEL|SYN --canaries FILE'");
}

const struct command command_canary = {"canary",
                                       "plant TRAIN -o FILE | audit MODEL|SYN --canaries FILE",
                                       "an audit of leaks in one run, by rows a coin left out",
                                       2,
                                       2,
                                       canary_options,
                                       canary};
