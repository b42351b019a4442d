/* SPDX-License-Identifier: Apache-2.0 */
/* A small harness: TAP on stdout, one line a check that counts. */
#ifndef TEST_H
#define TEST_H
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test_number, test_failures;

static inline bool test_ok(bool good, const char *what, const char *file, int line) {
    printf("%sok %d - %s\n", good ? "" : "not ", ++test_number, what);
    if (!good) {
        printf("# at %s:%d\n", file, line);
        test_failures++;
    }
    return good;
}
#define OK(condition, what) test_ok((condition), (what), __FILE__, __LINE__)
#define NEAR(a, b, tolerance, what)                                                                                                        \
    do {                                                                                                                                   \
        double a_ = (a), b_ = (b);                                                                                                         \
        if (!test_ok(fabs(a_ - b_) <= (tolerance), (what), __FILE__, __LINE__)) printf("# %.12g against %.12g\n", a_, b_);                 \
    } while (0)

static inline int test_done(void) {
    printf("1..%d\n", test_number);
    return test_failures ? 1 : 0;
}

#endif
