/* SPDX-License-Identifier: Apache-2.0 */
#include "table/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "table/constraint.h"

static const char *const styles[] = {"fixed", "stripped", "point", "shortest", "general"};
enum { STYLE_COUNT = 5 };

static const char LIKE[] = " like "; /* and 1234.5 as the column would write it */

static void format_text(const struct mm_field *field, char text[64]) {
    const struct mm_form *form = &field->form;
    text[0] = 0;
    if (field->type == MM_INTEGER && form->width)
        snprintf(text, 64, "padded %d", form->width);
    else if (field->type == MM_INTEGER)
        snprintf(text, 64, "plain");
    else if (field->type == MM_FLOAT && form->decimals >= 0)
        snprintf(text, 64, "%s %d", styles[form->style], form->decimals);
    else if (field->type == MM_FLOAT)
        snprintf(text, 64, "%s", styles[form->style]);
    else if (field->type == MM_BOOLEAN)
        snprintf(text, 64, "%s|%s", form->words[0], form->words[1]);
    else if (mm_type_is_integral(field->type))
        snprintf(text, 64, "%s", form->pattern);
    if (!mm_is_dressed(&form->dress)) return;
    size_t length = strlen(text);
    char example[40];
    mm_dress_example(&form->dress, example, sizeof example);
    snprintf(text + length, 64 - length, "%s%s", LIKE, example);
}

static bool parse_float_format(struct mm_form *form, const char *text) {
    for (int i = 0; i < STYLE_COUNT; i++) {
        size_t length = strlen(styles[i]);
        if (strncmp(text, styles[i], length) != 0) continue;
        form->style = (uint8_t)i;
        form->decimals = -1;
        if (!text[length]) return i == MM_FLOAT_SHORTEST || i == MM_FLOAT_GENERAL;
        int64_t decimals;
        if (text[length] != ' ' || !mm_parse_integer(text + length + 1, &decimals) || decimals < 0 || decimals > 15) return false;
        form->decimals = (int8_t)decimals;
        return true;
    }
    return false;
}

static bool parse_format(struct mm_field *field, const char *whole) {
    struct mm_form *form = &field->form;
    int64_t width;
    char text[64];
    const char *like = field->type == MM_INTEGER || field->type == MM_FLOAT ? strstr(whole, LIKE) : NULL;
    size_t length = like ? (size_t)(like - whole) : strlen(whole);
    if (length >= sizeof text) return false;
    memcpy(text, whole, length);
    text[length] = 0;
    if (like && !mm_dress_from_example(&form->dress, like + sizeof LIKE - 1)) return false;
    switch (field->type) {
    case MM_INTEGER:
        if (!strcmp(text, "plain")) return true;
        if (strncmp(text, "padded ", 7) != 0 || !mm_parse_integer(text + 7, &width) || width < 1 || width > 18) return false;
        form->width = (uint8_t)width;
        return true;
    case MM_FLOAT: return parse_float_format(form, text);
    case MM_BOOLEAN: {
        const char *bar = strchr(text, '|');
        if (!bar || bar == text || bar - text >= MM_WORD_MAX || !bar[1] || strlen(bar + 1) >= MM_WORD_MAX) return false;
        memcpy(form->words[0], text, (size_t)(bar - text));
        form->words[0][bar - text] = 0;
        snprintf(form->words[1], MM_WORD_MAX, "%s", bar + 1);
        return strcmp(form->words[0], form->words[1]) != 0;
    }
    case MM_DATE:
    case MM_TIME:
    case MM_TIMESTAMP: {
        int64_t value;
        char again[64];
        if (strlen(text) >= MM_PATTERN_MAX || !strchr(text, '%')) return false;
        snprintf(form->pattern, MM_PATTERN_MAX, "%s", text);
        mm_form_temporal(form, field->type == MM_DATE, 0, again, sizeof again);
        return mm_parse_temporal(form->pattern, again, field->type == MM_DATE, &value) && value == 0;
    }
    case MM_CATEGORY:
    case MM_TEXT:
    case MM_ID: return !*text;
    }
    return false;
}

