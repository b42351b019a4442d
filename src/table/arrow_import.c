/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of record batches into a table: two passes, one that collects the batches and counts rows, one that converts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table/arrow_abi.h"
#include "table/infer.h"

enum { BATCHES_MAX = 1 << 20 };

/* What a format string means here. */
struct incoming {
    enum mm_type type;
    char storage;             /* the first letter of fixed-width formats; 'u' or 'U' for text */
    int64_t divide, multiply; /* to microseconds, or to days */
    int scale;                /* decimal128: digits after the point */
    bool dictionary;
    char index; /* of a dictionary: the format of its codes */
};

static bool parse_format(struct incoming *in, const char *format) {
    *in = (struct incoming){.divide = 1, .multiply = 1};
    if (strlen(format) == 1 && strchr("cCsSiIlLfgbuU", format[0])) {
        in->storage = format[0];
        in->type = strchr("fg", format[0]) ? MM_FLOAT : format[0] == 'b' ? MM_BOOLEAN : strchr("uU", format[0]) ? MM_CATEGORY : MM_INTEGER;
        return true;
    }
    if (!strncmp(format, "d:", 2)) {
        char *end;
        strtol(format + 2, &end, 10);
        if (*end != ',') return false;
        in->scale = (int)strtol(end + 1, &end, 10);
        in->type = MM_FLOAT, in->storage = 'd';
        return (*end == 0 || !strcmp(end, ",128")) && in->scale >= 0 && in->scale <= 38;
    }
    if (!strcmp(format, "tdD")) return in->type = MM_DATE, in->storage = 'i', true;
    if (!strcmp(format, "tdm")) return in->type = MM_DATE, in->storage = 'l', in->divide = 86400000, true;
    bool clock = !strncmp(format, "tt", 2), moment = !strncmp(format, "ts", 2) && strlen(format) >= 4 && format[3] == ':';
    if ((!clock && !moment) || !strchr("smun", format[2]) || !format[2]) return false;
    in->type = clock ? MM_TIME : MM_TIMESTAMP;
    in->storage = clock && (format[2] == 's' || format[2] == 'm') ? 'i' : 'l';
    in->multiply = format[2] == 's' ? 1000000 : format[2] == 'm' ? 1000 : 1;
    in->divide = format[2] == 'n' ? 1000 : 1;
    return true;
}

static bool is_valid(const struct ArrowArray *array, int64_t i) {
    const uint8_t *bits = array->n_buffers ? array->buffers[0] : NULL;
    return !bits || (bits[(i + array->offset) / 8] >> ((i + array->offset) % 8) & 1);
}

static int64_t integer_at(const struct ArrowArray *array, char storage, int64_t i) {
    const void *data = array->buffers[1];
    i += array->offset;
    switch (storage) {
    case 'c': return ((const int8_t *)data)[i];
    case 'C': return ((const uint8_t *)data)[i];
    case 's': return ((const int16_t *)data)[i];
    case 'S': return ((const uint16_t *)data)[i];
    case 'i': return ((const int32_t *)data)[i];
    case 'I': return ((const uint32_t *)data)[i];
    case 'b': return ((const uint8_t *)data)[i / 8] >> (i % 8) & 1;
    default: return ((const int64_t *)data)[i];
    }
}

static double number_at(const struct ArrowArray *array, const struct incoming *in, int64_t i) {
    const void *data = array->buffers[1];
    i += array->offset;
    if (in->storage == 'f') return (double)((const float *)data)[i];
    if (in->storage == 'g') return ((const double *)data)[i];
    /* Decimal: two's complement of 16 bytes, low half first. */
    uint64_t low, high;
    memcpy(&low, (const char *)data + 16 * i, 8);
    memcpy(&high, (const char *)data + 16 * i + 8, 8);
    bool negative = high >> 63;
    if (negative) {
        low = ~low + 1;
        high = ~high + (low == 0);
    }
    double value = ((double)high * 18446744073709551616.0 + (double)low) / pow(10, in->scale);
    return negative ? -value : value;
}

