/* SPDX-License-Identifier: Apache-2.0 */
/* collapse: do generations that learn from each other lose variety? */
#include <stdio.h>
#include <string.h>

#include "commands.h"

static const struct option_spec collapse_options[] = {
    {"--holdout", "HOLD", "original real rows that no generation was fitted to", OPTION_TEXT},
    {"-o", "FILE", "where the result goes as JSON", OPTION_TEXT},
    {"--missing", "MARK", "another mark for missing values; may be repeated", OPTION_LIST},
    {"--schema", "FILE", "types and formats of the columns", OPTION_TEXT},
    {NULL, NULL, NULL, OPTION_FLAG},
};

static int collapse(mint_context *ctx, const struct arguments *args) {
    mint_error err = MINT_ERROR_INIT;
    mint_collapse q = MINT_COLLAPSE_INIT;
    mint_table *holdout = NULL, *generations[POSITIONAL_MAX] = {NULL};
    const char *json = NULL, *output = option_text(args, "-o"), *real = option_text(args, "--holdout");
    bool alarm = false;
    mint_read_options options;
    if (!real) return usage_error("collapse needs --holdout HOLD");
    read_options(args, &options);
    mint_status status = mint_table_read(&holdout, ctx, real, &options, &err);
    options.like = holdout;
    for (int g = 0; status == MINT_OK && g < args->positional_count; g++)
        status = mint_table_read(&generations[g], ctx, args->positional[g], &options, &err);
    q.holdout = holdout, q.generations = (const mint_table *const *)generations;
    q.generation_count = (uint32_t)args->positional_count, q.seed = args->seed;
    if (status == MINT_OK) status = mint_collapse_json(&json, &alarm, ctx, &q, &err);
    progress_clear();
    bool written = status == MINT_OK && output ? write_text(output, json) : true;
    if (status == MINT_OK && (!output || args->json)) puts(json);
    if (status == MINT_OK && output && !args->json) puts(alarm ? "collapse: yes" : "collapse: no sign of it");
    for (int g = 0; g < args->positional_count; g++) mint_table_free(generations[g]);
    mint_table_free(holdout);
    if (status != MINT_OK) return fail(&err);
    if (!written) return EXIT_FAILED;
    return alarm ? EXIT_GATE_FAILED : EXIT_DONE;
}

const struct command command_collapse = {"collapse",
                                         "GENERATION GENERATION ... --holdout HOLD [-o FILE]",
                                         "the trend of variety over generations that learned from each other",
                                         2,
                                         POSITIONAL_MAX,
                                         collapse_options,
                                         collapse};
