/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/boost_classifier.h"

#include <math.h>
#include <string.h>

#include "learn/dispatch.h"
#include "stats/elementary.h"

/* BINS_ALL: of all features together, so that many features cost no more than a few. */
enum { LEVELS_MAX = 65536, FEATURES_MIN = 8, BINS_MIN = 32, BINS_ALL = 4096 };

/* A leaf under construction: a range of `order`, its histogram and its best split. */
struct growing {
    uint32_t begin, end;
    int64_t *histogram;
    double gradient, hessian; /* sums in quantised units */
    double gain;
    uint16_t feature, bin; /* position among the problem's features, and the last bin that goes left */
    int32_t parent_split;  /* which split made this leaf, -1 at the root */
    bool is_right;
};

struct built_split {
    uint16_t feature, bin;
    int32_t left, right; /* split index, or ~leaf */
};

struct mm_boost_workspace {
    uint32_t row_max, feature_max;
    uint8_t *bins;   /* [row][feature] */
    int64_t *packed; /* gradient << 32 + hessian, quantised, by position */
    float *gradients, *hessians, *scores, *check_scores, *check_best;
    uint32_t *order, *spare;
    int64_t *histograms;       /* one slab a leaf */
    uint32_t *level_histogram; /* LEVELS_MAX */
    uint8_t *bin_of_level;     /* of the feature being cut */
    uint16_t *upper;           /* [feature][256]: highest level of each bin */
    uint32_t *bin_counts, *offsets;
    uint32_t *chosen; /* features of the current tree */
    struct growing leaves[MM_BOOST_LEAVES_MAX];
    struct built_split splits[MM_BOOST_LEAVES_MAX];
};

static size_t slab(uint32_t feature_max) { return (size_t)feature_max * 256; }

size_t mm_boost_workspace_bytes(uint32_t row_max, uint32_t feature_max) {
    return (size_t)row_max * (feature_max + 8 + 5 * 4 + 8) + slab(feature_max) * 8 * MM_BOOST_LEAVES_MAX + slab(feature_max) * 2 +
           LEVELS_MAX * 5u;
}

mint_status mm_boost_workspace_new(struct mm_boost_workspace **out, struct mm_arena *arena, uint32_t row_max, uint32_t feature_max,
                                   mint_error *err) {
    struct mm_boost_workspace *w;
    MM_ALLOC_OR_RETURN(w, arena, 1, err);
    w->row_max = row_max;
    w->feature_max = feature_max;
    MM_ALLOC_OR_RETURN(w->bins, arena, (size_t)row_max * feature_max + 16, err);
    MM_ALLOC_OR_RETURN(w->packed, arena, row_max, err);
    MM_ALLOC_OR_RETURN(w->gradients, arena, row_max, err);
    MM_ALLOC_OR_RETURN(w->hessians, arena, row_max, err);
    MM_ALLOC_OR_RETURN(w->scores, arena, row_max, err);
    MM_ALLOC_OR_RETURN(w->check_scores, arena, row_max, err);
    MM_ALLOC_OR_RETURN(w->check_best, arena, row_max, err);
    MM_ALLOC_OR_RETURN(w->order, arena, row_max, err);
    MM_ALLOC_OR_RETURN(w->spare, arena, row_max, err);
    MM_ALLOC_OR_RETURN(w->histograms, arena, slab(feature_max) * MM_BOOST_LEAVES_MAX, err);
    MM_ALLOC_OR_RETURN(w->level_histogram, arena, LEVELS_MAX, err);
    MM_ALLOC_OR_RETURN(w->bin_of_level, arena, LEVELS_MAX, err);
    MM_ALLOC_OR_RETURN(w->upper, arena, slab(feature_max), err);
    MM_ALLOC_OR_RETURN(w->bin_counts, arena, feature_max, err);
    MM_ALLOC_OR_RETURN(w->offsets, arena, feature_max, err);
    MM_ALLOC_OR_RETURN(w->chosen, arena, feature_max, err);
    *out = w;
    return MINT_OK;
}

