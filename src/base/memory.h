/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_BASE_MEMORY_H
#define MM_BASE_MEMORY_H
#include <stdatomic.h>

#include "base/error.h"

/* The account all of a context's memory is drawn from. Thread safety: any. */
struct mm_memory {
    struct mm_memory *parent; /* NULL, or the account that this one draws from */
    size_t bytes_max;         /* 0: no limit */
    atomic_size_t used, peak;
    atomic_long failures_from; /* tests: when > 0, counts down, and from the allocation that reaches it on all are refused */
    atomic_long refused;       /* how many were */
};

/* A bag of blocks that go together: a handle's own, or the scratch of one call. One thread at a time. Zeroed
 * memory; each block is a malloc of its own, so the sanitizers see every one. */
struct mm_arena {
    struct mm_memory *memory;
    struct mm_block *newest;
};

void mm_arena_init(struct mm_arena *arena, struct mm_memory *memory);
/* Gives everything back; the arena may be used again. */
void mm_arena_release(struct mm_arena *arena);
/* Zeroed block of count * size bytes (at least one), or NULL when refused or when the product overflows. */
void *mm_arena_alloc(struct mm_arena *arena, size_t count, size_t size);
/* The block with room for `bytes`, moved if need be; NULL leaves `block` as it was. New bytes are not zeroed. */
void *mm_arena_resize(struct mm_arena *arena, void *block, size_t bytes);
/* Gives one block back before its arena goes. NULL is fine. */
void mm_arena_free(struct mm_arena *arena, void *block);
char *mm_arena_copy_text(struct mm_arena *arena, const char *text);
/* Moves every block of `from` into `to`, so that what was built on the side becomes a part of a handle. */
void mm_arena_adopt(struct mm_arena *to, struct mm_arena *from);

mint_status mm_error_no_memory(mint_error *err, const struct mm_memory *memory, size_t count, size_t size);

#define MM_ALLOC_OR_RETURN(pointer, arena, count, err)                                                                                     \
    do {                                                                                                                                   \
        size_t mm_count_ = (size_t)(count);                                                                                                \
        (pointer) = mm_arena_alloc((arena), mm_count_, sizeof *(pointer));                                                                 \
        if (!(pointer)) return mm_error_no_memory((err), (arena)->memory, mm_count_, sizeof *(pointer));                                   \
    } while (0)

#define MM_COPY_TEXT_OR_RETURN(pointer, arena, text, err)                                                                                  \
    do {                                                                                                                                   \
        (pointer) = mm_arena_copy_text((arena), (text));                                                                                   \
        if (!(pointer)) return mm_error_no_memory((err), (arena)->memory, 1, 1);                                                           \
    } while (0)

#endif
