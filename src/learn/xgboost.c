/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/xgboost.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

struct booster {
    DMatrixHandle train;
    BoosterHandle handle;
};

static mint_status failed(mint_error *err) { MM_RETURN_ERROR(err, MINT_E_UNSUPPORTED, "XGBoost refuses: %.300s", XGBGetLastError()); }
#define TRY(call)                                                                                                                          \
    do {                                                                                                                                   \
        if ((call) != 0) return failed(err);                                                                                               \
    } while (0)

static mint_status set(BoosterHandle handle, const char *name, const char *value, mint_error *err) {
    TRY(XGBoosterSetParam(handle, name, value));
    return MINT_OK;
}

/* Zero: as XGBoost has it. */
static mint_status set_number(BoosterHandle handle, const char *name, double value, mint_error *err) {
    char text[32];
    snprintf(text, sizeof text, "%g", value);
    return value > 0 ? set(handle, name, text, err) : MINT_OK;
}

static mint_status configure(BoosterHandle handle, const struct mm_xgboost_params *params, mint_error *err) {
    char text[32];
    static const char *const objectives[] = {"binary:logistic", "multi:softprob", "reg:squarederror"};
    MM_RETURN_IF_ERROR(set(handle, "objective", objectives[params->task], err));
    if (params->task == MM_TASK_CLASSES) {
        snprintf(text, sizeof text, "%u", params->classes);
        MM_RETURN_IF_ERROR(set(handle, "num_class", text, err));
    }
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"max_depth", params->depth},     {"eta", params->rate},
                   {"subsample", params->row_share}, {"colsample_bynode", params->node_share},
                   {"lambda", params->ridge},        {"min_child_weight", params->leaf_weight_min}};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        MM_RETURN_IF_ERROR(set_number(handle, numbers[k].name, numbers[k].value, err));
    MM_RETURN_IF_ERROR(set(handle, "nthread", "1", err)); /* whoever asks runs several at once: its own teams would wait for each other */
    MM_RETURN_IF_ERROR(set(handle, "tree_method", "hist", err));
    MM_RETURN_IF_ERROR(set(handle, "seed", "0", err));
    return set(handle, "verbosity", "0", err);
}

static mint_status train(struct booster *b, struct mint_context *ctx, const struct mm_matrix *matrix, const float *labels,
                         const struct mm_xgboost_params *params, mint_error *err) {
    TRY(XGDMatrixCreateFromMat(matrix->values, matrix->row_count, matrix->column_count, NAN, &b->train));
    TRY(XGDMatrixSetFloatInfo(b->train, "label", labels, matrix->row_count));
    TRY(XGBoosterCreate(&b->train, 1, &b->handle));
    MM_RETURN_IF_ERROR(configure(b->handle, params, err));
    for (uint32_t round = 0; round < params->rounds; round++) {
        MM_RETURN_IF_ERROR(mm_check_cancelled(ctx, err));
        TRY(XGBoosterUpdateOneIter(b->handle, (int)round, b->train));
    }
    return MINT_OK;
}

static mint_status predict(const struct booster *b, const struct mm_matrix *matrix, float *out, uint32_t width, mint_error *err) {
    DMatrixHandle test;
    TRY(XGDMatrixCreateFromMat(matrix->values, matrix->row_count, matrix->column_count, NAN, &test));
    static const char config[] =
        "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, \"iteration_end\": 0, \"strict_shape\": false}";
    bst_ulong const *shape;
    bst_ulong dimensions;
    const float *values;
    int result = XGBoosterPredictFromDMatrix(b->handle, test, config, &shape, &dimensions, &values);
    if (result == 0) memcpy(out, values, (size_t)matrix->row_count * width * sizeof *out);
    XGDMatrixFree(test);
    return result == 0 ? MINT_OK : failed(err);
}

/* Features are called f0, f1, ... */
static mint_status add_gains(const struct booster *b, uint32_t column_count, double *gains, mint_error *err) {
    bst_ulong count, dimensions;
    const bst_ulong *shape;
    const char **names;
    const float *scores;
    TRY(XGBoosterFeatureScore(b->handle, "{\"importance_type\": \"total_gain\"}", &count, &names, &dimensions, &shape, &scores));
    for (bst_ulong i = 0; i < count; i++) {
        unsigned long column = strtoul(names[i] + 1, NULL, 10);
        if (column < column_count) gains[column] += (double)scores[i];
    }
    return MINT_OK;
}

mint_status mm_xgboost_fit_predict(struct mint_context *ctx, const struct mm_matrix *matrix, const float *labels,
                                   const struct mm_xgboost_params *params, const struct mm_matrix *tests, float *const *outs,
                                   uint32_t test_count, mint_error *err) {
    struct booster b = {0};
    mint_status status = train(&b, ctx, matrix, labels, params, err);
    for (uint32_t i = 0; status == MINT_OK && i < test_count; i++)
        status = predict(&b, &tests[i], outs[i], params->task == MM_TASK_CLASSES ? params->classes : 1, err);
    if (status == MINT_OK && params->gains) status = add_gains(&b, matrix->column_count, params->gains, err);
    if (b.handle) XGBoosterFree(b.handle);
    if (b.train) XGDMatrixFree(b.train);
    return status;
}
