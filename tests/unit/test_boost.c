/* SPDX-License-Identifier: Apache-2.0 */
/* What is particular to boost. Each check has a broken twin, or was seen to fail on a build without what it checks. */
#include "generator/generator.h"
#include "folder.h"
#include "models.h"

/* A price (sd 1.7) that size, grade and cut decide but for noise of .01. What is drawn may scatter by little more around what they
 * say (.07: codes of a 256th of the rows); the twin without the regression scatters more, and so it must. */
static double price_scatter(const mint_table *rows) {
    double squares = 0;
    for (uint64_t r = 0; r < rows->row_count; r++) {
        double off = rows->columns[3].numbers[r] - (2 * log(rows->columns[0].numbers[r]) + 0.3 * (double)rows->columns[1].integers[r] +
                                                    0.2 * sin(rows->columns[2].numbers[r]));
        squares += off * off;
    }
    return sqrt(squares / (double)rows->row_count);
}

static void test_stacking(void) {
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL, *loaded = NULL;
    const char *path = path_of("stacking.mint");
    double scatter[2];
    OK(mint_table_read(
           &table, ctx,
           "sql:SELECT size, grade, cut, round(2 * ln(size) + 0.3 * grade + 0.2 * sin(cut) + 0.01 * noise, 4) AS price FROM (SELECT "
           "0.2 + (hash(i) % 5000) / 1000 AS size, CAST(hash(i, 1) % 6 AS INTEGER) AS grade, (hash(i, 2) % 6283) / 1000 AS "
           "cut, (hash(i, 3) % 3464) / 1000 - 1.732 AS noise FROM range(4000) t(i))",
           NULL, NULL) == MINT_OK,
       "prices");
    for (int stacks = 1; stacks >= 0; stacks--) {
        OK(mint_model_fit(&model, ctx, "boost", table, "price", stacks ? NULL : "{\"stacking\": false}", 0, NULL) == MINT_OK &&
               mint_model_save(model, path, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, NULL) == MINT_OK &&
               mint_model_sample(&rows, loaded, 0, 20000, 0, NULL) == MINT_OK,
           "fit, save, load and sample");
        scatter[stacks] = price_scatter(rows);
        mint_table_free(rows);
        mint_model_free(loaded);
        mint_model_free(model);
    }
    printf("# scatter %.4f, without the regression %.4f\n", scatter[1], scatter[0]);
    OK(scatter[1] < 0.12, "drawn prices fit their rows");
    OK(scatter[0] > 1.3 * scatter[1], "broken twin: less so without the regression");
    mint_table_free(table);
}

/* A failure where the product of two measurements leaves its range: drawn before them it keeps its rate, drawn after them only when
 * the nodes are calibrated; the twin does neither. */
static void test_rare_events(void) {
    static const char data[] =
        "sql:SELECT speed, torque, CASE WHEN abs(speed * torque - 6500) > 2800 THEN 1 ELSE 0 END AS failed FROM (SELECT "
        "speed, 6500 / speed + (CAST(hash(i, 1) % 100 + hash(i, 2) % 100 + hash(i, 3) % 100 AS DOUBLE) - 150) / 80 AS torque "
        "FROM (SELECT i, 1200 + hash(i) % 1500 AS speed FROM range(6000) t(i)))";
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL;
    OK(mint_table_read(&table, ctx, data, NULL, NULL) == MINT_OK, "data");
    double real = 0;
    for (uint64_t r = 0; r < 6000; r++) real += (double)table->columns[2].integers[r] / 6000;
    static const char *const parameters[] = {NULL, "{\"order\": \"given\"}", "{\"order\": \"given\", \"calibrate\": false}"};
    for (int k = 0; k < 3; k++) {
        double made = 0;
        OK(mint_model_fit(&model, ctx, "boost", table, NULL, parameters[k], 0, NULL) == MINT_OK &&
               mint_model_sample(&rows, model, 0, 40000, 0, NULL) == MINT_OK,
           "fit");
        for (uint64_t r = 0; r < 40000; r++) made += (double)rows->columns[2].integers[r] / 40000;
        OK((fabs(made / real - 1) < 0.1) == (k < 2),
           k < 2 ? "a rare event keeps its rate" : "broken twin: drawn last and uncalibrated it does not");
        mint_table_free(rows);
        mint_model_free(model);
    }
    mint_table_free(table);
}

