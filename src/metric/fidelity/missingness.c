/* SPDX-License-Identifier: Apache-2.0 */
/* Where values are missing: how often, and among which rows. Of the rows that lack a value, every other column is compared
 * with the real rows that lack it; missing cells strewn at random show there even when their number is right. */
#include <math.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"

enum { BINS = 8, ROWS_MIN = 100, OTHERS_MAX = 200 };

static bool is_missing(const struct mm_frame_column *column, uint32_t missing_level, int side, uint32_t row) {
    return column->is_level ? (uint32_t)column->values[side][row] == missing_level : isnan(column->values[side][row]);
}

/* Among the rows of a side that lack column c: counts of column d's bins. */
static double tally(double counts[BINS], const struct mm_frame *frame, const struct mm_coarse *other, uint32_t c, uint32_t missing_level,
                    int side) {
    double rows = 0;
    for (uint32_t k = 0; k < BINS; k++) counts[k] = 0;
    for (uint32_t r = 0; r < frame->row_count[side]; r++)
        if (is_missing(&frame->columns[c], missing_level, side, r)) counts[other->of_row[side][r]]++, rows++;
    return rows;
}

static void compare(struct mm_item *items, uint32_t *count, const struct mm_frame *frame, const struct mm_coarse *coarse, uint32_t c,
                    uint32_t missing_level) {
    uint32_t others = frame->column_count < OTHERS_MAX ? frame->column_count : OTHERS_MAX;
    for (uint32_t d = 0; d < others; d++) {
        if (d == c) continue;
        double counts[MM_SIDES][BINS], rows[MM_SIDES], n_real = 0;
        for (int side = 0; side < MM_SIDES; side++) {
            rows[side] = tally(counts[side], frame, &coarse[d], c, missing_level, side);
            if (mm_is_real(frame, side)) n_real += rows[side];
        }
        if (rows[MM_SYNTHETIC] < ROWS_MIN || n_real < ROWS_MIN) return;
        items[(*count)++] =
            mm_item_of_counts(frame, &counts[0][0], BINS, mm_table_distance, frame->columns[c].name, frame->columns[d].name);
    }
}

/* A shift of the rate, as a two-bin table. */
static struct mm_item rates(const struct mm_frame *frame, const double missing[MM_SIDES], const double real[2], const char *name) {
    double counts[MM_SIDES][2];
    for (int side = 0; side < MM_SIDES; side++) counts[side][0] = missing[side], counts[side][1] = frame->row_count[side] - missing[side];
    return (struct mm_item){.distance = mm_table_distance(counts[MM_SYNTHETIC], real, 2),
                            .reference = mm_table_distance(counts[MM_HOLDOUT], counts[MM_TRAIN], 2).value,
                            .floor = mm_table_distance(counts[MM_FLOOR], real, 2).value,
                            .columns = {name, NULL}};
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_coarse *coarse;
    struct mm_item *items;
    uint32_t item_count = 0, columns = frame->column_count;
    MM_ALLOC_OR_RETURN(coarse, job->scratch, columns, err);
    MM_ALLOC_OR_RETURN(items, job->scratch, (size_t)columns * (columns < OTHERS_MAX ? columns : OTHERS_MAX) + columns, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, BINS, job->scratch, err));
    for (uint32_t c = 0; c < columns; c++) {
        uint32_t missing_level = mm_frame_missing_level(&frame->columns[c]);
        double missing[MM_SIDES] = {0}, real[2] = {0};
        for (int side = 0; side < MM_SIDES; side++) {
            for (uint32_t r = 0; r < frame->row_count[side]; r++) missing[side] += is_missing(&frame->columns[c], missing_level, side, r);
            if (mm_is_real(frame, side)) real[0] += missing[side], real[1] += frame->row_count[side] - missing[side];
        }
        if (missing[MM_SYNTHETIC] + real[0] < 1) continue;
        items[item_count++] = rates(frame, missing, real, frame->columns[c].name);
        compare(items, &item_count, frame, coarse, c, missing_level);
    }
    return mm_worst_item(job, self, self->id, items, item_count, "no value is missing", err);
}

const struct mm_metric mm_metric_missingness = {
    .id = "fidelity.missingness",
    .figures = "fidelity.missingness",
    .range = "0 to 100",
    .cost = "rows x columns with missing cells x columns",
    .without_value = "no value is missing",
    .axis = "fidelity",
    .summary = "the column whose missing cells are placed most unlike the real ones: their rate, and which rows they fall on",
    .formula = "max over columns c of the difference of missing rates, and over pairs (c, d) of TVD of d (8 bins, the first 200 columns) "
               "among rows that lack c, "
               "x100; excess and bounds as for pairs",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
