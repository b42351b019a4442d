/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng/philox.h"

/* A row, or an entity, with what it is sorted by: stratum first, then a random number. */
struct item {
    double stratum;
    uint64_t lot;
    uint64_t number;
};

static int compare_items(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
    if (x->lot != y->lot) return x->lot < y->lot ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int compare_rows(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static mint_status find_column(const struct mint_table *table, const char *name, const char *what, const struct mm_column **out,
                               mint_error *err) {
    *out = NULL;
    if (!name) return MINT_OK;
    int64_t found = mm_table_find(table, name);
    if (found < 0) MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' has no column '%s' to be the %s", table->source, name, what);
    *out = &table->columns[found];
    return MINT_OK;
}

static double stratum_of(const struct mm_column *column, uint64_t row) {
    if (!column) return 0;
    if (mm_column_missing(column, row)) return -INFINITY;
    return column->codes ? column->codes[row] : mm_column_number(column, row);
}

/* Sorted by stratum, every k-th item is held out: each level, and each stretch of a number, gives its share. */
static uint64_t take_every(uint64_t *out, const struct item *items, uint64_t count, double share) {
    uint64_t taken = 0;
    for (uint64_t i = 0; i < count; i++)
        if ((uint64_t)((double)(i + 1) * share + 0.5) > (uint64_t)((double)i * share + 0.5)) out[taken++] = items[i].number;
    return taken;
}

static mint_status split_rows(uint64_t *out, uint64_t *count, struct mm_arena *scratch, const struct mint_table *table,
                              const struct mm_column *target, const struct mm_split_request *q, mint_error *err) {
    struct item *items;
    MM_ALLOC_OR_RETURN(items, scratch, table->row_count, err);
    for (uint64_t r = 0; r < table->row_count; r++) {
        struct mm_rng rng = mm_rng_at(q->seed, MM_STREAM_SPLIT, r, 0);
        items[r] = (struct item){stratum_of(target, r), mm_rng_next(&rng), r};
    }
    qsort(items, table->row_count, sizeof *items, compare_items);
    *count = take_every(out, items, table->row_count, q->share);
    return MINT_OK;
}

static mint_status split_entities(uint64_t *out, uint64_t *count, struct mm_arena *scratch, const struct mint_table *table,
                                  const struct mm_column *entity, const struct mm_column *target, const struct mm_split_request *q,
                                  mint_error *err) {
    struct mm_interner interner;
    int32_t *entity_of;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, scratch, err));
    MM_ALLOC_OR_RETURN(entity_of, scratch, table->row_count, err);
    for (uint64_t r = 0; r < table->row_count; r++) {
        char text[MM_CELL_MAX];
        size_t length = mm_column_cell(entity, r, text, sizeof text);
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, text, length < sizeof text ? length : sizeof text - 1, &entity_of[r], err));
    }
    uint32_t entities = interner.dictionary.count;
    struct item *items;
    uint64_t *chosen;
    bool *held;
    MM_ALLOC_OR_RETURN(items, scratch, entities, err);
    MM_ALLOC_OR_RETURN(chosen, scratch, entities, err);
    MM_ALLOC_OR_RETURN(held, scratch, entities, err);
    for (uint64_t r = table->row_count; r-- > 0;) { /* the entity's first row names its stratum */
        struct mm_rng rng = mm_rng_at(q->seed, MM_STREAM_SPLIT, (uint64_t)entity_of[r], 1);
        items[entity_of[r]] = (struct item){stratum_of(target, r), mm_rng_next(&rng), (uint64_t)entity_of[r]};
    }
    qsort(items, entities, sizeof *items, compare_items);
    uint64_t taken = take_every(chosen, items, entities, q->share);
    for (uint64_t i = 0; i < taken; i++) held[chosen[i]] = true;
    *count = 0;
    for (uint64_t r = 0; r < table->row_count; r++)
        if (held[entity_of[r]]) out[(*count)++] = r;
    return MINT_OK;
}

static mint_status split_latest(uint64_t *out, uint64_t *count, struct mm_arena *scratch, const struct mint_table *table,
                                const struct mm_column *time, const struct mm_split_request *q, mint_error *err) {
    struct item *items;
    if (!mm_type_is_numeric(time->field.type))
        MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' column '%s' is %s, not a time or number to order rows by", table->source, time->field.name,
                        mm_type_name(time->field.type));
    MM_ALLOC_OR_RETURN(items, scratch, table->row_count, err);
    for (uint64_t r = 0; r < table->row_count; r++) items[r] = (struct item){stratum_of(time, r), r, r};
    qsort(items, table->row_count, sizeof *items, compare_items);
    *count = (uint64_t)((double)table->row_count * q->share + 0.5);
    for (uint64_t i = 0; i < *count; i++) out[i] = items[table->row_count - *count + i].number;
    return MINT_OK;
}

mint_status mm_split(uint64_t **holdout, uint64_t *count, struct mm_arena *arena, const struct mint_table *table,
                     const struct mm_split_request *q, mint_error *err) {
    const struct mm_column *target, *entity, *time;
    MM_RETURN_IF_ERROR(find_column(table, q->target, "target", &target, err));
    MM_RETURN_IF_ERROR(find_column(table, q->entity, "entity", &entity, err));
    MM_RETURN_IF_ERROR(find_column(table, q->time, "time", &time, err));
    if (entity && time) MM_RETURN_ERROR(err, MINT_E_ARG, "--entity and --time cannot be named together");
    MM_ALLOC_OR_RETURN(*holdout, arena, table->row_count, err);
    if (entity)
        MM_RETURN_IF_ERROR(split_entities(*holdout, count, arena, table, entity, target, q, err));
    else if (time)
        MM_RETURN_IF_ERROR(split_latest(*holdout, count, arena, table, time, q, err));
    else
        MM_RETURN_IF_ERROR(split_rows(*holdout, count, arena, table, target, q, err));
    qsort(*holdout, *count, sizeof **holdout, compare_rows);
    if (*count < MM_HOLDOUT_ROWS_MIN || *count + MM_HOLDOUT_ROWS_MIN > table->row_count)
        MM_RETURN_ERROR(err, MINT_E_LIMIT,
                        "'%s' gives a holdout of %llu rows and %llu to fit; no rule can be computed below %d on each side: give more rows, "
                        "or another --holdout",
                        table->source, (unsigned long long)*count, (unsigned long long)(table->row_count - *count), MM_HOLDOUT_ROWS_MIN);
    return MINT_OK;
}

static mint_status complement(uint64_t **rest, struct mm_arena *scratch, uint64_t row_count, const uint64_t *rows, uint64_t count,
                              mint_error *err) {
    MM_ALLOC_OR_RETURN(*rest, scratch, row_count - count, err);
    uint64_t next = 0, at = 0;
    for (uint64_t r = 0; r < row_count; r++) {
        if (next < count && rows[next] == r)
            next++;
        else
            (*rest)[at++] = r;
    }
    return MINT_OK;
}

mint_status mm_split_tables(struct mint_table **train, struct mint_table **held, const struct mint_table *table, const uint64_t *holdout,
                            uint64_t count, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &table->ctx->memory);
    uint64_t *rest;
    *train = *held = NULL;
    mint_status status = complement(&rest, &scratch, table->row_count, holdout, count, err);
    if (status == MINT_OK) status = mm_table_take(train, table, rest, table->row_count - count, err);
    if (status == MINT_OK) status = mm_table_take(held, table, holdout, count, err);
    if (status != MINT_OK) {
        mint_table_free(*train);
        *train = NULL;
    }
    mm_arena_release(&scratch);
    return status;
}
