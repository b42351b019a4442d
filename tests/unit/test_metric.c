/* SPDX-License-Identifier: Apache-2.0 */
/* The whole judgement, and each figure of it, on sets whose fault is known. Each check has a broken twin. */
#include "base/json.h"
#include "mintmark/mintmark.h"
#include "rng/philox.h"
#include "table/table.h"
#include "test.h"

static mint_context *ctx;

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

/* The report on one candidate, judged by the default gate; NULL on failure. The caller drops it. */
static json_t *report_on(const char *const sources[3], const char *target, const char *metric, mint_verdict *verdict, char *summary) {
    mint_table *tables[3] = {NULL};
    mint_report *report = NULL;
    mint_error err = MINT_ERROR_INIT;
    const char *text = "{}";
    mint_status status = MINT_OK;
    json_t *parsed = NULL;
    for (int k = 0; k < 3 && status == MINT_OK; k++) status = mint_table_read(&tables[k], ctx, sources[k], NULL, &err);
    mint_evaluation q = MINT_EVALUATION_INIT;
    q.train = tables[0], q.holdout = tables[1], q.synthetic = tables[2], q.target = target, q.policy_only = !metric, q.metric = metric;
    if (status == MINT_OK) status = mint_evaluate(&report, ctx, &q, &err);
    if (status == MINT_OK) status = mint_gate(report, NULL, verdict, &err);
    if (status == MINT_OK) status = mint_report_json(&text, report, &err);
    if (status == MINT_OK) mm_json_parse(&parsed, text, strlen(text), "report", NULL);
    snprintf(summary, 4000, "%s", err.message);
    if (status == MINT_OK) mint_report_summary(report, summary, 4000);
    mint_report_free(report);
    for (int k = 0; k < 3; k++) mint_table_free(tables[k]);
    return parsed;
}

/* The verdict on one candidate, and the status of the rule that is meant for its fault. */
static void judge_with(const char *train, const char *holdout, const char *candidate, const char *target, const char *what,
                       mint_verdict expected, const char *rule, const char *rule_status) {
    mint_verdict verdict = MINT_VERDICT_INCONCLUSIVE;
    char summary[4000];
    json_t *report = report_on((const char *const[3]){train, holdout, candidate}, target, NULL, &verdict, summary);
    const json_t *judged = rule ? rule_of(json_object_get(report, "verdict"), rule) : NULL;
    bool good =
        report && verdict == expected && (!rule || (judged && !strcmp(json_string_value(json_object_get(judged, "status")), rule_status)));
    if (!OK(good, what)) printf("# verdict %d\n# %s\n", verdict, summary);
    json_decref(report);
}

