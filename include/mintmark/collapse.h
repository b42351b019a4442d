/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_COLLAPSE_H
#define MINTMARK_COLLAPSE_H
#include "mintmark/table.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Models fitted to the output of models lose variety a little every time (Shumailov et al. 2024). Each generation is measured against the
 * original real holdout, and the trend over the generations is tested. */
typedef struct mint_collapse {
    size_t size;                          /* sizeof(mint_collapse) */
    const mint_table *holdout;            /* real rows that no generation was fitted to */
    const mint_table *const *generations; /* oldest first */
    uint32_t generation_count;            /* 2 to 1,000 */
    uint64_t seed;
} mint_collapse;
#define MINT_COLLAPSE_INIT                                                                                                                 \
    { sizeof(mint_collapse), NULL, NULL, 0, 0 }

/* The result as JSON text, owned by the context: by generation the variance ratio, tail mass, share of pair combinations covered, entropy
 * and effective rank; by figure the change a generation with its interval, and "alarm" when any moves more than chance would have it.
 * Of chains that do not change, at most one in a hundred raises an alarm. Errors: MINT_E_ARG (fewer than two generations, no common
 * column). Not safe to call twice at once on one context. */
MINT_API MINT_MUST_USE mint_status mint_collapse_json(const char **json, bool *alarm, mint_context *ctx, const mint_collapse *collapse,
                                                      mint_error *err);

#ifdef __cplusplus
}
#endif
#endif
