/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory a fit will take, from a look at the first rows. */
#include <math.h>
#include <stdlib.h>

#include "generator/boost/boost_model.h"
#include "stats/ranking.h"

enum { PROBE_ROWS = 2048 };

/* How many codes a column will have, from its first rows. */
static uint64_t expected_codes(const struct mm_column *column, uint64_t row_count, uint64_t bins) {
    if (column->codes) return column->dictionary.count;
    if (column->field.type == MM_BOOLEAN) return 2;
    double values[PROBE_ROWS];
    size_t count = 0, distinct = 0;
    for (uint64_t r = 0; r < row_count && count < PROBE_ROWS; r++)
        if (!mm_column_missing(column, r)) values[count++] = mm_column_number(column, r);
    qsort(values, count, sizeof *values, mm_compare_doubles);
    for (size_t i = 0; i < count; i++) distinct += i == 0 || values[i] != values[i - 1];
    return distinct < bins ? distinct : bins;
}

/* Trees of a column grow with its nodes and, at each, with the root of its rows. The factor was measured on sixteen tables, the
 * copies while trees are collected included. */
static uint64_t expected_tree_bytes(uint64_t codes, uint64_t rows) {
    static const double bytes = 765, node_bytes_max = 21600;
    double nodes = codes < rows / NODE_ROWS_MIN ? (double)codes : (double)(rows / NODE_ROWS_MIN + 1);
    return (uint64_t)fmin(bytes * sqrt(nodes * (double)rows), nodes * node_bytes_max);
}

uint64_t boost_forecast(const struct mm_fit_job *job) {
    const struct boost_config *config = job->config;
    uint64_t n = job->table->row_count, c = job->table->column_count, trees = 0;
    uint64_t features = c < (uint64_t)config->features_max ? c : (uint64_t)config->features_max;
    uint64_t rows = n < (uint64_t)config->rows_max ? n : (uint64_t)config->rows_max * 9 / 8;
    for (uint32_t k = 0; k < c; k++) trees += expected_tree_bytes(expected_codes(&job->table->columns[k], n, (uint64_t)config->bins), rows);
    return n * c * 8 + n + job->ctx->threads * (mm_boost_workspace_bytes((uint32_t)rows, (uint32_t)features) + rows * 5) + trees;
}