static void judge(const char *sql, const char *what, mint_verdict expected, const char *rule, const char *rule_status) {
    judge_with(train_sql, holdout_sql, sql, "y", what, expected, rule, rule_status);
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

/* One table with what the plain one lacks: an identifier, missing cells that depend on another column, prices in half units, and a
 * number that two others fix only together. `i` runs over rows. */
#define WIDE(missing, forms, third, id)                                                                                                    \
    "SELECT " id " AS id, CAST(hash(i) % 40 AS INTEGER) AS a, CAST(hash(i, 2) % 40 AS INTEGER) AS b, if(" missing                          \
    ", NULL, CAST(hash(i, 3) % 1000 AS INTEGER)) AS m, " forms " AS f, " third " AS t, if(hash(i, 6) % 2 = 0, 'x', 'y') AS g "
#define MISSING_HIGH "hash(i) % 40 >= 20 AND hash(i, 7) % 2 = 0"
#define HALF_UNITS "CAST(hash(i, 4) % 2000 AS DOUBLE) / 2"
#define EXCLUSIVE "if((hash(i) % 40 < 20) = (hash(i, 2) % 40 < 20), 0, 50) + CAST(hash(i, 5) % 50 AS INTEGER)"
#define KEY "concat('K-', CAST(100000 + 17 * i AS VARCHAR))"
static const char wide_train[] = "sql:" WIDE(MISSING_HIGH, HALF_UNITS, EXCLUSIVE, KEY) "FROM range(4000) t(i)";
static const char wide_holdout[] = "sql:" WIDE(MISSING_HIGH, HALF_UNITS, EXCLUSIVE, KEY) "FROM range(4000, 6000) t(i)";

static void test_traps(void) {
    judge("sql:SELECT * FROM (SELECT " COLUMNS("i") LABEL("i") " FROM range(6000, 10000) t(i)) WHERE c BETWEEN 30 AND 970",
          "cut tails fail by lost tails", MINT_VERDICT_FAIL, "lost-tails", "fail");
    judge("sql:SELECT a, b, round(c / 50) * 50 AS c, y FROM (SELECT " COLUMNS("i") LABEL("i") " FROM range(6000, 10000) t(i))",
          "rounded numbers fail by number forms", MINT_VERDICT_FAIL, "number-forms", "fail");
    judge("sql:SELECT a, if(b = 'w', 'v', b) AS b, c, y FROM (SELECT " COLUMNS("i") LABEL("i") " FROM range(6000, 10000) t(i))",
          "a lost category fails by lost levels", MINT_VERDICT_FAIL, "lost-levels", "fail");
    judge("sql:SELECT * FROM (SELECT " COLUMNS("i") LABEL("i") " FROM range(6000, 10000) t(i)) WHERE y = 'yes' OR hash(c) % 5 < 2",
          "a class too frequent fails by gained classes", MINT_VERDICT_FAIL, "gained-classes", "fail");
    judge("sql:SELECT " COLUMNS("j") LABEL("j") " FROM (SELECT 6000 + i % 800 AS j FROM range(4000) t(i))",
          "rows five times over fail by duplicates", MINT_VERDICT_FAIL, "duplicates", "fail");
    judge("sql:SELECT a, if(a > 25 AND hash(c, 3) % 6 = 0, 'u', b) AS b, c, y FROM (SELECT " COLUMNS("i")
              LABEL("i") " FROM range(6000, 10000) t(i))",
          "combinations that never occur fail by impossible rows", MINT_VERDICT_FAIL, "impossible-rows", "fail");
    judge("sql:SELECT a, b, c, if(b = 'v' AND hash(c, 4) % 3 < 2, 'no', y) AS y FROM (SELECT " COLUMNS("i")
              LABEL("i") " FROM range(6000, 10000) t(i))",
          "a group treated otherwise fails by groups", MINT_VERDICT_FAIL, "groups", "fail");
    judge("sql:SELECT a, b, c, if(b = 'v' AND hash(c, 4) % 10 < 9, 'no', y) AS y FROM (SELECT " COLUMNS("i")
              LABEL("i") " FROM range(6000, 10000) t(i))",
          "a class that vanishes from a group fails by groups lost", MINT_VERDICT_FAIL, "groups-lost", "fail");
    judge("sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(5700, 9700) t(i)", "holdout rows in the file fail", MINT_VERDICT_FAIL,
          "holdout-in-synthetic", "fail");
    judge_with("sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(4400) t(i)", holdout_sql, fresh_sql, "y", "holdout rows in train fail",
               MINT_VERDICT_FAIL, "holdout-in-train", "fail");
    judge_with(wide_train, wide_holdout, "sql:" WIDE(MISSING_HIGH, HALF_UNITS, EXCLUSIVE, KEY) "FROM range(6000, 10000) t(i)", NULL,
               "fresh rows of the wide table pass", MINT_VERDICT_PASS, NULL, NULL);
    judge_with(wide_train, wide_holdout, "sql:" WIDE("hash(i, 7) % 4 = 0", HALF_UNITS, EXCLUSIVE, KEY) "FROM range(6000, 10000) t(i)", NULL,
               "missing cells strewn at random fail by missingness", MINT_VERDICT_FAIL, "missingness", "fail");
    judge_with(wide_train, wide_holdout,
               "sql:" WIDE(MISSING_HIGH, HALF_UNITS, "CAST(hash(i, 5) % 100 AS INTEGER)", KEY) "FROM range(6000, 10000) t(i)", NULL,
               "a lost three-way dependence fails by triples", MINT_VERDICT_FAIL, "worst-triple", "fail");
    judge_with(
        wide_train, wide_holdout,
        "sql:" WIDE(MISSING_HIGH, HALF_UNITS, EXCLUSIVE, "concat('K-', CAST(100000 + i % 90 AS VARCHAR))") "FROM range(6000, 10000) t(i)",
        NULL, "keys that repeat fail by identifiers", MINT_VERDICT_FAIL, "identifiers", "fail");
#define RETURNING(row) "concat('K-', CAST(hash(" row ", 8) % 4000 AS VARCHAR))"
    static const char train[] = "sql:" WIDE(MISSING_HIGH, HALF_UNITS, EXCLUSIVE, RETURNING("i")) "FROM range(4000) t(i)";
    static const char holdout[] = "sql:" WIDE(MISSING_HIGH, HALF_UNITS, EXCLUSIVE, RETURNING("i")) "FROM range(4000, 6000) t(i)";
    judge_with(train, holdout, "sql:" WIDE(MISSING_HIGH, HALF_UNITS, EXCLUSIVE, RETURNING("i")) "FROM range(6000, 10000) t(i)", NULL,
               "keys that return as in real rows do not fail", MINT_VERDICT_INCONCLUSIVE, "identifiers", "inconclusive");
    judge_with(train, holdout, "sql:" WIDE(MISSING_HIGH, HALF_UNITS, EXCLUSIVE, RETURNING("i % 4000")) "FROM range(6000, 10000) t(i)", NULL,
               "keys that return more often than in real rows fail by identifiers", MINT_VERDICT_FAIL, "identifiers", "fail");
}

/* Whole numbers from 0 up: of ten kinds they are classes, of eleven a quantity. */
#define DIGITS(count, range)                                                                                                               \
    "sql:SELECT " COLUMNS("i") "CAST(if(hash(i, 5) % 10 < 9, hash(i) % 40 * " count " // 40, hash(i, 6) % " count                          \
                               ") AS INTEGER) AS y FROM range(" range ") t(i)"

static void test_number_classes(void) {
    static const struct {
        const char *train, *holdout, *fresh, *what, *judged, *other;
    } kinds[] = {{DIGITS("10", "4000"), DIGITS("10", "4000, 6000"), DIGITS("10", "6000, 10000"), "ten numbers are classes", "labels",
                  "labels-number"},
                 {DIGITS("11", "4000"), DIGITS("11", "4000, 6000"), DIGITS("11", "6000, 10000"), "eleven are a quantity", "labels-number",
                  "labels"}};
    for (size_t k = 0; k < 2; k++) {
        mint_verdict verdict = MINT_VERDICT_FAIL;
        char summary[4000];
        json_t *report = report_on((const char *const[3]){kinds[k].train, kinds[k].holdout, kinds[k].fresh}, "y", NULL, &verdict, summary);
        const json_t *judged = json_object_get(report, "verdict");
        bool good = rule_of(judged, kinds[k].judged) && !rule_of(judged, kinds[k].other) && verdict != MINT_VERDICT_FAIL;
        if (!OK(good, kinds[k].what)) printf("# %s\n", summary);
        json_decref(report);
    }
    judge_with(
        kinds[0].train, kinds[0].holdout,
        "sql:SELECT a, b, c, if(hash(c, 9) % 5 = 0, (y + 3) % 10, y) AS y FROM (SELECT " COLUMNS(
            "i") "CAST(if(hash(i, 5) % 10 < 9, hash(i) % 40 * 10 // 40, hash(i, 6) % 10) AS INTEGER) AS y FROM range(6000, 10000) t(i))",
        "y", "digits flipped fail by labels", MINT_VERDICT_FAIL, "labels", "fail");
}

#define BARS(rows)                                                                                                                         \
    "sql:SELECT hash(i) % 100 AS wide, hash(i, 1) % 5 AS narrow, hash(i, 2) % 1000 / 8 AS part, IF(hash(i, 3) % 400 = 0, 1, 0) AS rare "   \
    "FROM range(" rows ") t(i)"

/* Bars of whole numbers hold whole numbers, and every row is in one. */
static void test_bins(void) {
    const char *sources[] = {BARS("4000"), BARS("4000, 6000"), BARS("6000, 9000")};
    static const struct {
        const char *name;
        size_t bins;
        double width;
    } expected[] = {{"wide", 20, 5}, {"narrow", 5, 1}, {"part", 24, 0}, {"rare", 2, 1}}; /* 0 to 99 by fives */
    mint_verdict verdict;
    char summary[4096];
    json_t *report = report_on(sources, NULL, "fidelity.shape", &verdict, summary);
    for (size_t k = 0; k < json_array_size(json_object_get(report, "columns")); k++) {
        const json_t *column = json_array_get(json_object_get(report, "columns"), k), *edges = json_object_get(column, "edges");
        const json_t *counts = json_object_get(column, "synthetic");
        double rows = 0, first = json_number_value(json_array_get(edges, 0)), second = json_number_value(json_array_get(edges, 1));
        for (size_t i = 0; i < json_array_size(counts); i++) rows += json_number_value(json_array_get(counts, i));
        OK(!strcmp(json_string_value(json_object_get(column, "name")), expected[k].name) && rows == 3000 &&
               json_array_size(counts) == expected[k].bins && json_array_size(edges) == expected[k].bins + 1,
           "every row is in a bin");
        OK(expected[k].width == 0 ? second - first != floor(second - first) : second - first == expected[k].width && first == floor(first),
           "whole numbers lie in bins of whole ones, others do not");
    }
    json_decref(report);
}

/* A declared constraint is judged by the count of the file at hand, against the holdout's own. */
static void test_declared(void) {
    static char *const declared[] = {"if y = 'yes' then c >= 100", "a < 40"};
#define KEEPING "WHERE y = 'no' OR c >= 100"
#define ROWS_OF(range, where) "sql:SELECT * FROM (SELECT " COLUMNS("i") LABEL("i") " FROM range(" range ") t(i)) " where
    static const char *const candidates[] = {ROWS_OF("6000, 10000", KEEPING), ROWS_OF("6000, 10000", "")}, *const expected[] = {"pass",
                                                                                                                                "fail"};
    for (size_t k = 0; k < 2; k++) {
        const char *const sources[3] = {ROWS_OF("4000", KEEPING), ROWS_OF("4000, 6000", KEEPING), candidates[k]};
        mint_table *tables[3] = {0};
        mint_report *report = NULL;
        mint_verdict verdict;
        const char *text = "{}";
        mint_status status = MINT_OK;
        for (int i = 0; status == MINT_OK && i < 3; i++) status = mint_table_read(&tables[i], ctx, sources[i], NULL, NULL);
        if (status == MINT_OK) status = mm_table_declare(tables[0], declared, 2, NULL);
        mint_evaluation q = MINT_EVALUATION_INIT;
        q.train = tables[0], q.holdout = tables[1], q.synthetic = tables[2], q.target = "y", q.metric = "validity.constraints";
        if (status == MINT_OK) status = mint_evaluate(&report, ctx, &q, NULL);
        if (status == MINT_OK) status = mint_gate(report, NULL, &verdict, NULL);
        if (status == MINT_OK) status = mint_report_json(&text, report, NULL);
        json_t *parsed = NULL;
        mm_json_parse(&parsed, text, strlen(text), "report", NULL);
        const json_t *rule = rule_of(json_object_get(parsed, "verdict"), "constraints");
        OK(status == MINT_OK && rule && !strcmp(json_string_value(json_object_get(rule, "status")), expected[k]),
           k ? "rows against a declared constraint fail" : "rows that keep it pass");
        OK(json_array_size(json_object_get(parsed, "metrics")) == 3, "with a figure for each constraint");
        json_decref(parsed);
        mint_report_free(report);
        for (int i = 0; i < 3; i++) mint_table_free(tables[i]);
    }
}

static double figure_in(const char *train, const char *holdout, const char *candidate, const char *id, const char *key) {
    mint_verdict verdict;
    char summary[4000];
    json_t *report = report_on((const char *const[3]){train, holdout, candidate}, "y", id, &verdict, summary);
    const json_t *metrics = json_object_get(report, "metrics");
    double value = NAN;
    for (size_t i = 0; i < json_array_size(metrics); i++)
        if (!strcmp(json_string_value(json_object_get(json_array_get(metrics, i), "id")), id))
            value = json_number_value(json_object_get(json_array_get(metrics, i), key));
    json_decref(report);
    return value;
}

static double figure_of(const char *candidate, const char *id, const char *key) {
    return figure_in(train_sql, holdout_sql, candidate, id, key);
}

/* Figures whose answer is known: at the two ends, copies and fresh rows, or everything and one corner of it. */
static void test_figures(void) {
    static const char corner[] =
        "sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(6000, 30000) t(i) WHERE hash(i) % 40 < 4 AND hash(i, 7) % 100000 < 30000";
    static const char noise[] = "sql:SELECT a, b, c, if(hash(c, 9) % 2 = 0, 'yes', 'no') AS y FROM (SELECT " COLUMNS("i")
        LABEL("i") " FROM range(6000, 10000) t(i))";
    static const char narrow[] =
        "sql:SELECT a, b, 100 + c * 0.8 AS c, y FROM (SELECT " COLUMNS("i") LABEL("i") " FROM range(6000, 10000) t(i))";
    static const char dressed[] =
        "sql:SELECT a, if(b = 'v', 'V-7', b) AS b, c, y FROM (SELECT " COLUMNS("i") LABEL("i") " FROM range(6000, 10000) t(i))";
    struct {
        const char *id, *what;
        const char *bad;
        double bad_low, bad_high, good_low, good_high;
    } checks[] = {
        {"privacy.membership.density_ratio", "membership: copies are told, fresh rows are not", train_sql, 0.95, 1, 0.45, 0.55},
        {"privacy.reidentification.singling_out", "singling out: copies are, fresh rows less", train_sql, 0.25, 1, -0.2, 0.2},
        {"privacy.reidentification.linkability", "linkability: copies are linked", train_sql, 0.01, 1, -0.005, 0.005},
        {"privacy.disclosure.disco", "disclosure never falls below 0", train_sql, 0, 100, 0, 100},
        {"fidelity.balls.recall", "recall: a corner covers little", corner, 0, 0.4, 0.8, 1},
        {"fidelity.balls.coverage", "coverage: a corner covers little", corner, 0, 0.5, 0.85, 1},
        {"fidelity.distance.jensen_shannon", "Jensen-Shannon distance of a corner", corner, 0.3, 1, 0, 0.1},
        {"fidelity.mmd.p_value", "permutation test", corner, 0, 0.01, 0.01, 1},
        {"fidelity.pmse.standardised", "S_pMSE of fresh rows is about 1", corner, 5, 1e9, 0, 3},
        {"coverage.combinations.pairs", "a corner shows few pairs of values", corner, 0, 70, 90, 100},
        {"diversity.entropy.columns", "a corner's columns vary less", corner, 0, 2, 2, 4},
        {"utility.scores.f1", "a model of a corner is worse", corner, 0, 0.85, 0.85, 1},
        {"fidelity.support.alpha_precision", "alpha-precision: a corner is not typical", corner, 0, 0.8, 0.93, 1},
        {"fidelity.support.beta_recall", "beta-recall: a corner covers little", corner, 0, 0.2, 0.35, 0.7},
        {"fidelity.support.authenticity", "authenticity: copies of the judged rows are not new", holdout_sql, 0, 0.01, 0.35, 0.7},
        {"fidelity.association.mutual_information", "mutual information: lost with the labels", noise, 5, 100, 0, 3},
        {"privacy.nearest_ratio.nndr", "distance ratio: originals are found", train_sql, 0, 0, 0.01, 1},
        {"privacy.nearest_ratio.identical", "identical matches: half of all copies, for half of train is looked at", train_sql, 40, 60, 0,
         2},
        {"privacy.vulnerable_records", "vulnerable records: copies are told, fresh rows are not", train_sql, 0.99, 1, 0.3, 0.7},
        {"utility.rank_agreement", "models rank alike; without labels they do not", noise, 0, 0.8, 0.99, 1},
        {"diversity.spread.variance_ratio", "a corner varies less", corner, 0, 0.8, 0.9, 1.1},
        {"diversity.spread.tail_mass", "ends that were cut have no tails", narrow, 0, 0.1, 0.75, 1.25},
        {"coverage.probes", "a corner does not reach the edges", corner, 0, 25, 35, 65},
        {"validity.formats", "a new form of text is found", dressed, 20, 40, 0, 0},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        double bad = figure_of(checks[i].bad, checks[i].id, "value"), good = figure_of(fresh_sql, checks[i].id, "value");
        bool right = bad >= checks[i].bad_low && bad <= checks[i].bad_high && good >= checks[i].good_low && good <= checks[i].good_high;
        if (!OK(right, checks[i].what)) printf("# %s: bad %g good %g\n", checks[i].id, bad, good);
    }
    double few = figure_of(corner, "diversity.vendi", "value"), many = figure_of(fresh_sql, "diversity.vendi", "value");
    if (!OK(few < 0.8 * many, "a corner holds fewer kinds of rows")) printf("# %g %g\n", few, many);
}

static const char *status_of(const json_t *report, const char *rule) {
    const json_t *rules = json_object_get(json_object_get(report, "verdict"), "rules"), *one;
    size_t i;
    json_array_foreach(rules, i, one) if (!strcmp(json_string_value(json_object_get(one, "id")), rule)) return json_string_value(
        json_object_get(one, "status"));
    return "not judged";
}

/* Tables that share too little are judged as far as it goes: every figure says why it has no value, and the verdict is no pass. */
static void test_k_marginal(void) {
    double fresh = figure_of(fresh_sql, "fidelity.k_marginal", "excess"),
           reference = figure_of(fresh_sql, "fidelity.k_marginal", "reference");
    if (!OK(fabs(fresh) < 10 && reference > 930, "joint tables of three columns of fresh rows are as near as train's"))
        printf("# %g %g\n", fresh, reference);
    OK(figure_of("sql:SELECT " COLUMNS("i") LABEL("i + 50000") " FROM range(6000, 10000) t(i)", "fidelity.k_marginal", "excess_low") > 30,
       "broken twin: with labels of other rows they are not");
}

/* What independent columns get stands beside every figure, and is far off where columns hang together. */
static void test_floors(void) {
    mint_verdict verdict;
    char summary[4000];
    json_t *report = report_on((const char *const[3]){train_sql, holdout_sql, fresh_sql}, "y", NULL, &verdict, summary);
    const json_t *figures = json_object_get(report, "metrics");
    uint32_t with = 0, without = 0, capped = 0, aimed = 0;
    for (size_t i = 0; i < json_array_size(figures); i++) {
        const json_t *f = json_array_get(figures, i);
        if (json_is_null(json_object_get(f, "value")) || !strcmp(json_string_value(json_object_get(f, "id")), "diversity.lineage"))
            continue;
        bool is_there = !json_is_null(json_object_get(f, "floor"));
        const char *direction = json_string_value(json_object_get(f, "direction"));
        capped += strcmp(direction, "target") && !json_is_null(json_object_get(f, "ceiling")), aimed += !strcmp(direction, "target");
        with += is_there, without += !is_there;
        if (!is_there) printf("# %s has no floor\n", json_string_value(json_object_get(f, "id")));
    }
    json_decref(report);
    OK(with > 25 && !without, "every figure with a value has a floor");
    OK(capped + aimed == with, "and a noise ceiling, but for those that have a target to be near");
    static const char *const asked[] = {"bias.group_rates", "validity.unlikely_rows", "utility.worst_group"};
    for (size_t k = 0; k < 3; k++) {
        double value = figure_of(fresh_sql, asked[k], "value"), floor = figure_of(fresh_sql, asked[k], "floor");
        if (!OK(floor > value + 5, "independent columns get far more than fresh rows")) printf("# %s %g %g\n", asked[k], value, floor);
    }
    static const char *const lone[] = {"sql:SELECT " COLUMNS("i") "hash(i * 7919 + 13) % 2 AS y FROM range(4000) t(i)",
                                       "sql:SELECT " COLUMNS("i") "hash(i * 7919 + 13) % 2 AS y FROM range(4000, 6000) t(i)",
                                       "sql:SELECT " COLUMNS("i") "hash(i * 7919 + 13) % 2 AS y FROM range(6000, 10000) t(i)"};
    double value = figure_in(lone[0], lone[1], lone[2], asked[0], "value"), floor = figure_in(lone[0], lone[1], lone[2], asked[0], "floor");
    if (!OK(fabs(floor - value) < 15, "broken twin: where the label hangs on nothing they do not")) printf("# %g %g\n", value, floor);
}

static void test_sides_that_differ(void) {
#define SPOILT(cell)                                                                                                                       \
    "sql:SELECT a, b, if(" cell ", 'spoilt', CAST(c AS VARCHAR)) AS c, y FROM (SELECT " COLUMNS("i")                                       \
        LABEL("i") " FROM range(5000, 5900) t(i))"
    static const struct {
        const char *synthetic, *what;
        bool shares, has_target;
        const char *columns; /* what their rule says */
    } cases[] = {
        {"sql:SELECT i AS other, 'a' AS word FROM range(900) t(i)", "tables that share no column", false, false, "inconclusive"},
        {"sql:SELECT " COLUMNS("i") "1 AS z FROM range(5000, 5900) t(i)", "a target that is not there", true, false, "fail"},
        {SPOILT("row_number() OVER () = 17"), "one cell of a column is spoilt", true, true, "inconclusive"},
        {SPOILT("a = 3"), "many cells are", true, true, "fail"},
        {"sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(5000, 5900) t(i)", "broken twin: nothing is missing", true, true, "pass"}};
    mint_table *train = NULL, *holdout = NULL, *synthetic = NULL;
    if (mint_table_read(&train, ctx, "sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(900) t(i)", NULL, NULL) != MINT_OK ||
        mint_table_read(&holdout, ctx, "sql:SELECT " COLUMNS("i") LABEL("i") " FROM range(2000, 2900) t(i)", NULL, NULL) != MINT_OK)
        exit(98);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mint_report *report = NULL;
        const char *text = "{}";
        mint_verdict verdict = MINT_VERDICT_PASS;
        if (mint_table_read(&synthetic, ctx, cases[k].synthetic, NULL, NULL) != MINT_OK) exit(97);
        mint_evaluation q = MINT_EVALUATION_INIT;
        q.train = train, q.synthetic = synthetic, q.holdout = holdout, q.target = "y", q.policy_only = true;
        OK(mint_evaluate(&report, ctx, &q, NULL) == MINT_OK && mint_gate(report, NULL, &verdict, NULL) == MINT_OK &&
               mint_report_json(&text, report, NULL) == MINT_OK,
           cases[k].what);
        json_t *root = json_loads(text, 0, NULL), *figures = json_object_get(root, "metrics"), *figure;
        size_t i, with = 0, silent = 0;
        bool utility = false;
        json_array_foreach(figures, i, figure) {
            bool valued = json_is_number(json_object_get(figure, "value"));
            with += valued;
            silent += !valued && !json_string_length(json_object_get(figure, "reason"));
            if (!strcmp(json_string_value(json_object_get(figure, "id")), "utility.loss")) utility = valued;
        }
        OK(!silent && (with > 0) == cases[k].shares && utility == cases[k].has_target, "what has no value says why, the rest is computed");
        OK(!strcmp(status_of(root, "columns"), cases[k].columns), "columns that cannot be used are told");
        OK(k == 4 || verdict != MINT_VERDICT_PASS, "and the verdict is no pass");
        json_decref(root);
        mint_report_free(report);
        mint_table_free(synthetic);
    }
    mint_table_free(holdout);
    mint_table_free(train);
}