/* Of the target's three values one goes with rare cities only, which are not replayed: deriving it would lose the value. */
static void test_rare_sources(void) {
    uint64_t rare = 0;
    mint_table *rows =
        rows_like("sql:SELECT CASE WHEN i < 60 THEN 'hamlet ' || (i // 2) ELSE 'city ' || (hash(i) % 30) END AS city, CASE WHEN "
                  "i < 60 THEN 'north' WHEN hash(i) % 30 < 15 THEN 'east' ELSE 'west' END AS region FROM range(3000) t(i)",
                  "boost", "regions");
    for (uint64_t r = 0; r < 10000; r++) {
        char text[40];
        mint_table_cell(rows, r, 1, text, sizeof text);
        rare += !strcmp(text, "north");
    }
    NEAR((double)rare / 10000, 0.02, 0.005, "a value of protected levels keeps its share");
    mint_table_free(rows);
}

/* One name in four is one row's own: a name that others have stands in for it, of the same price class; the twin's prices say nothing. */
static void test_stand_ins(void) {
    static const char data[] =
        "sql:SELECT CASE WHEN hash(i, 2) %% 4 = 0 THEN 'own ' || i ELSE (CASE WHEN %s THEN 'dear ' ELSE 'cheap ' END) || "
        "(hash(i, 3) %% 3) END AS name, hash(i) %% 2 * 700 + hash(i, 1) %% 200 AS price FROM range(3000) t(i)";
    static const char *const dear[] = {"hash(i) % 2 = 1", "hash(i, 4) % 2 = 1"};
    for (int twin = 0; twin < 2; twin++) {
        char text[400];
        uint64_t crossed = 0;
        snprintf(text, sizeof text, data, dear[twin]);
        mint_table *rows = rows_like(text, "boost", "names of one's own");
        for (uint64_t r = 0; r < 10000; r++) {
            mint_table_cell(rows, r, 0, text, sizeof text);
            crossed += !strncmp(text, "dear", 4) != (mm_column_number(&rows->columns[1], r) >= 700);
        }
        OK((crossed < 100) == !twin,
           twin ? "broken twin: where prices say nothing, names and prices cross" : "names stay with their prices");
        mint_table_free(rows);
    }
}

/* A table as large as the one that was learned from is drawn evenly as a whole: counts are the model's to a row or two, where chance alone
 * would move them by ten. */
static void test_even_draws(void) {
    static const char *const parameters[] = {NULL, "{\"draws\": \"independent\"}"};
    mint_table *table = NULL;
    OK(mint_table_read(&table, ctx, "sql:SELECT 'v' || (hash(i) % 4) AS v, 'w' || (hash(i * 7919 + 13) % 3) AS w FROM range(600) t(i)",
                       NULL, NULL) == MINT_OK,
       "600 rows");
    for (int k = 0; k < 2; k++) {
        mint_table *rows = NULL;
        mint_model *model = NULL;
        OK(mint_model_fit(&model, ctx, "boost", table, NULL, parameters[k], 0, NULL) == MINT_OK, "fit");
        double counts[20] = {0}, mean = 0, squares = 0;
        for (uint64_t seed = 0; seed < 20; seed++) {
            char text[40];
            if (mint_model_sample(&rows, model, 0, 600, seed, NULL) != MINT_OK) break;
            for (uint64_t r = 0; r < 600; r++) mint_table_cell(rows, r, 1, text, sizeof text), counts[seed] += !strcmp(text, "w1");
            mint_table_free(rows);
            mean += counts[seed] / 20;
        }
        for (int seed = 0; seed < 20; seed++) squares += (counts[seed] - mean) * (counts[seed] - mean) / 20;
        if (!OK((sqrt(squares) < 2) == !k, k ? "broken twin: independent draws are not even" : "draws are even"))
            printf("# deviation %g rows\n", sqrt(squares));
        mint_model_free(model);
    }
    mint_table_free(table);
}