void mm_forest_init(struct mm_forest *forest, struct mm_arena *arena) { *forest = (struct mm_forest){.arena = arena}; }

/* Cuts one feature's levels into at most bins_max bins of about equal mass among the fitted rows, each a run of levels.
 * Re-cutting at every node is worth half a nat on money-like columns. */
static uint32_t cut_feature(struct mm_boost_workspace *w, const struct mm_boost_problem *p, uint32_t f, uint32_t bins_max) {
    const uint16_t *column = p->features[f];
    uint32_t levels = p->level_counts[f];
    uint32_t *histogram = w->level_histogram;
    memset(histogram, 0, levels * sizeof *histogram);
    for (uint32_t i = 0; i < p->train_count; i++) histogram[column[p->rows[i]]]++;
    uint32_t distinct = 0;
    for (uint32_t level = 0; level < levels; level++) distinct += histogram[level] != 0;
    uint16_t *upper = w->upper + (size_t)f * 256;
    uint32_t bin = 0, in_bin = 0, left_rows = p->train_count, bins_left = bins_max;
    for (uint32_t level = 0; level < levels; level++) {
        uint32_t count = histogram[level];
        if (count) {
            bool full = in_bin && (distinct <= bins_max || (uint64_t)(in_bin + count / 2) * bins_left > (uint64_t)(left_rows));
            if (full && bin + 1 < bins_max) {
                left_rows -= in_bin;
                bins_left--;
                bin++;
                in_bin = 0;
            }
            in_bin += count;
            upper[bin] = (uint16_t)level;
        }
        w->bin_of_level[level] = (uint8_t)bin;
    }
    uint32_t rows = p->train_count + p->check_count, stride = p->feature_count;
    for (uint32_t i = 0; i < rows; i++) w->bins[(size_t)i * stride + f] = w->bin_of_level[column[p->rows[i]]];
    return bin + 1;
}

static void cut_features(struct mm_boost_workspace *w, const struct mm_boost_problem *p) {
    uint32_t bins_max = p->train_count / 16;
    if (bins_max > BINS_ALL / p->feature_count) bins_max = BINS_ALL / p->feature_count;
    if (bins_max < BINS_MIN) bins_max = BINS_MIN;
    if (bins_max > MM_BOOST_BINS_MAX) bins_max = MM_BOOST_BINS_MAX;
    uint32_t offset = 0;
    for (uint32_t f = 0; f < p->feature_count; f++) {
        w->bin_counts[f] = cut_feature(w, p, f, bins_max);
        w->offsets[f] = offset;
        offset += w->bin_counts[f];
    }
}

static uint32_t choose_features(struct mm_boost_workspace *w, const struct mm_boost_problem *p, const struct mm_boost_params *params,
                                uint32_t round) {
    uint32_t usable = 0;
    for (uint32_t f = 0; f < p->feature_count; f++)
        if (w->bin_counts[f] > 1) w->chosen[usable++] = f;
    uint32_t wanted = (uint32_t)ceil(params->feature_share * usable);
    if (wanted < FEATURES_MIN) wanted = FEATURES_MIN; /* of a few features none can be spared */
    if (wanted < usable) {
        struct mm_rng rng = mm_rng_at(p->seed, MM_STREAM_FEATURE_SAMPLE, p->item, round);
        for (uint32_t i = 0; i < wanted; i++) {
            uint32_t j = i + (uint32_t)mm_rng_below(&rng, usable - i), swap = w->chosen[i];
            w->chosen[i] = w->chosen[j];
            w->chosen[j] = swap;
        }
    }
    return wanted < usable ? wanted : usable;
}

