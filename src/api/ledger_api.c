/* SPDX-License-Identifier: Apache-2.0 */
#include "mintmark/ledger.h"

#include "base/file.h"
#include "ledger/holdout_lock.h"
#include "ledger/lineage.h"

mint_status mint_ledger_check(mint_context *ctx, const char *folder, const mint_table *table, mint_error *err) {
    if (!ctx || !folder || !table) MM_RETURN_ERROR(err, MINT_E_ARG, "a lock check needs a context, a ledger folder and a table");
    if (!mm_ledger_exists(folder)) return MINT_OK;
    struct mm_ledger ledger;
    MM_RETURN_IF_ERROR(mm_ledger_open(&ledger, &ctx->memory, folder, err));
    mint_status status = mm_lock_check(&ledger, table, err);
    mm_ledger_close(&ledger);
    return status;
}

mint_status mint_ledger_record_fit(mint_context *ctx, const char *folder, const mint_table *train, const char *model_path,
                                   mint_error *err) {
    if (!ctx || !folder || !train || !model_path)
        MM_RETURN_ERROR(err, MINT_E_ARG, "a fit is recorded with a context, a ledger folder, its table and its model file");
    char digest[65];
    struct mm_ledger ledger;
    struct mm_lineage lineage;
    MM_RETURN_IF_ERROR(mm_file_sha256(model_path, digest, err));
    MM_RETURN_IF_ERROR(mm_ledger_open(&ledger, &ctx->memory, folder, err));
    mint_status status = mm_lineage_record_fit(&lineage, &ledger, train, digest, err);
    if (status == MINT_OK)
        status = mm_ledger_note(&ledger, "fit",
                                json_pack("{s:s, s:s, s:I, s:f, s:i}", "data", train->source, "model_sha256", digest, "rows",
                                          (json_int_t)lineage.rows, "minted_share", lineage.share, "generation", (int)lineage.generation),
                                err);
    mm_ledger_close(&ledger);
    if (status == MINT_OK) mm_lineage_notice(ctx, &lineage, train->source);
    return status;
}

mint_status mint_ledger_record_sample(mint_context *ctx, const char *folder, const mint_model *model, const char *model_path,
                                      uint64_t first_row, uint64_t row_count, uint64_t seed, mint_error *err) {
    if (!ctx || !folder || !model || !model_path || !row_count)
        MM_RETURN_ERROR(err, MINT_E_ARG, "a sample is recorded with a context, a ledger folder, its model and model file, and its rows");
    char digest[65];
    struct mm_ledger ledger;
    mint_table *head = NULL;
    MM_RETURN_IF_ERROR(mm_file_sha256(model_path, digest, err));
    MM_RETURN_IF_ERROR(mm_ledger_open(&ledger, &ctx->memory, folder, err));
    mint_status status =
        mint_model_sample(&head, model, first_row, row_count < MM_MINT_SKETCH_ROWS ? row_count : MM_MINT_SKETCH_ROWS, seed, err);
    if (status == MINT_OK) status = mm_lineage_record_sample(&ledger, head, digest, first_row, row_count, seed, err);
    if (status == MINT_OK)
        status = mm_ledger_note(&ledger, "sample",
                                json_pack("{s:s, s:I, s:I, s:I}", "model_sha256", digest, "first_row", (json_int_t)first_row, "rows",
                                          (json_int_t)row_count, "seed", (json_int_t)seed),
                                err);
    mint_table_free(head);
    mm_ledger_close(&ledger);
    return status;
}

mint_status mint_ledger_json(const char **out, mint_context *ctx, const char *folder, mint_error *err) {
    if (!out || !ctx || !folder) MM_RETURN_ERROR(err, MINT_E_ARG, "listing a ledger needs a context and its folder");
    if (!mm_ledger_exists(folder)) MM_RETURN_ERROR(err, MINT_E_IO, "there is no ledger in '%s'; run, fit and sample make one", folder);
    struct mm_ledger ledger;
    json_t *events = NULL, *tree = NULL;
    char *text = NULL;
    MM_RETURN_IF_ERROR(mm_ledger_open(&ledger, &ctx->memory, folder, err));
    mint_status status = mm_ledger_events(&ledger, &events, err);
    mm_ledger_close(&ledger);
    MM_RETURN_IF_ERROR(status);
    tree = json_pack("{s:s, s:o}", "schema", "mintmark.ledger/1", "events", events);
    status = tree ? mm_json_text(&text, &ctx->arena, tree, err) : mm_error_json(err);
    json_decref(tree);
    *out = text;
    return status;
}
