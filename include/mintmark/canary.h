/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_CANARY_H
#define MINTMARK_CANARY_H
#include "mintmark/model.h"
#ifdef __cplusplus
extern "C" {
#endif

/* An audit in one run (Steinke, Nasr and Jagielski 2023): some rows are chosen as canaries, and a coin decides for each whether it
 * stays in the training file. Whoever then tells from the model or its output which stayed proves a leak. */

/* Chooses `count` rows of `real` (0: one in ten, at most 1,000), leaves about half of them out, and writes the rest to `path`. Beside it
 * go "PATH.canaries.csv", the canaries, and "PATH.canaries.json", what the coins said: keep both from whoever fits.
 * Errors: MINT_E_ARG (fewer than 40 canaries), MINT_E_IO (a file is there already, or cannot be written). */
MINT_API MINT_MUST_USE mint_status mint_canary_plant(mint_context *ctx, const mint_table *real, uint32_t count, uint64_t seed,
                                                     const char *path, mint_error *err);

typedef struct mint_canary_audit {
    size_t size;                 /* sizeof(mint_canary_audit) */
    const char *canaries;        /* the file that mint_canary_plant wrote, ending in ".canaries.json" */
    const mint_table *synthetic; /* rows to be audited; may be NULL when there is a model */
    const mint_model *model;     /* with a density; may be NULL when there are rows */
    const mint_table *reference; /* other real rows, neither canaries nor fitted: sharpens the attack; may be NULL */
} mint_canary_audit;
#define MINT_CANARY_AUDIT_INIT                                                                                                             \
    { sizeof(mint_canary_audit), NULL, NULL, NULL, NULL }

/* The result as JSON text, owned by the context: for each attack its right guesses, a lower bound at 95 % on epsilon over all attacks,
 * the same for a planted control, and the largest epsilon that so many canaries can prove. */
MINT_API MINT_MUST_USE mint_status mint_canary_audit_json(const char **json, mint_context *ctx, const mint_canary_audit *audit,
                                                          mint_error *err);

#ifdef __cplusplus
}
#endif
#endif
