/* SPDX-License-Identifier: Apache-2.0 */
/* Values that no train row has: a level that is none of train's ("Privat", "zzz"), a number beyond train's lowest or highest by more than a
 * tenth of its range. Real rows bring new ones as well, and the holdout says how often. Missing cells are the missingness figure's. */
#include <math.h>
#include <stdio.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"

struct known {
    const struct mm_frame_column *column;
    const bool *levels; /* of level columns: train has it */
    float low, high;    /* of numbers: train's */
};
static const float MARGIN = 0.1f; /* of the range: the next real row may well be a little beyond */

static bool is_invented(const struct known *known, float value) {
    if (isnan(value)) return false;
    float margin = MARGIN * (known->high - known->low);
    return known->column->is_level ? !known->levels[(uint32_t)value] : value < known->low - margin || value > known->high + margin;
}

static mint_status learn(struct known *known, const struct mm_frame *frame, uint32_t c, struct mm_arena *scratch, mint_error *err) {
    const struct mm_frame_column *column = &frame->columns[c];
    bool *levels = NULL;
    *known = (struct known){.column = column, .low = INFINITY, .high = -INFINITY};
    if (column->is_level) {
        uint32_t missing = mm_frame_missing_level(column);
        MM_ALLOC_OR_RETURN(levels, scratch, column->level_count, err);
        if (missing != UINT32_MAX) levels[missing] = true;
    }
    for (uint32_t r = 0; r < frame->row_count[MM_TRAIN]; r++) {
        float value = column->values[MM_TRAIN][r];
        if (column->is_level)
            levels[(uint32_t)value] = true;
        else if (!isnan(value))
            known->low = fminf(known->low, value), known->high = fmaxf(known->high, value);
    }
    known->levels = levels;
    return MINT_OK;
}

static double count_invented(const struct known *known, const struct mm_frame *frame, int side) {
    double count = 0;
    for (uint32_t r = 0; r < frame->row_count[side]; r++) count += is_invented(known, known->column->values[side][r]);
    return count;
}

static struct mm_item item_of(const struct known *known, const struct mm_frame *frame) {
    double n = frame->row_count[MM_SYNTHETIC], m = frame->row_count[MM_HOLDOUT], own = count_invented(known, frame, MM_SYNTHETIC),
           real = count_invented(known, frame, MM_HOLDOUT);
    return (struct mm_item){.distance = {own / n, real / m, mm_share_error(own, n, real, m)},
                            .reference = real / m,
                            .floor = count_invented(known, frame, MM_FLOOR) / frame->row_count[MM_FLOOR],
                            .columns = {known->column->name, NULL}};
}

/* The first one that is invented; train's own extremes are single people's and not said. */
static mint_status name_value(struct mm_figure *f, const struct mm_metric_job *job, const struct known *known, mint_error *err) {
    const struct mm_frame_column *column = known->column;
    for (uint32_t r = 0; r < job->frame->row_count[MM_SYNTHETIC]; r++) {
        float value = column->values[MM_SYNTHETIC][r];
        if (!is_invented(known, value)) continue;
        if (column->is_level)
            return mm_figure_detail(f, job, err, "such as '%.60s', which no train row has", column->level_names[(uint32_t)value]);
        if (column->type != MM_INTEGER && column->type != MM_FLOAT)
            return mm_figure_detail(f, job, err, "far beyond train's first or last");
        return mm_figure_detail(f, job, err, "such as %.9g, far beyond train's range", (double)value + column->origin);
    }
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct known *known;
    struct mm_item *items;
    MM_ALLOC_OR_RETURN(known, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(items, job->scratch, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        MM_RETURN_IF_ERROR(learn(&known[c], frame, c, job->scratch, err));
        items[c] = item_of(&known[c], frame);
    }
    MM_RETURN_IF_ERROR(mm_worst_item(job, self, self->id, items, frame->column_count, "there is no row to look at", err));
    struct mm_figure *f = &job->figures->list[job->figures->count - 1];
    for (uint32_t c = 0; c < frame->column_count && f->columns[0]; c++)
        if (known[c].column->name == f->columns[0]) return name_value(f, job, &known[c], err);
    return MINT_OK;
}

const struct mm_metric mm_metric_invented_values = {
    .id = "validity.invented_values",
    .figures = "validity.invented_values",
    .range = "0 to 100",
    .cost = "rows x columns",
    .without_value = "never",
    .axis = "validity",
    .summary = "the column with most values that no train row has, beyond the rate at which holdout rows have such",
    .formula = "max over columns of the share of rows with a level that train lacks or a number beyond train's range by more than a tenth "
               "of it, x100; "
               "excess over the holdout's share, its lower bound for all columns at once",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
