/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

mint_status mm_error_json(mint_error *err) { MM_RETURN_ERROR(err, MINT_E_NOMEM, "cannot get memory for a JSON tree"); }

mint_status mm_json_parse(json_t **out, const char *bytes, size_t count, const char *source, mint_error *err) {
    json_error_t cause;
    *out = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, &cause);
    if (*out) return MINT_OK;
    MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' line %d: not JSON: %s", source, cause.line, cause.text);
}

mint_status mm_json_read(json_t **out, struct mm_memory *memory, const char *path, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, memory);
    char *bytes;
    size_t count;
    mint_status status = mm_file_read(&scratch, path, MM_JSON_BYTES_MAX, &bytes, &count, err);
    if (status == MINT_OK) status = mm_json_parse(out, bytes, count, path, err);
    mm_arena_release(&scratch);
    return status;
}

mint_status mm_json_text(char **out, struct mm_arena *arena, const json_t *json, mint_error *err) {
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    if (!text) return mm_error_json(err);
    *out = mm_arena_copy_text(arena, text);
    free(text);
    return *out ? MINT_OK : mm_error_json(err);
}

mint_status mm_json_write(const json_t *json, struct mm_memory *memory, const char *path, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, memory);
    char *text;
    mint_status status = mm_json_text(&text, &scratch, json, err);
    if (status == MINT_OK) {
        size_t length = strlen(text);
        text[length] = '\n'; /* the arena's copy ends in a NUL that the file does not need */
        status = mm_file_write(path, text, length + 1, err);
    }
    mm_arena_release(&scratch);
    return status;
}

bool mm_json_put(json_t *object, const char *key, json_t *value) { return json_object_set_new(object, key, value) == 0; }

json_t *mm_json_number(double value) { return isfinite(value) ? json_real(value) : json_null(); }
