/* SPDX-License-Identifier: Apache-2.0 */
/* Conformance: every registered generator through the same properties. Then what is particular to some. */
#include <unistd.h>

#include "base/file.h"
#include "generator/generator.h"
#include "mintmark/mintmark.h"
#include "table/table.h"
#include "folder.h"
#include "models.h"

/* Mixed types, missing cells, a rule between columns, an id; all of it a function of the row number. */
#define ROWS "1500"
static const char source[] =
    "sql:SELECT printf('K-%05d', (i * 7919) % 100000) AS id, CAST(hash(i) % 50 AS INTEGER) AS age, CASE WHEN hash(i, 1) % 10 = 0 THEN NULL "
    "ELSE CAST(hash(i, 2) % 100000 AS DOUBLE) / 100 END AS amount,"
    " CASE WHEN hash(i) % 50 < 20 THEN 'young' WHEN hash(i, 3) % 3 = 0 THEN 'mid' ELSE 'old' END AS band, hash(i) % 50 < 25 AS flag, DATE "
    "'2020-01-01' + CAST(hash(i, 4) % 700 AS INTEGER) AS day,"
    " CASE WHEN (hash(i) % 50 < 25) = (hash(i, 5) % 8 > 0) THEN 'yes' ELSE 'no' END AS y FROM range(" ROWS ") t(i)";

/* The model file and 9,000 rows, fitted and sampled with so many threads. */
static char *fit_bytes(const char *generator, uint32_t threads, size_t *count, mint_table **rows, mint_context **own) {
    *own = open_context(threads);
    mint_table *table = NULL;
    mint_model *model = NULL;
    char path[200];
    static struct mm_memory memory;
    struct mm_arena arena;
    mm_arena_init(&arena, &memory);
    snprintf(path, sizeof path, "%s/m%u.mint", folder, threads);
    if (mint_table_read(&table, *own, source, NULL, NULL) != MINT_OK ||
        mint_model_fit(&model, *own, generator, table, "y", NULL, 3, NULL) != MINT_OK || mint_model_save(model, path, NULL) != MINT_OK ||
        mint_model_sample(rows, model, 0, 9000, 5, NULL) != MINT_OK)
        exit(98);
    char *bytes, *copy;
    if (mm_file_read(&arena, path, 1 << 30, &bytes, count, NULL) != MINT_OK || !(copy = malloc(*count))) exit(97);
    memcpy(copy, bytes, *count);
    mm_arena_release(&arena);
    mint_model_free(model);
    mint_table_free(table);
    return copy;
}

static void test_threads(const char *generator) {
    static const uint32_t threads[] = {1, 2, 3, 8};
    char *first = NULL;
    size_t first_count = 0;
    mint_table *first_rows = NULL;
    mint_context *first_context = NULL;
    for (size_t t = 0; t < 4; t++) {
        size_t count;
        mint_table *rows;
        mint_context *own;
        char *bytes = fit_bytes(generator, threads[t], &count, &rows, &own);
        if (!t) {
            first = bytes, first_count = count, first_rows = rows, first_context = own;
            continue;
        }
        OK(count == first_count && !memcmp(bytes, first, count), "the model file has the same bytes for any number of threads");
        OK(same_rows(rows, 0, first_rows, 0, 9000), "so do the sampled rows");
        free(bytes);
        mint_table_free(rows);
        mint_context_free(own);
    }
    free(first);
    mint_table_free(first_rows);
    mint_context_free(first_context);
}

static void *whole_file(const char *path, size_t *count) {
    static struct mm_memory memory;
    struct mm_arena arena;
    mm_arena_init(&arena, &memory);
    char *bytes = NULL, *copy = NULL;
    if (mm_file_read(&arena, path, 1 << 30, &bytes, count, NULL) == MINT_OK && (copy = malloc(*count + 1))) memcpy(copy, bytes, *count);
    mm_arena_release(&arena);
    return copy;
}

