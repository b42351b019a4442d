/* SPDX-License-Identifier: Apache-2.0 */
/* The lock on the holdout, the split, and the run as a whole: reproducible, whole or not at all. */
#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "mintmark/mintmark.h"
#include "table/table.h"
#include "folder.h"
#include "test.h"

static mint_context *ctx;

static const char data_sql[] = "sql:SELECT i % 400 AS person, CAST(hash(i) % 50 AS INTEGER) AS age, CAST(hash(i, 2) % 100000 AS DOUBLE) / "
                               "100 AS amount, 'c' || (hash(i, 4) % 4) AS kind, DATE '2020-01-01' + CAST(i AS INTEGER) AS day,"
                               " CASE WHEN (hash(i) % 50 < 25) = (hash(i, 5) % 8 > 0) THEN 'yes' ELSE 'no' END AS y FROM range(1200) t(i)";

static mint_status read_table(const char *path, mint_table **table) { return mint_table_read(table, ctx, path, NULL, NULL); }

static mint_status check(const char *path) {
    mint_table *table = NULL;
    if (read_table(path, &table) != MINT_OK) return MINT_E_IO;
    mint_error err = MINT_ERROR_INIT;
    mint_status status = mint_ledger_check(ctx, ".mintmark", table, &err);
    if (status == MINT_E_VERIFY && !strstr(err.message, "rows of a locked holdout")) status = MINT_E_ARG;
    mint_table_free(table);
    return status;
}

static mint_status run(const char *plan, bool force, bool new_holdout, mint_run_result *result, mint_error *err) {
    mint_run_options options = MINT_RUN_OPTIONS_INIT;
    options.plan_json = plan;
    options.ledger = ".mintmark";
    options.force = force;
    options.new_holdout = new_holdout;
    return mint_run(ctx, &options, result, err);
}

static bool same_file(const char *a, const char *b) {
    char x[65], y[65];
    return mm_file_sha256(a, x, NULL) == MINT_OK && mm_file_sha256(b, y, NULL) == MINT_OK && !strcmp(x, y);
}

static json_t *without_time(const char *path) {
    struct mm_memory memory = {0};
    json_t *tree = NULL;
    if (mm_json_read(&tree, &memory, path, NULL) == MINT_OK) json_object_del(tree, "time");
    return tree;
}

static void test_run(void) {
    mint_table *table = NULL;
    mint_run_result result;
    mint_error err = MINT_ERROR_INIT;
    OK(read_table(data_sql, &table) == MINT_OK && mint_table_write(table, "data.csv", NULL) == MINT_OK, "data");
    mint_table_free(table);
    mint_status status =
        run("{\"data\": \"data.csv\", \"target\": \"y\", \"output\": \"one\", \"seed\": 4, \"parameters\": {\"rounds\": 10}}", false, false,
            &result, &err);
    if (!OK(status == MINT_OK, "a run goes through")) printf("# %s\n", err.message);
    static const char *const files[] = {"synthetic.csv", "train.csv",   "holdout.csv",   "model.mint", "report.json",
                                        "report.html",   "record.json", "mintmark.yaml", "schema.yaml"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        snprintf(path, sizeof path, "one/%s", files[i]);
        OK(mm_file_exists(path), files[i]);
    }
    err = (mint_error)MINT_ERROR_INIT;
    OK(run("{\"data\": \"data.csv\", \"output\": \"one\"}", false, false, &result, &err) == MINT_E_IO && strstr(err.message, "--force"),
       "an existing folder is refused with the remedy");
    const char *plan;
    OK(mint_plan_read(&plan, ctx, "one/mintmark.yaml", NULL) == MINT_OK, "its plan is read");
    json_t *again = NULL;
    mm_json_parse(&again, plan, strlen(plan), "plan", NULL);
    json_object_set_new(again, "output", json_string("two"));
    char *text = json_dumps(again, JSON_REAL_PRECISION(15));
    OK(run(text, false, false, &result, NULL) == MINT_OK, "and carried out again");
    free(text);
    json_decref(again);
    OK(same_file("one/synthetic.csv", "two/synthetic.csv") && same_file("one/model.mint", "two/model.mint"),
       "table and model come out byte for byte");
    OK(same_file("one/report.json", "two/report.json") && same_file("one/holdout.csv", "two/holdout.csv"), "so do report and holdout");
    json_t *a = without_time("one/record.json"), *b = without_time("two/record.json");
    /* Whether the holdout was made or found is a fact about the run, not about its output; so is the folder's name. */
    json_object_del(a, "holdout"), json_object_del(b, "holdout"), json_object_del(a, "plan"), json_object_del(b, "plan");
    OK(a && json_equal(a, b), "and the record but for its time");
    json_decref(a);
    json_decref(b);
    OK(run("{\"data\": \"data.csv\", \"target\": \"y\", \"output\": \"three\", \"seed\": 99, \"parameters\": {\"rounds\": 2}}", false,
           false, &result, NULL) == MINT_OK &&
           same_file("one/holdout.csv", "three/holdout.csv"),
       "another seed reuses the locked holdout");
}

