/* SPDX-License-Identifier: Apache-2.0 */
/* The model handle: which columns are modelled, which are made anew, which are left out; everything else is the
 * generator's. */
#include "generator/model.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/duckdb.h"
#include "table/schema.h"

void mint_model_free(mint_model *model) {
    if (!model) return;
    struct mm_arena arena = model->arena; /* the model lies in its own arena */
    mm_arena_release(&arena);
}

const char *mint_model_describe(const mint_model *model) { return model->description; }

static mint_status model_new(struct mint_model **out, struct mint_context *ctx, mint_error *err) {
    struct mm_arena arena;
    mm_arena_init(&arena, &ctx->memory);
    struct mint_model *model;
    MM_ALLOC_OR_RETURN(model, &arena, 1, err);
    model->arena = arena;
    model->ctx = ctx;
    *out = model;
    return MINT_OK;
}

static enum mm_role role_of(enum mm_type type) {
    return type == MM_TEXT ? MM_ROLE_LEFT_OUT : type == MM_ID ? MM_ROLE_IDENTIFIER : MM_ROLE_MODELLED;
}

static void count_roles(struct mint_model *model) {
    for (uint32_t c = 0; c < model->column_count; c++) {
        struct mm_model_column *column = &model->columns[c];
        column->role = role_of(column->field.type);
        if (column->role == MM_ROLE_MODELLED) column->index = model->modelled_count++;
        if (column->role == MM_ROLE_IDENTIFIER) column->index = model->identifier_count++;
    }
}

/* Levels that enough rows share; a text column without one cannot be replayed and is treated as an identifier. */
static bool has_common_level(const struct mm_column *column, uint64_t row_count, uint32_t least, struct mm_arena *scratch) {
    if (column->field.type != MM_CATEGORY) return true;
    uint32_t *counts = mm_arena_alloc(scratch, column->dictionary.count, sizeof *counts);
    if (!counts) return true; /* the fit itself will say that memory is short */
    bool any_value = false, common = false;
    for (uint64_t r = 0; r < row_count && !common; r++) {
        if (mm_column_missing(column, r)) continue;
        any_value = true;
        common = ++counts[column->codes[r]] >= least;
    }
    mm_arena_free(scratch, counts);
    return common || !any_value;
}

static mint_status describe_columns(struct mint_model *model, const struct mint_table *table, uint32_t protect, mint_error *err) {
    model->column_count = table->column_count;
    MM_ALLOC_OR_RETURN(model->columns, &model->arena, table->column_count, err);
    for (uint32_t c = 0; c < table->column_count; c++) {
        const struct mm_column *column = &table->columns[c];
        MM_RETURN_IF_ERROR(mm_field_copy(&model->columns[c].field, &column->field, &model->arena, err));
        if (protect && !has_common_level(column, table->row_count, protect, &model->arena)) {
            model->columns[c].field.type = MM_ID;
            mm_notice(model->ctx,
                      "column '%s': no text is shared by %u rows or more, so none is replayed: new texts of the same form are made",
                      column->field.name, protect);
        } else if (column->field.type == MM_TEXT)
            mm_notice(model->ctx, "column '%s' is left out: %s", column->field.name,
                      column->field.reason ? column->field.reason : "free text");
        else if (column->field.type == MM_ID)
            mm_notice(model->ctx, "column '%s' gets new identifiers: %s", column->field.name,
                      column->field.reason ? column->field.reason : "an identifier");
    }
    count_roles(model);
    if (!model->modelled_count)
        MM_RETURN_ERROR(err, MINT_E_ARG,
                        "'%s' has no column that can be modelled: all are identifiers or free text; declare types in a schema",
                        table->source);
    return MINT_OK;
}

static mint_status fit_identifiers(struct mint_model *model, const struct mint_table *table, uint64_t seed, mint_error *err) {
    MM_ALLOC_OR_RETURN(model->identifiers, &model->arena, model->identifier_count, err);
    for (uint32_t c = 0; c < model->column_count; c++)
        if (model->columns[c].role == MM_ROLE_IDENTIFIER)
            MM_RETURN_IF_ERROR(mm_identifier_fit(&model->identifiers[model->columns[c].index], &model->arena, &table->columns[c],
                                                 table->row_count, seed, err));
    return MINT_OK;
}

