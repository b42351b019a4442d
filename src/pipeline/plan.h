/* SPDX-License-Identifier: Apache-2.0 */
/* A plan describes a run: parsed once, checked, and written back so that it reproduces the run. */
#ifndef MM_PIPELINE_PLAN_H
#define MM_PIPELINE_PLAN_H
#include "base/json.h"

struct mm_plan {
    json_t *json; /* owned */
    const char *data, *target, *entity, *time, *generator, *schema, *policy, *format, *output;
    const char *holdout_file; /* or NULL: */
    double holdout_share;
    const json_t *parameters;
    const char **missing;
    size_t missing_count;
    uint64_t rows, seed; /* rows 0: as many as train */
    bool all_metrics;
};

mint_status mm_plan_parse(struct mm_plan *plan, struct mm_arena *arena, const char *json_text, mint_error *err);
mint_status mm_plan_check(const json_t *json, const char *source, mint_error *err);
void mm_plan_release(struct mm_plan *plan);

#endif