static void test_lock(void) {
    OK(check("one/train.csv") == MINT_OK, "the train part may be fitted");
    OK(check("one/holdout.csv") == MINT_E_VERIFY, "the holdout may not");
    OK(check("data.csv") == MINT_E_VERIFY, "nor the whole");
    OK(check("sql:SELECT * FROM read_csv('one/holdout.csv') ORDER BY hash(amount)") == MINT_E_VERIFY, "rows shuffled");
    OK(check("sql:SELECT y, day, kind, amount, age, person FROM read_csv('one/holdout.csv')") == MINT_E_VERIFY, "columns moved");
    OK(check("sql:SELECT person, CAST(age AS DOUBLE) AS age, printf('%.4f', amount) AS amount, kind, strftime(day, '%d/%m/%Y') AS day, y "
             "FROM read_csv('one/holdout.csv')") == MINT_E_VERIFY,
       "numbers and dates written otherwise");
    mint_table *table = NULL;
    OK(read_table("one/holdout.csv", &table) == MINT_OK && mint_table_write(table, "h.parquet", NULL) == MINT_OK &&
           check("h.parquet") == MINT_E_VERIFY,
       "through Parquet");
    mint_table_free(table);
    OK(check("sql:SELECT * FROM read_csv('one/holdout.csv') LIMIT 1") == MINT_E_VERIFY, "a single row");
    /* Broken twin: rows that were never held out are no reason to refuse. */
    OK(check("sql:SELECT person, age + 1000 AS age, amount, kind, day, y FROM read_csv('one/holdout.csv')") == MINT_OK,
       "other rows of the same columns may be fitted");
    OK(check("synthetic.csv") == MINT_E_IO && check("one/synthetic.csv") == MINT_OK, "so may synthetic rows");
    mint_run_result result;
    OK(run("{\"data\": \"data.csv\", \"target\": \"y\", \"output\": \"four\", \"seed\": 5, \"parameters\": {\"rounds\": 2}}", false, true,
           &result, NULL) == MINT_OK &&
           !same_file("one/holdout.csv", "four/holdout.csv"),
       "--new-holdout splits anew");
    const char *events;
    OK(mint_ledger_json(&events, ctx, ".mintmark", NULL) == MINT_OK && strstr(events, "new-holdout"), "and is recorded");
}

/* A holdout that comes as a file of its own is locked like one that was split off. */
static void test_two_files(void) {
    mint_run_result result;
    mint_error err = MINT_ERROR_INIT;
    mint_table *table = NULL;
    OK(read_table("sql:SELECT age + 100 AS age, y, i % 5 AS five FROM (SELECT i, CAST(hash(i, 9) % 9000 AS INTEGER) AS age, if(hash(i) % 2 "
                  "= 0, 'yes', 'no') AS y FROM range(400) t(i))",
                  &table) == MINT_OK &&
           mint_table_write(table, "t2.csv", NULL) == MINT_OK,
       "train file");
    mint_table_free(table);
    OK(read_table("sql:SELECT age + 20000 AS age, y, i % 5 AS five FROM (SELECT i, CAST(hash(i, 9) % 9000 AS INTEGER) AS age, if(hash(i) % "
                  "2 = 0, 'yes', 'no') AS y FROM range(400, 500) t(i))",
                  &table) == MINT_OK &&
           mint_table_write(table, "h2.csv", NULL) == MINT_OK,
       "holdout file");
    mint_table_free(table);
    mint_status status =
        run("{\"data\": \"t2.csv\", \"holdout\": \"h2.csv\", \"target\": \"y\", \"output\": \"five\", \"parameters\": {\"rounds\": 2}}",
            false, false, &result, &err);
    if (!OK(status == MINT_OK, "a run with a holdout file")) printf("# %s\n", err.message);
    OK(check("t2.csv") == MINT_OK && check("h2.csv") == MINT_E_VERIFY, "its rows are locked, the train file's are not");
}