json_t *mm_field_to_json(const struct mm_field *field) {
    json_t *object = json_object();
    if (!object) return NULL;
    char format[64];
    format_text(field, format);
    bool good =
        mm_json_put(object, "name", json_string(field->name)) && mm_json_put(object, "type", json_string(mm_type_name(field->type)));
    if (*format) good = good && mm_json_put(object, "format", json_string(format));
    if (field->mark_count) {
        json_t *marks = json_array();
        for (uint32_t i = 0; i < field->mark_count; i++) good = good && json_array_append_new(marks, json_string(field->marks[i])) == 0;
        good = mm_json_put(object, "missing", marks) && good;
    }
    if (field->form.spelling_count) {
        json_t *texts = json_array();
        for (uint32_t i = 0; i < field->form.spelling_count; i++)
            good = good && json_array_append_new(texts, json_string(field->form.spellings[i].text)) == 0;
        good = mm_json_put(object, "spelt", texts) && good;
    }
    if (field->source_type) good = good && mm_json_put(object, "source_type", json_string(field->source_type));
    if (field->reason) good = good && mm_json_put(object, "reason", json_string(field->reason));
    if (!good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static mint_status read_marks(struct mm_field *field, struct mm_arena *arena, const json_t *marks, mint_error *err) {
    if (!json_is_array(marks) || json_array_size(marks) > MM_MARKS_MAX)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'missing' must be a list of at most %d texts", MM_MARKS_MAX);
    for (size_t i = 0; i < json_array_size(marks); i++) {
        const char *text = json_string_value(json_array_get(marks, i));
        uint8_t index;
        if (!text) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'missing' must be a list of texts; put numbers in quotes");
        MM_RETURN_IF_ERROR(mm_field_mark(field, arena, text, &index, err));
    }
    return MINT_OK;
}

/* Numbers, each with a text of its own. */
static mint_status read_spellings(struct mm_field *field, struct mm_arena *arena, const json_t *texts, mint_error *err) {
    struct mm_spelling list[MM_SPELLINGS_MAX];
    size_t count = json_array_size(texts);
    if (!json_is_array(texts) || count > MM_SPELLINGS_MAX)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'spelt' must be a list of at most %d numbers in quotes", MM_SPELLINGS_MAX);
    for (size_t i = 0; i < count; i++) {
        list[i].text = json_string_value(json_array_get(texts, i));
        if (!list[i].text || strlen(list[i].text) >= MM_SPELLING_MAX || !mm_parse_float(list[i].text, &list[i].value))
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'spelt' must be a list of numbers in quotes");
    }
    MM_RETURN_IF_ERROR(mm_form_spell(&field->form, arena, list, (uint32_t)count, err));
    for (uint32_t i = 1; i < count; i++)
        if (field->form.spellings[i].value == field->form.spellings[i - 1].value)
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'spelt' has the number %s twice", field->form.spellings[i].text);
    return MINT_OK;
}

static mint_status read_key(struct mm_field *field, struct mm_arena *arena, const char *key, const json_t *value, const char **format,
                            mint_error *err) {
    if (!strcmp(key, "missing")) return read_marks(field, arena, value, err);
    if (!strcmp(key, "spelt")) return read_spellings(field, arena, value, err);
    const char *text = json_string_value(value);
    if (!text) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' must be text", key);
    if (!strcmp(key, "name"))
        MM_COPY_TEXT_OR_RETURN(field->name, arena, text, err);
    else if (!strcmp(key, "reason"))
        MM_COPY_TEXT_OR_RETURN(field->reason, arena, text, err);
    else if (!strcmp(key, "format"))
        *format = text;
    else if (!strcmp(key, "source_type")) {
        if (strlen(text) > 40 || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789(), ") != strlen(text))
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is no source type", text);
        MM_COPY_TEXT_OR_RETURN(field->source_type, arena, text, err);
    } else if (!strcmp(key, "type")) {
        int type = mm_type_from_name(text);
        if (type < 0)
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is no type; the types are integer float boolean date time timestamp category text id",
                            text);
        field->type = (enum mm_type)type;
    } else
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "unknown key '%s'; the keys are name type format missing spelt source_type reason", key);
    return MINT_OK;
}

mint_status mm_field_from_json(struct mm_field *field, struct mm_arena *arena, const json_t *json, mint_error *err) {
    *field = (struct mm_field){.form = {.decimals = -1, .style = MM_FLOAT_SHORTEST}};
    if (!json_is_object(json)) MM_RETURN_ERROR(err, MINT_E_FORMAT, "a column must be a map with name and type");
    const char *key, *format = NULL;
    json_t *value;
    json_object_foreach((json_t *)json, key, value) MM_RETURN_IF_ERROR(read_key(field, arena, key, value, &format, err));
    if (!field->name || !*field->name || !json_object_get(json, "type"))
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "a column needs a name and a type");
    if (format && !parse_format(field, format))
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "column '%s': '%s' is no format of type %s", field->name, format, mm_type_name(field->type));
    if (!format && mm_type_is_integral(field->type) && field->type != MM_INTEGER)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "column '%s': type %s needs a format, such as %s", field->name, mm_type_name(field->type),
                        field->type == MM_BOOLEAN ? "no|yes"
                        : field->type == MM_DATE  ? "%Y-%m-%d"
                                                  : "%Y-%m-%d %H:%M:%S");
    return MINT_OK;
}

