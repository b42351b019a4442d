/* SPDX-License-Identifier: Apache-2.0 */
/* Relations, orders and values that never meet as parts of a model file. */
#include <math.h>
#include <stdio.h>

#include "generator/boost/boost_model.h"

enum { PAIR_WORDS = 3 + BOOST_AVOID_BINS };
static const char *const bins_part[BOOST_RESOLUTIONS] = {"bins", "few_bins"};
enum { RELATION_FACTS = 5 + 2 * MM_RELATION_SOURCES };

static const char *relation_part(char name[64], uint32_t column, const char *what) {
    snprintf(name, 64, "relation.%u.%s", column, what);
    return name;
}

static mint_status save_relation(const struct boost_model *model, uint32_t column, struct mm_model_writer *writer, mint_error *err) {
    const struct boost_relation *relation = &model->relations[column];
    const struct mm_relation *what = &relation->what;
    char name[64];
    double *facts;
    MM_ALLOC_OR_RETURN(facts, &writer->arena, RELATION_FACTS, err);
    facts[0] = what->kind, facts[1] = what->source_count, facts[2] = what->constant, facts[3] = what->decimals, facts[4] = relation->rows;
    for (uint32_t k = 0; k < what->source_count; k++)
        facts[5 + k] = what->sources[k], facts[5 + MM_RELATION_SOURCES + k] = what->coefficients[k];
    MM_RETURN_IF_ERROR(mm_writer_array(writer, relation_part(name, column, "facts"), facts, RELATION_FACTS, 8, err));
    if (what->kind != MM_RELATION_LOOKUP) return MINT_OK;
    uint32_t codes = model->codecs[what->sources[0]].code_count;
    MM_RETURN_IF_ERROR(mm_writer_array(writer, relation_part(name, column, "codes"), relation->codes, codes, 2, err));
    return relation->values ? mm_writer_array(writer, relation_part(name, column, "values"), relation->values, codes, 8, err) : MINT_OK;
}

static bool is_paired(const struct boost_model *model, uint32_t column) {
    bool paired = false;
    for (uint32_t k = 0; k < model->pair_count; k++)
        paired = paired || model->pairs[k].before == column || model->pairs[k].column == column;
    return paired;
}

static mint_status save_pairs(const struct boost_model *model, struct mm_model_writer *writer, mint_error *err) {
    char name[64];
    _Static_assert(sizeof(struct boost_pair) == 4 * PAIR_WORDS, "layout of the file");
    if (!mm_json_put(writer->manifest, "pairs", json_integer(model->pair_count))) return mm_error_json(err);
    if (!model->pair_count) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_writer_array(writer, "boost.pairs", model->pairs, model->pair_count * (uint64_t)PAIR_WORDS, 4, err));
    for (uint32_t c = 0; c < model->column_count; c++)
        for (uint32_t k = 0; is_paired(model, c) && k < BOOST_RESOLUTIONS; k++)
            MM_RETURN_IF_ERROR(mm_writer_array(writer, relation_part(name, c, bins_part[k]), model->bins[c].of_code[k],
                                               model->codecs[c].code_count, 1, err));
    return MINT_OK;
}

mint_status boost_save_relations(const struct boost_model *model, struct mm_model_writer *writer, mint_error *err) {
    json_t *derived = json_array();
    if (!mm_json_put(writer->manifest, "derived", derived) || !mm_json_put(writer->manifest, "orders", json_integer(model->order_count)))
        return mm_error_json(err);
    _Static_assert(sizeof(struct mm_order) == 8, "layout of the file");
    if (model->order_count)
        MM_RETURN_IF_ERROR(mm_writer_array(writer, "boost.orders", model->orders, model->order_count * (uint64_t)2, 4, err));
    MM_RETURN_IF_ERROR(save_pairs(model, writer, err));
    for (uint32_t c = 0; c < model->column_count; c++) {
        if (model->relations[c].what.kind == MM_RELATION_NONE) continue;
        if (json_array_append_new(derived, json_integer(c))) return mm_error_json(err);
        MM_RETURN_IF_ERROR(save_relation(model, c, writer, err));
    }
    return MINT_OK;
}

