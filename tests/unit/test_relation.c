/* SPDX-License-Identifier: Apache-2.0 */
/* What holds between columns in every row: that it is found, that nothing else is, and that boost's rows keep it. */
#include <unistd.h>

#include "base/file.h"
#include "encode/relation.h"
#include "mintmark/mintmark.h"
#include "table/table.h"
#include "folder.h"
#include "test.h"

static mint_context *ctx;

/* Invoices: a city lies in one state, totals add up, amounts are price times quantity, pounds follow from kilograms; where net is missing
 * the total is not decided. No drawn row breaks a rule, before the file and after; the twin, which draws those columns, breaks every one.
 */
enum { CITY, STATE, NET, TAX, TOTAL, PRICE, QUANTITY, AMOUNT, KILOGRAMS, POUNDS, ORDERED, PAID };
static const char invoices[] =
    "sql:SELECT 'city ' || c AS city, 'state ' || (c % 7) AS state, CASE WHEN hash(i, 6) % 20 = 0 THEN NULL ELSE net END AS net, tax, "
    "net + tax AS total, price, quantity, CAST(round(price * quantity, 2) AS DOUBLE) AS amount, kilograms, "
    "CAST(round(kilograms * 2.20462, 1) AS DOUBLE) AS pounds, ordered, CASE WHEN hash(i, 7) % 8 = 0 THEN NULL ELSE ordered + CAST(hash(i, "
    "8) % 40 AS INTEGER) END AS paid "
    "FROM (SELECT DATE '2020-01-01' + CAST(hash(i, 9) % 500 AS INTEGER) AS ordered, i, CAST(sqrt(hash(i) % 900) AS INTEGER) AS c, "
    "CAST(hash(i, 1) % "
    "5000 AS INTEGER) AS net, CAST(hash(i, 2) % 700 AS INTEGER) AS tax, CAST(hash(i, 3) % 9000 AS DOUBLE) / 100 AS price, "
    "CAST(1 + hash(i, 4) % 6 AS INTEGER) AS quantity, CAST(400 + hash(i, 5) % 700 AS DOUBLE) / 10 AS kilograms FROM range(4000) t(i))";

/* Rows that break the rules, by rule: state, total, amount, pounds, dates. */
enum { RULES = 5 };
static void count_broken(const mint_table *rows, uint64_t broken[RULES]) {
    memset(broken, 0, RULES * sizeof *broken);
    for (uint64_t r = 0; r < rows->row_count; r++) {
        const struct mm_column *c = rows->columns;
        char city[40], state[40];
        mint_table_cell(rows, r, CITY, city, sizeof city);
        mint_table_cell(rows, r, STATE, state, sizeof state);
        broken[0] += atoi(city + 5) % 7 != atoi(state + 6);
        if (!mm_column_missing(&c[NET], r)) broken[1] += c[NET].integers[r] + c[TAX].integers[r] != c[TOTAL].integers[r];
        broken[2] += fabs(c[PRICE].numbers[r] * (double)c[QUANTITY].integers[r] - c[AMOUNT].numbers[r]) > 0.0051;
        broken[3] += fabs(c[KILOGRAMS].numbers[r] * 2.20462 - c[POUNDS].numbers[r]) > 0.0501;
        broken[4] += !mm_column_missing(&c[PAID], r) && c[PAID].integers[r] < c[ORDERED].integers[r];
    }
}

static void test_relations(void) {
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL, *loaded = NULL;
    const char *path = path_of("relations.mint");
    uint64_t broken[RULES];
    OK(mint_table_read(&table, ctx, invoices, NULL, NULL) == MINT_OK, "invoices");
    for (int derives = 1; derives >= 0; derives--) {
        OK(mint_model_fit(&model, ctx, "boost", table, NULL, derives ? NULL : "{\"relations\": false}", 0, NULL) == MINT_OK &&
               mint_model_save(model, path, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, NULL) == MINT_OK,
           "fit, save and load");
        for (int k = 0; k < 2; k++) {
            OK(mint_model_sample(&rows, k ? loaded : model, 0, 20000, 0, NULL) == MINT_OK, "sample");
            count_broken(rows, broken);
            for (int rule = 0; rule < RULES; rule++)
                OK((broken[rule] == 0) == (derives == 1), derives ? "no row breaks a rule" : "broken twin: drawn columns break it");
            mint_table_free(rows);
        }
        mint_model_free(loaded);
        mint_model_free(model);
    }
    mint_table_free(table);
}

