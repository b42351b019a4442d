/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that others decide, while fitting. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "generator/boost/boost_fit.h"
#include "rng/philox.h"

static mint_status list_orders(const struct fitting *f, mint_error *err) {
    json_t *list = json_array();
    if (f->model->order_count) mm_notice(f->job->ctx, "orders between columns that hold in every row are kept: %u", f->model->order_count);
    for (uint32_t i = 0; list && i < f->model->order_count; i++) {
        const struct mm_order *order = &f->model->orders[i];
        const struct mm_column *columns = f->job->table->columns;
        json_array_append_new(list, json_sprintf("'%s' <= '%s'", columns[order->low].field.name, columns[order->high].field.name));
    }
    return mm_json_put(f->job->facts, "ordered_columns", list) ? MINT_OK : mm_error_json(err);
}

static mint_status list_facts(const struct fitting *f, mint_error *err) {
    json_t *list = json_array();
    for (uint32_t c = 0; list && c < f->model->column_count; c++) {
        char text[1600];
        if (f->model->relations[c].what.kind == MM_RELATION_NONE) continue;
        mm_relation_text(&f->model->relations[c].what, f->job->table, c, text, sizeof text);
        json_array_append_new(list, json_string(text));
        mm_notice(f->job->ctx, "%s in every row: derived, not drawn", text);
    }
    if (!mm_json_put(f->job->facts, "derived_columns", list)) return mm_error_json(err);
    return list_orders(f, err);
}

mint_status boost_find_relations(struct fitting *f, mint_error *err) {
    struct boost_model *model = f->model;
    struct mm_relation *found;
    MM_ALLOC_OR_RETURN(model->relations, f->job->arena, model->column_count, err);
    MM_ALLOC_OR_RETURN(f->is_derived, f->scratch, model->column_count, err);
    MM_ALLOC_OR_RETURN(found, f->scratch, model->column_count, err);
    if (f->config->relations)
        MM_RETURN_IF_ERROR(mm_relations_find(found, f->job->table, f->job->target, (uint32_t)f->config->protect, err));
    for (uint32_t c = 0; c < model->column_count; c++) model->relations[c].what = found[c];
    MM_ALLOC_OR_RETURN(model->orders, f->job->arena, MM_ORDERS_MAX, err);
    if (f->config->relations) model->order_count = mm_orders_find(model->orders, f->job->table, found);
    return list_facts(f, err);
}

static bool is_lookup_of(const struct fitting *f, uint32_t column, uint32_t source) {
    const struct mm_relation *relation = &f->model->relations[column].what;
    return relation->kind == MM_RELATION_LOOKUP && relation->sources[0] == source;
}

/* Of the columns that a text column decides the one of most values says most about which of its levels are alike. */
static int64_t closest_lookup(const struct fitting *f, uint32_t source) {
    int64_t best = -1;
    uint32_t most = 0;
    if (!f->job->table->columns[source].codes) return -1;
    for (uint32_t c = 0; c < f->model->column_count; c++) {
        const struct mm_column *column = &f->job->table->columns[c];
        uint32_t values = column->codes ? column->dictionary.count : MM_RELATION_LEVELS_MAX;
        if (is_lookup_of(f, c, source) && values > most) best = c, most = values;
    }
    return best;
}

/* ---- levels in the order of what they decide ---- */

struct ranked_level {
    double score;
    uint64_t rows;
    uint32_t level;
};

static int compare_ranked_levels(const void *a, const void *b) {
    const struct ranked_level *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
    return x->level < y->level ? -1 : 1;
}

/* ranks[level]: as a codec will order them. */
static mint_status rank_levels(const struct fitting *f, uint32_t c, const double *scores, double *ranks, struct mm_arena *scratch,
                               mint_error *err) {
    const struct mm_column *column = &f->job->table->columns[c];
    struct ranked_level *ranked;
    MM_ALLOC_OR_RETURN(ranked, scratch, column->dictionary.count, err);
    for (uint32_t k = 0; k < column->dictionary.count; k++) ranked[k] = (struct ranked_level){scores ? scores[k] : 0, 0, k};
    for (uint32_t r = 0; r < f->row_count; r++)
        if (!mm_column_missing(column, r)) ranked[column->codes[r]].rows++;
    qsort(ranked, column->dictionary.count, sizeof *ranked, compare_ranked_levels);
    for (uint32_t k = 0; k < column->dictionary.count; k++) ranks[ranked[k].level] = k;
    return MINT_OK;
}

