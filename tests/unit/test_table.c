/* SPDX-License-Identifier: Apache-2.0 */
/* Cells come back as they were read; schemas round-trip; bad files are refused in words. */
#include <unistd.h>

#include "base/file.h"
#include "io/csv_check.h"
#include "mintmark/mintmark.h"
#include "table/arrow_abi.h"
#include "table/table.h"
#include "test.h"

static mint_context *ctx;
static char folder[] = "/tmp/mintmark-test-XXXXXX";

static char *path_of(const char *name) {
    static char path[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[0], "%s/%s", folder, name);
    return path[turn];
}

static char *put(const char *name, const char *bytes, size_t count) {
    char *path = path_of(name);
    if (mm_file_write(path, bytes, count, NULL) != MINT_OK) abort();
    return path;
}

static const char *type_of(const mint_table *table, const char *column) {
    for (uint32_t c = 0; c < mint_table_column_count(table); c++)
        if (!strcmp(mint_table_column_name(table, c), column)) return mint_table_column_type(table, c);
    return "";
}

/* 120 rows with one column of every written form. */
static void write_forms(char *text) {
    text += sprintf(text, "plain,padded,fixed,stripped,point,tiny,bool,word,date,german,stamp,clock,mark,mixed,cat,mail,prose,inf\n");
    for (int i = 0; i < 120; i++) {
        text += sprintf(text, "%d,%03d,%.2f,%g,%.1f,%s,%s,%s,20%02d-%02d-%02d,%02d.%02d.2021,2024-01-%02d %02d:00:05,%02d:%02d,",
                        i * 7 % 50 - 9, i, i / 8.0, i % 4 * 0.25, i % 9 * 0.5, i % 2 ? "1e-05" : "0.0001", i % 3 ? "true" : "false",
                        i % 3 ? "yes" : "no", i % 24, i % 12 + 1, i % 28 + 1, i % 28 + 1, i % 12 + 1, i % 28 + 1, i % 24, i % 24, i % 60);
        text += sprintf(text, "%s,%s,%s,p%d.q%d@mail%d.com,\"some words, with a comma number %d and more of them here\",%s\n",
                        i % 5 ? i % 7 ? "12" : "" : "NA", i % 2 ? "1.5" : "1.50", i % 4 ? "low" : "high", i, i * 3, i % 3, i,
                        i % 10   ? "2.5"
                        : i % 20 ? "inf"
                                 : "nan");
    }
}

static void same_cells(const mint_table *a, const mint_table *b, const char *what) {
    bool same = mint_table_row_count(a) == mint_table_row_count(b) && mint_table_column_count(a) == mint_table_column_count(b);
    for (uint64_t r = 0; same && r < mint_table_row_count(a); r++)
        for (uint32_t c = 0; same && c < mint_table_column_count(a); c++) {
            char x[500], y[500];
            mint_table_cell(a, r, c, x, sizeof x);
            mint_table_cell(b, r, c, y, sizeof y);
            same = !strcmp(x, y);
            if (!same) printf("# row %d column %s: '%s' against '%s'\n", (int)r, mint_table_column_name(a, c), x, y);
        }
    OK(same, what);
}

static void test_forms(void) {
    static char text[80000], raw[80000];
    write_forms(text);
    strcpy(raw, text);
    char *in = put("forms.csv", text, strlen(text)), *out = path_of("forms2.csv");
    mint_table *table = NULL, *again = NULL;
    mint_error err = MINT_ERROR_INIT;
    if (!OK(mint_table_read(&table, ctx, in, NULL, &err) == MINT_OK, "a file of many forms is read")) {
        printf("# %s\n", err.message);
        return;
    }
    static const char *const expected[][2] = {
        {"plain", "integer"}, {"padded", "id"},      {"fixed", "float"},  {"stripped", "float"}, {"point", "float"},     {"tiny", "float"},
        {"bool", "boolean"},  {"word", "boolean"},   {"date", "date"},    {"german", "date"},    {"stamp", "timestamp"}, {"clock", "time"},
        {"mark", "integer"},  {"mixed", "category"}, {"cat", "category"}, {"mail", "id"},        {"prose", "text"},      {"inf", "float"}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (!OK(!strcmp(type_of(table, expected[i][0]), expected[i][1]), expected[i][0]))
            printf("# is %s\n", type_of(table, expected[i][0]));
    }
    OK(mint_table_write(table, out, NULL) == MINT_OK, "it is written");
    char *bytes;
    size_t count;
    struct mm_memory memory = {0};
    struct mm_arena arena;
    mm_arena_init(&arena, &memory);
    OK(mm_file_read(&arena, out, 1 << 20, &bytes, &count, NULL) == MINT_OK && count == strlen(raw) && !memcmp(bytes, raw, count),
       "CSV out equals CSV in, byte for byte");
    mm_arena_release(&arena);
    char *schema = path_of("schema.yaml");
    mint_read_options options = MINT_READ_OPTIONS_INIT;
    options.schema_path = schema;
    OK(mint_schema_write(table, schema, NULL) == MINT_OK && mint_table_read(&again, ctx, in, &options, &err) == MINT_OK,
       "a written schema is obeyed");
    same_cells(table, again, "with its own schema every cell is the same");
    mint_table_free(again);
    char *parquet = path_of("forms.parquet");
    OK(mint_table_write(table, parquet, &err) == MINT_OK && mint_table_read(&again, ctx, parquet, NULL, &err) == MINT_OK,
       "through Parquet");
    OK(mint_table_row_count(again) == 120 && !strcmp(type_of(again, "date"), "date") && !strcmp(type_of(again, "stamp"), "timestamp") &&
           !strcmp(type_of(again, "bool"), "boolean"),
       "Parquet keeps types");
    mint_table_free(again);
    mint_table_free(table);
}

