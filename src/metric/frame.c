/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/frame.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rng/philox.h"

bool mm_frame_comparable(enum mm_type a, enum mm_type b) {
    if (!mm_type_is_modelled(a) || !mm_type_is_modelled(b)) return false;
    /* A part without a word for "no" is read as a category where the others have a boolean: levels are compared by their texts. */
    return mm_type_is_numeric(a) == mm_type_is_numeric(b);
}

/* Which rows of a table the frame sees, all or a fixed random choice, in the table's order, and the place of each in the frame. Cells
 * are read in the table's order, so that levels are numbered as they appear. */
struct chosen_rows {
    uint64_t *rows;
    uint32_t *place;
};

static mint_status choose_rows(struct mm_frame *frame, enum mm_side side, struct chosen_rows *chosen, mint_error *err) {
    uint64_t all = frame->tables[side]->row_count;
    uint32_t kept = all < MM_FRAME_ROWS_MAX ? (uint32_t)all : MM_FRAME_ROWS_MAX;
    frame->table_rows[side] = all;
    frame->row_count[side] = kept;
    frame->subsampled[side] = kept < all;
    MM_ALLOC_OR_RETURN(chosen->rows, frame->arena, kept, err);
    struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_SUBSAMPLE, side, 0);
    uint64_t count = 0;
    for (uint64_t r = 0; r < all && count < kept; r++) /* Fan, Muller and Rezucha 1962: selection sampling keeps the order */
        if (kept == all || (double)(all - r) * mm_rng_uniform(&rng) < (double)(kept - count)) chosen->rows[count++] = r;
    uint32_t *order;
    MM_ALLOC_OR_RETURN(order, frame->arena, kept, err);
    MM_ALLOC_OR_RETURN(chosen->place, frame->arena, kept, err);
    MM_ALLOC_OR_RETURN(frame->row_of[side], frame->arena, kept, err);
    for (uint32_t i = 0; i < kept; i++) order[i] = i;
    rng = mm_rng_at(frame->seed, MM_STREAM_SUBSAMPLE, side, 1);
    mm_rng_shuffle(&rng, order, kept);
    for (uint32_t i = 0; i < kept; i++) {
        chosen->place[order[i]] = i;
        frame->row_of[side][i] = chosen->rows[order[i]];
    }
    mm_arena_free(frame->arena, order);
    return MINT_OK;
}

static void train_range(struct mm_frame_column *column, const struct mm_column *cells, uint64_t n) {
    double low = INFINITY, high = -INFINITY;
    for (uint64_t r = 0; r < n; r++) {
        if (mm_column_missing(cells, r)) continue;
        double value = mm_column_number(cells, r);
        if (value < low) low = value;
        if (value > high) high = value;
    }
    column->origin = low <= high ? low : 0;
    column->range = high > low ? high - low : 1;
    double count = 0, sum = 0, squares = 0;
    for (uint64_t r = 0; r < n; r++) {
        if (mm_column_missing(cells, r)) continue;
        double value = (mm_column_number(cells, r) - column->origin) / column->range;
        count++, sum += value, squares += value * value;
    }
    double variance = count > 0 ? squares / count - sum / count * (sum / count) : 0;
    column->deviation = variance > 1e-12 ? sqrt(variance) * column->range : column->range;
}

static mint_status fill_numbers(struct mm_frame *frame, struct mm_frame_column *column, enum mm_side side, const struct mm_column *cells,
                                const struct chosen_rows *chosen, mint_error *err) {
    MM_ALLOC_OR_RETURN(column->values[side], frame->arena, frame->row_count[side], err);
    for (uint32_t i = 0; i < frame->row_count[side]; i++) {
        uint64_t row = chosen->rows[i];
        column->values[side][chosen->place[i]] =
            mm_column_missing(cells, row) ? NAN : (float)(mm_column_number(cells, row) - column->origin);
    }
    return MINT_OK;
}

