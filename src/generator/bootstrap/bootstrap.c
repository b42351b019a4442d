/* SPDX-License-Identifier: Apache-2.0 */
/* Resamples the training rows: the copying control that every privacy metric must catch. */
#include "generator/bootstrap/bootstrap.h"

#include <stdio.h>
#include <string.h>

#include "rng/philox.h"

struct bootstrap_config {
    int64_t unused;
};
struct bootstrap_model {
    uint64_t row_count;
    uint32_t column_count;
    struct mm_column *columns;
};

static mint_status keep(struct mm_arena *arena, void **to, const void *from, uint64_t count, size_t size, mint_error *err) {
    char *copy = mm_arena_alloc(arena, count, size);
    if (!copy) return mm_error_no_memory(err, arena->memory, count, size);
    memcpy(copy, from, count * size);
    *to = copy;
    return MINT_OK;
}

static mint_status keep_column(struct mm_column *to, const struct mm_column *from, uint64_t n, struct mm_arena *arena, mint_error *err) {
    void *copy = NULL;
    if (from->integers) {
        MM_RETURN_IF_ERROR(keep(arena, &copy, from->integers, n, 8, err));
        to->integers = copy;
    } else if (from->numbers) {
        MM_RETURN_IF_ERROR(keep(arena, &copy, from->numbers, n, 8, err));
        to->numbers = copy;
    } else {
        MM_RETURN_IF_ERROR(keep(arena, &copy, from->codes, n, 4, err));
        to->codes = copy;
        to->dictionary.count = from->dictionary.count;
        MM_RETURN_IF_ERROR(keep(arena, &copy, from->dictionary.offsets, from->dictionary.count + 1u, 8, err));
        to->dictionary.offsets = copy;
        MM_RETURN_IF_ERROR(keep(arena, &copy, from->dictionary.bytes, from->dictionary.offsets[from->dictionary.count], 1, err));
        to->dictionary.bytes = copy;
    }
    if (!from->marks) return MINT_OK;
    MM_RETURN_IF_ERROR(keep(arena, &copy, from->marks, n, 1, err));
    to->marks = copy;
    return MINT_OK;
}

static mint_status fit(void **state, const struct mm_fit_job *job, mint_error *err) {
    struct bootstrap_model *model;
    MM_ALLOC_OR_RETURN(model, job->arena, 1, err);
    model->row_count = job->table->row_count;
    model->column_count = job->table->column_count;
    MM_ALLOC_OR_RETURN(model->columns, job->arena, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++)
        MM_RETURN_IF_ERROR(keep_column(&model->columns[c], &job->table->columns[c], model->row_count, job->arena, err));
    *state = model;
    return MINT_OK;
}

static mint_status sample(const void *state, const struct mm_sample_job *job, mint_error *err) {
    const struct bootstrap_model *model = state;
    for (uint32_t c = 0; c < model->column_count; c++) {
        if (model->columns[c].marks) MM_RETURN_IF_ERROR(mm_column_marks(job->out, &job->out->columns[c], err));
        if (model->columns[c].codes) job->out->columns[c].dictionary = model->columns[c].dictionary;
    }
    for (uint64_t i = 0; i < job->out->row_count; i++) {
        struct mm_rng rng = mm_rng_at(job->seed, MM_STREAM_BOOTSTRAP_ROW, job->first_row + i, 0);
        uint64_t row = mm_rng_below(&rng, model->row_count);
        for (uint32_t c = 0; c < model->column_count; c++) {
            const struct mm_column *from = &model->columns[c];
            struct mm_column *to = &job->out->columns[c];
            if (from->integers)
                to->integers[i] = from->integers[row];
            else if (from->numbers)
                to->numbers[i] = from->numbers[row];
            else
                to->codes[i] = from->codes[row];
            if (to->marks) to->marks[i] = from->marks[row];
        }
    }
    return MINT_OK;
}

static const char *part(char name[48], uint32_t column, const char *what) {
    snprintf(name, 48, "bootstrap.%u.%s", column, what);
    return name;
}

static mint_status save(const void *state, struct mm_model_writer *writer, mint_error *err) {
    const struct bootstrap_model *model = state;
    for (uint32_t c = 0; c < model->column_count; c++) {
        const struct mm_column *column = &model->columns[c];
        char name[48];
        if (column->integers)
            MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, c, "integers"), column->integers, model->row_count, 8, err));
        else if (column->numbers)
            MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, c, "numbers"), column->numbers, model->row_count, 8, err));
        else {
            MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, c, "codes"), column->codes, model->row_count, 4, err));
            MM_RETURN_IF_ERROR(mm_writer_dictionary(writer, part(name, c, "dictionary"), &column->dictionary, err));
        }
        MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, c, "marks"), column->marks, column->marks ? model->row_count : 0, 1, err));
    }
    return mm_json_put(writer->manifest, "rows", json_integer((json_int_t)model->row_count)) ? MINT_OK : mm_error_json(err);
}

static mint_status load_column(struct mm_column *column, struct mm_model_reader *reader, uint32_t c, const struct mm_field *field,
                               uint64_t n, mint_error *err) {
    char name[48];
    void *data;
    uint64_t marks;
    if (mm_type_is_integral(field->type)) {
        MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, c, "integers"), 8, n, &data, NULL, err));
        column->integers = data;
    } else if (field->type == MM_FLOAT) {
        MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, c, "numbers"), 8, n, &data, NULL, err));
        column->numbers = data;
    } else {
        MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, c, "codes"), 4, n, &data, NULL, err));
        column->codes = data;
        MM_RETURN_IF_ERROR(mm_reader_dictionary(reader, part(name, c, "dictionary"), &column->dictionary, err));
        for (uint64_t r = 0; r < n; r++)
            if (column->codes[r] < 0 || (uint32_t)column->codes[r] >= column->dictionary.count)
                return mm_reader_broken(reader, "a row's text does not exist", err);
    }
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, c, "marks"), 1, UINT64_MAX, &data, &marks, err));
    if (marks == 0) return MINT_OK;
    column->marks = data;
    if (marks != n) return mm_reader_broken(reader, "a column's marks are of another length", err);
    for (uint64_t r = 0; r < n; r++)
        if (column->marks[r] > field->mark_count) return mm_reader_broken(reader, "a column has a mark that it does not name", err);
    return MINT_OK;
}

static mint_status load(void **state, struct mm_model_reader *reader, const struct mint_table *shape, mint_error *err) {
    struct bootstrap_model *model;
    MM_ALLOC_OR_RETURN(model, reader->arena, 1, err);
    model->column_count = shape->column_count;
    json_int_t rows = json_integer_value(json_object_get(reader->manifest, "rows"));
    if (rows < 1) return mm_reader_broken(reader, "it has no rows", err);
    model->row_count = (uint64_t)rows;
    MM_ALLOC_OR_RETURN(model->columns, reader->arena, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++)
        MM_RETURN_IF_ERROR(load_column(&model->columns[c], reader, c, &shape->columns[c].field, model->row_count, err));
    *state = model;
    return MINT_OK;
}

static uint64_t forecast(const struct mm_fit_job *job) { return job->table->row_count * job->table->column_count * 9; }

static const struct mm_param params[] = {{0}};

const struct mm_generator_type mm_generator_bootstrap = {
    .name = "bootstrap",
    .summary = "training rows drawn again; the copying control that privacy metrics must catch",
    .params = params,
    .config_size = sizeof(struct bootstrap_config),
    .holds_real_values = true,
    .fit = fit,
    .sample = sample,
    .score = NULL,
    .save = save,
    .load = load,
    .forecast = forecast,
};
