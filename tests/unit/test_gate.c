/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics against known answers, and the gate against reports made by hand. */
#include "base/json.h"
#include "policy/gate.h"
#include "stats/elementary.h"
#include "stats/interval.h"
#include "stats/ranking.h"
#include "test.h"

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

static void test_ratios(void) {
    NEAR(mm_normal_upper(0.025), 1.959964, 1e-6, "normal quantile");
    struct mm_interval none = mm_rate_ratio(0, 100, 10, 100, 0.025); /* Clopper and Pearson: 0 of 10 reaches up to 0.3085 */
    NEAR(none.high, 0.3085 / 0.6915, 1e-3, "nothing against ten: upper bound of the ratio");
    NEAR(none.low, 0, 1e-12, "and 0 below");
    struct mm_interval twice = mm_rate_ratio(2000, 10000, 1000, 10000, 0.025);
    OK(twice.low > 1.85 && twice.low < 2 && twice.high > 2 && twice.high < 2.17, "twice as many: the bounds hold 2");
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
    const float values[] = {3, NAN, 1, 3, NAN};
    float ranks[5];
    OK(mm_mid_ranks(ranks, values, 5, &memory, NULL) == MINT_OK && ranks[2] == 0 && ranks[0] == 1.5f && ranks[3] == 1.5f &&
           ranks[1] == 3.5f && ranks[4] == 3.5f,
       "middle ranks; missing ones tie above all");
    const float x[] = {1, 2, 3, 4}, y[] = {1, 3, 2, 4};
    NEAR(mm_correlation(x, y, NULL, 4), 0.8, 1e-12, "Spearman by hand: 1 - 6 * 2 / 60");
    const double a[] = {1, 2, 3, 0}, b[] = {0, 1, 2, 3};
    NEAR(mm_ks_counts(a, b, 4), 0.5, 1e-12, "KS by hand: 6/6 against 3/6");
    NEAR(mm_tvd_counts(a, b, 4), 0.5, 1e-12, "TVD by hand");
    const float mixed[] = {-1, NAN, 2, -3};
    mm_sort_order(order, mixed, 4, &memory, NULL);
    OK(order[0] == 3 && order[1] == 0 && order[3] == 1, "negative before positive, NaN last");
}
/* ---- the gate ---- */

static enum mm_verdict gate_at(const char *metric, int rows, const char *excess, char *sentence) {
    char text[600];
    snprintf(text, sizeof text,
             "{\"metrics\": [{\"id\": \"%s\", \"columns\": null, \"value\": 1, \"low\": 0, \"high\": 2, \"reference\": 0, "
             "\"unit\": \"%%\", \"n\": {\"holdout\": %d}, %s}]}",
             metric, rows, excess);
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

static enum mm_verdict gate_of(const char *excess, char *sentence) { return gate_at("utility.loss", 1000, excess, sentence); }

/* With 100 holdout rows closeness begins at 39.5 points, with 400 at 19.75. */
static void test_gate_on_few_rows(void) {
    char sentence[900];
    const char *none = "\"excess\": 1, \"excess_low\": -3, \"excess_high\": 5";
    const char *all = "\"excess\": 50, \"excess_low\": 45, \"excess_high\": 50";
    OK(gate_at("privacy.dcr_share", 400, none, sentence) == MM_PASS, "a tolerance of 19.75 points means something");
    OK(gate_at("privacy.dcr_share", 100, none, sentence) == MM_INCONCLUSIVE && strstr(sentence, "from 250 holdout rows on (there are 100)"),
       "one of 39.5 points does not: the rule cannot pass and says from where on it can");
    OK(gate_at("privacy.dcr_share", 100, all, sentence) == MM_FAIL, "but it can fail");
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

int main(void) {
    test_elementary();
    test_intervals();
    test_ratios();
    test_ranking();
    test_gate();
    test_gate_on_few_rows();
    return test_done();
}