/* Width of the interval of the mean shape distance, rows drawn alone or by entity. */
static json_t *entity_figure(const char *entity, const char *metric) {
    static const char *const sources[3] = {"sql:SELECT i // 40 AS e, " COLUMNS("i // 40") " FROM range(8000) t(i)",
                                           "sql:SELECT i // 40 AS e, " COLUMNS("i // 40") " FROM range(20000, 28000) t(i)",
                                           "sql:SELECT i // 40 AS e, " COLUMNS("i") " FROM range(40000, 48000) t(i)"};
    mint_table *tables[3] = {NULL};
    mint_report *report = NULL;
    const char *text = "{}";
    mint_evaluation q = MINT_EVALUATION_INIT;
    for (int k = 0; k < 3; k++)
        if (mint_table_read(&tables[k], ctx, sources[k], NULL, NULL) != MINT_OK) exit(98);
    q.train = tables[0], q.holdout = tables[1], q.synthetic = tables[2], q.entity = entity, q.metric = metric;
    if (mint_evaluate(&report, ctx, &q, NULL) != MINT_OK || mint_report_json(&text, report, NULL) != MINT_OK) exit(97);
    json_t *parsed = json_loads(text, 0, NULL), *figure = json_incref(json_array_get(json_object_get(parsed, "metrics"), 0));
    json_decref(parsed);
    mint_report_free(report);
    for (int k = 0; k < 3; k++) mint_table_free(tables[k]);
    return figure;
}

