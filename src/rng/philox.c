/* SPDX-License-Identifier: Apache-2.0 */
#include "rng/philox.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

void mm_philox4x64(uint64_t out[4], const uint64_t counter[4], const uint64_t key[2]) {
    uint64_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        wide a = (wide)0xD2E7470EE14C6C93u * c0, b = (wide)0xCA5A826395121157u * c2;
        c0 = (uint64_t)(b >> 64) ^ c1 ^ k0;
        c1 = (uint64_t)b;
        c2 = (uint64_t)(a >> 64) ^ c3 ^ k1;
        c3 = (uint64_t)a;
        k0 += 0x9E3779B97F4A7C15u;
        k1 += 0xBB67AE8584CAA73Bu;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

struct mm_rng mm_rng_at(uint64_t seed, enum mm_stream stream, uint64_t item, uint64_t lane) {
    struct mm_rng rng = {.key = {seed, 0x6d696e746d61726bu}, .counter = {0, item, lane, (uint64_t)stream}, .left = 0};
    return rng;
}

uint64_t mm_rng_next(struct mm_rng *rng) {
    if (!rng->left) {
        mm_philox4x64(rng->block, rng->counter, rng->key);
        rng->counter[0]++;
        rng->left = 4;
    }
    return rng->block[--rng->left];
}

double mm_rng_uniform(struct mm_rng *rng) { return (double)(mm_rng_next(rng) >> 11) * 0x1p-53; }

uint64_t mm_rng_below(struct mm_rng *rng, uint64_t bound) {
    wide product = (wide)mm_rng_next(rng) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = (0 - bound) % bound;
        while ((uint64_t)product < threshold) product = (wide)mm_rng_next(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

double mm_rng_normal(struct mm_rng *rng) {
    double radius = sqrt(-2 * log(1 - mm_rng_uniform(rng)));
    return radius * cos(6.283185307179586 * mm_rng_uniform(rng));
}

void mm_rng_shuffle(struct mm_rng *rng, uint32_t *items, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)mm_rng_below(rng, i);
        uint32_t swap = items[i - 1];
        items[i - 1] = items[j];
        items[j] = swap;
    }
}
