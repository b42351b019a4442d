/* SPDX-License-Identifier: Apache-2.0 */
/* loan_applications ROWS SEED: a made table of loan applications whose true distribution is this file. Mixed types, missing
 * values, a rare class (about 6 % default), and rules that always hold: a guarantor implies an age below 26 or a self-employed
 * applicant; instalment = amount / months, rounded to cents; the retired are 60 or older; no one asks for more than 60 months'
 * income. Nobody in it exists. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "rng/philox.h"

static int pick(struct mm_rng *rng, const double *weights, int count) {
    double u = mm_rng_uniform(rng), sum = 0;
    for (int i = 0; i < count - 1; i++) {
        sum += weights[i];
        if (u < sum) return i;
    }
    return count - 1;
}

static double clamp(double value, double low, double high) { return value < low ? low : value > high ? high : value; }

static const char *const regions[] = {"north", "east", "south", "west", "islands"};
static const char *const works[] = {"employed", "self-employed", "retired", "student", "unemployed"};
static const char *const purposes[] = {"car", "home", "education", "business", "holiday", "debt"};
static const int terms[] = {12, 24, 36, 48, 60, 84};

static void print_row(uint64_t seed, uint64_t row) {
    struct mm_rng rng = mm_rng_at(seed, MM_STREAM_EXAMPLE, row, 0);
    static const double region_weights[] = {.31, .27, .22, .18, .02}, young[] = {.52, .08, 0, .32, .08}, middle[] = {.73, .19, 0, .01, .07},
                        old[] = {.16, .08, .74, 0, .02};
    static const double purpose_weights[] = {.34, .22, .09, .1, .12, .13}, term_weights[] = {.12, .22, .27, .17, .15, .07};
    int age = (int)clamp(nearbyint(19 + 13 * -log(1 - mm_rng_uniform(&rng)) + 9 * fabs(mm_rng_normal(&rng))), 19, 84);
    int work = pick(&rng, age < 26 ? young : age < 60 ? middle : old, 5);
    int region = pick(&rng, region_weights, 5), purpose = pick(&rng, purpose_weights, 6), months = terms[pick(&rng, term_weights, 6)];
    static const double level[] = {2700, 3100, 1900, 850, 1050};
    double income = 10 * nearbyint(level[work] * exp(0.38 * mm_rng_normal(&rng) + 0.004 * (age - 40)) / 10);
    double amount =
        100 *
        nearbyint(clamp(income * (1.2 + months / 9.0) * exp(0.5 * mm_rng_normal(&rng)) * (purpose == 1 ? 1.7 : 1), 500, 60 * income) / 100);
    if (amount < 500) amount = 500;
    double instalment = nearbyint(100 * amount / months) / 100;
    int guarantor = (age < 26 || work == 1) && mm_rng_uniform(&rng) < 0.35;
    int late = (int)(-log(1 - mm_rng_uniform(&rng)) * (work == 4 ? 1.3 : 0.45));
    double score = clamp(nearbyint(690 + 55 * mm_rng_normal(&rng) - 38 * late + 0.8 * (age - 40)), 300, 850);
    double odds = -4.1 + 3.4 * (instalment / income - 0.3) + 0.62 * late - 0.009 * (score - 690) + 0.5 * (work == 4) - 0.7 * guarantor;
    int bad = mm_rng_uniform(&rng) < 1 / (1 + exp(-odds));
    int64_t day = (int64_t)mm_rng_below(&rng, 730);
    bool no_score = mm_rng_uniform(&rng) < (age < 24 ? 0.3 : 0.04), no_income = mm_rng_uniform(&rng) < 0.02;
    int month = (int)((double)day / 30.4375), year = 2023 + month / 12;
    printf("LN-%06" PRIu64 "-%c,%04d-%02d-%02d,%d,%s,%s,", 100000 + row * 7919 % 900000, (char)('A' + row % 26), year, month % 12 + 1,
           (int)(day % 28) + 1, age, regions[region], works[work]);
    if (no_income)
        printf(",");
    else
        printf("%.0f,", income);
    printf("%s,%.0f,%d,%.2f,%s,%d,", purposes[purpose], amount, months, instalment, guarantor ? "yes" : "no", late);
    if (no_score)
        printf("NA,");
    else
        printf("%.0f,", score);
    printf("%s\n", bad ? "yes" : "no");
}

int main(int argc, char **argv) {
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000, seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 7;
    puts("application,applied_on,age,region,work,monthly_income,purpose,amount,months,instalment,guarantor,late_payments,credit_score,"
         "default");
    for (uint64_t row = 0; row < rows; row++) print_row(seed, row);
    return ferror(stdout) ? 1 : 0;
}
