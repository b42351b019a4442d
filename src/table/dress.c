/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people dress them: $1,234.50, 1.234,50 EUR, 12 %. A dress is put on and taken off; what is under it is a plain number. */
#include <stdio.h>
#include <string.h>

#include "table/form.h"

static const char *const prefixes[] = {"", "$", "€", "£", "¥", "$ ", "€ ", "£ ", "US$", "CHF ", "EUR ", "USD "};
/* French and spreadsheets keep number and unit on one line: a no-break space, plain (U+00A0) or narrow (U+202F). */
#define BROAD "\u00a0"
#define NARROW "\u202f"
static const char *const suffixes[] = {"",     "%",    " %",  "€",       " €",      "$",        " $",      " EUR",
                                       " USD", " CHF", " kr", BROAD "€", BROAD "%", NARROW "€", NARROW "%"};
/* Thousands and decimals. 1,234 alone is a thousand and more; in a column where it is not, some cell shows so. */
static const struct {
    const char *group;
    char point;
} separators[] = {{"", '.'},  {",", '.'}, {".", ','},   {"", ','},     {" ", ','},   {" ", '.'},
                  {"'", '.'}, {"’", '.'}, {BROAD, ','}, {NARROW, ','}, {BROAD, '.'}, {NARROW, '.'}};
enum { PREFIXES = sizeof prefixes / sizeof *prefixes, SUFFIXES = sizeof suffixes / sizeof *suffixes };
enum { SEPARATORS = sizeof separators / sizeof *separators };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool mm_is_dressed(const struct mm_dress *dress) {
    return dress->group[0] || (dress->point && dress->point != '.') || dress->prefix[0] || dress->suffix[0];
}

bool mm_dress_candidate(struct mm_dress *dress, unsigned index) {
    unsigned separator = index % SEPARATORS, suffix = index / SEPARATORS % SUFFIXES, prefix = index / SEPARATORS / SUFFIXES;
    if (prefix >= PREFIXES) return false;
    *dress = (struct mm_dress){.point = separators[separator].point};
    snprintf(dress->group, sizeof dress->group, "%s", separators[separator].group);
    snprintf(dress->prefix, sizeof dress->prefix, "%s", prefixes[prefix]);
    snprintf(dress->suffix, sizeof dress->suffix, "%s", suffixes[suffix]);
    return true;
}

/* Bytes of the group character at c that stands before a digit; 0: none. */
static size_t group_at(const struct mm_dress *dress, const char *c) {
    size_t length = strlen(dress->group);
    return length && !strncmp(c, dress->group, length) && is_digit(c[length]) ? length : 0;
}

bool mm_undress(const struct mm_dress *dress, const char *text, char plain[MM_CELL_MAX]) {
    const char *c = text, point = dress->point ? dress->point : '.';
    size_t used = 0, prefix = strlen(dress->prefix);
    if (strlen(text) >= MM_CELL_MAX) return false;
    if (*c == '-') plain[used++] = *c++;
    if (strncmp(c, dress->prefix, prefix) != 0) return false;
    for (c += prefix; is_digit(*c) || group_at(dress, c); c += is_digit(*c) ? 1 : group_at(dress, c))
        if (is_digit(*c)) plain[used++] = *c;
    if (*c == point && is_digit(c[1])) {
        plain[used++] = '.';
        for (c++; is_digit(*c); c++) plain[used++] = *c;
    }
    plain[used] = 0;
    return used > 0 && is_digit(plain[used - 1]) && !strcmp(c, dress->suffix);
}

size_t mm_put_dress(const struct mm_dress *dress, const char *plain, char *text, size_t size) {
    char out[3 * MM_CELL_MAX];
    size_t used = 0, whole = strspn(plain + (*plain == '-'), "0123456789");
    if (*plain == '-') out[used++] = *plain++;
    used += (size_t)snprintf(out + used, sizeof out - used, "%s", dress->prefix);
    for (size_t i = 0; i < whole && used < sizeof out - MM_GROUP_MAX - 1; i++) {
        if (i && (whole - i) % 3 == 0) used += (size_t)snprintf(out + used, sizeof out - used, "%s", dress->group);
        out[used++] = plain[i];
    }
    out[used] = 0;
    plain += whole;
    if (*plain == '.' && dress->point && used < sizeof out - 1) {
        out[used++] = dress->point;
        plain++;
    }
    snprintf(out + used, sizeof out - used, "%s%s", plain, dress->suffix);
    return (size_t)snprintf(text, size, "%s", out);
}

/* ---- in a schema: by an example ---- */

size_t mm_dress_example(const struct mm_dress *dress, char *text, size_t size) { return mm_put_dress(dress, "1234.5", text, size); }

static bool take_words(char word[MM_DRESS_MAX], const char *from, size_t length) {
    if (length >= MM_DRESS_MAX) return false;
    for (size_t i = 0; i < length; i++)
        if (is_digit(from[i]) || from[i] == '-' || (unsigned char)from[i] < ' ') return false;
    memcpy(word, from, length);
    word[length] = 0;
    return true;
}

/* Nothing, or a character that some separators have, but not the point. */
static bool parts_thousands(const struct mm_dress *dress) {
    bool known = false;
    for (unsigned i = 0; i < SEPARATORS; i++) known = known || !strcmp(dress->group, separators[i].group);
    return known && dress->group[0] != dress->point;
}

bool mm_dress_from_example(struct mm_dress *dress, const char *example) {
    *dress = (struct mm_dress){.point = '.'};
    const char *one = strchr(example, '1');
    if (!one || !take_words(dress->prefix, example, (size_t)(one - example))) return false;
    const char *c = one + 1;
    size_t group = strcspn(c, "0123456789");
    if (group >= MM_GROUP_MAX) return false;
    memcpy(dress->group, c, group);
    c += group;
    if (strncmp(c, "234", 3) != 0 || !c[3] || c[4] != '5') return false;
    dress->point = c[3];
    return strchr(".,", dress->point) && parts_thousands(dress) && take_words(dress->suffix, c + 5, strlen(c + 5));
}