static void fill_histogram(const struct mm_boost_workspace *w, const struct mm_boost_problem *p, const struct growing *leaf,
                           uint32_t chosen) {
    for (uint32_t k = 0; k < chosen; k++)
        memset(leaf->histogram + w->offsets[w->chosen[k]], 0, w->bin_counts[w->chosen[k]] * sizeof(int64_t));
    uint32_t stride = p->feature_count;
    for (uint32_t i = leaf->begin; i < leaf->end; i++) {
        uint32_t row = w->order[i];
        int64_t packed = w->packed[row];
        const uint8_t *bins = w->bins + (size_t)row * stride;
        for (uint32_t k = 0; k < chosen; k++) {
            uint32_t f = w->chosen[k];
            leaf->histogram[w->offsets[f] + bins[f]] += packed;
        }
    }
}

static inline double unpack_gradient(int64_t packed) { return (double)((packed - (int64_t)(uint32_t)packed) >> 32); }
static inline double unpack_hessian(int64_t packed) { return (double)(uint32_t)packed; }

/* Units of the quantised gradients and hessians. */
struct scales {
    double gradient, hessian, ridge, hessian_min;
};

static void find_split(const struct mm_boost_workspace *w, struct growing *leaf, uint32_t chosen, const struct scales *s) {
    leaf->gain = 0;
    double base = leaf->gradient * leaf->gradient / (leaf->hessian + s->ridge);
    if (leaf->hessian < 2 * s->hessian_min) return;
    for (uint32_t k = 0; k < chosen; k++) {
        uint32_t f = w->chosen[k];
        const int64_t *histogram = leaf->histogram + w->offsets[f];
        int64_t running = 0;
        for (uint32_t bin = 0; bin + 1 < w->bin_counts[f]; bin++) {
            if (!histogram[bin]) continue;
            running += histogram[bin];
            double h = unpack_hessian(running), rest = leaf->hessian - h;
            if (h < s->hessian_min) continue;
            if (rest < s->hessian_min) break;
            double g = unpack_gradient(running), other = leaf->gradient - g, left = h + s->ridge, right = rest + s->ridge;
            double gain = (g * g * right + other * other * left) / (left * right) - base; /* one division for two */
            if (gain > leaf->gain) {
                leaf->gain = gain;
                leaf->feature = (uint16_t)f;
                leaf->bin = (uint16_t)bin;
            }
        }
    }
}

static void sum_leaf(const struct mm_boost_workspace *w, struct growing *leaf) {
    int64_t gradient = 0, hessian = 0;
    for (uint32_t i = leaf->begin; i < leaf->end; i++) {
        int64_t packed = w->packed[w->order[i]];
        gradient += (packed - (int64_t)(uint32_t)packed) >> 32;
        hessian += (int64_t)(uint32_t)packed;
    }
    leaf->gradient = (double)gradient;
    leaf->hessian = (double)hessian;
}

/* Stable partition of a leaf's rows; returns where the right part begins. */
static uint32_t partition(struct mm_boost_workspace *w, const struct mm_boost_problem *p, const struct growing *leaf) {
    uint32_t left = leaf->begin, right = 0, stride = p->feature_count;
    const uint8_t *bins = w->bins + leaf->feature;
    for (uint32_t i = leaf->begin; i < leaf->end; i++) {
        uint32_t row = w->order[i];
        bool goes_left = bins[(size_t)row * stride] <= leaf->bin;
        w->order[left] = row;
        w->spare[right] = row;
        left += goes_left;
        right += !goes_left;
    }
    memcpy(w->order + left, w->spare, right * sizeof *w->order);
    return left;
}

