/* SPDX-License-Identifier: Apache-2.0 */
/* Scoring many rows with one small forest. A tree is a list of tests, each of which clears the leaves it rules out in every
 * row's mask. Lanes are as wide as one AVX2 register: compilers split wider ones into single numbers. */
#include "learn/boost_classifier.h"
#include "learn/dispatch.h"

/* Rows go through all trees in runs that stay in the first cache; columns are read in whole steps of STEP rows. */
enum { LANES = 16, STEP = 2 * LANES, RUN = 512, QUARTERS = 4 };
typedef uint16_t lanes __attribute__((vector_size(LANES * 2), aligned(2)));

/* Macros, because a function that returns such lanes would be compiled for one instruction set. */
#define LANES_AT(at) (*(lanes *)(void *)(at))
#define STAYS_LEFT(at, threshold) ((lanes)(*(const lanes *)(const void *)(at) <= (threshold)))

MM_DISPATCHED static void apply_narrow(const struct mm_split *splits, uint32_t split_count, const uint16_t *const *columns, uint32_t from,
                                       uint32_t end, uint16_t *leaf) {
    for (uint32_t i = from; i < end; i += STEP) {
        lanes a = ~(lanes){0}, b = a;
        for (uint32_t s = 0; s < split_count; s++) {
            const uint16_t *x = columns[splits[s].feature] + i, mask = (uint16_t)splits[s].mask;
            a &= STAYS_LEFT(x, splits[s].threshold) | mask;
            b &= STAYS_LEFT(x + LANES, splits[s].threshold) | mask;
        }
        LANES_AT(leaf + (i - from)) = a;
        LANES_AT(leaf + (i - from) + LANES) = b;
    }
}

/* Masks of up to 64 leaves as four narrow ones: a test touches few of them. */
MM_DISPATCHED static void apply_wide(const struct mm_split *splits, uint32_t split_count, const uint16_t *const *columns, uint32_t from,
                                     uint32_t end, uint16_t (*leaf)[RUN]) {
    for (uint32_t i = from; i < end; i += LANES) {
        lanes possible[QUARTERS];
        for (int q = 0; q < QUARTERS; q++) possible[q] = ~(lanes){0};
        for (uint32_t s = 0; s < split_count; s++) {
            lanes stay = STAYS_LEFT(columns[splits[s].feature] + i, splits[s].threshold);
            uint64_t mask = splits[s].mask;
            for (int q = 0; q < QUARTERS; q++) {
                uint16_t part = (uint16_t)(mask >> (16 * q));
                if (part != UINT16_MAX) possible[q] &= stay | part;
            }
        }
        for (int q = 0; q < QUARTERS; q++) LANES_AT(leaf[q] + (i - from)) = possible[q];
    }
}

void mm_forest_add(const struct mm_tree *trees, uint32_t tree_count, const struct mm_split *splits, const float *leaves,
                   const uint16_t *const *columns, uint32_t row_count, float *scores) {
    uint16_t leaf[QUARTERS][RUN];
    for (uint32_t from = 0; from < row_count; from += RUN) {
        uint32_t end = row_count - from < RUN ? row_count : from + RUN;
        for (uint32_t t = 0; t < tree_count; t++) {
            const struct mm_tree *tree = &trees[t];
            const float *values = leaves + tree->first_leaf;
            if (tree->leaf_count <= 16) {
                apply_narrow(splits + tree->first_split, tree->leaf_count - 1, columns, from, end, leaf[0]);
                for (uint32_t i = from; i < end; i++) scores[i] += values[__builtin_ctz(leaf[0][i - from])];
            } else {
                apply_wide(splits + tree->first_split, tree->leaf_count - 1, columns, from, end, leaf);
                for (uint32_t i = from, k = 0; i < end; i++, k++)
                    scores[i] += values[__builtin_ctzll(leaf[0][k] | (uint64_t)leaf[1][k] << 16 | (uint64_t)leaf[2][k] << 32 |
                                                        (uint64_t)leaf[3][k] << 48)];
            }
        }
    }
}
