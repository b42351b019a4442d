/* SPDX-License-Identifier: Apache-2.0 */
/* Which features a column may use, most informative first. */
#include <stdlib.h>

#include "generator/boost/boost_fit.h"
#include "stats/elementary.h"

struct ranked {
    double information;
    uint16_t feature;
};

static int compare_ranked(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->information != y->information) return x->information > y->information ? -1 : 1;
    return (int)x->feature - (int)y->feature;
}

enum { SCREEN_BINS = 12, SCREEN_ROWS = 4096 };

/* Plug-in mutual information of two columns cut into a few equal-mass bins. */
static double mutual_information(const uint8_t *x, const uint8_t *y, uint32_t n) {
    uint32_t joint[SCREEN_BINS][SCREEN_BINS] = {{0}}, row[SCREEN_BINS] = {0}, column[SCREEN_BINS] = {0};
    for (uint32_t i = 0; i < n; i++) joint[x[i]][y[i]]++;
    double information = 0;
    for (int a = 0; a < SCREEN_BINS; a++)
        for (int b = 0; b < SCREEN_BINS; b++) row[a] += joint[a][b], column[b] += joint[a][b];
    for (int a = 0; a < SCREEN_BINS; a++)
        for (int b = 0; b < SCREEN_BINS; b++)
            if (joint[a][b]) information += joint[a][b] * mm_log((double)joint[a][b] * n / ((double)row[a] * column[b]));
    return information / n;
}

struct screening {
    struct fitting *f;
    uint8_t **coarse;
    uint32_t rows;
};

static mint_status coarsen(void *payload, size_t feature, size_t worker, mint_error *err) {
    (void)worker;
    struct screening *s = payload;
    const struct fitting *f = s->f;
    uint32_t stride = f->row_count / s->rows, levels = f->feature_levels[feature];
    struct mm_arena scratch;
    mm_arena_init(&scratch, &f->job->ctx->memory);
    uint32_t *counts = mm_arena_alloc(&scratch, levels + 1u, sizeof *counts);
    if (!counts) return mm_error_no_memory(err, &f->job->ctx->memory, levels, 4);
    for (uint32_t i = 0; i < s->rows; i++) counts[f->features[feature][i * stride] + 1]++;
    for (uint32_t level = 0; level < levels; level++) counts[level + 1] += counts[level];
    for (uint32_t i = 0; i < s->rows; i++) {
        uint32_t level = f->features[feature][i * stride];
        uint32_t bin = (uint32_t)((uint64_t)(counts[level] + counts[level + 1]) * SCREEN_BINS / 2 / s->rows);
        s->coarse[feature][i] = (uint8_t)(bin < SCREEN_BINS ? bin : SCREEN_BINS - 1);
    }
    mm_arena_release(&scratch);
    return MINT_OK;
}

static mint_status rank_features(void *payload, size_t place, size_t worker, mint_error *err) {
    struct screening *s = payload;
    struct fitting *f = s->f;
    uint32_t available = f->model->feature_first[place], keep = (uint32_t)f->config->features_max;
    if (!available) return MINT_OK;
    if (keep > available) keep = available;
    struct ranked *ranked;
    MM_ALLOC_OR_RETURN(ranked, &f->workers[worker].arena, available, err);
    uint32_t own = f->model->feature_first[place];
    for (uint32_t k = 0; k < available; k++)
        ranked[k] = (struct ranked){mutual_information(s->coarse[k], s->coarse[own], s->rows), (uint16_t)k};
    qsort(ranked, available, sizeof *ranked, compare_ranked);
    uint16_t *chosen;
    MM_ALLOC_OR_RETURN(chosen, &f->workers[worker].arena, keep, err);
    for (uint32_t k = 0; k < keep; k++) chosen[k] = ranked[k].feature;
    mm_arena_free(&f->workers[worker].arena, ranked);
    f->chosen[place] = chosen;
    f->chosen_count[place] = keep;
    mm_progress_add(f->job->ctx, 0);
    return MINT_OK;
}

mint_status boost_screen_features(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    MM_ALLOC_OR_RETURN(f->chosen, f->scratch, model->column_count, err);
    MM_ALLOC_OR_RETURN(f->chosen_count, f->scratch, model->column_count, err);
    struct screening s = {.f = f, .rows = f->row_count < SCREEN_ROWS ? f->row_count : SCREEN_ROWS};
    MM_ALLOC_OR_RETURN(s.coarse, f->scratch, model->feature_count, err);
    for (uint32_t k = 0; k < model->feature_count; k++) MM_ALLOC_OR_RETURN(s.coarse[k], f->scratch, s.rows, err);
    MM_RETURN_IF_ERROR(mm_parallel_for(f->job->ctx, model->feature_count, coarsen, &s, err));
    return mm_parallel_for(f->job->ctx, model->column_count, rank_features, &s, err);
}