mint_status mm_model_view(struct mint_table **out, const struct mint_model *model, const struct mint_table *table, mint_error *err) {
    struct mint_table *view;
    MM_RETURN_IF_ERROR(mm_table_new(&view, table->ctx, table->source, table->row_count, model->modelled_count, err));
    for (uint32_t c = 0; c < model->column_count; c++) {
        const struct mm_model_column *column = &model->columns[c];
        if (column->role != MM_ROLE_MODELLED) continue;
        int64_t found = mm_table_find(table, column->field.name);
        const struct mm_column *cells = found >= 0 ? &table->columns[found] : NULL;
        if (!cells || cells->field.type != column->field.type) {
            mint_table_free(view);
            MM_RETURN_ERROR(err, MINT_E_ARG, "'%s': column '%s' is %s, the model has it as %s", table->source, column->field.name,
                            cells ? mm_type_name(cells->field.type) : "missing", mm_type_name(column->field.type));
        }
        view->columns[column->index] = *cells;
    }
    *out = view;
    return MINT_OK;
}

static mint_status parse_params(void **config, json_t **given, struct mm_arena *arena, const struct mm_generator_type *type,
                                const char *params_json, mint_error *err) {
    *given = NULL;
    *config = mm_arena_alloc(arena, 1, type->config_size);
    if (!*config) return mm_error_no_memory(err, arena->memory, 1, type->config_size);
    if (params_json && *params_json) MM_RETURN_IF_ERROR(mm_json_parse(given, params_json, strlen(params_json), "parameters", err));
    return mm_params_parse(*config, type->params, type->name, *given, err);
}

static mint_status describe(struct mint_model *model, const struct mint_table *table, const void *config, const char *target, uint64_t seed,
                            const json_t *facts, mint_error *err) {
    json_t *columns = json_array();
    bool good = columns != NULL;
    for (uint32_t c = 0; good && c < model->column_count; c++) {
        json_t *field = mm_field_to_json(&model->columns[c].field);
        if (field) json_object_del(field, "reason");
        good = json_array_append_new(columns, field) == 0;
    }
    json_t *root =
        good ? json_pack("{s:s, s:s, s:s, s:I, s:o, s:s?, s:I, s:O, s:o, s:b, s:s}", "schema", "mintmark.model/1", "mintmark",
                         PACKAGE_VERSION, "generator", model->type->name, "seed", (json_int_t)seed, "parameters",
                         mm_params_json(config, model->type->params), "target", target, "train_rows", (json_int_t)table->row_count, "facts",
                         facts, "columns", columns, "shareable", 0, "note", "holds real values of the training data: not for sharing")
             : NULL;
    if (!root) return mm_error_json(err);
    mint_status status = mm_json_text(&model->description, &model->arena, root, err);
    json_decref(root);
    return status;
}

mint_status mm_fit_forecast(const struct mm_fit_job *job, uint64_t bytes, mint_error *err) {
    uint64_t allowed = job->ctx->memory.bytes_max, before = atomic_load(&job->ctx->memory.peak);
    job->ctx->memory_forecast = bytes > before ? bytes : before; /* the ledger's hashes of a large set may have taken more */
    if (allowed && bytes > allowed)
        MM_RETURN_ERROR(err, MINT_E_LIMIT,
                        "fitting '%s' is forecast to need %.0f MB and %.0f MB are allowed; allow more with --memory, or use fewer rows, "
                        "columns or threads",
                        job->table->source, (double)bytes / 1e6, (double)allowed / 1e6);
    return MINT_OK;
}

static mint_status fit_model(struct mint_model *model, const struct mint_table *train, const char *target, const char *params_json,
                             uint64_t seed, struct mm_arena *scratch, json_t **given, json_t *facts, mint_error *err) {
    void *config;
    MM_RETURN_IF_ERROR(parse_params(&config, given, scratch, model->type, params_json, err));
    json_t *parsed = mm_params_json(config, model->type->params);
    uint32_t protect = (uint32_t)json_integer_value(json_object_get(parsed, "protect"));
    json_decref(parsed);
    MM_RETURN_IF_ERROR(describe_columns(model, train, protect, err));
    int64_t target_index = -1;
    if (target) {
        int64_t found = mm_table_find(train, target);
        if (found < 0) MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' has no column '%s' to be the target", train->source, target);
        if (model->columns[found].role != MM_ROLE_MODELLED)
            MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' column '%s' cannot be the target: it is %s; declare its type in a schema", train->source,
                            target, mm_type_name(model->columns[found].field.type));
        target_index = model->columns[found].index;
    }
    MM_RETURN_IF_ERROR(fit_identifiers(model, train, seed, err));
    struct mint_table *view;
    MM_RETURN_IF_ERROR(mm_model_view(&view, model, train, err));
    struct mm_fit_job job = {
        .ctx = model->ctx, .arena = &model->arena, .table = view, .target = target_index, .config = config, .seed = seed, .facts = facts};
    mint_status status = mm_fit_forecast(&job, atomic_load(&model->ctx->memory.used) + model->type->forecast(&job), err);
    if (status == MINT_OK) status = model->type->fit(&model->state, &job, err);
    mint_table_free(view);
    MM_RETURN_IF_ERROR(status);
    return describe(model, train, config, target, seed, facts, err);
}