/* Rows that go straight into a file: many tables long, the same bytes as rows that were held in memory; cancelled, nothing is left. */
static void test_stream(const char *generator) {
    enum { STREAMED = 150000 };
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL;
    const char *held = path_of("held.csv"), *streamed = path_of("streamed.csv");
    mint_context *own = open_context(2);
    OK(mint_table_read(&table, own, source, NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, own, generator, table, "y", NULL, 1, NULL) == MINT_OK &&
           mint_model_sample(&rows, model, 5, STREAMED, 2, NULL) == MINT_OK && mint_table_write(rows, held, NULL) == MINT_OK,
       generator);
    uint64_t peak_held = mint_context_memory_peak(own);
    mint_table_free(rows);
    OK(mint_model_sample_file(model, 5, STREAMED, 2, streamed, NULL) == MINT_OK && mint_context_memory_peak(own) == peak_held,
       "no higher peak");
    size_t n = 0, m = 0;
    char *a = whole_file(held, &n), *b = whole_file(streamed, &m);
    OK(a && b && n == m && !memcmp(a, b, n), "the same bytes");
    free(a), free(b);
    remove(streamed);
    mint_context_cancel(own);
    OK(mint_model_sample_file(model, 0, 1000, 2, streamed, NULL) == MINT_E_CANCELLED && access(streamed, F_OK) != 0, "cancelled: no file");
    mint_model_free(model);
    mint_table_free(table);
    mint_context_free(own);
    OK(mint_model_sample_file(NULL, 0, 1, 0, streamed, NULL) == MINT_E_ARG, "no model");
}

static void test_ranges(const char *generator) {
    mint_table *table = NULL, *whole = NULL, *part = NULL;
    mint_model *model = NULL, *loaded = NULL;
    const char *path = path_of("r.mint");
    OK(mint_table_read(&table, ctx, source, NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, ctx, generator, table, "y", NULL, 1, NULL) == MINT_OK,
       generator);
    OK(mint_model_sample(&whole, model, 0, 20000, 9, NULL) == MINT_OK, "20,000 rows");
    static const uint64_t ranges[][2] = {{0, 1}, {8191, 2}, {8192, 100}, {12345, 5000}, {19999, 1}};
    for (size_t i = 0; i < 5; i++) {
        OK(mint_model_sample(&part, model, ranges[i][0], ranges[i][1], 9, NULL) == MINT_OK &&
               same_rows(whole, ranges[i][0], part, 0, ranges[i][1]),
           "rows a:b equal the slice of the whole");
        mint_table_free(part);
    }
    OK(mint_model_sample(&part, model, 0, 100, 10, NULL) == MINT_OK && !same_rows(whole, 0, part, 0, 100), "another seed gives other rows");
    mint_table_free(part);
    OK(mint_model_save(model, path, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, NULL) == MINT_OK, "saved and loaded");
    OK(mint_model_sample(&part, loaded, 500, 1500, 9, NULL) == MINT_OK && same_rows(whole, 500, part, 0, 1500),
       "a loaded model draws the same rows");
    mint_table_free(part);
    double *before = calloc(mint_table_row_count(table), sizeof *before), *after = calloc(mint_table_row_count(table), sizeof *after);
    mint_status scored = mint_model_score(model, table, before, NULL);
    if (!strcmp(generator, "bootstrap"))
        OK(scored == MINT_E_UNSUPPORTED, "bootstrap has no density and says so");
    else
        OK(scored == MINT_OK && mint_model_score(loaded, table, after, NULL) == MINT_OK &&
               !memcmp(before, after, mint_table_row_count(table) * sizeof *before),
           "a loaded model has the same density");
    free(before);
    free(after);
    mint_model_free(loaded);
    mint_model_free(model);
    mint_table_free(whole);
    mint_table_free(table);
}

