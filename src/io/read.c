/* SPDX-License-Identifier: Apache-2.0 */
/* Any source into a typed table. CSV cells arrive as text; typed sources as one of three physical types. */
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "io/csv_check.h"
#include "io/duckdb_session.h"
#include "table/infer.h"

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static void add_quoted(struct mm_text *sql, const char *text, char quote) {
    mm_text_add_bytes(sql, &quote, 1);
    for (const char *c = text; *c; c++) mm_text_add_bytes(sql, *c == quote ? (char[]){quote, quote} : c, *c == quote ? 2 : 1);
    mm_text_add_bytes(sql, &quote, 1);
}

/* read_csv with everything said, so that DuckDB guesses nothing. */
static void add_csv_source(struct mm_text *sql, const glob_t *files, const struct mm_csv_shape *shape) {
    mm_text_add(sql, "read_csv([");
    for (size_t i = 0; i < files->gl_pathc; i++) {
        if (i) mm_text_add(sql, ", ");
        add_quoted(sql, files->gl_pathv[i], '\'');
    }
    mm_text_addf(sql,
                 "], auto_detect=false, header=true, delim='%c', quote='\"', escape='\"', nullstr='', max_line_size=67108864, columns={",
                 shape->delimiter);
    for (uint32_t i = 0; i < shape->column_count; i++) {
        if (i) mm_text_add(sql, ", ");
        add_quoted(sql, shape->names[i], '\'');
        mm_text_add(sql, ": 'VARCHAR'");
    }
    mm_text_add(sql, "})");
}

static mint_status check_same_header(const struct mm_csv_shape *first, const struct mm_csv_shape *other, const char *path,
                                     mint_error *err) {
    bool same = first->column_count == other->column_count && first->delimiter == other->delimiter;
    for (uint32_t i = 0; same && i < first->column_count; i++) same = !strcmp(first->names[i], other->names[i]);
    if (!same) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' has another header than the first file of the glob", path);
    return MINT_OK;
}

static mint_status csv_source(struct mm_text *sql, struct mm_arena *arena, const char *path, mint_error *err) {
    glob_t files = {0};
    int found = strpbrk(path, "*?[") && !mm_file_exists(path) ? glob(path, 0, NULL, &files)
                                                              : glob(path, GLOB_NOCHECK | GLOB_NOESCAPE, NULL, &files);
    if (found != 0) {
        globfree(&files);
        MM_RETURN_ERROR(err, MINT_E_IO, "cannot open '%s': no file matches", path);
    }
    struct mm_csv_shape shape = {0};
    mint_status status = MINT_OK;
    for (size_t i = 0; status == MINT_OK && i < files.gl_pathc; i++) {
        struct mm_csv_shape own;
        status = mm_csv_check(&own, arena, files.gl_pathv[i], err);
        if (status != MINT_OK) break;
        if (i == 0)
            shape = own;
        else
            status = check_same_header(&shape, &own, files.gl_pathv[i], err);
    }
    if (status == MINT_OK) add_csv_source(sql, &files, &shape);
    globfree(&files);
    return status;
}

static mint_status make_source(struct mm_text *sql, struct mm_arena *arena, const char *path, mint_error *err) {
    if (!strncmp(path, "sql:", 4)) {
        mm_text_addf(sql, "(%s)", path + 4);
        return MINT_OK;
    }
    if (!strpbrk(path, "*?[") && access(path, R_OK) != 0) MM_RETURN_ERROR(err, MINT_E_IO, "cannot open '%s': %s", path, strerror(errno));
    if (ends_with(path, ".parquet"))
        mm_text_add(sql, "read_parquet(");
    else if (ends_with(path, ".json") || ends_with(path, ".jsonl") || ends_with(path, ".ndjson"))
        mm_text_add(sql, "read_json_auto(");
    else if (ends_with(path, ".gz") || ends_with(path, ".zst")) {
        mm_text_add(sql, "read_csv(");
        add_quoted(sql, path, '\'');
        mm_text_add(sql, ", all_varchar=true, header=true, nullstr='')");
        return MINT_OK;
    } else
        return csv_source(sql, arena, path, err);
    add_quoted(sql, path, '\'');
    mm_text_add(sql, ")");
    return MINT_OK;
}

