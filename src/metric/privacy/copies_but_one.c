/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic rows that are a training row but for one column at most, beyond the rate at which holdout rows are: whoever copies a row and
 * changes one cell of it has still copied the row. Cells are compared as the frame has them, in single precision. */
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "stats/interval.h"

struct search {
    const struct mm_frame *frame;
    uint64_t *row_hash[MM_SIDES]; /* sums of cell hashes, so that a column can be taken out again */
    uint8_t *met[MM_SIDES];       /* by row: equals a train row but for one column */
    uint8_t *now[MM_SIDES];       /* the same for the column at hand */
    uint64_t *table;              /* open addressing; 0: free */
    uint64_t mask;
};

/* Finaliser of MurmurHash3 (Appleby 2011): sums of hashes need every bit mixed, which mm_hash_bytes does not do. */
static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdu;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53u;
    return x ^ (x >> 33);
}

static uint64_t cell_hash(uint32_t column, float value) {
    uint32_t bits = 0xffffffffu; /* missing */
    value += 0.0f;               /* minus nought is nought */
    if (!isnan(value)) memcpy(&bits, &value, sizeof bits);
    return mix(((uint64_t)column << 32 | bits) + 0x9e3779b97f4a7c15u);
}

static mint_status sum_up(struct search *s, struct mm_arena *scratch, mint_error *err) {
    for (int side = 0; side < MM_SIDES; side++) {
        uint32_t n = s->frame->row_count[side];
        MM_ALLOC_OR_RETURN(s->row_hash[side], scratch, n, err);
        MM_ALLOC_OR_RETURN(s->met[side], scratch, n, err);
        MM_ALLOC_OR_RETURN(s->now[side], scratch, n, err);
        for (uint32_t c = 0; c < s->frame->column_count; c++)
            for (uint32_t r = 0; r < n; r++) s->row_hash[side][r] += cell_hash(c, s->frame->columns[c].values[side][r]);
    }
    s->mask = 1;
    uint32_t train = s->frame->row_count[MM_TRAIN], holdout = s->frame->row_count[MM_HOLDOUT];
    while (s->mask < 2 * (uint64_t)(train > holdout ? train : holdout)) s->mask *= 2;
    MM_ALLOC_OR_RETURN(s->table, scratch, s->mask, err);
    s->mask--;
    return MINT_OK;
}

static uint64_t key_without(const struct search *s, int side, uint32_t row, uint32_t column) {
    uint64_t key = s->row_hash[side][row] - cell_hash(column, s->frame->columns[column].values[side][row]);
    return key ? key : 1;
}

static uint64_t place_of(const struct search *s, uint64_t key) {
    uint64_t place = mix(key) & s->mask;
    while (s->table[place] && s->table[place] != key) place = (place + 1) & s->mask;
    return place;
}

static void index_rows(struct search *s, int side, uint32_t column) {
    memset(s->table, 0, (s->mask + 1) * sizeof *s->table);
    for (uint32_t r = 0; r < s->frame->row_count[side]; r++) {
        uint64_t key = key_without(s, side, r, column);
        s->table[place_of(s, key)] = key;
    }
}

/* How many rows of a side are indexed ones but for the column; now[side] says which. */
static double match(struct search *s, int side, uint32_t column) {
    double count = 0;
    for (uint32_t r = 0; r < s->frame->row_count[side]; r++)
        count += s->now[side][r] = s->table[place_of(s, key_without(s, side, r, column))] != 0;
    return count;
}

/* Where the other columns are a key of few values (a country and a year), no holdout row is a train row but for this one, and yet rows of
 * independent columns, which copy nobody, meet holdout rows more often than that lets expect: whoever draws a key meets train, too.
 * Synthetic rows are no witness: those of a generator that saw the holdout as well meet both. */
static bool others_are_key(struct search *s, uint32_t column) {
    const uint32_t *n = s->frame->row_count;
    index_rows(s, MM_HOLDOUT, column);
    return match(s, MM_FLOOR, column) > (double)mm_poisson_quantile(0.999, (double)n[MM_FLOOR] / n[MM_TRAIN]);
}

static void match_without(struct search *s, uint32_t column) {
    index_rows(s, MM_TRAIN, column);
    if (match(s, MM_HOLDOUT, column) < 1) {
        if (others_are_key(s, column)) return;
        index_rows(s, MM_TRAIN, column);
    }
    match(s, MM_SYNTHETIC, column);
    match(s, MM_FLOOR, column);
    for (int side = 0; side < MM_SIDES; side++)
        for (uint32_t r = 0; side != MM_TRAIN && r < s->frame->row_count[side]; r++) s->met[side][r] |= s->now[side][r];
}

static double count_met(const struct search *s, int side) {
    double count = 0;
    for (uint32_t r = 0; r < s->frame->row_count[side]; r++) count += s->met[side][r];
    return count;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct search s = {.frame = frame};
    if (frame->drifts) return mm_figure_none(job, self, self->id, false, err, "after a split by time train rows are nearer by themselves");
    if (frame->column_count < 3) return mm_figure_none(job, self, self->id, false, err, "there are fewer than three columns");
    MM_RETURN_IF_ERROR(sum_up(&s, job->scratch, err));
    for (uint32_t c = 0; c < frame->column_count; c++) match_without(&s, c);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, self->id, count_met(&s, MM_SYNTHETIC), frame->row_count[MM_SYNTHETIC],
                                       count_met(&s, MM_HOLDOUT), frame->row_count[MM_HOLDOUT], &f, err));
    if (frame->row_count[MM_FLOOR]) f->floor = 100 * count_met(&s, MM_FLOOR) / frame->row_count[MM_FLOOR];
    f->resolution = f->excess_high - f->excess;
    return MINT_OK;
}

const struct mm_metric mm_metric_copies_but_one = {
    .id = "privacy.copies_but_one",
    .figures = "privacy.copies_but_one",
    .range = "0 to 100",
    .cost = "rows x columns",
    .without_value = "fewer than three columns; a split by time",
    .axis = "privacy",
    .summary = "synthetic rows that are a training row but for one cell at most, beyond the rate of holdout rows",
    .formula =
        "share of rows that equal a train row in all judged columns or all but one, x100; reference: the same share of holdout rows; "
        "a column is not tried where the others are a key that no two real rows share",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
