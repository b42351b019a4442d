/* SPDX-License-Identifier: Apache-2.0 */
#include "base/param.h"

#include <string.h>

static void put(void *config, const struct mm_param *param, double value) {
    char *place = (char *)config + param->offset;
    switch (param->type) {
    case MM_PARAM_INTEGER: memcpy(place, &(int64_t){(int64_t)value}, sizeof(int64_t)); break;
    case MM_PARAM_REAL: memcpy(place, &value, sizeof value); break;
    case MM_PARAM_BOOLEAN: memcpy(place, &(bool){value != 0}, sizeof(bool)); break;
    case MM_PARAM_CHOICE: memcpy(place, &(int){(int)value}, sizeof(int)); break;
    }
}

static mint_status put_choice(void *config, const struct mm_param *param, const char *owner, const char *text, mint_error *err) {
    for (int i = 0; param->choices[i]; i++)
        if (!strcmp(param->choices[i], text)) {
            put(config, param, i);
            return MINT_OK;
        }
    MM_RETURN_ERROR(err, MINT_E_ARG, "%s: parameter '%s' cannot be '%s'; the first choice is '%s'", owner, param->name, text,
                    param->choices[0]);
}

static mint_status put_given(void *config, const struct mm_param *param, const char *owner, const json_t *value, mint_error *err) {
    if (param->type == MM_PARAM_CHOICE) {
        char number[24] = ""; /* some choices are numbers, and "64" may have been read as one */
        if (json_is_integer(value)) snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        if (!json_is_string(value) && !*number) MM_RETURN_ERROR(err, MINT_E_ARG, "%s: parameter '%s' must be a word", owner, param->name);
        return put_choice(config, param, owner, *number ? number : json_string_value(value), err);
    }
    if (param->type == MM_PARAM_BOOLEAN) {
        if (!json_is_boolean(value)) MM_RETURN_ERROR(err, MINT_E_ARG, "%s: parameter '%s' must be true or false", owner, param->name);
        put(config, param, json_is_true(value));
        return MINT_OK;
    }
    bool good = param->type == MM_PARAM_INTEGER ? json_is_integer(value) : json_is_number(value);
    double number = good ? json_number_value(value) : 0;
    if (!good || !(number >= param->low && number <= param->high))
        MM_RETURN_ERROR(err, MINT_E_ARG, "%s: parameter '%s' must be %s from %g to %g", owner, param->name,
                        param->type == MM_PARAM_INTEGER ? "a whole number" : "a number", param->low, param->high);
    put(config, param, number);
    return MINT_OK;
}

mint_status mm_params_parse(void *config, const struct mm_param *params, const char *owner, const json_t *given, mint_error *err) {
    for (const struct mm_param *param = params; param->name; param++) put(config, param, param->fallback);
    if (!given) return MINT_OK;
    if (!json_is_object(given)) MM_RETURN_ERROR(err, MINT_E_ARG, "%s: parameters must be an object", owner);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)given, name, value) {
        const struct mm_param *param = params;
        while (param->name && strcmp(param->name, name) != 0) param++;
        if (!param->name) MM_RETURN_ERROR(err, MINT_E_ARG, "%s has no parameter '%s'; 'mintmark doctor' lists them", owner, name);
        MM_RETURN_IF_ERROR(put_given(config, param, owner, value, err));
    }
    return MINT_OK;
}

json_t *mm_params_json(const void *config, const struct mm_param *params) {
    json_t *object = json_object();
    for (const struct mm_param *param = params; object && param->name; param++) {
        const char *place = (const char *)config + param->offset;
        json_t *value = NULL;
        switch (param->type) {
        case MM_PARAM_INTEGER: value = json_integer(*(const int64_t *)(const void *)place); break;
        case MM_PARAM_REAL: value = json_real(*(const double *)(const void *)place); break;
        case MM_PARAM_BOOLEAN: value = json_boolean(*(const bool *)(const void *)place); break;
        case MM_PARAM_CHOICE: value = json_string(param->choices[*(const int *)(const void *)place]); break;
        }
        if (!mm_json_put(object, param->name, value)) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

void mm_params_help(struct mm_text *text, const struct mm_param *params) {
    for (const struct mm_param *param = params; param->name; param++) {
        mm_text_addf(text, "  %-22s %s ", param->name, param->help);
        if (param->type == MM_PARAM_CHOICE) {
            mm_text_addf(text, "[%s; one of", param->choices[(int)param->fallback]);
            for (int i = 0; param->choices[i]; i++) mm_text_addf(text, " %s", param->choices[i]);
            mm_text_add(text, "]\n");
        } else if (param->type == MM_PARAM_BOOLEAN)
            mm_text_addf(text, "[%s]\n", param->fallback != 0 ? "true" : "false");
        else
            mm_text_addf(text, "[%g; %g to %g]\n", param->fallback, param->low, param->high);
    }
}
