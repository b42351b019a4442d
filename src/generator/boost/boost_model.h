/* SPDX-License-Identifier: Apache-2.0 */
/* p(row) = product over columns, in order, of p(column | columns before it). Each conditional is a binary tree over the
 * column's ordered codes, split by mass; each inner node is a boosted classifier "is the code at or above `middle`?". */
#ifndef MM_GENERATOR_BOOST_MODEL_H
#define MM_GENERATOR_BOOST_MODEL_H
#include "encode/codec.h"
#include "encode/relation.h"
#include "generator/generator.h"
#include "learn/boost_classifier.h"

struct boost_config {
    int64_t bins, protect, rounds, patience, rows_max, features_max, hessian_min;
    double rate, feature_share, ridge, check_share;
    bool refit, rules, calibrate, relations, stacking;
    int draws, leaves, first;
};
enum { BOOST_DRAWS_SYSTEMATIC = 0, BOOST_DRAWS_INDEPENDENT = 1 };
enum { BOOST_BLOCK = 8192 }; /* rows that are drawn together, at most */

struct boost_node {
    int32_t left, right;        /* nodes for codes below and from `middle` on; negative: ~code */
    uint16_t low, middle, high; /* codes low .. high-1 */
    uint16_t leaves;            /* size of its trees */
    uint32_t first_tree, tree_count;
    float bias;
};

/* What a date tells later columns beside its own value; and what a regression on the columns before it tells a column's own nodes. */
enum boost_derivation { BOOST_VALUE = 0, BOOST_MONTH = 1, BOOST_WEEKDAY = 2, BOOST_HOUR = 3, BOOST_MEAN = 4 };
struct boost_feature {
    uint16_t column;
    uint16_t derivation;
};

enum { BOOST_UNDECIDED = UINT16_MAX, BOOST_MEAN_LEVELS = 1024 };

/* A column that others decide: its cells are derived, not drawn, wherever the sources say them. */
struct boost_relation {
    struct mm_relation what;
    uint16_t *codes; /* lookup: over the source's codes; BOOST_UNDECIDED: drawn like any other cell */
    double *values;  /* lookup of a number: over the source's codes */
    double rows;     /* that it held in */
};

/* Values of two columns that never meet: bits of avoided[bin of `before`] are bins of `column`. */
enum { BOOST_RESOLUTIONS = 2, BOOST_AVOID_BINS = 20 };
struct boost_pair {
    uint32_t before, column, resolution;
    uint32_t avoided[BOOST_AVOID_BINS];
};

/* A column in few bins. */
struct boost_bins {
    uint8_t *of_code[BOOST_RESOLUTIONS]; /* NULL: it is in no pair */
    int32_t slot;                        /* where a block keeps them for columns after it; -1: nowhere */
};

/* A regression of a column's ranks on the columns before it. */
struct boost_mean {
    uint32_t first_tree, tree_count;
    float bias;
    uint32_t feature; /* that it fills; 0: the column has none */
};

struct boost_model {
    uint32_t column_count, node_count, feature_count;
    struct mm_codec *codecs; /* by column */
    uint32_t *order;         /* columns as they are drawn */
    uint32_t *node_first;    /* by place in the order, column_count + 1 */
    struct boost_node *nodes;
    struct boost_feature *features; /* a column's features follow those of the columns before it in the order; at the end, the means */
    uint32_t *feature_first;        /* by place in the order, column_count + 1: features usable there are [0, feature_first[place]) */
    struct mm_forest forest;
    struct boost_mean *means;         /* by column */
    struct boost_relation *relations; /* by column */
    struct mm_order *orders;          /* between columns; a drawn cell that breaks one changes its place */
    uint32_t order_count;
    uint32_t *bounds, *bound_first;   /* by place, column_count + 1: the orders that its column has with columns before it */
    struct boost_bins *bins;          /* by column */
    struct boost_pair *pairs;         /* in the order of their columns' places */
    uint32_t pair_count, *pair_first; /* by place, column_count + 1 */
    uint32_t binned_count;            /* columns whose bins are kept */
    int32_t *kept_slot;               /* by column: where its cells are kept for columns after it; -1: nowhere */
    uint32_t kept_count;
    int draws;
    uint32_t block_rows; /* drawn together; as many rows as were learned from are drawn evenly as a whole */
};

enum { NODE_ROWS_MIN = 24 }; /* a node of fewer rows has no trees */

uint32_t boost_feature_levels(const struct boost_model *model, uint32_t feature);
uint16_t boost_derive(enum mm_type type, enum boost_derivation derivation, double value);
mint_status boost_list_features(struct boost_model *model, struct mm_arena *arena, mint_error *err);
/* One more feature, for the column's mean. */
void boost_add_mean_feature(struct boost_model *model, uint32_t column);
/* From relations, orders, pairs and the order of the columns: bounds, pairs by place and kept cells. */
mint_status boost_list_sources(struct boost_model *model, struct mm_arena *arena, mint_error *err);

mint_status boost_fit(void **state, const struct mm_fit_job *job, mint_error *err);
mint_status boost_sample(const void *state, const struct mm_sample_job *job, mint_error *err);
/* The rows of a fit as codes. */
struct boost_rows {
    struct mm_memory *memory;
    const uint16_t *const *codes; /* by column: [row] */
    const uint32_t *code_counts;
    const bool *is_check; /* by row: held out */
    uint32_t count, column_count;
};
enum boost_order { BOOST_ORDER_AUTO, BOOST_ORDER_FIRST, BOOST_ORDER_LAST, BOOST_ORDER_GIVEN };
/* order[column_count]; target -1: none. */
mint_status boost_choose_order(uint32_t *order, const struct boost_rows *rows, int64_t target, enum boost_order wanted, uint64_t seed,
                               mint_error *err);
/* The order changed as little as lets every column come after those that decide it. */
mint_status boost_order_sources_first(uint32_t *order, const struct boost_relation *relations, uint32_t count, struct mm_arena *scratch,
                                      mint_error *err);
/* Moves the nodes' biases so that a pilot sample has the shares of the real rows: left_rows[node] of rows[node] go left there. */
mint_status boost_calibrate(struct boost_model *model, struct mint_context *ctx, uint64_t seed, uint32_t row_count,
                            const uint32_t *left_rows, const uint32_t *rows, mint_error *err);
mint_status boost_score(const void *state, struct mint_context *ctx, const struct mint_table *rows, double *log_density,
                        double *const *by_column, mint_error *err);
mint_status boost_save(const void *state, struct mm_model_writer *writer, mint_error *err);
/* Relations, orders and pairs as parts of a model file; codecs are loaded before, and for pairs the order. */
mint_status boost_save_relations(const struct boost_model *model, struct mm_model_writer *writer, mint_error *err);
mint_status boost_load_relations(struct boost_model *model, struct mm_model_reader *reader, mint_error *err);
mint_status boost_load_pairs(struct boost_model *model, struct mm_model_reader *reader, mint_error *err);
mint_status boost_load(void **state, struct mm_model_reader *reader, const struct mint_table *shape, mint_error *err);
/* Bytes that calibration takes. */
uint64_t boost_pilot_bytes(const struct boost_model *model, uint32_t row_count);
uint64_t boost_forecast(const struct mm_fit_job *job);

#endif
