/* SPDX-License-Identifier: Apache-2.0 */
/* A gradient-boosted binary classifier, or least-squares regression, over ordered integer features (Friedman 2001; histograms and
 * leaf-wise growth as in Ke et al. 2017, "LightGBM"). Made for thousands of small fits in a row: one workspace a thread, one thread a fit,
 * and the same trees whatever the number of threads because gradients are summed as integers. */
#ifndef MM_LEARN_BOOST_CLASSIFIER_H
#define MM_LEARN_BOOST_CLASSIFIER_H
#include "base/memory.h"
#include "rng/philox.h"

enum { MM_BOOST_LEAVES_MAX = 64, MM_BOOST_BINS_MAX = 255, MM_BOOST_FEATURES_MAX = 96 };

struct mm_boost_params {
    uint32_t rounds_max;
    uint32_t patience;    /* rounds without a better held-out loss before stopping */
    uint32_t leaves;      /* 2 .. MM_BOOST_LEAVES_MAX */
    double rate;          /* shrinkage of leaf values */
    double feature_share; /* of the features, drawn anew for each tree */
    double hessian_min;   /* in a leaf */
    double ridge;         /* added to the hessian of a leaf */
    bool rules;           /* append a tree for each pure run of a feature's bins */
};

/* "x[feature] > threshold" sends a row right; `mask` keeps the leaves that are still possible then. The leaf is the lowest
 * bit left after all splits were applied (Lucchese et al. 2015, "QuickScorer"). */
struct mm_split {
    uint64_t mask;
    uint16_t feature, threshold;
    uint32_t unused;
};
/* Splits and leaves lie one after the other in the pools: leaf_count - 1 splits, leaf_count values. */
struct mm_tree {
    uint32_t first_split, first_leaf;
    uint32_t leaf_count;
};

struct mm_forest {
    struct mm_arena *arena;
    struct mm_tree *trees;
    struct mm_split *splits;
    float *leaves;
    uint32_t tree_count, split_count, leaf_count;
    uint32_t tree_capacity, split_capacity, leaf_capacity;
};

/* The rows of one problem: columns of fine levels, full-length, addressed by row number. */
struct mm_boost_problem {
    const uint16_t *const *features; /* [feature_count] of columns */
    const uint16_t *feature_ids;     /* number under which each is stored in the trees */
    uint32_t feature_count;          /* at most MM_BOOST_FEATURES_MAX */
    const uint32_t *level_counts;    /* levels of each feature, at most 65536 */
    const uint32_t *rows;            /* row numbers: the first train_count fit, the next check_count stop early */
    uint32_t train_count, check_count;
    const uint8_t *labels; /* by position in rows */
    const float *targets;  /* the same, in [-2, 2], for a regression; NULL: `labels` are classified */
    uint64_t seed, item;   /* names the fit among all fits with this seed */
};

struct mm_boost_result {
    float bias;                 /* log odds, or the mean target, before any tree */
    uint32_t rounds;            /* trees kept */
    double check_loss;          /* sum of held-out losses with those trees: log losses in nats, or squared errors / 8 */
    double check_loss_constant; /* the same for the bias alone */
};

struct mm_boost_workspace;
/* For problems of up to row_max rows and the given number of features. */
mint_status mm_boost_workspace_new(struct mm_boost_workspace **out, struct mm_arena *arena, uint32_t row_max, uint32_t feature_max,
                                   mint_error *err);
size_t mm_boost_workspace_bytes(uint32_t row_max, uint32_t feature_max);

/* Fits with early stopping when check_count > 0, else for exactly params->rounds_max rounds. Trees are appended to
 * `forest` (may be NULL: only the result is wanted). */
mint_status mm_boost_fit(struct mm_boost_result *result, struct mm_forest *forest, struct mm_boost_workspace *workspace,
                         const struct mm_boost_problem *problem, const struct mm_boost_params *params, mint_error *err);

void mm_forest_init(struct mm_forest *forest, struct mm_arena *arena);

/* Adds the trees' values to scores[0..row_count): columns[feature][row], compacted. Dispatches to the widest vectors the
 * processor has; every variant gives the same bits. Columns have room for a multiple of 32 rows. */
void mm_forest_add(const struct mm_tree *trees, uint32_t tree_count, const struct mm_split *splits, const float *leaves,
                   const uint16_t *const *columns, uint32_t row_count, float *scores);

#endif