static void split_leaf(struct mm_boost_workspace *w, const struct mm_boost_problem *p, uint32_t index, uint32_t new_index,
                       uint32_t split_index, uint32_t chosen, const struct scales *s, bool last) {
    struct growing *left = &w->leaves[index], *right = &w->leaves[new_index];
    struct built_split *split = &w->splits[split_index];
    *split = (struct built_split){left->feature, left->bin, ~(int32_t)index, ~(int32_t)new_index};
    if (left->parent_split >= 0) {
        struct built_split *parent = &w->splits[left->parent_split];
        if (left->is_right)
            parent->right = (int32_t)split_index;
        else
            parent->left = (int32_t)split_index;
    }
    uint32_t middle = partition(w, p, left);
    double gradient = left->gradient, hessian = left->hessian;
    *right = (struct growing){.begin = middle,
                              .end = left->end,
                              .histogram = w->histograms + slab(w->feature_max) * new_index,
                              .parent_split = (int32_t)split_index,
                              .is_right = true};
    left->end = middle;
    left->parent_split = (int32_t)split_index;
    left->is_right = false;
    if (last) return;
    bool left_smaller = left->end - left->begin <= right->end - right->begin;
    struct growing *small = left_smaller ? left : right, *large = left_smaller ? right : left;
    /* The left leaf still owns the parent's histogram: the smaller child is counted, the larger is the difference. */
    int64_t *parent = left->histogram;
    if (left_smaller) {
        left->histogram = right->histogram;
        right->histogram = parent;
    }
    fill_histogram(w, p, small, chosen);
    for (uint32_t k = 0; k < chosen; k++) {
        uint32_t offset = w->offsets[w->chosen[k]], count = w->bin_counts[w->chosen[k]];
        for (uint32_t b = 0; b < count; b++) parent[offset + b] -= small->histogram[offset + b];
    }
    sum_leaf(w, small);
    large->gradient = gradient - small->gradient;
    large->hessian = hessian - small->hessian;
    find_split(w, small, chosen, s);
    find_split(w, large, chosen, s);
}

static uint32_t grow_tree(struct mm_boost_workspace *w, const struct mm_boost_problem *p, const struct mm_boost_params *params,
                          uint32_t round, const struct scales *s) {
    uint32_t chosen = choose_features(w, p, params, round);
    for (uint32_t i = 0; i < p->train_count; i++) w->order[i] = i;
    w->leaves[0] = (struct growing){.begin = 0, .end = p->train_count, .histogram = w->histograms, .parent_split = -1};
    fill_histogram(w, p, &w->leaves[0], chosen);
    sum_leaf(w, &w->leaves[0]);
    find_split(w, &w->leaves[0], chosen, s);
    uint32_t count = 1;
    while (count < params->leaves) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < count; i++)
            if (w->leaves[i].gain > w->leaves[best].gain) best = i;
        if (w->leaves[best].gain <= 0) break;
        split_leaf(w, p, best, count, count - 1, chosen, s, count + 1 == params->leaves);
        count++;
    }
    return count;
}

/* Exact leaf values from the unrounded gradients, shrunk; added to the rows' scores. */
static void settle_leaves(struct mm_boost_workspace *w, const struct mm_boost_params *params, uint32_t leaf_count, float values[]) {
    for (uint32_t l = 0; l < leaf_count; l++) {
        double gradient = 0, hessian = 0;
        for (uint32_t i = w->leaves[l].begin; i < w->leaves[l].end; i++) {
            gradient += (double)w->gradients[w->order[i]];
            hessian += (double)w->hessians[w->order[i]];
        }
        values[l] = (float)(-params->rate * gradient / (hessian + params->ridge));
        for (uint32_t i = w->leaves[l].begin; i < w->leaves[l].end; i++) w->scores[w->order[i]] += values[l];
    }
}

static void score_checks(struct mm_boost_workspace *w, const struct mm_boost_problem *p, const float values[], uint32_t leaf_count) {
    for (uint32_t i = 0; i < p->check_count; i++) {
        const uint8_t *bins = w->bins + (size_t)(p->train_count + i) * p->feature_count;
        int32_t at = leaf_count > 1 ? 0 : ~0;
        while (at >= 0) at = bins[w->splits[at].feature] <= w->splits[at].bin ? w->splits[at].left : w->splits[at].right;
        w->check_scores[i] += values[~at];
    }
}

