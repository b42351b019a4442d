/* SPDX-License-Identifier: Apache-2.0 */
/* Dictionaries, codecs and identifiers as arrays of a model file. Reading checks every index and every order. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "generator/model_file.h"

enum { NAME_MAX_BYTES = 96 };

static const char *part(char name[NAME_MAX_BYTES], const char *prefix, uint32_t column, const char *what) {
    snprintf(name, NAME_MAX_BYTES, "%s.%u.%s", prefix, column, what);
    return name;
}

mint_status mm_writer_dictionary(struct mm_model_writer *writer, const char *prefix, const struct mm_dictionary *d, mint_error *err) {
    char name[NAME_MAX_BYTES + 16];
    snprintf(name, sizeof name, "%.90s.offsets", prefix);
    MM_RETURN_IF_ERROR(mm_writer_array(writer, name, d->offsets, d->count + 1u, 8, err));
    snprintf(name, sizeof name, "%.90s.bytes", prefix);
    return mm_writer_array(writer, name, d->bytes, d->offsets[d->count], 1, err);
}

mint_status mm_reader_dictionary(struct mm_model_reader *reader, const char *prefix, struct mm_dictionary *d, mint_error *err) {
    char name[NAME_MAX_BYTES + 16];
    void *offsets = NULL, *bytes = NULL;
    uint64_t offset_count, byte_count;
    snprintf(name, sizeof name, "%.90s.offsets", prefix);
    MM_RETURN_IF_ERROR(mm_reader_array(reader, name, 8, UINT64_MAX, &offsets, &offset_count, err));
    snprintf(name, sizeof name, "%.90s.bytes", prefix);
    MM_RETURN_IF_ERROR(mm_reader_array(reader, name, 1, UINT64_MAX, &bytes, &byte_count, err));
    *d = (struct mm_dictionary){.offsets = offsets, .bytes = bytes, .count = (uint32_t)(offset_count - 1)};
    bool good = offset_count >= 1 && offset_count < INT32_MAX && d->offsets[0] == 0 && d->offsets[offset_count - 1] == byte_count;
    for (uint64_t i = 0; good && i + 1 < offset_count; i++)
        good = d->offsets[i] < d->offsets[i + 1] && d->offsets[i + 1] <= byte_count && d->bytes[d->offsets[i + 1] - 1] == 0;
    return good ? MINT_OK : mm_reader_broken(reader, "a dictionary is out of order", err);
}

enum { CODEC_FACTS = 10 };

mint_status mm_writer_codec(struct mm_model_writer *writer, uint32_t column, const struct mm_codec *codec, mint_error *err) {
    char name[NAME_MAX_BYTES];
    uint32_t values = codec->code_count - codec->mark_count;
    double *facts;
    MM_ALLOC_OR_RETURN(facts, &writer->arena, CODEC_FACTS, err);
    facts[0] = codec->code_count, facts[1] = codec->mark_count, facts[2] = codec->step, facts[3] = codec->origin,
    facts[4] = codec->fine_count;
    facts[5] = codec->protected_levels, facts[6] = (double)codec->protected_cells, facts[7] = codec->low != NULL;
    facts[8] = codec->grain_share ? codec->grain_ratio : 0, facts[9] = codec->single;
    MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "facts"), facts, CODEC_FACTS, 8, err));
    MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "marks"), codec->mark_of_code, codec->mark_count, 1, err));
    if (codec->low) {
        if (codec->grain_share)
            MM_RETURN_IF_ERROR(
                mm_writer_array(writer, part(name, "codec", column, "grains"), codec->grain_share, (size_t)values * MM_GRAINS, 8, err));
        MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "low"), codec->low, values, 8, err));
        MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "high"), codec->high, values, 8, err));
        MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "knot_first"), codec->knot_first, values + 1u, 4, err));
        MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "knots"), codec->knots, codec->knot_first[values], 8, err));
        MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "fine_upper"), codec->fine_upper,
                                           codec->fine_count - codec->mark_count, 8, err));
        return mm_writer_array(writer, part(name, "codec", column, "fine_of_code"), codec->fine_of_code, values, 4, err);
    }
    MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "level_of_code"), codec->level_of_code, values, 4, err));
    MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "codec", column, "level_share"), codec->level_share, values, 8, err));
    if (!codec->levels.offsets) return MINT_OK;
    snprintf(name, sizeof name, "codec.%u.levels", column);
    return mm_writer_dictionary(writer, name, &codec->levels, err);
}

static mint_status read_numbers(struct mm_model_reader *reader, uint32_t column, struct mm_codec *codec, uint32_t values, mint_error *err) {
    char name[NAME_MAX_BYTES];
    void *data;
    uint64_t knots;
    uint32_t fine = codec->fine_count - codec->mark_count;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "low"), 8, values, &data, NULL, err));
    codec->low = data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "high"), 8, values, &data, NULL, err));
    codec->high = data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "knot_first"), 4, values + 1u, &data, NULL, err));
    codec->knot_first = data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "knots"), 8, UINT64_MAX, &data, &knots, err));
    codec->knots = data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "fine_upper"), 8, fine, &data, NULL, err));
    codec->fine_upper = data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "fine_of_code"), 4, values, &data, NULL, err));
    codec->fine_of_code = data;
    bool good = codec->knot_first[0] == 0 && codec->knot_first[values] == knots && isfinite(codec->step) && codec->step >= 0 &&
                isfinite(codec->origin);
    for (uint32_t v = 0; good && v < values; v++) {
        uint32_t first = codec->knot_first[v], next = codec->knot_first[v + 1];
        good = first <= next && next <= knots && next - first != 1 && isfinite(codec->low[v]) && isfinite(codec->high[v]) &&
               codec->low[v] <= codec->high[v] && codec->fine_of_code[v] < fine &&
               (v == 0 ? codec->fine_of_code[v] == 0 : codec->fine_of_code[v] > codec->fine_of_code[v - 1]) && fabs(codec->low[v]) < 9e18 &&
               fabs(codec->high[v]) < 9e18;
        for (uint32_t k = first; good && k < next; k++) good = isfinite(codec->knots[k]);
    }
    for (uint32_t i = 0; good && i < fine; i++) good = isfinite(codec->fine_upper[i]);
    return good ? MINT_OK : mm_reader_broken(reader, "a column's codes are out of order", err);
}

static mint_status read_levels(struct mm_model_reader *reader, uint32_t column, struct mm_codec *codec, uint32_t values, mint_error *err) {
    char name[NAME_MAX_BYTES];
    void *data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "level_of_code"), 4, values, &data, NULL, err));
    codec->level_of_code = data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "level_share"), 8, values, &data, NULL, err));
    codec->level_share = data;
    uint32_t levels = 2;
    if (codec->type != MM_BOOLEAN) {
        snprintf(name, sizeof name, "codec.%u.levels", column);
        MM_RETURN_IF_ERROR(mm_reader_dictionary(reader, name, &codec->levels, err));
        levels = codec->levels.count;
    }
    for (uint32_t v = 0; v < values; v++)
        if (codec->level_of_code[v] < 0 || (uint32_t)codec->level_of_code[v] >= levels || !(codec->level_share[v] >= 0))
            return mm_reader_broken(reader, "a column's levels are out of order", err);
    return MINT_OK;
}

mint_status mm_reader_codec(struct mm_model_reader *reader, uint32_t column, struct mm_codec *codec, mint_error *err) {
    char name[NAME_MAX_BYTES];
    void *data;
    uint64_t mark_count;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "facts"), 8, CODEC_FACTS, &data, NULL, err));
    const double *facts = data;
    void *marks;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "codec", column, "marks"), 1, UINT64_MAX, &marks, &mark_count, err));
    bool good =
        mark_count <= MM_MARKS_MAX && facts[1] == (double)mark_count && facts[0] >= facts[1] && facts[0] >= 1 && facts[0] <= MM_CODES_MAX;
    good = good && facts[4] >= 0 && facts[4] <= 65536 && facts[5] >= 0 && facts[5] < 4e9 && facts[6] >= 0 && facts[6] < 9e15;
    if (!good) return mm_reader_broken(reader, "a column's counts are out of range", err);
    codec->code_count = (uint32_t)facts[0];
    codec->mark_count = (uint32_t)mark_count;
    codec->step = facts[2];
    codec->origin = facts[3];
    codec->fine_count = (uint32_t)facts[4];
    codec->single = facts[9] != 0;
    codec->protected_levels = (uint32_t)facts[5];
    codec->protected_cells = (uint64_t)facts[6];
    memcpy(codec->mark_of_code, marks, mark_count);
    bool numbers = facts[7] != 0, grains = facts[8] != 0;
    if (numbers != mm_type_is_numeric(codec->type) || (numbers && codec->fine_count < codec->mark_count))
        return mm_reader_broken(reader, "a column's codes are of another type", err);
    uint32_t values = codec->code_count - codec->mark_count;
    if (numbers && grains) {
        MM_RETURN_IF_ERROR(
            mm_reader_array(reader, part(name, "codec", column, "grains"), 8, (uint64_t)values * MM_GRAINS, &data, NULL, err));
        codec->grain_share = data;
        for (uint64_t i = 0; i < (uint64_t)values * MM_GRAINS; i++)
            if (!(codec->grain_share[i] >= 0) || (i % MM_GRAINS && codec->grain_share[i] < codec->grain_share[i - 1]))
                return mm_reader_broken(reader, "a column's grains are out of order", err);
        if (!(codec->step > 0 && facts[8] >= 2 && facts[8] <= UINT32_MAX))
            return mm_reader_broken(reader, "a column's grids are out of range", err);
        codec->grain_ratio = (uint32_t)facts[8];
    }
    return numbers ? read_numbers(reader, column, codec, values, err) : read_levels(reader, column, codec, values, err);
}

enum { IDENTIFIER_FACTS = 7 };
static const char *const taken_names[MM_FORMS] = {"taken", "taken_wide"};

mint_status mm_writer_identifier(struct mm_model_writer *writer, uint32_t column, const struct mm_identifier *identifier, mint_error *err) {
    char name[NAME_MAX_BYTES];
    uint64_t *facts;
    MM_ALLOC_OR_RETURN(facts, &writer->arena, IDENTIFIER_FACTS, err);
    facts[0] = identifier->numbers, facts[1] = (uint64_t)identifier->next_number, facts[2] = identifier->width;
    facts[3] = identifier->multiplier, facts[4] = identifier->shift, facts[5] = identifier->wide_at, facts[6] = identifier->wide_digits;
    MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "identifier", column, "facts"), facts, IDENTIFIER_FACTS, 8, err));
    MM_RETURN_IF_ERROR(
        mm_writer_array(writer, part(name, "identifier", column, "shape"), identifier->shape, strlen(identifier->shape), 1, err));
    MM_RETURN_IF_ERROR(
        mm_writer_array(writer, part(name, "identifier", column, "literal"), identifier->literal, strlen(identifier->shape), 1, err));
    for (int form = 0; form < MM_FORMS; form++)
        MM_RETURN_IF_ERROR(mm_writer_array(writer, part(name, "identifier", column, taken_names[form]), identifier->taken[form],
                                           identifier->taken_count[form], 8, err));
    return MINT_OK;
}

/* Places of real texts: ascending, within the form, and not all of them. */
static mint_status read_taken(struct mm_model_reader *reader, uint32_t column, struct mm_identifier *identifier, int form,
                              mint_error *err) {
    char name[NAME_MAX_BYTES];
    void *data;
    uint64_t domain = mm_identifier_domain(identifier, form), *count = &identifier->taken_count[form];
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "identifier", column, taken_names[form]), 8, UINT64_MAX, &data, count, err));
    identifier->taken[form] = data;
    bool good = domain > 0;
    for (uint64_t k = 0; good && k < *count; k++)
        good = identifier->taken[form][k] < domain && (!k || identifier->taken[form][k] > identifier->taken[form][k - 1]);
    return good ? MINT_OK : mm_reader_broken(reader, "an identifier's taken places are out of range", err);
}