/* Awkward tables: each must fit and sample, or be refused in words. */
static void test_awkward(const char *generator) {
    static const char *const tables[] = {
        "sql:SELECT 1 AS x",
        "sql:SELECT 5 AS constant, CAST(NULL AS INTEGER) AS nothing, i % 3 AS three FROM range(40) t(i)",
        "sql:SELECT i * 1.5 AS only FROM range(31) t(i)",
        "sql:SELECT if(i % 9 = 0, 'infinity'::DOUBLE, if(i % 7 = 0, 'nan'::DOUBLE, i / 3.0)) AS wild, i % 2 AS b FROM range(200) t(i)",
        "sql:SELECT 'v' || (hash(i) % 3000) AS many, i % 5 AS five FROM range(20000) t(i)",
        "sql:SELECT i AS a, i + 1 AS b, -i AS c, i * 1e300 AS huge FROM range(64) t(i)",
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        mint_table *table = NULL, *rows = NULL;
        mint_model *model = NULL;
        mint_error err = MINT_ERROR_INIT;
        mint_status status = mint_table_read(&table, ctx, tables[i], NULL, &err);
        if (status == MINT_OK) status = mint_model_fit(&model, ctx, generator, table, NULL, NULL, 0, &err);
        if (status == MINT_OK) status = mint_model_sample(&rows, model, 0, 300, 0, &err);
        bool good = status == MINT_OK ? mint_table_row_count(rows) == 300 : err.message[0] != 0;
        if (!OK(good, tables[i] + 4)) printf("# %s: %d %s\n", generator, status, err.message);
        mint_table_free(rows);
        mint_model_free(model);
        mint_table_free(table);
    }
}

/* Mean of column y = yes among rows with flag true: what the dependence looks like. */
static double yes_given_flag(const mint_table *table) {
    int64_t flag = mm_table_find(table, "flag"), y = mm_table_find(table, "y");
    double yes = 0, all = 0;
    for (uint64_t r = 0; r < table->row_count; r++) {
        char text[20];
        if (!table->columns[flag].integers[r]) continue;
        mint_table_cell(table, r, (uint32_t)y, text, sizeof text);
        all++, yes += !strcmp(text, "yes");
    }
    return yes / all;
}

/* Truth: 7 in 8. boost must be within 5 standard errors of its 1,500 training rows (.012 each); the twin `independent` must not. */
static void test_dependence(void) {
    mint_table *table = NULL;
    OK(mint_table_read(&table, ctx, source, NULL, NULL) == MINT_OK, "data");
    static const char *const generators[] = {"boost", "independent"};
    for (int i = 0; i < 2; i++) {
        mint_model *model = NULL;
        mint_table *rows = NULL;
        OK(mint_model_fit(&model, ctx, generators[i], table, "y", NULL, 0, NULL) == MINT_OK &&
               mint_model_sample(&rows, model, 0, 20000, 0, NULL) == MINT_OK,
           generators[i]);
        double share = yes_given_flag(rows);
        OK(i == 0 ? fabs(share - 0.875) < 0.06 : fabs(share - 0.875) > 0.15,
           i == 0 ? "boost keeps the dependence of y on flag" : "broken twin: independent loses it");
        mint_table_free(rows);
        mint_model_free(model);
    }
    mint_table_free(table);
}

/* Densities must sum to one: a table of two small columns, every combination scored. */
static void test_density(void) {
    mint_table *table = NULL, *all = NULL;
    mint_model *model = NULL;
    OK(mint_table_read(&table, ctx,
                       "sql:SELECT 'a' || (hash(i) % 4) AS a, CAST((hash(i) % 4 + hash(i, 1) % 5) AS INTEGER) AS b FROM range(2000) t(i)",
                       NULL, NULL) == MINT_OK,
       "data");
    OK(mint_table_read(&all, ctx, "sql:SELECT 'a' || (i // 8) AS a, CAST(i % 8 AS INTEGER) AS b FROM range(32) t(i)", NULL, NULL) ==
           MINT_OK,
       "all combinations");
    static const char *const generators[] = {"boost", "independent", "boost"};
    for (int i = 0; i < 3; i++) {
        double log_density[48], sum = 0;
        if (i == 2) {
            mint_table_free(table), mint_table_free(all);
            OK(mint_table_read(&table, ctx,
                               "sql:SELECT 'a' || (b % 4) AS a, b FROM (SELECT CAST(hash(i) % 12 AS INTEGER) AS b FROM range(2000) t(i))",
                               NULL, NULL) == MINT_OK &&
                   mint_table_read(&all, ctx, "sql:SELECT 'a' || (i // 12) AS a, CAST(i % 12 AS INTEGER) AS b FROM range(48) t(i)", NULL,
                                   NULL) == MINT_OK,
               "b decides a");
        }
        OK(mint_model_fit(&model, ctx, generators[i], table, NULL, "{\"protect\": 0}", 0, NULL) == MINT_OK &&
               mint_model_score(model, all, log_density, NULL) == MINT_OK,
           generators[i]);
        for (uint64_t k = 0; k < all->row_count; k++) sum += exp(log_density[k]);
        NEAR(sum, 1, 1e-6, "probabilities of all rows add up to one");
        mint_model_free(model);
    }
    mint_table_free(all);
    mint_table_free(table);
}