/* A class of few rows is drawn last, of more rows first unless the others tell it. */
static void test_order_of_few(void) {
    for (int many = 0; many < 2; many++) {
        mint_table *table = NULL, *rows[2] = {NULL, NULL};
        char data[300];
        snprintf(
            data, sizeof data,
            "sql:SELECT hash(i) %% 5 AS a, hash(i, 1) %% 7 AS b, CASE WHEN hash(i, 2) %% 10 < 3 + hash(i) %% 5 THEN 'x' ELSE 'y' END AS "
            "y FROM range(%d) t(i)",
            many ? 4000 : 3000);
        OK(mint_table_read(&table, ctx, data, NULL, NULL) == MINT_OK, "data");
        for (int k = 0; k < 2; k++) {
            mint_model *model = NULL;
            OK(mint_model_fit(&model, ctx, "boost", table, "y", k ? "{\"order\": \"target-last\"}" : NULL, 0, NULL) == MINT_OK &&
                   mint_model_sample(&rows[k], model, 0, 500, 0, NULL) == MINT_OK,
               "fit");
            mint_model_free(model);
        }
        OK(same_rows(rows[0], 0, rows[1], 0, 500) == !many, many ? "of 4,000 rows it is drawn first" : "of 3,000 rows it is drawn last");
        mint_table_free(rows[0]), mint_table_free(rows[1]);
        mint_table_free(table);
    }
}

/* Cells that break a rule change places with others of their block; whose, must not hang on where in the block a row is. A block is as many
 * rows as the model learned from. */
static void test_first_rows(void) {
    enum { BLOCK = 500, BLOCKS = 260, FIRST = 50 };
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL;
    OK(mint_table_read(
           &table, ctx,
           "sql:SELECT 'h' || h AS h, CASE WHEN h < 3 AND g < 5 THEN 'g5' ELSE 'g' || g END AS g, CASE WHEN h = 7 THEN 30 + v % 20 "
           "ELSE v END AS v FROM (SELECT hash(i) % 8 AS h, hash(i * 7919 + 13) % 10 AS g, hash(i * 31 + 7) % 50 AS v "
           "FROM range(500) t(i))",
           NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, ctx, "boost", table, NULL, "{\"rounds\": 1}", 0, NULL) == MINT_OK &&
           mint_model_sample(&rows, model, 0, BLOCK * BLOCKS, 0, NULL) == MINT_OK,
       "values that never meet");
    for (uint32_t c = 1; c < 3; c++) {
        double low[2] = {0}; /* of the first rows of each block, and of the others */
        for (uint64_t r = 0; r < BLOCK * BLOCKS; r++) {
            char text[40];
            mint_table_cell(rows, r, c, text, sizeof text);
            low[r % BLOCK >= FIRST] += c == 1 ? strcmp(text, "g5") < 0 : atoi(text) < 30;
        }
        double n = FIRST * BLOCKS, m = (BLOCK - FIRST) * BLOCKS, share = low[1] / m;
        if (!OK(fabs(low[0] / n - share) < 4 * sqrt(share * (1 - share) / n), "the first rows of a block are like the others"))
            printf("# column %u: %g and %g\n", c, low[0] / n, share);
    }
    mint_table_free(rows);
    mint_model_free(model);
    mint_table_free(table);
}

/* Rows that were not learned from are likelier under what was learned of b given a than column by column. */
static void test_density_of_what_hangs_together(void) {
    static const char *const generators[] = {"boost", "independent"};
    mint_table *table = NULL, *others = NULL;
    double mean[2] = {0}, log_density[2000];
    OK(mint_table_read(&table, ctx, "sql:SELECT hash(i) % 8 AS a, hash(i) % 8 // 2 AS b, hash(i * 31 + 7) % 5 AS c FROM range(2000) t(i)",
                       NULL, NULL) == MINT_OK &&
           mint_table_read(&others, ctx,
                           "sql:SELECT hash(i) % 8 AS a, hash(i) % 8 // 2 AS b, hash(i * 31 + 7) % 5 AS c FROM range(2000, 4000) t(i)",
                           NULL, NULL) == MINT_OK,
       "two columns that hang together");
    for (int k = 0; k < 2; k++) {
        mint_model *model = NULL;
        OK(mint_model_fit(&model, ctx, generators[k], table, NULL, k ? NULL : "{\"relations\": false}", 0, NULL) == MINT_OK &&
               mint_model_score(model, others, log_density, NULL) == MINT_OK,
           generators[k]);
        for (int i = 0; i < 2000; i++) mean[k] += log_density[i] / 2000;
        mint_model_free(model);
    }
    NEAR(mean[0] - mean[1], log(4), 0.1, "b adds nothing once a is known: log 4 nats a row");
    mint_table_free(table), mint_table_free(others);
}

int main(void) {
    if (!folder_make()) return 99;
    ctx = open_context(2);
    test_stacking();
    test_rare_events();
    test_rare_sources();
    test_stand_ins();
    test_order_of_few();
    test_first_rows();
    test_even_draws();
    test_density_of_what_hangs_together();
    mint_context_free(ctx);
    folder_remove();
    return test_done();
}
