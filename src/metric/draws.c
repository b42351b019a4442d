/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/draws.h"

#include "rng/philox.h"

/* Holdout rows whose entities were drawn together, as often as these were drawn; cut or repeated to n. */
static mint_status resample_entities(uint32_t *out, const struct mm_draws *d, const struct mm_frame *frame, uint32_t b,
                                     struct mm_arena *scratch, mint_error *err) {
    uint16_t *weights;
    uint32_t made = 0;
    MM_ALLOC_OR_RETURN(weights, scratch, frame->row_count[MM_HOLDOUT], err);
    MM_RETURN_IF_ERROR(mm_frame_resample(frame, b, scratch, weights, err));
    for (uint32_t i = 0; i < d->n; i++)
        for (uint32_t k = 0; k < weights[d->cut[MM_HOLDOUT][0][i]] && made < d->n; k++) out[made++] = d->cut[MM_HOLDOUT][0][i];
    for (uint32_t i = 0; made < d->n; i++, made++) out[made] = d->cut[MM_HOLDOUT][0][i];
    mm_arena_free(scratch, weights);
    return MINT_OK;
}

mint_status mm_draws_make(struct mm_draws *d, const struct mm_frame *frame, uint32_t cuts_max, uint32_t resamples, uint64_t lane,
                          struct mm_arena *scratch, mint_error *err) {
    d->n = frame->row_count[MM_HOLDOUT];
    for (int side = 0; side < MM_HOLDOUT; side++)
        if (frame->row_count[side] < d->n) d->n = frame->row_count[side];
    for (int side = 0; side < MM_SIDES; side++) {
        if (!frame->row_count[side]) continue;
        uint32_t runs = frame->row_count[side] / d->n;
        d->cuts[side] = runs < 1 ? 1 : runs > cuts_max ? cuts_max : runs;
        for (uint32_t k = 0; k < d->cuts[side]; k++)
            MM_RETURN_IF_ERROR(mm_frame_cut(frame, (enum mm_side)side, d->n, k, scratch, &d->cut[side][k], err));
        for (uint32_t b = 0; side != MM_FLOOR && b < resamples; b++) {
            struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_RESAMPLE, b, lane + (uint64_t)side);
            MM_ALLOC_OR_RETURN(d->resample[side][b], scratch, d->n, err);
            if (side == MM_HOLDOUT && frame->entity) {
                MM_RETURN_IF_ERROR(resample_entities(d->resample[side][b], d, frame, b, scratch, err));
                continue;
            }
            for (uint32_t i = 0; i < d->n; i++) d->resample[side][b][i] = d->cut[side][0][mm_rng_below(&rng, d->n)];
        }
    }
    return MINT_OK;
}