static bool facts_are_sound(const double *facts, const struct boost_model *model) {
    bool good = facts[0] >= MM_RELATION_LOOKUP && facts[0] < MM_RELATION_KINDS && facts[1] >= 1 && facts[1] <= MM_RELATION_SOURCES;
    good = good && facts[3] >= MM_RELATION_SINGLE && facts[3] <= 18 && facts[4] >= 0 && facts[4] < 9e15 && isfinite(facts[2]);
    bool of_two = facts[0] == MM_RELATION_PRODUCT || facts[0] == MM_RELATION_RATIO;
    if (good && facts[0] == MM_RELATION_POWER)
        good = mm_relation_exponents_are_sound(facts + 5 + MM_RELATION_SOURCES, (uint32_t)facts[1]);
    else if (good && facts[0] == MM_RELATION_SHARE)
        good = facts[1] == 2 || facts[1] == 3;
    else if (good && facts[0] != MM_RELATION_LINEAR)
        good = facts[1] == (of_two ? 2 : 1);
    for (int k = 0; good && k < (int)facts[1]; k++)
        good = facts[5 + k] >= 0 && facts[5 + k] < model->column_count && isfinite(facts[5 + MM_RELATION_SOURCES + k]);
    /* Arithmetic needs numbers. */
    for (int k = 0; good && facts[0] != MM_RELATION_LOOKUP && k < (int)facts[1]; k++)
        good = model->codecs[(uint32_t)facts[5 + k]].low != NULL;
    return good;
}

/* Arithmetic gives numbers, and whole ones where the column has no others. */
static bool suits_column(const double *facts, const struct mm_codec *codec) {
    if (facts[0] == MM_RELATION_LOOKUP) return true;
    return codec->low && (facts[3] >= 0 || !mm_type_is_integral(codec->type));
}

static mint_status load_lookup(struct boost_model *model, uint32_t column, struct mm_model_reader *reader, mint_error *err) {
    struct boost_relation *relation = &model->relations[column];
    const struct mm_codec *codec = &model->codecs[column];
    uint32_t codes = model->codecs[relation->what.sources[0]].code_count;
    char name[64];
    void *data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, relation_part(name, column, "codes"), 2, codes, &data, NULL, err));
    relation->codes = data;
    if (codec->low) {
        MM_RETURN_IF_ERROR(mm_reader_array(reader, relation_part(name, column, "values"), 8, codes, &data, NULL, err));
        relation->values = data;
    }
    for (uint32_t k = 0; k < codes; k++) {
        bool good = relation->codes[k] == BOOST_UNDECIDED || relation->codes[k] < codec->code_count;
        if (relation->values) good = good && isfinite(relation->values[k]) && fabs(relation->values[k]) < 9e18;
        if (!good) return mm_reader_broken(reader, "a lookup is out of range", err);
    }
    return MINT_OK;
}

static mint_status load_orders(struct boost_model *model, struct mm_model_reader *reader, mint_error *err) {
    json_int_t count = json_integer_value(json_object_get(reader->manifest, "orders"));
    void *data;
    if (count < 0 || count > MM_ORDERS_MAX) return mm_reader_broken(reader, "it has too many orders", err);
    if (!count) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.orders", 4, (uint64_t)count * 2, &data, NULL, err));
    model->orders = data;
    model->order_count = (uint32_t)count;
    for (uint32_t i = 0; i < model->order_count; i++) {
        const struct mm_order *order = &model->orders[i];
        bool good = order->low < model->column_count && order->high < model->column_count && order->low != order->high;
        if (!good || !model->codecs[order->low].low || !model->codecs[order->high].low)
            return mm_reader_broken(reader, "an order is of no two number columns", err);
    }
    return MINT_OK;
}

