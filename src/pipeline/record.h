/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_PIPELINE_RECORD_H
#define MM_PIPELINE_RECORD_H
#include "base/json.h"
#include "mintmark/report.h"
#include "pipeline/plan.h"
#include "policy/gate.h"

struct mm_record_inputs {
    mint_context *ctx;
    const char *folder, *synthetic;
    const struct mm_plan *plan;
    const mint_model *model;
    const mint_report *report;
    enum mm_verdict verdict;
    bool reused_holdout, new_holdout;
};

/* The account of one run: inputs' hashes, versions, parameters, seeds, figures, verdict, and which files may be shared. The
 * caller owns *out. Only "time" differs between two runs of the same plan. */
mint_status mm_record_make(json_t **out, const struct mm_record_inputs *inputs, mint_error *err);

#endif
