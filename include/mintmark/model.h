/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_MODEL_H
#define MINTMARK_MODEL_H
#include "mintmark/table.h"
#ifdef __cplusplus
extern "C" {
#endif

/* A fitted generator. Thread safety: a const handle may be shared. Model files hold real values: not for sharing. */
typedef struct mint_model mint_model;

/* Fits `generator` ("boost", "independent", "bootstrap") to the whole table. `target` (may be NULL) is the column that a
 * model downstream predicts. `params_json` (may be NULL) is an object of the generator's parameters. Ids are replaced by new
 * ones of the same form, free text is left out; notices say so. Same table, parameters and seed: same bytes for any number
 * of threads. Errors: MINT_E_ARG (generator, target or parameter unknown), MINT_E_LIMIT (forecast above the memory limit). */
MINT_API MINT_MUST_USE mint_status mint_model_fit(mint_model **out, mint_context *ctx, const char *generator, const mint_table *train,
                                                  const char *target, const char *params_json, uint64_t seed, mint_error *err);
/* Rows first_row .. first_row + row_count - 1 of the model's endless stream for this seed: row r depends on model, seed and
 * r alone. */
MINT_API MINT_MUST_USE mint_status mint_model_sample(mint_table **out, const mint_model *model, uint64_t first_row, uint64_t row_count,
                                                     uint64_t seed, mint_error *err);
/* The same rows straight into a CSV file, or Parquet by its ending; memory does not grow with row_count. An interrupt or a full disk
 * leaves nothing under `path`. Errors: MINT_E_ARG, MINT_E_IO, MINT_E_CANCELLED. */
MINT_API MINT_MUST_USE mint_status mint_model_sample_file(const mint_model *model, uint64_t first_row, uint64_t row_count, uint64_t seed,
                                                          const char *path, mint_error *err);
/* Natural log of the density of each row (one double a row of `rows`). Errors: MINT_E_UNSUPPORTED when the generator has no
 * density, MINT_E_ARG when a column is missing or of another type. */
MINT_API MINT_MUST_USE mint_status mint_model_score(const mint_model *model, const mint_table *rows, double *log_density, mint_error *err);
MINT_API MINT_MUST_USE mint_status mint_model_save(const mint_model *model, const char *path, mint_error *err);
/* Errors: MINT_E_IO, MINT_E_FORMAT (no model file), MINT_E_VERIFY (altered or cut off), MINT_E_UNSUPPORTED (newer format). */
MINT_API MINT_MUST_USE mint_status mint_model_load(mint_model **out, mint_context *ctx, const char *path, mint_error *err);
/* What the model is, as JSON text owned by the model: generator, parameters, seed, schema, target, facts of the fit. */
MINT_API const char *mint_model_describe(const mint_model *model);
MINT_API void mint_model_free(mint_model *model);

/* Help text of all generators and their parameters; static until the context goes. */
MINT_API MINT_MUST_USE mint_status mint_generators_help(const char **out, mint_context *ctx, mint_error *err);

#ifdef __cplusplus
}
#endif
#endif
