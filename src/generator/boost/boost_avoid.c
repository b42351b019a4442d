/* SPDX-License-Identifier: Apache-2.0 */
/* Values of two columns that never meet though chance would bring them together: no manager of 16, no flight to Honolulu in 40 minutes.
 * Columns are cut into few bins, at two resolutions; a pair of bins in which no row lies is avoided when it is far from luck. Trees learn
 * most of that, and a few of the rows that are drawn break it all the same: their cells change places (boost_bounds.c). */
#include <stdlib.h>
#include <string.h>

#include "generator/boost/boost_fit.h"

enum { COLUMNS_MAX = 100, ROWS_MIN = 100, FEW_BINS = 6 };
static const uint32_t bins_max[BOOST_RESOLUTIONS] = {BOOST_AVOID_BINS, FEW_BINS};
static const uint64_t WORK_MAX = 2000000000; /* rows times pairs */
/* Rows that chance would bring to a pair of bins: exp(-12) that it brings none. Fewer will do where the neighbours are empty, too. */
static const double EXPECTED[BOOST_RESOLUTIONS] = {12, 20}, EXPECTED_ALONE = 8;

struct code_rows {
    uint32_t rows, code;
};

static int compare_code_rows(const void *a, const void *b) {
    const struct code_rows *x = a, *y = b;
    if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
    return x->code < y->code ? -1 : 1;
}

/* Each mark needs a bin of its own, and values two. */
static bool takes_part(const struct boost_model *model, uint32_t column) { return model->codecs[column].mark_count + 2u <= FEW_BINS; }

/* Numbers are cut into runs of about equal mass; of levels the frequent ones are kept and the others are one. */
static mint_status cut_codes(const struct fitting *f, uint32_t c, int resolution, struct mm_arena *scratch, mint_error *err) {
    const struct mm_codec *codec = &f->model->codecs[c];
    uint8_t *bin_of_code = f->model->bins[c].of_code[resolution];
    uint32_t most = bins_max[resolution] - codec->mark_count, bin = codec->mark_count, taken = 0, left = 0, bins_left = most;
    struct code_rows *codes;
    MM_ALLOC_OR_RETURN(codes, scratch, codec->code_count, err);
    for (uint32_t k = 0; k < codec->code_count; k++) codes[k].code = k;
    for (uint32_t r = 0; r < f->row_count; r++) codes[f->codes[c][r]].rows++;
    for (uint32_t k = 0; k < codec->mark_count; k++) bin_of_code[k] = (uint8_t)k;
    for (uint32_t k = codec->mark_count; k < codec->code_count; k++) left += codes[k].rows;
    if (!codec->low) qsort(codes + codec->mark_count, codec->code_count - codec->mark_count, sizeof *codes, compare_code_rows);
    for (uint32_t k = codec->mark_count; k < codec->code_count; k++) {
        bool full = codec->low ? taken && (uint64_t)(taken + codes[k].rows / 2) * bins_left > left : taken != 0;
        if (full && bins_left > 1) left -= taken, bins_left--, bin++, taken = 0;
        taken += codes[k].rows;
        bin_of_code[codes[k].code] = (uint8_t)bin;
    }
    mm_arena_free(scratch, codes);
    return MINT_OK;
}

/* ---- pairs ---- */

typedef uint32_t counts_of_pair[BOOST_AVOID_BINS][BOOST_AVOID_BINS];

/* The neighbours along number columns; beyond the last bin of one there is nothing. */
static bool is_empty_around(counts_of_pair joint, uint32_t i, uint32_t j, bool number_i, bool number_j) {
    for (uint32_t x = i - (number_i && i > 0); x <= i + number_i && x < BOOST_AVOID_BINS; x++)
        for (uint32_t y = j - (number_j && j > 0); y <= j + number_j && y < BOOST_AVOID_BINS; y++)
            if (joint[x][y]) return false;
    return true;
}

