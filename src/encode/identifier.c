/* SPDX-License-Identifier: Apache-2.0 */
#include "encode/identifier.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "rng/philox.h"
#include "stats/elementary.h"

__extension__ typedef unsigned __int128 wide;
#define DOMAIN_MAX ((uint64_t)1 << 63)
enum { MAIL_DOMAIN_BYTES = 12, ROWS_A_ROW = 4000 }; /* so many rows may be drawn for each that was learned from */
static const char mail_domain[] = "@example.org";   /* reserved (RFC 2606): a made address never reaches a person */

static char class_of(char c) {
    if (isdigit((unsigned char)c)) return '0';
    if (islower((unsigned char)c)) return 'a';
    if (isupper((unsigned char)c)) return 'A';
    return 'L';
}

static unsigned class_size(char shape) {
    switch (shape) {
    case '0': return 10;
    case 'a':
    case 'A': return 26;
    case 'x': return 16;
    default: return 1;
    }
}

static char class_member(char shape, unsigned index) {
    if (shape == '0') return (char)('0' + index);
    if (shape == 'x') return "0123456789abcdef"[index];
    return (char)(shape + (int)index);
}

static void shape_of(const char *text, char *shape) {
    size_t length = 0;
    for (; text[length] && length < MM_SHAPE_MAX; length++) shape[length] = class_of(text[length]);
    shape[length] = 0;
}

static bool all_numbers(const struct mm_dictionary *d, struct mm_identifier *identifier) {
    identifier->next_number = 0;
    size_t width = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        int64_t value;
        const char *text = mm_dictionary_text(d, i);
        if (!mm_parse_integer(text, &value) || value > INT64_MAX / 2) return false;
        if (text[0] == '0' && text[1]) width = strlen(text);
        if (value >= identifier->next_number) identifier->next_number = value + 1;
    }
    identifier->width = width <= 18 ? (uint8_t)width : 0;
    return d->count > 0;
}

/* The most frequent shape, and which of its places hold the same byte in every text of that shape. */
static mint_status common_shape(struct mm_identifier *identifier, struct mm_arena *scratch, const struct mm_dictionary *d,
                                mint_error *err) {
    struct mm_interner shapes;
    MM_RETURN_IF_ERROR(mm_interner_init(&shapes, scratch, err));
    int32_t *shape_of_text;
    uint32_t *counts;
    MM_ALLOC_OR_RETURN(shape_of_text, scratch, d->count, err);
    MM_ALLOC_OR_RETURN(counts, scratch, d->count, err);
    int32_t best = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        char shape[MM_SHAPE_MAX + 1];
        shape_of(mm_dictionary_text(d, i), shape);
        MM_RETURN_IF_ERROR(mm_interner_add(&shapes, shape, strlen(shape), &shape_of_text[i], err));
        if (++counts[shape_of_text[i]] > counts[best]) best = shape_of_text[i];
    }
    snprintf(identifier->shape, sizeof identifier->shape, "%s", d->count ? mm_dictionary_text(&shapes.dictionary, (uint32_t)best) : "");
    bool first = true;
    for (uint32_t i = 0; i < d->count; i++) {
        if (shape_of_text[i] != best) continue;
        const char *text = mm_dictionary_text(d, i);
        for (size_t k = 0; identifier->shape[k]; k++) {
            if (first)
                identifier->literal[k] = text[k];
            else if (identifier->literal[k] != text[k])
                identifier->literal[k] = 0;
        }
        first = false;
    }
    for (size_t k = 0; identifier->shape[k]; k++)
        if (identifier->literal[k] && counts[best] > 1) identifier->shape[k] = 'L';
    return MINT_OK;
}

uint64_t mm_identifier_domain(const struct mm_identifier *identifier, int form) {
    wide domain = 1;
    for (size_t k = 0; identifier->shape[k] && domain <= DOMAIN_MAX; k++) domain *= class_size(identifier->shape[k]);
    for (int k = 0; form == MM_FORM_WIDE && k < identifier->wide_digits && domain <= DOMAIN_MAX; k++) domain *= 10;
    return domain <= DOMAIN_MAX ? (uint64_t)domain : 0;
}

/* Mail addresses get a domain that nobody has, large forms fewer places that vary, small ones a wide form. */
static void settle_forms(struct mm_identifier *identifier, uint64_t row_count) {
    char *at = strchr(identifier->literal, '@');
    size_t length = strlen(identifier->shape);
    bool is_mail = at && identifier->shape[at - identifier->literal] == 'L';
    if (is_mail) length = (size_t)(at - identifier->literal);
    if (length > MM_SHAPE_MAX - 20 - MAIL_DOMAIN_BYTES) length = MM_SHAPE_MAX - 20 - MAIL_DOMAIN_BYTES;
    uint64_t domain = 1;
    for (size_t k = 0; k < length; k++) {
        /* Beyond 2^57 texts the rest of the places need not vary by row. */
        if (domain > ((uint64_t)1 << 57) / 26 && identifier->shape[k] != 'L') {
            identifier->literal[k] = class_member(identifier->shape[k], 0);
            identifier->shape[k] = 'L';
        }
        domain *= class_size(identifier->shape[k]);
    }
    identifier->wide_at = (uint8_t)length;
    for (; domain < (row_count + 1) * ROWS_A_ROW; domain *= 10) identifier->wide_digits++;
    if (is_mail) {
        memset(identifier->shape + length, 'L', MAIL_DOMAIN_BYTES);
        memcpy(identifier->literal + length, mail_domain, MAIL_DOMAIN_BYTES);
        length += MAIL_DOMAIN_BYTES;
    }
    identifier->shape[length] = 0;
}