/* How a DuckDB type becomes one of ours: the expression's form and the physical type it yields. */
struct mapping {
    const char *prefix, *expression;
    enum mm_type type;
    const char *pattern;
};
static const struct mapping mappings[] = {
    {"BOOLEAN", "CAST(%s AS BIGINT)", MM_BOOLEAN, NULL},
    {"TINYINT", "CAST(%s AS BIGINT)", MM_INTEGER, NULL},
    {"SMALLINT", "CAST(%s AS BIGINT)", MM_INTEGER, NULL},
    {"INTEGER", "CAST(%s AS BIGINT)", MM_INTEGER, NULL},
    {"BIGINT", "CAST(%s AS BIGINT)", MM_INTEGER, NULL},
    {"UTINYINT", "CAST(%s AS BIGINT)", MM_INTEGER, NULL},
    {"USMALLINT", "CAST(%s AS BIGINT)", MM_INTEGER, NULL},
    {"UINTEGER", "CAST(%s AS BIGINT)", MM_INTEGER, NULL},
    {"FLOAT", "CAST(%s AS DOUBLE)", MM_FLOAT, NULL},
    {"DOUBLE", "CAST(%s AS DOUBLE)", MM_FLOAT, NULL},
    {"DECIMAL", "CAST(%s AS DOUBLE)", MM_FLOAT, NULL},
    {"DATE", "CAST(date_diff('day', DATE '1970-01-01', %s) AS BIGINT)", MM_DATE, "%Y-%m-%d"},
    {"TIMESTAMP WITH", "epoch_us(%s)", MM_TIMESTAMP, "%Y-%m-%d %H:%M:%S.%6f"},
    {"TIMESTAMP", "epoch_us(CAST(%s AS TIMESTAMP))", MM_TIMESTAMP, "%Y-%m-%d %H:%M:%S.%6f"},
    {"TIME", "epoch_us(%s)", MM_TIME, "%H:%M:%S.%6f"},
};

static const struct mapping *map_type(const char *type) {
    for (size_t i = 0; i < sizeof mappings / sizeof *mappings; i++)
        if (!strncmp(type, mappings[i].prefix, strlen(mappings[i].prefix)) && !strchr(type, '[')) return &mappings[i];
    return NULL;
}

struct described {
    char *name, *type;
    const struct mapping *mapping;
};

static char *copy_string(struct mm_arena *arena, const duckdb_string *s) {
    const char *bytes = s->inside.length <= 12 ? s->inside.bytes : s->outside.pointer;
    char *copy = mm_arena_alloc(arena, (size_t)s->inside.length + 1, 1);
    if (copy) memcpy(copy, bytes, s->inside.length);
    return copy;
}

static mint_status describe(struct described **out, uint32_t *count, struct mm_session *session, struct mm_arena *arena, const char *source,
                            const char *path, mint_error *err) {
    struct mm_text sql;
    mm_text_init(&sql, arena);
    mm_text_addf(&sql, "DESCRIBE SELECT * FROM %s", source);
    MM_RETURN_IF_ERROR(mm_text_status(&sql, err));
    struct mm_rows rows;
    MM_RETURN_IF_ERROR(mm_session_query(session, sql.data, &rows, path, err));
    struct described *columns = mm_arena_alloc(arena, MM_COLUMNS_MAX, sizeof *columns);
    mint_status status = columns ? MINT_OK : mm_error_no_memory(err, arena->memory, MM_COLUMNS_MAX, sizeof *columns);
    *count = 0;
    while (status == MINT_OK && mm_rows_next(&rows)) {
        const duckdb_string *names = mm_rows_vector(&rows, 0).data, *types = mm_rows_vector(&rows, 1).data;
        for (uint64_t i = 0; status == MINT_OK && i < rows.row_count; i++) {
            if (*count == MM_COLUMNS_MAX) {
                status = mm_error_set(err, MINT_E_LIMIT, "'%s' has more than %d columns; choose fewer with sql:", path, MM_COLUMNS_MAX);
                break;
            }
            struct described *column = &columns[(*count)++];
            column->name = copy_string(arena, &names[i]);
            column->type = copy_string(arena, &types[i]);
            if (!column->name || !column->type)
                status = mm_error_no_memory(err, arena->memory, 1, 1);
            else
                column->mapping = map_type(column->type);
        }
    }
    mm_rows_close(&rows);
    *out = columns;
    return status;
}

/* Interning state of the text columns while rows arrive. */
struct intake {
    struct mint_table *table;
    struct mm_interner *interners;
    uint64_t row_count;
};

static mint_status take_text(struct intake *intake, uint32_t c, const struct mm_vector *vector, uint64_t count, uint64_t first,
                             mint_error *err) {
    struct mm_column *column = &intake->table->columns[c];
    const duckdb_string *strings = vector->data;
    for (uint64_t i = 0; i < count; i++) {
        const char *bytes = "";
        size_t length = 0;
        if (mm_vector_valid(vector, i)) {
            length = strings[i].inside.length;
            bytes = length <= 12 ? strings[i].inside.bytes : strings[i].outside.pointer;
            if (memchr(bytes, 0, length))
                MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' row %llu column '%s' holds a NUL byte; remove it", intake->table->source,
                                (unsigned long long)(first + i + 1), column->field.name);
        }
        MM_RETURN_IF_ERROR(mm_interner_add(&intake->interners[c], bytes, length, &column->codes[first + i], err));
    }
    return MINT_OK;
}

