/* SPDX-License-Identifier: Apache-2.0 */
/* Loads libduckdb once and hands out sessions. Each session is an in-memory database of its own: no file, no network
 * (extensions are never fetched), as many threads as the context allows. */
#define _GNU_SOURCE /* dladdr */
#include "io/duckdb_session.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/duckdb.h"

#define DECLARE(result, name, parameters) static result(*p_##name) parameters;
MM_DUCKDB_API(DECLARE)

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static bool loaded;

static bool bind_all(void *library) {
#define BIND(result, name, parameters)                                                                                                     \
    {                                                                                                                                      \
        void *symbol = dlsym(library, #name);                                                                                              \
        if (!symbol) return false;                                                                                                         \
        memcpy(&p_##name, &symbol, sizeof symbol);                                                                                         \
    }
    MM_DUCKDB_API(BIND)
    return true;
}

/* Beside this library or program, then where the build put it, then wherever the system looks. */
static void *open_library(const char *given) {
    if (given) return dlopen(given, RTLD_NOW | RTLD_LOCAL);
    static const char *const places[] = {"libduckdb.so", "mintmark/libduckdb.so", "../lib/mintmark/libduckdb.so"};
    Dl_info self;
    if (dladdr((void *)(uintptr_t)&mm_duckdb_version, &self) && self.dli_fname) {
        const char *slash = strrchr(self.dli_fname, '/');
        int folder = slash ? (int)(slash - self.dli_fname) : 0;
        for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
            char path[4096];
            snprintf(path, sizeof path, "%.*s/%s", folder, self.dli_fname, places[i]);
            void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
            if (library) return library;
        }
    }
    void *library = NULL;
#ifdef MM_DUCKDB_INSTALLED
    library = dlopen(MM_DUCKDB_INSTALLED, RTLD_NOW | RTLD_LOCAL);
#endif
#ifdef MM_DUCKDB_BUILT
    if (!library) library = dlopen(MM_DUCKDB_BUILT, RTLD_NOW | RTLD_LOCAL);
#endif
    return library ? library : dlopen("libduckdb.so", RTLD_NOW | RTLD_LOCAL);
}

static mint_status load(struct mint_context *ctx, mint_error *err) {
    pthread_mutex_lock(&load_lock);
    mint_status status = MINT_OK;
    if (!loaded) {
        void *library = open_library(ctx->duckdb_library);
        if (!library)
            status =
                mm_error_set(err, MINT_E_UNSUPPORTED,
                             "cannot load libduckdb.so, which reads and writes all files: %s; 'make deps' puts it in place", dlerror());
        else if (!bind_all(library))
            status = mm_error_set(err, MINT_E_UNSUPPORTED,
                                  "libduckdb.so lacks a function that is needed; 'make deps' puts the right version in place");
        else
            loaded = true;
    }
    pthread_mutex_unlock(&load_lock);
    return status;
}

mint_status mm_duckdb_version(struct mint_context *ctx, char *version, size_t size, mint_error *err) {
    MM_RETURN_IF_ERROR(load(ctx, err));
    snprintf(version, size, "%s", p_duckdb_library_version());
    return MINT_OK;
}

mint_status mm_session_open(struct mm_session *session, struct mint_context *ctx, mint_error *err) {
    *session = (struct mm_session){.ctx = ctx};
    MM_RETURN_IF_ERROR(load(ctx, err));
    char threads[16];
    snprintf(threads, sizeof threads, "%u", ctx->threads);
    const char *const settings[][2] = {{"threads", threads},
                                       {"autoinstall_known_extensions", "false"},
                                       {"autoload_known_extensions", "false"},
                                       {"preserve_insertion_order", "true"}};
    duckdb_handle config = NULL;
    char *cause = NULL;
    bool good = p_duckdb_create_config(&config) == DUCKDB_OK;
    for (size_t i = 0; good && i < sizeof settings / sizeof *settings; i++)
        good = p_duckdb_set_config(config, settings[i][0], settings[i][1]) == DUCKDB_OK;
    good = good && p_duckdb_open_ext(NULL, &session->database, config, &cause) == DUCKDB_OK &&
           p_duckdb_connect(session->database, &session->connection) == DUCKDB_OK;
    if (config) p_duckdb_destroy_config(&config);
    mint_status status =
        good ? MINT_OK : mm_error_set(err, MINT_E_UNSUPPORTED, "DuckDB does not start: %s", cause ? cause : "unknown cause");
    if (cause) p_duckdb_free(cause);
    if (!good) mm_session_close(session);
    return status;
}

void mm_session_close(struct mm_session *session) {
    if (session->connection) p_duckdb_disconnect(&session->connection);
    if (session->database) p_duckdb_close(&session->database);
}

mint_status mm_session_query(struct mm_session *session, const char *sql, struct mm_rows *rows, const char *about, mint_error *err) {
    *rows = (struct mm_rows){0};
    if (p_duckdb_query(session->connection, sql, &rows->result) == DUCKDB_OK) {
        rows->column_count = p_duckdb_column_count(&rows->result);
        return MINT_OK;
    }
    /* DuckDB explains at length; its first line holds the cause. */
    const char *cause = p_duckdb_result_error(&rows->result);
    int length = cause ? (int)strcspn(cause, "\n") : 0;
    if (length > 300) length = 300;
    mint_status status = mm_error_set(err, cause && strstr(cause, "IO Error") ? MINT_E_IO : MINT_E_FORMAT,
                                      "cannot read or write '%s': %.*s", about, length, cause ? cause : "");
    p_duckdb_destroy_result(&rows->result);
    return status;
}

mint_status mm_session_run(struct mm_session *session, const char *sql, const char *about, mint_error *err) {
    struct mm_rows rows;
    MM_RETURN_IF_ERROR(mm_session_query(session, sql, &rows, about, err));
    mm_rows_close(&rows);
    return MINT_OK;
}

bool mm_rows_next(struct mm_rows *rows) {
    if (rows->chunk) p_duckdb_destroy_data_chunk(&rows->chunk);
    rows->chunk = p_duckdb_fetch_chunk(rows->result);
    rows->row_count = rows->chunk ? p_duckdb_data_chunk_get_size(rows->chunk) : 0;
    return rows->row_count > 0;
}

struct mm_vector mm_rows_vector(const struct mm_rows *rows, uint64_t column) {
    duckdb_handle vector = p_duckdb_data_chunk_get_vector(rows->chunk, column);
    return (struct mm_vector){.data = p_duckdb_vector_get_data(vector), .validity = p_duckdb_vector_get_validity(vector)};
}

void mm_rows_close(struct mm_rows *rows) {
    if (rows->chunk) p_duckdb_destroy_data_chunk(&rows->chunk);
    p_duckdb_destroy_result(&rows->result);
}

void *mm_chunk_data(const struct mm_chunk *chunk, uint32_t column) {
    return p_duckdb_vector_get_data(p_duckdb_data_chunk_get_vector(chunk->chunk, column));
}

void mm_chunk_null(const struct mm_chunk *chunk, uint32_t column, uint64_t row) {
    duckdb_handle vector = p_duckdb_data_chunk_get_vector(chunk->chunk, column);
    p_duckdb_vector_ensure_validity_writable(vector);
    p_duckdb_vector_get_validity(vector)[row / 64] &= ~((uint64_t)1 << (row % 64));
}

void mm_chunk_text(const struct mm_chunk *chunk, uint32_t column, uint64_t row, const char *text, size_t length) {
    p_duckdb_vector_assign_string_element_len(p_duckdb_data_chunk_get_vector(chunk->chunk, column), row, text, length);
}

static void bind_columns(duckdb_handle info) {
    const struct mm_producer *producer = p_duckdb_bind_get_extra_info(info);
    for (uint32_t c = 0; c < producer->column_count; c++) {
        char name[16];
        snprintf(name, sizeof name, "c%u", c);
        duckdb_handle type = p_duckdb_create_logical_type(producer->types[c]);
        p_duckdb_bind_add_result_column(info, name, type);
        p_duckdb_destroy_logical_type(&type);
    }
}

/* One thread asks: rows come in order. */
static void begin_rows(duckdb_handle info) { p_duckdb_init_set_max_threads(info, 1); }

static void produce_rows(duckdb_handle info, duckdb_handle output) {
    struct mm_producer *producer = p_duckdb_function_get_extra_info(info);
    struct mm_chunk chunk = {output, p_duckdb_vector_size()};
    uint64_t rows = 0;
    if (producer->status == MINT_OK) producer->status = producer->produce(producer->payload, &chunk, &rows, &producer->error);
    if (producer->status != MINT_OK) p_duckdb_function_set_error(info, producer->error.message);
    p_duckdb_data_chunk_set_size(output, producer->status == MINT_OK ? rows : 0);
}

mint_status mm_session_offer(struct mm_session *session, struct mm_producer *producer, mint_error *err) {
    duckdb_handle function = p_duckdb_create_table_function();
    if (!function) MM_RETURN_ERROR(err, MINT_E_UNSUPPORTED, "DuckDB takes no rows");
    p_duckdb_table_function_set_name(function, "t");
    p_duckdb_table_function_set_extra_info(function, producer, NULL);
    p_duckdb_table_function_set_bind(function, bind_columns);
    p_duckdb_table_function_set_init(function, begin_rows);
    p_duckdb_table_function_set_function(function, produce_rows);
    bool good = p_duckdb_register_table_function(session->connection, function) == DUCKDB_OK;
    p_duckdb_destroy_table_function(&function);
    if (!good) MM_RETURN_ERROR(err, MINT_E_UNSUPPORTED, "DuckDB takes no rows");
    return MINT_OK;
}
