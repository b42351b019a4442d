/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_PIPELINE_EVALUATE_H
#define MM_PIPELINE_EVALUATE_H
#include "base/json.h"
#include "mintmark/report.h"
#include "table/lineage.h"

/* As mint_evaluate, with the lineage of the synthetic rows given; `details` (may be NULL, stolen) is merged into the report's inputs:
 * file names, digests, generator. */
mint_status mm_evaluate(mint_report **out, mint_context *ctx, const mint_evaluation *inputs, const struct mm_lineage *lineage,
                        json_t *details, mint_error *err);

#endif