/* Prices in hundredths of which three in ten end in half a hundredth, and in a second column in five hundredths: people write digits
 * as they like, and a step of .005 or .05 is no power of ten. Draws keep the shares, and the density still adds up to one. */
static void test_digits(void) {
    static const char data[] =
        "sql:SELECT CAST(hash(i) % 8000 AS DOUBLE) / 100 + CASE WHEN hash(i, 1) % 10 < 3 THEN 0.005 ELSE 0 END AS a, "
        "CAST(hash(i, 2) % 300 AS DOUBLE) / 10 + CASE WHEN hash(i, 3) % 10 < 1 THEN 0.05 ELSE 0 END AS b FROM "
        "range(6000) t(i)";
    static const double half[2] = {0.005, 0.05}, share[2] = {0.3, 0.1};
    mint_table *table = NULL, *rows = NULL, *grid = NULL;
    mint_model *model = NULL;
    double *log_density = NULL, sum = 0;
    OK(mint_table_read(&table, ctx, data, NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, ctx, "independent", table, NULL, NULL, 0, NULL) == MINT_OK &&
           mint_model_sample(&rows, model, 0, 20000, 0, NULL) == MINT_OK,
       "prices");
    for (int c = 0; c < 2; c++) {
        uint64_t odd = 0;
        for (uint64_t r = 0; r < 20000; r++) odd += fmod(nearbyint(rows->columns[c].numbers[r] / half[c]), 2) != 0;
        NEAR((double)odd / 20000, share[c], 0.02, "a share of values ends in half a step"); /* 3 errors of 6,000 and 20,000 rows */
    }
    mint_model_free(model);
    mint_table_free(rows);
    mint_table_free(table);
    OK(mint_table_read(&table, ctx,
                       "sql:SELECT CAST(hash(i) % 8000 AS DOUBLE) / 100 + CASE WHEN hash(i, 1) % 10 < 3 THEN 0.005 ELSE 0 END AS a FROM "
                       "range(6000) t(i)",
                       NULL, NULL) == MINT_OK &&
           mint_table_read(&grid, ctx, "sql:SELECT CAST(i AS DOUBLE) / 200 AS a FROM range(-20, 16100) t(i)", NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, ctx, "independent", table, NULL, "{\"protect\": 0}", 0, NULL) == MINT_OK &&
           (log_density = calloc(grid->row_count, sizeof *log_density)) && mint_model_score(model, grid, log_density, NULL) == MINT_OK,
       "every price there can be");
    for (uint64_t r = 0; r < grid->row_count; r++) sum += exp(log_density[r]);
    NEAR(sum, 1, 0.03, "the density of digits adds up to one"); /* 1.3 and more where a grid's points are counted twice */
    free(log_density);
    mint_model_free(model);
    mint_table_free(grid);
    mint_table_free(table);
}

/* A level of three rows and a lone maximum: protected they never come back, unprotected they do. */
static void test_protection(void) {
    static const char data[] = "sql:SELECT CASE WHEN i < 3 THEN 'rare' ELSE 'c' || (i % 3) END AS level, CASE WHEN i = 7 THEN 123456.0 "
                               "ELSE i % 400 + 0.5 END AS value FROM range(2000) t(i)";
    mint_table *table = NULL;
    OK(mint_table_read(&table, ctx, data, NULL, NULL) == MINT_OK, "data");
    for (int protect = 0; protect < 2; protect++) {
        mint_model *model = NULL;
        mint_table *rows = NULL;
        OK(mint_model_fit(&model, ctx, "boost", table, NULL, protect ? NULL : "{\"protect\": 0}", 0, NULL) == MINT_OK &&
               mint_model_sample(&rows, model, 0, 50000, 0, NULL) == MINT_OK,
           "fit");
        uint64_t rare = 0, lone = 0;
        for (uint64_t r = 0; r < rows->row_count; r++) {
            char text[40];
            mint_table_cell(rows, r, 0, text, sizeof text);
            rare += !strcmp(text, "rare");
            lone += rows->columns[1].numbers[r] == 123456.0;
        }
        OK(protect ? rare == 0 : rare > 0, protect ? "a rare level is not replayed" : "without protection it is");
        OK(!protect || lone == 0, "nor is a lone extreme value");
        mint_table_free(rows);
        mint_model_free(model);
    }
    mint_table_free(table);
}