static double check_loss(const struct mm_boost_workspace *w, const struct mm_boost_problem *p) {
    double loss = 0;
    for (uint32_t i = 0; i < p->check_count; i++) {
        double x = (double)w->check_scores[i], off = p->targets ? x - (double)p->targets[p->train_count + i] : 0;
        loss += p->targets ? off * off / 8 : mm_softplus(p->labels[p->train_count + i] ? -x : x);
    }
    return loss;
}

/* Probabilities in single precision, in loops that vectorise; additions and multiplications only, so every instruction
 * set gives the same bits (mm_exp in elementary.h says why). */
MM_DISPATCHED static void fill_gradients(const float *restrict scores, const uint8_t *restrict labels, uint32_t n,
                                         float *restrict gradients, float *restrict hessians) {
    for (uint32_t i = 0; i < n; i++) {
        float x = -scores[i];
        x = x > 30 ? 30 : x < -30 ? -30 : x;
        float scaled = x * 1.44269504f;
        int32_t whole = (int32_t)(scaled + (scaled >= 0 ? 0.5f : -0.5f));
        float r = x - (float)whole * 0.693145752f - (float)whole * 1.42860677e-6f;
        float e = ((((((1.0f / 720) * r + 1.0f / 120) * r + 1.0f / 24) * r + 1.0f / 6) * r + 0.5f) * r + 1) * r + 1;
        union {
            int32_t bits;
            float value;
        } power = {.bits = (whole + 127) << 23};
        float probability = 1 / (1 + e * power.value);
        gradients[i] = probability - (float)labels[i];
        hessians[i] = probability * (1 - probability);
    }
}

/* Of the squared error / 8: gradients within [-1, 1] and a hessian of 1/4, as large as those of a log loss can be. */
static void fill_residuals(const float *restrict scores, const float *restrict targets, uint32_t n, float *restrict gradients,
                           float *restrict hessians) {
    for (uint32_t i = 0; i < n; i++) {
        float off = (scores[i] - targets[i]) * 0.25f;
        gradients[i] = off > 1 ? 1 : off < -1 ? -1 : off;
        hessians[i] = 0.25f;
    }
}

MM_DISPATCHED static void pack_gradients(const float *restrict gradients, const float *restrict hessians, uint32_t n, float g_unit,
                                         float h_unit, int64_t *restrict packed) {
    for (uint32_t i = 0; i < n; i++) {
        float scaled = gradients[i] * g_unit;
        int32_t g = (int32_t)(scaled + (scaled >= 0 ? 0.5f : -0.5f)), h = (int32_t)(hessians[i] * h_unit + 0.5f);
        packed[i] = (int64_t)g * 4294967296 + h;
    }
}

static bool grow_pool(struct mm_arena *arena, void **pool, uint32_t *capacity, uint32_t needed, size_t size) {
    if (needed <= *capacity) return true;
    uint32_t wanted = *capacity ? *capacity + *capacity / 4 : 64; /* what is not used counts, too */
    while (wanted < needed) wanted *= 2;
    void *grown = mm_arena_resize(arena, *pool, wanted * size);
    if (!grown) return false;
    *pool = grown;
    *capacity = wanted;
    return true;
}

/* Numbers leaves from left to right, so that "the lowest leaf left" is the one reached. Returns the mask of the subtree. */
static uint64_t emit(const struct mm_boost_workspace *w, const struct mm_boost_problem *p, struct mm_split *out, float *values,
                     const float built[], int32_t at, uint32_t *next_split, uint32_t *next_leaf) {
    if (at < 0) {
        values[*next_leaf] = built[~at];
        return (uint64_t)1 << (*next_leaf)++;
    }
    const struct built_split *split = &w->splits[at];
    struct mm_split *place = &out[(*next_split)++];
    uint64_t left = emit(w, p, out, values, built, split->left, next_split, next_leaf);
    uint64_t right = emit(w, p, out, values, built, split->right, next_split, next_leaf);
    *place = (struct mm_split){~left, p->feature_ids[split->feature], w->upper[(size_t)split->feature * 256 + split->bin], 0};
    return left | right;
}

