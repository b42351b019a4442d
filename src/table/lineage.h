/* SPDX-License-Identifier: Apache-2.0 */
/* What a generator learned from, as far as a ledger knows: real rows, or rows that a generator had made before. */
#ifndef MM_TABLE_LINEAGE_H
#define MM_TABLE_LINEAGE_H
#include <stdbool.h>
#include <stdint.h>

struct mm_lineage {
    bool known;          /* false: no record says how the rows came about */
    uint64_t rows;       /* learned from */
    double share, error; /* of them, minted before: 0 to 1, and its standard error */
    uint32_t generation; /* 1: learned from real rows alone */
};

#endif
