/* SPDX-License-Identifier: Apache-2.0 */
/* DuckDB reads and writes every file and database. Only duckdb.c knows it. */
#ifndef MM_IO_DUCKDB_H
#define MM_IO_DUCKDB_H
#include "mintmark/table.h"
#include "parallel/context.h"

/* Version text of the DuckDB library that would be used, copied into `version`. Errors: MINT_E_UNSUPPORTED with the remedy. */
mint_status mm_duckdb_version(struct mint_context *ctx, char *version, size_t size, mint_error *err);
/* As mint_table_write, with key-value metadata for Parquet (the origin mark); `metadata` may be NULL. */
mint_status mm_table_write_marked(const struct mint_table *table, const char *path, const char *metadata, mint_error *err);

#endif
