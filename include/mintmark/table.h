/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_TABLE_H
#define MINTMARK_TABLE_H
#include "mintmark/context.h"
#ifdef __cplusplus
extern "C" {
#endif

/* A typed, immutable table in memory. Thread safety: a const handle may be shared. */
typedef struct mint_table mint_table;
struct ArrowArrayStream; /* https://arrow.apache.org/docs/format/CStreamInterface.html */

typedef struct mint_read_options {
    size_t size;                /* sizeof(mint_read_options) */
    const char *schema_path;    /* YAML as mint_schema_write makes it; wins over inference; may be NULL */
    const char *const *missing; /* more marks that stand for a missing value, in every column */
    size_t missing_count;
    const mint_table *like; /* columns it has are read with its types where they fit; may be NULL */
} mint_read_options;
#define MINT_READ_OPTIONS_INIT                                                                                                             \
    { sizeof(mint_read_options), NULL, NULL, 0, NULL }

/* Reads CSV, Parquet, JSON lines, a glob of these, or "sql:SELECT ...". Cells keep the form they were written in.
 * Errors: MINT_E_IO (missing, unreadable), MINT_E_FORMAT (empty, header only, ragged, not UTF-8, NUL bytes, duplicate or
 * empty column names; the message names file, row, column and remedy), MINT_E_LIMIT (more than 20,000 columns). */
MINT_API MINT_MUST_USE mint_status mint_table_read(mint_table **out, mint_context *ctx, const char *path_or_sql,
                                                   const mint_read_options *options, mint_error *err);
/* Writes CSV, or Parquet when the name ends in ".parquet". The file appears whole or not at all. */
MINT_API MINT_MUST_USE mint_status mint_table_write(const mint_table *table, const char *path, mint_error *err);
/* Writes the schema as YAML with the reason for each choice. */
MINT_API MINT_MUST_USE mint_status mint_schema_write(const mint_table *table, const char *path, mint_error *err);
/* The same schema as JSON text, owned by the table. */
MINT_API MINT_MUST_USE mint_status mint_schema_json(const char **out, mint_table *table, mint_error *err);

/* Takes the stream even on failure. Supported formats: b c C s S i I l L f g u U d (decimal128) tdD tdm tts ttm ttu ttn
 * tss tsm tsu tsn and dictionaries of u, U. Other formats: MINT_E_UNSUPPORTED, naming the column. */
MINT_API MINT_MUST_USE mint_status mint_table_from_arrow(mint_table **out, mint_context *ctx, struct ArrowArrayStream *take,
                                                         mint_error *err);
/* Fills *out with a stream of one batch that owns copies of its buffers; the caller releases it. */
MINT_API MINT_MUST_USE mint_status mint_table_to_arrow(struct ArrowArrayStream *out, const mint_table *table, mint_error *err);

MINT_API uint64_t mint_table_row_count(const mint_table *table);
MINT_API uint32_t mint_table_column_count(const mint_table *table);
/* Borrowed from the table. Column index below the count. */
MINT_API const char *mint_table_column_name(const mint_table *table, uint32_t column);
/* One of integer float boolean date time timestamp category text id. Static storage. */
MINT_API const char *mint_table_column_type(const mint_table *table, uint32_t column);
/* The cell as it would be written; a missing cell gives its mark. Returns the length as snprintf does. */
MINT_API size_t mint_table_cell(const mint_table *table, uint64_t row, uint32_t column, char *text, size_t text_size);
MINT_API void mint_table_free(mint_table *table);

#ifdef __cplusplus
}
#endif
#endif
