/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to and from JSON trees with libyaml's event interface. Anchors and aliases are refused: a few lines of them can
 * stand for gigabytes. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

static json_t *plain_scalar(const char *text) {
    if (!*text || !strcmp(text, "~") || !strcmp(text, "null")) return json_null();
    if (!strcmp(text, "true")) return json_true();
    if (!strcmp(text, "false")) return json_false();
    if (strspn(text, "+-.0123456789eE") == strlen(text) && strpbrk(text, "0123456789")) {
        char *end;
        errno = 0;
        long long integer = strtoll(text, &end, 10);
        if (!*end && !errno) return json_integer(integer);
        double real = strtod(text, &end);
        if (!*end && isfinite(real)) return json_real(real);
    }
    return json_string(text);
}

struct reader {
    yaml_parser_t parser;
    const char *source;
    mint_error *err;
};

static mint_status broken(struct reader *reader, const char *why) {
    MM_RETURN_ERROR(reader->err, MINT_E_FORMAT, "'%s' line %zu: %s", reader->source, reader->parser.mark.line + 1, why);
}

static mint_status next(struct reader *reader, yaml_event_t *event) {
    if (yaml_parser_parse(&reader->parser, event)) return MINT_OK;
    return broken(reader, reader->parser.problem ? reader->parser.problem : "not YAML");
}

static mint_status read_node(struct reader *reader, yaml_event_t *event, json_t **out, int depth);

static mint_status read_sequence(struct reader *reader, json_t *list, int depth) {
    for (;;) {
        yaml_event_t event;
        MM_RETURN_IF_ERROR(next(reader, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return MINT_OK;
        }
        json_t *item = NULL;
        MM_RETURN_IF_ERROR(read_node(reader, &event, &item, depth + 1));
        if (json_array_append_new(list, item) != 0) return mm_error_json(reader->err);
    }
}

static mint_status read_mapping(struct reader *reader, json_t *map, int depth) {
    for (;;) {
        yaml_event_t event;
        MM_RETURN_IF_ERROR(next(reader, &event));
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return MINT_OK;
        }
        if (event.type != YAML_SCALAR_EVENT) {
            yaml_event_delete(&event);
            return broken(reader, "a key must be plain text");
        }
        char *key = strdup((const char *)event.data.scalar.value);
        yaml_event_delete(&event);
        if (!key) return mm_error_json(reader->err);
        json_t *value = NULL;
        mint_status status = json_object_get(map, key) ? broken(reader, "a key stands twice") : next(reader, &event);
        if (status == MINT_OK) status = read_node(reader, &event, &value, depth + 1);
        if (status == MINT_OK && !mm_json_put(map, key, value)) status = broken(reader, "a key is not UTF-8");
        free(key);
        MM_RETURN_IF_ERROR(status);
    }
}

/* Takes the event. */
static mint_status read_node(struct reader *reader, yaml_event_t *event, json_t **out, int depth) {
    yaml_event_type_t type = event->type;
    bool anchored = (type == YAML_SCALAR_EVENT && event->data.scalar.anchor) ||
                    (type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor) ||
                    (type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor);
    json_t *node = NULL;
    if (type == YAML_SCALAR_EVENT) {
        const char *text = (const char *)event->data.scalar.value;
        node = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_scalar(text) : json_string(text);
    }
    yaml_event_delete(event);
    if (depth > MM_TREE_DEPTH_MAX) {
        json_decref(node);
        return broken(reader, "nested too deeply");
    }
    if (anchored || type == YAML_ALIAS_EVENT) {
        json_decref(node);
        return broken(reader, "anchors and aliases are not allowed");
    }
    mint_status status = MINT_OK;
    if (type == YAML_SEQUENCE_START_EVENT) {
        node = json_array();
        status = node ? read_sequence(reader, node, depth) : mm_error_json(reader->err);
    } else if (type == YAML_MAPPING_START_EVENT) {
        node = json_object();
        status = node ? read_mapping(reader, node, depth) : mm_error_json(reader->err);
    } else if (!node) {
        status = broken(reader, "text that is not UTF-8 or an unexpected mark");
    }
    if (status != MINT_OK)
        json_decref(node);
    else
        *out = node;
    return status;
}

