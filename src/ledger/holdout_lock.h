/* SPDX-License-Identifier: Apache-2.0 */
/* The lock on the holdout: keyed hashes of typed values in the order of the column names, so that shuffled rows, moved
 * columns, other spellings of numbers and a change of file format do not hide a row. */
#ifndef MM_LEDGER_HOLDOUT_LOCK_H
#define MM_LEDGER_HOLDOUT_LOCK_H
#include "ledger/ledger.h"

/* One hash a row, into the arena. */
mint_status mm_lock_hash_rows(struct mm_row_hash **out, struct mm_arena *arena, const struct mint_table *table,
                              const unsigned char key[MM_KEY_BYTES], mint_error *err);
/* Sets of hashes: sorted, then asked. */
void mm_lock_sort(struct mm_row_hash *hashes, uint64_t count);
bool mm_lock_holds(const struct mm_row_hash *sorted, uint64_t count, const struct mm_row_hash *hash);
/* What names a set of columns: the sorted names' digest, 65 bytes. */
mint_status mm_lock_columns(char hex[65], struct mm_arena *scratch, const struct mint_table *table, mint_error *err);
/* Records a split; rows[0..holdout_count) are the holdout's row numbers, ascending. */
mint_status mm_lock_record(struct mm_ledger *ledger, const struct mint_table *table, const uint64_t *holdout, uint64_t holdout_count,
                           mint_error *err);
/* The same for two files with the same columns (MINT_E_ARG else); *shared holdout rows stand in train, too, and are not locked. */
mint_status mm_lock_record_parts(struct mm_ledger *ledger, const struct mint_table *train, const struct mint_table *holdout,
                                 uint64_t *shared, mint_error *err);
/* The rows of `table` that an earlier split of the same data held out: *count is 0 when the data are new. */
mint_status mm_lock_reuse(struct mm_ledger *ledger, struct mm_arena *arena, const struct mint_table *table, uint64_t **holdout,
                          uint64_t *count, mint_error *err);
/* MINT_E_VERIFY, naming how many, when the rows to be fitted hold more locked rows than chance explains. */
mint_status mm_lock_check(struct mm_ledger *ledger, const struct mint_table *table, mint_error *err);

#endif
