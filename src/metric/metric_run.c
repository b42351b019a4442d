/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric.h"

mint_status mm_figure_add(struct mm_figure **out, const struct mm_metric_job *job, const struct mm_metric *self, const char *id,
                          mint_error *err) {
    struct mm_figures *figures = job->figures;
    if (figures->count == figures->capacity) {
        uint32_t capacity = figures->capacity ? figures->capacity * 2 : 64;
        struct mm_figure *list = mm_arena_resize(figures->arena, figures->list, capacity * sizeof *list);
        if (!list) return mm_error_no_memory(err, figures->arena->memory, capacity, sizeof *list);
        figures->list = list;
        figures->capacity = capacity;
    }
    const struct mm_frame *frame = job->frame;
    *out = &figures->list[figures->count++];
    **out =
        (struct mm_figure){.id = id,
                           .metric = self,
                           .unit = self->unit,
                           .formula = self->formula,
                           .direction = self->direction,
                           .value = NAN,
                           .low = NAN,
                           .high = NAN,
                           .reference = NAN,
                           .floor = NAN,
                           .ceiling = NAN,
                           .excess = NAN,
                           .excess_low = NAN,
                           .excess_high = NAN,
                           .resolution = NAN,
                           .n = {frame->row_count[MM_TRAIN], frame->row_count[MM_SYNTHETIC], frame->row_count[MM_HOLDOUT]},
                           .subsampled = frame->subsampled[MM_TRAIN] || frame->subsampled[MM_SYNTHETIC] || frame->subsampled[MM_HOLDOUT]};
    return MINT_OK;
}

mint_status mm_figure_estimate(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, struct mm_estimate own,
                               struct mm_estimate reference, double floor, struct mm_figure **out, mint_error *err) {
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    double half = 1.96 * own.error, both = 1.96 * sqrt(own.error * own.error + reference.error * reference.error);
    f->value = own.value, f->low = own.value - half, f->high = own.value + half;
    f->reference = reference.value, f->floor = floor;
    f->excess = (own.value - reference.value) * (self->direction == MM_HIGHER ? -1 : 1);
    f->excess_low = f->excess - both, f->excess_high = f->excess + both;
    if (out) *out = f;
    return MINT_OK;
}

static mint_status copy_words(char **out, const struct mm_metric_job *job, mint_error *err, const char *format, va_list arguments) {
    char words[600];
    vsnprintf(words, sizeof words, format, arguments);
    MM_COPY_TEXT_OR_RETURN(*out, job->figures->arena, words, err);
    return MINT_OK;
}

mint_status mm_figure_none(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, bool applicable, mint_error *err,
                           const char *format, ...) {
    struct mm_figure *figure = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&figure, job, self, id, err));
    figure->not_applicable = !applicable;
    va_list arguments;
    va_start(arguments, format);
    mint_status status = copy_words(&figure->reason, job, err, format, arguments);
    va_end(arguments);
    return status;
}

mint_status mm_figure_detail(struct mm_figure *figure, const struct mm_metric_job *job, mint_error *err, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    mint_status status = copy_words(&figure->detail, job, err, format, arguments);
    va_end(arguments);
    return status;
}

void mm_figure_rows(struct mm_figure *figure, const struct mm_metric_job *job, uint32_t n) {
    for (int side = 0; side < MM_FLOOR; side++) {
        figure->n[side] = n;
        figure->subsampled = figure->subsampled || n < job->frame->row_count[side];
    }
}

/* Nine digits: more would be noise, and would differ between C libraries. */
static json_t *figure_number(double value) {
    if (!isfinite(value)) return json_null();
    char text[32];
    snprintf(text, sizeof text, "%.9g", value);
    double rounded;
    return sscanf(text, "%lf", &rounded) == 1 ? json_real(rounded + 0.0) : json_null();
}

json_t *mm_figure_json(const struct mm_figure *f) {
    static const char *const directions[] = {"higher", "lower", "target"};
    json_t *columns = f->columns[1]   ? json_pack("[s, s]", f->columns[0], f->columns[1])
                      : f->columns[0] ? json_pack("[s]", f->columns[0])
                                      : json_null();
    json_t *object =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:{s:i, s:i, s:i}, s:s, s:b}", "id", f->id,
                  "axis", f->metric->axis, "columns", columns, "value", figure_number(f->value), "low", figure_number(f->low), "high",
                  figure_number(f->high), "reference", figure_number(f->reference), "floor", figure_number(f->floor), "ceiling",
                  figure_number(f->ceiling), "excess", figure_number(f->excess), "excess_low", figure_number(f->excess_low), "excess_high",
                  figure_number(f->excess_high), "unit", f->unit, "formula", f->formula, "n", "train", (int)f->n[0], "synthetic",
                  (int)f->n[1], "holdout", (int)f->n[2], "direction", directions[f->direction], "subsampled", (int)f->subsampled);
    if (object && isfinite(f->resolution)) mm_json_put(object, "resolution", figure_number(f->resolution));
    if (object && f->not_applicable) mm_json_put(object, "applicable", json_false());
    if (object && f->reason) mm_json_put(object, "reason", json_string(f->reason));
    if (object && f->detail) mm_json_put(object, "detail", json_string(f->detail));
    return object;
}