static double shape_width(const char *entity) {
    json_t *figure = entity_figure(entity, "fidelity.shape");
    double width = json_number_value(json_object_get(figure, "high")) - json_number_value(json_object_get(figure, "low"));
    json_decref(figure);
    return width;
}

static double proven_excess(const char *entity, const char *metric) {
    json_t *figure = entity_figure(entity, metric);
    double low = json_number_value(json_object_get(figure, "excess_low"));
    json_decref(figure);
    return low;
}

#define SUMMED(noise, label)                                                                                                               \
    "SELECT p, q, p + q" noise " AS total, other, kind, " label                                                                            \
    " AS y FROM (SELECT *, p + other * 0.6 + hash(i, 5) % 20 > 60 AS good FROM (SELECT i, "                                                \
    "CAST(hash(i) % 70 AS INTEGER) AS p, CAST(hash(i, 1) % 900 AS INTEGER) AS q, CAST(hash(i, 3) % 50 AS INTEGER) AS other, 'g' || "       \
    "hash(i, 4) % 3 AS kind FROM "
#define YES_OR_NO "if(good, 'yes', 'no')"

/* A sum that all real rows keep, a target that leans on two columns, three kinds of rows that are alike: what breaks each is seen. */
static void test_relations(void) {
    static const char train[] = "sql:" SUMMED("", YES_OR_NO) "range(3000) t(i)))",
                      holdout[] = "sql:" SUMMED("", YES_OR_NO) "range(3000, 5000) t(i)))",
                      fresh[] = "sql:" SUMMED("", YES_OR_NO) "range(5000, 8000) t(i)))",
                      broken[] = "sql:" SUMMED("+ if(hash(i, 6) % 5 = 0, 1, 0)", YES_OR_NO) "range(5000, 8000) t(i)))",
                      leaning[] = "sql:" SUMMED("", "if(q > 450, 'yes', 'no')") "range(5000, 8000) t(i)))",
                      wrong[] = "sql:" SUMMED("", "if(good = (kind <> 'g0'), 'yes', 'no')") "range(5000, 8000) t(i)))",
                      unfair[] =
                          "sql:" SUMMED("", "if(good AND (kind <> 'g0' OR hash(i, 7) % 10 = 0), 'yes', 'no')") "range(5000, 8000) t(i)))";
    const struct {
        const char *id, *key, *what, *bad;
        double bad_low, bad_high, good_low, good_high;
    } checks[] = {
        {"validity.impossible_rows", "value", "a fifth of the rows breaks a sum", broken, 18, 22, 0, 1},
        {"utility.importance_agreement", "value", "a model that leans on other columns is told", leaning, -1, 0.3, 0.5, 1},
        {"utility.worst_group", "value", "the group with wrong labels is found", wrong, 30, 100, -5, 5},
        {"bias.proxies.demographic_parity", "value", "a group treated otherwise is found", unfair, 25, 100, 0, 100},
        {"bias.proxies.demographic_parity", "excess_low", "and its gap grew against the real model's", unfair, 15, 100, -100, 3},
        {"bias.proxies.true_positives", "excess_low", "its true positives, too", unfair, 15, 100, -100, 3},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        double bad = figure_in(train, holdout, checks[i].bad, checks[i].id, checks[i].key),
               good = figure_in(train, holdout, fresh, checks[i].id, checks[i].key);
        bool right = bad >= checks[i].bad_low && bad <= checks[i].bad_high && good >= checks[i].good_low && good <= checks[i].good_high;
        if (!OK(right, checks[i].what)) printf("# %s: bad %g good %g\n", checks[i].id, bad, good);
    }
}

