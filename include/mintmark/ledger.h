/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_LEDGER_H
#define MINTMARK_LEDGER_H
#include "mintmark/model.h"
#include "mintmark/table.h"
#ifdef __cplusplus
extern "C" {
#endif

/* What happened to data, in a folder beside them, usually ".mintmark": an SQLite file and a key. It holds keyed hashes of real rows
 * and is not for sharing. Several processes may use one ledger; within a process each call opens and closes it. */

/* MINT_E_VERIFY when the table holds rows that the ledger has locked; MINT_OK when there is no ledger. */
MINT_API MINT_MUST_USE mint_status mint_ledger_check(mint_context *ctx, const char *folder, const mint_table *table, mint_error *err);
/* Remembers what the model file at `model_path` was fitted to, and gives notice when rows of `train` were minted here. Makes the
 * ledger unless it is there. */
MINT_API MINT_MUST_USE mint_status mint_ledger_record_fit(mint_context *ctx, const char *folder, const mint_table *train,
                                                          const char *model_path, mint_error *err);
/* Remembers that rows first_row .. first_row + row_count - 1 were drawn from the model that `model_path` holds, so that they are
 * known again where they come back as train or holdout rows: of the first 16,384 a keyed hash each is kept. */
MINT_API MINT_MUST_USE mint_status mint_ledger_record_sample(mint_context *ctx, const char *folder, const mint_model *model,
                                                             const char *model_path, uint64_t first_row, uint64_t row_count, uint64_t seed,
                                                             mint_error *err);
/* The ledger's events as JSON text, owned by the context. */
MINT_API MINT_MUST_USE mint_status mint_ledger_json(const char **out, mint_context *ctx, const char *folder, mint_error *err);

#ifdef __cplusplus
}
#endif
#endif
