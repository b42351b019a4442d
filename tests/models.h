/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of generators share: a context, rows of a model of some data, and whether two tables hold the same. */
#ifndef TEST_MODELS_H
#define TEST_MODELS_H
#include "mintmark/mintmark.h"
#include "table/table.h"
#include "test.h"

static mint_context *ctx;

static inline mint_context *open_context(uint32_t threads) {
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = threads;
    mint_context *made = NULL;
    if (mint_context_new(&made, &options, NULL) != MINT_OK) exit(99);
    return made;
}

static inline bool same_rows(const mint_table *a, uint64_t first_a, const mint_table *b, uint64_t first_b, uint64_t count) {
    if (mint_table_column_count(a) != mint_table_column_count(b)) return false;
    for (uint64_t r = 0; r < count; r++)
        for (uint32_t c = 0; c < mint_table_column_count(a); c++) {
            char x[200], y[200];
            mint_table_cell(a, first_a + r, c, x, sizeof x);
            mint_table_cell(b, first_b + r, c, y, sizeof y);
            if (strcmp(x, y) != 0) return false;
        }
    return true;
}

/* 10,000 rows of a generator fitted to the data. */
static inline mint_table *rows_like(const char *data, const char *generator, const char *name) {
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL;
    OK(mint_table_read(&table, ctx, data, NULL, NULL) == MINT_OK &&
           mint_model_fit(&model, ctx, generator, table, NULL, NULL, 0, NULL) == MINT_OK &&
           mint_model_sample(&rows, model, 0, 10000, 0, NULL) == MINT_OK,
       name);
    mint_model_free(model);
    mint_table_free(table);
    return rows;
}

#endif