/* Column by name of a file, as text, into a set of distinct values. */
static bool parts_share(const char *a, const char *b, const char *column) {
    mint_table *x = NULL, *y = NULL;
    bool shared = false;
    if (read_table(a, &x) != MINT_OK || read_table(b, &y) != MINT_OK) return true;
    int64_t i = mm_table_find(x, column), j = mm_table_find(y, column);
    for (uint64_t r = 0; r < x->row_count; r++)
        for (uint64_t s = 0; !shared && s < y->row_count; s++)
            shared = mm_column_number(&x->columns[i], r) == mm_column_number(&y->columns[j], s);
    mint_table_free(x);
    mint_table_free(y);
    return shared;
}

static void test_split(void) {
    mint_run_options options = MINT_RUN_OPTIONS_INIT;
    mint_run_result result;
    mint_error err = MINT_ERROR_INIT;
    options.plan_json = "{\"data\": \"data.csv\", \"entity\": \"person\", \"output\": \"by-person\"}";
    OK(mint_split(ctx, &options, &result, NULL) == MINT_OK && !parts_share("by-person/train.csv", "by-person/holdout.csv", "person"),
       "an entity's rows stay together");
    OK(parts_share("one/train.csv", "one/holdout.csv", "person"), "broken twin: a plain split parts them");
    options.plan_json = "{\"data\": \"data.csv\", \"time\": \"day\", \"output\": \"by-day\"}";
    mint_table *train = NULL, *holdout = NULL;
    OK(mint_split(ctx, &options, &result, NULL) == MINT_OK && read_table("by-day/train.csv", &train) == MINT_OK &&
           read_table("by-day/holdout.csv", &holdout) == MINT_OK,
       "a split by time");
    int64_t latest = INT64_MIN, earliest = INT64_MAX;
    for (uint64_t r = 0; r < train->row_count; r++)
        latest = train->columns[4].integers[r] > latest ? train->columns[4].integers[r] : latest;
    for (uint64_t r = 0; r < holdout->row_count; r++)
        earliest = holdout->columns[4].integers[r] < earliest ? holdout->columns[4].integers[r] : earliest;
    OK(latest < earliest, "the holdout is later than all of train");
    mint_table_free(train);
    mint_table_free(holdout);
    options.plan_json = "{\"data\": \"data.csv\", \"target\": \"nope\", \"output\": \"x\"}";
    OK(mint_split(ctx, &options, &result, &err) == MINT_E_ARG && strstr(err.message, "nope") && !mm_file_exists("x"),
       "a missing target leaves nothing behind");
    static const char *const bad[] = {"{\"data\": 3}",
                                      "{\"data\": \"data.csv\", \"holdout\": 2.0}",
                                      "{\"data\": \"data.csv\", \"colour\": \"red\"}",
                                      "{}",
                                      "[]",
                                      "{\"data\": \"data.csv\", \"format\": \"xml\"}",
                                      "{\"data\": \"sql:SELECT 1 AS a FROM range(20)\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        options.plan_json = bad[i];
        err = (mint_error)MINT_ERROR_INIT;
        OK(mint_split(ctx, &options, &result, &err) != MINT_OK && err.message[0], bad[i]);
    }
}

/* ---- lineage ---- */

