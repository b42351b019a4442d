/* SPDX-License-Identifier: Apache-2.0 */
#include "table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[MM_TYPE_COUNT] = {"integer", "float", "boolean", "date", "time", "timestamp", "category", "text", "id"};

const char *mm_type_name(enum mm_type type) { return type_names[type]; }

int mm_type_from_name(const char *name) {
    for (int i = 0; i < MM_TYPE_COUNT; i++)
        if (!strcmp(type_names[i], name)) return i;
    return -1;
}

bool mm_type_is_integral(enum mm_type type) {
    return type == MM_INTEGER || type == MM_BOOLEAN || type == MM_DATE || type == MM_TIME || type == MM_TIMESTAMP;
}
bool mm_type_is_numeric(enum mm_type type) { return type == MM_FLOAT || (mm_type_is_integral(type) && type != MM_BOOLEAN); }
bool mm_type_is_string(enum mm_type type) { return type == MM_CATEGORY || type == MM_TEXT || type == MM_ID; }
bool mm_type_is_modelled(enum mm_type type) { return type != MM_TEXT && type != MM_ID; }

mint_status mm_table_new(struct mint_table **out, struct mint_context *ctx, const char *source, uint64_t row_count, uint32_t column_count,
                         mint_error *err) {
    *out = NULL;
    struct mm_arena arena;
    mm_arena_init(&arena, &ctx->memory);
    struct mint_table *table = mm_arena_alloc(&arena, 1, sizeof *table);
    if (!table) return mm_error_no_memory(err, &ctx->memory, 1, sizeof *table);
    table->arena = arena;
    table->ctx = ctx;
    table->row_count = row_count;
    table->column_count = column_count;
    table->source = mm_arena_copy_text(&table->arena, source);
    table->columns = mm_arena_alloc(&table->arena, column_count, sizeof *table->columns);
    if (!table->source || !table->columns) {
        mint_table_free(table);
        return mm_error_no_memory(err, &ctx->memory, column_count, sizeof *table->columns);
    }
    *out = table;
    return MINT_OK;
}

void mint_table_free(mint_table *table) {
    if (!table) return;
    struct mm_arena arena = table->arena; /* the table lies in its own arena */
    mm_arena_release(&arena);
}

mint_status mm_column_storage(struct mint_table *table, struct mm_column *column, mint_error *err) {
    if (mm_type_is_integral(column->field.type))
        MM_ALLOC_OR_RETURN(column->integers, &table->arena, table->row_count, err);
    else if (column->field.type == MM_FLOAT)
        MM_ALLOC_OR_RETURN(column->numbers, &table->arena, table->row_count, err);
    else
        MM_ALLOC_OR_RETURN(column->codes, &table->arena, table->row_count, err);
    return MINT_OK;
}

mint_status mm_column_marks(struct mint_table *table, struct mm_column *column, mint_error *err) {
    if (!column->marks) MM_ALLOC_OR_RETURN(column->marks, &table->arena, table->row_count, err);
    return MINT_OK;
}

mint_status mm_field_copy(struct mm_field *to, const struct mm_field *from, struct mm_arena *arena, mint_error *err) {
    *to = *from;
    MM_COPY_TEXT_OR_RETURN(to->name, arena, from->name, err);
    if (from->reason) MM_COPY_TEXT_OR_RETURN(to->reason, arena, from->reason, err);
    if (from->source_type) MM_COPY_TEXT_OR_RETURN(to->source_type, arena, from->source_type, err);
    for (uint32_t i = 0; i < from->mark_count; i++) MM_COPY_TEXT_OR_RETURN(to->marks[i], arena, from->marks[i], err);
    return mm_form_spell(&to->form, arena, from->form.spellings, from->form.spelling_count, err);
}

mint_status mm_field_mark(struct mm_field *field, struct mm_arena *arena, const char *text, uint8_t *index, mint_error *err) {
    for (uint32_t i = 0; i < field->mark_count; i++)
        if (!strcmp(field->marks[i], text)) {
            *index = (uint8_t)(i + 1);
            return MINT_OK;
        }
    *index = 0;
    if (field->mark_count == MM_MARKS_MAX) return MINT_OK;
    MM_COPY_TEXT_OR_RETURN(field->marks[field->mark_count], arena, text, err);
    *index = (uint8_t)++field->mark_count;
    return MINT_OK;
}

