/* SPDX-License-Identifier: Apache-2.0 */
/* Our figures against those of the reference packages on the same tables (tests/golden/make_golden.py made them; versions in
 * golden.json): equal to 1e-6 where definitions agree and nothing is drawn, within the spread of folds for classifiers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "mintmark/mintmark.h"
#include "test.h"

static mint_context *ctx;

static json_t *read_json(const char *folder, const char *name) {
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return json_load_file(path, 0, NULL);
}

static json_t *evaluate(const char *folder, const char *const names[3], const char *axis) {
    mint_table *tables[3] = {NULL};
    mint_report *report = NULL;
    mint_error err = MINT_ERROR_INIT;
    const char *text = NULL;
    mint_read_options options = MINT_READ_OPTIONS_INIT;
    mint_status status = MINT_OK;
    for (int k = 0; k < 3 && status == MINT_OK; k++) {
        char path[1000];
        snprintf(path, sizeof path, "%s/%s.csv", folder, names[k]);
        status = mint_table_read(&tables[k], ctx, path, &options, &err);
        options.like = tables[0];
    }
    mint_evaluation q = MINT_EVALUATION_INIT;
    q.train = tables[0], q.synthetic = tables[1], q.holdout = tables[2], q.axis = axis;
    if (status == MINT_OK) status = mint_evaluate(&report, ctx, &q, &err);
    if (status == MINT_OK) status = mint_report_json(&text, report, &err);
    if (status != MINT_OK) printf("# %s\n", err.message);
    json_t *parsed = text ? json_loads(text, 0, NULL) : NULL;
    mint_report_free(report);
    for (int k = 0; k < 3; k++) mint_table_free(tables[k]);
    return parsed;
}

static const char *column(const json_t *figure, size_t k) {
    return json_string_value(json_array_get(json_object_get(figure, "columns"), k));
}

static bool same_text(const char *a, const char *b) { return (!a && !b) || (a && b && !strcmp(a, b)); }

/* The value of the figure with that id and those columns; NaN when there is none. */
static double find(const json_t *report, const json_t *wanted) {
    const json_t *metrics = json_object_get(report, "metrics");
    for (size_t i = 0; i < json_array_size(metrics); i++) {
        const json_t *figure = json_array_get(metrics, i);
        if (strcmp(json_string_value(json_object_get(figure, "id")), json_string_value(json_object_get(wanted, "id")))) continue;
        bool any = json_object_get(wanted, "any_columns") != NULL; /* the figure names what it found, the package does not */
        if (!any && (!same_text(column(figure, 0), column(wanted, 0)) || !same_text(column(figure, 1), column(wanted, 1)))) continue;
        return json_is_number(json_object_get(figure, "value")) ? json_number_value(json_object_get(figure, "value")) : NAN;
    }
    return NAN;
}

/* The golden figures of a package that are of that table and axis; `shift` spoils ours, for the broken twin. Returns how many differ. */
static size_t compare(const json_t *report, const json_t *golden, const char *table, const char *axis, double shift, size_t *compared) {
    size_t wrong = 0;
    *compared = 0;
    for (size_t i = 0; i < json_array_size(golden); i++) {
        const json_t *wanted = json_array_get(golden, i);
        const char *id = json_string_value(json_object_get(wanted, "id"));
        if (!same_text(json_string_value(json_object_get(wanted, "table")), table) || strncmp(id, axis, strlen(axis))) continue;
        double ours = find(report, wanted) + shift, theirs = json_number_value(json_object_get(wanted, "value"));
        bool same = fabs(ours - theirs) <= json_number_value(json_object_get(wanted, "tolerance"));
        (*compared)++;
        wrong += !same;
        if (!same && shift == 0) printf("# %s %s %s: ours %.9g, theirs %.9g\n", id, column(wanted, 0), column(wanted, 1), ours, theirs);
    }
    return wrong;
}

/* What each package is compared in, and how many figures there are. */
static const struct comparison {
    const char *package, *table, *axis;
    size_t figures;
    const char *what;
} comparisons[] = {
    {"sdmetrics", "loans", "compatible", 158, "SDMetrics' figures of columns, pairs and rows"},
    {"mostlyai", "loans", "compatible", 15, "mostlyai-qa's accuracy of columns, pairs and triples"},
    {"scikit", "loans", "fidelity", 30, "scipy's statistics and the classifiers of scikit-learn and xgboost"},
    {"scikit", "line", "fidelity", 5, "precision, recall, density, coverage of prdc; scipy's Wasserstein distance"},
    {"synthcity", "line", "fidelity", 6, "synthcity's alpha-precision, beta-recall and its four of the balls"},
    {"anonymeter", "copied", "privacy", 3, "anonymeter's three risks, within what its draws spread"},
};

int main(int argc, char **argv) {
    static const struct {
        const char *name, *files[3];
    } tables[] = {{"loans", {"train", "synthetic", "holdout"}},
                  {"copied", {"train", "copied", "holdout"}},
                  {"line", {"line_train", "line_synthetic", "line_holdout"}}};
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = 2;
    if (argc != 2 || mint_context_new(&ctx, &options, NULL) != MINT_OK) return 99;
    json_t *golden = read_json(argv[1], "golden.json");
    for (size_t k = 0; k < sizeof comparisons / sizeof *comparisons; k++) {
        const struct comparison *c = &comparisons[k];
        size_t t = 0, compared, again;
        while (strcmp(tables[t].name, c->table)) t++;
        json_t *report = evaluate(argv[1], tables[t].files, c->axis);
        const json_t *figures = json_object_get(json_object_get(golden, c->package), "figures");
        size_t wrong = compare(report, figures, c->table, c->axis, 0, &compared);
        OK(compared >= c->figures && !wrong, c->what);
        size_t spoiled = compare(report, figures, c->table, c->axis, 0.5, &again);
        OK(spoiled == compared, "broken twin: a figure off by a half is noticed everywhere");
        json_decref(report);
    }
    json_decref(golden);
    mint_context_free(ctx);
    return test_done();
}