/* Amounts, logarithms and weekdays that other columns decide: no two of them show it, and one row in ten that breaks it is seen. */
#define INVOICE(amount, logarithm, weekday)                                                                                                \
    "SELECT price, quantity, " amount " AS amount, income, " logarithm " AS log_income, day, " weekday                                     \
    " AS weekday, if(hash(i, 4) % 2 = 0, 'yes', 'no') AS y FROM (SELECT i, CAST(hash(i) % 9000 AS DOUBLE) / 100 AS price, "                \
    "CAST(1 + hash(i, 1) % 9 AS INTEGER) AS quantity, CAST(1 + hash(i, 2) % 90000 AS DOUBLE) AS income, DATE '2021-01-01' + "              \
    "CAST(hash(i, 3) % 1400 AS INTEGER) AS day, hash(i, 9) % 10 = 0 AS odd FROM "
#define AMOUNT "CAST(round(price * quantity, 2) AS DOUBLE)"
#define LOGARITHM "CAST(round(ln(income), 4) AS DOUBLE)"
#define WEEKDAY "CAST(isodow(day) AS INTEGER)"

static void test_what_follows(void) {
    static const char train[] = "sql:" INVOICE(AMOUNT, LOGARITHM, WEEKDAY) "range(3000) t(i))",
                      holdout[] = "sql:" INVOICE(AMOUNT, LOGARITHM, WEEKDAY) "range(3000, 5000) t(i))",
                      fresh[] = "sql:" INVOICE(AMOUNT, LOGARITHM, WEEKDAY) "range(5000, 8000) t(i))";
    static const struct {
        const char *what, *rows;
    } broken[] = {
        {"an amount", "sql:" INVOICE("if(odd, " AMOUNT " + 0.02, " AMOUNT ")", LOGARITHM, WEEKDAY) "range(5000, 8000) t(i))"},
        {"a logarithm", "sql:" INVOICE(AMOUNT, "if(odd, " LOGARITHM " - 0.001, " LOGARITHM ")", WEEKDAY) "range(5000, 8000) t(i))"},
        {"a weekday", "sql:" INVOICE(AMOUNT, LOGARITHM, "if(odd, 1 + " WEEKDAY " % 7, " WEEKDAY ")") "range(5000, 8000) t(i))"}};
    NEAR(figure_in(train, holdout, fresh, "validity.impossible_rows", "value"), 0, 0.2, "fresh rows break nothing");
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        NEAR(figure_in(train, holdout, broken[i].rows, "validity.impossible_rows", "value"), 10, 1.5, broken[i].what);
}