static mint_status take_typed(struct intake *intake, uint32_t c, const struct mm_vector *vector, uint64_t count, uint64_t first,
                              mint_error *err) {
    struct mint_table *table = intake->table;
    struct mm_column *column = &table->columns[c];
    if (column->integers)
        memcpy(column->integers + first, vector->data, count * sizeof(int64_t));
    else
        memcpy(column->numbers + first, vector->data, count * sizeof(double));
    for (uint64_t i = 0; i < count; i++) {
        if (mm_vector_valid(vector, i)) continue;
        MM_RETURN_IF_ERROR(mm_column_marks(table, column, err));
        MM_RETURN_IF_ERROR(mm_field_mark(&column->field, &table->arena, "", &column->marks[first + i], err));
        if (column->integers)
            column->integers[first + i] = 0;
        else
            column->numbers[first + i] = 0;
    }
    return MINT_OK;
}

static mint_status prepare_columns(struct mint_table *table, const struct described *columns, struct mm_interner *interners,
                                   mint_error *err) {
    for (uint32_t c = 0; c < table->column_count; c++) {
        struct mm_column *column = &table->columns[c];
        const struct mapping *mapping = columns[c].mapping;
        MM_COPY_TEXT_OR_RETURN(column->field.name, &table->arena, columns[c].name, err);
        column->field.type = mapping ? mapping->type : MM_CATEGORY;
        column->field.form = (struct mm_form){.style = MM_FLOAT_SHORTEST, .decimals = -1, .words = {"false", "true"}};
        if (mapping && mapping->pattern) memcpy(column->field.form.pattern, mapping->pattern, strlen(mapping->pattern) + 1);
        if (mapping) {
            MM_COPY_TEXT_OR_RETURN(column->field.source_type, &table->arena, columns[c].type, err);
            MM_COPY_TEXT_OR_RETURN(column->field.reason, &table->arena, "stored with this type", err);
        } else
            MM_RETURN_IF_ERROR(mm_interner_init(&interners[c], &table->arena, err));
        MM_RETURN_IF_ERROR(mm_column_storage(table, column, err));
    }
    return MINT_OK;
}

static mint_status select_rows(struct mm_rows *rows, struct mm_session *session, struct mm_arena *arena, const struct described *columns,
                               uint32_t count, const char *source, const char *path, mint_error *err) {
    struct mm_text sql, name;
    mm_text_init(&sql, arena);
    mm_text_add(&sql, "SELECT ");
    for (uint32_t c = 0; c < count; c++) {
        mm_text_init(&name, arena);
        add_quoted(&name, columns[c].name, '"');
        const char *expression = columns[c].mapping ? columns[c].mapping->expression : "CAST(%s AS VARCHAR)";
        const char *hole = strstr(expression, "%s");
        if (c) mm_text_add(&sql, ", ");
        mm_text_add_bytes(&sql, expression, (size_t)(hole - expression));
        mm_text_add(&sql, name.data ? name.data : "");
        mm_text_add(&sql, hole + 2);
    }
    mm_text_addf(&sql, " FROM %s", source);
    MM_RETURN_IF_ERROR(mm_text_status(&sql, err));
    return mm_session_query(session, sql.data, rows, path, err);
}

static mint_status query_count(uint64_t *count, struct mm_session *session, struct mm_arena *arena, const char *source, const char *path,
                               mint_error *err) {
    struct mm_text sql;
    mm_text_init(&sql, arena);
    mm_text_addf(&sql, "SELECT CAST(count(*) AS BIGINT) FROM %s", source);
    MM_RETURN_IF_ERROR(mm_text_status(&sql, err));
    struct mm_rows rows;
    MM_RETURN_IF_ERROR(mm_session_query(session, sql.data, &rows, path, err));
    *count = mm_rows_next(&rows) ? (uint64_t) * (const int64_t *)mm_rows_vector(&rows, 0).data : 0;
    mm_rows_close(&rows);
    if (!*count) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' has no rows", path);
    return MINT_OK;
}