/* Two hundred and fifty rows, each with an amount of its own among a million, and ages, which rows share: protected the amounts do not come
 * back, and the ages stay ages. */
static void test_amounts_of_ones_own(void) {
    mint_table *table = NULL;
    OK(mint_table_read(&table, ctx,
                       "sql:SELECT CAST(hash(i) % 1000000 AS DOUBLE) / 100 AS amount, CAST(20 + hash(i, 1) % 50 AS INTEGER) AS age "
                       "FROM range(250) t(i)",
                       NULL, NULL) == MINT_OK,
       "data");
    for (int protect = 0; protect < 2; protect++) {
        mint_model *model = NULL;
        mint_table *rows = NULL;
        OK(mint_model_fit(&model, ctx, "boost", table, NULL, protect ? NULL : "{\"protect\": 0}", 0, NULL) == MINT_OK &&
               mint_model_sample(&rows, model, 0, 1000, 0, NULL) == MINT_OK,
           "fit");
        uint64_t replayed = 0, ages = 0;
        bool seen[200] = {false};
        for (uint64_t r = 0; r < rows->row_count; r++) {
            bool is_real = false;
            for (uint64_t k = 0; k < 250; k++) is_real = is_real || rows->columns[0].numbers[r] == table->columns[0].numbers[k];
            replayed += is_real;
            ages += !seen[rows->columns[1].integers[r]];
            seen[rows->columns[1].integers[r]] = true;
        }
        OK(protect ? replayed < 20 : replayed > 800, protect ? "amounts of one's own are not replayed" : "without protection they are");
        OK(ages > 45 && ages < 60, "ages come back one by one");
        mint_table_free(rows);
        mint_model_free(model);
    }
    mint_table_free(table);
}

/* Ten codes of a hundred rows and forty between them of two: each code has a price. The few rows' codes are protected, and lend no other
 * code their price. */
static void test_codes_and_prices(void) {
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL;
    OK(mint_table_read(
           &table, ctx,
           "sql:SELECT code, CAST(hash(code) % 900 AS DOUBLE) / 4 AS price, hash(i, 2) % 9 AS other FROM (SELECT i, CAST(if(i < "
           "1000, 10000 + (i % 10) * 777, 10100 + (i % 40) * 191) AS INTEGER) AS code FROM range(1080) t(i))",
           NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, ctx, "boost", table, NULL, NULL, 0, NULL) == MINT_OK &&
           mint_model_sample(&rows, model, 0, 3000, 0, NULL) == MINT_OK,
       "fit");
    uint64_t common = 0, right = 0, rare = 0;
    for (uint64_t r = 0; r < rows->row_count; r++)
        for (uint64_t k = 0; k < 1080; k += k < 10 || k >= 1000 ? 1 : 990)
            if (rows->columns[0].integers[r] == table->columns[0].integers[k]) {
                common += k < 10, rare += k >= 1000;
                right += k < 10 && rows->columns[1].numbers[r] == table->columns[1].numbers[k];
                break;
            }
    OK(common > 2500 && right == common, "a code has its price");
    OK(rare < 15, "and codes of two rows do not come back");
    mint_model_free(model);
    mint_table_free(rows);
    mint_table_free(table);
}

/* Nine amounts in ten are in cents, the others were computed and have all their digits; one in three is off by its last bits. What is drawn
 * has as many of both; and no point of a grid of 10^-6 comes with more digits. */
