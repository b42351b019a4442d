/* SPDX-License-Identifier: Apache-2.0 */
/* schema, fit, sample, score: the steps from a table to rows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static const struct option_spec schema_options[] = {
    {"--schema", "FILE", "a schema to start from", OPTION_TEXT},
    {"--missing", "MARK", "another mark for missing values; may be repeated", OPTION_LIST},
    {"-o", "FILE", "where the YAML goes", OPTION_TEXT},
    {NULL, NULL, NULL, OPTION_FLAG},
};

static mint_status read_data(mint_table **table, mint_context *ctx, const struct arguments *args, const char *path, mint_error *err) {
    mint_read_options options;
    read_options(args, &options);
    return mint_table_read(table, ctx, path, &options, err);
}

static int done(mint_context *ctx, const struct arguments *args, const char *schema, const char *output) {
    if (!args->json) return EXIT_DONE;
    struct json_out out;
    char number[32];
    json_begin(&out);
    json_text(&out, "schema", schema);
    json_text(&out, "output", output);
    snprintf(number, sizeof number, "%" PRIu64, mint_context_memory_peak(ctx));
    json_raw(&out, "memory_peak_bytes", number);
    snprintf(number, sizeof number, "%" PRIu64, mint_context_memory_forecast(ctx));
    if (mint_context_memory_forecast(ctx)) json_raw(&out, "memory_forecast_bytes", number);
    char *text = json_end(&out);
    puts(text);
    free(text);
    return EXIT_DONE;
}

static int schema(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    mint_table *table;
    const char *output = option_text(args, "-o"), *json = NULL;
    if (!output && !args->json) return usage_error("schema needs -o FILE, or --json");
    if (read_data(&table, ctx, args, args->positional[0], &err) != MINT_OK) return fail(&err);
    mint_status status = output ? mint_schema_write(table, output, &err) : MINT_OK;
    if (status == MINT_OK && args->json) status = mint_schema_json(&json, table, &err);
    if (status == MINT_OK && json) puts(json);
    mint_table_free(table);
    return status == MINT_OK ? EXIT_DONE : fail(&err);
}

static const struct option_spec fit_options[] = {
    {"--target", "COL", "column that a model downstream predicts", OPTION_TEXT},
    {"--schema", "FILE", "types and formats of the columns", OPTION_TEXT},
    {"--missing", "MARK", "another mark for missing values; may be repeated", OPTION_LIST},
    {"--generator", "NAME", "boost, independent or bootstrap [boost]", OPTION_TEXT},
    {"--set", "NAME=VALUE", "a parameter of the generator; 'mintmark doctor' lists them", OPTION_LIST},
    {"-o", "MODEL", "where the model goes", OPTION_TEXT},
    {NULL, NULL, NULL, OPTION_FLAG},
};

/* Work that is done is not undone because the folder cannot take its record. */
static void note_unless(mint_status status, const mint_error *cause) {
    if (status == MINT_OK) return;
    char line[sizeof cause->message + 32];
    snprintf(line, sizeof line, "not in the ledger: %s", cause->message);
    progress_notice(NULL, line);
}

static int fit(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT, cause = MINT_ERROR_INIT;
    mint_table *table = NULL;
    mint_model *model = NULL;
    const char *output = option_text(args, "-o"), *generator = option_text(args, "--generator");
    if (!output) return usage_error("fit needs -o MODEL");
    char *parameters = parameters_json(args);
    if (!parameters) return EXIT_USAGE;
    mint_status status = read_data(&table, ctx, args, args->positional[0], &err);
    if (status == MINT_OK) status = mint_ledger_check(ctx, ".mintmark", table, &err);
    if (status == MINT_OK)
        status = mint_model_fit(&model, ctx, generator ? generator : "boost", table, option_text(args, "--target"), parameters, args->seed,
                                &err);
    if (status == MINT_OK) status = mint_model_save(model, output, &err);
    if (status == MINT_OK) note_unless(mint_ledger_record_fit(ctx, ".mintmark", table, output, &cause), &cause);
    free(parameters);
    mint_model_free(model);
    mint_table_free(table);
    return status == MINT_OK ? done(ctx, args, "mintmark.fit/1", output) : fail(&err);
}

