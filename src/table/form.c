/* SPDX-License-Identifier: Apache-2.0 */
/* Printing and strict parsing of cells. Inference accepts a form only when print(parse(cell)) equals the cell for
 * every cell, so nothing here has to guess. */
#include "table/form.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t length_of(int printed) { return printed < 0 ? 0 : (size_t)printed; }

size_t mm_form_integer(const struct mm_form *form, int64_t value, char *text, size_t size) {
    char plain[32];
    if (mm_is_dressed(&form->dress)) {
        snprintf(plain, sizeof plain, "%" PRId64, value);
        return mm_put_dress(&form->dress, plain, text, size);
    }
    if (form->width) return length_of(snprintf(text, size, "%0*" PRId64, form->width, value));
    return length_of(snprintf(text, size, "%" PRId64, value));
}

/* The digits of repr: positional between 1e-4 and 1e16, else with an exponent of at least two digits. */
static size_t shortest(double value, char *text, size_t size) {
    char digits[64];
    int precision = 1;
    for (; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*e", precision - 1, value);
        if (strtod(digits, NULL) == value) break;
    }
    long exponent = strtol(strchr(digits, 'e') + 1, NULL, 10);
    if (value != 0 && (exponent < -4 || exponent >= 16)) return length_of(snprintf(text, size, "%.*e", precision - 1, value));
    long decimals = (precision > 17 ? 17 : precision) - 1 - exponent;
    return length_of(snprintf(text, size, "%.*f", decimals < 1 ? 1 : (int)decimals, value));
}

static size_t plain_float(const struct mm_form *form, double value, char *text, size_t size) {
    if (form->style == MM_FLOAT_SHORTEST) return shortest(value, text, size);
    if (form->style == MM_FLOAT_GENERAL) return length_of(snprintf(text, size, "%.15g", value));
    char buffer[MM_CELL_MAX];
    int length = snprintf(buffer, sizeof buffer, "%.*f", form->decimals, value);
    if (length < 0 || (size_t)length >= sizeof buffer) return 0;
    if (form->style != MM_FLOAT_FIXED && form->decimals > 0) {
        int keep = form->style == MM_FLOAT_POINT ? 1 : 0;
        int point = length - form->decimals - 1;
        while (length > point + 1 + keep && buffer[length - 1] == '0') length--;
        if (length == point + 1) length--;
    }
    return length_of(snprintf(text, size, "%.*s", length, buffer));
}

int mm_spelling_compare(const void *a, const void *b) {
    double x = ((const struct mm_spelling *)a)->value, y = ((const struct mm_spelling *)b)->value;
    return (x > y) - (x < y);
}

const char *mm_form_spelling(const struct mm_form *form, double value) {
    struct mm_spelling key = {.value = value};
    const struct mm_spelling *found =
        form->spelling_count ? bsearch(&key, form->spellings, form->spelling_count, sizeof key, mm_spelling_compare) : NULL;
    return found ? found->text : NULL;
}

mint_status mm_form_spell(struct mm_form *form, struct mm_arena *arena, const struct mm_spelling *spellings, uint32_t count,
                          mint_error *err) {
    struct mm_spelling *copy = NULL;
    if (count) MM_ALLOC_OR_RETURN(copy, arena, count, err);
    for (uint32_t i = 0; i < count; i++) {
        char *text;
        MM_COPY_TEXT_OR_RETURN(text, arena, spellings[i].text, err);
        copy[i] = (struct mm_spelling){spellings[i].value, text};
    }
    if (count) qsort(copy, count, sizeof *copy, mm_spelling_compare);
    form->spellings = copy, form->spelling_count = count;
    return MINT_OK;
}

size_t mm_form_float(const struct mm_form *form, double value, char *text, size_t size) {
    char plain[MM_CELL_MAX];
    const char *spelling = mm_form_spelling(form, value);
    if (spelling) return length_of(snprintf(text, size, "%s", spelling));
    if (!mm_is_dressed(&form->dress)) return plain_float(form, value, text, size);
    plain_float(form, value, plain, sizeof plain);
    return mm_put_dress(&form->dress, plain, text, size);
}