/* Rows with a rare word in two of three columns; the numbers are everybody's, so that distance alone does not see who is rare. */
#define RARE(rare)                                                                                                                         \
    "SELECT if(" rare ", 'r' || (hash(i, 2) % 9), 'u') AS b, if(" rare ", 's' || (hash(i, 3) % 9), 'x') AS d, "                            \
    "CAST(hash(i, 7) % 100000 AS DOUBLE) / 100 AS c, if(hash(i, 8) % 2 = 0, 'yes', 'no') AS y FROM "
/* Cities that their codes decide. */
#define CODED(city)                                                                                                                        \
    "SELECT 'z' || (hash(i) % 60) AS code, " city " AS city, CAST(hash(i, 7) % 1000 AS INTEGER) AS c, "                                    \
    "if(hash(i, 8) % 2 = 0, 'yes', 'no') AS y FROM "
#define CITY "'c' || ((hash(i) % 60) % 7)"

/* Rows of four numbers; `row` picks whose they are, `noise` moves them by up to 1 % of a deviation. */
#define NUMBERS(row, noise)                                                                                                                \
    "SELECT " NUMBER(row, noise, "1") " AS a, " NUMBER(row, noise, "2") " AS b, " NUMBER(row, noise, "3") " AS c, " NUMBER(                \
        row, noise, "4") " AS d, if(hash(" row ", 8) % 2 = 0, 'yes', 'no') AS y FROM "
#define NUMBER(row, noise, k) "CAST(hash(" row ", " k ") % 100000 + " noise " * (hash(i, " k ") % 300) AS DOUBLE)"

static void test_near_copies(void) {
    static const char train[] = "sql:" NUMBERS("i", "0") "range(4000) t(i)", holdout[] = "sql:" NUMBERS("i", "0") "range(4000, 6000) t(i)",
                      fresh[] = "sql:" NUMBERS("i", "0") "range(6000, 8000) t(i)",
                      copied[] = "sql:" NUMBERS("i", "0") "range(6000, 7700) t(i) UNION ALL " NUMBERS("i * 9", "1") "range(300) t(i)",
                      one[] = "sql:" NUMBERS("i", "0") "range(6000, 7700) t(i) UNION ALL " NUMBERS("7", "1") "range(300) t(i)";
    OK(fabs(figure_in(train, holdout, fresh, "privacy.near_copies", "excess")) < 0.5, "fresh rows are near either side alike");
    NEAR(figure_in(train, holdout, copied, "privacy.near_copies", "excess"), 15, 1.5, "fifteen noisy copies in a hundred rows are counted");
    OK(figure_in(train, holdout, copied, "privacy.near_copies", "excess_low") > 11, "beyond doubt");
    OK(figure_in(train, holdout, one, "privacy.near_copies", "excess") < 0.5, "three hundred of one row are one original");
    NEAR(figure_in(holdout, train, copied, "privacy.near_copies.holdout", "excess"), 7.5, 1.5,
         "and so are those of holdout rows, of which as many as train has are looked at: half");
    OK(figure_in(train, holdout, copied, "privacy.near_copies.holdout", "excess") < -10, "broken twin: copies of train are none");
}

/* One cell in fifty holds a word that no real row has, or a number beyond them. */
static void test_invented_values(void) {
#define WORDS(word, number) "SELECT " word " AS w, CAST(" number " AS INTEGER) AS n, if(hash(i, 8) % 2 = 0, 'yes', 'no') AS y FROM "
#define WORD "'w' || hash(i) % 30"
#define NUMBER_OF "hash(i, 1) % 400"
    static const char train[] = "sql:" WORDS(WORD, NUMBER_OF) "range(4000) t(i)",
                      holdout[] = "sql:" WORDS(WORD, NUMBER_OF) "range(4000, 6000) t(i)",
                      fresh[] = "sql:" WORDS(WORD, NUMBER_OF) "range(6000, 9000) t(i)",
                      words[] = "sql:" WORDS("if(i % 50 = 0, 'zzz', " WORD ")", NUMBER_OF) "range(6000, 9000) t(i)",
                      numbers[] = "sql:" WORDS(WORD, "if(i % 50 = 0, 9999, " NUMBER_OF ")") "range(6000, 9000) t(i)",
                      rare[] = "sql:" WORDS("if(i % 9 = 0, 'r' || i, " WORD ")", NUMBER_OF) "range(4000, 6000) t(i)",
                      rare_too[] = "sql:" WORDS("if(i % 9 = 0, 'r' || i, " WORD ")", NUMBER_OF) "range(6000, 9000) t(i)";
    NEAR(figure_in(train, holdout, fresh, "validity.invented_values", "value"), 0, 1e-9, "fresh rows invent nothing");
    NEAR(figure_in(train, holdout, words, "validity.invented_values", "value"), 2, 1e-9, "words that no train row has");
    OK(figure_in(train, holdout, words, "validity.invented_values", "excess_low") > 0.5, "are seen");
    NEAR(figure_in(train, holdout, numbers, "validity.invented_values", "value"), 2, 1e-9, "and numbers beyond its range");
    OK(figure_in(train, rare, rare_too, "validity.invented_values", "excess_low") < 0,
       "broken twin: where holdout rows bring new words as well");
}

/* Sixty countries in a hundred years, each once. Who draws a country, a year and a number meets train rows but for the number, and is no
 * copyist; who draws a country, a number of train's and the year of that row is. */
static void test_copies_but_one_of_keyed_rows(void) {
#define COUNTRY(i) "SELECT 'k' || (" i ") % 60 AS country, (" i ") // 60 AS year, hash(" i ") % 90000 AS y"
#define KEYED(from, to, number)                                                                                                            \
    "sql:SELECT country, year, " number " AS y FROM (" COUNTRY("(i * 1777) % 6000") " FROM range(" from ", " to ") t(i))"
    static const char train[] = KEYED("0", "4000", "y"), holdout[] = KEYED("4000", "6000", "y"),
                      drawn[] = KEYED("1500", "5500", "hash(country, year, 1) % 90000"),
                      copied[] = "sql:SELECT 'k' || hash(i, 3) % 60 AS country, year, y FROM (SELECT i, year, y FROM (" COUNTRY(
                          "(i * 1777) % 6000") ", i FROM range(1000) t(i)))";
    NEAR(figure_in(train, holdout, drawn, "privacy.copies_but_one", "value"), 0, 1, "a country and a year are no copy");
    OK(figure_in(train, holdout, copied, "privacy.copies_but_one", "excess_low") > 90, "broken twin: a year and a number are");
}

