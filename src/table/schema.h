/* SPDX-License-Identifier: Apache-2.0 */
/* The schema file: one entry a column, written by inference, edited by people, obeyed when read back. */
#ifndef MM_TABLE_SCHEMA_H
#define MM_TABLE_SCHEMA_H
#include "base/json.h"
#include "table/table.h"

struct mm_schema {
    bool lenient; /* another table's types: a column that does not fit them is inferred, a missing one is fine */
    uint32_t count;
    struct mm_field *fields;
    char **constraints; /* of the table's rows: table/constraint.h */
    uint32_t constraint_count;
};

/* Reads YAML; unknown keys, types or formats are refused with their place. */
mint_status mm_schema_read(struct mm_schema *schema, struct mm_arena *arena, const char *path, mint_error *err);
/* The same from parsed JSON, for model files and fuzzing; `source` names it in messages. */
mint_status mm_schema_from_json(struct mm_schema *schema, struct mm_arena *arena, const json_t *json, const char *source, mint_error *err);
/* The types of a table as a lenient schema, borrowing its texts. */
mint_status mm_schema_like(struct mm_schema *schema, struct mm_arena *arena, const struct mint_table *table, mint_error *err);
/* What the schema declares of every row goes with the table. Errors: MINT_E_FORMAT when its columns cannot answer it. */
mint_status mm_schema_declare(struct mint_table *table, const struct mm_schema *schema, mint_error *err);
const struct mm_field *mm_schema_find(const struct mm_schema *schema, const char *name);

/* One field as JSON: name, type, format, missing, reason, source_type. NULL when out of memory. */
json_t *mm_field_to_json(const struct mm_field *field);
mint_status mm_field_from_json(struct mm_field *field, struct mm_arena *arena, const json_t *json, mint_error *err);

#endif
