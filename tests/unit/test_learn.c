/* SPDX-License-Identifier: Apache-2.0 */
/* Learners against what they must find: boosted trees, linear models, XGBoost, the nearest neighbours of a plain double loop, and the
 * pool of two opinions. Each statistical check has a broken twin. */
#include "learn/boost_classifier.h"
#include "learn/linear.h"
#include "learn/nearest.h"
#include "learn/xgboost.h"
#include "learn/opinion_pool.h"
#include "mintmark/mintmark.h"
#include "rng/philox.h"
#include "stats/elementary.h"
#include "stats/ranking.h"
#include "test.h"

static mint_context *ctx;

enum { N = 4000, P = 4 };

/* y depends on x0 XOR x1 with flips of 10 %: only interactions help, the best AUC is 0.9. */
static void make_xor(uint16_t columns[P][N], uint8_t *labels) {
    for (int i = 0; i < N; i++) {
        struct mm_rng rng = mm_rng_at(5, MM_STREAM_METRIC, (uint64_t)i, 0);
        for (int c = 0; c < P; c++) columns[c][i] = (uint16_t)mm_rng_below(&rng, 100);
        labels[i] = (columns[0][i] >= 50) != (columns[1][i] >= 50);
        if (mm_rng_uniform(&rng) < 0.1) labels[i] = !labels[i];
    }
}

static void test_boost(void) {
    static uint16_t columns[P][N];
    static uint8_t labels[N];
    static uint32_t rows[N];
    make_xor(columns, labels);
    const uint16_t *features[P] = {columns[0], columns[1], columns[2], columns[3]};
    uint16_t ids[P] = {0, 1, 2, 3};
    uint32_t levels[P] = {100, 100, 100, 100};
    for (uint32_t i = 0; i < N; i++) rows[i] = i;
    struct mm_memory memory = {0};
    struct mm_arena arena;
    mm_arena_init(&arena, &memory);
    struct mm_boost_workspace *workspace = NULL;
    OK(mm_boost_workspace_new(&workspace, &arena, N, P, NULL) == MINT_OK, "workspace");
    struct mm_boost_params params = {
        .rounds_max = 100, .patience = 10, .leaves = 16, .rate = 0.2, .feature_share = 1, .hessian_min = 1, .ridge = 1};
    for (int twin = 0; twin < 2; twin++) {
        if (twin)
            for (int i = 0; i < N; i++) { /* the twin's labels have nothing to do with its rows */
                struct mm_rng rng = mm_rng_at(6, MM_STREAM_METRIC, (uint64_t)i, 0);
                labels[i] = mm_rng_uniform(&rng) < 0.5;
            }
        struct mm_boost_problem p = {.features = features,
                                     .feature_ids = ids,
                                     .feature_count = P,
                                     .level_counts = levels,
                                     .rows = rows,
                                     .train_count = 3000,
                                     .check_count = 1000,
                                     .labels = labels,
                                     .seed = 1};
        struct mm_boost_result result;
        struct mm_forest forest;
        mm_forest_init(&forest, &arena);
        OK(mm_boost_fit(&result, &forest, workspace, &p, &params, NULL) == MINT_OK, "fit");
        /* The best loss is the entropy of a 10 % flip, .325 nats; a constant gets .693. */
        double loss = result.check_loss / 1000;
        if (!OK(twin ? loss > 0.68 : loss < 0.38, twin ? "broken twin: nothing is learned from noise" : "an interaction is learned"))
            printf("# %g\n", loss);
        float scores[N];
        static uint16_t padded[P][N + 64];
        const uint16_t *view[P];
        for (int c = 0; c < P; c++) {
            memcpy(padded[c], columns[c], sizeof columns[c]);
            view[c] = padded[c];
        }
        for (int i = 0; i < N; i++) scores[i] = result.bias;
        mm_forest_add(forest.trees, forest.tree_count, forest.splits, forest.leaves, view, N, scores);
        double again = 0;
        for (int i = 3000; i < N; i++) again += mm_softplus(labels[i] ? -(double)scores[i] : (double)scores[i]);
        NEAR(again, result.check_loss, 1e-2, "vector scoring of the kept trees gives the fit's own held-out loss");
    }
    mm_arena_release(&arena);
}