static const char ages_sql[] = "sql:SELECT CAST(hash(i) % 9000 AS INTEGER) AS age, CAST(hash(i, 2) % 100000 AS DOUBLE) / 100 AS amount, "
                               "if(hash(i) % 9000 < 4500, 'yes', 'no') AS y FROM range(";

static void write_rows(const char *sql, const char *path) {
    mint_table *table = NULL;
    OK(read_table(sql, &table) == MINT_OK && mint_table_write(table, path, NULL) == MINT_OK, path);
    mint_table_free(table);
}

static void write_ages(const char *range, const char *path) {
    char sql[512];
    snprintf(sql, sizeof sql, "%s%s) t(i)", ages_sql, range);
    write_rows(sql, path);
}

/* A model of `train` draws 600 rows; both are remembered in the ledger `home`. */
static void mint(const char *home, const char *train, uint64_t seed, const char *out) {
    mint_table *table = NULL;
    mint_model *model = NULL;
    bool good = read_table(train, &table) == MINT_OK &&
                mint_model_fit(&model, ctx, "independent", table, NULL, NULL, seed, NULL) == MINT_OK &&
                mint_model_save(model, "l.mint", NULL) == MINT_OK && mint_ledger_record_fit(ctx, home, table, "l.mint", NULL) == MINT_OK &&
                mint_model_sample_file(model, 0, 600, seed, out, NULL) == MINT_OK &&
                mint_ledger_record_sample(ctx, home, model, "l.mint", 0, 600, seed, NULL) == MINT_OK;
    OK(good, out);
    mint_model_free(model);
    mint_table_free(table);
}

/* The figure of lineage, -1 when there is none, -2 when the evaluation is refused. */
static double lineage(const char *home, const char *synthetic, const char *holdout) {
    mint_table *parts[3] = {NULL};
    mint_report *report = NULL;
    mint_evaluation q = MINT_EVALUATION_INIT;
    mint_error err = MINT_ERROR_INIT;
    const char *text = NULL, *paths[3] = {"ages.csv", synthetic, holdout};
    double value = -3;
    for (int i = 0; i < 3; i++)
        if (read_table(paths[i], &parts[i]) != MINT_OK) return value;
    q.train = parts[0], q.synthetic = parts[1], q.holdout = parts[2], q.metric = "diversity.lineage", q.ledger = home;
    mint_status status = mint_evaluate(&report, ctx, &q, &err);
    if (status == MINT_E_VERIFY && strstr(err.message, "that mintmark made")) value = -2;
    if (status == MINT_OK && mint_report_json(&text, report, NULL) == MINT_OK) {
        json_t *root = json_loads(text, 0, NULL), *figure = json_array_get(json_object_get(root, "metrics"), 0),
               *number = json_object_get(figure, "value");
        value = json_is_number(number) ? json_number_value(number) : json_is_false(json_object_get(figure, "applicable")) ? -1 : -3;
        json_decref(root);
    }
    mint_report_free(report);
    for (int i = 0; i < 3; i++) mint_table_free(parts[i]);
    return value;
}