static mint_status read_constraints(struct mm_schema *schema, struct mm_arena *arena, const json_t *list, const char *source,
                                    mint_error *err) {
    if (!json_is_array(list) || json_array_size(list) > MM_CONSTRAINTS_MAX)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s': 'constraints' must be a list of at most %d texts", source, MM_CONSTRAINTS_MAX);
    MM_ALLOC_OR_RETURN(schema->constraints, arena, json_array_size(list), err);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        struct mm_constraint *parsed = NULL;
        if (!text) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s': constraint %zu is no text", source, i + 1);
        struct mm_arena scratch;
        mm_arena_init(&scratch, arena->memory);
        mint_status status = mm_constraint_parse(&parsed, &scratch, text, err);
        mm_arena_release(&scratch);
        if (status != MINT_OK) return mm_error_prefix(err, status, "'%s'", source);
        MM_COPY_TEXT_OR_RETURN(schema->constraints[i], arena, text, err);
    }
    schema->constraint_count = (uint32_t)json_array_size(list);
    return MINT_OK;
}

mint_status mm_schema_from_json(struct mm_schema *schema, struct mm_arena *arena, const json_t *json, const char *source, mint_error *err) {
    const json_t *columns = json_object_get(json, "columns");
    const char *version = json_string_value(json_object_get(json, "schema"));
    if (!version || strcmp(version, "mintmark.schema/1") != 0)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is no schema of this version: it must begin with 'schema: mintmark.schema/1'", source);
    if (!json_is_array(columns) || !json_array_size(columns) || json_array_size(columns) > MM_COLUMNS_MAX)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' must have a list 'columns' of 1 to %d entries", source, MM_COLUMNS_MAX);
    *schema = (struct mm_schema){.count = (uint32_t)json_array_size(columns)};
    MM_ALLOC_OR_RETURN(schema->fields, arena, schema->count, err);
    for (uint32_t i = 0; i < schema->count; i++) {
        mint_status status = mm_field_from_json(&schema->fields[i], arena, json_array_get(columns, i), err);
        if (status != MINT_OK) return mm_error_prefix(err, status, "'%s' column %u", source, i + 1);
        for (uint32_t k = 0; k < i; k++)
            if (!strcmp(schema->fields[k].name, schema->fields[i].name))
                MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' names column '%s' twice", source, schema->fields[i].name);
    }
    const json_t *constraints = json_object_get(json, "constraints");
    return constraints ? read_constraints(schema, arena, constraints, source, err) : MINT_OK;
}

