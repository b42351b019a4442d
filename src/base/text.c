/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void mm_text_init(struct mm_text *text, struct mm_arena *arena) { *text = (struct mm_text){.arena = arena}; }

static bool reserve(struct mm_text *text, size_t extra) {
    if (text->failed) return false;
    if (text->length + extra + 1 <= text->capacity) return true;
    size_t capacity = text->capacity ? text->capacity * 2 : 256;
    while (capacity < text->length + extra + 1) capacity *= 2;
    char *data = mm_arena_resize(text->arena, text->data, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void mm_text_add_bytes(struct mm_text *text, const void *bytes, size_t count) {
    if (!reserve(text, count)) return;
    if (count) memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = 0;
}

void mm_text_add(struct mm_text *text, const char *string) { mm_text_add_bytes(text, string, strlen(string)); }

void mm_text_addf(struct mm_text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

mint_status mm_text_status(const struct mm_text *text, mint_error *err) {
    return text->failed ? mm_error_no_memory(err, text->arena->memory, text->length, 2) : MINT_OK;
}

static size_t sequence_length(const unsigned char *s, size_t left) {
    if (s[0] == 0) return 0;
    if (s[0] < 0x80) return 1;
    unsigned low = 0x80, high = 0xBF; /* bounds of the second byte keep out overlong forms, surrogates and > U+10FFFF */
    size_t length;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        length = 2;
    else if (s[0] >= 0xE0 && s[0] <= 0xEF)
        length = 3;
    else if (s[0] >= 0xF0 && s[0] <= 0xF4)
        length = 4;
    else
        return 0;
    if (s[0] == 0xE0) low = 0xA0;
    if (s[0] == 0xED) high = 0x9F;
    if (s[0] == 0xF0) low = 0x90;
    if (s[0] == 0xF4) high = 0x8F;
    if (left < length || s[1] < low || s[1] > high) return 0;
    for (size_t i = 2; i < length; i++)
        if (s[i] < 0x80 || s[i] > 0xBF) return 0;
    return length;
}

size_t mm_utf8_valid_prefix(const char *bytes, size_t count) {
    size_t at = 0;
    while (at < count) {
        size_t length = sequence_length((const unsigned char *)bytes + at, count - at);
        if (!length) return at;
        at += length;
    }
    return at;
}

uint64_t mm_hash_bytes(const void *bytes, size_t count) {
    const unsigned char *b = bytes;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++) hash = (hash ^ b[i]) * 0x100000001b3u;
    return hash ^ (hash >> 29);
}
