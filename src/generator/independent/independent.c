/* SPDX-License-Identifier: Apache-2.0 */
/* Each column alone: every dependence is lost. The floor that every metric must see through. */
#include "generator/independent/independent.h"

#include <math.h>

#include "encode/codec.h"
#include "rng/philox.h"

struct independent_config {
    int64_t bins, protect;
};
struct independent_model {
    uint32_t column_count;
    struct mm_codec *codecs;
    double **cumulative;
};

static mint_status fit(void **state, const struct mm_fit_job *job, mint_error *err) {
    const struct independent_config *config = job->config;
    struct independent_model *model;
    MM_ALLOC_OR_RETURN(model, job->arena, 1, err);
    model->column_count = job->table->column_count;
    MM_ALLOC_OR_RETURN(model->codecs, job->arena, model->column_count, err);
    MM_ALLOC_OR_RETURN(model->cumulative, job->arena, model->column_count, err);
    uint64_t n = job->table->row_count;
    for (uint32_t c = 0; c < model->column_count; c++) {
        const struct mm_column *column = &job->table->columns[c];
        struct mm_codec *codec = &model->codecs[c];
        struct mm_codec_options options = {
            .bins = (uint32_t)config->bins, .protect = (uint32_t)config->protect, .seed = job->seed, .item = c};
        MM_RETURN_IF_ERROR(mm_codec_fit(codec, job->arena, column, n, &options, err));
        if (!codec->code_count)
            MM_RETURN_ERROR(err, MINT_E_NUMERIC,
                            "column '%s' has no value that at least %lld rows share; declare it as id in a schema, or set protect=0",
                            column->field.name, (long long)config->protect);
        MM_ALLOC_OR_RETURN(model->cumulative[c], job->arena, codec->code_count, err);
        struct mm_arena scratch;
        mm_arena_init(&scratch, &job->ctx->memory);
        uint16_t *codes = mm_arena_alloc(&scratch, n, sizeof *codes);
        mint_status status = codes ? mm_codec_encode(codec, &scratch, column, n, codes, NULL, NULL, err)
                                   : mm_error_no_memory(err, &job->ctx->memory, n, sizeof *codes);
        if (status == MINT_OK)
            for (uint64_t r = 0; r < n; r++) model->cumulative[c][codes[r]] += 1.0 / (double)n;
        mm_arena_release(&scratch);
        MM_RETURN_IF_ERROR(status);
        for (uint32_t k = 1; k < codec->code_count; k++) model->cumulative[c][k] += model->cumulative[c][k - 1];
    }
    *state = model;
    return MINT_OK;
}