/* Whether the id is the metric's, one of its figures', or a variant's of it. */
static bool is_named(const struct mm_metric *metric, const char *id, size_t length) {
    size_t own = strlen(metric->id);
    if (length >= own && !strncmp(id, metric->id, own) && (length == own || id[own] == '.')) return true;
    for (const char *at = metric->figures; *at; at += strspn(at, ", ")) {
        size_t figure = strcspn(at, ", ");
        if (figure >= length && !strncmp(at, id, length) && (figure == length || at[length] == '.')) return true;
        at += figure;
    }
    return false;
}

/* By ids parted by commas. */
static bool is_listed(const struct mm_metric *metric, const char *ids) {
    for (const char *at = ids; *at; at += strspn(at, ",")) {
        size_t length = strcspn(at, ",");
        if (is_named(metric, at, length)) return true;
        at += length;
    }
    return false;
}

static bool chosen(const struct mm_metric *metric, const struct mm_metric_choice *choice) {
    if (choice->axis && strcmp(choice->axis, metric->axis) != 0) return false;
    if (choice->id && !is_listed(metric, choice->id)) return false;
    return !choice->policy_only || metric->in_policy;
}

/* Each id must be some metric's: a slip in a list would go unseen. */
static mint_status check_ids(const char *ids, mint_error *err) {
    for (const char *at = ids; at && *at; at += strspn(at, ",")) {
        size_t length = strcspn(at, ","), m = 0;
        while (mm_metrics[m] && !is_named(mm_metrics[m], at, length)) m++;
        if (!mm_metrics[m])
            MM_RETURN_ERROR(err, MINT_E_ARG, "no metric is called '%.*s'; 'mintmark evaluate --list' names them", (int)length, at);
        at += length;
    }
    return MINT_OK;
}

enum { FLOOR_ROWS_MAX = 10000 }; /* independent columns are told apart by far fewer */

struct metric_run {
    struct mint_context *ctx;
    const struct mm_frame *frame;
    struct mm_frame floor_frame; /* the floor's rows in the synthetic ones' place; without rows: there is no floor */
    const double *const *log_density;
    const struct mm_metric **metrics;
    struct mm_figures *figures; /* of each metric */
    struct mm_arena *arenas;    /* what they lie in */
    struct mm_predictions predictions;
};

/* The noise ceiling, where the metric did not set it: the interval of the excess is the value's and the reference's together, so what
 * is not the value's is the reference's. Within the metric's range. */
static void set_ceiling(struct mm_figure *f) {
    double both = (f->excess_high - f->excess_low) / 2, own = (f->high - f->low) / 2;
    bool known = !isnan(f->ceiling), one_unit = fabs(fabs(f->excess) - fabs(f->value - f->reference)) <= 1e-9 * (1 + fabs(f->value));
    if (known || isnan(f->reference) || !one_unit || !isfinite(both) || !isfinite(own) || f->direction == MM_TARGET) return;
    double half = sqrt(fmax(0, both * both - own * own));
    f->ceiling = f->direction == MM_LOWER ? f->reference - half : f->reference + half;
    if (f->metric->range[0] == '0') f->ceiling = fmax(0, f->ceiling);
    const char *to = strstr(f->metric->range, " to ");
    if (to && strtod(to + 4, NULL) > 0) f->ceiling = fmin(f->ceiling, strtod(to + 4, NULL));
}

/* Every figure that the metric names, without a value: its rules stay open. */
static mint_status lack_figures(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    size_t axis = strlen(self->axis);
    for (const char *at = self->figures; *at;) {
        size_t length = strcspn(at, " ,");
        char id[128], *copy;
        if (length < sizeof id && length > axis && !strncmp(at, self->axis, axis) && at[axis] == '.') {
            snprintf(id, sizeof id, "%.*s", (int)length, at);
            MM_COPY_TEXT_OR_RETURN(copy, job->figures->arena, id, err);
            MM_RETURN_IF_ERROR(mm_figure_none(job, self, copy, true, err, "%s", job->frame->lacks));
        }
        at += length + (at[length] != 0);
    }
    return MINT_OK;
}

static mint_status compute(struct metric_run *run, size_t index, const struct mm_frame *frame, struct mm_figures *figures,
                           mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &run->ctx->memory);
    struct mm_metric_job job = {.ctx = run->ctx, .frame = frame, .figures = figures, .scratch = &scratch, .predictions = &run->predictions};
    if (!frame->is_of_floor) memcpy(job.log_density, run->log_density, sizeof job.log_density);
    const struct mm_metric *metric = run->metrics[index];
    mint_status status = frame->lacks ? lack_figures(&job, metric, err) : metric->compute(&job, metric, err);
    mm_arena_release(&scratch);
    return status;
}

/* ---- floors ---- */

static uint32_t count_of(const struct mm_figures *figures, uint32_t from, uint32_t to, const char *id) {
    uint32_t count = 0;
    for (uint32_t i = from; i < to; i++) count += !strcmp(figures->list[i].id, id);
    return count;
}