mint_status boost_level_scores(struct fitting *f, uint32_t column, struct mm_arena *scratch, double **scores, mint_error *err) {
    int64_t decided = closest_lookup(f, column);
    *scores = NULL;
    if (decided < 0) return MINT_OK;
    const struct mm_column *from = &f->job->table->columns[column], *to = &f->job->table->columns[decided];
    double *own, *own_scores = NULL, *ranks = NULL;
    MM_ALLOC_OR_RETURN(own, scratch, from->dictionary.count, err);
    if (to->codes) { /* the decided levels are in an order of their own */
        MM_ALLOC_OR_RETURN(ranks, scratch, to->dictionary.count, err);
        MM_RETURN_IF_ERROR(boost_level_scores(f, (uint32_t)decided, scratch, &own_scores, err));
        MM_RETURN_IF_ERROR(rank_levels(f, (uint32_t)decided, own_scores, ranks, scratch, err));
    }
    for (uint32_t r = 0; r < f->row_count; r++) {
        if (mm_column_missing(from, r)) continue;
        own[from->codes[r]] = mm_column_missing(to, r) ? -1 : ranks ? ranks[to->codes[r]] : mm_column_number(to, r);
    }
    MM_ALLOC_OR_RETURN(*scores, scratch, from->dictionary.count, err);
    return rank_levels(f, column, own, *scores, scratch, err);
}

/* ---- lookups ---- */

/* Rows whose level or number of the source is not protected. */
static void find_kept_rows(const struct fitting *f, uint32_t source, bool *kept) {
    const struct mm_column *column = &f->job->table->columns[source];
    const struct mm_codec *codec = &f->model->codecs[source];
    const bool *moved = f->is_moved[source];
    for (uint32_t r = 0; r < f->row_count; r++)
        kept[r] = !mm_column_missing(column, r) &&
                  (column->codes ? !moved || !moved[r] : mm_codec_holds(codec, f->codes[source][r], mm_column_number(column, r)));
}

/* A row with a protected level takes the level of a random other row in which the source decides the same. */
static mint_status move_protected(struct fitting *f, uint32_t source, uint32_t decided, const bool *kept, mint_error *err) {
    uint32_t codes = f->model->codecs[decided].code_count, *first, *rows;
    const uint16_t *decided_codes = f->codes[decided];
    MM_ALLOC_OR_RETURN(first, f->scratch, codes + 2u, err);
    MM_ALLOC_OR_RETURN(rows, f->scratch, f->row_count, err);
    for (uint32_t r = 0; r < f->row_count; r++)
        if (kept[r]) first[decided_codes[r] + 2]++;
    for (uint32_t k = 2; k < codes + 2; k++) first[k] += first[k - 1];
    for (uint32_t r = 0; r < f->row_count; r++)
        if (kept[r]) rows[first[decided_codes[r] + 1]++] = r;
    for (uint32_t r = 0; r < f->row_count; r++) {
        uint32_t from = first[decided_codes[r]], alike = first[decided_codes[r] + 1] - from;
        if (kept[r] || !alike || mm_column_missing(&f->job->table->columns[source], r)) continue;
        struct mm_rng rng = mm_rng_at(f->job->seed, MM_STREAM_PROTECTION, r, 2 + (uint64_t)source);
        f->codes[source][r] = f->codes[source][rows[from + mm_rng_below(&rng, alike)]];
    }
    mm_arena_free(f->scratch, first);
    mm_arena_free(f->scratch, rows);
    return MINT_OK;
}

