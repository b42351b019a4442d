/* SPDX-License-Identifier: Apache-2.0 */
/* Rows into CSV or Parquet: DuckDB asks for them chunk by chunk and copies them out under a temporary name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "io/duckdb.h"
#include "io/duckdb_session.h"
#include "table/table.h"

static bool is_parquet(const char *path) {
    size_t length = strlen(path);
    return length > 8 && !strcmp(path + length - 8, ".parquet");
}

/* The physical type a column travels in. For CSV all cells are text, in the form they were read in; so are columns whose
 * written form a typed file would lose (zero-padded numbers, odd dates). */
static int physical(const struct mm_column *column, bool parquet) {
    const struct mm_field *field = &column->field;
    if (!parquet || mm_type_is_string(field->type)) return DUCKDB_VARCHAR;
    if (field->type == MM_FLOAT) return DUCKDB_DOUBLE;
    if (field->type == MM_INTEGER && field->form.width) return DUCKDB_VARCHAR;
    return DUCKDB_BIGINT;
}

static const char *parquet_cast(const struct mm_field *field) {
    if (field->source_type) return field->source_type;
    switch (field->type) {
    case MM_BOOLEAN: return "BOOLEAN";
    case MM_DATE: return "DATE";
    case MM_TIME: return "TIME";
    case MM_TIMESTAMP: return "TIMESTAMP";
    case MM_FLOAT: return "DOUBLE";
    default: return "BIGINT";
    }
}

static void add_cast(struct mm_text *sql, const struct mm_field *field, uint32_t index) {
    const char *type = parquet_cast(field);
    if (field->type == MM_DATE)
        mm_text_addf(sql, "CAST(DATE '1970-01-01' + CAST(c%u AS INTEGER) AS %s)", index, type);
    else if (field->type == MM_TIMESTAMP)
        mm_text_addf(sql, "CAST(make_timestamp(c%u) AS %s)", index, type);
    else if (field->type == MM_TIME)
        mm_text_addf(sql, "CAST(CAST(make_timestamp(c%u) AS TIME) AS %s)", index, type);
    else
        mm_text_addf(sql, "CAST(c%u AS %s)", index, type);
}