mint_status mm_yaml_parse(json_t **out, const char *bytes, size_t count, const char *source, mint_error *err) {
    *out = NULL;
    struct reader reader = {.source = source, .err = err};
    if (!yaml_parser_initialize(&reader.parser)) return mm_error_json(err);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, count);
    mint_status status = MINT_OK;
    for (bool done = false; status == MINT_OK && !done;) {
        yaml_event_t event;
        status = next(&reader, &event);
        if (status != MINT_OK) break;
        switch (event.type) {
        case YAML_STREAM_END_EVENT:
            done = true;
            yaml_event_delete(&event);
            break;
        case YAML_SCALAR_EVENT:
        case YAML_SEQUENCE_START_EVENT:
        case YAML_MAPPING_START_EVENT:
        case YAML_ALIAS_EVENT:
            if (*out) {
                yaml_event_delete(&event);
                status = broken(&reader, "more than one document");
            } else
                status = read_node(&reader, &event, out, 0);
            break;
        default: yaml_event_delete(&event);
        }
    }
    if (status == MINT_OK && !*out) status = mm_error_set(err, MINT_E_FORMAT, "'%s' is empty", source);
    yaml_parser_delete(&reader.parser);
    if (status != MINT_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

mint_status mm_yaml_read(json_t **out, struct mm_memory *memory, const char *path, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, memory);
    char *bytes;
    size_t count;
    mint_status status = mm_file_read(&scratch, path, MM_YAML_BYTES_MAX, &bytes, &count, err);
    if (status == MINT_OK) status = mm_yaml_parse(out, bytes, count, path, err);
    mm_arena_release(&scratch);
    return status;
}

static int collect(void *payload, unsigned char *bytes, size_t count) {
    mm_text_add_bytes(payload, bytes, count);
    return 1;
}

static bool emit_text(yaml_emitter_t *emitter, const char *text, bool is_string) {
    /* Quoted whenever a reader might take the text for something else. */
    json_t *again = plain_scalar(text);
    bool ambiguous = is_string && !json_is_string(again);
    json_decref(again);
    yaml_scalar_style_t style = ambiguous ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE;
    yaml_event_t event;
    return yaml_scalar_event_initialize(&event, NULL, NULL, (const unsigned char *)text, (int)strlen(text), 1, 1, style) &&
           yaml_emitter_emit(emitter, &event);
}

static bool emit_node(yaml_emitter_t *emitter, const json_t *node) {
    yaml_event_t event;
    if (json_is_object(node)) {
        if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) || !yaml_emitter_emit(emitter, &event))
            return false;
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)node, key, value) if (!emit_text(emitter, key, true) || !emit_node(emitter, value)) return false;
        return yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
    }
    if (json_is_array(node)) {
        bool flat = json_array_size(node) == 0 || !json_is_object(json_array_get(node, 0));
        yaml_sequence_style_t style = flat ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
        if (!yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style) || !yaml_emitter_emit(emitter, &event)) return false;
        for (size_t i = 0; i < json_array_size(node); i++)
            if (!emit_node(emitter, json_array_get(node, i))) return false;
        return yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
    }
    if (json_is_string(node)) return emit_text(emitter, json_string_value(node), true);
    char *text = json_dumps(node, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    bool good = text && emit_text(emitter, text, false);
    free(text);
    return good;
}

mint_status mm_yaml_text(char **out, struct mm_arena *arena, const json_t *json, const char *comment, mint_error *err) {
    struct mm_text text;
    mm_text_init(&text, arena);
    mm_text_add(&text, comment);
    yaml_emitter_t emitter;
    if (!yaml_emitter_initialize(&emitter)) return mm_error_json(err);
    yaml_emitter_set_output(&emitter, collect, &text);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, 120);
    yaml_event_t event;
    bool good = yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) && yaml_emitter_emit(&emitter, &event) &&
                yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) && yaml_emitter_emit(&emitter, &event) &&
                emit_node(&emitter, json) && yaml_document_end_event_initialize(&event, 1) && yaml_emitter_emit(&emitter, &event) &&
                yaml_stream_end_event_initialize(&event) && yaml_emitter_emit(&emitter, &event);
    yaml_emitter_delete(&emitter);
    if (!good) return mm_error_json(err);
    *out = text.data;
    return mm_text_status(&text, err);
}