/* A new name in every row: in place of names that three rows share, or forty that a hundred do. */
static void test_renamed(void) {
#define NAMED(name, range) "sql:SELECT " name " AS name, hash(i) % 1000 AS a, hash(i, 1) % 7 AS y FROM range(" range ") t(i)"
    static const char few[] = NAMED("'k' || i // 3", "900"), few_too[] = NAMED("'k' || i // 3", "900, 1500"),
                      many[] = NAMED("'k' || i % 40", "900"), many_too[] = NAMED("'k' || i % 40", "900, 1500"),
                      renamed[] = NAMED("'k' || i", "10000, 10900");
    NEAR(figure_in(few, few_too, renamed, "validity.columns", "value"), 0, 0, "new names for those of a few rows each are no fault");
    NEAR(figure_in(many, many_too, renamed, "validity.columns", "value"), 1, 0, "broken twin: for shared ones they are");
}

/* Rows 0 to 299 of train with one cell, or two, from elsewhere. */
static void test_copies_but_one(void) {
#define CHANGED(cells)                                                                                                                     \
    "sql:" NUMBERS("i", "0") "range(6000, 7700) t(i) UNION ALL SELECT " cells ", d, y FROM (" NUMBERS("i", "0") "range(300) t(i))"
    static const char train[] = "sql:" NUMBERS("i", "0") "range(4000) t(i)", holdout[] = "sql:" NUMBERS("i", "0") "range(4000, 6000) t(i)",
                      one[] = CHANGED("a, CAST(17 AS DOUBLE), c"), two[] = CHANGED("CAST(18 AS DOUBLE), CAST(17 AS DOUBLE), c");
    NEAR(figure_in(train, holdout, one, "privacy.copies_but_one", "excess"), 15, 1e-9,
         "fifteen copies with a changed cell in a hundred rows");
    NEAR(figure_in(train, holdout, two, "privacy.copies_but_one", "excess"), 0, 1e-9, "broken twin: two changed cells");
    static const char of_both[] =
        "sql:" NUMBERS("i", "0") "range(6000, 7700) t(i) UNION ALL SELECT a, CAST(17 AS DOUBLE), c, d, y FROM (" NUMBERS(
            "i", "0") "range(3850, 4150) t(i))";
    NEAR(figure_in(train, holdout, of_both, "privacy.copies_but_one", "excess"), 7.5, 1e-9, "who copies holdout rows as well is seen");
    NEAR(figure_in(train, holdout, train, "privacy.copies_but_one", "value"), 100, 1e-9, "train itself");
}

/* Seven hundred rows without the outer 2 % of one column, and of all four: one column's end is too few rows to prove it. */
static void test_ends(void) {
#define INSIDE(column) column " BETWEEN 2000 AND 98000"
    static const char train[] = "sql:" NUMBERS("i", "0") "range(4000) t(i)", holdout[] = "sql:" NUMBERS("i", "0") "range(4000, 6000) t(i)",
                      one[] = "sql:SELECT * FROM (" NUMBERS("i", "0") "range(6000, 6800) t(i)) WHERE " INSIDE("a") " LIMIT 700",
                      all[] = "sql:SELECT * FROM (" NUMBERS("i", "0") "range(6000, 7000) t(i)) WHERE " INSIDE("a") " AND " INSIDE(
                          "b") " AND " INSIDE("c") " AND " INSIDE("d") " LIMIT 700";
    OK(figure_in(train, holdout, all, "coverage.tails.lost", "excess_low") > 60, "ends that were cut in every column are seen together");
    OK(figure_in(train, holdout, one, "coverage.tails.lost", "excess_low") < 60, "those of one column are too few");
}

/* A number that one column tells half of, beside nineteen that tell nothing. Least squares on n rows loses 20 / n of the rest, and two fits
 * differ by sqrt(2 * 2 * 20) / n of it: at 800 rows 1.1 %, half an interval 2.2 %. Of these two the interval of the holdout alone is -3.5
 * to -0.8: it takes one fit's luck for a fact. */
static void test_utility_interval(void) {
#define FEATURE(k) ", (CAST(hash(i, " #k ") % 100000 AS DOUBLE) - 50000) / 1000 AS c" #k
#define TAUGHT(range)                                                                                                                      \
    "sql:SELECT (CAST(hash(i, 0) % 100000 AS DOUBLE) - 50000) / 1000 + (CAST(hash(i, 1) % 100000 AS DOUBLE) - 50000) / 1000 AS y" FEATURE( \
        1) FEATURE(2) FEATURE(3) FEATURE(4) FEATURE(5) FEATURE(6) FEATURE(7) FEATURE(8) FEATURE(9) FEATURE(10) FEATURE(11) FEATURE(12)     \
        FEATURE(13) FEATURE(14) FEATURE(15) FEATURE(16) FEATURE(17) FEATURE(18) FEATURE(19) FEATURE(20) " FROM range(" range ") t(i)"
    static const char few[] = TAUGHT("800"), few_too[] = TAUGHT("1000, 1800"), many[] = TAUGHT("20000, 26400"),
                      many_too[] = TAUGHT("30000, 36400"), holdout[] = TAUGHT("10000, 18000");
    double low = figure_in(few, holdout, few_too, "utility.tstr.linear", "excess_low"),
           high = figure_in(few, holdout, few_too, "utility.tstr.linear", "excess_high"),
           many_low = figure_in(many, holdout, many_too, "utility.tstr.linear", "excess_low"),
           many_high = figure_in(many, holdout, many_too, "utility.tstr.linear", "excess_high");
    OK(low < 0 && high > 0 && high - low > 4 && high - low < 12, "what eight hundred rows teach varies, and the interval says so");
    OK(many_high - many_low < 1.5, "broken twin: of six thousand rows it hardly does");
}

