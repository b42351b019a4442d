/* SPDX-License-Identifier: Apache-2.0 */
/* New identifiers in the form of real ones: row r always gets the same, no two rows share one, none is a real one. */
#ifndef MM_ENCODE_IDENTIFIER_H
#define MM_ENCODE_IDENTIFIER_H
#include "table/table.h"

enum { MM_SHAPE_MAX = 200 };

/* The texts of a form are numbered; a permutation of the numbers, `number = place x multiplier + shift`, scatters neighbours. Rows take
 * the places in turn and pass by those of real texts, so that as many rows as there are free texts look exactly like real ones; rows after
 * them get more digits. */
enum { MM_FORM_REAL, MM_FORM_WIDE, MM_FORMS };
struct mm_identifier {
    bool numbers; /* whole numbers: counted on from above the highest real one */
    int64_t next_number;
    uint8_t width;
    char shape[MM_SHAPE_MAX + 1]; /* per byte: 0 digit, a lower, A upper, x hexadecimal; L the literal at this place */
    char literal[MM_SHAPE_MAX + 1];
    uint8_t wide_at, wide_digits; /* the wide form has so many digits more, before that byte */
    uint64_t multiplier, shift;
    uint64_t *taken[MM_FORMS]; /* ascending places of real texts of that form */
    uint64_t taken_count[MM_FORMS];
};

/* How many texts a form can make: at most 2^63 for a fitted identifier; 0 when it would be more. */
uint64_t mm_identifier_domain(const struct mm_identifier *identifier, int form);
mint_status mm_identifier_fit(struct mm_identifier *identifier, struct mm_arena *arena, const struct mm_column *column, uint64_t row_count,
                              uint64_t seed, mint_error *err);
/* As snprintf. */
size_t mm_identifier_make(const struct mm_identifier *identifier, uint64_t row, char *text, size_t size);

#endif
