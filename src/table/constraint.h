/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints: what people declare of every row, in the schema's list `constraints`. One line each:
 *
 *     age >= 18                              a range
 *     "start date" <= end_date - 1           an order; dates and timestamps count in days
 *     total = net + 0.2 * net                arithmetic
 *     if status = 'open' then closed is missing
 *     country in ('DE', 'FR') or vat = 0
 *     unique(customer, day)                  no two rows share these cells
 *     known(make, model)                     together only as in the training rows
 *
 * Words are compared without regard to case; a column whose name is no plain word stands in double quotes, a text in single ones. As in
 * SQL, what compares a missing cell is neither true nor false, and breaks nothing. */
#ifndef MM_TABLE_CONSTRAINT_H
#define MM_TABLE_CONSTRAINT_H
#include "table/table.h"

struct mm_constraint;
enum { MM_CONSTRAINTS_MAX = 1000, MM_CONSTRAINT_BYTES_MAX = 2000 };

/* Parses one line. Errors: MINT_E_FORMAT, with the place in the line. */
mint_status mm_constraint_parse(struct mm_constraint **out, struct mm_arena *arena, const char *text, mint_error *err);
/* Sets broken[row] for the table's rows that break the constraint, and leaves the others as they are; `train` tells which combinations are
 * known. Errors: MINT_E_FORMAT when a table lacks a column or the constraint asks of one what its type cannot answer. */
mint_status mm_constraint_check(const struct mm_constraint *constraint, const struct mint_table *table, const struct mint_table *train,
                                bool *broken, mint_error *err);
/* Only the errors of mm_constraint_check, for a table that was just read. */
mint_status mm_constraint_fits(const struct mm_constraint *constraint, const struct mint_table *table, mint_error *err);

#endif
