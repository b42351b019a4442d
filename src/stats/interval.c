/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/interval.h"

#include <math.h>
#include <stdbool.h>

static const double z95 = 1.959963984540054;

struct mm_interval mm_wilson(double successes, double trials) {
    if (trials <= 0) return (struct mm_interval){0, 1};
    double p = successes / trials, z2 = z95 * z95;
    double centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
    double half = z95 / (1 + z2 / trials) * sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials));
    return (struct mm_interval){successes <= 0 ? 0 : centre - half, successes >= trials ? 1 : centre + half};
}

struct mm_interval mm_newcombe(double successes1, double trials1, double successes2, double trials2) {
    struct mm_interval a = mm_wilson(successes1, trials1), b = mm_wilson(successes2, trials2);
    double p1 = trials1 > 0 ? successes1 / trials1 : 0, p2 = trials2 > 0 ? successes2 / trials2 : 0;
    return (struct mm_interval){p1 - p2 - sqrt((p1 - a.low) * (p1 - a.low) + (b.high - p2) * (b.high - p2)),
                                p1 - p2 + sqrt((a.high - p1) * (a.high - p1) + (p2 - b.low) * (p2 - b.low))};
}

double mm_auc_standard_error(double auc, double positives, double negatives) {
    if (positives < 1 || negatives < 1) return 0.5;
    double q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
    double variance = (auc * (1 - auc) + (positives - 1) * (q1 - auc * auc) + (negatives - 1) * (q2 - auc * auc)) / (positives * negatives);
    return variance > 0 ? sqrt(variance) : 0;
}

/* lgamma itself writes the sign into a variable that all threads share. */
static double log_factorial(uint64_t n) {
    int sign;
    return lgamma_r((double)n + 1, &sign);
}

double mm_binomial_upper_tail(uint64_t k, uint64_t n, double p) {
    if (k == 0) return 1;
    if (k > n || p <= 0) return 0;
    if (p >= 1) return 1;
    /* Sum from k up until the terms no longer count. */
    double log_term = log_factorial(n) - log_factorial(k) - log_factorial(n - k) + (double)k * log(p) + (double)(n - k) * log1p(-p);
    double sum = 0, peak = (double)n * p;
    for (uint64_t i = k; i <= n; i++) {
        double term = exp(log_term);
        sum += term;
        if ((double)i > peak && term < sum * 1e-15) break;
        if (i < n) log_term += log((double)(n - i) / (double)(i + 1)) + log(p) - log1p(-p);
    }
    return sum < 1 ? sum : 1;
}

double mm_poisson_upper(uint64_t count) {
    double low = (double)count, high = (double)count + 10 * sqrt((double)count + 1) + 10;
    for (int i = 0; i < 80; i++) {
        double mean = (low + high) / 2, term = exp(-mean), sum = term;
        for (uint64_t k = 1; k <= count; k++) sum += term *= mean / (double)k;
        if (sum > 0.05)
            low = mean;
        else
            high = mean;
    }
    return (low + high) / 2;
}

uint64_t mm_poisson_quantile(double p, double mean) {
    if (mean > 500) { /* normal approximation; bisection of its tail would change nothing that counts */
        double z = p > 0.99 ? 3.090232306 : 1.644853627;
        return (uint64_t)(mean + z * sqrt(mean) + 0.5);
    }
    double term = exp(-mean), sum = term;
    uint64_t k = 0;
    while (sum < p && k < 2000) sum += term *= mean / (double)++k;
    return k;
}

double mm_normal_upper(double tail) {
    double low = 0, high = 40;
    for (int i = 0; i < 80; i++) {
        double x = (low + high) / 2;
        if (erfc(x / sqrt(2)) / 2 > tail)
            low = x;
        else
            high = x;
    }
    return (low + high) / 2;
}

/* The share p at which k or more (`upper`: k or fewer) of n have probability `tail`. */
static double share_bound(uint64_t k, uint64_t n, double tail, bool upper) {
    if (upper ? k == n : k == 0) return upper;
    if (n > 4000 && k > 100 && n - k > 100) { /* Wilson's bound: the exact one differs in the fourth digit there */
        double z = mm_normal_upper(tail), z2 = z * z, all = (double)n, p = (double)k / all;
        double centre = (p + z2 / (2 * all)) / (1 + z2 / all), half = z / (1 + z2 / all) * sqrt(p * (1 - p) / all + z2 / (4 * all * all));
        return upper ? centre + half : centre - half;
    }
    double low = 0, high = 1;
    for (int i = 0; i < 50; i++) {
        double p = (low + high) / 2;
        bool inside = upper ? mm_binomial_upper_tail(n - k, n, 1 - p) > tail : mm_binomial_upper_tail(k, n, p) < tail;
        if (inside)
            low = p;
        else
            high = p;
    }
    return (low + high) / 2;
}

struct mm_interval mm_rate_ratio(double successes1, double trials1, double successes2, double trials2, double tail) {
    uint64_t k = (uint64_t)successes1, n = (uint64_t)(successes1 + successes2);
    if (!n || trials1 <= 0 || trials2 <= 0) return (struct mm_interval){0, INFINITY};
    double low = share_bound(k, n, tail, false), high = share_bound(k, n, tail, true), scale = trials2 / trials1;
    return (struct mm_interval){low / (1 - low) * scale, high < 1 ? high / (1 - high) * scale : INFINITY};
}

double mm_standard_deviation(const double *values, uint32_t n) {
    if (n < 2) return 0;
    double mean = 0, sum = 0;
    for (uint32_t i = 0; i < n; i++) mean += values[i] / n;
    for (uint32_t i = 0; i < n; i++) sum += (values[i] - mean) * (values[i] - mean);
    return sqrt(sum / (n - 1));
}