/* What decides each column of the data. */
static mint_table *relations_of(struct mm_relation *found, const char *data, const char *name) {
    mint_table *table = NULL;
    OK(mint_table_read(&table, ctx, data, NULL, NULL) == MINT_OK && mm_relations_find(found, table, -1, 5, NULL) == MINT_OK, name);
    return table;
}

/* What chance brings is no relation: columns that know nothing of each other, one of them nearly constant, and a level of one column
 * that goes with one value by luck. */
static void test_no_relations(void) {
    struct mm_relation found[6];
    struct mm_order orders[MM_ORDERS_MAX];
    mint_table *table =
        relations_of(found,
                     "sql:SELECT 'a' || (hash(i) % 40) AS a, 'b' || (hash(i, 1) % 3) AS b, i = 7 AS c, CAST(hash(i, 2) % 1000 AS INTEGER) "
                     "AS d, CAST(hash(i, 3) % 1000 AS INTEGER) AS e, CASE WHEN hash(i, 4) % 20 = 0 THEN hash(i, 5) % 900 ELSE 0 END AS f "
                     "FROM range(3000) t(i)",
                     "unrelated columns");
    for (int c = 0; c < 6; c++) OK(found[c].kind == MM_RELATION_NONE, "no relation where there is none");
    OK(mm_orders_find(orders, table, found) == 0, "and no order");
    mint_table_free(table);
}

/* Round amounts are paid in uneven instalments, round totals hold uneven taxes: what is uneven is derived, or amounts would be no longer
 * round. */
static void test_digits_kept(void) {
    enum { AMOUNT_OF, MONTHS, INSTALMENT, WITH_TAX, WITHOUT, TAX_IN, CREDIT_COLUMNS };
    struct mm_relation found[CREDIT_COLUMNS];
    mint_table *table = relations_of(
        found,
        "sql:SELECT amount, months, CAST(round(amount / months, 2) AS DOUBLE) AS instalment, total, net, total - net AS tax "
        "FROM (SELECT CAST(500 * (1 + hash(i) % 60) AS INTEGER) AS amount, CAST(12 * (1 + hash(i, 1) % 6) AS INTEGER) AS "
        "months, total, CAST(round(total / (1.07 + 0.12 * (hash(i, 3) % 2))) AS INTEGER) AS net FROM (SELECT i, CAST(50 * (1 + "
        "hash(i, 2) % 90) AS INTEGER) AS total FROM range(3000) t(i)))",
        "credits");
    OK(found[AMOUNT_OF].kind == MM_RELATION_NONE && found[INSTALMENT].kind == MM_RELATION_RATIO, "instalments follow from round amounts");
    OK(found[WITH_TAX].kind == MM_RELATION_NONE && (found[TAX_IN].kind == MM_RELATION_LINEAR || found[WITHOUT].kind == MM_RELATION_LINEAR),
       "a round total is none that is derived");
    mint_table_free(table);
}

/* Functions of one column, in doubles and in floats; what a name decides before what is a part of a sum; a unit whose results were rounded,
 * next to columns that fit the rounding better; a sum among columns with gaps. */
