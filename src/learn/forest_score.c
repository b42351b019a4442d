/* SPDX-License-Identifier: Apache-2.0 */
/* Scoring many rows with one small forest. A tree is a list of tests, each of which clears the leaves it rules out in
 * every row's mask; plain loops over rows that compilers turn into vector code. */
#include "learn/boost_classifier.h"
#include "learn/dispatch.h"

/* Lanes of one step; the compiler lowers them to whatever vectors the target has. Columns and leaves are read and written
 * in whole steps, so both have room for a multiple of STEP rows. */
enum { STEP = 32 };
typedef uint16_t narrow_lanes __attribute__((vector_size(STEP * 2), aligned(2)));
typedef uint64_t wide_lanes __attribute__((vector_size(64), aligned(8)));

MM_DISPATCHED static void apply_narrow(const struct mm_split *splits, uint32_t split_count, const uint16_t *const *columns, uint32_t n,
                                       uint16_t *leaf) {
    for (uint32_t i = 0; i < n; i += STEP) {
        narrow_lanes possible = ~(narrow_lanes){0};
        for (uint32_t s = 0; s < split_count; s++) {
            narrow_lanes x = *(const narrow_lanes *)(const void *)(columns[splits[s].feature] + i);
            narrow_lanes right = (narrow_lanes)(x > splits[s].threshold);
            possible &= ~right | (uint16_t)splits[s].mask;
        }
        *(narrow_lanes *)(void *)(leaf + i) = possible;
    }
}

MM_DISPATCHED static void apply_wide(const struct mm_split *splits, uint32_t split_count, const uint16_t *const *columns, uint32_t n,
                                     uint64_t *leaf) {
    for (uint32_t i = 0; i < n; i += 8) {
        wide_lanes possible = ~(wide_lanes){0};
        for (uint32_t s = 0; s < split_count; s++) {
            const uint16_t *x = columns[splits[s].feature] + i;
            wide_lanes value = {x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]};
            wide_lanes right = (wide_lanes)(value > splits[s].threshold);
            possible &= ~right | splits[s].mask;
        }
        *(wide_lanes *)(void *)(leaf + i) = possible;
    }
}

void mm_forest_add(const struct mm_tree *trees, uint32_t tree_count, const struct mm_split *splits, const float *leaves,
                   const uint16_t *const *columns, uint32_t row_count, uint64_t *leaf, float *scores) {
    for (uint32_t t = 0; t < tree_count; t++) {
        const struct mm_tree *tree = &trees[t];
        const float *values = leaves + tree->first_leaf;
        if (tree->leaf_count <= 16) {
            uint16_t *narrow = (uint16_t *)leaf;
            apply_narrow(splits + tree->first_split, tree->leaf_count - 1, columns, row_count, narrow);
            for (uint32_t i = 0; i < row_count; i++) scores[i] += values[__builtin_ctz(narrow[i])];
        } else {
            apply_wide(splits + tree->first_split, tree->leaf_count - 1, columns, row_count, leaf);
            for (uint32_t i = 0; i < row_count; i++) scores[i] += values[__builtin_ctzll(leaf[i])];
        }
    }
}
