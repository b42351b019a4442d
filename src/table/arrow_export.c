/* SPDX-License-Identifier: Apache-2.0 */
/* A table as a stream of one record batch. What is exported owns copies (the consumer may outlive the table), with memory of its
 * own: the account of the context must not be touched by another thread's release. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table/arrow_abi.h"
#include "table/table.h"

/* Every export hangs on one list of blocks that its release frees. */
struct keep {
    void **blocks;
    size_t count, capacity;
    bool failed;
};

static void *take_block(struct keep *keep, size_t count, size_t size) {
    if (keep->failed) return NULL;
    if (keep->count == keep->capacity) {
        size_t capacity = keep->capacity ? keep->capacity * 2 : 32;
        void **blocks = realloc(keep->blocks, capacity * sizeof *blocks);
        if (!blocks) return keep->failed = true, NULL;
        keep->blocks = blocks;
        keep->capacity = capacity;
    }
    void *block = calloc(count ? count : 1, size);
    if (!block) return keep->failed = true, NULL;
    return keep->blocks[keep->count++] = block;
}

static void free_keep(struct keep *keep) {
    if (!keep) return;
    for (size_t i = 0; i < keep->count; i++) free(keep->blocks[i]);
    free(keep->blocks);
    free(keep);
}

static void release_child_schema(struct ArrowSchema *schema) { schema->release = NULL; }
static void release_child_array(struct ArrowArray *array) { array->release = NULL; }

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    free_keep(schema->private_data);
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release) array->children[i]->release(array->children[i]);
    free_keep(array->private_data);
    array->release = NULL;
}

static const char *format_of(enum mm_type type) {
    switch (type) {
    case MM_INTEGER: return "l";
    case MM_FLOAT: return "g";
    case MM_BOOLEAN: return "b";
    case MM_DATE: return "tdD";
    case MM_TIME: return "ttu";
    case MM_TIMESTAMP: return "tsu:";
    case MM_CATEGORY:
    case MM_TEXT:
    case MM_ID: return "U";
    }
    return "U";
}

static char *copy_text(struct keep *keep, const char *text) {
    char *copy = take_block(keep, strlen(text) + 1, 1);
    if (copy) strcpy(copy, text);
    return copy;
}

static bool make_schema(struct ArrowSchema *out, const struct mint_table *table) {
    struct keep *keep = calloc(1, sizeof *keep);
    if (!keep) return false;
    *out = (struct ArrowSchema){
        .format = "+s", .name = "", .n_children = table->column_count, .release = release_schema, .private_data = keep};
    out->children = take_block(keep, table->column_count, sizeof *out->children);
    for (uint32_t c = 0; !keep->failed && c < table->column_count; c++) {
        struct ArrowSchema *child = take_block(keep, 1, sizeof *child);
        if (!child) break;
        *child = (struct ArrowSchema){.format = format_of(table->columns[c].field.type),
                                      .name = copy_text(keep, table->columns[c].field.name),
                                      .flags = ARROW_FLAG_NULLABLE,
                                      .release = release_child_schema};
        out->children[c] = child;
    }
    if (!keep->failed) return true;
    free_keep(keep);
    out->release = NULL;
    return false;
}

static void fill_texts(struct ArrowArray *array, struct keep *keep, const struct mm_column *column, uint64_t n) {
    int64_t *offsets = take_block(keep, n + 1, sizeof *offsets);
    for (uint64_t r = 0; offsets && r < n; r++)
        offsets[r + 1] =
            offsets[r] +
            (int64_t)(mm_column_missing(column, r) ? 0 : mm_dictionary_length(&column->dictionary, (uint32_t)column->codes[r]));
    char *bytes = offsets ? take_block(keep, (size_t)offsets[n], 1) : NULL;
    for (uint64_t r = 0; bytes && r < n; r++)
        if (!mm_column_missing(column, r))
            memcpy(bytes + offsets[r], mm_dictionary_text(&column->dictionary, (uint32_t)column->codes[r]),
                   (size_t)(offsets[r + 1] - offsets[r]));
    array->buffers[1] = offsets;
    array->buffers[2] = bytes;
    array->n_buffers = 3;
}

