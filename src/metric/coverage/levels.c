/* SPDX-License-Identifier: Apache-2.0 */
/* Levels that were lost or inflated: every category, and every value of a number with few of them, that real rows show often
 * enough to count. The classes of the target are a family of their own, so that a rare class is judged more sharply. */
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "metric/target.h"

enum { BINS = 255, VALUES_MAX = 60, ROWS_MIN = 30 };

/* Appends the column's levels as events; numbers only when each distinct value has a bin of its own. */
static void list_events(struct mm_event *events, uint32_t *count, const struct mm_frame *frame, const struct mm_coarse *coarse,
                        uint32_t c) {
    double counts[MM_SIDES][BINS] = {{0}};
    const struct mm_frame_column *column = &frame->columns[c];
    if (coarse->bins > VALUES_MAX && !column->is_level) return;
    for (int side = 0; side < MM_FLOOR; side++)
        for (uint32_t r = 0; r < frame->row_count[side]; r++) counts[side][coarse->of_row[side][r]]++;
    for (uint32_t k = 0; k < coarse->bins; k++) {
        double real = counts[MM_TRAIN][k] + (frame->drifts ? 0 : counts[MM_HOLDOUT][k]);
        if (real < ROWS_MIN) continue;
        struct mm_event *e = &events[(*count)++];
        *e = (struct mm_event){.synthetic = counts[MM_SYNTHETIC][k],
                               .n_synthetic = frame->row_count[MM_SYNTHETIC],
                               .real = real,
                               .n_real = mm_real_rows(frame),
                               .column = c,
                               .item = k};
    }
}

static void name_level(char out[MM_BIN_NAME_MAX], const struct mm_frame *frame, const struct mm_event *event, const void *payload) {
    const struct mm_coarse *coarse = payload;
    mm_coarse_name(out, frame, event->column, &coarse[event->column], event->item);
}

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const char *lost_id, const char *gained_id,
                          const struct mm_event *events, uint32_t count, const struct mm_coarse *coarse, mint_error *err) {
    MM_RETURN_IF_ERROR(
        mm_worst_event(job, self, lost_id,
                       "max over levels of 1 - synthetic rate / real rate, x100; bounds of the ratio by Clopper and Pearson, "
                       "for all levels at once below",
                       events, count, true, name_level, coarse, err));
    return mm_worst_event(job, self, gained_id, "max over levels of synthetic rate / real rate - 1, x100; bounds as for lost levels",
                          events, count, false, name_level, coarse, err);
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_coarse *coarse;
    struct mm_event *events;
    MM_ALLOC_OR_RETURN(coarse, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(events, job->scratch, (size_t)frame->column_count * BINS, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(coarse, frame, BINS, job->scratch, err));
    uint32_t count = 0;
    for (uint32_t c = 0; c < frame->column_count; c++)
        if (c != frame->target) list_events(events, &count, frame, &coarse[c], c);
    MM_RETURN_IF_ERROR(report(job, self, "coverage.levels.lost", "coverage.levels.gained", events, count, coarse, err));
    count = 0;
    if (frame->target >= 0) list_events(events, &count, frame, &coarse[frame->target], (uint32_t)frame->target);
    return report(job, self, "coverage.classes.lost", "coverage.classes.gained", events, count, coarse, err);
}

const struct mm_metric mm_metric_levels = {
    .id = "coverage.levels",
    .figures = "coverage.levels.lost, coverage.levels.gained, coverage.classes.lost, coverage.classes.gained",
    .range = "lost: up to 100; gained: -100 up",
    .cost = "rows x columns",
    .without_value = "no level has 30 real rows; no target of few values (classes)",
    .axis = "coverage",
    .summary = "the level that is most surely rarer or more frequent than among real rows; the target's classes apart",
    .formula = "rates of each level with at least 30 real rows",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
