/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_TABLE_INFER_H
#define MM_TABLE_INFER_H
#include "table/schema.h"
#include "table/table.h"

/* Turns a column of raw strings (codes and dictionary set) into its type, in place. `schema` (may be NULL) wins over
 * inference; `missing` are more missing marks. Errors: a schema whose type or format does not fit, naming row and cell. */
mint_status mm_column_infer(struct mint_table *table, struct mm_column *column, const struct mm_schema *schema, const char *const *missing,
                            size_t missing_count, mint_error *err);
/* Reconsiders a typed column (from Parquet, SQL or Arrow): finds ids, the decimals of floats, non-finite numbers. */
mint_status mm_column_refine(struct mint_table *table, struct mm_column *column, const struct mm_schema *schema, mint_error *err);

#endif