static mint_status fill_lookup(struct fitting *f, uint32_t column, const bool *kept, mint_error *err) {
    struct boost_relation *relation = &f->model->relations[column];
    const struct mm_column *cells = &f->job->table->columns[column];
    uint32_t source = relation->what.sources[0], codes = f->model->codecs[source].code_count, *rows_of;
    bool number = f->model->codecs[column].low != NULL;
    MM_ALLOC_OR_RETURN(relation->codes, f->job->arena, codes, err);
    if (number) MM_ALLOC_OR_RETURN(relation->values, f->job->arena, codes, err);
    MM_ALLOC_OR_RETURN(rows_of, f->scratch, codes, err);
    for (uint32_t r = 0; r < f->row_count; r++) rows_of[f->codes[source][r]] += kept[r];
    for (uint32_t k = 0; k < codes; k++) relation->codes[k] = BOOST_UNDECIDED;
    for (uint32_t r = 0; r < f->row_count; r++) {
        uint32_t code = f->codes[source][r];
        if (!kept[r] || rows_of[code] < f->config->protect || !mm_codec_is_atom(&f->model->codecs[source], code)) continue;
        relation->codes[code] = f->codes[column][r];
        if (number && !mm_column_missing(cells, r)) relation->values[code] = mm_column_number(cells, r) + 0.0;
    }
    mm_arena_free(f->scratch, rows_of);
    return MINT_OK;
}

static mint_status apply_lookup(struct fitting *f, uint32_t column, bool *kept, mint_error *err) {
    uint32_t source = f->model->relations[column].what.sources[0];
    find_kept_rows(f, source, kept);
    if (closest_lookup(f, source) == column) MM_RETURN_IF_ERROR(move_protected(f, source, column, kept, err));
    MM_RETURN_IF_ERROR(fill_lookup(f, column, kept, err));
    for (uint32_t r = 0; r < f->row_count; r++) {
        uint16_t code = f->model->relations[column].codes[f->codes[source][r]];
        f->is_derived[column][r] = code != BOOST_UNDECIDED;
        if (code != BOOST_UNDECIDED) f->codes[column][r] = code;
    }
    return MINT_OK;
}

/* ---- arithmetic ---- */

static void apply_arithmetic(const struct fitting *f, uint32_t column) {
    const struct mm_relation *relation = &f->model->relations[column].what;
    double values[MM_RELATION_SOURCES];
    for (uint32_t r = 0; r < f->row_count; r++) {
        bool whole = true;
        for (uint32_t k = 0; whole && k < relation->source_count; k++) {
            const struct mm_column *source = &f->job->table->columns[relation->sources[k]];
            whole = !mm_column_missing(source, r);
            values[k] = whole ? mm_column_number(source, r) : 0;
        }
        whole = whole && isfinite(mm_relation_value(relation, values));
        f->is_derived[column][r] = whole;
    }
}

/* Of the columns that one decides the closest comes first: it says where the source's protected levels go. */
static bool is_turn(const struct fitting *f, uint32_t column, int turn) {
    const struct mm_relation *what = &f->model->relations[column].what;
    if (what->kind != MM_RELATION_LOOKUP) return turn == 0;
    int64_t closest = closest_lookup(f, what->sources[0]);
    return turn == (closest >= 0 && closest != column);
}

mint_status boost_apply_relations(struct fitting *f, mint_error *err) {
    bool *kept;
    MM_RETURN_IF_ERROR(boost_find_avoided(f, err));
    MM_RETURN_IF_ERROR(boost_list_sources(f->model, f->job->arena, err));
    MM_ALLOC_OR_RETURN(kept, f->scratch, f->row_count, err);
    for (int turn = 0; turn < 2; turn++)
        for (uint32_t place = 0; place < f->model->column_count; place++) {
            uint32_t column = f->model->order[place];
            struct boost_relation *relation = &f->model->relations[column];
            if (relation->what.kind == MM_RELATION_NONE || !is_turn(f, column, turn)) continue;
            MM_ALLOC_OR_RETURN(f->is_derived[column], f->scratch, f->row_count, err);
            if (relation->what.kind == MM_RELATION_LOOKUP)
                MM_RETURN_IF_ERROR(apply_lookup(f, column, kept, err));
            else
                apply_arithmetic(f, column);
            for (uint32_t r = 0; r < f->row_count; r++) relation->rows += f->is_derived[column][r];
        }
    mm_arena_free(f->scratch, kept);
    return MINT_OK;
}
