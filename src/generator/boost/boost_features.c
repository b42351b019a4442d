/* SPDX-License-Identifier: Apache-2.0 */
#include "generator/boost/boost_model.h"

static bool has_derivation(enum mm_type type, enum boost_derivation derivation) {
    switch (derivation) {
    case BOOST_VALUE: return true;
    case BOOST_MONTH:
    case BOOST_WEEKDAY: return type == MM_DATE || type == MM_TIMESTAMP;
    case BOOST_HOUR: return type == MM_TIME || type == MM_TIMESTAMP;
    case BOOST_MEAN: break;
    }
    return false;
}

uint32_t boost_feature_levels(const struct boost_model *model, uint32_t feature) {
    static const uint32_t levels[] = {0, 13, 8, 25, BOOST_MEAN_LEVELS};
    const struct boost_feature *f = &model->features[feature];
    return f->derivation == BOOST_VALUE ? mm_codec_fine_count(&model->codecs[f->column]) : levels[f->derivation];
}

/* From 1 on: 0 is a missing value. */
uint16_t boost_derive(enum mm_type type, enum boost_derivation derivation, double value) {
    int64_t whole = (int64_t)value;
    int64_t days = type == MM_DATE ? whole : whole / 86400000000 - (whole % 86400000000 < 0);
    int64_t year;
    unsigned month, day;
    switch (derivation) {
    case BOOST_MONTH: mm_civil_from_days(days, &year, &month, &day); return (uint16_t)month;
    case BOOST_WEEKDAY: return (uint16_t)(1 + ((days % 7) + 11) % 7); /* day 0 was a Thursday */
    case BOOST_HOUR: return (uint16_t)(1 + (whole - (type == MM_TIME ? 0 : days * 86400000000)) / 3600000000 % 24);
    case BOOST_VALUE:
    case BOOST_MEAN: break;
    }
    return 0;
}

mint_status boost_list_features(struct boost_model *model, struct mm_arena *arena, mint_error *err) {
    MM_ALLOC_OR_RETURN(model->features, arena, model->column_count * (size_t)5, err);
    MM_ALLOC_OR_RETURN(model->feature_first, arena, model->column_count + 1u, err);
    MM_ALLOC_OR_RETURN(model->means, arena, model->column_count, err);
    for (uint32_t place = 0; place < model->column_count; place++) {
        uint32_t column = model->order[place];
        model->feature_first[place] = model->feature_count;
        for (int d = BOOST_VALUE; d <= BOOST_HOUR; d++)
            if (has_derivation(model->codecs[column].type, (enum boost_derivation)d))
                model->features[model->feature_count++] = (struct boost_feature){(uint16_t)column, (uint16_t)d};
    }
    model->feature_first[model->column_count] = model->feature_count;
    return MINT_OK;
}

void boost_add_mean_feature(struct boost_model *model, uint32_t column) {
    model->means[column].feature = model->feature_count;
    model->features[model->feature_count++] = (struct boost_feature){(uint16_t)column, BOOST_MEAN};
}
