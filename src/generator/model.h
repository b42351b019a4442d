/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_GENERATOR_MODEL_H
#define MM_GENERATOR_MODEL_H
#include "generator/generator.h"
#include "mintmark/model.h"

/* What becomes of each column of the training table. */
enum mm_role { MM_ROLE_MODELLED, MM_ROLE_IDENTIFIER, MM_ROLE_LEFT_OUT };
struct mm_model_column {
    struct mm_field field;
    enum mm_role role;
    uint32_t index; /* among its role */
};

struct mint_model {
    struct mint_context *ctx;
    struct mm_arena arena;
    const struct mm_generator_type *type;
    void *state;
    uint32_t column_count, modelled_count, identifier_count;
    struct mm_model_column *columns;
    struct mm_identifier *identifiers;
    char *description;
};

/* A table of the modelled columns only, borrowing the cells of `table`: for fitting and scoring. */
mint_status mm_model_view(struct mint_table **out, const struct mint_model *model, const struct mint_table *table, mint_error *err);

#endif