/* The value of the figure that has the same id and place among those of its id; unknown where the floor has more or fewer of them. */
static double value_at(const struct mm_figures *floors, const struct mm_figures *figures, uint32_t index) {
    const char *id = figures->list[index].id;
    uint32_t place = count_of(figures, 0, index, id);
    if (count_of(floors, 0, floors->count, id) != count_of(figures, 0, figures->count, id)) return NAN;
    for (uint32_t i = 0; i < floors->count; i++)
        if (!strcmp(floors->list[i].id, id) && !place--) return floors->list[i].value;
    return NAN;
}

static bool lacks_floor(const struct mm_figure *f) { return !isnan(f->value) && isnan(f->floor); }

/* Where the metric did not say what independent columns get, it is asked of them. */
static mint_status set_floors(struct metric_run *run, size_t index, mint_error *err) {
    struct mm_figures *figures = &run->figures[index];
    bool wanted = false;
    for (uint32_t i = 0; i < figures->count; i++) wanted = wanted || lacks_floor(&figures->list[i]);
    if (!wanted || !run->floor_frame.row_count[MM_SYNTHETIC]) return MINT_OK;
    struct mm_arena arena;
    mm_arena_init(&arena, &run->ctx->memory);
    struct mm_figures floors = {.arena = &arena};
    mint_status status = compute(run, index, &run->floor_frame, &floors, err);
    for (uint32_t i = 0; status == MINT_OK && i < figures->count; i++)
        if (lacks_floor(&figures->list[i])) figures->list[i].floor = value_at(&floors, figures, i);
    mm_arena_release(&arena);
    return status;
}

static mint_status run_metric(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)worker;
    struct metric_run *run = payload;
    mint_status status = compute(run, index, run->frame, &run->figures[index], err);
    if (status == MINT_OK) status = set_floors(run, index, err);
    for (uint32_t i = 0; i < run->figures[index].count; i++) set_ceiling(&run->figures[index].list[i]);
    if (status != MINT_OK) return mm_error_prefix(err, status, "metric %s", run->metrics[index]->id);
    mm_progress_add(run->ctx, 1);
    return MINT_OK;
}

/* All figures behind those of an earlier run, in the metrics' order. */
static mint_status gather(struct mm_figures *all, struct metric_run *run, uint32_t metric_count, mint_error *err) {
    uint32_t count = all->count;
    for (uint32_t m = 0; m < metric_count; m++) count += run->figures[m].count;
    struct mm_figure *list = mm_arena_resize(all->arena, all->list, count * sizeof *list);
    if (!list) return mm_error_no_memory(err, all->arena->memory, count, sizeof *list);
    all->list = list;
    all->capacity = count;
    for (uint32_t m = 0; m < metric_count; m++) {
        if (run->figures[m].count) memcpy(list + all->count, run->figures[m].list, run->figures[m].count * sizeof *list);
        all->count += run->figures[m].count;
        mm_arena_adopt(all->arena, &run->arenas[m]); /* their reasons lie there */
    }
    return MINT_OK;
}

static mint_status run_all(struct mm_figures *figures, struct metric_run *run, uint32_t count, mint_error *err) {
    for (uint32_t m = 0; m < count; m++) {
        mm_arena_init(&run->arenas[m], &run->ctx->memory);
        run->figures[m].arena = &run->arenas[m];
    }
    mm_predictions_init(&run->predictions, &run->ctx->memory);
    mm_progress_begin(run->ctx, "evaluate", count);
    mint_status status = mm_parallel_for(run->ctx, count, run_metric, run, err);
    mm_predictions_release(&run->predictions);
    if (status == MINT_OK) status = gather(figures, run, count, err);
    for (uint32_t m = 0; m < count; m++) mm_arena_release(&run->arenas[m]);
    return status;
}

mint_status mm_metrics_run(struct mm_figures *figures, struct mint_context *ctx, const struct mm_frame *frame,
                           const double *const log_density[MM_SIDES], const struct mm_metric_choice *choice, mint_error *err) {
    struct metric_run run = {.ctx = ctx, .frame = frame, .log_density = log_density};
    uint32_t count = 0, all = 0;
    MM_RETURN_IF_ERROR(check_ids(choice->id, err));
    while (mm_metrics[all]) all++;
    MM_ALLOC_OR_RETURN(run.metrics, figures->arena, all, err);
    for (uint32_t i = 0; i < all; i++)
        if (chosen(mm_metrics[i], choice)) run.metrics[count++] = mm_metrics[i];
    if (!count)
        MM_RETURN_ERROR(err, MINT_E_ARG, "no metric is called '%s'; 'mintmark evaluate --list' names them",
                        choice->id ? choice->id : choice->axis);
    MM_ALLOC_OR_RETURN(run.figures, figures->arena, count, err);
    MM_ALLOC_OR_RETURN(run.arenas, figures->arena, count, err);
    MM_RETURN_IF_ERROR(mm_frame_of_floor(&run.floor_frame, frame, FLOOR_ROWS_MAX, figures->arena, err));
    return run_all(figures, &run, count, err);
}
