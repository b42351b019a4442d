/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of a fit share. In order: boost_prepare.c (rows as codes and features), boost_screen.c (which features a column may use),
 * boost_relations.c (columns that others decide), boost_avoid.c (values that never meet), boost_nodes.c (the trees over codes, and one
 * node), boost_mean.c (a regression as one more feature), boost_fit.c (all nodes, put together). */
#ifndef MM_GENERATOR_BOOST_FIT_H
#define MM_GENERATOR_BOOST_FIT_H
#include "generator/boost/boost_model.h"

/* What one node task leaves behind. */
struct outcome {
    uint32_t worker, first_tree; /* in that worker's forest */
    double check_loss, constant_loss;
};

enum boost_pass { BOOST_ROOTS, BOOST_ROOTS_AGAIN, BOOST_PROBES, BOOST_REST };
enum { BOOST_MEAN_FOLDS = 3 };

/* What the regression of one fold leaves behind. */
struct boost_mean_fold {
    uint32_t worker, first_tree, tree_count;
    float bias;
};

struct worker {
    struct mm_arena arena; /* scratch */
    struct mm_arena kept;  /* codecs: goes over to the model */
    struct mm_boost_workspace *workspace;
    struct mm_forest forest;
    uint32_t *rows;
    uint8_t *labels;
};

struct fitting {
    const struct mm_fit_job *job;
    const struct boost_config *config;
    struct boost_model *model;
    struct mm_arena *scratch;
    uint32_t row_count, train_count;
    uint16_t **codes;    /* by column */
    bool **is_moved;     /* by column: by row: its level is protected, and another stands in; NULL: none is */
    uint16_t **features; /* by feature: [row] */
    uint32_t *feature_levels;
    uint32_t **sorted;     /* by column: rows in order of code, fitted rows before held-out rows within a code range */
    uint32_t **code_first; /* by column: position of each code's first fitted row; then the same for held-out rows */
    bool *is_check;        /* by row */
    bool **is_derived;     /* by column: by row; NULL: no cell is */
    uint16_t **chosen;     /* by place: features the column may use, most informative first */
    uint32_t *chosen_count;
    uint32_t *tasks; /* node numbers of the running pass */
    uint32_t *place_of_node;
    uint32_t *depth_of_node;
    uint8_t *pass_of_node;              /* enum boost_pass */
    struct outcome *outcomes;           /* by node */
    struct boost_mean_fold *mean_folds; /* by column: by fold */
    uint8_t *fold;                      /* by row */
    struct worker *workers;
    size_t worker_bytes; /* of all, before any tree */
};

/* What decides each column; before anything else. */
mint_status boost_find_relations(struct fitting *f, mint_error *err);
/* Order of a text column's levels by what they decide; NULL: they decide nothing. By level of the column's dictionary. */
mint_status boost_level_scores(struct fitting *f, uint32_t column, struct mm_arena *scratch, double **scores, mint_error *err);
/* With codes and order at hand: lookups, protected levels put among those of the same value, and which cells are derived. */
mint_status boost_apply_relations(struct fitting *f, mint_error *err);
/* With codes at hand: the levels that stand in for protected ones. */
mint_status boost_stand_in(struct fitting *f, mint_error *err);
/* With codes, order and relations at hand: values that never meet. */
mint_status boost_find_avoided(struct fitting *f, mint_error *err);
mint_status boost_prepare(struct fitting *f, mint_error *err);
mint_status boost_screen_features(struct fitting *f, mint_error *err);
mint_status boost_plan_nodes(struct fitting *f, mint_error *err);
/* Which nodes are fitted first, and what the fit will need at its peak, all of the context's memory included, once those are. */
void boost_choose_passes(struct fitting *f);
uint64_t boost_forecast_after_probes(const struct fitting *f);
/* Rows whose code in the column lies in low .. high-1. */
uint32_t boost_range_rows(const struct fitting *f, uint32_t column, uint32_t low, uint32_t high);
uint32_t boost_node_rows(const struct fitting *f, uint32_t index);
/* Rows that a node of that depth learns from at most. */
uint32_t boost_rows_allowed(const struct fitting *f, uint32_t depth);
struct boost_feature_view {
    const uint16_t *columns[MM_BOOST_FEATURES_MAX];
    uint16_t ids[MM_BOOST_FEATURES_MAX];
    uint32_t levels[MM_BOOST_FEATURES_MAX];
};
/* The features that the problem of a node of that place may use: fewer where it has few rows. */
void boost_view_features(const struct fitting *f, uint32_t place, struct boost_feature_view *view, struct mm_boost_problem *p);
/* After the roots: where they learned much, the mean becomes a feature, and the root is to be fitted again. */
mint_status boost_fit_means(struct fitting *f, mint_error *err);
/* Fits a node's trees into the worker's forest; `choose` tries several sizes of trees, else node->leaves says it. */
mint_status boost_fit_node(struct fitting *f, uint32_t index, size_t worker, bool choose, mint_error *err);

#endif
