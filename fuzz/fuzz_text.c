/* SPDX-License-Identifier: Apache-2.0 */
/* Everything people write or hand over as text: YAML as schema, policy and plan; JSON; CSV bytes before DuckDB sees them. */
#include "base/json.h"
#include "fuzz.h"
#include "io/csv_check.h"
#include "pipeline/plan.h"
#include "policy/gate.h"
#include "table/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mm_memory memory = {.bytes_max = 200000000};
    struct mm_arena arena;
    mm_arena_init(&arena, &memory);
    const char *text = (const char *)data;
    json_t *tree = NULL;
    if (mm_yaml_parse(&tree, text, size, "fuzz", NULL) == MINT_OK) {
        struct mm_schema schema;
        char *again = NULL;
        (void)!mm_schema_from_json(&schema, &arena, tree, "fuzz", NULL);
        (void)!mm_plan_check(tree, "fuzz", NULL);
        (void)!mm_yaml_text(&again, &arena, tree, "", NULL);
        json_decref(tree);
    }
    tree = NULL;
    if (mm_policy_parse(&tree, text, size, "fuzz", NULL) == MINT_OK) json_decref(tree);
    tree = NULL;
    if (mm_json_parse(&tree, text, size, "fuzz", NULL) == MINT_OK) {
        enum mm_verdict verdict;
        json_t *policy = NULL;
        if (json_is_object(tree) && mm_policy_read(&policy, &memory, NULL, NULL) == MINT_OK) {
            (void)!mm_gate(tree, policy, &verdict, NULL);
            json_decref(policy);
        }
        json_decref(tree);
    }
    struct mm_csv_shape shape;
    mint_error err = MINT_ERROR_INIT;
    (void)!mm_csv_check_bytes(&shape, &arena, text, size, "fuzz", &err);
    mm_arena_release(&arena);
    return 0;
}
