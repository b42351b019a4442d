/* SPDX-License-Identifier: Apache-2.0 */
/* How numbers are written: digits after the point, zeros at the end, whether a multiple of five. People heap and round, sensors
 * do not; a generator that rounds, or turns integers into fractions, is seen here and hardly anywhere else. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"

/* Fractions by digits after the point, 1 to 6 and more; whole numbers by their end: 1-4 or 6-9, 5, one zero, two, more; zero. */
enum { FORM_FRACTION = 0, FORM_OTHER = 7, FORM_FIVE, FORM_TEN, FORM_HUNDRED, FORM_THOUSAND, FORM_ZERO, FORMS };

static int form_of(double value) {
    value = fabs(value);
    if (value == 0) return FORM_ZERO;
    if (!(value < 9e15)) return FORM_OTHER;
    double scaled = value;
    for (int digits = 0; digits < 7; digits++, scaled = value * pow(10, digits)) {
        if (fabs(scaled - nearbyint(scaled)) > 1e-9 * fmax(1, scaled)) continue;
        if (digits) return FORM_FRACTION + digits - 1;
        int64_t whole = (int64_t)nearbyint(value);
        return whole % 1000 == 0  ? FORM_THOUSAND
               : whole % 100 == 0 ? FORM_HUNDRED
               : whole % 10 == 0  ? FORM_TEN
               : whole % 5 == 0   ? FORM_FIVE
                                  : FORM_OTHER;
    }
    return FORM_FRACTION + 6;
}

static void tally(double counts[FORMS], const struct mm_frame *frame, int side, const char *name) {
    const struct mint_table *table = frame->tables[side];
    memset(counts, 0, FORMS * sizeof *counts);
    if (!table) return;
    const struct mm_column *column = &table->columns[mm_table_find(table, name)];
    for (uint32_t r = 0; r < frame->row_count[side]; r++) {
        uint64_t row = frame->row_of[side][r];
        if (!mm_column_missing(column, row)) counts[form_of(mm_column_number(column, row))]++;
    }
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_item *items;
    uint32_t count = 0;
    MM_ALLOC_OR_RETURN(items, job->scratch, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        const struct mm_frame_column *column = &frame->columns[c];
        if (column->type != MM_INTEGER && column->type != MM_FLOAT) continue;
        double counts[MM_SIDES][FORMS];
        for (int side = 0; side < MM_SIDES; side++) tally(counts[side], frame, side, column->name);
        items[count++] = mm_item_of_counts(frame, &counts[0][0], FORMS, mm_table_distance, column->name, NULL);
    }
    return mm_worst_item(job, self, self->id, items, count, "there is no number column", err);
}

const struct mm_metric mm_metric_number_forms = {
    .id = "validity.number_forms",
    .figures = "validity.number_forms",
    .range = "0 to 100",
    .cost = "rows x number columns",
    .without_value = "no number column",
    .axis = "validity",
    .summary = "the number column whose values are rounded, heaped or cut into decimals most unlike the real ones",
    .formula =
        "max over number columns of TVD over 13 forms (digits after the point; ends in 5, 0, 00, 000; zero), x100; excess and bounds "
        "as for the worst column",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