mint_status mint_model_fit(mint_model **out, mint_context *ctx, const char *generator, const mint_table *train, const char *target,
                           const char *params_json, uint64_t seed, mint_error *err) {
    if (!out || !ctx || !generator || !train) MM_RETURN_ERROR(err, MINT_E_ARG, "a fit needs a context, a generator and a table");
    *out = NULL;
    const struct mm_generator_type *type = mm_generator_find(generator);
    if (!type) MM_RETURN_ERROR(err, MINT_E_ARG, "there is no generator '%s'; there are boost, independent and bootstrap", generator);
    struct mint_model *model = NULL;
    MM_RETURN_IF_ERROR(model_new(&model, ctx, err));
    model->type = type;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    json_t *given = NULL, *facts = json_object();
    mint_status status = facts ? fit_model(model, train, target, params_json, seed, &scratch, &given, facts, err) : mm_error_json(err);
    json_decref(given);
    json_decref(facts);
    mm_arena_release(&scratch);
    if (status != MINT_OK)
        mint_model_free(model);
    else
        *out = model;
    return status;
}

/* ---- sampling ---- */

static mint_status fill_identifiers(const struct mm_identifier *identifier, struct mint_table *table, struct mm_column *column,
                                    uint64_t first_row, mint_error *err) {
    struct mm_interner interner;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, &table->arena, err));
    for (uint64_t i = 0; i < table->row_count; i++) {
        char text[MM_SHAPE_MAX + 1];
        size_t length = mm_identifier_make(identifier, first_row + i, text, sizeof text);
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, text, length, &column->codes[i], err));
    }
    column->dictionary = interner.dictionary;
    return MINT_OK;
}

/* Texts that the generator lent from its own memory, made the table's own: the table may outlive the model. */
static mint_status own_dictionary(struct mm_dictionary *d, struct mm_arena *arena, mint_error *err) {
    uint64_t *offsets;
    char *bytes;
    static const uint64_t none;
    const uint64_t *from = d->offsets ? d->offsets : &none;
    MM_ALLOC_OR_RETURN(offsets, arena, d->count + 1u, err);
    memcpy(offsets, from, (d->count + 1u) * sizeof *offsets);
    MM_ALLOC_OR_RETURN(bytes, arena, from[d->count] + 1, err);
    if (from[d->count]) memcpy(bytes, d->bytes, from[d->count]);
    d->offsets = offsets;
    d->bytes = bytes;
    return MINT_OK;
}

static mint_status sample_into(struct mint_table *table, const struct mint_model *model, uint64_t first_row, uint64_t seed,
                               mint_error *err) {
    struct mint_table *view;
    MM_RETURN_IF_ERROR(mm_table_new(&view, table->ctx, "synthetic", table->row_count, model->modelled_count, err));
    mint_status status = MINT_OK;
    uint32_t at = 0;
    for (uint32_t c = 0; status == MINT_OK && c < model->column_count; c++) {
        const struct mm_model_column *column = &model->columns[c];
        if (column->role == MM_ROLE_LEFT_OUT) continue;
        struct mm_column *out = &table->columns[at++];
        status = mm_field_copy(&out->field, &column->field, &table->arena, err);
        if (status == MINT_OK) status = mm_column_storage(table, out, err);
        if (status != MINT_OK) break;
        if (column->role == MM_ROLE_IDENTIFIER)
            status = fill_identifiers(&model->identifiers[column->index], table, out, first_row, err);
        else
            view->columns[column->index] = *out;
    }
    struct mm_sample_job job = {.ctx = table->ctx, .seed = seed, .first_row = first_row, .out = view};
    if (status == MINT_OK) status = model->type->sample(model->state, &job, err);
    at = 0;
    for (uint32_t c = 0; status == MINT_OK && c < model->column_count; c++) {
        if (model->columns[c].role == MM_ROLE_LEFT_OUT) continue;
        struct mm_column *out = &table->columns[at++];
        if (model->columns[c].role != MM_ROLE_MODELLED) continue;
        *out = view->columns[model->columns[c].index];
        if (out->codes) status = own_dictionary(&out->dictionary, &table->arena, err);
    }
    mm_arena_adopt(&table->arena, &view->arena); /* marks were put into the view */
    return status;
}