bool mm_read_integer(const struct mm_form *form, const char *text, int64_t *value) {
    char plain[MM_CELL_MAX];
    if (!mm_is_dressed(&form->dress)) return mm_parse_integer(text, value);
    return mm_undress(&form->dress, text, plain) && mm_parse_integer(plain, value);
}

bool mm_read_float(const struct mm_form *form, const char *text, double *value) {
    char plain[MM_CELL_MAX];
    if (!mm_is_dressed(&form->dress)) return mm_parse_float(text, value);
    return mm_undress(&form->dress, text, plain) && mm_parse_float(plain, value);
}

bool mm_parse_integer(const char *text, int64_t *value) {
    const char *digits = text[0] == '-' ? text + 1 : text;
    size_t count = strspn(digits, "0123456789");
    if (!count || digits[count] || count > 19) return false;
    uint64_t magnitude = 0;
    for (size_t i = 0; i < count; i++) {
        if (magnitude > (UINT64_MAX - 9) / 10) return false;
        magnitude = magnitude * 10 + (uint64_t)(digits[i] - '0');
    }
    if (magnitude > (uint64_t)INT64_MAX) return false;
    *value = text[0] == '-' ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

bool mm_parse_float(const char *text, double *value) {
    const char *c = text + (text[0] == '-' || text[0] == '+');
    size_t whole = strspn(c, "0123456789");
    c += whole;
    size_t part = 0;
    if (*c == '.') {
        part = strspn(c + 1, "0123456789");
        c += 1 + part;
    }
    if (whole + part == 0 || whole + part > 300) return false;
    if (*c == 'e' || *c == 'E') {
        c++;
        c += *c == '-' || *c == '+';
        size_t digits = strspn(c, "0123456789");
        if (!digits) return false;
        c += digits;
    }
    if (*c) return false;
    *value = strtod(text, NULL);
    return isfinite(*value);
}

int mm_float_text_decimals(const char *text) {
    if (strpbrk(text, "eE")) return -1;
    const char *point = strchr(text, '.');
    return point ? (int)strlen(point + 1) : 0;
}

int64_t mm_days_from_civil(int64_t year, unsigned month, unsigned day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void mm_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

struct moment {
    int64_t year;
    unsigned month, day, hour, minute, second, micro;
};

static bool take_digits(const char **at, unsigned most, bool exactly, unsigned *value) {
    unsigned count = 0, number = 0;
    while (count < most && **at >= '0' && **at <= '9') {
        number = number * 10 + (unsigned)(**at - '0');
        (*at)++;
        count++;
    }
    *value = number;
    return exactly ? count == most : count > 0;
}

static bool take_fraction(const char **at, unsigned digits, unsigned *micro) {
    unsigned value = 0;
    if (!take_digits(at, digits, true, &value)) return false;
    for (unsigned i = digits; i < 6; i++) value *= 10;
    *micro = value;
    return true;
}

static unsigned days_in_month(int64_t year, unsigned month) {
    if (month != 2) return 30 + ((month + (month > 7)) & 1);
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
}

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

/* The first three letters, or the whole word. */
static bool take_month(const char **at, bool whole, unsigned *month) {
    for (unsigned k = 0; k < 12; k++) {
        size_t length = whole ? strlen(months[k]) : 3;
        if (strncmp(*at, months[k], length) != 0) continue;
        *at += length;
        *month = k + 1;
        return true;
    }
    return false;
}

/* Two digits: 1969 to 2068, as POSIX reads them. */
static bool take_short_year(const char **at, unsigned *year) {
    if (!take_digits(at, 2, true, year)) return false;
    *year += *year < 69 ? 2000 : 1900;
    return true;
}

static bool take_half_of_day(const char **at, bool capitals, bool *afternoon) {
    const char *words[] = {capitals ? "AM" : "am", capitals ? "PM" : "pm"};
    *afternoon = !strncmp(*at, words[1], 2);
    if (!*afternoon && strncmp(*at, words[0], 2) != 0) return false;
    *at += 2;
    return true;
}

/* What has been read of a text so far; a twelfth of half a day is an hour only with its half. */
struct reading {
    const char *at;
    struct moment m;
    unsigned year, twelfth;
    bool afternoon;
};

/* One field; *p stands behind the percent sign and is moved to the field's last character. */
static bool take_field(struct reading *r, const char **p) {
    bool loose = **p == '-';
    if (loose) (*p)++;
    switch (**p) {
    case 'Y': return take_digits(&r->at, 4, true, &r->year);
    case 'y': return take_short_year(&r->at, &r->year);
    case 'm': return take_digits(&r->at, 2, !loose, &r->m.month);
    case 'b':
    case 'B': return take_month(&r->at, **p == 'B', &r->m.month);
    case 'd': return take_digits(&r->at, 2, !loose, &r->m.day);
    case 'H': return take_digits(&r->at, 2, !loose, &r->m.hour);
    case 'I': return take_digits(&r->at, 2, !loose, &r->twelfth) && r->twelfth >= 1 && r->twelfth <= 12;
    case 'p':
    case 'P': return take_half_of_day(&r->at, **p == 'p', &r->afternoon);
    case 'M': return take_digits(&r->at, 2, true, &r->m.minute);
    case 'S': return take_digits(&r->at, 2, true, &r->m.second);
    default: break;
    }
    if (**p < '1' || **p > '6' || (*p)[1] != 'f') return false;
    return take_fraction(&r->at, (unsigned)(*(*p)++ - '0'), &r->m.micro);
}

bool mm_parse_temporal(const char *pattern, const char *text, bool is_date, int64_t *value) {
    struct reading r = {.at = text, .m = {.month = 1, .day = 1}, .year = 1970};
    for (const char *p = pattern; *p; p++) {
        if (*p != '%') {
            if (*r.at++ != *p) return false;
            continue;
        }
        p++;
        if (!take_field(&r, &p)) return false;
    }
    struct moment m = r.m;
    m.year = r.year;
    if (r.twelfth) m.hour = r.twelfth % 12 + (r.afternoon ? 12 : 0);
    if (*r.at || m.month < 1 || m.month > 12 || m.day < 1 || m.day > days_in_month(m.year, m.month)) return false;
    if (m.hour > 23 || m.minute > 59 || m.second > 59) return false;
    int64_t days = mm_days_from_civil(m.year, m.month, m.day);
    *value = is_date ? days : ((days * 24 + m.hour) * 60 + m.minute) * 60000000 + (int64_t)m.second * 1000000 + m.micro;
    return true;
}

static struct moment moment_of(bool is_date, int64_t value) {
    struct moment m = {0};
    int64_t day = is_date ? value : value / 86400000000;
    int64_t rest = is_date ? 0 : value % 86400000000;
    if (rest < 0) {
        rest += 86400000000;
        day--;
    }
    mm_civil_from_days(day, &m.year, &m.month, &m.day);
    m.micro = (unsigned)(rest % 1000000);
    rest /= 1000000;
    m.second = (unsigned)(rest % 60);
    m.minute = (unsigned)(rest / 60 % 60);
    m.hour = (unsigned)(rest / 3600);
    return m;
}

enum { FIELD_MAX = 24 };

/* As take_field. */
static int print_field(char *out, const struct moment *m, const char **p) {
    bool loose = **p == '-';
    if (loose) (*p)++;
    int width = loose ? 1 : 2;
    switch (**p) {
    case 'Y': return snprintf(out, FIELD_MAX, "%04" PRId64, m->year);
    case 'y': return snprintf(out, FIELD_MAX, "%02u", (unsigned)((m->year % 100 + 100) % 100));
    case 'm': return snprintf(out, FIELD_MAX, "%0*u", width, m->month);
    case 'b': return snprintf(out, FIELD_MAX, "%.3s", months[m->month - 1]);
    case 'B': return snprintf(out, FIELD_MAX, "%s", months[m->month - 1]);
    case 'd': return snprintf(out, FIELD_MAX, "%0*u", width, m->day);
    case 'H': return snprintf(out, FIELD_MAX, "%0*u", width, m->hour);
    case 'I': return snprintf(out, FIELD_MAX, "%0*u", width, (m->hour + 11) % 12 + 1);
    case 'p': return snprintf(out, FIELD_MAX, "%s", m->hour < 12 ? "AM" : "PM");
    case 'P': return snprintf(out, FIELD_MAX, "%s", m->hour < 12 ? "am" : "pm");
    case 'M': return snprintf(out, FIELD_MAX, "%02u", m->minute);
    case 'S': return snprintf(out, FIELD_MAX, "%02u", m->second);
    default: break;
    }
    if (**p < '1' || **p > '6') return 0;
    unsigned fraction = m->micro;
    int digits = *(*p)++ - '0';
    for (int i = digits; i < 6; i++) fraction /= 10;
    return snprintf(out, FIELD_MAX, "%0*u", digits, fraction);
}

size_t mm_form_temporal(const struct mm_form *form, bool is_date, int64_t value, char *text, size_t size) {
    struct moment m = moment_of(is_date, value);
    char out[128];
    size_t used = 0;
    for (const char *p = form->pattern; *p && used < sizeof out - FIELD_MAX; p++) {
        if (*p != '%') {
            out[used++] = *p;
            continue;
        }
        p++;
        used += length_of(print_field(out + used, &m, &p));
        if (!*p) break; /* a pattern that ends within a field */
    }
    out[used] = 0;
    return length_of(snprintf(text, size, "%s", out));
}

static const char *const dates[] = {"%Y-%m-%d",   "%Y/%m/%d",   "%d.%m.%Y",   "%d/%m/%Y",   "%m/%d/%Y",   "%d-%m-%Y", "%m-%d-%Y",
                                    "%Y.%m.%d",   "%-d.%-m.%Y", "%-m/%-d/%Y", "%-d/%-m/%Y", "%Y-%-m-%-d", "%Y-%m",    "%d.%m.%y",
                                    "%d/%m/%y",   "%m/%d/%y",   "%-m/%-d/%y", "%-d/%-m/%y", "%-d.%-m.%y", "%d-%b-%Y", "%d-%b-%y",
                                    "%-d-%b-%y",  "%d %b %Y",   "%-d %b %Y",  "%b %d, %Y",  "%b %-d, %Y", "%d %B %Y", "%-d %B %Y",
                                    "%B %-d, %Y", "%B %d, %Y",  "%b %Y",      "%b-%Y",      "%b-%y",      "%B %Y"};
static const char *const times[] = {"%H:%M:%S",     "%H:%M",        "%-H:%M:%S", "%-H:%M",    "%H:%M:%S.%3f", "%H:%M:%S.%6f",
                                    "%H:%M:%S.%1f", "%H:%M:%S.%2f", "%I:%M %p",  "%-I:%M %p", "%I:%M:%S %p",  "%-I:%M:%S %p",
                                    "%I:%M %P",     "%-I:%M %P",    "%-I:%M%P",  "%-I:%M%p"};
static const char *const joints[] = {" ", "T"};
static const char *const zones[] = {"", "Z", "+00:00", " UTC"};
enum { DATES = sizeof dates / sizeof *dates, TIMES = sizeof times / sizeof *times };
enum { JOINTS = sizeof joints / sizeof *joints, ZONES = sizeof zones / sizeof *zones };

const char *mm_temporal_pattern(char kind, unsigned index, char buffer[MM_PATTERN_MAX]) {
    if (kind == 'd') return index < DATES ? dates[index] : NULL;
    if (kind == 't') return index < TIMES ? times[index] : NULL;
    if (index >= DATES * TIMES * JOINTS * ZONES) return NULL;
    unsigned zone = index % ZONES, joint = index / ZONES % JOINTS, time = index / ZONES / JOINTS % TIMES;
    unsigned date = index / ZONES / JOINTS / TIMES;
    snprintf(buffer, MM_PATTERN_MAX, "%s%s%s%s", dates[date], joints[joint], times[time], zones[zone]);
    return buffer;
}

const char *const *mm_boolean_words(unsigned index) {
    static const char *const words[][2] = {{"false", "true"}, {"False", "True"}, {"FALSE", "TRUE"}, {"no", "yes"}, {"No", "Yes"},
                                           {"NO", "YES"},     {"n", "y"},        {"N", "Y"},        {"f", "t"},    {"F", "T"}};
    return index < sizeof words / sizeof *words ? words[index] : NULL;
}
