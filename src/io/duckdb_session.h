/* SPDX-License-Identifier: Apache-2.0 */
/* The seam inside this room: sessions, rows out and rows in, without DuckDB's names. */
#ifndef MM_IO_DUCKDB_SESSION_H
#define MM_IO_DUCKDB_SESSION_H
#include "io/duckdb_api.h"
#include "parallel/context.h"

struct mm_session {
    struct mint_context *ctx;
    duckdb_handle database, connection;
};
mint_status mm_session_open(struct mm_session *session, struct mint_context *ctx, mint_error *err);
void mm_session_close(struct mm_session *session);

/* A result, chunk by chunk. */
struct mm_rows {
    duckdb_result result;
    duckdb_handle chunk;
    uint64_t column_count, row_count;
};
struct mm_vector {
    void *data;
    const uint64_t *validity;
};
static inline bool mm_vector_valid(const struct mm_vector *v, uint64_t row) {
    return !v->validity || (v->validity[row / 64] >> (row % 64) & 1);
}
/* `about` is what messages call the source or target. */
mint_status mm_session_query(struct mm_session *session, const char *sql, struct mm_rows *rows, const char *about, mint_error *err);
mint_status mm_session_run(struct mm_session *session, const char *sql, const char *about, mint_error *err);
bool mm_rows_next(struct mm_rows *rows);
struct mm_vector mm_rows_vector(const struct mm_rows *rows, uint64_t column);
void mm_rows_close(struct mm_rows *rows);

/* Rows that DuckDB asks for, a chunk at a time: the table function "t()" with columns c0, c1, ... */
struct mm_chunk {
    duckdb_handle chunk;
    uint64_t capacity;
};
void *mm_chunk_data(const struct mm_chunk *chunk, uint32_t column);
void mm_chunk_null(const struct mm_chunk *chunk, uint32_t column, uint64_t row);
void mm_chunk_text(const struct mm_chunk *chunk, uint32_t column, uint64_t row, const char *text, size_t length);

struct mm_producer {
    const int *types; /* DUCKDB_BIGINT, DUCKDB_DOUBLE or DUCKDB_VARCHAR */
    uint32_t column_count;
    /* Up to chunk->capacity rows into the chunk, and how many; 0: no more. */
    mint_status (*produce)(void *payload, const struct mm_chunk *chunk, uint64_t *rows, mint_error *err);
    void *payload;
    mint_status status; /* set by the session: why produce stopped the query */
    mint_error error;
};
/* The producer outlives the session's queries. */
mint_status mm_session_offer(struct mm_session *session, struct mm_producer *producer, mint_error *err);

#endif