static mint_status sample_rows(struct mint_table **out, struct mint_context *ctx, const struct mint_model *model, uint64_t first_row,
                               uint64_t row_count, uint64_t seed, mint_error *err) {
    uint32_t columns = 0;
    for (uint32_t c = 0; c < model->column_count; c++) columns += model->columns[c].role != MM_ROLE_LEFT_OUT;
    struct mint_table *table;
    MM_RETURN_IF_ERROR(mm_table_new(&table, ctx, "synthetic", row_count, columns, err));
    mint_status status = sample_into(table, model, first_row, seed, err);
    if (status != MINT_OK)
        mint_table_free(table);
    else
        *out = table;
    return status;
}

static mint_status check_range(uint64_t first_row, uint64_t row_count, mint_error *err) {
    if (!row_count || row_count > (uint64_t)1 << 40 || first_row > (uint64_t)1 << 60)
        MM_RETURN_ERROR(err, MINT_E_ARG, "a sample has at least one row and at most 2^40");
    return MINT_OK;
}

mint_status mint_model_sample(mint_table **out, const mint_model *model, uint64_t first_row, uint64_t row_count, uint64_t seed,
                              mint_error *err) {
    if (!out || !model) MM_RETURN_ERROR(err, MINT_E_ARG, "a sample needs a model");
    *out = NULL;
    MM_RETURN_IF_ERROR(check_range(first_row, row_count, err));
    return sample_rows(out, model->ctx, model, first_row, row_count, seed, err);
}

/* A run of rows that is never whole in memory. */
struct stream {
    const struct mint_model *model;
    struct mint_context quiet; /* the writing tells how far it is */
    struct mint_table *table;
    uint64_t next_row, rows_left, rows_a_table, seed;
};

enum { STREAM_BLOCK = 16384 };

static mint_status next_rows(void *payload, const struct mint_table **table, mint_error *err) {
    struct stream *s = payload;
    mint_table_free(s->table);
    *table = s->table = NULL;
    uint64_t count = s->rows_left < s->rows_a_table ? s->rows_left : s->rows_a_table;
    if (!count) return MINT_OK;
    MM_RETURN_IF_ERROR(sample_rows(&s->table, &s->quiet, s->model, s->next_row, count, s->seed, err));
    s->next_row += count, s->rows_left -= count;
    *table = s->table;
    return MINT_OK;
}

mint_status mint_model_sample_file(const mint_model *model, uint64_t first_row, uint64_t row_count, uint64_t seed, const char *path,
                                   mint_error *err) {
    if (!model || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "a sample needs a model and a path");
    MM_RETURN_IF_ERROR(check_range(first_row, row_count, err));
    struct stream s = {.model = model, .next_row = first_row, .rows_left = row_count, .seed = seed};
    s.rows_a_table = (uint64_t)STREAM_BLOCK * (model->ctx->threads < 4 ? 8 : 2 * model->ctx->threads);
    mm_context_quiet(&s.quiet, model->ctx);
    struct mm_row_source source = {next_rows, &s, row_count};
    mint_status status = mm_rows_write(model->ctx, &source, path, NULL, err);
    mint_table_free(s.table);
    mm_context_quiet_release(&s.quiet);
    return status;
}

mint_status mint_model_score(const mint_model *model, const mint_table *rows, double *log_density, mint_error *err) {
    if (!model || !rows || !log_density) MM_RETURN_ERROR(err, MINT_E_ARG, "scoring needs a model, rows and room for their densities");
    if (!model->type->score) MM_RETURN_ERROR(err, MINT_E_UNSUPPORTED, "generator '%s' has no density", model->type->name);
    struct mint_table *view;
    MM_RETURN_IF_ERROR(mm_model_view(&view, model, rows, err));
    mint_status status = model->type->score(model->state, model->ctx, view, log_density, NULL, err);
    mint_table_free(view);
    return status;
}

/* ---- files ---- */

