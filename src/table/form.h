/* SPDX-License-Identifier: Apache-2.0 */
/* How values of a column are written, so that every cell comes back as it was read. */
#ifndef MM_TABLE_FORM_H
#define MM_TABLE_FORM_H
#include "base/memory.h"

enum mm_float_style {
    MM_FLOAT_FIXED = 0,    /* always `decimals` digits: 1.50 */
    MM_FLOAT_STRIPPED = 1, /* up to `decimals` digits, no trailing zeros: 1.5, 2 */
    MM_FLOAT_POINT = 2,    /* the same, at least one digit: 1.5, 2.0 */
    MM_FLOAT_SHORTEST = 3, /* shortest digits that read back equal, at least one decimal, e-05 below 1e-4 and from 1e16 on */
    MM_FLOAT_GENERAL = 4   /* 15 significant digits as printf's %g */
};

enum { MM_PATTERN_MAX = 48, MM_WORD_MAX = 16, MM_CELL_MAX = 400, MM_DRESS_MAX = 8, MM_GROUP_MAX = 4 };

/* What stands around and between the digits of a number: $1,234.50, 1.234,50 EUR, 12 %. All zero: nothing, and a point. */
struct mm_dress {
    char point;                /* before decimals */
    char group[MM_GROUP_MAX];  /* between thousands: one character, or nothing */
    char prefix[MM_DRESS_MAX]; /* after the sign */
    char suffix[MM_DRESS_MAX];
};

/* A number that a column writes otherwise than its form says: 1e3 among 998.4 and 1001.7. */
struct mm_spelling {
    double value;
    const char *text;
};
enum { MM_SPELLINGS_MAX = 1000, MM_SPELLING_MAX = 40 };

/* Only the members that the column's type needs are used. */
struct mm_form {
    uint8_t width;                       /* integers: zero-padded to this many digits; 0: not padded */
    uint8_t style;                       /* floats: enum mm_float_style */
    int8_t decimals;                     /* floats: most digits after the point; -1: no grid */
    struct mm_dress dress;               /* integers and floats */
    uint32_t spelling_count;             /* floats */
    const struct mm_spelling *spellings; /* ascending, each value once */
    char pattern[MM_PATTERN_MAX]; /* dates and times: %Y %m %d %H %M %S as strftime, %y %b %B %I %p, %P: am and pm, %-d: no zero, %3f: a
                                     fraction */
    char words[2][MM_WORD_MAX];   /* booleans: how false and true are written */
};

/* All return the length as snprintf does, and false or MINT_E_FORMAT when the text is not of this form. */
size_t mm_form_integer(const struct mm_form *form, int64_t value, char *text, size_t size);
size_t mm_form_float(const struct mm_form *form, double value, char *text, size_t size);
size_t mm_form_temporal(const struct mm_form *form, bool is_date, int64_t value, char *text, size_t size);
/* Floats: the spelling of that value, or NULL. */
const char *mm_form_spelling(const struct mm_form *form, double value);
/* By value: for qsort and bsearch. */
int mm_spelling_compare(const void *a, const void *b);
/* Copies the list, in any order, into the arena. */
mint_status mm_form_spell(struct mm_form *form, struct mm_arena *arena, const struct mm_spelling *spellings, uint32_t count,
                          mint_error *err);
/* A number as the form writes it. */
bool mm_read_integer(const struct mm_form *form, const char *text, int64_t *value);
bool mm_read_float(const struct mm_form *form, const char *text, double *value);
bool mm_parse_integer(const char *text, int64_t *value);
/* A finite decimal number in the grammar of JSON, with an optional plus sign and optional digits before the point. */
bool mm_parse_float(const char *text, double *value);
bool mm_parse_temporal(const char *pattern, const char *text, bool is_date, int64_t *value);
/* Digits after the point in the text, 0 without; -1 for an exponent. */
int mm_float_text_decimals(const char *text);
/* The n-th pattern to try for dates, times or timestamps ('d', 't', 's'); NULL past the last. */
const char *mm_temporal_pattern(char kind, unsigned index, char buffer[MM_PATTERN_MAX]);
/* The n-th pair of words for a boolean; NULL past the last. */
const char *const *mm_boolean_words(unsigned index);

bool mm_is_dressed(const struct mm_dress *dress);
/* The n-th dress to try, the simplest first; false past the last. */
bool mm_dress_candidate(struct mm_dress *dress, unsigned index);
/* False when the text does not wear the dress. */
bool mm_undress(const struct mm_dress *dress, const char *text, char plain[MM_CELL_MAX]);
size_t mm_put_dress(const struct mm_dress *dress, const char *plain, char *text, size_t size);
/* 1234.5 in the dress, and back: false when the example is not that number. */
size_t mm_dress_example(const struct mm_dress *dress, char *text, size_t size);
bool mm_dress_from_example(struct mm_dress *dress, const char *example);

/* Days since 1970-01-01 of the proleptic Gregorian calendar (Hinnant 2021, chrono-compatible algorithms). */
int64_t mm_days_from_civil(int64_t year, unsigned month, unsigned day);
void mm_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);

#endif
