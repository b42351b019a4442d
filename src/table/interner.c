/* SPDX-License-Identifier: Apache-2.0 */
/* Open-addressing table from strings to dense codes. */
#include <string.h>

#include "base/text.h"
#include "table/table.h"

mint_status mm_interner_init(struct mm_interner *interner, struct mm_arena *arena, mint_error *err) {
    *interner = (struct mm_interner){.arena = arena, .slot_count = 64, .offsets_capacity = 32, .bytes_capacity = 256};
    MM_ALLOC_OR_RETURN(interner->slots, arena, interner->slot_count, err);
    MM_ALLOC_OR_RETURN(interner->dictionary.offsets, arena, interner->offsets_capacity + 1u, err);
    MM_ALLOC_OR_RETURN(interner->dictionary.bytes, arena, interner->bytes_capacity, err);
    return MINT_OK;
}

static mint_status grow_slots(struct mm_interner *interner, mint_error *err) {
    uint32_t slot_count = interner->slot_count * 2;
    uint32_t *slots;
    MM_ALLOC_OR_RETURN(slots, interner->arena, slot_count, err);
    const struct mm_dictionary *d = &interner->dictionary;
    for (uint32_t code = 0; code < d->count; code++) {
        uint64_t slot = mm_hash_bytes(mm_dictionary_text(d, code), mm_dictionary_length(d, code)) & (slot_count - 1);
        while (slots[slot]) slot = (slot + 1) & (slot_count - 1);
        slots[slot] = code + 1;
    }
    mm_arena_free(interner->arena, interner->slots);
    interner->slots = slots;
    interner->slot_count = slot_count;
    return MINT_OK;
}

static mint_status append(struct mm_interner *interner, const char *text, size_t length, mint_error *err) {
    struct mm_dictionary *d = &interner->dictionary;
    if (d->count + 1 > interner->offsets_capacity) {
        uint64_t *offsets = mm_arena_resize(interner->arena, d->offsets, (2u * (size_t)interner->offsets_capacity + 1) * sizeof *offsets);
        if (!offsets) return mm_error_no_memory(err, interner->arena->memory, d->count, 16);
        d->offsets = offsets;
        interner->offsets_capacity *= 2;
    }
    if (interner->bytes_used + length + 1 > interner->bytes_capacity) {
        uint64_t capacity = interner->bytes_capacity * 2 + length + 1;
        char *bytes = mm_arena_resize(interner->arena, d->bytes, capacity);
        if (!bytes) return mm_error_no_memory(err, interner->arena->memory, capacity, 1);
        d->bytes = bytes;
        interner->bytes_capacity = capacity;
    }
    memcpy(d->bytes + interner->bytes_used, text, length);
    d->bytes[interner->bytes_used + length] = 0;
    d->offsets[d->count] = interner->bytes_used;
    interner->bytes_used += length + 1;
    d->offsets[++d->count] = interner->bytes_used;
    return MINT_OK;
}

mint_status mm_interner_add(struct mm_interner *interner, const char *text, size_t length, int32_t *code, mint_error *err) {
    struct mm_dictionary *d = &interner->dictionary;
    uint64_t slot = mm_hash_bytes(text, length) & (interner->slot_count - 1);
    for (uint32_t found; (found = interner->slots[slot]); slot = (slot + 1) & (interner->slot_count - 1))
        if (mm_dictionary_length(d, found - 1) == length && !memcmp(mm_dictionary_text(d, found - 1), text, length)) {
            *code = (int32_t)(found - 1);
            return MINT_OK;
        }
    if (d->count >= INT32_MAX - 1) MM_RETURN_ERROR(err, MINT_E_LIMIT, "more than two thousand million distinct values");
    MM_RETURN_IF_ERROR(append(interner, text, length, err));
    *code = (int32_t)(d->count - 1);
    interner->slots[slot] = d->count;
    return d->count > interner->slot_count / 2 ? grow_slots(interner, err) : MINT_OK;
}
