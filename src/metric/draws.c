/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/draws.h"

#include "rng/philox.h"

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
            for (uint32_t i = 0; i < d->n; i++) d->resample[side][b][i] = d->cut[side][0][mm_rng_below(&rng, d->n)];
        }
    }
    return MINT_OK;
}
