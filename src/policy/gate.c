/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/gate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *mm_verdict_name(enum mm_verdict verdict) {
    static const char *const names[] = {"pass", "fail", "inconclusive"};
    return names[verdict];
}

/* ---- reading ---- */

static const struct {
    const char *name;
    json_type type;
    bool needed;
} rule_keys[] = {
    {"id", JSON_STRING, true},          {"metric", JSON_STRING, true},
    {"tolerance", JSON_REAL, true},     {"reference_factor", JSON_REAL, false},
    {"per_root_row", JSON_REAL, false}, {"pass_from_rows", JSON_REAL, false},
    {"harm", JSON_STRING, true},        {"remedy", JSON_STRING, true},
    {"privacy", JSON_TRUE, false},
};
enum { RULE_KEYS = sizeof rule_keys / sizeof *rule_keys };

static bool has_type(const json_t *value, json_type type) {
    if (type == JSON_REAL) return json_is_number(value) && json_number_value(value) >= 0;
    return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

static mint_status check_rule(const json_t *rule, size_t index, const char *source, mint_error *err) {
    const char *key;
    json_t *value;
    if (!json_is_object(rule)) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' rule %zu is no map", source, index + 1);
    json_object_foreach((json_t *)rule, key, value) {
        size_t k = 0;
        while (k < RULE_KEYS && strcmp(rule_keys[k].name, key) != 0) k++;
        if (k == RULE_KEYS) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' rule %zu has an unknown key '%s'", source, index + 1, key);
        if (!has_type(value, rule_keys[k].type))
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' rule %zu: '%s' has a value of the wrong type", source, index + 1, key);
    }
    for (size_t k = 0; k < RULE_KEYS; k++)
        if (rule_keys[k].needed && !json_object_get(rule, rule_keys[k].name))
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' rule %zu lacks '%s'", source, index + 1, rule_keys[k].name);
    return MINT_OK;
}

static mint_status check_policy(const json_t *policy, const char *source, mint_error *err) {
    const char *version = json_string_value(json_object_get(policy, "schema"));
    if (!version || strcmp(version, "mintmark.policy/1") != 0)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is no policy of this version: it must begin with 'schema: mintmark.policy/1'", source);
    if (!json_is_string(json_object_get(policy, "name"))) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' has no name", source);
    const json_t *rules = json_object_get(policy, "rules");
    if (!json_is_array(rules) || !json_array_size(rules) || json_array_size(rules) > 1000)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' must have a list of 1 to 1000 rules", source);
    for (size_t i = 0; i < json_array_size(rules); i++) MM_RETURN_IF_ERROR(check_rule(json_array_get(rules, i), i, source, err));
    return MINT_OK;
}

mint_status mm_policy_parse(json_t **out, const char *bytes, size_t count, const char *source, mint_error *err) {
    MM_RETURN_IF_ERROR(mm_yaml_parse(out, bytes, count, source, err));
    mint_status status = check_policy(*out, source, err);
    if (status != MINT_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

mint_status mm_policy_read(json_t **out, struct mm_memory *memory, const char *path, mint_error *err) {
    if (!path) return mm_policy_parse(out, mm_default_policy, strlen(mm_default_policy), "default policy", err);
    MM_RETURN_IF_ERROR(mm_yaml_read(out, memory, path, err));
    mint_status status = check_policy(*out, path, err);
    if (status != MINT_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

/* ---- judging ---- */

static double number(const json_t *object, const char *key, double fallback) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

static const char *text(const json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* The whole-table figure of that id: the one with the worst excess where several columns carry it. */
static const json_t *find_figure(const json_t *report, const char *id) {
    const json_t *best = NULL, *metrics = json_object_get(report, "metrics");
    for (size_t i = 0; i < json_array_size(metrics); i++) {
        const json_t *figure = json_array_get(metrics, i);
        if (strcmp(text(figure, "id"), id) != 0) continue;
        if (!best || number(figure, "excess", -INFINITY) > number(best, "excess", -INFINITY)) best = figure;
    }
    return best;
}

struct judged {
    enum mm_verdict status;
    double tolerance;
    double rows_to_pass; /* holdout rows below which the tolerance is too wide to mean anything when it is kept; 0 when there are enough */
    char sentence[1400];
};

static double holdout_rows(const json_t *figure) { return number(json_object_get(figure, "n"), "holdout", 0); }

static double tolerance_of(const json_t *rule, const json_t *figure) {
    double tolerance = number(rule, "tolerance", 0);
    tolerance = fmax(tolerance, number(rule, "reference_factor", 0) * number(figure, "reference", 0));
    double rows = holdout_rows(figure);
    return rows > 0 ? fmax(tolerance, number(rule, "per_root_row", 0) / sqrt(rows)) : tolerance;
}

enum { HARM_MAX = 700 };

/* The harm, with the columns that the figure names, and what stands behind it where it does not pass. */
static void name_harm(char out[HARM_MAX], const json_t *rule, const json_t *figure, bool with_detail) {
    const json_t *columns = json_object_get(figure, "columns");
    const char *first = json_string_value(json_array_get(columns, 0)), *second = json_string_value(json_array_get(columns, 1));
    if (second)
        snprintf(out, HARM_MAX, "%.200s ('%.60s' and '%.60s')", text(rule, "harm"), first, second);
    else if (first)
        snprintf(out, HARM_MAX, "%.200s ('%.60s')", text(rule, "harm"), first);
    else
        snprintf(out, HARM_MAX, "%.300s", text(rule, "harm"));
    size_t length = strlen(out);
    if (with_detail && *text(figure, "detail")) snprintf(out + length, HARM_MAX - length, " (%.330s)", text(figure, "detail"));
}

static void say_open(struct judged *j, const json_t *rule, const json_t *figure, double excess, double low, double high) {
    double margin = fabs(j->tolerance - excess), half = (high - low) / 2, rows = holdout_rows(figure);
    char harm[HARM_MAX], needed[160] = "the excess lies too near the tolerance for any number of rows to tell";
    if (j->rows_to_pass > 0)
        snprintf(needed, sizeof needed, "a tolerance that wide shows nothing; the rule can pass from %.0f holdout rows on (there are %.0f)",
                 j->rows_to_pass, rows);
    else if (rows <= 0)
        snprintf(needed, sizeof needed, "what is remembered of large samples leaves it open");
    else if (margin > 0.05 * half)
        snprintf(needed, sizeof needed, "about %.0f holdout rows would tell (there are %.0f)",
                 ceil(rows * (half / margin) * (half / margin) * 1.1), rows);
    name_harm(harm, rule, figure, true);
    snprintf(j->sentence, sizeof j->sentence, "Cannot tell whether %s: the excess is %.2f %s [%.2f, %.2f] and the harm begins at %.2f; %s.",
             harm, excess, text(figure, "unit"), low, high, j->tolerance, needed);
}

static void say_closed(struct judged *j, const json_t *rule, const json_t *figure, double excess, double low, double high) {
    bool failed = j->status == MM_FAIL, privacy = json_is_true(json_object_get(rule, "privacy"));
    double resolution = number(figure, "resolution", NAN);
    char visible[200] = "", harm[HARM_MAX];
    name_harm(harm, rule, figure, failed);
    if (privacy && !strcmp(text(figure, "id"), "privacy.dcr_share")) /* c copies in a hundred rows move the share by c/2 */
        snprintf(visible, sizeof visible, " Visible would have been %.0f copied rows in a hundred; the rule bites at %.0f.",
                 fmin(100, resolution), 2 * j->tolerance);
    else if (privacy && isfinite(resolution))
        snprintf(visible, sizeof visible, " Visible would have been %.2g %s.", resolution, text(figure, "unit"));
    if (failed)
        snprintf(j->sentence, sizeof j->sentence, "Fails: %s. Excess %.2f %s [%.2f, %.2f], harm begins at %.2f. Next: %s.%s", harm, excess,
                 text(figure, "unit"), low, high, j->tolerance, text(rule, "remedy"), visible);
    else
        snprintf(j->sentence, sizeof j->sentence, "%s that %s: excess %.2f %s [%.2f, %.2f], harm begins at %.2f.%s",
                 privacy ? "No leak found of the kind" : "No sign", harm, excess, text(figure, "unit"), low, high, j->tolerance, visible);
}

/* False when the rule does not apply to these data. */
static bool judge(const json_t *rule, const json_t *figure, struct judged *j) {
    *j = (struct judged){.status = MM_INCONCLUSIVE, .tolerance = number(rule, "tolerance", 0)};
    if (!figure || json_is_false(json_object_get(figure, "applicable"))) return false;
    double excess = number(figure, "excess", NAN), low = number(figure, "excess_low", NAN), high = number(figure, "excess_high", NAN);
    if (isnan(excess) || isnan(low) || isnan(high)) {
        snprintf(j->sentence, sizeof j->sentence, "Cannot tell whether %s: the figure has no value (%s).", text(rule, "harm"),
                 *text(figure, "reason") ? text(figure, "reason") : "no interval");
        return true;
    }
    j->tolerance = tolerance_of(rule, figure);
    double pass_from = number(rule, "pass_from_rows", 0);
    if (low > j->tolerance)
        j->status = MM_FAIL;
    else if (high <= j->tolerance && holdout_rows(figure) < pass_from)
        j->rows_to_pass = pass_from;
    else if (high <= j->tolerance)
        j->status = MM_PASS;
    if (j->status == MM_INCONCLUSIVE)
        say_open(j, rule, figure, excess, low, high);
    else
        say_closed(j, rule, figure, excess, low, high);
    return true;
}

static enum mm_verdict worse(enum mm_verdict a, enum mm_verdict b) {
    if (a == MM_FAIL || b == MM_FAIL) return MM_FAIL;
    return a == MM_INCONCLUSIVE || b == MM_INCONCLUSIVE ? MM_INCONCLUSIVE : MM_PASS;
}

static json_t *judged_json(const json_t *rule, const json_t *figure, const struct judged *j) {
    return json_pack("{s:O, s:s, s:O, s:O?, s:O?, s:O?, s:o, s:O?, s:O?, s:O?, s:s}", "id", json_object_get(rule, "id"), "status",
                     mm_verdict_name(j->status), "metric", json_object_get(rule, "metric"), "value", json_object_get(figure, "value"),
                     "low", json_object_get(figure, "low"), "high", json_object_get(figure, "high"), "tolerance",
                     mm_json_number(j->tolerance), "excess", json_object_get(figure, "excess"), "excess_low",
                     json_object_get(figure, "excess_low"), "excess_high", json_object_get(figure, "excess_high"), "sentence", j->sentence);
}

mint_status mm_gate(json_t *report, const json_t *policy, enum mm_verdict *verdict, mint_error *err) {
    const json_t *rules = json_object_get(policy, "rules");
    json_t *list = json_array(), *left_out = json_array();
    *verdict = MM_PASS;
    bool good = list && left_out;
    for (size_t i = 0; good && i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i), *figure = find_figure(report, text(rule, "metric"));
        struct judged j;
        if (!judge(rule, figure, &j)) {
            good = json_array_append(left_out, json_object_get(rule, "id")) == 0;
            continue;
        }
        *verdict = worse(*verdict, j.status);
        good = json_array_append_new(list, judged_json(rule, figure, &j)) == 0;
    }
    if (good && !json_array_size(list)) *verdict = MM_INCONCLUSIVE;
    json_t *object = good ? json_pack("{s:s, s:s, s:O, s:O}", "status", mm_verdict_name(*verdict), "policy", text(policy, "name"), "rules",
                                      list, "not_applicable", left_out)
                          : NULL;
    json_decref(list);
    json_decref(left_out);
    return object && mm_json_put(report, "verdict", object) ? MINT_OK : mm_error_json(err);
}
