/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a date or a time that people keep beside it as whole numbers: year, month, weekday, hour; perhaps counted from elsewhere. */
#include <math.h>

#include "encode/relation.h"

static const double MICROSECONDS_A_DAY = 86400e6;

/* What a source's value counts in; 0: it is no date. */
static double units_a_day(enum mm_type type) {
    return type == MM_DATE ? 1 : type == MM_TIMESTAMP || type == MM_TIME ? MICROSECONDS_A_DAY : 0;
}

/* Whole numbers are parts of dates, and dates of timestamps. */
static bool may_be_part(enum mm_type type, enum mm_type source, enum mm_relation_kind kind) {
    if (kind == MM_RELATION_DATE) return type == MM_DATE && source == MM_TIMESTAMP;
    return type == MM_INTEGER && (source == MM_TIMESTAMP || (source == MM_TIME) == (kind == MM_RELATION_HOUR));
}

double mm_relation_part(enum mm_relation_kind kind, double x, double units) {
    const double DAYS_MAX = 4e6; /* some ten thousand years */
    double day = floor(x / units);
    int64_t year;
    unsigned month, day_of_month;
    if (!(fabs(day) < DAYS_MAX)) return NAN;
    mm_civil_from_days((int64_t)day, &year, &month, &day_of_month);
    switch (kind) {
    case MM_RELATION_YEAR: return (double)year;
    case MM_RELATION_QUARTER: return (double)((month + 2) / 3);
    case MM_RELATION_MONTH: return (double)month;
    case MM_RELATION_DAY: return (double)day_of_month;
    case MM_RELATION_DAY_OF_YEAR: return day - (double)mm_days_from_civil(year, 1, 1) + 1;
    case MM_RELATION_WEEKDAY: return day + 3 - 7 * floor((day + 3) / 7);        /* Monday: 0; 1970 began on a Thursday */
    case MM_RELATION_WEEKDAY_SUNDAY: return day + 4 - 7 * floor((day + 4) / 7); /* Sunday: 0 */
    case MM_RELATION_DATE: return day;
    case MM_RELATION_HOUR: return floor((x - day * units) * 24 / units);
    default: return NAN;
    }
}

static void try_part(struct mm_relation_search *s, enum mm_relation_kind kind, uint32_t source, uint32_t c) {
    const struct mm_column *from = &s->table->columns[source], *to = &s->table->columns[c];
    struct mm_relation relation = {
        .kind = kind, .source_count = 1, .sources = {source}, .coefficients = {units_a_day(from->field.type)}, .decimals = 0};
    if (!may_be_part(to->field.type, from->field.type, kind) || mm_relation_depends(s->by_column, source, c)) return;
    for (uint32_t r = 0; r < s->row_count; r++) {
        if (mm_column_missing(from, r) || mm_column_missing(to, r)) continue;
        relation.constant = mm_column_number(to, r) - mm_relation_part(kind, mm_column_number(from, r), relation.coefficients[0]);
        break;
    }
    if (mm_relation_holds(s, &relation, c)) s->by_column[c] = relation;
}

void mm_relations_find_parts(struct mm_relation_search *s) {
    for (uint32_t c = 0; c < s->column_count; c++) {
        if (!mm_type_is_integral(s->table->columns[c].field.type)) continue;
        for (uint32_t source = 0; source < s->column_count; source++)
            for (int kind = MM_RELATION_YEAR; kind <= MM_RELATION_DATE && s->by_column[c].kind == MM_RELATION_NONE; kind++)
                if (units_a_day(s->table->columns[source].field.type) > 0) try_part(s, (enum mm_relation_kind)kind, source, c);
    }
}