static void test_lineage(void) {
    write_ages("600", "ages.csv"), write_ages("1000, 1300", "later.csv");
    mint("l", "ages.csv", 1, "g1.csv");
    OK(lineage("l", "g1.csv", "later.csv") == 0, "rows of a model of real rows");
    OK(lineage("l", "later.csv", "later.csv") == -1, "rows that nobody minted have no lineage");
    OK(lineage("elsewhere", "g1.csv", "later.csv") == -1, "nor have any without a ledger");
    write_rows("sql:SELECT * FROM read_csv('ages.csv') UNION ALL SELECT * FROM read_csv('g1.csv')", "pot.csv");
    mint("l", "pot.csv", 2, "g2.csv");
    OK(fabs(lineage("l", "g2.csv", "later.csv") - 50) < 0.2, "half of what it learned from was minted");
    mint("l", "sql:SELECT y, printf('%.4f', amount) AS amount, CAST(age AS DOUBLE) AS age FROM read_csv('g1.csv') ORDER BY hash(amount)", 3,
         "g3.csv");
    OK(fabs(lineage("l", "g3.csv", "later.csv") - 100) < 0.4, "all of it, shuffled, moved and written otherwise");
    mint("l", "ages.csv", 4, "g4.csv"), mint("l", "pot.csv", 5, "g5.csv");
    OK(lineage("l", "g4.csv", "later.csv") == 0 && fabs(lineage("l", "g5.csv", "later.csv") - 50) < 0.2,
       "a second fit of either counts the same: what was real stays real, what was minted stays minted");
    OK(lineage("l", "g1.csv", "g4.csv") == -2, "a holdout of minted rows is refused");
    write_rows("sql:SELECT * FROM read_csv('later.csv') UNION ALL (SELECT * FROM read_csv('g4.csv') LIMIT 15)", "mixed.csv");
    OK(lineage("l", "g1.csv", "mixed.csv") == -2, "so is one with some of them");
    /* Broken twin: few values, so that real rows equal minted ones by chance. */
    write_rows("sql:SELECT age % 4 AS age, round(amount) % 5 AS amount, y FROM read_csv('ages.csv')", "few.csv");
    write_rows("sql:SELECT age % 4 AS age, round(amount) % 5 AS amount, y FROM read_csv('later.csv')", "few_later.csv");
    mint("few", "few.csv", 1, "f1.csv");
    OK(lineage("few", "f1.csv", "few_later.csv") == 0, "chance matches refuse no holdout");
    mint("few", "few.csv", 2, "f2.csv"), mint("few", "few_later.csv", 3, "f3.csv");
    OK(lineage("few", "f2.csv", "few_later.csv") == 0 && lineage("few", "f3.csv", "few.csv") < 30, "and make no generation");
}

/* `run` keeps minted rows out of a holdout and tells of those it learned from. */
static void test_run_on_minted_rows(void) {
    mint_run_result result;
    mint_error err = MINT_ERROR_INIT;
    write_ages("2000, 2600", "base.csv");
    OK(run("{\"data\": \"base.csv\", \"target\": \"y\", \"output\": \"base\", \"generator\": \"independent\"}", false, false, &result,
           &err) == MINT_OK,
       "a run");
    write_rows("sql:SELECT * FROM read_csv('base/synthetic.csv') UNION ALL (SELECT * FROM read_csv('base/train.csv') LIMIT 30)",
               "made.csv");
    err = (mint_error)MINT_ERROR_INIT;
    OK(run("{\"data\": \"made.csv\", \"output\": \"x\"}", false, false, &result, &err) == MINT_E_VERIFY &&
           strstr(err.message, "a holdout must be real") && !mm_file_exists("x"),
       "its output is no data to split");
    OK(run("{\"data\": \"made.csv\", \"holdout\": \"base/holdout.csv\", \"output\": \"own\", \"generator\": \"independent\"}", false, false,
           &result, &err) == MINT_OK &&
           result.verdict == MINT_VERDICT_FAIL && strstr(result.summary, "generation 2"),
       "as train rows it is told and fails");
    write_rows("sql:SELECT age % 4 AS age, round(amount) % 5 AS amount, y FROM read_csv('base.csv')", "plain.csv");
    OK(run("{\"data\": \"plain.csv\", \"output\": \"plain\", \"generator\": \"independent\"}", false, false, &result, &err) == MINT_OK &&
           run("{\"data\": \"plain.csv\", \"output\": \"anew\", \"generator\": \"independent\"}", false, true, &result, &err) == MINT_OK,
       "rows that equal minted ones by chance may be split anew");
    OK(run("{\"data\": \"base.csv\", \"target\": \"y\", \"output\": \"again\", \"generator\": \"independent\"}", false, false, &result,
           &err) == MINT_OK &&
           same_file("base/report.json", "again/report.json"),
       "the first run comes out the same afterwards");
}

int main(void) {
    if (!folder_make() || chdir(folder) != 0 || mint_context_new(&ctx, NULL, NULL) != MINT_OK) return 99;
    test_run();
    test_lock();
    test_two_files();
    test_split();
    test_lineage();
    test_run_on_minted_rows();
    mint_context_free(ctx);
    if (chdir("/") != 0) return 99;
    folder_remove();
    return test_done();
}