static void add_name(struct mm_text *sql, const char *name) {
    mm_text_add(sql, "\"");
    for (const char *c = name; *c; c++) mm_text_add_bytes(sql, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    mm_text_add(sql, "\"");
}

static void put_cell(const struct mm_chunk *chunk, const struct mm_column *column, uint32_t c, int type, uint64_t row, uint64_t slot) {
    if (mm_column_missing(column, row) && (type != DUCKDB_VARCHAR || !*column->field.marks[column->marks[row] - 1])) {
        mm_chunk_null(chunk, c, slot);
    } else if (type == DUCKDB_BIGINT) {
        ((int64_t *)mm_chunk_data(chunk, c))[slot] = column->integers[row];
    } else if (type == DUCKDB_DOUBLE) {
        ((double *)mm_chunk_data(chunk, c))[slot] = column->numbers[row];
    } else if (column->codes && !mm_column_missing(column, row)) {
        uint32_t code = (uint32_t)column->codes[row];
        mm_chunk_text(chunk, c, slot, mm_dictionary_text(&column->dictionary, code), mm_dictionary_length(&column->dictionary, code));
    } else {
        char text[MM_CELL_MAX];
        size_t length = mm_column_cell(column, row, text, sizeof text);
        mm_chunk_text(chunk, c, slot, text, length < sizeof text ? length : sizeof text - 1);
    }
}

/* Where the writing is in a source: the table at hand, which the source owns, and the next of its rows. */
struct writing {
    struct mint_context *ctx;
    const struct mm_row_source *source;
    const struct mint_table *table;
    uint64_t row;
    int *types;
};

static mint_status produce(void *payload, const struct mm_chunk *chunk, uint64_t *rows, mint_error *err) {
    struct writing *w = payload;
    MM_RETURN_IF_ERROR(mm_check_cancelled(w->ctx, err));
    while (w->table && w->row == w->table->row_count) {
        MM_RETURN_IF_ERROR(w->source->next(w->source->payload, &w->table, err));
        w->row = 0;
    }
    *rows = 0;
    if (!w->table) return MINT_OK;
    uint64_t left = w->table->row_count - w->row;
    *rows = left < chunk->capacity ? left : chunk->capacity;
    for (uint32_t c = 0; c < w->table->column_count; c++)
        for (uint64_t i = 0; i < *rows; i++) put_cell(chunk, &w->table->columns[c], c, w->types[c], w->row + i, i);
    w->row += *rows;
    mm_progress_add(w->ctx, *rows);
    return MINT_OK;
}

static mint_status copy_out(struct mm_session *session, struct mm_arena *scratch, const struct mint_table *table, const int *types,
                            const char *path, const char *metadata, mint_error *err) {
    bool parquet = is_parquet(path);
    struct mm_text sql;
    mm_text_init(&sql, scratch);
    mm_text_add(&sql, "COPY (SELECT ");
    for (uint32_t c = 0; c < table->column_count; c++) {
        if (c) mm_text_add(&sql, ", ");
        if (types[c] == DUCKDB_VARCHAR)
            mm_text_addf(&sql, "c%u", c);
        else
            add_cast(&sql, &table->columns[c].field, c);
        mm_text_add(&sql, " AS ");
        add_name(&sql, table->columns[c].field.name);
    }
    char *temporary;
    MM_RETURN_IF_ERROR(mm_file_temporary_name(scratch, path, &temporary, err));
    mm_text_add(&sql, " FROM t()) TO '");
    for (const char *c = temporary; *c; c++) mm_text_add_bytes(&sql, *c == '\'' ? "''" : c, *c == '\'' ? 2 : 1);
    mm_text_add(&sql, parquet ? "' (FORMAT parquet" : "' (FORMAT csv, HEADER true, DELIMITER ',', NULLSTR ''");
    if (parquet && metadata) {
        mm_text_add(&sql, ", KV_METADATA {mintmark: '");
        for (const char *c = metadata; *c; c++) mm_text_add_bytes(&sql, *c == '\'' ? "''" : c, *c == '\'' ? 2 : 1);
        mm_text_add(&sql, "'}");
    }
    mm_text_add(&sql, ")");
    MM_RETURN_IF_ERROR(mm_text_status(&sql, err));
    mint_status status = mm_session_run(session, sql.data, path, err);
    if (status != MINT_OK) {
        unlink(temporary);
        return status;
    }
    return mm_file_commit(temporary, path, err);
}

/* DuckDB hides the cause of a refused file behind its own words; the system's are plainer. */
static mint_status check_writable(struct mm_arena *scratch, const char *path, mint_error *err) {
    char *temporary;
    MM_RETURN_IF_ERROR(mm_file_temporary_name(scratch, path, &temporary, err));
    FILE *file = fopen(temporary, "wb");
    if (!file) MM_RETURN_ERROR(err, MINT_E_IO, "cannot write '%s': %s", path, strerror(errno));
    fclose(file);
    unlink(temporary);
    return MINT_OK;
}

static mint_status write_rows(struct mm_session *session, struct mm_arena *scratch, const struct mm_row_source *source, const char *path,
                              const char *metadata, mint_error *err) {
    struct writing w = {.ctx = session->ctx, .source = source};
    MM_RETURN_IF_ERROR(source->next(source->payload, &w.table, err));
    const struct mint_table *first = w.table; /* its fields are those of all */
    MM_ALLOC_OR_RETURN(w.types, scratch, first->column_count, err);
    for (uint32_t c = 0; c < first->column_count; c++) w.types[c] = physical(&first->columns[c], is_parquet(path));
    struct mm_producer producer = {
        .types = w.types, .column_count = first->column_count, .produce = produce, .payload = &w, .error = MINT_ERROR_INIT};
    MM_RETURN_IF_ERROR(mm_session_offer(session, &producer, err));
    mm_progress_begin(session->ctx, "write", source->row_count);
    mint_status status = copy_out(session, scratch, first, w.types, path, metadata, producer.status == MINT_OK ? err : NULL);
    if (producer.status == MINT_OK) return status;
    if (err) *err = producer.error; /* DuckDB's words are about ours */
    return producer.status;
}

mint_status mm_rows_write(struct mint_context *ctx, const struct mm_row_source *source, const char *path, const char *metadata,
                          mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    struct mm_session session;
    mint_status status = check_writable(&scratch, path, err);
    if (status == MINT_OK && (status = mm_session_open(&session, ctx, err)) == MINT_OK) {
        status = write_rows(&session, &scratch, source, path, metadata, err);
        mm_session_close(&session);
    }
    mm_arena_release(&scratch);
    return status;
}

static mint_status next_whole(void *payload, const struct mint_table **table, mint_error *err) {
    const struct mint_table **whole = payload;
    (void)err;
    *table = *whole;
    *whole = NULL;
    return MINT_OK;
}

mint_status mm_table_write_marked(const struct mint_table *table, const char *path, const char *metadata, mint_error *err) {
    const struct mint_table *whole = table;
    struct mm_row_source source = {next_whole, &whole, table->row_count};
    return mm_rows_write(table->ctx, &source, path, metadata, err);
}

mint_status mint_table_write(const mint_table *table, const char *path, mint_error *err) {
    if (!table || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "writing needs a table and a path");
    return mm_table_write_marked(table, path, NULL, err);
}
