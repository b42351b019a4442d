/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics against known answers, learners against what they must find, the gate against reports made by hand, and the whole
 * judgement against sets whose fault is known. Each statistical check has a broken twin. */
#include "base/json.h"
#include "learn/boost_classifier.h"
#include "learn/linear.h"
#include "learn/nearest.h"
#include "learn/xgboost.h"
#include "mintmark/mintmark.h"
#include "policy/gate.h"
#include "rng/philox.h"
#include "stats/elementary.h"
#include "stats/interval.h"
#include "stats/ranking.h"
#include "test.h"

static mint_context *ctx;

static void test_elementary(void) {
    double worst_exp = 0, worst_log = 0;
    for (int i = -4000; i <= 4000; i++) {
        double x = i / 100.0;
        worst_exp = fmax(worst_exp, fabs(mm_exp(x) / exp(x) - 1));
        worst_log = fmax(worst_log, fabs(mm_log(exp(x)) - x));
    }
    OK(worst_exp < 1e-9, "exp within 1e-9 of the C library");
    OK(worst_log < 1e-9, "log within 1e-9 of the C library");
}

static void test_intervals(void) {
    /* Newcombe 1998, table I: 81/263 gives [0.2553, 0.3662] by Wilson's score method. */
    struct mm_interval i = mm_wilson(81, 263);
    NEAR(i.low, 0.2553, 5e-5, "Wilson, low (Newcombe 1998)");
    NEAR(i.high, 0.3662, 5e-5, "Wilson, high");
    /* Newcombe 1998 part II, example (a), 56/70 - 48/80: [0.0524, 0.3339] by method 10. */
    i = mm_newcombe(56, 70, 48, 80);
    NEAR(i.low, 0.0524, 5e-5, "difference of proportions, low (Newcombe 1998)");
    NEAR(i.high, 0.3339, 5e-5, "difference of proportions, high");
    NEAR(mm_binomial_upper_tail(7, 10, 0.5), 176.0 / 1024, 1e-12, "P(X >= 7) of ten fair coins is 176/1024");
    NEAR(mm_poisson_upper(0), 2.995732, 1e-5, "the rule of three: -log 0.05");
    OK(mm_poisson_quantile(0.95, 3) == 6 && mm_poisson_quantile(0.999, 0.3) == 3, "Poisson quantiles");
}

static void test_ranking(void) {
    const float scores[] = {0.1f, 0.4f, 0.35f, 0.8f};
    const uint8_t positive[] = {0, 0, 1, 1};
    uint32_t order[4];
    struct mm_memory memory = {0};
    OK(mm_sort_order(order, scores, 4, &memory, NULL) == MINT_OK && order[0] == 0 && order[1] == 2 && order[3] == 3, "order");
    NEAR(mm_auc(order, scores, positive, NULL, 4), 0.75, 1e-12, "AUC of scikit-learn's documentation example is 0.75");
    const float tied[] = {1, 1, 1, 1};
    mm_sort_order(order, tied, 4, &memory, NULL);
    NEAR(mm_auc(order, tied, positive, NULL, 4), 0.5, 1e-12, "all tied is one half");
    const double a[] = {1, 2, 3, 0}, b[] = {0, 1, 2, 3};
    NEAR(mm_ks_counts(a, b, 4), 0.5, 1e-12, "KS by hand: 6/6 against 3/6");
    NEAR(mm_tvd_counts(a, b, 4), 0.5, 1e-12, "TVD by hand");
    const float mixed[] = {-1, NAN, 2, -3};
    mm_sort_order(order, mixed, 4, &memory, NULL);
    OK(order[0] == 3 && order[1] == 0 && order[3] == 1, "negative before positive, NaN last");
}

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
    /* Nearest neighbours against a plain double loop. */
    static float x[300], y[300];
    for (int i = 0; i < 300; i++) x[i] = matrix[2 * i], y[i] = (float)(i % 3);
    x[7] = NAN;
    const float *columns[2] = {x, y};
    const bool is_level[2] = {false, true};
    struct mm_points base = {200, 2, columns, is_level};
    const float *query_columns[2] = {x + 200, y + 200};
    struct mm_points queries = {100, 2, query_columns, is_level};
    float distances[100];
    uint32_t nearest[100];
    OK(mm_nearest(ctx, &queries, &base, distances, nearest, NULL) == MINT_OK, "nearest neighbours");
    bool same = true;
    for (int q = 0; q < 100; q++) {
        float best = INFINITY;
        for (int b = 0; b < 200; b++) {
            float d = isnan(x[b]) ? 1 : fabsf(x[b] - x[200 + q]);
            d += y[b] != y[200 + q];
            if (d < best) best = d;
        }
        same = same && best == distances[q];
    }
    OK(same, "equal to a plain double loop");
}

/* ---- the gate ---- */