static mint_status fill_levels(struct mm_frame *frame, struct mm_frame_column *column, enum mm_side side, const struct mm_column *cells,
                               const struct chosen_rows *chosen, struct mm_interner *interner, mint_error *err) {
    MM_ALLOC_OR_RETURN(column->values[side], frame->arena, frame->row_count[side], err);
    for (uint32_t i = 0; i < frame->row_count[side]; i++) {
        char text[MM_CELL_MAX];
        const char *level = text;
        int32_t code;
        uint64_t row = chosen->rows[i];
        if (mm_column_missing(cells, row))
            level = MM_LEVEL_MISSING;
        else if (cells->codes)
            level = mm_dictionary_text(&cells->dictionary, (uint32_t)cells->codes[row]);
        else
            mm_column_cell(cells, row, text, sizeof text);
        MM_RETURN_IF_ERROR(mm_interner_add(interner, level, strlen(level), &code, err));
        column->values[side][chosen->place[i]] = (float)code;
    }
    return MINT_OK;
}

static mint_status build_column(struct mm_frame *frame, struct mm_frame_column *column, const uint32_t places[MM_SIDES],
                                const struct chosen_rows chosen[MM_SIDES], mint_error *err) {
    const struct mm_column *train = &frame->tables[MM_TRAIN]->columns[places[MM_TRAIN]];
    column->name = train->field.name;
    column->type = train->field.type;
    column->is_level = !mm_type_is_numeric(column->type);
    struct mm_interner interner;
    if (column->is_level)
        MM_RETURN_IF_ERROR(mm_interner_init(&interner, frame->arena, err));
    else
        train_range(column, train, frame->tables[MM_TRAIN]->row_count);
    for (int side = 0; side < MM_SIDES; side++) {
        if (!frame->tables[side]) continue;
        const struct mm_column *cells = &frame->tables[side]->columns[places[side]];
        if (column->is_level)
            MM_RETURN_IF_ERROR(fill_levels(frame, column, (enum mm_side)side, cells, &chosen[side], &interner, err));
        else
            MM_RETURN_IF_ERROR(fill_numbers(frame, column, (enum mm_side)side, cells, &chosen[side], err));
    }
    if (!column->is_level) return MINT_OK;
    column->level_count = interner.dictionary.count;
    MM_ALLOC_OR_RETURN(column->level_names, frame->arena, column->level_count, err);
    for (uint32_t i = 0; i < column->level_count; i++) column->level_names[i] = mm_dictionary_text(&interner.dictionary, i);
    return MINT_OK;
}

static mint_status say(char **out, const struct mm_frame *frame, mint_error *err, const char *format, ...) {
    char words[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    MM_COPY_TEXT_OR_RETURN(*out, frame->arena, words, err);
    return MINT_OK;
}

static mint_status find_target(struct mm_frame *frame, const char *target, mint_error *err) {
    frame->target = -1;
    if (!target) return MINT_OK;
    for (uint32_t c = 0; c < frame->column_count; c++)
        if (!strcmp(frame->columns[c].name, target)) frame->target = c;
    if (frame->target >= 0) return MINT_OK;
    const struct mint_table *train = frame->tables[MM_TRAIN];
    int64_t found = mm_table_find(train, target);
    if (found < 0) MM_RETURN_ERROR(err, MINT_E_ARG, "target '%s' is not a column of the data", target);
    if (!mm_type_is_modelled(train->columns[found].field.type))
        MM_RETURN_ERROR(err, MINT_E_ARG, "target '%s' is an identifier or free text", target);
    return say(&frame->target_lacks, frame, err, "the target '%.200s' is not in all tables, or not of one type", target);
}

static mint_status number_entities(struct mm_frame *frame, const char *name, const struct chosen_rows *chosen, mint_error *err) {
    int64_t found = name ? mm_table_find(frame->tables[MM_HOLDOUT], name) : -1;
    if (name && found < 0) MM_RETURN_ERROR(err, MINT_E_ARG, "the holdout has no column '%s' to name entities", name);
    if (!name) return MINT_OK;
    struct mm_interner interner;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, frame->arena, err));
    MM_ALLOC_OR_RETURN(frame->entity, frame->arena, frame->row_count[MM_HOLDOUT], err);
    for (uint32_t i = 0; i < frame->row_count[MM_HOLDOUT]; i++) {
        char text[MM_CELL_MAX];
        int32_t code;
        size_t length = mm_column_cell(&frame->tables[MM_HOLDOUT]->columns[found], chosen->rows[i], text, sizeof text);
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, text, length < sizeof text ? length : sizeof text - 1, &code, err));
        frame->entity[chosen->place[i]] = (uint32_t)code;
    }
    frame->entity_count = interner.dictionary.count;
    uint32_t *sizes;
    double squares = 0;
    MM_ALLOC_OR_RETURN(sizes, frame->arena, frame->entity_count, err);
    for (uint32_t i = 0; i < frame->row_count[MM_HOLDOUT]; i++) sizes[frame->entity[i]]++;
    for (uint32_t k = 0; k < frame->entity_count; k++) squares += (double)sizes[k] * sizes[k];
    if (squares > 0) frame->rows_an_entity = squares / frame->row_count[MM_HOLDOUT];
    mm_arena_free(frame->arena, sizes);
    return MINT_OK;
}

