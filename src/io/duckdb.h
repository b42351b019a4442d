/* SPDX-License-Identifier: Apache-2.0 */
/* DuckDB reads and writes every file and database. Only duckdb.c knows it. */
#ifndef MM_IO_DUCKDB_H
#define MM_IO_DUCKDB_H
#include "mintmark/table.h"
#include "parallel/context.h"

/* Version text of the DuckDB library that would be used, copied into `version`. Errors: MINT_E_UNSUPPORTED with the remedy. */
mint_status mm_duckdb_version(struct mint_context *ctx, char *version, size_t size, mint_error *err);
/* Rows as a run of tables with the same fields. */
struct mm_row_source {
    /* The next table, which holds until the next call; NULL: no more. The first call gives one. */
    mint_status (*next)(void *payload, const struct mint_table **table, mint_error *err);
    void *payload;
    uint64_t row_count; /* of all of them, for the progress */
};
/* Into CSV or Parquet; one table at a time is in memory. */
mint_status mm_rows_write(struct mint_context *ctx, const struct mm_row_source *source, const char *path, const char *metadata,
                          mint_error *err);
/* As mint_table_write, with key-value metadata for Parquet (the origin mark); `metadata` may be NULL. */
mint_status mm_table_write_marked(const struct mint_table *table, const char *path, const char *metadata, mint_error *err);

#endif