static void test_relation_kinds(void) {
    enum { WAGE, LOG_WAGE, FEE, LOG_FEE, YEARS, YEARS_SQUARED, SCHOOL, SCHOOL_MEAN, OWN, PUPIL, MINUTES, CHARGE, A, B, C, COLUMNS };
    struct mm_relation found[COLUMNS];
    mint_table *table = relations_of(
        found,
        "sql:SELECT wage, ln(wage) AS log_wage, fee, CAST(CAST(ln(1 + fee) AS FLOAT) AS DOUBLE) AS log_fee, years, years * "
        "years AS years_squared, school, mean, own, CAST(round(mean + own, 3) AS DOUBLE) AS pupil, minutes, CAST(round(minutes "
        "* 0.085, 2) AS DOUBLE) AS charge, a, b, CAST(round(a + b, 2) AS DOUBLE) AS c FROM (SELECT 5 + sqrt(hash(i) % 90000) "
        "AS wage, hash(i, 1) % 9000 AS fee, CAST(hash(i, 2) % 3000 AS INTEGER) AS years, 'school ' || (hash(i, 3) % 90) AS "
        "school, CAST(round(sin(hash(i, 3) % 90), 3) AS DOUBLE) AS mean, CAST((hash(i, 4) % 4000) / 1000.0 - 2 AS DOUBLE) AS "
        "own, CAST((hash(i, 5) % 3500) / 10.0 AS DOUBLE) AS minutes, CAST((hash(i, 6) % 90000) / 100.0 AS DOUBLE) AS a, CASE "
        "WHEN hash(i, 7) % 3 = 0 THEN NULL ELSE CAST((hash(i, 8) % 9000) / 100.0 AS DOUBLE) END AS b FROM range(4000) t(i))",
        "kinds of relations");
    OK(found[LOG_WAGE].kind == MM_RELATION_LOG && found[WAGE].kind == MM_RELATION_NONE, "a logarithm");
    OK(found[LOG_FEE].kind == MM_RELATION_LOG1P && found[LOG_FEE].decimals == MM_RELATION_SINGLE, "log(1 + x) in single precision");
    OK(found[YEARS_SQUARED].kind == MM_RELATION_SQUARE && found[YEARS].kind == MM_RELATION_NONE, "a square, and no root");
    OK(found[SCHOOL_MEAN].kind == MM_RELATION_LOOKUP && found[SCHOOL_MEAN].sources[0] == SCHOOL, "a name decides");
    OK(found[PUPIL].kind == MM_RELATION_LINEAR || found[OWN].kind == MM_RELATION_LINEAR, "and what it decides is still part of a sum");
    OK(found[CHARGE].kind == MM_RELATION_LINEAR && found[CHARGE].source_count == 1 && found[CHARGE].sources[0] == MINUTES,
       "a price a minute");
    NEAR(found[CHARGE].coefficients[0], 0.085, 1e-12, "in round numbers");
    OK((found[A].kind == MM_RELATION_LINEAR) + (found[B].kind == MM_RELATION_LINEAR) + (found[C].kind == MM_RELATION_LINEAR) == 1,
       "a sum among gaps");
    for (double x = 1e-9; x < 1e9; x *= 3.7)
        NEAR(mm_relation_function(MM_RELATION_LOG, x), log(x), 4e-16 * fmax(1, fabs(log(x))), "logarithm to the last digit");
    mint_table_free(table);
}

/* Formulas with a factor; of three measurements whose large parts nearly cancel, a large one is derived; a formula that is broken in one
 * row of 2,000 is none. boost's rows keep them, before the file and after; the twin, which draws, does not. */