static void test_copies(void) {
    static const char train[] = "sql:" RARE("i < 14 OR i % 100 = 50") "range(4000) t(i)",
                      holdout[] = "sql:" RARE("i % 90 = 7") "range(4000, 6000) t(i)",
                      fresh[] = "sql:" RARE("i % 90 = 7") "range(6000, 10000) t(i)",
                      copied[] = "sql:" RARE("i % 90 = 7") "range(6000, 9986) t(i) UNION ALL " RARE("i < 14") "range(14) t(i)";
    OK(figure_in(train, holdout, copied, "privacy.copied_outliers", "excess_low") > 0, "fourteen rare rows copied are seen");
    OK(figure_in(train, holdout, fresh, "privacy.copied_outliers", "excess_high") <= 0, "fresh rare rows are not");
    /* Every real row once: 4,000 of 6,000 possible ones are train's, and whoever draws from all of them meets two thirds of those. */
    static const char
        unique[] = "sql:SELECT i // 60 AS a, i % 60 AS b, 'k' || (i % 2) AS y FROM (SELECT (i * 1777) % 6000 AS i FROM range(4000) t(i))",
        others[] =
            "sql:SELECT i // 60 AS a, i % 60 AS b, 'k' || (i % 2) AS y FROM (SELECT (i * 1777) % 6000 AS i FROM range(4000, 6000) t(i))",
        honest[] = "sql:SELECT i // 60 AS a, i % 60 AS b, 'k' || (i % 2) AS y FROM (SELECT CAST(hash(i) % 6000 AS INTEGER) AS i FROM "
                   "range(3000) t(i))",
        replayed[] = "sql:SELECT i // 60 AS a, i % 60 AS b, 'k' || (i % 2) AS y FROM (SELECT (CAST(hash(i) % 4000 AS INTEGER) * 1777) % "
                     "6000 AS i FROM range(3000) t(i))";
    double good = figure_in(unique, others, honest, "privacy.exact_copies", "excess"),
           bad = figure_in(unique, others, replayed, "privacy.exact_copies", "excess_low");
    OK(fabs(good) < 5, "where real rows are unique, meeting train and holdout alike is no copying");
    OK(bad > 90, "broken twin: meeting train alone is");
    /* A third of all real rows are one and the same; whoever draws it as often meets train no more than the holdout does. */
#define ONE_ROW "sql:SELECT if(i % 3 = 0, 7, i) AS a, if(i % 3 = 0, 7, i % 50) AS b, 'k' || (if(i % 3 = 0, 7, i) % 2) AS y FROM "
    double often = figure_in(ONE_ROW "range(4000) t(i)", ONE_ROW "range(4000, 5000) t(i)", ONE_ROW "range(5000, 9000) t(i)",
                             "privacy.exact_copies", "reference");
    OK(often > 30 && often < 36, "a row that real rows repeat leaves the holdout's own rate the reference");
    OK(figure_in(ONE_ROW "range(4000) t(i)", ONE_ROW "range(4000, 5000) t(i)", ONE_ROW "range(5000, 9000) t(i)", "privacy.exact_copies",
                 "excess_high") < 5,
       "and the interval is that of rows drawn one by one, though many are alike");
    /* One train row in ten is another one, and one holdout row in ten is a train row: (400 + 200) of (4,000 + 2,000). */
#define REPEATED(row) "sql:SELECT i + 0.5 AS a, (i * 7) % 50 AS b, 'k' || (i % 2) AS y FROM (SELECT " row " AS i FROM "
    static const char twice[] = REPEATED("i % 7600") "range(8000) t(i))",
                      some[] = REPEATED("if(i < 200, i + 1000, i + 9000)") "range(2000) t(i))",
                      none[] = REPEATED("i + 9000") "range(2000) t(i))", later[] = REPEATED("i + 20000") "range(2000) t(i))";
    NEAR(figure_in(twice, some, later, "privacy.exact_copies", "reference"), 10, 1e-9, "rates of holdout and train that agree are pooled");
    NEAR(figure_in(twice, none, later, "privacy.exact_copies", "reference"), 0, 1e-9,
         "broken twin: of two that do not the holdout's counts");
    static const char coded[] = "sql:" CODED(CITY) "range(4000) t(i)", coded_too[] = "sql:" CODED(CITY) "range(4000, 6000) t(i)",
                      kept[] = "sql:" CODED(CITY) "range(6000, 9000) t(i)",
                      broken[] =
                          "sql:" CODED("if(hash(i, 9) % 10 = 0, 'c' || (((hash(i) % 60) % 7 + 1) % 7), " CITY ")") "range(6000, 9000) t(i)";
    OK(figure_in(coded, coded_too, broken, "validity.impossible_rows", "value") > 8, "a city that its code does not decide is impossible");
    OK(figure_in(coded, coded_too, kept, "validity.impossible_rows", "value") == 0, "the right ones are not");
}

/* Five generations: drawn from one population they raise no alarm; each narrower than the last, they do. */
static void test_collapse(void) {
    for (int shrinking = 0; shrinking < 2; shrinking++) {
        mint_table *holdout = NULL, *generations[5] = {NULL};
        mint_collapse q = MINT_COLLAPSE_INIT;
        const char *json = NULL;
        bool alarm = false;
        OK(mint_table_read(&holdout, ctx, holdout_sql, NULL, NULL) == MINT_OK, "holdout");
        for (int g = 0; g < 5; g++) {
            char sql[900];
            snprintf(sql, sizeof sql, "sql:SELECT a, b, c * %g AS c, y FROM (SELECT %s %s FROM range(%d, %d) t(i)) WHERE a < %d",
                     shrinking ? 1 - 0.04 * g : 1.0, COLUMNS("i"), LABEL("i"), 6000 + 2000 * g, 8000 + 2000 * g, shrinking ? 40 - g : 40);
            OK(mint_table_read(&generations[g], ctx, sql, NULL, NULL) == MINT_OK, "a generation");
        }
        q.holdout = holdout, q.generations = (const mint_table *const *)generations, q.generation_count = 5;
        OK(mint_collapse_json(&json, &alarm, ctx, &q, NULL) == MINT_OK && strstr(json, "mintmark.collapse/1"), "the trend is measured");
        OK(alarm == (shrinking == 1),
           shrinking ? "broken twin: a chain that narrows raises the alarm" : "a chain that stays as it is does not");
        q.generation_count = 1;
        OK(mint_collapse_json(&json, &alarm, ctx, &q, NULL) == MINT_E_ARG, "one generation has no trend");
        for (int g = 0; g < 5; g++) mint_table_free(generations[g]);
        mint_table_free(holdout);
    }
}

static void test_entities(void) {
    double alone = shape_width(NULL), together = shape_width("e");
    if (!OK(together > 2 * alone, "forty equal rows an entity: drawn by entity the interval is wider"))
        printf("# %g %g\n", alone, together);
    static const struct {
        const char *id;
        double less;
    } proven[] = {{"fidelity.shape.worst", 1},
                  {"fidelity.pair.worst", 1},
                  {"coverage.levels", 1},
                  {"privacy.near_copies", 0.3},
                  {"privacy.reidentification", 0.01}};
    for (size_t i = 0; i < sizeof proven / sizeof *proven; i++) {
        alone = proven_excess(NULL, proven[i].id), together = proven_excess("e", proven[i].id);
        if (!OK(together < alone - proven[i].less, "two hundred entities prove less than eight thousand rows"))
            printf("# %s %g %g\n", proven[i].id, alone, together);
    }
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
    test_k_marginal();
    test_floors();
    test_sides_that_differ();
    test_judgement();
    test_traps();
    test_number_classes();
    test_bins();
    test_declared();
    test_figures();
    test_relations();
    test_what_follows();
    test_copies();
    test_utility_interval();
    test_near_copies();
    test_copies_but_one();
    test_renamed();
    test_copies_but_one_of_keyed_rows();
    test_ends();
    test_invented_values();
    test_collapse();
    test_entities();
    test_awkward();
    mint_context_free(ctx);
    return test_done();
}
