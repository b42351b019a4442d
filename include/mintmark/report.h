/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_REPORT_H
#define MINTMARK_REPORT_H
#include "mintmark/model.h"
#include "mintmark/table.h"
#ifdef __cplusplus
extern "C" {
#endif

/* An evaluation: figures with intervals and references, and the verdict once a gate has judged it. One thread at a time. */
typedef struct mint_report mint_report;

typedef enum mint_verdict { MINT_VERDICT_PASS = 0, MINT_VERDICT_FAIL = 1, MINT_VERDICT_INCONCLUSIVE = 2 } mint_verdict;

typedef struct mint_evaluation {
    size_t size; /* sizeof(mint_evaluation) */
    const mint_table *train, *synthetic, *holdout;
    const mint_model *model;   /* may be NULL: log-likelihood is then left open */
    const char *target;        /* may be NULL */
    const char *entity;        /* column whose value names what rows belong to; may be NULL */
    const char *ledger;        /* folder of the ledger that may know how the rows were made; may be NULL */
    bool split_by_time;        /* the parts drift apart: references are measured with it */
    bool policy_only;          /* only what the default policy needs */
    const char *axis, *metric; /* only these, metrics parted by commas; NULL: all */
    uint64_t seed;
} mint_evaluation;
#define MINT_EVALUATION_INIT                                                                                                               \
    { sizeof(mint_evaluation), NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, NULL, NULL, 0 }

/* Judges synthetic rows against a holdout that nothing was fitted to. Columns that are ids, free text or not in all three tables
 * are left out and listed. Every metric yields a value or a reason. Errors: MINT_E_ARG (unknown target),
 * MINT_E_VERIFY (the ledger remembers holdout rows as minted). */
MINT_API MINT_MUST_USE mint_status mint_evaluate(mint_report **out, mint_context *ctx, const mint_evaluation *inputs, mint_error *err);
/* Judges by a policy file, or by the default policy when path is NULL; sets the report's verdict. */
MINT_API MINT_MUST_USE mint_status mint_gate(mint_report *report, const char *policy_path, mint_verdict *verdict, mint_error *err);
/* The report as JSON text (docs/report.schema.json), owned by the report until its next change. */
MINT_API MINT_MUST_USE mint_status mint_report_json(const char **out, mint_report *report, mint_error *err);
MINT_API MINT_MUST_USE mint_status mint_report_read(mint_report **out, mint_context *ctx, const char *path, mint_error *err);
MINT_API MINT_MUST_USE mint_status mint_report_write(const mint_report *report, const char *path, mint_error *err);
/* One line a judged rule: status, rule, sentence; then the rules that had nothing to judge. As snprintf. */
MINT_API size_t mint_report_summary(const mint_report *report, char *text, size_t size);
/* One self-contained page that opens offline. */
MINT_API MINT_MUST_USE mint_status mint_report_html(const mint_report *report, const char *path, mint_error *err);
MINT_API void mint_report_free(mint_report *report);
/* Ids, formulas and summaries of all metrics as JSON text, owned by the context. */
MINT_API MINT_MUST_USE mint_status mint_metrics_list(const char **out, mint_context *ctx, mint_error *err);
/* The default policy as YAML. Static storage. */
MINT_API const char *mint_policy_default(void);

#ifdef __cplusplus
}
#endif
#endif
