/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as hashes of their typed values, for exact matches between sides. All rows of a table, none is sampled. */
#ifndef MM_METRIC_ROW_HASH_H
#define MM_METRIC_ROW_HASH_H
#include "metric/frame.h"

struct mm_row_hash {
    uint64_t hash;
    uint32_t row;
};

/* One a table row, over the frame's columns: [table_rows[side]]. */
mint_status mm_row_hashes(struct mm_row_hash **out, const struct mm_frame *frame, enum mm_side side, struct mm_arena *scratch,
                          mint_error *err);
/* Order by hash, then row: for qsort. */
int mm_row_hash_compare(const void *a, const void *b);
/* The first of that hash in a sorted list, or NULL. */
const struct mm_row_hash *mm_row_hash_find(const struct mm_row_hash *sorted, uint64_t count, uint64_t hash);

/* Rows that equal a row of the sorted list: how many, and the distinct rows that they copy, ascending. */
struct mm_row_copies {
    uint64_t count;
    uint32_t *originals, distinct;
};
mint_status mm_row_copies_find(struct mm_row_copies *copies, const struct mm_row_hash *rows, uint64_t row_count,
                               const struct mm_row_hash *sorted, uint64_t sorted_count, struct mm_arena *scratch, mint_error *err);

#endif
