/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "stats/ranking.h"

mint_status mm_report_new(struct mint_report **out, struct mint_context *ctx, mint_error *err) {
    struct mm_arena arena;
    mm_arena_init(&arena, &ctx->memory);
    struct mint_report *report;
    MM_ALLOC_OR_RETURN(report, &arena, 1, err);
    report->arena = arena;
    report->ctx = ctx;
    *out = report;
    return MINT_OK;
}

void mint_report_free(mint_report *report) {
    if (!report) return;
    json_decref(report->root);
    struct mm_arena arena = report->arena;
    mm_arena_release(&arena);
}

/* ---- what each column looks like: counts for the plots ---- */

enum { PLOT_BINS = 24, PLOT_LEVELS = 30, SHOWN_ROWS_MIN = 5 };
static const char *const side_names[] = {"train", "synthetic", "holdout"};

static bool put_counts(json_t *object, const char *key, const uint32_t *counts, uint32_t count) {
    json_t *list = json_array();
    for (uint32_t i = 0; list && i < count; i++) json_array_append_new(list, json_integer(counts[i]));
    return mm_json_put(object, key, list);
}

/* Equal-width bins; those of whole numbers and days hold whole ones, equally many each, or the bars would be a comb. */
struct bins {
    double low, width;
    int count;
};

static struct bins bins_between(double low, double high, bool whole) {
    if (high <= low) high = low + 1; /* a rare 1 among zeros keeps a bar of its own */
    if (whole) {
        double width = ceil((high - low + 1) / PLOT_BINS);
        return (struct bins){low, width, (int)ceil((high - low + 1) / width)};
    }
    return (struct bins){low, (high - low) / PLOT_BINS, PLOT_BINS};
}

static bool put_edges(json_t *object, const struct bins *bins, double origin) {
    json_t *edges = json_array();
    for (int i = 0; edges && i <= bins->count; i++) json_array_append_new(edges, json_real(origin + bins->low + bins->width * i));
    return mm_json_put(object, "edges", edges);
}

static bool put_binned(json_t *object, const struct bins *bins, const char *key, const float *values, uint32_t rows) {
    uint32_t counts[PLOT_BINS] = {0};
    for (uint32_t r = 0; r < rows; r++) {
        if (isnan(values[r])) continue;
        double bin = ((double)values[r] - bins->low) / bins->width;
        counts[bin < 0 ? 0 : bin >= bins->count ? bins->count - 1 : (int)bin]++;
    }
    return put_counts(object, key, counts, (uint32_t)bins->count);
}

/* Bins between the 0.5 % and 99.5 % quantiles of train; what lies beyond falls into the outer bins, so no single extreme value is
 * shown. */
static mint_status number_column(json_t *object, const struct mm_frame *frame, const struct mm_frame_column *column,
                                 struct mm_arena *scratch, mint_error *err) {
    uint32_t n = frame->row_count[MM_TRAIN], values = 0;
    float *sorted;
    MM_ALLOC_OR_RETURN(sorted, scratch, n, err);
    for (uint32_t r = 0; r < n; r++)
        if (!isnan(column->values[MM_TRAIN][r])) sorted[values++] = column->values[MM_TRAIN][r];
    qsort(sorted, values, sizeof *sorted, mm_compare_floats);
    double low = values ? (double)sorted[(uint32_t)(0.005 * (values - 1))] : 0;
    double high = values ? (double)sorted[(uint32_t)(0.995 * (values - 1))] : 1;
    struct bins bins = bins_between(low, high, column->type == MM_INTEGER || column->type == MM_DATE);
    bool good = put_edges(object, &bins, column->origin);
    for (int side = 0; good && side < MM_FLOOR; side++)
        good = put_binned(object, &bins, side_names[side], column->values[side], frame->row_count[side]);
    mm_arena_free(scratch, sorted);
    return good && mm_json_put(object, "protected", json_true()) ? MINT_OK : mm_error_json(err);
}

struct level {
    uint32_t index, count;
};

static int compare_levels(const void *a, const void *b) {
    const struct level *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* The most frequent levels of train; the others, and those that only a few rows have, are counted together. */
static mint_status level_column(json_t *object, const struct mm_frame *frame, const struct mm_frame_column *column,
                                struct mm_arena *scratch, mint_error *err) {
    struct level *levels;
    uint32_t *place, shown = 0;
    MM_ALLOC_OR_RETURN(levels, scratch, column->level_count, err);
    MM_ALLOC_OR_RETURN(place, scratch, column->level_count, err);
    for (uint32_t i = 0; i < column->level_count; i++) levels[i].index = i;
    for (uint32_t r = 0; r < frame->row_count[MM_TRAIN]; r++) levels[(uint32_t)column->values[MM_TRAIN][r]].count++;
    qsort(levels, column->level_count, sizeof *levels, compare_levels);
    while (shown < column->level_count && shown < PLOT_LEVELS && levels[shown].count >= SHOWN_ROWS_MIN) shown++;
    bool rest = shown < column->level_count;
    json_t *names = json_array();
    for (uint32_t i = 0; i < column->level_count; i++) {
        place[levels[i].index] = i < shown ? i : shown;
        if (i < shown && names) json_array_append_new(names, json_string(column->level_names[levels[i].index]));
    }
    if (rest && names) json_array_append_new(names, json_string("(other)"));
    bool good = mm_json_put(object, "levels", names);
    for (int side = 0; good && side < MM_FLOOR; side++) {
        uint32_t counts[PLOT_LEVELS + 1] = {0};
        for (uint32_t r = 0; r < frame->row_count[side]; r++) counts[place[(uint32_t)column->values[side][r]]]++;
        good = put_counts(object, side_names[side], counts, shown + rest);
    }
    mm_arena_free(scratch, place);
    mm_arena_free(scratch, levels);
    return good && mm_json_put(object, "protected", json_boolean(rest)) ? MINT_OK : mm_error_json(err);
}

static mint_status fill_columns(json_t *list, const struct mm_frame *frame, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &frame->ctx->memory);
    mint_status status = MINT_OK;
    for (uint32_t c = 0; status == MINT_OK && c < frame->column_count; c++) {
        const struct mm_frame_column *column = &frame->columns[c];
        json_t *object = json_pack("{s:s, s:s}", "name", column->name, "type", mm_type_name(column->type));
        if (!object || json_array_append_new(list, object) != 0)
            status = mm_error_json(err);
        else
            status =
                column->is_level ? level_column(object, frame, column, &scratch, err) : number_column(object, frame, column, &scratch, err);
    }
    mm_arena_release(&scratch);
    return status;
}