mint_status mm_schema_read(struct mm_schema *schema, struct mm_arena *arena, const char *path, mint_error *err) {
    json_t *json;
    MM_RETURN_IF_ERROR(mm_yaml_read(&json, arena->memory, path, err));
    mint_status status = mm_schema_from_json(schema, arena, json, path, err);
    json_decref(json);
    return status;
}

mint_status mm_schema_like(struct mm_schema *schema, struct mm_arena *arena, const struct mint_table *table, mint_error *err) {
    *schema = (struct mm_schema){.lenient = true, .count = table->column_count};
    MM_ALLOC_OR_RETURN(schema->fields, arena, schema->count, err);
    for (uint32_t c = 0; c < schema->count; c++) schema->fields[c] = table->columns[c].field;
    return MINT_OK;
}

mint_status mm_schema_declare(struct mint_table *table, const struct mm_schema *schema, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &table->ctx->memory);
    mint_status status = MINT_OK;
    for (uint32_t i = 0; status == MINT_OK && i < schema->constraint_count; i++) {
        struct mm_constraint *constraint;
        status = mm_constraint_parse(&constraint, &scratch, schema->constraints[i], err);
        if (status == MINT_OK) status = mm_constraint_fits(constraint, table, err);
        mm_arena_release(&scratch);
    }
    return status == MINT_OK ? mm_table_declare(table, schema->constraints, schema->constraint_count, err) : status;
}

const struct mm_field *mm_schema_find(const struct mm_schema *schema, const char *name) {
    for (uint32_t i = 0; schema && i < schema->count; i++)
        if (!strcmp(schema->fields[i].name, name)) return &schema->fields[i];
    return NULL;
}

static mint_status schema_tree(json_t **out, const struct mint_table *table, mint_error *err) {
    json_t *root = json_object(), *columns = json_array();
    bool good = root && columns && mm_json_put(root, "schema", json_string("mintmark.schema/1"));
    for (uint32_t i = 0; good && i < table->column_count; i++)
        good = json_array_append_new(columns, mm_field_to_json(&table->columns[i].field)) == 0;
    good = mm_json_put(root, "columns", columns) && good;
    if (good && table->constraint_count) {
        json_t *list = json_array();
        for (uint32_t i = 0; i < table->constraint_count; i++)
            good = json_array_append_new(list, json_string(table->constraints[i])) == 0 && good;
        good = mm_json_put(root, "constraints", list) && good;
    }
    if (!good) {
        json_decref(root);
        return mm_error_json(err);
    }
    *out = root;
    return MINT_OK;
}

mint_status mint_schema_write(const mint_table *table, const char *path, mint_error *err) {
    json_t *root;
    MM_RETURN_IF_ERROR(schema_tree(&root, table, err));
    struct mm_arena scratch;
    mm_arena_init(&scratch, &table->ctx->memory);
    char *text;
    mint_status status = mm_yaml_text(
        &text, &scratch, root,
        "# What Mintmark took each column for, and why. Edit type, format and missing marks;\n"
        "# this file wins over inference when it is given with --schema. A list 'constraints' declares what holds of every row:\n"
        "# docs/constraints.md.\n",
        err);
    if (status == MINT_OK) status = mm_file_write(path, text, strlen(text), err);
    mm_arena_release(&scratch);
    json_decref(root);
    return status;
}

mint_status mint_schema_json(const char **out, mint_table *table, mint_error *err) {
    if (!table->schema_json) {
        json_t *root;
        MM_RETURN_IF_ERROR(schema_tree(&root, table, err));
        mint_status status = mm_json_text(&table->schema_json, &table->arena, root, err);
        json_decref(root);
        MM_RETURN_IF_ERROR(status);
    }
    *out = table->schema_json;
    return MINT_OK;
}
