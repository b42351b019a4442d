/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_STATS_INTERVAL_H
#define MM_STATS_INTERVAL_H
#include <stdint.h>

/* All intervals are two-sided at 95 %. */
struct mm_interval {
    double low, high;
};

/* One proportion (Wilson 1927). */
struct mm_interval mm_wilson(double successes, double trials);
/* p1 - p2 of independent samples (Newcombe 1998, method 10: hybrid score). */
struct mm_interval mm_newcombe(double successes1, double trials1, double successes2, double trials2);
/* Standard error of an area under the ROC curve (Hanley and McNeil 1982). */
double mm_auc_standard_error(double auc, double positives, double negatives);
/* P(X >= k) for X ~ binomial(n, p), exact by summation in logs. */
double mm_binomial_upper_tail(uint64_t k, uint64_t n, double p);
/* Upper 95 % bound (one-sided) of a Poisson mean after seeing `count` (Garwood 1936, by bisection). */
double mm_poisson_upper(uint64_t count);
/* Smallest k with P(X <= k) >= p for X ~ Poisson(mean). */
uint64_t mm_poisson_quantile(double p, double mean);
/* x with P(Z > x) = tail, Z standard normal; tail in (0, 1/2]. */
double mm_normal_upper(double tail);
/* (successes1 / trials1) / (successes2 / trials2) of independent counts, bounded on each side with the given one-sided error:
 * Clopper and Pearson's bounds of the first count given the sum (Przyborowski and Wilenski 1940). high is INFINITY when the
 * second count is 0. */
struct mm_interval mm_rate_ratio(double successes1, double trials1, double successes2, double trials2, double tail);
/* Standard deviation of n values around their mean; 0 for n < 2. */
double mm_standard_deviation(const double *values, uint32_t n);

#endif