static void test_learners(void) {
    enum { ROWS = 2000 };
    static float matrix[ROWS * 2], labels[ROWS], out[ROWS];
    static uint8_t positive[ROWS];
    for (int i = 0; i < ROWS; i++) {
        struct mm_rng rng = mm_rng_at(8, MM_STREAM_METRIC, (uint64_t)i, 0);
        matrix[2 * i] = (float)mm_rng_normal(&rng);
        matrix[2 * i + 1] = (float)mm_rng_normal(&rng);
        labels[i] = mm_rng_uniform(&rng) < mm_sigmoid(2 * (double)matrix[2 * i] - 1 * (double)matrix[2 * i + 1] + 0.5);
        positive[i] = labels[i] > 0.5f;
    }
    struct mm_design design = {
        .row_count = ROWS, .dense_count = 2, .sparse_count = 0, .weight_count = 3, .dense = matrix, .sparse = &(uint32_t){0}};
    double weights[3];
    OK(mm_linear_fit(ctx, &design, labels, MM_LOSS_LOGISTIC, 200, weights, NULL) == MINT_OK, "logistic regression");
    /* Standard errors are about .08 at this n: five of them. */
    OK(fabs(weights[0] - 2) < 0.45 && fabs(weights[1] + 1) < 0.35 && fabs(weights[2] - 0.5) < 0.35, "finds the coefficients 2, -1 and 0.5");
    OK(fabs(weights[0] + 2) > 0.45, "broken twin: the sign matters");
    struct mm_matrix train = {matrix, 1500, 2}, test = {matrix + 3000, 500, 2};
    struct mm_xgboost_params params = MM_XGBOOST_DEFAULTS;
    float *outs[] = {out};
    OK(mm_xgboost_fit_predict(ctx, &train, labels, &params, &test, outs, 1, NULL) == MINT_OK, "XGBoost");
    uint32_t order[500];
    struct mm_memory memory = {0};
    mm_sort_order(order, out, 500, &memory, NULL);
    OK(mm_auc(order, out, positive + 1500, NULL, 500) > 0.8, "ranks unseen rows");
    /* Threads do not change its predictions. */
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = 1;
    mint_context *one = NULL;
    static float again[ROWS];
    float *agains[] = {again};
    OK(mint_context_new(&one, &options, NULL) == MINT_OK &&
           mm_xgboost_fit_predict(one, &train, labels, &params, &test, agains, 1, NULL) == MINT_OK &&
           !memcmp(out, again, 500 * sizeof *out),
       "the same for one thread");
    mint_context_free(one);
}

/* ---- nearest neighbours ---- */

static float plain_distance(float *const *a, uint32_t i, float *const *b, uint32_t j, const bool *is_level, uint32_t columns) {
    float sum = 0;
    for (uint32_t c = 0; c < columns; c++) {
        float x = a[c][i], y = b[c][j], d = fabsf(y - x);
        sum += is_level[c] ? (float)(x != y) : isnan(x) && isnan(y) ? 0.0f : isnan(d) ? 1.0f : d;
    }
    return sum;
}

/* Rows of few distinct numbers (ties), missing and infinite ones, numbers far outside, and levels of which some share a byte. */
static void fill_points(float **cells, uint32_t rows, uint32_t columns, const bool *is_level, uint64_t seed) {
    for (uint32_t r = 0; r < rows; r++) {
        struct mm_rng rng = mm_rng_at(seed, MM_STREAM_METRIC, r, 0);
        for (uint32_t c = 0; c < columns; c++) {
            double u = mm_rng_uniform(&rng), v = mm_rng_uniform(&rng);
            cells[c][r] = is_level[c] ? (float)floor(v * (c % 2 ? 900 : 4))
                          : u < 0.03  ? NAN
                          : u < 0.04  ? INFINITY
                          : u < 0.06  ? (float)(30 * v - 15)
                          : u < 0.5   ? (float)floor(8 * v) / 8
                                      : (float)v;
        }
    }
}

/* Exact neighbours, ties to the lowest row, against a plain double loop: from one block to many, and so many columns that byte
 * distances overflow. */