static void test_computed_amounts(void) {
    uint64_t cents = 0, fine = 0;
    mint_table *rows =
        rows_like("sql:SELECT CASE WHEN hash(i) % 10 = 0 THEN cents / 700 WHEN hash(i) % 3 = 0 THEN cents / 100 + 1e-12 ELSE "
                  "cents / 100 END AS amount, loyal FROM (SELECT i, CAST(100 + hash(i, 1) % 90000 AS DOUBLE) AS cents, "
                  "CAST(hash(i, 2) % 1000000 AS DOUBLE) / 1000000 AS loyal FROM range(3000) t(i))",
                  "boost", "amounts");
    for (uint64_t r = 0; r < rows->row_count; r++) {
        double amount = rows->columns[0].numbers[r] * 100, loyal = rows->columns[1].numbers[r];
        cents += fabs(amount - nearbyint(amount)) < 1e-6;
        fine += loyal != nearbyint(loyal * 1e6) / 1e6;
    }
    NEAR((double)cents / 10000, 0.9, 0.03, "as many in cents as there were");
    OK(!fine, "a number is the one that its digits read as");
    mint_table_free(rows);
}

/* Readings of a meter that counts in .067, written with three decimals: what lies between them never occurs. The twin, in steps of .001,
 * has values that no row had. */
static void test_lattice(void) {
    static const char *const readings[] = {
        "sql:SELECT CAST(round((hash(i) % 600) * 0.067, 3) AS DOUBLE) AS reading FROM range(8000) t(i)",
        "sql:SELECT CAST(round((hash(i) % 20000) * 0.001, 3) AS DOUBLE) AS reading FROM range(8000) t(i)"};
    for (int fine = 0; fine < 2; fine++) {
        mint_table *rows = rows_like(readings[fine], "independent", "readings");
        uint64_t between = 0;
        for (uint64_t r = 0; r < rows->row_count; r++) {
            double reading = rows->columns[0].numbers[r];
            between += fabs(nearbyint(nearbyint(reading / 0.067) * 67) - nearbyint(reading * 1000)) > 0.5;
        }
        OK(fine ? between > 5000 : between < 100,
           fine ? "broken twin: between the readings" : "readings are those of the meter"); /* extremes are drawn anew */
        mint_table_free(rows);
    }
}

/* Floats, written in 15 digits: the bounds of codes are floats, too, or drawn values would fall beyond them and be as unlikely as can be.
 */
static void test_floats(void) {
    static const char data[] = "sql:SELECT CAST(printf('%.15g', CAST((hash(i) % 4000) / 1000 + 0.123 AS FLOAT)) AS DOUBLE) AS x FROM "
                               "range(6000) t(i)";
    mint_table *real = NULL, *between = NULL, *drawn = rows_like(data, "independent", "floats");
    mint_model *model = NULL;
    double mean[3] = {0}, density[10000];
    uint64_t others = 0;
    OK(mint_table_read(&real, ctx, data, NULL, NULL) == MINT_OK &&
           mint_table_read(&between, ctx, "sql:SELECT (hash(i) % 4000) / 1000 + 0.1235 AS x FROM range(6000) t(i)", NULL, NULL) ==
               MINT_OK &&
           mint_model_fit(&model, ctx, "independent", real, NULL, NULL, 0, NULL) == MINT_OK,
       "density of floats");
    const mint_table *tables[] = {real, drawn, between};
    for (int k = 0; k < 3; k++) {
        OK(mint_model_score(model, tables[k], density, NULL) == MINT_OK, "score");
        for (uint64_t r = 0; r < tables[k]->row_count; r++) mean[k] += density[r] / (double)tables[k]->row_count;
    }
    for (uint64_t r = 0; r < drawn->row_count; r++) others += (double)(float)drawn->columns[0].numbers[r] != drawn->columns[0].numbers[r];
    OK(!others, "floats are drawn");
    NEAR(mean[1], mean[0], 0.1, "as likely as real ones");
    OK(mean[2] < mean[0] - 5, "broken twin: numbers between are not");
    mint_table_free(drawn);
    mint_table_free(between);
    mint_table_free(real);
    mint_model_free(model);
}

static void test_identifiers(void) {
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL;
    OK(mint_table_read(&table, ctx, source, NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, ctx, "independent", table, NULL, NULL, 0, NULL) == MINT_OK &&
           mint_model_sample(&rows, model, 0, 5000, 0, NULL) == MINT_OK,
       "a table with an id");
    const struct mm_column *made = &rows->columns[0], *real = &table->columns[0];
    OK(made->dictionary.count == 5000, "no two made ids are the same");
    bool shaped = true, replayed = false;
    for (uint32_t i = 0; i < made->dictionary.count; i++) {
        const char *text = mm_dictionary_text(&made->dictionary, i);
        shaped = shaped && !strncmp(text, "K-", 2) && strspn(text + 2, "0123456789") == strlen(text) - 2;
        for (uint32_t k = 0; i < 300 && k < real->dictionary.count; k++)
            replayed = replayed || !strcmp(text, mm_dictionary_text(&real->dictionary, k));
    }
    OK(shaped, "they have the form of the real ones");
    OK(!replayed, "none is a real one");
    mint_table_free(rows);
    mint_model_free(model);
    mint_table_free(table);
}