static enum mm_verdict gate_of(const char *excess, char *sentence) {
    char text[600];
    snprintf(text, sizeof text,
             "{\"metrics\": [{\"id\": \"utility.loss\", \"columns\": null, \"value\": 1, \"low\": 0, \"high\": 2, \"reference\": 0, "
             "\"unit\": \"%%\", \"n\": {\"holdout\": 1000}, %s}]}",
             excess);
    json_t *report = NULL, *policy = NULL;
    enum mm_verdict verdict = MM_INCONCLUSIVE;
    struct mm_memory memory = {0};
    if (mm_json_parse(&report, text, strlen(text), "t", NULL) != MINT_OK || mm_policy_read(&policy, &memory, NULL, NULL) != MINT_OK ||
        mm_gate(report, policy, &verdict, NULL) != MINT_OK)
        exit(99);
    const json_t *rule = json_array_get(json_object_get(json_object_get(report, "verdict"), "rules"), 0);
    snprintf(sentence, 900, "%s", json_string_value(json_object_get(rule, "sentence")));
    json_decref(report);
    json_decref(policy);
    return verdict;
}

static void test_gate(void) {
    char sentence[900];
    OK(gate_of("\"excess\": 1, \"excess_low\": 0, \"excess_high\": 2", sentence) == MM_PASS, "within the tolerance passes");
    OK(gate_of("\"excess\": 9, \"excess_low\": 6, \"excess_high\": 12", sentence) == MM_FAIL && strstr(sentence, "Next:"),
       "beyond it fails and says what to do");
    OK(gate_of("\"excess\": 4, \"excess_low\": 0, \"excess_high\": 8", sentence) == MM_INCONCLUSIVE &&
           strstr(sentence, "holdout rows would tell"),
       "across it is inconclusive and names the rows needed");
    OK(gate_of("\"excess\": null, \"reason\": \"none\"", sentence) == MM_INCONCLUSIVE, "no value is inconclusive");
    const char bad[] =
        "schema: mintmark.policy/1\nname: x\nrules:\n  - id: a\n    metric: b\n    tolerance: much\n    harm: h\n    remedy: r\n";
    json_t *policy = NULL;
    mint_error err = MINT_ERROR_INIT;
    OK(mm_policy_parse(&policy, bad, strlen(bad), "bad.yaml", &err) == MINT_E_FORMAT && strstr(err.message, "tolerance"),
       "a policy with a word for a number is refused");
}

/* ---- the judgement as a whole ---- */

#define COLUMNS(i)                                                                                                                         \
    "CAST(hash(" i ") % 40 AS INTEGER) AS a, CASE WHEN hash(" i ") % 40 < 18 THEN 'u' WHEN hash(" i                                        \
    ", 3) % 2 = 0 THEN 'v' ELSE 'w' END AS b, CAST(hash(" i ", 7) % 100000 AS DOUBLE) / 100 AS c,"
#define LABEL(i) "CASE WHEN (hash(" i ") % 40 < 20) = (hash(" i ", 5) % 10 > 0) THEN 'yes' ELSE 'no' END AS y"
static const char train_sql[] = "sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(4000) t(i)";
static const char holdout_sql[] = "sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(4000, 6000) t(i)";
static const char fresh_sql[] = "sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(6000, 10000) t(i)";

static const json_t *rule_of(const json_t *verdict, const char *id) {
    const json_t *rules = json_object_get(verdict, "rules");
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (!strcmp(json_string_value(json_object_get(json_array_get(rules, i), "id")), id)) return json_array_get(rules, i);
    return NULL;
}

/* The verdict on one candidate, and the status of the rule that is meant for its fault. */
static void judge(const char *sql, const char *what, mint_verdict expected, const char *rule, const char *rule_status) {
    mint_table *train = NULL, *holdout = NULL, *candidate = NULL;
    mint_report *report = NULL;
    mint_verdict verdict = MINT_VERDICT_INCONCLUSIVE;
    mint_error err = MINT_ERROR_INIT;
    const char *text = "{}";
    mint_status status = mint_table_read(&train, ctx, train_sql, NULL, &err);
    if (status == MINT_OK) status = mint_table_read(&holdout, ctx, holdout_sql, NULL, &err);
    if (status == MINT_OK) status = mint_table_read(&candidate, ctx, sql, NULL, &err);
    mint_evaluation q = MINT_EVALUATION_INIT;
    q.train = train, q.synthetic = candidate, q.holdout = holdout, q.target = "y", q.policy_only = true;
    if (status == MINT_OK) status = mint_evaluate(&report, ctx, &q, &err);
    if (status == MINT_OK) status = mint_gate(report, NULL, &verdict, &err);
    if (status == MINT_OK) status = mint_report_json(&text, report, &err);
    json_t *parsed = NULL;
    mm_json_parse(&parsed, text, strlen(text), "report", NULL);
    const json_t *judged = rule ? rule_of(json_object_get(parsed, "verdict"), rule) : NULL;
    bool good = status == MINT_OK && verdict == expected &&
                (!rule || (judged && !strcmp(json_string_value(json_object_get(judged, "status")), rule_status)));
    if (!OK(good, what)) {
        char summary[4000] = "";
        if (report) mint_report_summary(report, summary, sizeof summary);
        printf("# status %d %s verdict %d\n# %s\n", status, err.message, verdict, summary);
    }
    json_decref(parsed);
    mint_report_free(report);
    mint_table_free(candidate);
    mint_table_free(holdout);
    mint_table_free(train);
}

