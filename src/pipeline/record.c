/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/record.h"

#include <string.h>
#include <time.h>

#include "base/file.h"
#include "io/duckdb.h"
#include "report/report.h"

/* Every file of the folder: what it is and whether it may leave. `{"synthetic"}` stands for the table's own name. */
static const struct {
    const char *name, *what;
    bool shareable;
} files[] = {
    {"synthetic", "synthetic rows", true},
    {"report.json", "figures and verdict; counts of rare levels are merged", true},
    {"report.html", "the same as a page", true},
    {"mintmark.yaml", "the plan that reproduces the run", true},
    {"schema.yaml", "types and formats of the columns; may quote a cell in a reason", false},
    {"train.csv", "real rows", false},
    {"holdout.csv", "real rows", false},
    {"model.mint", "the fitted model: holds real values", false},
};

static mint_status list_files(json_t *list, const struct mm_record_inputs *q, struct mm_arena *scratch, mint_error *err) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *name = i == 0 ? q->synthetic : files[i].name;
        char hex[65], *path = mm_path_join(scratch, q->folder, name);
        if (!path) return mm_error_no_memory(err, scratch->memory, 1, 1);
        MM_RETURN_IF_ERROR(mm_file_sha256(path, hex, err));
        json_t *entry = json_pack("{s:s, s:s, s:s, s:b}", "file", name, "what", files[i].what, "sha256", hex, "shareable",
                                  (int)(files[i].shareable && (i != 0 || q->verdict != MM_FAIL)));
        if (json_array_append_new(list, entry) != 0) return mm_error_json(err);
    }
    return MINT_OK;
}

static json_t *figures(const json_t *report) {
    json_t *list = json_array();
    const json_t *metrics = json_object_get(report, "metrics");
    for (size_t i = 0; list && i < json_array_size(metrics); i++) {
        const json_t *metric = json_array_get(metrics, i);
        /* Columns and pairs are in the report; the record keeps the whole-table figures. */
        if (!json_is_null(json_object_get(metric, "columns")) && !strncmp(json_string_value(json_object_get(metric, "id")), "fidelity.", 9))
            continue;
        json_array_append(list, (json_t *)metric);
    }
    return list;
}

static mint_status make(json_t *record, const struct mm_record_inputs *q, struct mm_arena *scratch, mint_error *err) {
    char when[32], duckdb[32] = "", hex[65] = "";
    time_t seconds = time(NULL);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    MM_RETURN_IF_ERROR(mm_duckdb_version(q->ctx, duckdb, sizeof duckdb, err));
    bool is_file = strncmp(q->plan->data, "sql:", 4) != 0 && mm_file_exists(q->plan->data);
    if (is_file) MM_RETURN_IF_ERROR(mm_file_sha256(q->plan->data, hex, err));
    json_t *model = NULL, *list = json_array();
    const char *description = mint_model_describe(q->model);
    MM_RETURN_IF_ERROR(mm_json_parse(&model, description, strlen(description), "model", err));
    json_object_del(model, "columns");
    bool good = mm_json_put(record, "schema", json_string("mintmark.record/1")) && mm_json_put(record, "time", json_string(when)) &&
                mm_json_put(record, "versions", json_pack("{s:s, s:s}", "mintmark", PACKAGE_VERSION, "duckdb", duckdb)) &&
                mm_json_put(record, "data", json_pack("{s:s, s:s?}", "name", q->plan->data, "sha256", is_file ? hex : NULL)) &&
                json_object_set(record, "plan", q->plan->json) == 0 &&
                mm_json_put(record, "holdout", json_pack("{s:b, s:b}", "reused", (int)q->reused_holdout, "new", (int)q->new_holdout));
    good = mm_json_put(record, "model", model) && good;
    good = good && mm_json_put(record, "figures", figures(q->report->root)) &&
           json_object_set(record, "verdict", json_object_get(q->report->root, "verdict")) == 0;
    good = mm_json_put(record, "files", list) && good;
    if (!good) return mm_error_json(err);
    MM_RETURN_IF_ERROR(list_files(list, q, scratch, err));
    const json_t *first = json_array_get(list, 0);
    json_t *origin =
        json_pack("{s:s, s:s, s:O, s:s, s:I, s:s}", "origin", "synthetic", "file", q->synthetic, "sha256", json_object_get(first, "sha256"),
                  "generator", q->plan->generator, "seed", (json_int_t)q->plan->seed, "verdict", mm_verdict_name(q->verdict));
    return mm_json_put(record, "origin_mark", origin) ? MINT_OK : mm_error_json(err);
}

mint_status mm_record_make(json_t **out, const struct mm_record_inputs *q, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &q->ctx->memory);
    json_t *record = json_object();
    mint_status status = record ? make(record, q, &scratch, err) : mm_error_json(err);
    mm_arena_release(&scratch);
    if (status != MINT_OK)
        json_decref(record);
    else
        *out = record;
    return status;
}