mint_status boost_load_relations(struct boost_model *model, struct mm_model_reader *reader, mint_error *err) {
    MM_ALLOC_OR_RETURN(model->relations, reader->arena, model->column_count, err);
    const json_t *derived = json_object_get(reader->manifest, "derived");
    for (size_t i = 0; i < json_array_size(derived); i++) {
        json_int_t column = json_integer_value(json_array_get(derived, i));
        char name[64];
        void *data;
        if (column < 0 || column >= model->column_count || model->relations[column].what.kind != MM_RELATION_NONE)
            return mm_reader_broken(reader, "a relation is of no column", err);
        MM_RETURN_IF_ERROR(mm_reader_array(reader, relation_part(name, (uint32_t)column, "facts"), 8, RELATION_FACTS, &data, NULL, err));
        const double *facts = data;
        if (!facts_are_sound(facts, model) || !suits_column(facts, &model->codecs[column]))
            return mm_reader_broken(reader, "a relation is out of range", err);
        struct boost_relation *relation = &model->relations[column];
        relation->what = (struct mm_relation){
            .kind = (enum mm_relation_kind)facts[0], .source_count = (uint32_t)facts[1], .constant = facts[2], .decimals = (int)facts[3]};
        relation->rows = facts[4];
        for (uint32_t k = 0; k < relation->what.source_count; k++) {
            relation->what.sources[k] = (uint32_t)facts[5 + k];
            relation->what.coefficients[k] = facts[5 + MM_RELATION_SOURCES + k];
        }
        if (relation->what.kind == MM_RELATION_LOOKUP) MM_RETURN_IF_ERROR(load_lookup(model, (uint32_t)column, reader, err));
    }
    return load_orders(model, reader, err);
}

/* Columns of a pair come in the order of their places, `before` before `column`. */
static bool pairs_are_sound(const struct boost_model *model, const uint32_t *place_of) {
    const uint32_t bins = BOOST_AVOID_BINS;
    uint32_t last = 0;
    for (const struct boost_pair *pair = model->pairs; pair < model->pairs + model->pair_count; pair++) {
        if (pair->before >= model->column_count || pair->column >= model->column_count || pair->resolution >= BOOST_RESOLUTIONS)
            return false;
        uint32_t place = place_of[pair->column];
        if (place < last || place_of[pair->before] >= place) return false;
        for (uint32_t i = 0; i < bins; i++)
            if (pair->avoided[i] >> bins) return false;
        last = place;
    }
    return true;
}

static mint_status load_bins(struct boost_model *model, uint32_t column, struct mm_model_reader *reader, mint_error *err) {
    for (uint32_t k = 0; k < BOOST_RESOLUTIONS && !model->bins[column].of_code[k]; k++) {
        char name[64];
        void *data;
        uint32_t codes = model->codecs[column].code_count;
        MM_RETURN_IF_ERROR(mm_reader_array(reader, relation_part(name, column, bins_part[k]), 1, codes, &data, NULL, err));
        model->bins[column].of_code[k] = data;
        for (uint32_t i = 0; i < codes; i++)
            if (model->bins[column].of_code[k][i] >= BOOST_AVOID_BINS) return mm_reader_broken(reader, "a bin is out of range", err);
    }
    return MINT_OK;
}

mint_status boost_load_pairs(struct boost_model *model, struct mm_model_reader *reader, mint_error *err) {
    json_int_t count = json_integer_value(json_object_get(reader->manifest, "pairs"));
    uint32_t *place_of;
    void *data;
    MM_ALLOC_OR_RETURN(model->bins, reader->arena, model->column_count, err);
    if (count < 0 || count > INT32_MAX) return mm_reader_broken(reader, "it has too many pairs", err);
    if (!count) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.pairs", 4, (uint64_t)count * PAIR_WORDS, &data, NULL, err));
    model->pairs = data;
    model->pair_count = (uint32_t)count;
    MM_ALLOC_OR_RETURN(place_of, reader->arena, model->column_count, err);
    for (uint32_t place = 0; place < model->column_count; place++) place_of[model->order[place]] = place;
    if (!pairs_are_sound(model, place_of)) return mm_reader_broken(reader, "its pairs are out of order", err);
    for (uint32_t k = 0; k < model->pair_count; k++) {
        MM_RETURN_IF_ERROR(load_bins(model, model->pairs[k].before, reader, err));
        MM_RETURN_IF_ERROR(load_bins(model, model->pairs[k].column, reader, err));
    }
    return MINT_OK;
}