static mint_status save_model(const struct mint_model *model, struct mm_model_writer *writer, const char *path, mint_error *err) {
    json_t *description;
    MM_RETURN_IF_ERROR(mm_json_parse(&description, model->description, strlen(model->description), "model", err));
    json_decref(writer->manifest);
    writer->manifest = description;
    MM_RETURN_IF_ERROR(model->type->save(model->state, writer, err));
    for (uint32_t i = 0; i < model->identifier_count; i++) MM_RETURN_IF_ERROR(mm_writer_identifier(writer, i, &model->identifiers[i], err));
    return mm_writer_finish(writer, path, err);
}

mint_status mint_model_save(const mint_model *model, const char *path, mint_error *err) {
    if (!model || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "saving needs a model and a path");
    struct mm_model_writer writer;
    mint_status status = mm_writer_init(&writer, &model->ctx->memory, err);
    if (status == MINT_OK) status = save_model(model, &writer, path, err);
    mm_writer_release(&writer);
    return status;
}

static mint_status load_columns(struct mint_model *model, struct mm_model_reader *reader, mint_error *err) {
    const json_t *columns = json_object_get(reader->manifest, "columns");
    size_t count = json_array_size(columns);
    if (!count || count > MM_COLUMNS_MAX) return mm_reader_broken(reader, "its list of columns is missing", err);
    model->column_count = (uint32_t)count;
    MM_ALLOC_OR_RETURN(model->columns, &model->arena, count, err);
    for (uint32_t c = 0; c < count; c++)
        MM_RETURN_IF_ERROR(mm_field_from_json(&model->columns[c].field, &model->arena, json_array_get(columns, c), err));
    count_roles(model);
    if (!model->modelled_count) return mm_reader_broken(reader, "it models no column", err);
    MM_ALLOC_OR_RETURN(model->identifiers, &model->arena, model->identifier_count, err);
    for (uint32_t i = 0; i < model->identifier_count; i++) MM_RETURN_IF_ERROR(mm_reader_identifier(reader, i, &model->identifiers[i], err));
    return MINT_OK;
}

static mint_status load_state(struct mint_model *model, struct mm_model_reader *reader, mint_error *err) {
    const char *name = json_string_value(json_object_get(reader->manifest, "generator"));
    model->type = name ? mm_generator_find(name) : NULL;
    if (!model->type) return mm_reader_broken(reader, "its generator is unknown here", err);
    MM_RETURN_IF_ERROR(load_columns(model, reader, err));
    struct mint_table *shape;
    MM_RETURN_IF_ERROR(mm_table_new(&shape, model->ctx, reader->path, 0, model->modelled_count, err));
    for (uint32_t c = 0; c < model->column_count; c++)
        if (model->columns[c].role == MM_ROLE_MODELLED) shape->columns[model->columns[c].index].field = model->columns[c].field;
    mint_status status = model->type->load(&model->state, reader, shape, err);
    mint_table_free(shape);
    MM_RETURN_IF_ERROR(status);
    if (json_object_del(reader->manifest, "arrays") != 0) return mm_error_json(err);
    json_object_del(reader->manifest, "draws");
    json_object_del(reader->manifest, "rows");
    return mm_json_text(&model->description, &model->arena, reader->manifest, err);
}

mint_status mint_model_load(mint_model **out, mint_context *ctx, const char *path, mint_error *err) {
    if (!out || !ctx || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "loading needs a context and a path");
    *out = NULL;
    struct mint_model *model = NULL;
    MM_RETURN_IF_ERROR(model_new(&model, ctx, err));
    struct mm_model_reader reader;
    mint_status status = mm_reader_open(&reader, &model->arena, path, err);
    if (status == MINT_OK) {
        status = load_state(model, &reader, err);
        mm_arena_free(&model->arena, reader.bytes);
        mm_reader_close(&reader);
    }
    if (status != MINT_OK)
        mint_model_free(model);
    else
        *out = model;
    return status;
}

mint_status mint_generators_help(const char **out, mint_context *ctx, mint_error *err) {
    struct mm_text text;
    mm_text_init(&text, &ctx->arena);
    for (size_t i = 0; mm_generators[i]; i++) {
        mm_text_addf(&text, "%s: %s\n", mm_generators[i]->name, mm_generators[i]->summary);
        mm_params_help(&text, mm_generators[i]->params);
    }
    *out = text.data;
    return mm_text_status(&text, err);
}