static void text_at(const struct ArrowArray *array, char storage, int64_t i, const char **text, size_t *length) {
    i += array->offset;
    if (storage == 'u') {
        const int32_t *offsets = array->buffers[1];
        *text = (const char *)array->buffers[2] + offsets[i];
        *length = (size_t)(offsets[i + 1] - offsets[i]);
    } else {
        const int64_t *offsets = array->buffers[1];
        *text = (const char *)array->buffers[2] + offsets[i];
        *length = (size_t)(offsets[i + 1] - offsets[i]);
    }
}

static mint_status put_missing(struct mint_table *table, struct mm_column *column, uint64_t row, mint_error *err) {
    MM_RETURN_IF_ERROR(mm_column_marks(table, column, err));
    return mm_field_mark(&column->field, &table->arena, "", &column->marks[row], err);
}

static mint_status convert(struct mint_table *table, struct mm_column *column, const struct incoming *in, const struct ArrowArray *array,
                           uint64_t first, struct mm_interner *interner, mint_error *err) {
    for (int64_t i = 0; i < array->length; i++) {
        uint64_t row = first + (uint64_t)i;
        bool valid = is_valid(array, i);
        if (column->codes) {
            const char *text = "";
            size_t length = 0;
            if (valid && in->dictionary) {
                int64_t code = integer_at(array, in->index, i);
                if (code < 0 || code >= array->dictionary->length)
                    MM_RETURN_ERROR(err, MINT_E_FORMAT, "column '%s' row %llu: its code is outside the dictionary", column->field.name,
                                    (unsigned long long)row + 1);
                if (is_valid(array->dictionary, code)) text_at(array->dictionary, in->storage, code, &text, &length);
            } else if (valid)
                text_at(array, in->storage, i, &text, &length);
            if (memchr(text, 0, length))
                MM_RETURN_ERROR(err, MINT_E_FORMAT, "column '%s' row %llu holds a NUL byte", column->field.name,
                                (unsigned long long)row + 1);
            MM_RETURN_IF_ERROR(mm_interner_add(interner, text, length, &column->codes[row], err));
        } else if (!valid)
            MM_RETURN_IF_ERROR(put_missing(table, column, row, err));
        else if (column->numbers)
            column->numbers[row] = number_at(array, in, i);
        else {
            int64_t value = integer_at(array, in->storage, i);
            if (in->storage == 'L' && value < 0)
                MM_RETURN_ERROR(err, MINT_E_UNSUPPORTED, "column '%s' row %llu: whole numbers above 2^63 are not supported",
                                column->field.name, (unsigned long long)row + 1);
            column->integers[row] = in->divide > 1 ? value / in->divide - (value % in->divide < 0) : value * in->multiply;
        }
    }
    return MINT_OK;
}

struct batches {
    struct ArrowSchema schema;
    struct ArrowArray *list;
    uint32_t count;
    uint64_t rows;
};

static mint_status collect(struct batches *b, struct ArrowArrayStream *stream, struct mm_arena *scratch, mint_error *err) {
    if (stream->get_schema(stream, &b->schema) != 0)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "the Arrow stream gives no schema: %s",
                        stream->get_last_error(stream) ? stream->get_last_error(stream) : "no reason");
    if (strcmp(b->schema.format, "+s") != 0 || b->schema.n_children < 1)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "the Arrow stream does not hold record batches with columns");
    if (b->schema.n_children > MM_COLUMNS_MAX)
        MM_RETURN_ERROR(err, MINT_E_LIMIT, "the Arrow stream has more than %d columns", MM_COLUMNS_MAX);
    for (;;) {
        struct ArrowArray batch = {0};
        if (stream->get_next(stream, &batch) != 0)
            MM_RETURN_ERROR(err, MINT_E_IO, "the Arrow stream breaks off: %s",
                            stream->get_last_error(stream) ? stream->get_last_error(stream) : "no reason");
        if (!batch.release) return MINT_OK;
        struct ArrowArray *list = mm_arena_resize(scratch, b->list, (b->count + 1u) * sizeof *list);
        if (!list || batch.n_children != b->schema.n_children) {
            batch.release(&batch);
            return list ? mm_error_set(err, MINT_E_FORMAT, "an Arrow batch has another number of columns")
                        : mm_error_no_memory(err, scratch->memory, b->count + 1u, sizeof *list);
        }
        b->list = list;
        b->list[b->count++] = batch;
        b->rows += (uint64_t)batch.length;
    }
}