static mint_status fill(struct intake *intake, struct mm_rows *rows, mint_error *err) {
    struct mint_table *table = intake->table;
    uint64_t first = 0;
    while (mm_rows_next(rows)) {
        if (first + rows->row_count > table->row_count) MM_RETURN_ERROR(err, MINT_E_IO, "'%s' changed while it was read", table->source);
        for (uint32_t c = 0; c < table->column_count; c++) {
            struct mm_vector vector = mm_rows_vector(rows, c);
            if (table->columns[c].codes)
                MM_RETURN_IF_ERROR(take_text(intake, c, &vector, rows->row_count, first, err));
            else
                MM_RETURN_IF_ERROR(take_typed(intake, c, &vector, rows->row_count, first, err));
        }
        first += rows->row_count;
        mm_progress_add(table->ctx, rows->row_count);
        MM_RETURN_IF_ERROR(mm_check_cancelled(table->ctx, err));
    }
    if (first != table->row_count) MM_RETURN_ERROR(err, MINT_E_IO, "'%s' changed while it was read", table->source);
    return MINT_OK;
}

struct infer_job {
    struct mint_table *table;
    const struct mm_schema *schema;
    const mint_read_options *options;
};

static mint_status infer_columns(struct infer_job *job, mint_error *err) {
    struct mint_table *table = job->table;
    for (uint32_t c = 0; c < table->column_count; c++) {
        struct mm_column *column = &table->columns[c];
        if (column->codes)
            MM_RETURN_IF_ERROR(mm_column_infer(table, column, job->schema, job->options->missing, job->options->missing_count, err));
        else
            MM_RETURN_IF_ERROR(mm_column_refine(table, column, job->schema, err));
    }
    for (uint32_t i = 0; job->schema && !job->schema->lenient && i < job->schema->count; i++)
        if (mm_table_find(table, job->schema->fields[i].name) < 0)
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' has no column '%s', which the schema names", table->source,
                            job->schema->fields[i].name);
    return job->schema ? mm_schema_declare(table, job->schema, err) : MINT_OK;
}

static mint_status read_source(struct mint_table **out, struct mm_session *session, struct mm_arena *scratch, const char *path,
                               const mint_read_options *options, const struct mm_schema *schema, mint_error *err) {
    struct mm_text source;
    mm_text_init(&source, scratch);
    MM_RETURN_IF_ERROR(make_source(&source, scratch, path, err));
    MM_RETURN_IF_ERROR(mm_text_status(&source, err));
    struct described *columns;
    uint32_t count;
    uint64_t row_count;
    MM_RETURN_IF_ERROR(describe(&columns, &count, session, scratch, source.data, path, err));
    MM_RETURN_IF_ERROR(query_count(&row_count, session, scratch, source.data, path, err));
    struct intake intake = {0};
    MM_ALLOC_OR_RETURN(intake.interners, scratch, count, err);
    struct mint_table *table;
    MM_RETURN_IF_ERROR(mm_table_new(&table, session->ctx, path, row_count, count, err));
    intake.table = table;
    mm_progress_begin(session->ctx, "read", row_count);
    struct mm_rows rows;
    mint_status status = prepare_columns(table, columns, intake.interners, err);
    if (status == MINT_OK && (status = select_rows(&rows, session, scratch, columns, count, source.data, path, err)) == MINT_OK) {
        status = fill(&intake, &rows, err);
        mm_rows_close(&rows);
    }
    for (uint32_t c = 0; status == MINT_OK && c < count; c++)
        if (table->columns[c].codes) {
            table->columns[c].dictionary = intake.interners[c].dictionary;
            mm_arena_free(&table->arena, intake.interners[c].slots);
        }
    if (status == MINT_OK) status = infer_columns(&(struct infer_job){table, schema, options}, err);
    if (status != MINT_OK)
        mint_table_free(table);
    else
        *out = table;
    return status;
}

mint_status mint_table_read(mint_table **out, mint_context *ctx, const char *path, const mint_read_options *options, mint_error *err) {
    static const mint_read_options defaults = MINT_READ_OPTIONS_INIT;
    if (!out || !ctx || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "a table needs a context and a source");
    *out = NULL;
    if (!options) options = &defaults;
    if (options->size != sizeof *options)
        MM_RETURN_ERROR(err, MINT_E_ARG, "read options of %zu bytes, this library knows %zu", options->size, sizeof *options);
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    struct mm_schema schema = {0};
    struct mm_session session;
    mint_status status = options->schema_path ? mm_schema_read(&schema, &scratch, options->schema_path, err) : MINT_OK;
    bool has_schema = options->schema_path != NULL || options->like != NULL;
    if (status == MINT_OK && !options->schema_path && options->like) status = mm_schema_like(&schema, &scratch, options->like, err);
    if (status == MINT_OK && (status = mm_session_open(&session, ctx, err)) == MINT_OK) {
        status = read_source(out, &session, &scratch, path, options, has_schema ? &schema : NULL, err);
        mm_session_close(&session);
    }
    mm_arena_release(&scratch);
    return status;
}