mint_status mm_frame_build(struct mm_frame *frame, struct mint_context *ctx, struct mm_arena *arena, const struct mm_frame_inputs *inputs,
                           mint_error *err) {
    *frame = (struct mm_frame){
        .ctx = ctx, .arena = arena, .drifts = inputs->drifts, .lineage = inputs->lineage, .seed = inputs->seed, .rows_an_entity = 1};
    struct chosen_rows chosen[MM_SIDES] = {{NULL, NULL}};
    for (int side = 0; side < MM_SIDES; side++) {
        frame->tables[side] = inputs->tables[side];
        if (frame->tables[side]) MM_RETURN_IF_ERROR(choose_rows(frame, (enum mm_side)side, &chosen[side], err));
    }
    const struct mint_table *train = frame->tables[MM_TRAIN];
    MM_ALLOC_OR_RETURN(frame->columns, arena, train->column_count, err);
    MM_ALLOC_OR_RETURN(frame->left_out, arena, train->column_count, err);
    for (uint32_t c = 0; c < train->column_count; c++) {
        uint32_t places[MM_SIDES] = {0};
        bool everywhere = true;
        for (int side = 0; side < MM_SIDES; side++) {
            if (!frame->tables[side]) continue;
            int64_t found = mm_table_find(frame->tables[side], train->columns[c].field.name);
            everywhere = everywhere && found >= 0 &&
                         mm_frame_comparable(train->columns[c].field.type, frame->tables[side]->columns[found].field.type);
            places[side] = found >= 0 ? (uint32_t)found : 0;
        }
        if (!everywhere || (inputs->entity && !strcmp(inputs->entity, train->columns[c].field.name)))
            frame->left_out[frame->left_out_count++] = train->columns[c].field.name;
        else
            MM_RETURN_IF_ERROR(build_column(frame, &frame->columns[frame->column_count++], places, chosen, err));
    }
    if (!frame->column_count)
        MM_RETURN_IF_ERROR(say(&frame->lacks, frame, err, "'%.200s', '%.200s' and '%.200s' share no column that can be judged",
                               train->source, frame->tables[MM_SYNTHETIC]->source, frame->tables[MM_HOLDOUT]->source));
    MM_RETURN_IF_ERROR(find_target(frame, inputs->target, err));
    return number_entities(frame, inputs->entity, &chosen[MM_HOLDOUT], err);
}

mint_status mm_frame_of_floor(struct mm_frame *out, const struct mm_frame *frame, uint32_t most, struct mm_arena *arena, mint_error *err) {
    *out = *frame;
    out->arena = arena;
    out->is_of_floor = true;
    MM_ALLOC_OR_RETURN(out->columns, arena, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        out->columns[c] = frame->columns[c];
        out->columns[c].values[MM_SYNTHETIC] = frame->columns[c].values[MM_FLOOR], out->columns[c].values[MM_FLOOR] = NULL;
    }
    out->tables[MM_SYNTHETIC] = frame->tables[MM_FLOOR], out->tables[MM_FLOOR] = NULL;
    out->table_rows[MM_SYNTHETIC] = frame->table_rows[MM_FLOOR], out->table_rows[MM_FLOOR] = 0;
    out->row_of[MM_SYNTHETIC] = frame->row_of[MM_FLOOR], out->row_of[MM_FLOOR] = NULL;
    out->row_count[MM_SYNTHETIC] = frame->row_count[MM_FLOOR] < most ? frame->row_count[MM_FLOOR] : most, out->row_count[MM_FLOOR] = 0;
    out->lineage = (struct mm_lineage){0};
    return MINT_OK;
}

