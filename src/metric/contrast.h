/* SPDX-License-Identifier: Apache-2.0 */
/* The worst of many: counts of synthetic rows against counts of all real rows, train and holdout together, item by item. The
 * lower bound holds for all items of a family at once (Bonferroni at MM_FAMILY_TAIL), so that asking of many columns, pairs or
 * levels raises no more alarms than asking of one. Where rows belong to entities, real rows count as if all rows of an entity were the
 * same: the widest that the intervals can have to be (Kish 1965, design effect). */
#ifndef MM_METRIC_CONTRAST_H
#define MM_METRIC_CONTRAST_H
#include "metric/metric.h"

#define MM_FAMILY_TAIL 0.0005 /* twenty rules together stay near 1 % */

/* Rows in few bins: numbers cut at quantiles of real rows, the most frequent levels, the rest in one; missing is a bin. */
struct mm_coarse {
    uint32_t bins;
    uint8_t *of_row[MM_SIDES];
};
/* coarse[frame columns]; at most bins_max bins (3 to 255) each. */
mint_status mm_coarse_make(struct mm_coarse *coarse, const struct mm_frame *frame, uint32_t bins_max, struct mm_arena *scratch,
                           mint_error *err);
enum { MM_BIN_NAME_MAX = 80 };
/* A bin of frame column c in words, by the train rows in it: a level, a value, or from where to where. */
void mm_coarse_name(char out[MM_BIN_NAME_MAX], const struct mm_frame *frame, uint32_t c, const struct mm_coarse *coarse, uint32_t bin);

/* Triples of frame columns, ascending: all of them, or a fixed random choice of about `most`; how many. */
uint32_t mm_triples_list(uint32_t (*columns)[3], const struct mm_frame *frame, uint32_t most);

/* Real rows that items are compared with: train and holdout, or train alone when the two were split by time. */
static inline bool mm_is_real(const struct mm_frame *frame, int side) { return side == MM_TRAIN || (side == MM_HOLDOUT && !frame->drifts); }
static inline double mm_real_rows(const struct mm_frame *frame) {
    return (double)frame->row_count[MM_TRAIN] + (frame->drifts ? 0 : (double)frame->row_count[MM_HOLDOUT]);
}

/* Total variation of two tables of counts, what two samples of one population would show at these sizes, and the standard error of
 * the value: of the difference of shares of the cells that the first table has more of. */
struct mm_distance {
    double value, expected, error;
};
/* Standard error of a / n - b / m. */
double mm_share_error(double a, double n, double b, double m);
struct mm_distance mm_table_distance(const double *a, const double *b, uint32_t cells);

/* The same of a number's bins in their order: the Kolmogorov-Smirnov distance. */
struct mm_distance mm_ordered_distance(const double *a, const double *b, uint32_t cells);
/* What one item of a family shows, as shares. */
struct mm_item {
    struct mm_distance distance;
    double reference, floor; /* distance of holdout from train; of independent columns from real rows */
    const char *columns[2];
};
/* An item from counts[side * cells + cell], of all sides, at most MM_ITEM_CELLS_MAX cells; no value where synthetic or real rows have none.
 */
enum { MM_ITEM_CELLS_MAX = 64 };
struct mm_item mm_item_of_counts(const struct mm_frame *frame, const double *counts, uint32_t cells,
                                 struct mm_distance (*distance)(const double *, const double *, uint32_t), const char *first,
                                 const char *second);
/* The item whose lower bound is highest becomes the figure, in percent: excess over the expected distance; low by the family's
 * bound, high at 95 % for the item with the largest excess. Items without a value do not take part; when none has
 * one, a figure with `reason`. */
mint_status mm_worst_item(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, struct mm_item *items,
                          uint32_t count, const char *reason, mint_error *err);

/* Counts of one event on both sides. */
#define MM_NO_COLUMN UINT32_MAX
struct mm_event {
    double synthetic, n_synthetic, real, n_real;
    uint32_t column, item; /* which one it is, for its name; MM_NO_COLUMN for one of whole rows */
};
/* Names an event: "'HNL'", "above 4000". */
typedef void (*mm_event_name)(char out[MM_BIN_NAME_MAX], const struct mm_frame *frame, const struct mm_event *event, const void *payload);
/* The event that is most surely rarer (`lost`) or more frequent (`gained`) than among real rows: lost share, or gain over it, in
 * percent. */
mint_status mm_worst_event(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const char *formula,
                           const struct mm_event *events, uint32_t count, bool lost, mm_event_name name, const void *payload,
                           mint_error *err);

/* A share of synthetic rows against the same share of real rows, in percent (Newcombe 1998). */
mint_status mm_share_figure(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, double synthetic,
                            double n_synthetic, double real, double n_real, struct mm_figure **out, mint_error *err);

#endif