static void test_judgement(void) {
    judge(fresh_sql, "fresh real rows pass", MINT_VERDICT_PASS, NULL, NULL);
    judge(train_sql, "a copy of the training rows fails by copies", MINT_VERDICT_FAIL, "copies", "fail");
    judge("sql:SELECT " COLUMNS("i") "CASE WHEN hash(i, 9) % 2 = 0 THEN 'yes' ELSE 'no' END AS y FROM range(6000, 10000) t(i)",
          "labels at random fail by labels", MINT_VERDICT_FAIL, "labels", "fail");
    judge("sql:SELECT " COLUMNS("i") LABEL("i + 50000") " FROM range(6000, 10000) t(i)", "labels of other rows fail by utility",
          MINT_VERDICT_FAIL, "utility", "fail");
    judge("sql:SELECT CAST(hash(i) % 20 AS INTEGER) AS a, 'u' AS b, CAST(hash(i, 7) % 100000 AS DOUBLE) / 100 AS c, 'yes' AS y FROM "
          "range(6000, 10000) t(i)",
          "columns of another shape fail by shapes", MINT_VERDICT_FAIL, "shapes", "fail");
    judge("sql:SELECT CAST(hash(i, 11) % 40 AS INTEGER) AS a, CASE WHEN hash(i, 12) % 40 < 18 THEN 'u' WHEN hash(i, 3) % 2 = 0 THEN 'v' "
          "ELSE 'w' END AS b, CAST(hash(i, 7) % 100000 AS DOUBLE) / 100 AS c, " LABEL("i") " FROM range(6000, 10000) t(i)",
          "broken pairs fail by pairs", MINT_VERDICT_FAIL, "pairs", "fail");
    judge("sql:SELECT a, b, least(greatest(c + CAST(hash(i, 21) % 7 AS INTEGER) - 3, 0), 1000) AS c, y FROM (SELECT i, " COLUMNS("i")
              LABEL("i") " FROM range(4000) t(i))",
          "training rows with a little noise fail by closeness", MINT_VERDICT_FAIL, "closeness", "fail");
}

/* Different columns, few rows, constants: every metric yields a value or a reason, and the call succeeds. */
static void test_awkward(void) {
    static const char *const candidates[] = {
        "sql:SELECT 1 AS a, 'u' AS b, 2.0 AS c, 'yes' AS y",
        "sql:SELECT CAST(hash(i) % 40 AS INTEGER) AS a, 'zzz' AS b, CAST(NULL AS DOUBLE) AS c, 'yes' AS y FROM range(50) t(i)",
        "sql:SELECT 'text' AS a, i AS b, if(i % 2 = 0, 'inf'::DOUBLE, i) AS c, if(i % 3 = 0, 'yes', 'other') AS y FROM range(90) t(i)",
    };
    for (size_t i = 0; i < 3; i++) {
        mint_table *train = NULL, *holdout = NULL, *candidate = NULL;
        mint_report *report = NULL;
        mint_error err = MINT_ERROR_INIT;
        const char *text = "{}";
        mint_status status = mint_table_read(&train, ctx, train_sql, NULL, &err);
        if (status == MINT_OK) status = mint_table_read(&holdout, ctx, holdout_sql, NULL, &err);
        if (status == MINT_OK) status = mint_table_read(&candidate, ctx, candidates[i], NULL, &err);
        mint_evaluation q = MINT_EVALUATION_INIT;
        q.train = train, q.synthetic = candidate, q.holdout = holdout, q.target = "y";
        if (status == MINT_OK) status = mint_evaluate(&report, ctx, &q, &err);
        if (status == MINT_OK) status = mint_report_json(&text, report, &err);
        if (!OK(status == MINT_OK, "an awkward candidate is judged")) printf("# %s\n", err.message);
        json_t *parsed = NULL;
        mm_json_parse(&parsed, text, strlen(text), "report", NULL);
        bool complete = true;
        for (size_t k = 0; k < json_array_size(json_object_get(parsed, "metrics")); k++) {
            const json_t *metric = json_array_get(json_object_get(parsed, "metrics"), k);
            complete = complete && (json_is_number(json_object_get(metric, "value")) || json_is_string(json_object_get(metric, "reason")));
        }
        OK(complete, "every figure has a value or a reason");
        json_decref(parsed);
        mint_report_free(report);
        mint_table_free(candidate);
        mint_table_free(holdout);
        mint_table_free(train);
    }
}

int main(void) {
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = 2;
    if (mint_context_new(&ctx, &options, NULL) != MINT_OK) return 99;
    test_elementary();
    test_intervals();
    test_ranking();
    test_boost();
    test_learners();
    test_gate();
    test_judgement();
    test_awkward();
    mint_context_free(ctx);
    return test_done();
}