static bool find_avoided(struct boost_pair *pair, const struct fitting *f, uint32_t stride) {
    const struct boost_model *model = f->model;
    const uint8_t *x = model->bins[pair->before].of_code[pair->resolution], *y = model->bins[pair->column].of_code[pair->resolution];
    const uint16_t *codes_x = f->codes[pair->before], *codes_y = f->codes[pair->column];
    counts_of_pair joint = {{0}};
    uint32_t row[BOOST_AVOID_BINS] = {0}, column[BOOST_AVOID_BINS] = {0};
    double n = 0;
    bool any = false, number_x = model->codecs[pair->before].low != NULL, number_y = model->codecs[pair->column].low != NULL;
    for (uint32_t r = 0; r < f->row_count; r += stride) joint[x[codes_x[r]]][y[codes_y[r]]]++, n++;
    for (uint32_t i = 0; i < BOOST_AVOID_BINS; i++)
        for (uint32_t j = 0; j < BOOST_AVOID_BINS; j++) row[i] += joint[i][j], column[j] += joint[i][j];
    for (uint32_t i = 0; i < BOOST_AVOID_BINS; i++)
        for (uint32_t j = model->codecs[pair->column].mark_count; j < BOOST_AVOID_BINS; j++) {
            double expected = row[i] * (double)column[j] / n;
            if (joint[i][j] || expected < EXPECTED_ALONE) continue;
            bool alone = pair->resolution == 0 && is_empty_around(joint, i, j, number_x, number_y);
            if (expected < EXPECTED[pair->resolution] && !alone) continue;
            pair->avoided[i] |= (uint32_t)1 << j, any = true;
        }
    return any;
}

struct search {
    struct fitting *f;
    struct boost_pair *pairs; /* by place: BOOST_RESOLUTIONS for each place before it */
    uint32_t stride;
};

static mint_status search_place(void *payload, size_t place, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct search *s = payload;
    const struct boost_model *model = s->f->model;
    uint32_t column = model->order[place]; /* a label that changed its place would not fit its row */
    struct boost_pair *pairs = s->pairs + (place ? place * (place - 1) / 2 * BOOST_RESOLUTIONS : 0);
    if (!place || column == s->f->job->target || !takes_part(model, column) || model->relations[column].what.kind != MM_RELATION_NONE)
        return MINT_OK;
    for (uint32_t before = 0; before < place; before++)
        for (uint32_t resolution = 0; resolution < BOOST_RESOLUTIONS; resolution++) {
            struct boost_pair *pair = pairs++;
            if (!takes_part(model, model->order[before])) continue;
            *pair = (struct boost_pair){.before = model->order[before], .column = column, .resolution = resolution};
            if (!find_avoided(pair, s->f, s->stride)) *pair = (struct boost_pair){0};
        }
    return MINT_OK;
}

static bool is_found(const struct boost_pair *pair) { return pair->before != pair->column; }

static mint_status keep_pairs(struct fitting *f, const struct boost_pair *pairs, uint32_t count, mint_error *err) {
    struct boost_model *model = f->model;
    for (uint32_t k = 0; k < count; k++) model->pair_count += is_found(&pairs[k]);
    MM_ALLOC_OR_RETURN(model->pairs, f->job->arena, model->pair_count, err);
    uint32_t kept = 0;
    for (uint32_t k = 0; k < count; k++)
        if (is_found(&pairs[k])) model->pairs[kept++] = pairs[k];
    return MINT_OK;
}

mint_status boost_find_avoided(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    uint32_t columns = model->column_count;
    MM_ALLOC_OR_RETURN(model->bins, f->job->arena, columns, err);
    if (!f->config->rules || columns < 2 || columns > COLUMNS_MAX || f->row_count < ROWS_MIN) return MINT_OK;
    for (uint32_t c = 0; c < columns; c++)
        for (int k = 0; k < BOOST_RESOLUTIONS; k++) {
            if (!takes_part(model, c)) continue;
            MM_ALLOC_OR_RETURN(model->bins[c].of_code[k], f->job->arena, model->codecs[c].code_count, err);
            MM_RETURN_IF_ERROR(cut_codes(f, c, k, f->scratch, err));
        }
    uint32_t count = columns * (columns - 1) / 2 * BOOST_RESOLUTIONS;
    struct search s = {.f = f, .stride = (uint32_t)((uint64_t)f->row_count * count / WORK_MAX) + 1};
    MM_ALLOC_OR_RETURN(s.pairs, f->scratch, count, err);
    MM_RETURN_IF_ERROR(mm_parallel_for(f->job->ctx, columns, search_place, &s, err));
    mint_status status = keep_pairs(f, s.pairs, count, err);
    mm_arena_free(f->scratch, s.pairs);
    return status;
}
