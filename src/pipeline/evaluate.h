/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_PIPELINE_EVALUATE_H
#define MM_PIPELINE_EVALUATE_H
#include "base/json.h"
#include "mintmark/report.h"

/* As mint_evaluate; `details` (may be NULL, stolen) is merged into the report's inputs: file names, digests, generator. */
mint_status mm_evaluate(mint_report **out, mint_context *ctx, const mint_evaluation *inputs, json_t *details, mint_error *err);

#endif
