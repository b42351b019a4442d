/* SPDX-License-Identifier: Apache-2.0 */
/* The pair and the triple of columns whose joint table is farthest from the real rows': one broken dependence among hundreds
 * moves no average. Pairs over 8 bins a column, triples over 4 (as in NIST's k-marginal score, Ridgeway et al. 2021, but the
 * worst instead of the mean); above TRIPLES_MAX triples a fixed random choice of them. */
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"

enum { PAIR_BINS = 8, TRIPLE_BINS = 4, TRIPLES_MAX = 4000, PAIRS_MAX = 20000 };

struct tables_task {
    const struct mm_frame *frame;
    struct mm_coarse *coarse;
    uint32_t (*columns)[3]; /* the third is UINT32_MAX in pairs */
    struct mm_item *items;
};

static void tally(double *counts, const struct tables_task *t, const uint32_t columns[3], int side) {
    memset(counts, 0, MM_ITEM_CELLS_MAX * sizeof *counts);
    const uint8_t *a = t->coarse[columns[0]].of_row[side], *b = t->coarse[columns[1]].of_row[side];
    uint32_t width = t->coarse[columns[1]].bins, n = t->frame->row_count[side], tallies[MM_ITEM_CELLS_MAX] = {0};
    if (columns[2] == UINT32_MAX)
        for (uint32_t r = 0; r < n; r++) tallies[a[r] * width + b[r]]++;
    else {
        const uint8_t *c = t->coarse[columns[2]].of_row[side];
        uint32_t depth = t->coarse[columns[2]].bins;
        for (uint32_t r = 0; r < n; r++) tallies[(a[r] * width + b[r]) * depth + c[r]]++;
    }
    for (uint32_t k = 0; k < MM_ITEM_CELLS_MAX; k++) counts[k] = tallies[k];
}

static mint_status measure(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct tables_task *t = payload;
    const struct mm_frame *frame = t->frame;
    double counts[MM_SIDES][MM_ITEM_CELLS_MAX];
    for (int side = 0; side < MM_SIDES; side++) tally(counts[side], t, t->columns[index], side);
    t->items[index] = mm_item_of_counts(frame, &counts[0][0], MM_ITEM_CELLS_MAX, mm_table_distance,
                                        frame->columns[t->columns[index][0]].name, frame->columns[t->columns[index][1]].name);
    return MINT_OK;
}

static uint32_t list_pairs(struct tables_task *t, uint32_t columns, uint32_t most) {
    uint32_t count = 0;
    for (uint32_t a = 0; a < columns; a++)
        for (uint32_t b = a + 1; b < columns && count < most; b++) memcpy(t->columns[count++], (uint32_t[3]){a, b, UINT32_MAX}, 12);
    return count;
}

static mint_status find_worst(const struct mm_metric_job *job, const struct mm_metric *self, uint32_t order, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct tables_task t = {.frame = frame};
    uint32_t most = order == 2 ? PAIRS_MAX : TRIPLES_MAX;
    if (frame->column_count < order) return mm_figure_none(job, self, self->id, false, err, "there are fewer than %u columns", order);
    MM_ALLOC_OR_RETURN(t.coarse, job->scratch, frame->column_count, err);
    MM_ALLOC_OR_RETURN(t.columns, job->scratch, most, err);
    MM_ALLOC_OR_RETURN(t.items, job->scratch, most, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(t.coarse, frame, order == 2 ? PAIR_BINS : TRIPLE_BINS, job->scratch, err));
    uint32_t count = order == 2 ? list_pairs(&t, frame->column_count, most) : mm_triples_list(t.columns, frame, most);
    MM_RETURN_IF_ERROR(mm_parallel_for(job->ctx, count, measure, &t, err));
    return mm_worst_item(job, self, self->id, t.items, count, "nothing to compare", err);
}

static mint_status compute_pairs(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    return find_worst(job, self, 2, err);
}

static mint_status compute_triples(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    return find_worst(job, self, 3, err);
}

const struct mm_metric mm_metric_worst_pair = {
    .id = "fidelity.pair.worst",
    .figures = "fidelity.pair.worst",
    .range = "0 to 100",
    .cost = "rows x pairs, at most 20,000 pairs",
    .without_value = "fewer than two columns",
    .axis = "fidelity",
    .summary = "the pair of columns whose joint distribution is farthest from that of all real rows, beyond what chance would show",
    .formula = "max over pairs of TVD of the joint table (8 bins a column) against train and holdout together, x100; excess over the "
               "distance expected of fresh rows, its lower bound for all pairs at once",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute_pairs,
};

const struct mm_metric mm_metric_worst_triple = {
    .id = "fidelity.triple.worst",
    .figures = "fidelity.triple.worst",
    .range = "0 to 100",
    .cost = "rows x triples, at most 4,000 triples",
    .without_value = "fewer than three columns",
    .axis = "fidelity",
    .summary = "the three columns whose joint distribution is farthest from that of all real rows, beyond what chance would show",
    .formula = "max over triples (4,000 at random where there are more) of TVD of the joint table (4 bins a column), x100, as for pairs",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute_triples,
};
