/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_RUN_H
#define MINTMARK_RUN_H
#include "mintmark/report.h"
#ifdef __cplusplus
extern "C" {
#endif

/* A plan is a JSON object; every key is optional but "data": data, target, entity, time, holdout (a share, or a file),
 * generator, parameters (object), schema, missing (list), rows, format ("csv" or "parquet"), policy, seed, output, all_metrics.
 * "output" names the folder; it defaults to the data's base name + ".mint.d". */

/* Reads a plan file (YAML) as JSON text, owned by the context. */
MINT_API MINT_MUST_USE mint_status mint_plan_read(const char **json, mint_context *ctx, const char *path, mint_error *err);

typedef struct mint_run_options {
    size_t size; /* sizeof(mint_run_options) */
    const char *plan_json;
    const char *ledger; /* folder of the ledger, usually ".mintmark"; NULL: none is kept and nothing is locked */
    bool force;         /* an existing output folder is replaced once the new one is whole */
    bool new_holdout;   /* give up the locked holdout of these data and split anew; recorded */
} mint_run_options;
#define MINT_RUN_OPTIONS_INIT                                                                                                              \
    { sizeof(mint_run_options), NULL, NULL, false, false }

typedef struct mint_run_result {
    mint_verdict verdict;
    char output[1024];   /* the folder */
    char summary[16384]; /* one plain sentence a rule, a line each */
} mint_run_result;

/* Split, fit, sample, evaluate, gate, record: writes synthetic.csv (or .parquet), train.csv, holdout.csv, model.mint, report.json,
 * report.html, record.json, schema.yaml and mintmark.yaml into the output folder, which appears whole or not at all.
 * Errors: MINT_E_IO when the folder exists and force is not set, MINT_E_VERIFY when locked rows would be fitted. */
MINT_API MINT_MUST_USE mint_status mint_run(mint_context *ctx, const mint_run_options *options, mint_run_result *result, mint_error *err);
/* Only the split: train.csv and holdout.csv in the plan's output folder, and the lock. */
MINT_API MINT_MUST_USE mint_status mint_split(mint_context *ctx, const mint_run_options *options, mint_run_result *result, mint_error *err);
/* Versions of what this library works with, as JSON text owned by the context: for bug reports and `mintmark doctor`. */
MINT_API MINT_MUST_USE mint_status mint_doctor(const char **out, mint_context *ctx, mint_error *err);

#ifdef __cplusplus
}
#endif
#endif