uint32_t mm_frame_missing_level(const struct mm_frame_column *column) {
    for (uint32_t k = 0; column->is_level && k < column->level_count; k++)
        if (!strcmp(column->level_names[k], MM_LEVEL_MISSING)) return k;
    return UINT32_MAX;
}

uint32_t mm_frame_common_rows(const struct mm_frame *frame, enum mm_side a, enum mm_side b, uint32_t most) {
    if (frame->row_count[a] < most) most = frame->row_count[a];
    return frame->row_count[b] < most ? frame->row_count[b] : most;
}

uint32_t mm_frame_equal_rows(const struct mm_frame *frame, uint32_t most) {
    return mm_frame_common_rows(frame, MM_TRAIN, MM_SYNTHETIC, mm_frame_common_rows(frame, MM_TRAIN, MM_HOLDOUT, most));
}

mint_status mm_frame_cut(const struct mm_frame *frame, enum mm_side side, uint32_t count, uint32_t repeat, struct mm_arena *scratch,
                         uint32_t **rows, mint_error *err) {
    MM_ALLOC_OR_RETURN(*rows, scratch, count, err);
    for (uint32_t i = 0; i < count; i++) (*rows)[i] = (uint32_t)(((uint64_t)repeat * count + i) % frame->row_count[side]);
    return MINT_OK;
}

void mm_frame_fill(const struct mm_frame *frame, enum mm_side side, const uint32_t *rows, uint32_t count, int64_t without, float *out) {
    uint32_t width = frame->column_count - (without >= 0), at = 0;
    for (uint32_t c = 0; c < frame->column_count; c++) {
        if (c == without) continue;
        const float *values = frame->columns[c].values[side];
        for (uint32_t i = 0; i < count; i++) out[(size_t)i * width + at] = values[rows[i]];
        at++;
    }
}

mint_status mm_frame_points(const struct mm_frame *frame, enum mm_side side, const uint32_t *rows, uint32_t count, int64_t without,
                            bool by_deviation, struct mm_arena *scratch, struct mm_points *points, mint_error *err) {
    const float **columns;
    bool *is_level;
    uint32_t at = 0;
    MM_ALLOC_OR_RETURN(columns, scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(is_level, scratch, frame->column_count, err);
    for (uint32_t c = 0; c < frame->column_count; c++) {
        if (c == without) continue;
        const struct mm_frame_column *column = &frame->columns[c];
        float *values, scale = column->is_level ? 1 : (float)(1 / (by_deviation ? 4 * column->deviation : column->range));
        MM_ALLOC_OR_RETURN(values, scratch, count, err);
        for (uint32_t i = 0; i < count; i++) values[i] = column->values[side][rows[i]] * scale;
        columns[at] = values;
        is_level[at++] = column->is_level;
    }
    *points = (struct mm_points){count, at, columns, is_level};
    return MINT_OK;
}

mint_status mm_frame_cut_points(const struct mm_frame *frame, enum mm_side side, uint32_t count, uint32_t repeat, bool by_deviation,
                                struct mm_arena *scratch, struct mm_points *points, mint_error *err) {
    uint32_t *rows;
    MM_RETURN_IF_ERROR(mm_frame_cut(frame, side, count, repeat, scratch, &rows, err));
    MM_RETURN_IF_ERROR(mm_frame_points(frame, side, rows, count, -1, by_deviation, scratch, points, err));
    mm_arena_free(scratch, rows);
    return MINT_OK;
}

mint_status mm_frame_resample(const struct mm_frame *frame, uint32_t b, struct mm_arena *scratch, uint16_t *weights, mint_error *err) {
    struct mm_rng rng = mm_rng_at(frame->seed, MM_STREAM_RESAMPLE, b, 0);
    uint32_t n = frame->row_count[MM_HOLDOUT];
    if (!frame->entity) {
        memset(weights, 0, n * sizeof *weights);
        for (uint32_t i = 0; i < n; i++) weights[mm_rng_below(&rng, n)]++;
        return MINT_OK;
    }
    uint16_t *drawn;
    MM_ALLOC_OR_RETURN(drawn, scratch, frame->entity_count, err);
    for (uint32_t i = 0; i < frame->entity_count; i++) drawn[mm_rng_below(&rng, frame->entity_count)]++;
    for (uint32_t i = 0; i < n; i++) weights[i] = drawn[frame->entity[i]];
    mm_arena_free(scratch, drawn);
    return MINT_OK;
}
