/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_PIPELINE_SPLIT_H
#define MM_PIPELINE_SPLIT_H
#include "table/table.h"

enum { MM_HOLDOUT_ROWS_MIN = 30 };

/* Which rows judge everything. Stratified on the target (levels, or deciles of a number), whole entities when `entity` is named,
 * the latest rows when `time` is. */
struct mm_split_request {
    const char *target, *entity, *time;
    double share;
    uint64_t seed;
};
/* Row numbers of the holdout, ascending, into the arena. Errors: a column that is not there; too few rows for any rule. */
mint_status mm_split(uint64_t **holdout, uint64_t *count, struct mm_arena *arena, const struct mint_table *table,
                     const struct mm_split_request *request, mint_error *err);
/* The two parts as tables of their own. */
mint_status mm_split_tables(struct mint_table **train, struct mint_table **held, const struct mint_table *table, const uint64_t *holdout,
                            uint64_t count, mint_error *err);

#endif
