/* SPDX-License-Identifier: Apache-2.0 */
/* Model files: "MINTMODL", a version, a JSON manifest, arrays at 64-byte offsets that the manifest names, and a SHA-256 of
 * all of it. Loading executes nothing and trusts nothing. Little-endian. */
#ifndef MM_GENERATOR_MODEL_FILE_H
#define MM_GENERATOR_MODEL_FILE_H
#include "base/json.h"
#include "base/memory.h"
#include "encode/codec.h"
#include "encode/identifier.h"

enum { MM_MODEL_VERSION = 1 };

struct mm_model_writer {
    struct mm_arena arena;
    json_t *manifest, *arrays;
    struct mm_array *first, **last;
};
mint_status mm_writer_init(struct mm_model_writer *writer, struct mm_memory *memory, mint_error *err);
void mm_writer_release(struct mm_model_writer *writer);
/* `size` is the element size (1, 2, 4 or 8); the data are borrowed until the file is written. Names are unique. */
mint_status mm_writer_array(struct mm_model_writer *writer, const char *name, const void *data, uint64_t count, uint32_t size,
                            mint_error *err);
mint_status mm_writer_finish(struct mm_model_writer *writer, const char *path, mint_error *err);
mint_status mm_writer_dictionary(struct mm_model_writer *writer, const char *prefix, const struct mm_dictionary *dictionary,
                                 mint_error *err);
mint_status mm_writer_codec(struct mm_model_writer *writer, uint32_t column, const struct mm_codec *codec, mint_error *err);
mint_status mm_writer_identifier(struct mm_model_writer *writer, uint32_t column, const struct mm_identifier *identifier, mint_error *err);

struct mm_model_reader {
    struct mm_arena *arena; /* the model's; arrays are copied into it */
    const char *path;
    json_t *manifest;
    char *bytes;
    size_t count;
};
/* Checks magic, version, checksum and the arrays' places. */
mint_status mm_reader_open(struct mm_model_reader *reader, struct mm_arena *arena, const char *path, mint_error *err);
mint_status mm_reader_open_bytes(struct mm_model_reader *reader, struct mm_arena *arena, char *bytes, size_t count, const char *path,
                                 mint_error *err);
void mm_reader_close(struct mm_model_reader *reader);
/* A copy of the array; refused when it is missing, of another element size, or (count != UINT64_MAX) of another length. */
mint_status mm_reader_array(struct mm_model_reader *reader, const char *name, uint32_t size, uint64_t count, void **data, uint64_t *got,
                            mint_error *err);
mint_status mm_reader_dictionary(struct mm_model_reader *reader, const char *prefix, struct mm_dictionary *dictionary, mint_error *err);
/* With every index and order checked, so that encoding and decoding are safe. */
mint_status mm_reader_codec(struct mm_model_reader *reader, uint32_t column, struct mm_codec *codec, mint_error *err);
mint_status mm_reader_identifier(struct mm_model_reader *reader, uint32_t column, struct mm_identifier *identifier, mint_error *err);
mint_status mm_reader_broken(const struct mm_model_reader *reader, const char *what, mint_error *err);

#endif
