/* SPDX-License-Identifier: Apache-2.0 */
/* What holds between columns in every row. Columns that others decide exactly: a level that goes with one value (city -> state), sums,
 * differences and changes of unit (total = net + tax), products, ratios, logarithms, squares, parts of dates. A generator derives such a
 * column instead of drawing it, so that no row breaks the rule. */
#ifndef MM_ENCODE_RELATION_H
#define MM_ENCODE_RELATION_H
#include "table/table.h"

enum mm_relation_kind {
    MM_RELATION_NONE,
    MM_RELATION_LOOKUP,
    MM_RELATION_LINEAR,
    MM_RELATION_PRODUCT,
    MM_RELATION_RATIO,
    MM_RELATION_LOG, /* natural */
    MM_RELATION_LOG10,
    MM_RELATION_LOG1P, /* log(1 + x) */
    MM_RELATION_SQUARE,
    MM_RELATION_INVERSE, /* 1 / x */
    MM_RELATION_ROOT,
    MM_RELATION_YEAR, /* and other parts of a date, plus a constant */
    MM_RELATION_QUARTER,
    MM_RELATION_MONTH,
    MM_RELATION_DAY,
    MM_RELATION_DAY_OF_YEAR,
    MM_RELATION_WEEKDAY,        /* from Monday */
    MM_RELATION_WEEKDAY_SUNDAY, /* from Sunday */
    MM_RELATION_HOUR,
    MM_RELATION_DATE,  /* of a timestamp */
    MM_RELATION_POWER, /* constant x the sources to the powers of the coefficients: halves up to 3, one to three sources */
    MM_RELATION_SHARE, /* one or two sources x (constant + coefficient x the last source) */
    MM_RELATION_KINDS
};
enum { MM_RELATION_SOURCES = 8, MM_RELATION_EXACT = -1, MM_RELATION_SINGLE = -2 };

struct mm_relation {
    enum mm_relation_kind kind;
    uint32_t source_count,
        sources[MM_RELATION_SOURCES]; /* columns; a product and a ratio have two, a lookup and a function one, formulas up to three */
    double coefficients[MM_RELATION_SOURCES], constant; /* linear; of a date's part the units a day, and what is added */
    int decimals;                                       /* the result is rounded to; or EXACT: not rounded; SINGLE: to a float's 24 bits */
};

/* by_column[column_count]: what decides each column, or kind NONE; no column decides itself in a circle. A relation holds in every row
 * whose sources all have a value, and is far from chance. Levels of fewer than `protect` rows decide nothing, since no generator replays
 * them. The target (-1: none) is derived only where nothing can be derived from it. */
mint_status mm_relations_find(struct mm_relation *by_column, const struct mint_table *table, int64_t target, uint32_t protect,
                              mint_error *err);
/* Is the value what the sources' values give, rounding allowed for? Also true where they give nothing. Not for lookups. */
bool mm_relation_agrees(const struct mm_relation *relation, const double *sources, double value);
/* What the sources' values give; NaN or infinite: nothing. Not for lookups. */
double mm_relation_value(const struct mm_relation *relation, const double *sources);
/* The relation in words, with the columns' names; as snprintf. */
size_t mm_relation_text(const struct mm_relation *relation, const struct mint_table *table, uint32_t column, char *text, size_t size);
bool mm_relation_depends(const struct mm_relation *by_column, uint32_t column, uint32_t on);

/* A number that is never above another in the same row. */
struct mm_order {
    uint32_t low, high;
};
enum { MM_ORDERS_MAX = 1000 };
/* Orders between columns of one type that no row breaks and chance would break; those that a relation implies are left out. At most
 * MM_ORDERS_MAX; returns how many. */
uint32_t mm_orders_find(struct mm_order *orders, const struct mint_table *table, const struct mm_relation *by_column);

/* ---- for the files of relation*.c ---- */

/* Of the last decimal, how far rounding may move a value: a half, which may have been rounded either way. */
#define MM_RELATION_ROUNDING (0.5 + 1e-6)

enum { MM_RELATION_ROWS_MIN = 100, MM_RELATION_COLUMNS_MAX = 300, MM_RELATION_LEVELS_MAX = 256, MM_RELATION_LEVELS_MOST = 60000 };

/* A column's distinct values as levels. */
struct mm_relation_levels {
    uint32_t *of_row;  /* UINT32_MAX: missing; NULL: a number column of more levels than a lookup can hold */
    uint32_t *rows_of; /* by level */
    uint32_t count;
    double differ; /* probability that two rows differ, marks counted as values */
};

struct mm_relation_search {
    const struct mint_table *table;
    struct mm_arena *scratch;
    struct mm_relation *by_column;
    struct mm_relation_levels *levels; /* by column */
    int *decimals;                     /* by column: that its values are rounded to, or EXACT or SINGLE */
    uint32_t row_count, column_count, protect;
    int64_t target;
};

bool mm_relation_has_many_values(const struct mm_relation_search *s, uint32_t column);
/* A factor as people write it: to so many significant digits; 0: to the nearest whole number. */
double mm_relation_round(double value, int digits);
/* Does it hold wherever the sources have values, in enough rows? */
bool mm_relation_holds(const struct mm_relation_search *s, const struct mm_relation *relation, uint32_t column);
/* Would drawn sources give the last digits that the column has? Round amounts paid in months give uneven instalments: those are to be
 * derived, for amounts made of them are not round. */
bool mm_relation_keeps_digits(const struct mm_relation_search *s, const struct mm_relation *relation, uint32_t column);
mint_status mm_relations_find_linear(struct mm_relation_search *s, mint_error *err);
void mm_relations_find_products(struct mm_relation_search *s);
void mm_relations_find_functions(struct mm_relation_search *s);
/* `of_names`: only what a text or a whole number decides of texts and fractions. */
mint_status mm_relations_find_lookups(struct mm_relation_search *s, bool of_names, mint_error *err);
mint_status mm_relations_find_formulas(struct mm_relation_search *s, mint_error *err);
double mm_relation_power(const struct mm_relation *relation, const double *sources);
double mm_relation_share(const struct mm_relation *relation, const double *sources);
bool mm_relation_exponents_are_sound(const double *exponents, uint32_t count);
/* What a function of one source gives, without rounding. */
double mm_relation_function(enum mm_relation_kind kind, double x);
void mm_relations_find_parts(struct mm_relation_search *s);
/* A date's part; NaN beyond any calendar. `units`: that the date counts a day in. */
double mm_relation_part(enum mm_relation_kind kind, double x, double units);

#endif
