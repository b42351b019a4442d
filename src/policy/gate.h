/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a report by a policy: each rule names a harm and where it begins, and is judged by interval. */
#ifndef MM_POLICY_GATE_H
#define MM_POLICY_GATE_H
#include "base/json.h"

enum mm_verdict { MM_PASS = 0, MM_FAIL = 1, MM_INCONCLUSIVE = 2 };
const char *mm_verdict_name(enum mm_verdict verdict);

/* The default policy as YAML text: src/policy/default_policy.yaml, embedded at build. */
extern const char mm_default_policy[];
extern const size_t mm_default_policy_length;
/* Reads a policy file, or the default when path is NULL; validated. The caller owns *out. */
mint_status mm_policy_read(json_t **out, struct mm_memory *memory, const char *path, mint_error *err);
mint_status mm_policy_parse(json_t **out, const char *bytes, size_t count, const char *source, mint_error *err);
/* Sets report["verdict"] from report["metrics"]. */
mint_status mm_gate(json_t *report, const json_t *policy, enum mm_verdict *verdict, mint_error *err);

#endif