static void test_formulas(void) {
    enum {
        HEIGHT,
        WEIGHT,
        BMI,
        ODD,
        UNIT_PRICE,
        UNITS,
        DISCOUNT,
        REVENUE,
        BEFORE_TAX,
        RATE,
        GROSS,
        DIAMETER,
        VOLUME,
        LENGTH,
        WIDTH,
        RATIO,
        COLUMNS
    };
    static const char data[] =
        "sql:SELECT if(i % 5 = 0, NULL, height) AS height, weight, round(weight / (height / 100) ** 2, 1)::DOUBLE AS bmi, round(weight / "
        "(height / 100) ** 2 + "
        "if(i = 77, 0.2, 0), 1)::DOUBLE AS odd, price, quantity, discount, round(price * quantity * (1 - discount / 100.0), 2)::DOUBLE AS "
        "revenue, net, rate, round(net * (1 + rate), 2)::DOUBLE AS gross, diameter, pi() / 6 * diameter ** 3 AS volume, length, length * "
        "ratio AS width, ratio FROM (SELECT i, (hash(i) % 400 + 1500) / 10.0::DOUBLE AS height, (hash(i, 1) % 600 + 500) / 10.0::DOUBLE AS "
        "weight, (hash(i, 2) % 9000 + 100) / 100.0::DOUBLE AS price, CAST(1 + hash(i, 3) % 7 AS INTEGER) AS quantity, CAST(5 * (hash(i, 4) "
        "% "
        "6) AS INTEGER) AS discount, (hash(i, 5) % 90000 + 100) / 100.0::DOUBLE AS net, (hash(i, 6) % 3) * 0.07::DOUBLE AS rate, 1 + "
        "sqrt(hash(i, 7) % 1000) AS diameter, 1 + sqrt(hash(i, 8) % 90000) AS length, 0.5 + sqrt(hash(i, 9) % 1000) / 1000 AS ratio FROM "
        "range(2000) t(i))";
    struct mm_relation found[COLUMNS];
    char words[200];
    mint_table *table = relations_of(found, data, "formulas"), *rows = NULL;
    mint_model *model = NULL, *loaded = NULL;
    mm_relation_text(&found[BMI], table, BMI, words, sizeof words);
    OK(!strcmp(words, "'bmi' = 10000 x 'height'^-2 x 'weight'"), words);
    OK(found[ODD].kind == MM_RELATION_NONE, "broken twin: no formula");
    mm_relation_text(&found[REVENUE], table, REVENUE, words, sizeof words);
    OK(!strcmp(words, "'revenue' = 'price' x 'quantity' x (1 - 0.01 x 'discount')"), words);
    mm_relation_text(&found[GROSS], table, GROSS, words, sizeof words);
    OK(!strcmp(words, "'gross' = 'net' x (1 + 'rate')"), words);
    OK(found[VOLUME].kind == MM_RELATION_POWER && found[VOLUME].coefficients[0] == 3, "a sphere's volume");
    NEAR(found[VOLUME].constant, 0.52359877559829887, 1e-13, "from its diameter");
    OK(found[RATIO].kind == MM_RELATION_NONE && (found[LENGTH].kind != MM_RELATION_NONE || found[WIDTH].kind != MM_RELATION_NONE),
       "a narrow ratio is drawn, a length derived");
    const char *path = path_of("formulas.mint");
    for (int derives = 1; derives >= 0; derives--) {
        OK(mint_model_fit(&model, ctx, "boost", table, NULL, derives ? "{\"rounds\": 10}" : "{\"rounds\": 10, \"relations\": false}", 0,
                          NULL) == MINT_OK &&
               mint_model_save(model, path, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, NULL) == MINT_OK &&
               mint_model_sample(&rows, loaded, 0, 8192, 0, NULL) == MINT_OK,
           "fit, save, load and sample");
        uint64_t broken = 0;
        for (uint64_t r = 0; r < rows->row_count; r++) {
            const struct mm_column *c = rows->columns;
            double height = c[HEIGHT].numbers[r] / 100, share = 1 - (double)c[DISCOUNT].integers[r] / 100;
            bool has_height = !mm_column_missing(&c[HEIGHT], r);
            broken += (has_height && fabs(c[WEIGHT].numbers[r] / (height * height) - c[BMI].numbers[r]) > 0.051) ||
                      fabs(c[UNIT_PRICE].numbers[r] * (double)c[UNITS].integers[r] * share - c[REVENUE].numbers[r]) > 0.0051 ||
                      fabs(c[BEFORE_TAX].numbers[r] * (1 + c[RATE].numbers[r]) - c[GROSS].numbers[r]) > 0.0051;
        }
        OK(derives ? !broken : broken > 4000, derives ? "rows keep the formulas" : "broken twin: drawn columns break them");
        mint_table_free(rows);
        mint_model_free(loaded);
        mint_model_free(model);
    }
    mint_table_free(table);
}