mint_status mm_reader_identifier(struct mm_model_reader *reader, uint32_t column, struct mm_identifier *identifier, mint_error *err) {
    char name[NAME_MAX_BYTES];
    void *data;
    uint64_t count;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "identifier", column, "facts"), 8, IDENTIFIER_FACTS, &data, NULL, err));
    const uint64_t *facts = data;
    *identifier = (struct mm_identifier){.numbers = facts[0] != 0,
                                         .next_number = (int64_t)facts[1],
                                         .width = (uint8_t)(facts[2] % 19),
                                         .multiplier = facts[3],
                                         .shift = facts[4],
                                         .wide_at = (uint8_t)facts[5],
                                         .wide_digits = (uint8_t)facts[6]};
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "identifier", column, "shape"), 1, UINT64_MAX, &data, &count, err));
    bool good = count <= MM_SHAPE_MAX && identifier->next_number >= 0 && identifier->next_number <= INT64_MAX / 2 && facts[5] <= count &&
                facts[6] <= MM_SHAPE_MAX - count;
    if (good) memcpy(identifier->shape, data, count);
    for (uint64_t k = 0; good && k < count; k++) good = strchr("0aAxL", identifier->shape[k]) != NULL && identifier->shape[k];
    if (!good) return mm_reader_broken(reader, "an identifier's form is out of range", err);
    MM_RETURN_IF_ERROR(mm_reader_array(reader, part(name, "identifier", column, "literal"), 1, count, &data, NULL, err));
    memcpy(identifier->literal, data, count);
    for (int form = 0; form < MM_FORMS; form++) MM_RETURN_IF_ERROR(read_taken(reader, column, identifier, form, err));
    return MINT_OK;
}