static void test_nearest(void) {
    static const struct {
        uint32_t queries, base, columns, levels, k;
    } cases[] = {{100, 200, 2, 1, 1},   {150, 3000, 6, 3, 1}, {150, 3000, 6, 3, 5},
                 {60, 2000, 40, 20, 2}, {80, 1500, 1, 0, 3},  {5, 1, 3, 1, 1}};
    for (size_t t = 0; t < sizeof cases / sizeof *cases; t++) {
        uint32_t n = cases[t].queries, m = cases[t].base, columns = cases[t].columns, k = cases[t].k;
        float *query_cells[40], *base_cells[40], *distances = calloc((size_t)n * k, sizeof *distances);
        uint32_t *rows = calloc((size_t)n * k, sizeof *rows);
        bool is_level[40], same = true;
        for (uint32_t c = 0; c < columns; c++) {
            query_cells[c] = calloc(n, sizeof(float)), base_cells[c] = calloc(m, sizeof(float));
            is_level[c] = c < cases[t].levels;
        }
        fill_points(query_cells, n, columns, is_level, 1), fill_points(base_cells, m, columns, is_level, 2);
        struct mm_points queries = {n, columns, (const float *const *)query_cells, is_level},
                         base = {m, columns, (const float *const *)base_cells, is_level};
        OK(mm_nearest_k(ctx, &queries, &base, k, rows, distances, NULL) == MINT_OK, "nearest neighbours");
        for (uint32_t q = 0; q < n; q++) {
            float last = -1;
            uint32_t last_row = 0;
            for (uint32_t j = 0; j < k; j++) { /* the next in the order of distance and row */
                float best = INFINITY;
                uint32_t best_row = UINT32_MAX;
                for (uint32_t r = 0; r < m; r++) {
                    float d = plain_distance(query_cells, q, base_cells, r, is_level, columns);
                    bool after = d > last || (d == last && r > last_row);
                    if (after && (d < best || best_row == UINT32_MAX)) best = d, best_row = r;
                }
                same = same && distances[q * k + j] == best && rows[q * k + j] == best_row;
                last = best, last_row = best_row;
            }
        }
        OK(same, "equal to a plain double loop");
        for (uint32_t c = 0; c < columns; c++) free(query_cells[c]), free(base_cells[c]);
        free(distances), free(rows);
    }
}

/* ---- two opinions ---- */

/* Labels drawn from softmax(scale x truth); learner 0 says `boast` times the truth, learner 1 knows nothing. */
static struct mm_pool pool_of(uint32_t classes, double scale, double boast, bool labels_follow, double *gap) {
    enum { ROWS = 4000, CLASSES_MAX = 3 };
    static float boasts[ROWS * CLASSES_MAX], noise[ROWS * CLASSES_MAX], labels[ROWS];
    for (uint32_t i = 0; i < ROWS; i++) {
        struct mm_rng rng = mm_rng_at(31, MM_STREAM_METRIC, i, classes);
        double truth[CLASSES_MAX], total = 0, below = 0;
        for (uint32_t k = 0; k < classes; k++) {
            truth[k] = scale * mm_rng_normal(&rng), total += exp(truth[k]);
            boasts[i * classes + k] = (float)(boast * truth[k]), noise[i * classes + k] = (float)mm_rng_normal(&rng);
        }
        double u = mm_rng_uniform(&rng) * total;
        labels[i] = 0;
        for (uint32_t k = 0; k + 1 < classes; k++) labels[i] += u > (below += exp(truth[k]));
        if (!labels_follow) labels[i] = (float)mm_rng_below(&rng, classes);
    }
    struct mm_opinions opinions = {{boasts, noise}, classes};
    struct mm_pool pool;
    mm_pool_fit(&pool, &opinions, labels, ROWS);
    *gap = 0; /* how far mean probability and share of a class lie apart where the pool gives it more than .8 */
    double said = 0, seen = 0, rows = 0;
    for (uint32_t i = 0; i < ROWS; i++)
        for (uint32_t k = 0; k < classes; k++) {
            double p = mm_pool_probability(&pool, &opinions, i, k);
            if (p > 0.8) said += p, seen += labels[i] == (float)k, rows++;
        }
    if (rows > 0) *gap = fabs(said - seen) / rows;
    return pool;
}

static void test_opinion_pool(void) {
    double gap;
    for (uint32_t classes = 2; classes <= 3; classes++) {
        struct mm_pool pool = pool_of(classes, 2, 3, true, &gap); /* standard errors: .01 and .03 */
        OK(fabs(pool.weights[0] - 1.0 / 3) < 0.05 && fabs(pool.weights[1]) < 0.15, "a boast is scaled down, noise is not heard");
        OK(gap < 0.03, "of labels that are given .9, nine in ten are right");
        pool = pool_of(classes, 2, 3, false, &gap);
        OK(fabs(pool.weights[0]) < 0.05 && fabs(pool.weights[1]) < 0.15, "broken twin: labels that follow nothing silence both");
    }
    struct mm_pool pool = pool_of(2, 200, 1, true, &gap);
    OK(isfinite(pool.weights[0]) && fabs(pool.weights[0]) < 10, "a learner without a fault asks for no endless weight");
}

int main(void) {
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = 2;
    if (mint_context_new(&ctx, &options, NULL) != MINT_OK) return 99;
    test_boost();
    test_learners();
    test_nearest();
    test_opinion_pool();
    mint_context_free(ctx);
    return test_done();
}