/* The form's shape and literals, with the wide form's digits. Returns the length. */
static size_t spell_form(const struct mm_identifier *identifier, int form, char *shape, char *literal) {
    size_t length = strlen(identifier->shape), at = identifier->wide_at, more = form == MM_FORM_WIDE ? identifier->wide_digits : 0;
    memcpy(shape, identifier->shape, at);
    memset(shape + at, '0', more);
    memcpy(shape + at + more, identifier->shape + at, length - at + 1);
    memcpy(literal, identifier->literal, at);
    memset(literal + at, 0, more);
    memcpy(literal + at + more, identifier->literal + at, length - at);
    return length + more;
}

/* The text's number within the form; false when it has another form. */
static bool number_of(const char *text, size_t count, const char *shape, const char *literal, size_t length, uint64_t *number) {
    if (count != length) return false;
    *number = 0;
    for (size_t k = 0; k < length; k++) {
        unsigned size = class_size(shape[k]), member = 0;
        while (size > 1 && member < size && class_member(shape[k], member) != text[k]) member++;
        if (size == 1 ? text[k] != literal[k] : member == size) return false;
        *number = *number * size + member;
    }
    return true;
}

/* x with a x = 1 modulo m, for coprime a and m (extended Euclid). */
static uint64_t inverse(uint64_t a, uint64_t m) {
    __extension__ typedef __int128 whole;
    whole old_r = a % m, r = m, old_s = 1, s = 0;
    while (r) {
        whole quotient = old_r / r, next = old_r - quotient * r;
        old_r = r, r = next;
        next = old_s - quotient * s;
        old_s = s, s = next;
    }
    return (uint64_t)(old_s < 0 ? old_s + (whole)m : old_s);
}

static int compare_places(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static mint_status find_taken(struct mm_identifier *identifier, int form, struct mm_arena *arena, const struct mm_dictionary *d,
                              mint_error *err) {
    char shape[MM_SHAPE_MAX + 1], literal[MM_SHAPE_MAX + 1];
    size_t length = spell_form(identifier, form, shape, literal);
    uint64_t domain = mm_identifier_domain(identifier, form), back = inverse(identifier->multiplier, domain), count = 0, number;
    MM_ALLOC_OR_RETURN(identifier->taken[form], arena, d->count, err);
    for (uint32_t i = 0; i < d->count; i++)
        if (number_of(mm_dictionary_text(d, i), mm_dictionary_length(d, i), shape, literal, length, &number))
            identifier->taken[form][count++] = (uint64_t)((wide)(number + domain - identifier->shift % domain) * back % domain);
    if (count) qsort(identifier->taken[form], count, sizeof(uint64_t), compare_places);
    identifier->taken_count[form] = count;
    return MINT_OK;
}

mint_status mm_identifier_fit(struct mm_identifier *identifier, struct mm_arena *arena, const struct mm_column *column, uint64_t row_count,
                              uint64_t seed, mint_error *err) {
    *identifier = (struct mm_identifier){0};
    const struct mm_dictionary *d = &column->dictionary;
    identifier->numbers = all_numbers(d, identifier);
    if (identifier->numbers) return MINT_OK;
    struct mm_arena scratch;
    mm_arena_init(&scratch, arena->memory);
    mint_status status = common_shape(identifier, &scratch, d, err);
    mm_arena_release(&scratch);
    MM_RETURN_IF_ERROR(status);
    settle_forms(identifier, row_count);
    struct mm_rng rng = mm_rng_at(seed, MM_STREAM_IDENTIFIER, mm_hash_bytes(column->field.name, strlen(column->field.name)), 0);
    uint64_t most = mm_identifier_domain(identifier, MM_FORM_WIDE);
    do identifier->multiplier = mm_rng_below(&rng, most) | 1;
    while (mm_common_divisor(identifier->multiplier, most) != 1);
    identifier->shift = mm_rng_below(&rng, most);
    for (int form = MM_FORM_REAL; form < MM_FORMS; form++) MM_RETURN_IF_ERROR(find_taken(identifier, form, arena, d, err));
    return MINT_OK;
}

/* The row-th place, from 0, that is not taken. */
static uint64_t free_place(const uint64_t *taken, uint64_t count, uint64_t row) {
    uint64_t low = 0, high = count; /* how many taken places lie before it: taken[k] - k free ones come before taken[k] */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (taken[middle] - middle <= row)
            low = middle + 1;
        else
            high = middle;
    }
    return row + low;
}

size_t mm_identifier_make(const struct mm_identifier *identifier, uint64_t row, char *text, size_t size) {
    if (identifier->numbers) {
        int printed = snprintf(text, size, "%0*" PRId64, identifier->width ? identifier->width : 1, identifier->next_number + (int64_t)row);
        return printed < 0 ? 0 : (size_t)printed;
    }
    int form = MM_FORM_REAL;
    uint64_t domain = mm_identifier_domain(identifier, form), free = domain - identifier->taken_count[form];
    if (row >= free && identifier->wide_digits) {
        row -= free;
        form = MM_FORM_WIDE;
        domain = mm_identifier_domain(identifier, form), free = domain - identifier->taken_count[form];
    }
    uint64_t place = free_place(identifier->taken[form], identifier->taken_count[form], free ? row % free : 0);
    uint64_t number = (uint64_t)(((wide)place * identifier->multiplier + identifier->shift) % domain);
    char made[MM_SHAPE_MAX + 1], shape[MM_SHAPE_MAX + 1];
    for (size_t k = spell_form(identifier, form, shape, made); k-- > 0;) {
        unsigned choices = class_size(shape[k]);
        if (choices > 1) made[k] = class_member(shape[k], (unsigned)(number % choices));
        number /= choices;
    }
    made[strlen(shape)] = 0;
    int printed = snprintf(text, size, "%s", made);
    return printed < 0 ? 0 : (size_t)printed;
}