static void fill_values(struct ArrowArray *array, struct keep *keep, const struct mm_column *column, uint64_t n) {
    array->n_buffers = 2;
    if (column->field.type == MM_BOOLEAN) {
        uint8_t *bits = take_block(keep, n / 8 + 1, 1);
        for (uint64_t r = 0; bits && r < n; r++) bits[r / 8] = (uint8_t)(bits[r / 8] | (column->integers[r] != 0) << (r % 8));
        array->buffers[1] = bits;
    } else if (column->field.type == MM_DATE) {
        int32_t *days = take_block(keep, n, sizeof *days);
        for (uint64_t r = 0; days && r < n; r++) days[r] = (int32_t)column->integers[r];
        array->buffers[1] = days;
    } else {
        void *copy = take_block(keep, n, 8);
        if (copy) memcpy(copy, column->numbers ? (const void *)column->numbers : column->integers, n * 8);
        array->buffers[1] = copy;
    }
}

static struct ArrowArray *make_column(struct keep *keep, const struct mm_column *column, uint64_t n) {
    struct ArrowArray *array = take_block(keep, 1, sizeof *array);
    if (!array) return NULL;
    *array = (struct ArrowArray){.length = (int64_t)n, .release = release_child_array};
    array->buffers = take_block(keep, 3, sizeof *array->buffers);
    if (!array->buffers) return NULL;
    if (column->marks) {
        uint8_t *bits = take_block(keep, n / 8 + 1, 1);
        for (uint64_t r = 0; bits && r < n; r++) {
            if (column->marks[r])
                array->null_count++;
            else
                bits[r / 8] = (uint8_t)(bits[r / 8] | 1u << (r % 8));
        }
        array->buffers[0] = bits;
    }
    if (column->codes)
        fill_texts(array, keep, column, n);
    else
        fill_values(array, keep, column, n);
    return array;
}

static bool make_array(struct ArrowArray *out, const struct mint_table *table) {
    struct keep *keep = calloc(1, sizeof *keep);
    if (!keep) return false;
    *out = (struct ArrowArray){.length = (int64_t)table->row_count,
                               .n_buffers = 1,
                               .n_children = table->column_count,
                               .release = release_array,
                               .private_data = keep};
    out->buffers = take_block(keep, 1, sizeof *out->buffers);
    out->children = take_block(keep, table->column_count, sizeof *out->children);
    for (uint32_t c = 0; !keep->failed && c < table->column_count; c++)
        out->children[c] = make_column(keep, &table->columns[c], table->row_count);
    if (!keep->failed) return true;
    free_keep(keep);
    out->release = NULL;
    return false;
}

struct stream {
    struct ArrowSchema schema;
    struct ArrowArray array;
};

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    struct stream *own = stream->private_data;
    if (!own->schema.release) return EINVAL; /* the schema was handed over already: it is moved, not copied */
    *out = own->schema;
    own->schema.release = NULL;
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct stream *own = stream->private_data;
    *out = own->array;
    own->array.release = NULL;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "the schema of this stream can be taken once";
}

static void release_stream(struct ArrowArrayStream *stream) {
    struct stream *own = stream->private_data;
    if (own->schema.release) own->schema.release(&own->schema);
    if (own->array.release) own->array.release(&own->array);
    free(own);
    stream->release = NULL;
}

mint_status mint_table_to_arrow(struct ArrowArrayStream *out, const mint_table *table, mint_error *err) {
    if (!out || !table) MM_RETURN_ERROR(err, MINT_E_ARG, "an Arrow hand-over needs a table and a place for the stream");
    struct stream *own = calloc(1, sizeof *own);
    if (own && make_schema(&own->schema, table) && make_array(&own->array, table)) {
        *out = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, own};
        return MINT_OK;
    }
    if (own && own->schema.release) own->schema.release(&own->schema);
    free(own);
    MM_RETURN_ERROR(err, MINT_E_NOMEM, "cannot get memory for an Arrow copy of the table");
}