/* Short keys: as many new ones as there are free texts look exactly like real ones, then they grow by some digits. */
static void test_short_identifiers(void) {
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL;
    OK(mint_table_read(&table, ctx, "sql:SELECT printf('C%03d', i * 7 % 1000) AS key, i % 9 AS x FROM range(400) t(i)", NULL, NULL) ==
               MINT_OK &&
           mint_model_fit(&model, ctx, "independent", table, NULL, NULL, 0, NULL) == MINT_OK &&
           mint_model_save(model, path_of("keys.mint"), NULL) == MINT_OK,
       "a table with short keys");
    mint_model_free(model);
    OK(mint_model_load(&model, ctx, path_of("keys.mint"), NULL) == MINT_OK && mint_model_sample(&rows, model, 0, 5000, 0, NULL) == MINT_OK,
       "rows of the model as it was saved");
    const struct mm_column *made = &rows->columns[0], *real = &table->columns[0];
    OK(made->dictionary.count == 5000, "no two made keys are the same");
    bool alike = true, longer = true, replayed = false;
    for (uint64_t r = 0; r < 5000; r++) {
        const char *text = mm_dictionary_text(&made->dictionary, (uint32_t)made->codes[r]);
        if (r < 600)
            alike = alike && strlen(text) == 4;
        else
            longer = longer && strlen(text) > 4;
        alike = alike && text[0] == 'C' && strspn(text + 1, "0123456789") == strlen(text) - 1;
        for (uint32_t k = 0; r < 600 && k < real->dictionary.count; k++)
            replayed = replayed || !strcmp(text, mm_dictionary_text(&real->dictionary, k));
    }
    OK(alike && longer, "the 600 that are free are written like the real ones, those after them are longer");
    OK(!replayed, "none is a real one");
    mint_table_free(rows);
    mint_model_free(model);
    mint_table_free(table);
}

static void test_refusals(void) {
    mint_table *table = NULL;
    mint_model *model = NULL;
    mint_error err = MINT_ERROR_INIT;
    OK(mint_table_read(&table, ctx, source, NULL, NULL) == MINT_OK, "data");
    OK(mint_model_fit(&model, ctx, "magic", table, NULL, NULL, 0, &err) == MINT_E_ARG && strstr(err.message, "magic"),
       "an unknown generator");
    OK(mint_model_fit(&model, ctx, "boost", table, "nope", NULL, 0, NULL) == MINT_E_ARG, "an unknown target");
    OK(mint_model_fit(&model, ctx, "boost", table, "id", NULL, 0, NULL) == MINT_E_ARG, "an id as target");
    OK(mint_model_fit(&model, ctx, "boost", table, "y", "{\"bins\": 3}", 0, NULL) == MINT_E_ARG, "a parameter out of range");
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.memory_bytes_max = 3000000;
    mint_context *small = NULL;
    mint_table *there = NULL;
    err = (mint_error)MINT_ERROR_INIT;
    OK(mint_context_new(&small, &options, NULL) == MINT_OK && mint_table_read(&there, small, source, NULL, NULL) == MINT_OK,
       "a small context");
    mint_status status = mint_model_fit(&model, small, "boost", there, "y", NULL, 0, &err);
    if (!OK(status == MINT_E_LIMIT && strstr(err.message, "forecast to need"), "a fit above the memory limit is refused with the number"))
        printf("# %d %s\n", status, err.message);
    mint_table_free(there);
    mint_context_free(small);
    mint_table_free(table);
}

