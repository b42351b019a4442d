/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_TABLE_TABLE_H
#define MM_TABLE_TABLE_H
#include "base/memory.h"
#include "mintmark/table.h"
#include "parallel/context.h"
#include "table/form.h"

/* What a column means. Values are stored in model files. */
enum mm_type {
    MM_INTEGER = 0,
    MM_FLOAT = 1,
    MM_BOOLEAN = 2,
    MM_DATE = 3,
    MM_TIME = 4,
    MM_TIMESTAMP = 5,
    MM_CATEGORY = 6,
    MM_TEXT = 7,
    MM_ID = 8
};
enum { MM_TYPE_COUNT = 9, MM_COLUMNS_MAX = 20000, MM_MARKS_MAX = 32 };

const char *mm_type_name(enum mm_type type);
/* -1 when there is no such type. */
int mm_type_from_name(const char *name);
/* Integer-like: stored as int64 (days, microseconds and 0/1 for the temporal types and booleans). */
bool mm_type_is_integral(enum mm_type type);
/* Has a distance: everything integral except booleans, and floats. */
bool mm_type_is_numeric(enum mm_type type);
/* Stored as codes into a dictionary of strings. */
bool mm_type_is_string(enum mm_type type);
/* Takes part in models and metrics; ids and text do not. */
bool mm_type_is_modelled(enum mm_type type);

/* Distinct strings in order of first appearance. */
struct mm_dictionary {
    uint32_t count;
    uint64_t *offsets; /* count + 1 */
    char *bytes;       /* each string is followed by a NUL that its length does not count */
};
static inline const char *mm_dictionary_text(const struct mm_dictionary *d, uint32_t i) { return d->bytes + d->offsets[i]; }
static inline size_t mm_dictionary_length(const struct mm_dictionary *d, uint32_t i) {
    return (size_t)(d->offsets[i + 1] - d->offsets[i] - 1);
}

/* What is known of a column apart from its cells: the schema's row. */
struct mm_field {
    char *name;
    enum mm_type type;
    struct mm_form form;
    char *marks[MM_MARKS_MAX]; /* texts that stand for "no value": missing marks, and nan or inf in number columns */
    uint32_t mark_count;
    char *reason;      /* why this type */
    char *source_type; /* DuckDB's type where the source was typed ("INTEGER", "DATE", ...); NULL for text sources */
};

/* Exactly one of the three arrays is set, by type. */
struct mm_column {
    struct mm_field field;
    int64_t *integers;
    double *numbers;
    int32_t *codes;
    struct mm_dictionary dictionary; /* of codes */
    uint8_t *marks;                  /* per row: 0 a value, k > 0 the mark field.marks[k-1]; NULL when every cell has a value */
};

struct mint_table {
    struct mint_context *ctx;
    struct mm_arena arena;
    char *source; /* what messages call it */
    uint64_t row_count;
    uint32_t column_count;
    struct mm_column *columns;
    char **constraints; /* declared of every row (table/constraint.h); each can be checked on this table */
    uint32_t constraint_count;
    char *schema_json; /* made on demand */
};

mint_status mm_table_new(struct mint_table **out, struct mint_context *ctx, const char *source, uint64_t row_count, uint32_t column_count,
                         mint_error *err);
/* Sets the storage that the column's type needs (codes without a dictionary). */
mint_status mm_column_storage(struct mint_table *table, struct mm_column *column, mint_error *err);
mint_status mm_column_marks(struct mint_table *table, struct mm_column *column, mint_error *err);
/* Copies name, type, form, marks and reason into the arena. */
mint_status mm_field_copy(struct mm_field *to, const struct mm_field *from, struct mm_arena *arena, mint_error *err);
/* Index of the mark with this text, added when new; 0 when the field has no room for one more. */
mint_status mm_field_mark(struct mm_field *field, struct mm_arena *arena, const char *text, uint8_t *index, mint_error *err);
mint_status mm_table_declare(struct mint_table *table, char *const *constraints, uint32_t count, mint_error *err);
/* Column by name, or -1. */
int64_t mm_table_find(const struct mint_table *table, const char *name);
/* A new table of the given rows, sharing nothing. */
mint_status mm_table_take(struct mint_table **out, const struct mint_table *table, const uint64_t *rows, uint64_t count, mint_error *err);

static inline bool mm_column_missing(const struct mm_column *c, uint64_t row) { return c->marks && c->marks[row]; }
/* The cell as a number: integers, floats and temporal values; undefined on marks and strings. */
static inline double mm_column_number(const struct mm_column *c, uint64_t row) {
    return c->numbers ? c->numbers[row] : (double)c->integers[row];
}
/* The cell as text, as snprintf. */
size_t mm_column_cell(const struct mm_column *column, uint64_t row, char *text, size_t text_size);

/* Builds a dictionary: strings in, codes out. */
struct mm_interner {
    struct mm_arena *arena;
    struct mm_dictionary dictionary;
    uint64_t bytes_used, bytes_capacity;
    uint32_t offsets_capacity;
    uint32_t *slots; /* code + 1, or 0 */
    uint32_t slot_count;
};
mint_status mm_interner_init(struct mm_interner *interner, struct mm_arena *arena, mint_error *err);
mint_status mm_interner_add(struct mm_interner *interner, const char *text, size_t length, int32_t *code, mint_error *err);

#endif
