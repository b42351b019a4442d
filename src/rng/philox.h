/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_RNG_PHILOX_H
#define MM_RNG_PHILOX_H
#include <stddef.h>
#include <stdint.h>

/* Every use of randomness has a stream of its own, so no two ever share a draw. Values are stored in model
 * semantics: never reorder or reuse. */
enum mm_stream {
    MM_STREAM_FOLD = 1,
    MM_STREAM_FEATURE_SAMPLE = 2,
    MM_STREAM_GRADIENT_ROUNDING = 3,
    MM_STREAM_SYSTEMATIC = 4,
    MM_STREAM_TIE = 5,
    MM_STREAM_WITHIN_CODE = 6,
    MM_STREAM_INDEPENDENT = 7,
    MM_STREAM_BOOTSTRAP_ROW = 8,
    MM_STREAM_IDENTIFIER = 9,
    MM_STREAM_SPLIT = 10,
    MM_STREAM_METRIC = 11,
    MM_STREAM_RESAMPLE = 12,
    MM_STREAM_SUBSAMPLE = 13,
    MM_STREAM_PROTECTION = 14,
    MM_STREAM_EXAMPLE = 15,
    MM_STREAM_CANARY = 16
};

/* Philox4x64-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): a pure function
 * of (seed, stream, item, lane), so row 7,000,000 can be drawn alone. By value; no state is shared. */
struct mm_rng {
    uint64_t key[2], counter[4], block[4];
    unsigned left;
};

struct mm_rng mm_rng_at(uint64_t seed, enum mm_stream stream, uint64_t item, uint64_t lane);
uint64_t mm_rng_next(struct mm_rng *rng);
/* In [0, 1), 53 bits. */
double mm_rng_uniform(struct mm_rng *rng);
/* In [0, bound), unbiased (Lemire 2019); bound >= 1. */
uint64_t mm_rng_below(struct mm_rng *rng, uint64_t bound);
/* Standard normal (Box and Muller 1958, first of the pair). */
double mm_rng_normal(struct mm_rng *rng);
/* Fisher and Yates. */
void mm_rng_shuffle(struct mm_rng *rng, uint32_t *items, size_t count);
/* The bare bijection, for tests against the published vectors. */
void mm_philox4x64(uint64_t out[4], const uint64_t counter[4], const uint64_t key[2]);

#endif
