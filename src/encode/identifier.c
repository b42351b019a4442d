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
enum { TRIES = 4, MAIL_DOMAIN_BYTES = 12 };
static const char mail_domain[] = "@example.org"; /* reserved (RFC 2606): a made address never reaches a person */

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

static void settle_domain(struct mm_identifier *identifier, uint64_t row_count) {
    char *at = strchr(identifier->literal, '@');
    size_t length = strlen(identifier->shape);
    if (at && identifier->shape[at - identifier->literal] == 'L')
        length = (size_t)(at - identifier->literal);
    else
        at = NULL;
    if (length > MM_SHAPE_MAX - 20 - MAIL_DOMAIN_BYTES) length = MM_SHAPE_MAX - 20 - MAIL_DOMAIN_BYTES;
    identifier->domain = 1;
    for (size_t k = 0; k < length; k++) {
        /* Beyond 2^62 texts the rest of the places need not vary by row. */
        if (identifier->domain > ((uint64_t)1 << 57) / 26 && identifier->shape[k] != 'L') {
            identifier->literal[k] = class_member(identifier->shape[k], 0);
            identifier->shape[k] = 'L';
        }
        identifier->domain *= class_size(identifier->shape[k]);
    }
    while (identifier->domain < (row_count + 1) * 1000 * TRIES && length < MM_SHAPE_MAX - MAIL_DOMAIN_BYTES) {
        identifier->shape[length++] = '0';
        identifier->domain *= 10;
    }
    identifier->shape[length] = 0;
    if (!at) return;
    memset(identifier->shape + length, 'L', MAIL_DOMAIN_BYTES);
    memcpy(identifier->literal + length, mail_domain, MAIL_DOMAIN_BYTES);
    identifier->shape[length + MAIL_DOMAIN_BYTES] = 0;
}

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
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
    settle_domain(identifier, row_count);
    struct mm_rng rng = mm_rng_at(seed, MM_STREAM_IDENTIFIER, mm_hash_bytes(column->field.name, strlen(column->field.name)), 0);
    do identifier->multiplier = mm_rng_below(&rng, identifier->domain) | 1;
    while (mm_common_divisor(identifier->multiplier, identifier->domain) != 1);
    identifier->shift = mm_rng_below(&rng, identifier->domain);
    MM_ALLOC_OR_RETURN(identifier->real, arena, d->count, err);
    for (uint32_t i = 0; i < d->count; i++) identifier->real[i] = mm_hash_bytes(mm_dictionary_text(d, i), mm_dictionary_length(d, i));
    identifier->real_count = d->count;
    qsort(identifier->real, d->count, sizeof *identifier->real, compare_hashes);
    return MINT_OK;
}

static bool is_real(const struct mm_identifier *identifier, const char *text, size_t length) {
    uint64_t hash = mm_hash_bytes(text, length), low = 0, high = identifier->real_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (identifier->real[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < identifier->real_count && identifier->real[low] == hash;
}

size_t mm_identifier_make(const struct mm_identifier *identifier, uint64_t row, char *text, size_t size) {
    if (identifier->numbers) {
        int printed = snprintf(text, size, "%0*" PRId64, identifier->width ? identifier->width : 1, identifier->next_number + (int64_t)row);
        return printed < 0 ? 0 : (size_t)printed;
    }
    char made[MM_SHAPE_MAX + 1];
    size_t length = strlen(identifier->shape);
    made[length] = 0;
    /* Each row owns TRIES neighbours of the permuted domain; the first that no real row has is taken. */
    for (uint64_t attempt = 0; attempt < TRIES; attempt++) {
        uint64_t index = (uint64_t)(((wide)((row * TRIES + attempt) % identifier->domain) * identifier->multiplier + identifier->shift) %
                                    identifier->domain);
        for (size_t k = length; k-- > 0;) {
            unsigned choices = class_size(identifier->shape[k]);
            made[k] = choices == 1 ? identifier->literal[k] : class_member(identifier->shape[k], (unsigned)(index % choices));
            index /= choices;
        }
        if (!is_real(identifier, made, length)) break;
    }
    int printed = snprintf(text, size, "%s", made);
    return printed < 0 ? 0 : (size_t)printed;
}