static mint_status append_tree(struct mm_forest *forest, const struct mm_boost_workspace *w, const struct mm_boost_problem *p,
                               const float built[], uint32_t leaf_count, mint_error *err) {
    void *trees = forest->trees, *splits = forest->splits, *leaves = forest->leaves;
    bool good = grow_pool(forest->arena, &trees, &forest->tree_capacity, forest->tree_count + 1, sizeof *forest->trees);
    forest->trees = trees;
    good = good && grow_pool(forest->arena, &splits, &forest->split_capacity, forest->split_count + leaf_count, sizeof *forest->splits);
    forest->splits = splits;
    good = good && grow_pool(forest->arena, &leaves, &forest->leaf_capacity, forest->leaf_count + leaf_count, sizeof *forest->leaves);
    forest->leaves = leaves;
    if (!good) return mm_error_no_memory(err, forest->arena->memory, forest->split_count, 32);
    uint32_t next_split = 0, next_leaf = 0;
    emit(w, p, forest->splits + forest->split_count, forest->leaves + forest->leaf_count, built, leaf_count > 1 ? 0 : ~0, &next_split,
         &next_leaf);
    forest->trees[forest->tree_count++] = (struct mm_tree){forest->split_count, forest->leaf_count, leaf_count};
    forest->split_count += leaf_count - 1;
    forest->leaf_count += leaf_count;
    return MINT_OK;
}

/* ---- rules ---- */

/* A run of the bins of a feature with few levels in which every row has the same label although about RULE_ROWS of the other were expected:
 * a rule of the data (a functional dependency, a forbidden pair), which shrunken leaves approach but never reach. It becomes a tree of its
 * own, of up to three leaves: below the run, inside, above. Finer features have no sharp rules: held-out likelihood falls when their pure
 * runs are taken for such. */
enum { RULE_ROWS = 12, RULE_LEVELS_MAX = 64 };
static const float RULE_LOG_ODDS = 4;

static mint_status append_rule(struct mm_forest *forest, struct mm_boost_workspace *w, const struct mm_boost_problem *p, uint32_t f,
                               uint32_t first, uint32_t last, bool ones, mint_error *err) {
    float values[3] = {0}, inside = ones ? RULE_LOG_ODDS : -RULE_LOG_ODDS;
    uint32_t leaves = 1;
    int32_t below = first > 0 ? (int32_t)leaves - 1 : -1;
    if (below >= 0) {
        w->splits[0] = (struct built_split){(uint16_t)f, (uint16_t)(first - 1), ~0, ~1};
        leaves = 2;
    }
    values[leaves - 1] = inside;
    if (last + 1 < w->bin_counts[f]) {
        w->splits[leaves - 1] = (struct built_split){(uint16_t)f, (uint16_t)last, ~(int32_t)(leaves - 1), ~(int32_t)leaves};
        if (leaves == 2) w->splits[0].right = 1;
        leaves++;
    }
    return append_tree(forest, w, p, values, leaves, err);
}

static mint_status append_rules(struct mm_forest *forest, struct mm_boost_workspace *w, const struct mm_boost_problem *p, mint_error *err) {
    double ones = 0, rows = p->train_count;
    for (uint32_t i = 0; i < p->train_count; i++) ones += p->labels[i];
    for (uint32_t f = 0; f < p->feature_count; f++) {
        uint32_t counts[MM_BOOST_BINS_MAX + 1][2] = {{0}};
        if (w->bin_counts[f] < 2 || p->level_counts[f] > RULE_LEVELS_MAX) continue;
        for (uint32_t i = 0; i < p->train_count; i++) counts[w->bins[(size_t)i * p->feature_count + f]][p->labels[i]]++;
        for (int label = 0; label < 2; label++) {
            double needed = RULE_ROWS / ((label ? rows - ones : ones) / rows), run = 0;
            uint32_t first = 0;
            for (uint32_t bin = 0; bin <= w->bin_counts[f]; bin++) {
                bool pure = bin < w->bin_counts[f] && !counts[bin][!label];
                if (pure) {
                    run += counts[bin][label];
                    continue;
                }
                if (run >= needed) MM_RETURN_IF_ERROR(append_rule(forest, w, p, f, first, bin - 1, label, err));
                first = bin + 1, run = 0;
            }
        }
    }
    return MINT_OK;
}

