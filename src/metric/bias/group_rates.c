/* SPDX-License-Identifier: Apache-2.0 */
/* Does the synthetic table treat groups otherwise than the real one? For each group (a level, or a twelfth of a number column)
 * and each class of the target: how much its rate differs from that of all other rows, against the same difference among real
 * rows, in the class's own standard deviation sqrt(p (1 - p)), so that a rare class weighs as a frequent one. A gap that grows is
 * bias amplified; a gap that vanishes is a table too fair to be true. A class that is rare in a group can all but vanish there without
 * moving any gap far: so the share of it that the group lost is a figure of its own. */
#include <math.h>
#include <stdio.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "metric/target.h"
#include "stats/interval.h"

enum { BINS = 12, CLASS_ROWS_MIN = 10, GROUP_ROWS_MIN = 50, LOST_ROWS_MIN = 100 };

struct gap {
    double value, variance;
    bool usable;
};

/* Rate of the class within the group less its rate outside it. */
static struct gap gap_of(double in, double n_in, double out, double n_out) {
    if (n_in < GROUP_ROWS_MIN || n_out < GROUP_ROWS_MIN) return (struct gap){0};
    double p = (in + 1) / (n_in + 2), q = (out + 1) / (n_out + 2);
    return (struct gap){in / n_in - out / n_out, p * (1 - p) / n_in + q * (1 - q) / n_out, true};
}

struct counts {
    double in[BINS][MM_CLASSES_MAX], group[BINS], of_class[MM_CLASSES_MAX], all;
};

static void tally(struct counts *c, const struct mm_frame *frame, const struct mm_target *target, const struct mm_coarse *coarse,
                  int side) {
    for (uint32_t r = 0; r < frame->row_count[side]; r++) {
        float label = mm_target_label(target, frame, (enum mm_side)side, r);
        if (isnan(label)) continue;
        c->in[coarse->of_row[side][r]][(uint32_t)label]++;
        c->group[coarse->of_row[side][r]]++;
        c->of_class[(uint32_t)label]++;
        c->all++;
    }
}

static struct gap gap_in(const struct counts *c, uint32_t group, uint32_t label) {
    return gap_of(c->in[group][label], c->group[group], c->of_class[label] - c->in[group][label], c->all - c->group[group]);
}

/* One group and class: how much its gap differs from the real one, in deviations of the class. */
struct change {
    double size, error, own, real; /* the last two: the gaps themselves */
    uint32_t column, group, label;
};

static uint32_t list_changes(struct change *list, uint32_t column, const struct counts *synthetic, const struct counts *real,
                             uint32_t groups, uint32_t classes, double same) {
    uint32_t count = 0;
    for (uint32_t group = 0; group < groups; group++)
        for (uint32_t label = classes == 2; label < classes; label++) { /* of two classes one says it all */
            struct gap own = gap_in(synthetic, group, label), reference = gap_in(real, group, label);
            double rate = real->of_class[label] / real->all, deviation = sqrt(rate * (1 - rate));
            if (own.usable && reference.usable && deviation > 0)
                list[count++] = (struct change){.size = fabs(own.value - reference.value) / deviation,
                                                .error = sqrt(own.variance + reference.variance * same) / deviation,
                                                .own = own.value,
                                                .real = reference.value,
                                                .column = column,
                                                .group = group,
                                                .label = label};
        }
    return count;
}

/* The classes within the groups of a column, where real rows show them often. */
static uint32_t list_classes(struct mm_event *events, uint32_t column, const struct counts *synthetic, const struct counts *real,
                             uint32_t groups, uint32_t classes) {
    uint32_t count = 0;
    for (uint32_t group = 0; group < groups; group++)
        for (uint32_t label = 0; label < classes; label++)
            if (real->in[group][label] >= LOST_ROWS_MIN && synthetic->group[group] >= GROUP_ROWS_MIN)
                events[count++] = (struct mm_event){.synthetic = synthetic->in[group][label],
                                                    .n_synthetic = synthetic->group[group],
                                                    .real = real->in[group][label],
                                                    .n_real = real->group[group],
                                                    .column = column,
                                                    .item = group * MM_CLASSES_MAX + label};
    return count;
}

/* Every group and class of the table. */
struct findings {
    struct mm_target target;
    struct mm_coarse *coarse;
    struct change *changes;
    struct mm_event *classes;
    uint32_t change_count, class_count;
};