mint_status mm_report_fill(struct mint_report *report, json_t *inputs, const struct mm_frame *frame, const struct mm_figures *figures,
                           mint_error *err) {
    json_t *columns = json_array(), *metrics = json_array(), *left_out = json_array();
    report->root = json_object();
    bool good = left_out != NULL;
    for (uint32_t i = 0; good && i < frame->left_out_count; i++)
        good = json_array_append_new(left_out, json_string(frame->left_out[i])) == 0;
    good = mm_json_put(inputs, "left_out", left_out) && good;
    good = mm_json_put(report->root, "schema", json_string("mintmark.report/1")) && good;
    good = mm_json_put(report->root, "inputs", inputs) && good;
    good = mm_json_put(report->root, "columns", columns) && mm_json_put(report->root, "metrics", metrics) &&
           mm_json_put(report->root, "verdict", json_null()) && good;
    if (!good) return mm_error_json(err);
    MM_RETURN_IF_ERROR(fill_columns(columns, frame, err));
    for (uint32_t i = 0; i < figures->count; i++)
        if (json_array_append_new(metrics, mm_figure_json(&figures->list[i])) != 0) return mm_error_json(err);
    return MINT_OK;
}

mint_status mint_report_json(const char **out, mint_report *report, mint_error *err) {
    mm_arena_free(&report->arena, report->text);
    report->text = NULL;
    MM_RETURN_IF_ERROR(mm_json_text(&report->text, &report->arena, report->root, err));
    *out = report->text;
    return MINT_OK;
}

mint_status mint_report_write(const mint_report *report, const char *path, mint_error *err) {
    return mm_json_write(report->root, &report->ctx->memory, path, err);
}

mint_status mint_report_read(mint_report **out, mint_context *ctx, const char *path, mint_error *err) {
    if (!out || !ctx || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "reading a report needs a context and a path");
    *out = NULL;
    struct mint_report *report = NULL;
    MM_RETURN_IF_ERROR(mm_report_new(&report, ctx, err));
    mint_status status = mm_json_read(&report->root, &ctx->memory, path, err);
    const char *schema = status == MINT_OK ? json_string_value(json_object_get(report->root, "schema")) : NULL;
    if (status == MINT_OK &&
        (!schema || strcmp(schema, "mintmark.report/1") != 0 || !json_is_array(json_object_get(report->root, "metrics"))))
        status = mm_error_set(err, MINT_E_FORMAT, "'%s' is no report of this version", path);
    if (status != MINT_OK)
        mint_report_free(report);
    else
        *out = report;
    return status;
}

/* Adds to text[*used], as much as fits; *used becomes the length that all of it has. */
static void add(char *text, size_t size, size_t *used, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void add(char *text, size_t size, size_t *used, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int printed = vsnprintf(*used < size ? text + *used : NULL, *used < size ? size - *used : 0, format, arguments);
    va_end(arguments);
    if (printed > 0) *used += (size_t)printed;
}

/* A line, if there are any. */
static void add_names(char *text, size_t size, size_t *used, const char *what, const json_t *names) {
    enum { SHOWN = 30 };
    size_t count = json_array_size(names);
    for (size_t i = 0; i < count && i < SHOWN; i++)
        add(text, size, used, "%s%s", i ? ", " : what, json_string_value(json_array_get(names, i)));
    if (count > SHOWN) add(text, size, used, " and %zu more", count - SHOWN);
    if (count) add(text, size, used, "\n");
}

size_t mint_report_summary(const mint_report *report, char *text, size_t size) {
    const json_t *verdict = json_object_get(report->root, "verdict"), *rules = json_object_get(verdict, "rules"),
                 *left_out = json_object_get(verdict, "not_applicable");
    size_t used = 0;
    if (size) text[0] = 0;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        add(text, size, &used, "%-12s %-20s %s\n", json_string_value(json_object_get(rule, "status")),
            json_string_value(json_object_get(rule, "id")), json_string_value(json_object_get(rule, "sentence")));
    }
    add_names(text, size, &used, "not judged, for there is nothing here to judge: ", left_out);
    add_names(text, size, &used, "columns that are not compared (texts, identifiers, those of one side): ",
              json_object_get(json_object_get(report->root, "inputs"), "left_out"));
    return used;
}
