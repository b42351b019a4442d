/* SPDX-License-Identifier: Apache-2.0 */
#include "generator/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"

struct mm_array {
    struct mm_array *next;
    const void *data;
    uint64_t bytes, offset;
};

static const char magic[8] = {'M', 'I', 'N', 'T', 'M', 'O', 'D', 'L'};
enum { HEADER_BYTES = 24, DIGEST_BYTES = 64, ALIGNMENT = 64 };
/* header: magic, uint32 version, uint32 zero, uint64 manifest bytes; trailer: hexadecimal SHA-256 */

mint_status mm_writer_init(struct mm_model_writer *writer, struct mm_memory *memory, mint_error *err) {
    *writer = (struct mm_model_writer){.manifest = json_object(), .arrays = json_array()};
    writer->last = &writer->first;
    mm_arena_init(&writer->arena, memory);
    return writer->manifest && writer->arrays ? MINT_OK : mm_error_json(err);
}

void mm_writer_release(struct mm_model_writer *writer) {
    json_decref(writer->manifest);
    json_decref(writer->arrays);
    mm_arena_release(&writer->arena);
}

mint_status mm_writer_array(struct mm_model_writer *writer, const char *name, const void *data, uint64_t count, uint32_t size,
                            mint_error *err) {
    struct mm_array *array;
    MM_ALLOC_OR_RETURN(array, &writer->arena, 1, err);
    uint64_t end = 0;
    if (writer->first) {
        struct mm_array *before = (struct mm_array *)(void *)((char *)writer->last - offsetof(struct mm_array, next));
        end = (before->offset + before->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    *array = (struct mm_array){.data = data, .bytes = count * size, .offset = end};
    *writer->last = array;
    writer->last = &array->next;
    json_t *entry =
        json_pack("{s:s, s:I, s:I, s:I}", "name", name, "size", (json_int_t)size, "count", (json_int_t)count, "offset", (json_int_t)end);
    return entry && json_array_append_new(writer->arrays, entry) == 0 ? MINT_OK : mm_error_json(err);
}

static void add_integer(struct mm_text *text, uint64_t value, unsigned bytes) {
    unsigned char raw[8];
    for (unsigned i = 0; i < bytes; i++) raw[i] = (unsigned char)(value >> (8 * i));
    mm_text_add_bytes(text, raw, bytes);
}

static uint64_t get_integer(const char *bytes, unsigned count) {
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++) value |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return value;
}

static void pad(struct mm_text *file) {
    static const char zeros[ALIGNMENT];
    mm_text_add_bytes(file, zeros, (ALIGNMENT - file->length % ALIGNMENT) % ALIGNMENT);
}

mint_status mm_writer_finish(struct mm_model_writer *writer, const char *path, mint_error *err) {
    if (json_object_set(writer->manifest, "arrays", writer->arrays) != 0) return mm_error_json(err);
    char *manifest;
    MM_RETURN_IF_ERROR(mm_json_text(&manifest, &writer->arena, writer->manifest, err));
    struct mm_text file;
    mm_text_init(&file, &writer->arena);
    mm_text_add_bytes(&file, magic, sizeof magic);
    add_integer(&file, MM_MODEL_VERSION, 4);
    add_integer(&file, 0, 4);
    add_integer(&file, strlen(manifest), 8);
    mm_text_add(&file, manifest);
    pad(&file);
    for (struct mm_array *array = writer->first; array; array = array->next) {
        pad(&file);
        mm_text_add_bytes(&file, array->data, array->bytes);
    }
    MM_RETURN_IF_ERROR(mm_text_status(&file, err));
    struct mm_sha256 digest;
    char hex[65];
    mm_sha256_init(&digest);
    mm_sha256_add(&digest, file.data, file.length);
    mm_sha256_hex(&digest, hex);
    mm_text_add(&file, hex);
    MM_RETURN_IF_ERROR(mm_text_status(&file, err));
    return mm_file_write(path, file.data, file.length, err);
}

mint_status mm_reader_broken(const struct mm_model_reader *reader, const char *what, mint_error *err) {
    MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is no sound model file: %s; fit the model again", reader->path, what);
}

static mint_status check_envelope(struct mm_model_reader *reader, size_t *manifest_bytes, mint_error *err) {
    if (reader->count < sizeof magic || memcmp(reader->bytes, magic, sizeof magic) != 0)
        return mm_reader_broken(reader, "it does not begin like one", err);
    if (reader->count < HEADER_BYTES + DIGEST_BYTES) return mm_reader_broken(reader, "it is cut off", err);
    uint64_t version = get_integer(reader->bytes + 8, 4);
    if (version != MM_MODEL_VERSION)
        MM_RETURN_ERROR(
            err, MINT_E_UNSUPPORTED,
            "'%s' is of model format %llu and this program reads format %d; use the version of mintmark that wrote it, or a newer one",
            reader->path, (unsigned long long)version, MM_MODEL_VERSION);
    struct mm_sha256 digest;
    char hex[65];
    mm_sha256_init(&digest);
    mm_sha256_add(&digest, reader->bytes, reader->count - DIGEST_BYTES);
    mm_sha256_hex(&digest, hex);
    if (memcmp(hex, reader->bytes + reader->count - DIGEST_BYTES, DIGEST_BYTES) != 0)
        MM_RETURN_ERROR(err, MINT_E_VERIFY,
                        "'%s' was altered or cut off: its checksum does not hold; fit the model again or fetch an intact copy",
                        reader->path);
    uint64_t bytes = get_integer(reader->bytes + 16, 8);
    if (bytes > reader->count - HEADER_BYTES - DIGEST_BYTES) return mm_reader_broken(reader, "its manifest is longer than the file", err);
    *manifest_bytes = (size_t)bytes;
    return MINT_OK;
}

mint_status mm_reader_open_bytes(struct mm_model_reader *reader, struct mm_arena *arena, char *bytes, size_t count, const char *path,
                                 mint_error *err) {
    *reader = (struct mm_model_reader){.arena = arena, .path = path, .bytes = bytes, .count = count};
    size_t manifest_bytes = 0;
    MM_RETURN_IF_ERROR(check_envelope(reader, &manifest_bytes, err));
    MM_RETURN_IF_ERROR(mm_json_parse(&reader->manifest, bytes + HEADER_BYTES, manifest_bytes, path, err));
    size_t base = (HEADER_BYTES + manifest_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, end = count - DIGEST_BYTES;
    json_t *entry;
    size_t i;
    json_t *index = json_object(), *arrays = json_object_get(reader->manifest, "arrays");
    bool good = index && json_is_array(arrays) && base <= end;
    json_array_foreach(arrays, i, entry) {
        const char *name = json_string_value(json_object_get(entry, "name"));
        json_int_t offset = json_integer_value(json_object_get(entry, "offset")),
                   length = json_integer_value(json_object_get(entry, "count"));
        json_int_t size = json_integer_value(json_object_get(entry, "size"));
        good = good && name && (size == 1 || size == 2 || size == 4 || size == 8) && offset >= 0 && length >= 0 && offset % ALIGNMENT == 0;
        good = good && (uint64_t)offset <= end - base && (uint64_t)length <= (end - base - (uint64_t)offset) / (uint64_t)size;
        if (!good) break;
        json_object_set_new(entry, "offset", json_integer(offset + (json_int_t)base));
        good = !json_object_get(index, name) && json_object_set(index, name, entry) == 0;
    }
    /* From here on arrays are looked up by name. */
    if (json_object_set_new(reader->manifest, "arrays", index) != 0 || !good) {
        mm_reader_close(reader);
        return mm_reader_broken(reader, "its list of arrays does not fit the file", err);
    }
    return MINT_OK;
}

mint_status mm_reader_open(struct mm_model_reader *reader, struct mm_arena *arena, const char *path, mint_error *err) {
    char *bytes;
    size_t count;
    *reader = (struct mm_model_reader){.arena = arena, .path = path};
    MM_RETURN_IF_ERROR(mm_file_read(arena, path, (size_t)16 << 30, &bytes, &count, err));
    mint_status status = mm_reader_open_bytes(reader, arena, bytes, count, path, err);
    if (status != MINT_OK) mm_arena_free(arena, bytes);
    return status;
}

void mm_reader_close(struct mm_model_reader *reader) {
    json_decref(reader->manifest);
    reader->manifest = NULL;
}

mint_status mm_reader_array(struct mm_model_reader *reader, const char *name, uint32_t size, uint64_t count, void **data, uint64_t *got,
                            mint_error *err) {
    const json_t *entry = json_object_get(json_object_get(reader->manifest, "arrays"), name);
    uint64_t length = (uint64_t)json_integer_value(json_object_get(entry, "count"));
    if (!entry || json_integer_value(json_object_get(entry, "size")) != (json_int_t)size || (count != UINT64_MAX && length != count)) {
        char what[200];
        snprintf(what, sizeof what, "array '%.100s' is missing or of another length", name);
        return mm_reader_broken(reader, what, err);
    }
    char *copy;
    MM_ALLOC_OR_RETURN(copy, reader->arena, length * size + 1, err);
    memcpy(copy, reader->bytes + json_integer_value(json_object_get(entry, "offset")), (size_t)length * size);
    *data = copy;
    if (got) *got = length;
    return MINT_OK;
}