static mint_status find(struct findings *f, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    const struct mm_target *target = &f->target;
    struct counts *synthetic, *real;
    size_t most = (size_t)frame->column_count * BINS * target->classes;
    MM_ALLOC_OR_RETURN(f->coarse, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(synthetic, job->scratch, 1, err);
    MM_ALLOC_OR_RETURN(real, job->scratch, 1, err);
    MM_ALLOC_OR_RETURN(f->changes, job->scratch, most, err);
    MM_ALLOC_OR_RETURN(f->classes, job->scratch, most, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(f->coarse, frame, BINS, job->scratch, err));
    for (uint32_t c = 0; c < frame->column_count; c++) {
        if (c == target->column) continue;
        *synthetic = *real = (struct counts){0};
        tally(synthetic, frame, target, &f->coarse[c], MM_SYNTHETIC);
        for (int side = 0; side < MM_FLOOR; side++)
            if (mm_is_real(frame, side)) tally(real, frame, target, &f->coarse[c], side);
        f->change_count +=
            list_changes(f->changes + f->change_count, c, synthetic, real, f->coarse[c].bins, target->classes, frame->rows_an_entity);
        f->class_count += list_classes(f->classes + f->class_count, c, synthetic, real, f->coarse[c].bins, target->classes);
    }
    return MINT_OK;
}

static mint_status report_gap(const struct mm_metric_job *job, const struct mm_metric *self, const struct findings *found,
                              mint_error *err) {
    const struct mm_frame *frame = job->frame;
    const struct change *list = found->changes, *worst = list;
    struct mm_figure *figure = NULL;
    if (!found->change_count) return mm_figure_none(job, self, self->id, false, err, "no group has %d rows on both sides", GROUP_ROWS_MIN);
    double z = mm_normal_upper(MM_FAMILY_TAIL / 2 / found->change_count);
    for (uint32_t i = 1; i < found->change_count; i++)
        if (list[i].size - z * list[i].error > worst->size - z * worst->error) worst = &list[i];
    MM_RETURN_IF_ERROR(mm_figure_add(&figure, job, self, self->id, err));
    figure->columns[0] = frame->columns[worst->column].name;
    figure->value = 100 * worst->size;
    figure->low = 100 * fmax(0, worst->size - 1.96 * worst->error), figure->high = 100 * (worst->size + 1.96 * worst->error);
    /* The largest of so many differences that are chance alone is about this many errors (Gumbel's leading term). */
    double chance = worst->error * sqrt(2 * log(fmax(2, found->change_count)));
    figure->reference = 100 * chance, figure->excess = figure->value - figure->reference;
    figure->excess_low = 100 * (worst->size - z * worst->error), figure->excess_high = figure->excess + 196 * worst->error;
    char group[MM_BIN_NAME_MAX];
    mm_coarse_name(group, frame, worst->column, &found->coarse[worst->column], worst->group);
    return mm_figure_detail(figure, job, err,
                            "in synthetic rows the rate of '%.60s' in %s is %.1f points %s that of all other rows, in real rows %.1f %s",
                            mm_target_class_name(&found->target, frame, worst->label), group, 100 * fabs(worst->own),
                            worst->own < 0 ? "below" : "above", 100 * fabs(worst->real), worst->real < 0 ? "below" : "above");
}

static void name_class(char out[MM_BIN_NAME_MAX], const struct mm_frame *frame, const struct mm_event *event, const void *payload) {
    const struct findings *found = payload;
    char group[MM_BIN_NAME_MAX];
    mm_coarse_name(group, frame, event->column, &found->coarse[event->column], event->item / MM_CLASSES_MAX);
    snprintf(out, MM_BIN_NAME_MAX, "'%.24s' within %.40s", mm_target_class_name(&found->target, frame, event->item % MM_CLASSES_MAX),
             group);
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    static const char lost[] = "bias.group_rates.lost";
    struct findings found = {0};
    char reason[200];
    const char *problem = mm_target_open(&found.target, job->frame, CLASS_ROWS_MIN, reason);
    if (!problem && found.target.task == MM_TASK_REGRESSION) problem = "the target has no classes";
    if (problem) {
        MM_RETURN_IF_ERROR(mm_figure_none(job, self, self->id, false, err, "%s", problem));
        return mm_figure_none(job, self, lost, false, err, "%s", problem);
    }
    MM_RETURN_IF_ERROR(find(&found, job, err));
    MM_RETURN_IF_ERROR(report_gap(job, self, &found, err));
    if (!found.class_count) return mm_figure_none(job, self, lost, false, err, "no class stands in %d real rows of a group", LOST_ROWS_MIN);
    return mm_worst_event(job, self, lost,
                          "max over groups and classes of 1 - synthetic rate / real rate of the class within the group, x100; bounds by "
                          "Clopper and Pearson, for all at once below",
                          found.classes, found.class_count, true, name_class, &found, err);
}

const struct mm_metric mm_metric_group_rates = {
    .id = "bias.group_rates",
    .figures = "bias.group_rates, bias.group_rates.lost",
    .range = "0 up; lost: up to 100",
    .cost = "rows x columns",
    .without_value = "no target, or a target without classes; no group of 50 rows",
    .axis = "bias",
    .summary = "the group whose rate of a class, against all other rows, changed most from real to synthetic",
    .formula =
        "max over groups and classes of |(p_in - p_out) synthetic - (p_in - p_out) real| / sqrt(p (1 - p)), x100 (demographic parity "
        "difference, Dwork et al. 2012, in the class's deviation); lower bound for all groups at once",
    .unit = "% of a deviation",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
