/* SPDX-License-Identifier: Apache-2.0 */
/* The small stable part of DuckDB's C API (1.2 to 1.5) that duckdb.c uses, declared here because the package that
 * carries the library has no header. X(result, name, parameters). */
#ifndef MM_IO_DUCKDB_API_H
#define MM_IO_DUCKDB_API_H
#include <stdbool.h>
#include <stdint.h>

typedef void *duckdb_handle; /* database, connection, config, chunk, vector, logical type, table function: all opaque pointers */

typedef struct duckdb_result {
    uint64_t deprecated_column_count, deprecated_row_count, deprecated_rows_changed;
    void *deprecated_columns;
    char *deprecated_error_message;
    void *internal_data;
} duckdb_result;

/* A string in a vector: up to 12 bytes lie inside, longer ones behind the pointer. */
typedef union duckdb_string {
    struct {
        uint32_t length;
        char prefix[4];
        char *pointer;
    } outside;
    struct {
        uint32_t length;
        char bytes[12];
    } inside;
} duckdb_string;

enum { DUCKDB_OK = 0, DUCKDB_BIGINT = 5, DUCKDB_DOUBLE = 11, DUCKDB_VARCHAR = 17 };

#define MM_DUCKDB_API(X)                                                                                                                   \
    X(const char *, duckdb_library_version, (void))                                                                                        \
    X(int, duckdb_create_config, (duckdb_handle *))                                                                                        \
    X(int, duckdb_set_config, (duckdb_handle, const char *, const char *))                                                                 \
    X(void, duckdb_destroy_config, (duckdb_handle *))                                                                                      \
    X(int, duckdb_open_ext, (const char *, duckdb_handle *, duckdb_handle, char **))                                                       \
    X(void, duckdb_close, (duckdb_handle *))                                                                                               \
    X(int, duckdb_connect, (duckdb_handle, duckdb_handle *))                                                                               \
    X(void, duckdb_disconnect, (duckdb_handle *))                                                                                          \
    X(void, duckdb_free, (void *))                                                                                                         \
    X(int, duckdb_query, (duckdb_handle, const char *, duckdb_result *))                                                                   \
    X(const char *, duckdb_result_error, (duckdb_result *))                                                                                \
    X(void, duckdb_destroy_result, (duckdb_result *))                                                                                      \
    X(uint64_t, duckdb_column_count, (duckdb_result *))                                                                                    \
    X(duckdb_handle, duckdb_fetch_chunk, (duckdb_result))                                                                                  \
    X(uint64_t, duckdb_data_chunk_get_size, (duckdb_handle))                                                                               \
    X(void, duckdb_data_chunk_set_size, (duckdb_handle, uint64_t))                                                                         \
    X(duckdb_handle, duckdb_data_chunk_get_vector, (duckdb_handle, uint64_t))                                                              \
    X(void, duckdb_destroy_data_chunk, (duckdb_handle *))                                                                                  \
    X(void *, duckdb_vector_get_data, (duckdb_handle))                                                                                     \
    X(uint64_t *, duckdb_vector_get_validity, (duckdb_handle))                                                                             \
    X(void, duckdb_vector_ensure_validity_writable, (duckdb_handle))                                                                       \
    X(void, duckdb_vector_assign_string_element_len, (duckdb_handle, uint64_t, const char *, uint64_t))                                    \
    X(uint64_t, duckdb_vector_size, (void))                                                                                                \
    X(duckdb_handle, duckdb_create_logical_type, (int))                                                                                    \
    X(void, duckdb_destroy_logical_type, (duckdb_handle *))                                                                                \
    X(duckdb_handle, duckdb_create_table_function, (void))                                                                                 \
    X(void, duckdb_destroy_table_function, (duckdb_handle *))                                                                              \
    X(void, duckdb_table_function_set_name, (duckdb_handle, const char *))                                                                 \
    X(void, duckdb_table_function_set_extra_info, (duckdb_handle, void *, void (*)(void *)))                                               \
    X(void, duckdb_table_function_set_bind, (duckdb_handle, void (*)(duckdb_handle)))                                                      \
    X(void, duckdb_table_function_set_init, (duckdb_handle, void (*)(duckdb_handle)))                                                      \
    X(void, duckdb_table_function_set_function, (duckdb_handle, void (*)(duckdb_handle, duckdb_handle)))                                   \
    X(int, duckdb_register_table_function, (duckdb_handle, duckdb_handle))                                                                 \
    X(void *, duckdb_bind_get_extra_info, (duckdb_handle))                                                                                 \
    X(void, duckdb_bind_add_result_column, (duckdb_handle, const char *, duckdb_handle))                                                   \
    X(void, duckdb_init_set_max_threads, (duckdb_handle, uint64_t))                                                                        \
    X(void *, duckdb_function_get_extra_info, (duckdb_handle))                                                                             \
    X(void, duckdb_function_set_error, (duckdb_handle, const char *))

#endif
