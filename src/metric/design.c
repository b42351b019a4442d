/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/design.h"

#include <math.h>

mint_status mm_design_standard(struct mm_standard *standard, const struct mm_frame *frame, const struct mm_rows_of *runs,
                               uint32_t run_count, struct mm_arena *scratch, mint_error *err) {
    MM_ALLOC_OR_RETURN(standard->mean, scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(standard->scale, scratch, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        if (frame->columns[c].is_level) continue;
        double n = 0, sum = 0, squares = 0;
        for (uint32_t k = 0; k < run_count; k++)
            for (uint32_t i = 0; i < runs[k].count; i++) {
                double value = (double)frame->columns[c].values[runs[k].side][runs[k].rows[i]] / frame->columns[c].range;
                if (isnan(value)) continue;
                n++, sum += value, squares += value * value;
            }
        double mean = n > 0 ? sum / n : 0, variance = n > 0 ? squares / n - mean * mean : 0;
        standard->mean[c] = (float)(mean * frame->columns[c].range);
        standard->scale[c] = variance > 1e-12 ? (float)(1 / (sqrt(variance) * frame->columns[c].range)) : 0;
    }
    return MINT_OK;
}

mint_status mm_design_build(struct mm_design *design, const struct mm_standard *standard, const struct mm_frame *frame,
                            const struct mm_rows_of *runs, uint32_t run_count, int64_t without, struct mm_arena *scratch, mint_error *err) {
    uint32_t dense = 0, sparse = 0, rows = 0, at = 0;
    for (uint32_t c = 0; c < frame->column_count; c++)
        if (c != without) (*(frame->columns[c].is_level ? &sparse : &dense))++;
    for (uint32_t k = 0; k < run_count; k++) rows += runs[k].count;
    float *values;
    uint32_t *levels;
    MM_ALLOC_OR_RETURN(values, scratch, (size_t)rows * dense, err);
    MM_ALLOC_OR_RETURN(levels, scratch, (size_t)rows * sparse, err);
    uint32_t next = dense, dense_at = 0, sparse_at = 0;
    for (uint32_t c = 0; c < frame->column_count; c++) {
        const struct mm_frame_column *column = &frame->columns[c];
        if (c == without) continue;
        at = 0;
        for (uint32_t k = 0; k < run_count; k++)
            for (uint32_t i = 0; i < runs[k].count; i++, at++) {
                float value = column->values[runs[k].side][runs[k].rows[i]];
                if (column->is_level)
                    levels[(size_t)at * sparse + sparse_at] = next + (uint32_t)value;
                else
                    values[(size_t)at * dense + dense_at] = isnan(value) ? 0 : (value - standard->mean[c]) * standard->scale[c];
            }
        if (column->is_level) {
            next += column->level_count;
            sparse_at++;
        } else
            dense_at++;
    }
    *design = (struct mm_design){rows, dense, sparse, next + 1, values, levels};
    return MINT_OK;
}