static void test_missing_marks(void) {
    const char text[] = "a,b\n1,x\n?,y\n3,?\n";
    char *in = put("marks.csv", text, strlen(text));
    const char *mark = "?";
    mint_read_options options = MINT_READ_OPTIONS_INIT;
    options.missing = &mark;
    options.missing_count = 1;
    mint_table *table;
    OK(mint_table_read(&table, ctx, in, &options, NULL) == MINT_OK && !strcmp(type_of(table, "a"), "integer"),
       "a named mark leaves a column of numbers");
    char cell[10];
    mint_table_cell(table, 1, 0, cell, sizeof cell);
    OK(!strcmp(cell, "?"), "and comes back as it was");
    mint_table_free(table);
}

static void refused(const char *name, const char *bytes, size_t count, mint_status status, const char *words) {
    char *path = put(name, bytes, count);
    mint_table *table = NULL;
    mint_error err = MINT_ERROR_INIT;
    mint_status got = mint_table_read(&table, ctx, path, NULL, &err);
    if (!OK(got == status && strstr(err.message, words) && strstr(err.message, name), name)) printf("# %d %s\n", got, err.message);
    mint_table_free(table);
}

static void test_bad_files(void) {
    refused("empty.csv", "", 0, MINT_E_FORMAT, "is empty");
    refused("header.csv", "a,b\n", 4, MINT_E_FORMAT, "no rows");
    refused("ragged.csv", "a,b\n1,2\n3\n4,5\n", 14, MINT_E_FORMAT, "row 2 (line 3) has 1 fields where the header has 2");
    refused("latin.csv", "a,b\n1,caf\xe9\n", 12, MINT_E_FORMAT, "row 1 column 2 is not UTF-8");
    refused("nul.csv", "a,b\n1,\0\n", 8, MINT_E_FORMAT, "NUL byte");
    refused("twice.csv", "a,b,a\n1,2,3\n", 12, MINT_E_FORMAT, "same name 'a'");
    refused("nameless.csv", "a,,c\n1,2,3\n", 11, MINT_E_FORMAT, "column 2 has no name");
    refused("quote.csv", "a,b\n1,\"2\n", 9, MINT_E_FORMAT, "never closes");
    refused("not.parquet", "hello", 5, MINT_E_FORMAT, "not.parquet");
    mint_table *table = NULL;
    mint_error err = MINT_ERROR_INIT;
    OK(mint_table_read(&table, ctx, path_of("nowhere.csv"), NULL, &err) == MINT_E_IO && strstr(err.message, "No such file"),
       "a missing file is named");
    static char wide[200000];
    size_t used = 0;
    for (int i = 0; i < 20001; i++) used += (size_t)sprintf(wide + used, "%sc%d", i ? "," : "", i);
    refused("wide.csv", wide, used, MINT_E_LIMIT, "more than 20000 columns");
    const char sql[] = "sql:SELECT 1 AS x, DATE '2020-02-29' AS d, 'a' AS s UNION ALL SELECT 2, DATE '2021-01-01', 'b'";
    OK(mint_table_read(&table, ctx, sql, NULL, &err) == MINT_OK && !strcmp(type_of(table, "d"), "date") && mint_table_row_count(table) == 2,
       "SQL is a source");
    mint_table_free(table);
    table = NULL;
    OK(mint_table_write(NULL, "x", NULL) == MINT_E_ARG, "nothing cannot be written");
}

/* Out through the Arrow C stream interface and in again. */
static void test_arrow(void) {
    mint_table *table = NULL, *again = NULL;
    mint_error err = MINT_ERROR_INIT;
    struct ArrowArrayStream stream = {0};
    const char sql[] = "sql:SELECT CAST(i % 7 AS INTEGER) AS whole, CASE WHEN i % 5 = 0 THEN NULL ELSE i / 8.0 END AS part, i % 3 = 0 AS "
                       "flag, 'w' || (i % 4) AS word, DATE '1960-01-01' + CAST(i * 97 AS INTEGER) AS day,"
                       " TIMESTAMP '1969-12-31 23:00:00' + INTERVAL 1 MINUTE * CAST(i AS INTEGER) AS moment FROM range(100) t(i)";
    OK(mint_table_read(&table, ctx, sql, NULL, &err) == MINT_OK && mint_table_to_arrow(&stream, table, NULL) == MINT_OK,
       "a table goes out as Arrow");
    OK(mint_table_from_arrow(&again, ctx, &stream, &err) == MINT_OK && !stream.release, "and comes in; the stream is taken");
    if (again)
        same_cells(table, again, "with every cell the same");
    else
        printf("# %s\n", err.message);
    mint_table_free(again);
    again = NULL;
    OK(mint_table_to_arrow(&stream, table, NULL) == MINT_OK, "a stream that nobody reads");
    stream.release(&stream);
    OK(mint_table_from_arrow(&again, ctx, &stream, NULL) == MINT_E_ARG, "a released stream is refused");
    mint_table_free(table);
}

int main(void) {
    if (!mkdtemp(folder) || mint_context_new(&ctx, NULL, NULL) != MINT_OK) return 99;
    test_forms();
    test_missing_marks();
    test_bad_files();
    test_arrow();
    mint_context_free(ctx);
    mm_folder_remove(folder, NULL);
    return test_done();
}
