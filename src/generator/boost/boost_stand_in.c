/* SPDX-License-Identifier: Apache-2.0 */
/* Which level stands in for a protected one while fitting: the one of the most similar row that has a level of its own (a nearest
 * neighbour hot deck: Andridge and Little, 2010), so that what the other columns say of the cell stays true. Similar is Gower's (1971)
 * over the other columns, numbers by their place among the codes. */
#include <math.h>
#include <string.h>

#include "generator/boost/boost_fit.h"
#include "learn/nearest.h"
#include "rng/philox.h"

enum {
    DONORS_MAX = 10000, /* rows that are looked at, spread evenly */
    ASKED_AT_ONCE = 1 << 16,
};

struct deck {
    struct fitting *f;
    uint32_t column;
    uint32_t *rows, count; /* those that a level is wanted for */
    uint32_t *donors, donor_count;
    bool *is_level; /* by other column */
};

/* Levels that are protected themselves are alike where their texts are. */
static void fill(const struct fitting *f, uint32_t column, const uint32_t *rows, uint32_t count, float *out) {
    const struct mm_codec *codec = &f->model->codecs[column];
    const struct mm_column *cells = &f->job->table->columns[column];
    float values = (float)(codec->code_count - codec->mark_count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t r = rows[i], code = f->codes[column][r];
        if (!codec->low)
            out[i] = (float)(f->is_moved[column] && f->is_moved[column][r] ? codec->code_count + (uint32_t)cells->codes[r] : code);
        else
            out[i] = mm_codec_is_mark(codec, code) ? NAN : (float)(code - codec->mark_count) / values;
    }
}

/* Of equally similar rows any may be the donor. */
static void fill_ties(const struct deck *deck, const uint32_t *rows, uint32_t count, float *out) {
    for (uint32_t i = 0; i < count; i++) {
        struct mm_rng rng = mm_rng_at(deck->f->job->seed, MM_STREAM_PROTECTION, rows[i], 2 + (uint64_t)deck->column);
        out[i] = (float)(1e-3 * mm_rng_uniform(&rng));
    }
}

static mint_status gather(const struct deck *deck, const uint32_t *rows, uint32_t count, struct mm_arena *arena, struct mm_points *points,
                          mint_error *err) {
    uint32_t others = deck->f->model->column_count - 1;
    const float **columns;
    MM_ALLOC_OR_RETURN(columns, arena, others + 1u, err);
    for (uint32_t k = 0; k <= others; k++) {
        float *out;
        MM_ALLOC_OR_RETURN(out, arena, count, err);
        if (k < others)
            fill(deck->f, k + (k >= deck->column), rows, count, out);
        else
            fill_ties(deck, rows, count, out);
        columns[k] = out;
    }
    *points = (struct mm_points){.row_count = count, .column_count = others + 1, .columns = columns, .is_level = deck->is_level};
    return MINT_OK;
}

static mint_status list_rows(struct deck *deck, struct mm_arena *arena, mint_error *err) {
    const struct fitting *f = deck->f;
    const bool *moved = f->is_moved[deck->column];
    uint32_t others = f->model->column_count - 1, kept = 0;
    for (uint32_t r = 0; r < f->row_count; r++) {
        deck->count += moved[r];
        kept += !moved[r] && !mm_column_missing(&f->job->table->columns[deck->column], r);
    }
    deck->donor_count = kept < DONORS_MAX ? kept : DONORS_MAX;
    MM_ALLOC_OR_RETURN(deck->rows, arena, deck->count, err);
    MM_ALLOC_OR_RETURN(deck->donors, arena, deck->donor_count, err);
    MM_ALLOC_OR_RETURN(deck->is_level, arena, others + 1u, err);
    for (uint32_t k = 0; k < others; k++) deck->is_level[k] = !f->model->codecs[k + (k >= deck->column)].low;
    for (uint32_t r = 0, row = 0, donor = 0, seen = 0; r < f->row_count; r++) {
        if (moved[r])
            deck->rows[row++] = r;
        else if (!mm_column_missing(&f->job->table->columns[deck->column], r) &&
                 (uint64_t)seen++ * deck->donor_count >= (uint64_t)donor * kept)
            deck->donors[donor++] = r;
    }
    return MINT_OK;
}

/* The donors' codes for some of the rows. */
static mint_status ask(const struct deck *deck, const struct mm_points *donors, const uint32_t *rows, uint32_t count, uint16_t *codes,
                       struct mm_arena *arena, mint_error *err) {
    struct mm_points asked;
    uint32_t *nearest;
    float *distances;
    MM_RETURN_IF_ERROR(gather(deck, rows, count, arena, &asked, err));
    MM_ALLOC_OR_RETURN(nearest, arena, count, err);
    MM_ALLOC_OR_RETURN(distances, arena, count, err);
    MM_RETURN_IF_ERROR(mm_nearest(deck->f->job->ctx, &asked, donors, distances, nearest, err));
    for (uint32_t i = 0; i < count; i++) codes[rows[i]] = codes[deck->donors[nearest[i]]];
    return MINT_OK;
}

static mint_status deal(struct deck *deck, struct mm_arena *arena, mint_error *err) {
    const struct fitting *f = deck->f;
    struct mm_points donors;
    MM_RETURN_IF_ERROR(list_rows(deck, arena, err));
    if (!deck->donor_count || f->model->column_count < 2) return MINT_OK;
    MM_RETURN_IF_ERROR(gather(deck, deck->donors, deck->donor_count, arena, &donors, err));
    for (uint32_t start = 0; start < deck->count; start += ASKED_AT_ONCE) {
        uint32_t count = deck->count - start < ASKED_AT_ONCE ? deck->count - start : ASKED_AT_ONCE;
        struct mm_arena part;
        mm_arena_init(&part, &f->job->ctx->memory);
        mint_status status = ask(deck, &donors, deck->rows + start, count, f->codes[deck->column], &part, err);
        mm_arena_release(&part);
        if (status != MINT_OK) return status;
    }
    return MINT_OK;
}

mint_status boost_stand_in(struct fitting *f, mint_error *err) {
    for (uint32_t c = 0; c < f->model->column_count; c++) {
        if (!f->is_moved[c]) continue;
        struct mm_arena arena;
        mm_arena_init(&arena, &f->job->ctx->memory);
        struct deck deck = {.f = f, .column = c};
        mint_status status = deal(&deck, &arena, err);
        mm_arena_release(&arena);
        if (status != MINT_OK) return status;
    }
    return MINT_OK;
}
