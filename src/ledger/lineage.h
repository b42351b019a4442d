/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows were minted here, and which models learned from such rows. A generator that learns from its own output loses what is
 * rare, generation by generation (Shumailov et al. 2024), and a holdout of minted rows flatters whatever is judged by it; rows alone
 * do not show either. Hashes are those of the holdout lock, so shuffling, other spellings and Parquet do not hide a row. */
#ifndef MM_LEDGER_LINEAGE_H
#define MM_LEDGER_LINEAGE_H
#include "ledger/ledger.h"
#include "table/lineage.h"

/* Of a sample so many of its first rows are remembered; counts are scaled by what they stand for. */
enum { MM_MINT_SKETCH_ROWS = 16384 };

/* Records that rows first .. first + rows - 1 of a model file (by its digest) were drawn; `head` holds the first of them. */
mint_status mm_lineage_record_sample(struct mm_ledger *ledger, const struct mint_table *head, const char *model, uint64_t first,
                                     uint64_t rows, uint64_t seed, mint_error *err);
/* Records what a model file was fitted to: how much of it was minted, which *out tells, and all its rows. */
mint_status mm_lineage_record_fit(struct mm_lineage *out, struct mm_ledger *ledger, const struct mint_table *train, const char *model,
                                  mint_error *err);
/* Gives notice when a twentieth or more of what a model learned from was minted; `source` names it. */
void mm_lineage_notice(struct mint_context *ctx, const struct mm_lineage *lineage, const char *source);
/* How the model behind these rows was fitted: *out is unknown unless most of them are remembered. */
mint_status mm_lineage_of(struct mm_lineage *out, struct mm_ledger *ledger, const struct mint_table *synthetic, mint_error *err);
/* MINT_E_VERIFY, naming how many, when a table from which a holdout is made holds minted rows: more than one in a hundred, beyond
 * those that are as frequent among `real` (may be NULL) and recorded real rows, which equal minted ones by chance. */
mint_status mm_lineage_check_holdout(struct mm_ledger *ledger, const struct mint_table *table, const struct mint_table *real,
                                     mint_error *err);

#endif
