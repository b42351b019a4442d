/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "generator/generator.h"
#include "mintmark/run.h"

enum kind { TEXT, COUNT, SHARE_OR_FILE, OBJECT, TEXTS, FLAG };
static const struct {
    const char *name;
    enum kind kind;
} keys[] = {
    {"schema_version", TEXT}, {"data", TEXT},         {"target", TEXT}, {"entity", TEXT},      {"time", TEXT},  {"holdout", SHARE_OR_FILE},
    {"generator", TEXT},      {"parameters", OBJECT}, {"schema", TEXT}, {"missing", TEXTS},    {"rows", COUNT}, {"format", TEXT},
    {"policy", TEXT},         {"seed", COUNT},        {"output", TEXT}, {"all_metrics", FLAG},
};
enum { KEYS = sizeof keys / sizeof *keys };

static bool fits(const json_t *value, enum kind kind) {
    switch (kind) {
    case TEXT: return json_is_string(value) && json_string_length(value) > 0;
    case COUNT: return json_is_integer(value) && json_integer_value(value) >= 0;
    case SHARE_OR_FILE: return json_is_string(value) || (json_is_real(value) && json_real_value(value) > 0 && json_real_value(value) < 1);
    case OBJECT: return json_is_object(value);
    case FLAG: return json_is_boolean(value);
    case TEXTS: break;
    }
    bool good = json_is_array(value);
    for (size_t i = 0; good && i < json_array_size(value); i++) good = json_is_string(json_array_get(value, i));
    return good;
}

static const char *const wanted[] = {
    "text",         "a whole number from 0 on", "a share between 0 and 1, or a file", "a map", "a list of texts (numbers in quotes)",
    "true or false"};

mint_status mm_plan_check(const json_t *json, const char *source, mint_error *err) {
    if (!json_is_object(json)) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is no plan: it must be a map", source);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value) {
        size_t k = 0;
        while (k < KEYS && strcmp(keys[k].name, key) != 0) k++;
        if (k == KEYS) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' has an unknown key '%s'", source, key);
        if (!fits(value, keys[k].kind)) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s': '%s' must be %s", source, key, wanted[keys[k].kind]);
    }
    const char *version = json_string_value(json_object_get(json, "schema_version")),
               *format = json_string_value(json_object_get(json, "format"));
    if (version && strcmp(version, "mintmark.plan/1") != 0)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is of another version: this program reads mintmark.plan/1", source);
    if (format && strcmp(format, "csv") != 0 && strcmp(format, "parquet") != 0)
        MM_RETURN_ERROR(err, MINT_E_ARG, "'%s': format must be csv or parquet, not '%s'", source, format);
    return MINT_OK;
}

static const char *text_or(const json_t *json, const char *key, const char *fallback) {
    const char *value = json_string_value(json_object_get(json, key));
    return value ? value : fallback;
}

/* The data's base name without its ending, + ".mint.d", in the current folder. */
static mint_status default_output(struct mm_plan *plan, struct mm_arena *arena, mint_error *err) {
    const char *name = strncmp(plan->data, "sql:", 4) ? mm_path_name(plan->data) : "query";
    char *folder;
    MM_ALLOC_OR_RETURN(folder, arena, strlen(name) + 16, err);
    const char *dot = strchr(name, '.');
    snprintf(folder, strlen(name) + 16, "%.*s.mint.d", dot && dot > name ? (int)(dot - name) : (int)strlen(name), name);
    for (char *c = folder; *c; c++)
        if (strchr("*?[]", *c)) *c = '_';
    plan->output = folder;
    return MINT_OK;
}

mint_status mm_plan_parse(struct mm_plan *plan, struct mm_arena *arena, const char *json_text, mint_error *err) {
    *plan = (struct mm_plan){0};
    MM_RETURN_IF_ERROR(mm_json_parse(&plan->json, json_text, strlen(json_text), "plan", err));
    const json_t *json = plan->json;
    MM_RETURN_IF_ERROR(mm_plan_check(json, "plan", err));
    plan->data = text_or(json, "data", NULL);
    if (!plan->data) MM_RETURN_ERROR(err, MINT_E_ARG, "no data are named");
    plan->target = text_or(json, "target", NULL);
    plan->entity = text_or(json, "entity", NULL);
    plan->time = text_or(json, "time", NULL);
    plan->generator = text_or(json, "generator", "boost");
    if (!mm_generator_find(plan->generator))
        MM_RETURN_ERROR(err, MINT_E_ARG, "there is no generator '%s'; there are boost, independent and bootstrap", plan->generator);
    plan->schema = text_or(json, "schema", NULL);
    plan->policy = text_or(json, "policy", NULL);
    plan->format = text_or(json, "format", "csv");
    plan->output = text_or(json, "output", NULL);
    plan->holdout_file = json_string_value(json_object_get(json, "holdout"));
    plan->holdout_share = json_is_real(json_object_get(json, "holdout")) ? json_real_value(json_object_get(json, "holdout")) : 0.2;
    plan->parameters = json_object_get(json, "parameters");
    plan->rows = (uint64_t)json_integer_value(json_object_get(json, "rows"));
    plan->seed = (uint64_t)json_integer_value(json_object_get(json, "seed"));
    plan->all_metrics = json_is_true(json_object_get(json, "all_metrics"));
    const json_t *missing = json_object_get(json, "missing");
    plan->missing_count = json_array_size(missing);
    MM_ALLOC_OR_RETURN(plan->missing, arena, plan->missing_count, err);
    for (size_t i = 0; i < plan->missing_count; i++) plan->missing[i] = json_string_value(json_array_get(missing, i));
    return plan->output ? MINT_OK : default_output(plan, arena, err);
}

void mm_plan_release(struct mm_plan *plan) { json_decref(plan->json); }

mint_status mint_plan_read(const char **out, mint_context *ctx, const char *path, mint_error *err) {
    if (!out || !ctx || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "reading a plan needs a context and a path");
    json_t *json = NULL;
    char *text = NULL;
    MM_RETURN_IF_ERROR(mm_yaml_read(&json, &ctx->memory, path, err));
    mint_status status = mm_plan_check(json, path, err);
    if (status == MINT_OK) status = mm_json_text(&text, &ctx->arena, json, err);
    json_decref(json);
    *out = text;
    return status;
}
