/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one column that people add beside it: logarithms, roots, squares, inverses. */
#include <math.h>

#include "encode/relation.h"

/* The same bits on every processor (stats/elementary.h says why), to the last digits: log m = 2 artanh((m - 1) / (m + 1)). */
static double precise_log(double x) {
    const double root_half = 0.70710678118654752440, log_2 = 0.69314718055994530942;
    int exponent;
    double m = frexp(x, &exponent), sum = 0;
    if (m < root_half) m *= 2, exponent--;
    double s = (m - 1) / (m + 1), square = s * s;
    for (int k = 23; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
    return exponent * log_2 + 2 * s * sum;
}

double mm_relation_function(enum mm_relation_kind kind, double x) {
    const double log_10 = 2.30258509299404568402;
    switch (kind) {
    case MM_RELATION_LOG: return x > 0 ? precise_log(x) : NAN;
    case MM_RELATION_LOG10: return x > 0 ? precise_log(x) / log_10 : NAN;
    case MM_RELATION_LOG1P: return x > -1 ? precise_log(1 + x) : NAN;
    case MM_RELATION_ROOT: return x >= 0 ? sqrt(x) : NAN;
    case MM_RELATION_SQUARE: return x * x;
    case MM_RELATION_INVERSE: return x != 0 ? 1 / x : NAN;
    default: return NAN;
    }
}

static bool may_be_function(const struct mm_relation_search *s, uint32_t c) {
    enum mm_type type = s->table->columns[c].field.type;
    return (type == MM_INTEGER || type == MM_FLOAT) && mm_relation_has_many_values(s, c);
}

static void try_function(struct mm_relation_search *s, enum mm_relation_kind kind, uint32_t c) {
    struct mm_relation relation = {.kind = kind, .source_count = 1, .decimals = s->decimals[c]};
    for (uint32_t a = 0; a < s->column_count && s->by_column[c].kind == MM_RELATION_NONE; a++) {
        relation.sources[0] = a;
        if (!may_be_function(s, a) || mm_relation_depends(s->by_column, a, c)) continue;
        if (mm_relation_holds(s, &relation, c)) s->by_column[c] = relation;
    }
}

/* Squares before roots: what was squared is the rounder number. */
void mm_relations_find_functions(struct mm_relation_search *s) {
    for (int kind = MM_RELATION_LOG; kind <= MM_RELATION_ROOT; kind++)
        for (uint32_t c = 0; c < s->column_count; c++)
            if (may_be_function(s, c)) try_function(s, (enum mm_relation_kind)kind, c);
}
