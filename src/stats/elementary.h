/* SPDX-License-Identifier: Apache-2.0 */
/* exp and log from additions and multiplications only. The C library's differ in the last bits between processors (it
 * picks variants with fused multiply-add), and a fit must give the same bytes on all of them. Relative error < 1e-9. */
#ifndef MM_STATS_ELEMENTARY_H
#define MM_STATS_ELEMENTARY_H
#include <stdint.h>
#include <string.h>

static inline double mm_exp(double x) {
    if (x > 700) x = 700;
    if (x < -700) x = -700;
    double scaled = x * 1.4426950408889634;
    double whole = (double)(int64_t)(scaled + (scaled >= 0 ? 0.5 : -0.5));
    double r = (x - whole * 0.693147180369123816490) - whole * 1.90821492927058770002e-10;
    /* Taylor to degree 9 on |r| <= log(2)/2: remainder below 7e-12. */
    double p = 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    uint64_t bits = (uint64_t)((int64_t)whole + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* x > 0 and normal. */
static inline double mm_log(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t exponent = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    /* log m = 2 artanh((m-1)/(m+1)), |s| <= 0.1716: the term in s^13 is below 1e-11. */
    double s = (m - 1) / (m + 1), t = s * s;
    double p = 2.0 / 11;
    p = p * t + 2.0 / 9;
    p = p * t + 2.0 / 7;
    p = p * t + 2.0 / 5;
    p = p * t + 2.0 / 3;
    p = p * t + 2;
    return p * s + (double)exponent * 0.6931471805599453;
}

static inline double mm_sigmoid(double x) { return 1 / (1 + mm_exp(-x)); }

/* log(1 + exp(x)) without overflow. */
static inline double mm_softplus(double x) { return x > 30 ? x : x < -30 ? mm_exp(x) : mm_log(1 + mm_exp(x)); }

/* The greatest common divisor; of 0 and a: a. */
static inline uint64_t mm_common_divisor(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
