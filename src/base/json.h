/* SPDX-License-Identifier: Apache-2.0 */
/* Jansson holds JSON trees; libyaml reads and writes the same trees as YAML. Numbers are printed with 15 digits. */
#ifndef MM_BASE_JSON_H
#define MM_BASE_JSON_H
#include <jansson.h>

#include "base/memory.h"

enum { MM_JSON_BYTES_MAX = 256 << 20, MM_YAML_BYTES_MAX = 16 << 20, MM_TREE_DEPTH_MAX = 64 };

/* The caller owns *out (json_decref). `source` names the bytes in messages. */
mint_status mm_json_parse(json_t **out, const char *bytes, size_t count, const char *source, mint_error *err);
mint_status mm_json_read(json_t **out, struct mm_memory *memory, const char *path, mint_error *err);
/* YAML 1.1 core subset: maps, lists, scalars; plain scalars become null, booleans, integers, reals or strings. No anchors. */
mint_status mm_yaml_parse(json_t **out, const char *bytes, size_t count, const char *source, mint_error *err);
mint_status mm_yaml_read(json_t **out, struct mm_memory *memory, const char *path, mint_error *err);
/* Text into the arena, indented, keys in insertion order. */
mint_status mm_json_text(char **out, struct mm_arena *arena, const json_t *json, mint_error *err);
mint_status mm_yaml_text(char **out, struct mm_arena *arena, const json_t *json, const char *comment, mint_error *err);
mint_status mm_json_write(const json_t *json, struct mm_memory *memory, const char *path, mint_error *err);

/* Steals value; remembers failure by returning false (also when value is NULL). */
bool mm_json_put(json_t *object, const char *key, json_t *value);
/* A real, or null when not finite. */
json_t *mm_json_number(double value);
mint_status mm_error_json(mint_error *err);

#endif
