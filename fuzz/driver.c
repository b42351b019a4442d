/* SPDX-License-Identifier: Apache-2.0 */
/* driver FILE...: the target over every file, then over a fixed number of mutations of each: flipped bits, cut ends, runs copied
 * over one another. Not a replacement of coverage-guided fuzzing; a floor that every build stands on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rng/philox.h"

enum { MUTATIONS = 400, BYTES_MAX = 1 << 20 };

static size_t mutate(uint8_t *bytes, size_t count, uint64_t item, uint64_t lane) {
    struct mm_rng rng = mm_rng_at(1, MM_STREAM_METRIC, item, lane);
    uint64_t edits = 1 + mm_rng_below(&rng, 4);
    for (uint64_t e = 0; e < edits && count; e++) {
        size_t at = (size_t)mm_rng_below(&rng, count), from = (size_t)mm_rng_below(&rng, count), length = (size_t)mm_rng_below(&rng, 16);
        switch (mm_rng_below(&rng, 4)) {
        case 0: bytes[at] ^= (uint8_t)(1u << mm_rng_below(&rng, 8)); break;
        case 1: bytes[at] = (uint8_t)mm_rng_below(&rng, 256); break;
        case 2: count = at; break;
        default:
            if (length > count - at) length = count - at;
            if (length > count - from) length = count - from;
            memmove(bytes + at, bytes + from, length);
        }
    }
    return count;
}

int main(int argc, char **argv) {
    uint8_t *bytes = malloc(BYTES_MAX), *copy = malloc(BYTES_MAX);
    if (!bytes || !copy) return 99;
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) return 98;
        size_t count = fread(bytes, 1, BYTES_MAX, file);
        fclose(file);
        LLVMFuzzerTestOneInput(bytes, count);
        for (uint64_t m = 0; m < MUTATIONS; m++) {
            memcpy(copy, bytes, count);
            LLVMFuzzerTestOneInput(copy, mutate(copy, count, (uint64_t)i, m));
        }
    }
    printf("1..1\nok 1 - %d files and %d mutations of each\n", argc - 1, MUTATIONS);
    free(bytes);
    free(copy);
    return 0;
}
