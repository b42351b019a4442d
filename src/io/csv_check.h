/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_IO_CSV_CHECK_H
#define MM_IO_CSV_CHECK_H
#include "base/memory.h"

/* What a CSV file looks like from its own bytes. */
struct mm_csv_shape {
    char delimiter;
    uint32_t column_count;
    char **names; /* unquoted; in the arena */
    uint64_t row_count;
};

/* Reads the whole file once and refuses what would be read wrongly: an empty file, a header without rows, ragged rows,
 * NUL bytes, invalid UTF-8, an open quote at the end, duplicate or empty column names. Each message names file, row,
 * column and remedy. The delimiter is the one of , ; tab | that the header holds most often. */
mint_status mm_csv_check(struct mm_csv_shape *shape, struct mm_arena *arena, const char *path, mint_error *err);
/* The same on bytes in memory; `path` is for messages. */
mint_status mm_csv_check_bytes(struct mm_csv_shape *shape, struct mm_arena *arena, const char *bytes, size_t count, const char *path,
                               mint_error *err);

#endif