static uint32_t draw(const double *cumulative, uint32_t count, double u) {
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (cumulative[middle] <= u)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double value_of(const struct mm_codec *codec, uint32_t code, struct mm_rng *rng) {
    double u = mm_rng_uniform(rng);
    return mm_codec_value(codec, code, u, codec->grain_share ? mm_rng_uniform(rng) : 0);
}

static mint_status sample(const void *state, const struct mm_sample_job *job, mint_error *err) {
    const struct independent_model *model = state;
    for (uint32_t c = 0; c < model->column_count; c++) {
        const struct mm_codec *codec = &model->codecs[c];
        struct mm_column *out = &job->out->columns[c];
        if (codec->mark_count) MM_RETURN_IF_ERROR(mm_column_marks(job->out, out, err));
        if (out->codes) out->dictionary = codec->levels;
        for (uint64_t i = 0; i < job->out->row_count; i++) {
            /* Keyed by absolute row, so any split of the rows gives the same table. */
            struct mm_rng rng = mm_rng_at(job->seed, MM_STREAM_INDEPENDENT, job->first_row + i, c);
            uint32_t code = draw(model->cumulative[c], codec->code_count, mm_rng_uniform(&rng));
            if (mm_codec_is_mark(codec, code))
                out->marks[i] = codec->mark_of_code[code];
            else if (out->numbers)
                out->numbers[i] = value_of(codec, code, &rng);
            else if (codec->low)
                out->integers[i] = (int64_t)nearbyint(value_of(codec, code, &rng));
            else if (out->codes)
                out->codes[i] = codec->level_of_code[code - codec->mark_count];
            else
                out->integers[i] = codec->level_of_code[code - codec->mark_count];
        }
    }
    return MINT_OK;
}

static mint_status score_column(const struct independent_model *model, struct mint_context *ctx, const struct mint_table *rows, uint32_t c,
                                double *log_density, double *const *by_column, mint_error *err) {
    const struct mm_codec *codec = &model->codecs[c];
    const struct mm_column *column = &rows->columns[c];
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    uint16_t *codes = mm_arena_alloc(&scratch, rows->row_count, sizeof *codes);
    mint_status status = codes ? mm_codec_encode(codec, &scratch, column, rows->row_count, codes, NULL, NULL, err)
                               : mm_error_no_memory(err, &ctx->memory, rows->row_count, 2);
    for (uint64_t r = 0; status == MINT_OK && r < rows->row_count; r++) {
        double mass = model->cumulative[c][codes[r]] - (codes[r] ? model->cumulative[c][codes[r] - 1] : 0);
        double own = log(mass > 1e-12 ? mass : 1e-12);
        if (codec->low && !mm_column_missing(column, r)) own += mm_codec_log_within(codec, codes[r], mm_column_number(column, r));
        if (by_column) by_column[c][r] = own;
        log_density[r] += own;
    }
    mm_arena_release(&scratch);
    return status;
}

static mint_status score(const void *state, struct mint_context *ctx, const struct mint_table *rows, double *log_density,
                         double *const *by_column, mint_error *err) {
    const struct independent_model *model = state;
    for (uint64_t r = 0; r < rows->row_count; r++) log_density[r] = 0;
    for (uint32_t c = 0; c < model->column_count; c++) MM_RETURN_IF_ERROR(score_column(model, ctx, rows, c, log_density, by_column, err));
    return MINT_OK;
}

static const char *cumulative_name(char name[32], uint32_t column) {
    snprintf(name, 32, "independent.%u", column);
    return name;
}

static mint_status save(const void *state, struct mm_model_writer *writer, mint_error *err) {
    const struct independent_model *model = state;
    for (uint32_t c = 0; c < model->column_count; c++) {
        char name[32];
        MM_RETURN_IF_ERROR(mm_writer_codec(writer, c, &model->codecs[c], err));
        MM_RETURN_IF_ERROR(mm_writer_array(writer, cumulative_name(name, c), model->cumulative[c], model->codecs[c].code_count, 8, err));
    }
    return MINT_OK;
}

static mint_status load(void **state, struct mm_model_reader *reader, const struct mint_table *shape, mint_error *err) {
    struct independent_model *model;
    MM_ALLOC_OR_RETURN(model, reader->arena, 1, err);
    model->column_count = shape->column_count;
    MM_ALLOC_OR_RETURN(model->codecs, reader->arena, model->column_count, err);
    MM_ALLOC_OR_RETURN(model->cumulative, reader->arena, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++) {
        char name[32];
        void *data;
        model->codecs[c].type = shape->columns[c].field.type;
        MM_RETURN_IF_ERROR(mm_reader_codec(reader, c, &model->codecs[c], err));
        for (uint32_t m = 0; m < model->codecs[c].mark_count; m++)
            if (model->codecs[c].mark_of_code[m] < 1 || model->codecs[c].mark_of_code[m] > shape->columns[c].field.mark_count)
                return mm_reader_broken(reader, "a column has a mark that it does not name", err);
        MM_RETURN_IF_ERROR(mm_reader_array(reader, cumulative_name(name, c), 8, model->codecs[c].code_count, &data, NULL, err));
        model->cumulative[c] = data;
    }
    *state = model;
    return MINT_OK;
}

static uint64_t forecast(const struct mm_fit_job *job) {
    return job->table->row_count * (8 * 3 + 4) + job->table->column_count * (uint64_t)200000;
}

#define AT(member) offsetof(struct independent_config, member)
static const struct mm_param params[] = {
    {"bins", MM_PARAM_INTEGER, AT(bins), 4, 1024, 256, NULL, "codes a number column is cut into"},
    {"protect", MM_PARAM_INTEGER, AT(protect), 0, 1000, 5, NULL,
     "categories, extremes and numbers of fewer subjects' own are not replayed; 0: off"},
    {0},
};

const struct mm_generator_type mm_generator_independent = {
    .name = "independent",
    .summary = "each column alone; the floor every metric must see through",
    .params = params,
    .config_size = sizeof(struct independent_config),
    .holds_real_values = true,
    .fit = fit,
    .sample = sample,
    .score = score,
    .save = save,
    .load = load,
    .forecast = forecast,
};