/* Parts of dates, counted as people count; a weekday that is wrong in one row of 800 is none. */
static void test_date_parts(void) {
    enum { DAY_OF, YEAR, MONTH, WEEKDAY, OTHER_WEEKDAY, ODD_WEEKDAY, STAMP, HOUR, DAY, DATE_OF, COLUMNS };
    struct mm_relation found[COLUMNS];
    mint_table *table = relations_of(
        found,
        "sql:SELECT day, CAST(year(day) - 2020 AS INTEGER) AS year, CAST(month(day) AS INTEGER) AS month, CAST(dayofweek(day) AS INTEGER) "
        "AS "
        "weekday, CAST(isodow(day) AS INTEGER) AS other, CAST(if(i = 99, 8, isodow(day)) AS INTEGER) AS odd, stamp, CAST(hour(stamp) AS "
        "INTEGER) AS hour, CAST(dayofyear(stamp) AS INTEGER) AS day_of_year, CAST(stamp AS DATE) AS date FROM (SELECT i, DATE '2020-01-01' "
        "+ CAST(i AS INTEGER) AS day, "
        "TIMESTAMP '1969-12-01 00:00:00' + to_seconds(CAST(hash(i) % 9000000 AS INTEGER)) AS stamp FROM range(800) t(i))",
        "parts of dates");
    OK(found[YEAR].kind == MM_RELATION_YEAR && found[YEAR].sources[0] == DAY_OF, "a year, though rows are sorted by it");
    NEAR(found[YEAR].constant, -2020, 0, "counted from 2020");
    OK(found[MONTH].kind == MM_RELATION_MONTH, "a month");
    OK(found[WEEKDAY].kind == MM_RELATION_WEEKDAY_SUNDAY && found[OTHER_WEEKDAY].kind == MM_RELATION_WEEKDAY, "weekdays");
    OK(found[ODD_WEEKDAY].kind == MM_RELATION_NONE, "broken twin: no weekday");
    OK(found[HOUR].kind == MM_RELATION_HOUR && found[DAY].kind == MM_RELATION_DAY_OF_YEAR && found[DAY].sources[0] == STAMP,
       "parts of a timestamp, before 1970 too");
    OK(found[DATE_OF].kind == MM_RELATION_DATE && found[DATE_OF].sources[0] == STAMP, "the date of a timestamp");
    OK(found[DAY_OF].kind == MM_RELATION_NONE && found[STAMP].kind == MM_RELATION_NONE, "dates are drawn");
    NEAR(mm_relation_part(MM_RELATION_DAY_OF_YEAR, (double)mm_days_from_civil(2024, 2, 29), 1), 60, 0, "29 February");
    OK(isnan(mm_relation_part(MM_RELATION_YEAR, 1e300, 1)) && isnan(mm_relation_part(MM_RELATION_YEAR, 1, 0)), "no year of no day");
    mint_table_free(table);
}

/* Two texts that are never alike, and a number that is never small with one of them: too few rows for trees to learn it whole. */
static void test_avoided_values(void) {
    static const char data[] =
        "sql:SELECT 'k' || k AS k, 'm' || CASE WHEN m = k THEN (m + 1 + hash(i, 9) % 4) % 5 ELSE m END AS m, CASE WHEN k = 0 AND x < 300 "
        "THEN 300 + 2 * x ELSE x END AS x, CAST(hash(i, 3) % 50 AS INTEGER) AS y, 'c' || hash(i, 4) % 7 AS c FROM (SELECT i, "
        "CAST(hash(i) % 5 AS INTEGER) AS k, CAST(hash(i, 1) % 5 AS INTEGER) AS m, CAST(hash(i, 2) % 1000 AS INTEGER) AS x FROM "
        "range(700) t(i))";
    mint_table *table = NULL, *rows = NULL;
    mint_model *model = NULL, *loaded = NULL;
    const char *path = path_of("avoided.mint");
    OK(mint_table_read(&table, ctx, data, NULL, NULL) == MINT_OK, "values that never meet");
    for (int rules = 1; rules >= 0; rules--) {
        uint64_t alike = 0, small = 0, zeros = 0;
        OK(mint_model_fit(&model, ctx, "boost", table, NULL, rules ? NULL : "{\"rules\": false}", 0, NULL) == MINT_OK &&
               mint_model_save(model, path, NULL) == MINT_OK && mint_model_load(&loaded, ctx, path, NULL) == MINT_OK &&
               mint_model_sample(&rows, loaded, 0, 20000, 0, NULL) == MINT_OK,
           "fit, save, load and sample");
        for (uint64_t r = 0; r < rows->row_count; r++) {
            char k[40], m[40];
            mint_table_cell(rows, r, 0, k, sizeof k);
            mint_table_cell(rows, r, 1, m, sizeof m);
            alike += k[1] == m[1];
            zeros += k[1] == '0';
            small += k[1] == '0' && rows->columns[2].integers[r] < 150;
        }
        OK((alike < 20) == (rules == 1) && (small < 20) == (rules == 1), rules ? "they do not" : "broken twin: they do");
        NEAR((double)zeros / 20000, 0.2, 0.05, "and no value is lost");
        mint_table_free(rows);
        mint_model_free(loaded);
        mint_model_free(model);
    }
    mint_table_free(table);
}

int main(void) {
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = 2;
    if (!folder_make() || mint_context_new(&ctx, &options, NULL) != MINT_OK) return 99;
    test_relations();
    test_no_relations();
    test_digits_kept();
    test_relation_kinds();
    test_formulas();
    test_date_parts();
    test_avoided_values();
    mint_context_free(ctx);
    folder_remove();
    return test_done();
}
