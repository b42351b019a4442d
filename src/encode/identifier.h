/* SPDX-License-Identifier: Apache-2.0 */
/* New identifiers in the form of real ones: row r always gets the same, no two rows share one, none is a real one. */
#ifndef MM_ENCODE_IDENTIFIER_H
#define MM_ENCODE_IDENTIFIER_H
#include "table/table.h"

enum { MM_SHAPE_MAX = 200 };

struct mm_identifier {
    bool numbers; /* whole numbers: counted on from above the highest real one */
    int64_t next_number;
    uint8_t width;
    char shape[MM_SHAPE_MAX + 1]; /* per byte: 0 digit, a lower, A upper, x hexadecimal; L the literal at this place */
    char literal[MM_SHAPE_MAX + 1];
    uint64_t domain; /* how many texts the shape can make, at most 2^62 */
    uint64_t multiplier, shift;
    uint64_t *real; /* sorted hashes of the real ones, for keeping clear of them */
    uint64_t real_count;
};

mint_status mm_identifier_fit(struct mm_identifier *identifier, struct mm_arena *arena, const struct mm_column *column, uint64_t row_count,
                              uint64_t seed, mint_error *err);
/* As snprintf. */
size_t mm_identifier_make(const struct mm_identifier *identifier, uint64_t row, char *text, size_t size);

#endif