static void forget_trees(struct mm_forest *forest, uint32_t keep) {
    if (keep >= forest->tree_count) return;
    forest->split_count = forest->trees[keep].first_split;
    forest->leaf_count = forest->trees[keep].first_leaf;
    forest->tree_count = keep;
}

/* The mean; of labels, log odds of the share of ones (Krichevsky and Trofimov 1981: half a row added to each side). */
static float prior_score(const struct mm_boost_problem *p) {
    double sum = p->targets ? 0 : 0.5, all = 1 + (double)p->train_count;
    for (uint32_t i = 0; i < p->train_count; i++) sum += p->targets ? (double)p->targets[i] : p->labels[i];
    return (float)(p->targets ? sum / all : mm_log(sum / (all - sum)));
}

static struct scales make_scales(const struct mm_boost_params *params, uint32_t rows) {
    int bits = 15;
    while (bits > 6 && ((uint64_t)rows << bits) > (uint64_t)1 << 31) bits--;
    double unit = (double)(1u << bits);
    return (struct scales){unit, 4 * unit, params->ridge * 4 * unit, params->hessian_min * 4 * unit};
}

mint_status mm_boost_fit(struct mm_boost_result *result, struct mm_forest *forest, struct mm_boost_workspace *w,
                         const struct mm_boost_problem *p, const struct mm_boost_params *params, mint_error *err) {
    uint32_t start = forest ? forest->tree_count : 0;
    *result = (struct mm_boost_result){.bias = prior_score(p)};
    for (uint32_t i = 0; i < p->train_count; i++) w->scores[i] = result->bias;
    for (uint32_t i = 0; i < p->check_count; i++) w->check_scores[i] = result->bias;
    result->check_loss = result->check_loss_constant = check_loss(w, p);
    if (!params->rounds_max || !p->feature_count) return MINT_OK;
    cut_features(w, p);
    struct scales scales = make_scales(params, p->train_count);
    for (uint32_t round = 0; round < params->rounds_max; round++) {
        if (p->targets)
            fill_residuals(w->scores, p->targets, p->train_count, w->gradients, w->hessians);
        else
            fill_gradients(w->scores, p->labels, p->train_count, w->gradients, w->hessians);
        pack_gradients(w->gradients, w->hessians, p->train_count, (float)scales.gradient, (float)scales.hessian, w->packed);
        uint32_t leaf_count = grow_tree(w, p, params, round, &scales);
        if (leaf_count == 1) break;
        float values[MM_BOOST_LEAVES_MAX];
        settle_leaves(w, params, leaf_count, values);
        if (forest) MM_RETURN_IF_ERROR(append_tree(forest, w, p, values, leaf_count, err));
        if (!p->check_count) {
            result->rounds = round + 1;
            continue;
        }
        score_checks(w, p, values, leaf_count);
        double loss = check_loss(w, p);
        if (loss < result->check_loss) {
            result->check_loss = loss;
            result->rounds = round + 1;
        } else if (round + 1 - result->rounds >= params->patience)
            break;
    }
    if (!forest) return MINT_OK;
    forget_trees(forest, start + result->rounds);
    return params->rules && result->rounds && !p->targets ? append_rules(forest, w, p, err) : MINT_OK;
}
