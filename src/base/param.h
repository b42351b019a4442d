/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters as table rows: parsing, validation, help, documents and records all read the same rows. */
#ifndef MM_BASE_PARAM_H
#define MM_BASE_PARAM_H
#include "base/json.h"
#include "base/text.h"

enum mm_param_type { MM_PARAM_INTEGER, MM_PARAM_REAL, MM_PARAM_BOOLEAN, MM_PARAM_CHOICE };

/* INTEGER fills an int64_t, REAL a double, BOOLEAN a bool, CHOICE an int (index into choices). */
struct mm_param {
    const char *name;
    enum mm_param_type type;
    size_t offset;
    double low, high, fallback;
    const char *const *choices; /* NULL-terminated */
    const char *help;
};

/* Defaults first, then the values of `given` (may be NULL). Unknown names and values outside their range are refused. */
mint_status mm_params_parse(void *config, const struct mm_param *params, const char *owner, const json_t *given, mint_error *err);
/* The config as JSON with every parameter spelled out; NULL when out of memory. */
json_t *mm_params_json(const void *config, const struct mm_param *params);
/* One "name  help [default, range]" line a parameter. */
void mm_params_help(struct mm_text *text, const struct mm_param *params);

#endif