static mint_status describe(struct mm_column *column, struct incoming *in, const struct ArrowSchema *schema, struct mint_table *table,
                            mint_error *err) {
    static const char *const patterns[MM_TYPE_COUNT] = {
        [MM_DATE] = "%Y-%m-%d", [MM_TIME] = "%H:%M:%S.%6f", [MM_TIMESTAMP] = "%Y-%m-%d %H:%M:%S.%6f"};
    const char *format = schema->dictionary ? schema->dictionary->format : schema->format;
    if (!parse_format(in, format) ||
        (schema->dictionary && (in->type != MM_CATEGORY || strlen(schema->format) != 1 || !strchr("cCsSiIlL", schema->format[0]))))
        MM_RETURN_ERROR(err, MINT_E_UNSUPPORTED, "column '%s' has the Arrow format '%s', which is not supported; cast it first",
                        schema->name ? schema->name : "", format);
    in->dictionary = schema->dictionary != NULL;
    in->index = schema->format[0];
    MM_COPY_TEXT_OR_RETURN(column->field.name, &table->arena, schema->name && *schema->name ? schema->name : "column", err);
    column->field.type = in->type;
    column->field.form = (struct mm_form){.style = MM_FLOAT_SHORTEST, .decimals = -1, .words = {"false", "true"}};
    if (patterns[in->type]) memcpy(column->field.form.pattern, patterns[in->type], strlen(patterns[in->type]) + 1);
    MM_COPY_TEXT_OR_RETURN(column->field.reason, &table->arena, "handed over with this type", err);
    return mm_column_storage(table, column, err);
}

static mint_status fill_column(struct mint_table *table, uint32_t c, const struct batches *b, mint_error *err) {
    struct mm_column *column = &table->columns[c];
    struct incoming in;
    struct mm_interner interner = {0};
    MM_RETURN_IF_ERROR(describe(column, &in, b->schema.children[c], table, err));
    if (mm_table_find(table, column->field.name) != c)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "two columns have the name '%s'", column->field.name);
    if (column->codes) MM_RETURN_IF_ERROR(mm_interner_init(&interner, &table->arena, err));
    uint64_t first = 0;
    for (uint32_t k = 0; k < b->count; k++) {
        MM_RETURN_IF_ERROR(convert(table, column, &in, b->list[k].children[c], first, &interner, err));
        first += (uint64_t)b->list[k].length;
    }
    if (!column->codes) return mm_column_refine(table, column, NULL, err);
    column->dictionary = interner.dictionary;
    mm_arena_free(&table->arena, interner.slots);
    return mm_column_infer(table, column, NULL, NULL, 0, err);
}

mint_status mint_table_from_arrow(mint_table **out, mint_context *ctx, struct ArrowArrayStream *take, mint_error *err) {
    if (!out || !ctx || !take || !take->release)
        MM_RETURN_ERROR(err, MINT_E_ARG, "an Arrow hand-over needs a context and a stream that is open");
    *out = NULL;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    struct batches b = {0};
    struct mint_table *table = NULL;
    mint_status status = collect(&b, take, &scratch, err);
    if (status == MINT_OK && !b.rows) status = mm_error_set(err, MINT_E_FORMAT, "the Arrow stream has no rows");
    if (status == MINT_OK) status = mm_table_new(&table, ctx, "arrow", b.rows, (uint32_t)b.schema.n_children, err);
    for (uint32_t c = 0; status == MINT_OK && c < table->column_count; c++)
        table->columns[c].field.name = (char *)(uintptr_t) ""; /* so that looking for a name is safe while they come */
    for (uint32_t c = 0; status == MINT_OK && c < table->column_count; c++) status = fill_column(table, c, &b, err);
    for (uint32_t k = 0; k < b.count; k++) b.list[k].release(&b.list[k]);
    if (b.schema.release) b.schema.release(&b.schema);
    take->release(take);
    mm_arena_release(&scratch);
    if (status != MINT_OK)
        mint_table_free(table);
    else
        *out = table;
    return status;
}
