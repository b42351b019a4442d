/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_REPORT_REPORT_H
#define MM_REPORT_REPORT_H
#include "base/json.h"
#include "metric/metric.h"
#include "mintmark/report.h"
#include "parallel/context.h"

struct mint_report {
    struct mint_context *ctx;
    struct mm_arena arena;
    json_t *root;
    char *text;
};

mint_status mm_report_new(struct mint_report **out, struct mint_context *ctx, mint_error *err);
/* The figures and the columns' counts as the report's JSON; `inputs` is stolen. */
mint_status mm_report_fill(struct mint_report *report, json_t *inputs, const struct mm_frame *frame, const struct mm_figures *figures,
                           mint_error *err);

#endif
