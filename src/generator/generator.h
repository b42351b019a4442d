/* SPDX-License-Identifier: Apache-2.0 */
/* The seam of the house: a generator is one table of functions and one table of parameters. */
#ifndef MM_GENERATOR_GENERATOR_H
#define MM_GENERATOR_GENERATOR_H
#include "base/param.h"
#include "generator/model_file.h"
#include "table/table.h"

struct mm_fit_job {
    struct mint_context *ctx;
    struct mm_arena *arena;         /* the model's: what the state keeps lies here */
    const struct mint_table *table; /* only columns that are modelled, at least one; at least one row */
    int64_t target;                 /* column index, or -1 */
    const void *config;             /* of the generator's own type, validated */
    uint64_t seed;
    json_t *facts; /* what fitting found out, for the manifest: figures only, never values */
};

struct mm_sample_job {
    struct mint_context *ctx;
    uint64_t seed;
    uint64_t first_row;     /* of out's row 0 */
    struct mint_table *out; /* the fit's columns in the fit's order, storage set; codes and dictionaries are the generator's to fill */
};

struct mm_generator_type {
    const char *name, *summary;
    const struct mm_param *params;
    size_t config_size;
    bool holds_real_values; /* its model file replays rows: never for sharing */
    /* Learns; *state lies in job->arena. */
    mint_status (*fit)(void **state, const struct mm_fit_job *job, mint_error *err);
    /* Fills rows [first_row, first_row + out->row_count): pure in (state, seed, row). */
    mint_status (*sample)(const void *state, const struct mm_sample_job *job, mint_error *err);
    /* Natural log of each row's density; NULL when the generator has none. `by_column` (may be NULL): [column][row]. */
    mint_status (*score)(const void *state, struct mint_context *ctx, const struct mint_table *rows, double *log_density,
                         double *const *by_column, mint_error *err);
    mint_status (*save)(const void *state, struct mm_model_writer *writer, mint_error *err);
    /* Reads what save wrote; bytes are untrusted. */
    mint_status (*load)(void **state, struct mm_model_reader *reader, const struct mint_table *shape, mint_error *err);
    /* Forecast of the fit's peak in bytes, table excluded; for refusing with a number. */
    uint64_t (*forecast)(const struct mm_fit_job *job);
};

/* What the fit will need at its peak, in bytes, everything that its context holds included. Refuses (MINT_E_LIMIT) with the number rather
 * than running into the limit half-way. Called before a fit; a generator that learns better in its first steps calls it again. */
mint_status mm_fit_forecast(const struct mm_fit_job *job, uint64_t bytes, mint_error *err);

/* NULL-terminated, in the order they are listed. */
extern const struct mm_generator_type *const mm_generators[];
const struct mm_generator_type *mm_generator_find(const char *name);

#endif