static const struct option_spec sample_options[] = {
    {"-n", "N", "rows 0 to N-1", OPTION_TEXT},
    {"--rows", "A:B", "rows from A up to, not including, B, counted from 0", OPTION_TEXT},
    {"-o", "FILE", "CSV, or Parquet by its ending", OPTION_TEXT},
    {NULL, NULL, NULL, OPTION_FLAG},
};

static bool row_range(const struct arguments *args, uint64_t *first, uint64_t *count) {
    const char *n = option_text(args, "-n"), *rows = option_text(args, "--rows");
    if (!n == !rows) return usage_error("sample needs either -n or --rows"), false;
    *first = 0;
    if (n) return (parse_number(n, count) && *count) || (usage_error("-n must be a whole number from 1 on, not '%s'", n), false);
    char from[32];
    const char *colon = strchr(rows, ':');
    uint64_t end;
    if (!colon || colon - rows >= (long)sizeof from) return usage_error("--rows must be A:B, not '%s'", rows), false;
    snprintf(from, sizeof from, "%.*s", (int)(colon - rows), rows);
    if (!parse_number(from, first) || !parse_number(colon + 1, &end) || end <= *first)
        return usage_error("--rows must be A:B with A below B, not '%s'", rows), false;
    *count = end - *first;
    return true;
}

static int sample(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT, cause = MINT_ERROR_INIT;
    mint_model *model = NULL;
    uint64_t first, count;
    const char *output = option_text(args, "-o");
    if (!output) return usage_error("sample needs -o FILE");
    if (!row_range(args, &first, &count)) return EXIT_USAGE;
    mint_status status = mint_model_load(&model, ctx, args->positional[0], &err);
    if (status == MINT_OK) status = mint_model_sample_file(model, first, count, args->seed, output, &err);
    if (status == MINT_OK)
        note_unless(mint_ledger_record_sample(ctx, ".mintmark", model, args->positional[0], first, count, args->seed, &cause), &cause);
    mint_model_free(model);
    return status == MINT_OK ? done(ctx, args, "mintmark.sample/1", output) : fail(&err);
}

static const struct option_spec score_options[] = {
    {"--schema", "FILE", "types and formats of the columns", OPTION_TEXT},
    {"--missing", "MARK", "another mark for missing values; may be repeated", OPTION_LIST},
    {NULL, NULL, NULL, OPTION_FLAG},
};

static int score(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    mint_model *model = NULL;
    mint_table *table = NULL;
    double *densities = NULL;
    mint_status status = mint_model_load(&model, ctx, args->positional[0], &err);
    if (status == MINT_OK) status = read_data(&table, ctx, args, args->positional[1], &err);
    if (status == MINT_OK && !(densities = calloc(mint_table_row_count(table), sizeof *densities))) {
        fputs("mintmark: out of memory\n", stderr);
        mint_table_free(table);
        mint_model_free(model);
        return EXIT_FAILED;
    }
    if (status == MINT_OK) status = mint_model_score(model, table, densities, &err);
    progress_clear();
    if (status == MINT_OK) {
        puts("log_density");
        for (uint64_t r = 0; r < mint_table_row_count(table); r++) printf("%.9g\n", densities[r]);
    }
    free(densities);
    mint_table_free(table);
    mint_model_free(model);
    return status == MINT_OK ? EXIT_DONE : fail(&err);
}

const struct command command_schema = {"schema",       "DATA -o FILE", "write what each column is taken for, as YAML to edit", 1, 1,
                                       schema_options, schema};
const struct command command_fit = {"fit", "TRAIN -o MODEL [options]", "fit a generator to a table", 1, 1, fit_options, fit};
const struct command command_sample = {"sample", "MODEL (-n N | --rows A:B) -o FILE", "draw rows from a model", 1, 1, sample_options,
                                       sample};
const struct command command_score = {"score",       "MODEL DATA", "log density of each row under a model, one a line", 2, 2,
                                      score_options, score};
