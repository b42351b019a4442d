/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_BASE_TEXT_H
#define MM_BASE_TEXT_H
#include "base/memory.h"

/* Growing text in an arena. The first refused growth is remembered: check once, at the end, with mm_text_status. */
struct mm_text {
    struct mm_arena *arena;
    char *data; /* NUL-terminated once anything was added; NULL before */
    size_t length, capacity;
    bool failed;
};

void mm_text_init(struct mm_text *text, struct mm_arena *arena);
void mm_text_add_bytes(struct mm_text *text, const void *bytes, size_t count);
void mm_text_add(struct mm_text *text, const char *string);
void mm_text_addf(struct mm_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
mint_status mm_text_status(const struct mm_text *text, mint_error *err);

/* Length in bytes of the longest valid UTF-8 prefix (Unicode 15, table 3-7; no NUL byte counts as valid). */
size_t mm_utf8_valid_prefix(const char *bytes, size_t count);
/* FNV-1a, for hash tables only: not for files or keys. */
uint64_t mm_hash_bytes(const void *bytes, size_t count);

#endif