/* The peak that a fit announces once its first nodes are fitted, against the one it reaches. */
static void test_forecast(void) {
    static const char *const sources[] = {
        source, "sql:SELECT hash(i) % 1000 AS a, hash(i, 2) % 700 AS b, hash(i, 3) % 5 AS c FROM range(8000) t(i)",
        "sql:SELECT i % 997 AS a, (i % 997) * (i % 13) AS b, (i % 997) % 7 AS c, i % 13 AS d FROM range(8000) t(i)"};
    static const char *const names[] = {"forecast: mixed columns", "forecast: nothing to learn", "forecast: much to learn"};
    for (size_t k = 0; k < 3; k++) {
        mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
        mint_context *own = NULL;
        mint_table *table = NULL;
        mint_model *model = NULL;
        OK(mint_context_new(&own, &options, NULL) == MINT_OK && mint_table_read(&table, own, sources[k], NULL, NULL) == MINT_OK &&
               mint_model_fit(&model, own, "boost", table, NULL, NULL, 0, NULL) == MINT_OK,
           names[k]);
        NEAR((double)mint_context_memory_forecast(own) / (double)mint_context_memory_peak(own), 1, 0.3, "within 30 % of the peak");
        mint_model_free(model);
        mint_table_free(table);
        mint_context_free(own);
    }
}

/* What the context held before the fit, such as a ledger's hashes, is a part of the peak. */
static void test_forecast_after_more(void) {
    mint_context *own = open_context(1);
    mint_table *table = NULL;
    mint_model *model = NULL;
    struct mm_arena arena;
    mm_arena_init(&arena, &own->memory);
    OK(mm_arena_alloc(&arena, 30000000, 1) != NULL, "much memory, given back");
    mm_arena_release(&arena);
    OK(mint_table_read(&table, own, source, NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, own, "boost", table, NULL, NULL, 0, NULL) == MINT_OK,
       "fit");
    NEAR((double)mint_context_memory_forecast(own) / (double)mint_context_memory_peak(own), 1, 0.3, "within 30 % of the peak");
    mint_model_free(model);
    mint_table_free(table);
    mint_context_free(own);
}

static void test_altered_files(void) {
    mint_table *table = NULL;
    mint_model *model = NULL, *loaded = NULL;
    char *path = path_of("a.mint"), *bytes;
    size_t count;
    struct mm_memory memory = {0};
    struct mm_arena arena;
    mm_arena_init(&arena, &memory);
    OK(mint_table_read(&table, ctx, source, NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, ctx, "boost", table, "y", "{\"rounds\": 5}", 0, NULL) == MINT_OK &&
           mint_model_save(model, path, NULL) == MINT_OK,
       "a model file");
    OK(mm_file_read(&arena, path, 1 << 28, &bytes, &count, NULL) == MINT_OK, "read");
    mint_error err = MINT_ERROR_INIT;
    bytes[count / 2] ^= 1;
    OK(mm_file_write(path, bytes, count, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, &err) == MINT_E_VERIFY &&
           strstr(err.message, "altered"),
       "one flipped bit is noticed");
    bytes[count / 2] ^= 1;
    OK(mm_file_write(path, bytes, count / 3, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, NULL) == MINT_E_VERIFY,
       "a cut file is noticed");
    bytes[8] = 99;
    err = (mint_error)MINT_ERROR_INIT;
    OK(mm_file_write(path, bytes, count, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, &err) == MINT_E_UNSUPPORTED &&
           strstr(err.message, "format 99"),
       "a newer format is named");
    OK(mm_file_write(path, "hello", 5, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, NULL) == MINT_E_FORMAT,
       "something else is no model");
    mm_arena_release(&arena);
    mint_model_free(model);
    mint_table_free(table);
}

int main(void) {
    if (!folder_make()) return 99;
    ctx = open_context(2);
    for (size_t i = 0; mm_generators[i]; i++) {
        test_threads(mm_generators[i]->name);
        test_stream(mm_generators[i]->name);
        test_ranges(mm_generators[i]->name);
        test_awkward(mm_generators[i]->name);
    }
    test_dependence();
    test_density();
    test_digits();
    test_protection();
    test_amounts_of_ones_own();
    test_codes_and_prices();
    test_computed_amounts();
    test_lattice();
    test_floats();
    test_identifiers();
    test_short_identifiers();
    test_refusals();
    test_forecast();
    test_forecast_after_more();
    test_altered_files();
    mint_context_free(ctx);
    folder_remove();
    return test_done();
}