mint_status mm_table_declare(struct mint_table *table, char *const *constraints, uint32_t count, mint_error *err) {
    MM_ALLOC_OR_RETURN(table->constraints, &table->arena, count, err);
    for (uint32_t i = 0; i < count; i++) MM_COPY_TEXT_OR_RETURN(table->constraints[i], &table->arena, constraints[i], err);
    table->constraint_count = count;
    return MINT_OK;
}

int64_t mm_table_find(const struct mint_table *table, const char *name) {
    for (uint32_t i = 0; i < table->column_count; i++)
        if (!strcmp(table->columns[i].field.name, name)) return i;
    return -1;
}

/* Only the texts that the taken rows have, in order of appearance: a part knows nothing of the other part. */
static mint_status take_texts(struct mint_table *to, struct mm_column *out, const struct mm_column *in, mint_error *err) {
    struct mm_interner interner;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, &to->arena, err));
    for (uint64_t r = 0; r < to->row_count; r++) {
        uint32_t code = (uint32_t)out->codes[r];
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, mm_dictionary_text(&in->dictionary, code),
                                           mm_dictionary_length(&in->dictionary, code), &out->codes[r], err));
    }
    mm_arena_free(&to->arena, interner.slots);
    out->dictionary = interner.dictionary;
    return MINT_OK;
}

static mint_status take_column(struct mint_table *to, struct mm_column *out, const struct mm_column *in, const uint64_t *rows,
                               mint_error *err) {
    MM_RETURN_IF_ERROR(mm_field_copy(&out->field, &in->field, &to->arena, err));
    MM_RETURN_IF_ERROR(mm_column_storage(to, out, err));
    for (uint64_t r = 0; r < to->row_count; r++) {
        if (in->integers)
            out->integers[r] = in->integers[rows[r]];
        else if (in->numbers)
            out->numbers[r] = in->numbers[rows[r]];
        else
            out->codes[r] = in->codes[rows[r]];
    }
    if (in->marks) {
        MM_RETURN_IF_ERROR(mm_column_marks(to, out, err));
        for (uint64_t r = 0; r < to->row_count; r++) out->marks[r] = in->marks[rows[r]];
    }
    return in->codes ? take_texts(to, out, in, err) : MINT_OK;
}

mint_status mm_table_take(struct mint_table **out, const struct mint_table *table, const uint64_t *rows, uint64_t count, mint_error *err) {
    struct mint_table *taken;
    MM_RETURN_IF_ERROR(mm_table_new(&taken, table->ctx, table->source, count, table->column_count, err));
    mint_status status = mm_table_declare(taken, table->constraints, table->constraint_count, err);
    for (uint32_t c = 0; status == MINT_OK && c < table->column_count; c++)
        status = take_column(taken, &taken->columns[c], &table->columns[c], rows, err);
    if (status != MINT_OK) {
        mint_table_free(taken);
        return status;
    }
    *out = taken;
    return MINT_OK;
}

size_t mm_column_cell(const struct mm_column *column, uint64_t row, char *text, size_t size) {
    const struct mm_field *field = &column->field;
    if (mm_column_missing(column, row)) return (size_t)snprintf(text, size, "%s", field->marks[column->marks[row] - 1]);
    switch (field->type) {
    case MM_INTEGER: return mm_form_integer(&field->form, column->integers[row], text, size);
    case MM_FLOAT: return mm_form_float(&field->form, column->numbers[row], text, size);
    case MM_BOOLEAN: return (size_t)snprintf(text, size, "%s", field->form.words[column->integers[row] != 0]);
    case MM_DATE:
    case MM_TIME:
    case MM_TIMESTAMP: return mm_form_temporal(&field->form, field->type == MM_DATE, column->integers[row], text, size);
    case MM_CATEGORY:
    case MM_TEXT:
    case MM_ID: return (size_t)snprintf(text, size, "%s", mm_dictionary_text(&column->dictionary, (uint32_t)column->codes[row]));
    }
    return 0;
}

uint64_t mint_table_row_count(const mint_table *table) { return table->row_count; }
uint32_t mint_table_column_count(const mint_table *table) { return table->column_count; }
const char *mint_table_column_name(const mint_table *table, uint32_t column) { return table->columns[column].field.name; }
const char *mint_table_column_type(const mint_table *table, uint32_t column) { return mm_type_name(table->columns[column].field.type); }
size_t mint_table_cell(const mint_table *table, uint64_t row, uint32_t column, char *text, size_t text_size) {
    return mm_column_cell(&table->columns[column], row, text, text_size);
}
