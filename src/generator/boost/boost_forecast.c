/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory a fit will take: first from a look at the first rows, then from some nodes that were fitted. */
#include <math.h>
#include <stdlib.h>

#include "generator/boost/boost_fit.h"
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

/* ---- from nodes that were fitted ---- */

/* What a node is expected to take grows with this. */
static double node_weight(const struct fitting *f, uint32_t index) {
    uint32_t rows = boost_node_rows(f, index), allowed = boost_rows_allowed(f, f->depth_of_node[index]);
    return rows < NODE_ROWS_MIN ? 0 : sqrt(rows < allowed ? rows : allowed);
}

static double total_weight(const struct fitting *f) {
    double total = 0;
    for (uint32_t i = 0; i < f->model->node_count; i++)
        if (f->pass_of_node[i] > BOOST_ROOTS_AGAIN) total += node_weight(f, i);
    return total;
}

/* Probes are drawn with probability in proportion to their weight, at even steps along its running sum (Madow 1949). */
void boost_choose_passes(struct fitting *f) {
    uint32_t probes = f->model->node_count / 50;
    probes = probes < 64 ? 64 : probes > 1024 ? 1024 : probes;
    for (uint32_t i = 0; i < f->model->node_count; i++)
        f->pass_of_node[i] = i == f->model->node_first[f->place_of_node[i]] ? BOOST_ROOTS : BOOST_REST;
    double step = total_weight(f) / probes, sum = 0.5;
    for (uint32_t i = 0; step > 0 && i < f->model->node_count; i++) {
        if (f->pass_of_node[i] == BOOST_ROOTS) continue;
        double before = sum;
        sum += node_weight(f, i) / step;
        if ((int64_t)sum > (int64_t)before) f->pass_of_node[i] = BOOST_PROBES;
    }
}

static double tree_bytes(const struct mm_forest *forest, uint32_t first, uint32_t count) {
    double bytes = 0;
    for (uint32_t t = first; t < first + count; t++) {
        uint32_t leaves = forest->trees[t].leaf_count;
        bytes += (double)(sizeof *forest->trees + (leaves - 1) * sizeof *forest->splits + leaves * sizeof *forest->leaves);
    }
    return bytes;
}

static double node_bytes(const struct fitting *f, uint32_t index) {
    const struct outcome *outcome = &f->outcomes[index];
    return tree_bytes(&f->workers[outcome->worker].forest, outcome->first_tree, f->model->nodes[index].tree_count);
}

static double mean_bytes(const struct fitting *f) {
    double bytes = 0;
    for (uint32_t c = 0; c < f->model->column_count; c++)
        for (uint32_t k = 0; f->model->means[c].feature && k < BOOST_MEAN_FOLDS; k++) {
            const struct boost_mean_fold *fold = &f->mean_folds[c * BOOST_MEAN_FOLDS + k];
            bytes += tree_bytes(&f->workers[fold->worker].forest, fold->first_tree, fold->tree_count);
        }
    return bytes;
}

/* Of all trees: those of the roots and the means, and the probes' bytes a weight times the weight of all other nodes (Hansen and Hurwitz
 * 1943). */
static double all_tree_bytes(const struct fitting *f) {
    double roots = mean_bytes(f), ratios = 0, probes = 0;
    for (uint32_t i = 0; i < f->model->node_count; i++) {
        if (f->pass_of_node[i] <= BOOST_ROOTS_AGAIN) roots += node_bytes(f, i);
        if (f->pass_of_node[i] != BOOST_PROBES) continue;
        ratios += node_bytes(f, i) / node_weight(f, i);
        probes++;
    }
    return roots + (probes > 0 ? ratios / probes * total_weight(f) : 0);
}

static double pool_bytes(const struct fitting *f) {
    double bytes = 0;
    for (uint32_t w = 0; w < f->job->ctx->threads; w++) {
        const struct mm_forest *forest = &f->workers[w].forest;
        bytes += (double)(forest->tree_capacity * sizeof *forest->trees + forest->split_capacity * sizeof *forest->splits +
                          forest->leaf_capacity * sizeof *forest->leaves);
    }
    return bytes;
}

/* The peak is when the workers' pools, an eighth of them room to grow, are copied into one; or, in small fits, the pilot sample. */
uint64_t boost_forecast_after_probes(const struct fitting *f) {
    const double slack = 1.125;
    double trees = all_tree_bytes(f), others = (double)atomic_load(&f->job->ctx->memory.used) - pool_bytes(f);
    double pilot = (double)boost_pilot_bytes(f->model, f->row_count) - (double)f->worker_bytes; /* the workers are gone by then */
    return (uint64_t)(others + trees + fmax(slack * trees, pilot));
}
