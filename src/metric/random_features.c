/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/random_features.h"

#include <math.h>

#include "rng/philox.h"

enum { D = MM_RANDOM_FEATURES };

mint_status mm_random_features_make(struct mm_random_features *map, const struct mm_frame *frame, struct mm_arena *scratch,
                                    mint_error *err) {
    MM_ALLOC_OR_RETURN(map->directions, scratch, frame->column_count, err);
    double width = sqrt((double)frame->column_count);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        uint32_t vectors = frame->columns[c].is_level ? frame->columns[c].level_count : 1;
        MM_ALLOC_OR_RETURN(map->directions[c], scratch, (size_t)vectors * D, err);
        for (uint32_t v = 0; v < vectors; v++) {
            struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_METRIC, 1000 + c, v);
            for (uint32_t k = 0; k < D; k++) map->directions[c][(size_t)v * D + k] = (float)(mm_rng_normal(&rng) / width);
        }
    }
    struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_METRIC, 999, 0);
    for (uint32_t k = 0; k < D; k++) map->phase[k] = (float)(6.283185307179586 * mm_rng_uniform(&rng));
    return MINT_OK;
}

mint_status mm_random_features_of(float **out, const struct mm_random_features *map, const struct mm_frame *frame, enum mm_side side,
                                  const uint32_t *rows, uint32_t count, struct mm_arena *scratch, mint_error *err) {
    MM_ALLOC_OR_RETURN(*out, scratch, (size_t)count * D, err);
    for (uint32_t i = 0; i < count; i++) {
        float *x = *out + (size_t)i * D;
        for (uint32_t k = 0; k < D; k++) x[k] = map->phase[k];
        for (uint32_t c = 0; c < frame->column_count; c++) {
            const struct mm_frame_column *column = &frame->columns[c];
            float value = column->values[side][rows[i]];
            const float *direction = map->directions[c] + (column->is_level ? (size_t)value * D : 0);
            float weight = column->is_level ? 1 : isnan(value) ? 0 : (float)((double)value / column->deviation);
            for (uint32_t k = 0; k < D; k++) x[k] += weight * direction[k];
        }
        for (uint32_t k = 0; k < D; k++) x[k] = (float)(sqrt(2.0 / D) * cos((double)x[k]));
    }
    return MINT_OK;
}
