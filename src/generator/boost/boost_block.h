/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are drawn by blocks of model->block_rows and scored by blocks of BOOST_BLOCK, a block whole. A block is fixed by row number, so any
 * range of rows is the same whoever asks for it. */
#ifndef MM_GENERATOR_BOOST_BLOCK_H
#define MM_GENERATOR_BOOST_BLOCK_H
#include "generator/boost/boost_model.h"

/* One worker's scratch for one block. */
struct boost_block {
    uint16_t *features;       /* [feature][BOOST_BLOCK] */
    uint16_t *compact;        /* the same for the rows of one node */
    const uint16_t **columns; /* views of compact, by feature */
    uint32_t *rows, *spare;   /* row lists, split in place as the nodes are walked */
    uint16_t *codes;          /* of the column being drawn */
    double *values;
    uint16_t *kept_codes; /* [slot][BOOST_BLOCK]: cells of the columns that decide or bound others */
    double *kept_values;
    uint8_t *bins;       /* [slot][resolution][BOOST_BLOCK]: of the columns whose values never meet some of later ones */
    uint32_t *forbidden; /* [resolution][BOOST_BLOCK]: bins of the column being drawn that the row's other cells avoid */
    float *scores;
    uint64_t *keys, *keys_spare;
    uint8_t *right;
    uint32_t *uses; /* by feature: how often the node's trees split by it */
    uint32_t *arranged, *arranged_spare;
    uint32_t size;             /* rows that are drawn, at most BOOST_BLOCK */
    bool by_class;             /* the first column has few codes and is drawn: rows are drawn class by class, its values are columns[0] */
    struct boost_tally *tally; /* calibration: of each node of the column being drawn; else NULL */
};

/* What a node expected of the rows that came to it. */
struct boost_tally {
    double right, squares; /* sums of p and p^2 */
    uint32_t rows;
};

/* Scratch of `count` blocks. */
mint_status boost_blocks_new(struct boost_block **out, struct mm_arena *scratch, const struct boost_model *model, size_t count,
                             mint_error *err);
uint64_t boost_block_bytes(const struct boost_model *model);
/* Log odds of "right" for the rows of one node, into b->scores. */
void boost_score_node(const struct boost_model *model, const struct boost_node *node, struct boost_block *b, const uint32_t *rows,
                      uint32_t count);
/* Orders the positions of a node's rows, given sorted by score in the low halves (NULL: the node has one score), into b->arranged:
 * neighbours are alike. */
void boost_arrange(const struct boost_model *model, struct boost_block *b, const uint64_t *sorted, uint32_t count);
/* Splits rows[0..count) by b->right into those going left and right, keeping their order; returns how many go left. */
uint32_t boost_split_rows(struct boost_block *b, uint32_t *rows, uint32_t count);
/* The cell of a row of the block that its sources decide; false: they do not. */
bool boost_decide(const struct boost_model *model, uint32_t column, const struct boost_block *b, uint32_t row, uint32_t *code,
                  double *value);
/* Is the row's cell, in b->codes and b->values, the decided one? */
bool boost_is_decided_cell(const struct boost_model *model, uint32_t column, const struct boost_block *b, uint32_t row, uint32_t code,
                           double value);
/* Lets no cell of the column, which all are drawn, break an order with a column before it, nor meet a value there that it never meets. */
void boost_keep_rules(const struct boost_model *model, uint32_t place, struct boost_block *b, struct mm_rng *rng);
/* What the columns after it need of the column: its features, and its cells where it decides others. */
void boost_pass_on(const struct boost_model *model, uint32_t place, struct boost_block *b);
/* Fills the feature that is the column's mean, where it has one. */
void boost_predict_mean(const struct boost_model *model, uint32_t place, struct boost_block *b);
/* Draws one column of block `number`, given the columns before it: codes and values. */
void boost_draw_column(const struct boost_model *model, uint32_t place, struct boost_block *b, uint64_t seed, uint64_t number);

#endif
