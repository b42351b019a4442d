/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas over malloc with an account. Blocks are kept in a doubly linked list, so a whole call's or handle's memory
 * goes in one sweep and no error path has to free anything by name. */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct mm_block {
    struct mm_block *older, *newer;
    size_t bytes;
    size_t padding; /* keeps the payload 16-byte aligned */
};

static bool is_refused(struct mm_memory *memory) {
    long countdown = atomic_load_explicit(&memory->failures_from, memory_order_relaxed);
    if (countdown <= 0 || atomic_fetch_sub(&memory->failures_from, 1) > 1) return false;
    atomic_store(&memory->failures_from, 1);
    atomic_fetch_add(&memory->refused, 1);
    return true;
}

static void give(struct mm_memory *memory, size_t bytes) {
    for (; memory; memory = memory->parent) atomic_fetch_sub(&memory->used, bytes);
}

static bool take(struct mm_memory *memory, size_t bytes) {
    if (memory->parent && !take(memory->parent, bytes)) return false;
    size_t used = atomic_fetch_add(&memory->used, bytes) + bytes;
    if (is_refused(memory) || (memory->bytes_max && used > memory->bytes_max)) {
        give(memory, bytes);
        return false;
    }
    size_t peak = atomic_load(&memory->peak);
    while (used > peak && !atomic_compare_exchange_weak(&memory->peak, &peak, used)) {
    }
    return true;
}

void mm_arena_init(struct mm_arena *arena, struct mm_memory *memory) {
    arena->memory = memory;
    arena->newest = NULL;
}

void mm_arena_release(struct mm_arena *arena) {
    for (struct mm_block *block = arena->newest, *older; block; block = older) {
        older = block->older;
        give(arena->memory, block->bytes);
        free(block);
    }
    arena->newest = NULL;
}

static void link_newest(struct mm_arena *arena, struct mm_block *block) {
    block->older = arena->newest;
    block->newer = NULL;
    if (arena->newest) arena->newest->newer = block;
    arena->newest = block;
}

void *mm_arena_alloc(struct mm_arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - sizeof(struct mm_block) - 1) return NULL;
    bytes += sizeof(struct mm_block) + (bytes == 0);
    if (!take(arena->memory, bytes)) return NULL;
    struct mm_block *block = calloc(1, bytes);
    if (!block) {
        give(arena->memory, bytes);
        return NULL;
    }
    block->bytes = bytes;
    link_newest(arena, block);
    return block + 1;
}

void *mm_arena_resize(struct mm_arena *arena, void *payload, size_t bytes) {
    if (!payload) return mm_arena_alloc(arena, bytes, 1);
    if (bytes > SIZE_MAX - sizeof(struct mm_block)) return NULL;
    bytes += sizeof(struct mm_block);
    struct mm_block *block = (struct mm_block *)payload - 1;
    size_t before = block->bytes;
    if (bytes > before && !take(arena->memory, bytes - before)) return NULL;
    struct mm_block *moved = realloc(block, bytes);
    if (!moved) {
        if (bytes > before) give(arena->memory, bytes - before);
        return NULL;
    }
    if (bytes < before) give(arena->memory, before - bytes);
    moved->bytes = bytes;
    if (moved->older) moved->older->newer = moved;
    if (moved->newer)
        moved->newer->older = moved;
    else
        arena->newest = moved;
    return moved + 1;
}

void mm_arena_free(struct mm_arena *arena, void *payload) {
    if (!payload) return;
    struct mm_block *block = (struct mm_block *)payload - 1;
    if (block->older) block->older->newer = block->newer;
    if (block->newer)
        block->newer->older = block->older;
    else
        arena->newest = block->older;
    give(arena->memory, block->bytes);
    free(block);
}

char *mm_arena_copy_text(struct mm_arena *arena, const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = mm_arena_alloc(arena, bytes, 1);
    if (copy) memcpy(copy, text, bytes);
    return copy;
}

void mm_arena_adopt(struct mm_arena *to, struct mm_arena *from) {
    struct mm_block *oldest = from->newest;
    if (!oldest) return;
    while (oldest->older) oldest = oldest->older;
    oldest->older = to->newest;
    if (to->newest) to->newest->newer = oldest;
    to->newest = from->newest;
    from->newest = NULL;
}

mint_status mm_error_no_memory(mint_error *err, const struct mm_memory *memory, size_t count, size_t size) {
    double megabytes = (double)count * (double)size / 1e6;
    if (memory->bytes_max)
        MM_RETURN_ERROR(err, MINT_E_NOMEM, "cannot get %.1f MB more: %.1f MB of the allowed %.1f MB are in use; allow more with --memory",
                        megabytes, (double)atomic_load(&memory->used) / 1e6, (double)memory->bytes_max / 1e6);
    MM_RETURN_ERROR(err, MINT_E_NOMEM, "cannot get %.1f MB more from the system", megabytes);
}
