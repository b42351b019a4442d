/* SPDX-License-Identifier: Apache-2.0 */
/* Accuracy as mostlyai-qa 1.10 computes it: synthetic rows against train and holdout rows together, in ten bins a column, over single
 * columns, pairs and triples; for those who have to compare. Copies score best, so no rule rests on it. Its noise ceiling is the
 * accuracy that two samples of one population would show. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_list.h"
#include "stats/ranking.h"

enum { BINS = 10, TRIES_MAX = 1000, BREAKS_MAX = 64, LEVEL_ROWS_MIN = 5, TRIPLES_MAX = 2000, PAIRS_MAX = 20000 };

struct binned {
    uint32_t bins; /* one more for missing cells, and for levels one for all others */
    uint8_t *of_row[MM_FLOOR];
};

/* ---- numbers: breaks are found among real values, then cut to the fewest decimals that keep them apart ---- */

struct breaks {
    double at[BREAKS_MAX];
    uint32_t count;
};

/* Distinct values at `points` even steps through the sorted ones; false when they are more than fit. */
static bool even_steps(struct breaks *b, const double *sorted, uint64_t n, uint32_t points) {
    b->count = 0;
    for (uint32_t i = 0; i < points; i++) {
        double place = (double)(n - 1) * ((double)i / (points - 1)), value = sorted[(uint64_t)place];
        if (i == points - 1) value = sorted[n - 1];
        if (b->count && b->at[b->count - 1] == value) continue;
        if (b->count == BREAKS_MAX) return false;
        b->at[b->count++] = value;
    }
    return true;
}

static uint64_t count_distinct(const double *sorted, uint64_t n) {
    uint64_t distinct = 0;
    for (uint64_t i = 0; i < n; i++) distinct += i == 0 || sorted[i] != sorted[i - 1];
    return distinct;
}

static double floor_to(double value, int decimals) {
    double unit = pow(10, decimals);
    return floor(value * unit) / unit;
}

static void drop_decimals(struct breaks *b) {
    for (int decimals = 0; decimals < 20; decimals++) {
        bool apart = true;
        for (uint32_t i = 1; i < b->count; i++) apart = apart && floor_to(b->at[i], decimals) != floor_to(b->at[i - 1], decimals);
        if (!apart) continue;
        for (uint32_t i = 0; i + 1 < b->count; i++) b->at[i] = floor_to(b->at[i], decimals);
        return;
    }
}

static void find_breaks(struct breaks *b, const double *sorted, uint64_t n, bool is_date) {
    *b = (struct breaks){.count = 0};
    if (!n) return;
    if (!is_date && count_distinct(sorted, n) <= BINS) {
        for (uint64_t i = 0; i < n; i++)
            if (i == 0 || sorted[i] != sorted[i - 1]) b->at[b->count++] = sorted[i];
        b->at[b->count++] = sorted[n - 1] + 1;
    } else {
        uint64_t end = n + 1 < TRIES_MAX ? n + 1 : TRIES_MAX;
        for (uint32_t points = BINS; points < (end > BINS + 1 ? end : BINS + 1); points++)
            if (!even_steps(b, sorted, n, points) || b->count >= BINS + 1) break;
    }
    if (!is_date) drop_decimals(b);
}

/* Bins are closed below; what lies beyond the breaks goes to the outer ones. */
static uint8_t bin_in(const struct breaks *b, double value) {
    uint32_t bin = 0, last = b->count > 1 ? b->count - 2 : 0;
    while (bin < last && value >= b->at[bin + 1]) bin++;
    return (uint8_t)bin;
}

static mint_status bin_numbers(struct binned *out, const struct mm_frame *frame, const char *name, struct mm_arena *scratch,
                               mint_error *err) {
    const struct mm_column *columns[MM_FLOOR];
    uint64_t all = 0, n = 0;
    for (int side = 0; side < MM_FLOOR; side++) {
        columns[side] = &frame->tables[side]->columns[mm_table_find(frame->tables[side], name)];
        all += side == MM_SYNTHETIC ? 0 : frame->table_rows[side];
    }
    double *values;
    struct breaks b;
    MM_ALLOC_OR_RETURN(values, scratch, all, err);
    for (int side = 0; side < MM_FLOOR; side++)
        for (uint64_t r = 0; side != MM_SYNTHETIC && r < frame->table_rows[side]; r++)
            if (!mm_column_missing(columns[side], r)) values[n++] = mm_column_number(columns[side], r);
    qsort(values, n, sizeof *values, mm_compare_doubles);
    enum mm_type type = columns[MM_TRAIN]->field.type;
    find_breaks(&b, values, n, type != MM_INTEGER && type != MM_FLOAT);
    out->bins = (b.count > 1 ? b.count - 1 : 1) + 1;
    for (int side = 0; side < MM_FLOOR; side++)
        for (uint64_t r = 0; r < frame->table_rows[side]; r++)
            out->of_row[side][r] =
                mm_column_missing(columns[side], r) ? (uint8_t)(out->bins - 1) : bin_in(&b, mm_column_number(columns[side], r));
    mm_arena_free(scratch, values);
    return MINT_OK;
}

/* ---- levels: the ten most frequent of at least five rows, all others, and missing ---- */

static mint_status bin_levels(struct binned *out, const struct mm_frame *frame, const struct mm_frame_column *column,
                              struct mm_arena *scratch, mint_error *err) {
    uint32_t *counts, missing = mm_frame_missing_level(column);
    uint8_t *bin_of;
    MM_ALLOC_OR_RETURN(counts, scratch, column->level_count, err);
    MM_ALLOC_OR_RETURN(bin_of, scratch, column->level_count, err);
    for (int side = 0; side < MM_FLOOR; side++)
        for (uint32_t r = 0; side != MM_SYNTHETIC && r < frame->row_count[side]; r++) counts[(uint32_t)column->values[side][r]]++;
    memset(bin_of, BINS, column->level_count);
    for (uint8_t bin = 0; bin < BINS; bin++) {
        uint32_t top = UINT32_MAX;
        for (uint32_t k = 0; k < column->level_count; k++)
            if (k != missing && bin_of[k] == BINS && counts[k] >= LEVEL_ROWS_MIN && (top == UINT32_MAX || counts[k] > counts[top])) top = k;
        if (top != UINT32_MAX) bin_of[top] = bin;
    }
    if (missing != UINT32_MAX) bin_of[missing] = BINS + 1;
    out->bins = BINS + 2;
    for (int side = 0; side < MM_FLOOR; side++)
        for (uint32_t r = 0; r < frame->row_count[side]; r++)
            out->of_row[side][frame->row_of[side][r]] = bin_of[(uint32_t)column->values[side][r]];
    return MINT_OK;
}

static mint_status bin_columns(struct binned *binned, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    for (uint32_t c = 0; c < frame->column_count; c++) {
        for (int side = 0; side < MM_FLOOR; side++) MM_ALLOC_OR_RETURN(binned[c].of_row[side], job->scratch, frame->table_rows[side], err);
        MM_RETURN_IF_ERROR(frame->columns[c].is_level ? bin_levels(&binned[c], frame, &frame->columns[c], job->scratch, err)
                                                      : bin_numbers(&binned[c], frame, frame->columns[c].name, job->scratch, err));
    }
    return MINT_OK;
}

/* ---- accuracy ---- */

struct accuracy {
    double value, ceiling, reference; /* holdout rows in the synthetic rows' place, against train rows */
};

static double five_decimals(double value) { return nearbyint(value * 1e5) / 1e5; }

static double agreement(const double *a, double n, const double *b, double m, uint32_t cells, double *ceiling) {
    double sum = 0, expected = 0;
    for (uint32_t k = 0; k < cells; k++) {
        double p = a[k] / n;
        sum += fabs(p - b[k] / m);
        expected += sqrt(p * (1 - p) * (1 / n + 1 / m) * 2 / 3.14159265358979323846);
    }
    if (ceiling) *ceiling = five_decimals(1 - expected / 2);
    return five_decimals(1 - sum / 2);
}

/* Of up to three columns together. counts[4 * cells] */
static struct accuracy measure(const struct mm_frame *frame, const struct binned *const columns[3], uint32_t count, double *counts) {
    uint32_t cells = 1;
    for (uint32_t k = 0; k < count; k++) cells *= columns[k]->bins;
    memset(counts, 0, 4 * (size_t)cells * sizeof *counts);
    for (int side = 0; side < MM_FLOOR; side++)
        for (uint64_t r = 0; r < frame->table_rows[side]; r++) {
            uint32_t cell = 0;
            for (uint32_t k = 0; k < count; k++) cell = cell * columns[k]->bins + columns[k]->of_row[side][r];
            counts[(uint32_t)side * cells + cell]++;
        }
    double *train = counts, *synthetic = counts + cells, *holdout = counts + 2 * (size_t)cells, *real = counts + 3 * (size_t)cells;
    double n = (double)frame->table_rows[MM_TRAIN], m = (double)frame->table_rows[MM_SYNTHETIC], h = (double)frame->table_rows[MM_HOLDOUT];
    for (uint32_t k = 0; k < cells; k++) real[k] = train[k] + holdout[k];
    struct accuracy a;
    a.value = agreement(real, n + h, synthetic, m, cells, &a.ceiling);
    a.reference = agreement(train, n, holdout, h, cells, NULL);
    return a;
}

static void add(struct accuracy *sum, struct accuracy a, double share) {
    sum->value += share * a.value, sum->ceiling += share * a.ceiling, sum->reference += share * a.reference;
}

static mint_status put(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const char *column, struct accuracy a,
                       bool subsampled, mint_error *err) {
    struct mm_figure *f;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    f->value = a.value, f->ceiling = a.ceiling, f->reference = a.reference, f->columns[0] = column;
    f->subsampled = subsampled;
    return MINT_OK;
}

struct means {
    struct accuracy of[3]; /* of columns, pairs and triples */
    uint64_t counted[3], all[3];
};

static mint_status measure_all(struct means *means, const struct mm_metric_job *job, const struct mm_metric *self,
                               const struct binned *binned, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t d = frame->column_count, widest = 1;
    double *counts;
    for (uint32_t c = 0; c < d; c++) widest = binned[c].bins > widest ? binned[c].bins : widest;
    MM_ALLOC_OR_RETURN(counts, job->scratch, 4 * (size_t)widest * widest * widest, err);
    for (uint32_t a = 0; a < d; a++) {
        MM_RETURN_IF_ERROR(mm_check_cancelled(job->ctx, err));
        struct accuracy one = measure(frame, (const struct binned *[3]){&binned[a]}, 1, counts);
        add(&means->of[0], one, 1), means->counted[0]++;
        MM_RETURN_IF_ERROR(put(job, self, "compatible.mostlyai.univariate", frame->columns[a].name, one, false, err));
        for (uint32_t b = a + 1; b < d; b++) {
            if (means->counted[1] < PAIRS_MAX)
                add(&means->of[1], measure(frame, (const struct binned *[3]){&binned[a], &binned[b]}, 2, counts), 1), means->counted[1]++;
            for (uint32_t c = b + 1; c < d && means->counted[2] < TRIPLES_MAX; c++)
                add(&means->of[2], measure(frame, (const struct binned *[3]){&binned[a], &binned[b], &binned[c]}, 3, counts), 1),
                    means->counted[2]++;
        }
    }
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    static const char *const ids[3] = {"compatible.mostlyai.univariate", "compatible.mostlyai.bivariate", "compatible.mostlyai.trivariate"};
    const struct mm_frame *frame = job->frame;
    uint64_t d = frame->column_count;
    for (int side = 0; side < MM_FLOOR; side++)
        if (frame->subsampled[side])
            return mm_figure_none(job, self, self->id, false, err, "more than %d rows on a side", MM_FRAME_ROWS_MAX);
    struct binned *binned;
    struct means means = {.all = {d, d * (d - 1) / 2, d > 2 ? d * (d - 1) * (d - 2) / 6 : 0}};
    struct accuracy overall = {0, 0, 0};
    bool subsampled = false;
    double kinds = 0;
    MM_ALLOC_OR_RETURN(binned, job->scratch, d, err);
    MM_RETURN_IF_ERROR(bin_columns(binned, job, err));
    MM_RETURN_IF_ERROR(measure_all(&means, job, self, binned, err));
    for (int k = 0; k < 3; k++) kinds += means.counted[k] > 0;
    for (int k = 0; k < 3; k++) {
        if (!means.counted[k]) continue;
        struct accuracy mean = {0, 0, 0};
        bool cut = means.counted[k] < means.all[k];
        add(&mean, means.of[k], 1 / (double)means.counted[k]);
        add(&overall, mean, 1 / kinds);
        subsampled = subsampled || cut;
        MM_RETURN_IF_ERROR(put(job, self, ids[k], NULL, mean, cut, err));
    }
    return put(job, self, "compatible.mostlyai.overall", NULL, overall, subsampled, err);
}

const struct mm_metric mm_metric_mostlyai_compatible = {
    .id = "compatible.mostlyai",
    .figures =
        "compatible.mostlyai.univariate (a column each, and the mean), compatible.mostlyai.bivariate, compatible.mostlyai.trivariate, "
        "compatible.mostlyai.overall",
    .range = "0 to 1",
    .cost = "rows x columns, pairs and triples; at most 20,000 pairs and 2,000 triples",
    .without_value = "more than a million rows on a side",
    .axis = "compatible",
    .summary = "accuracy as mostlyai-qa computes it, synthetic rows against train and holdout rows; no rule rests on it",
    .formula =
        "1 - total variation of ten quantile bins, or the ten most frequent levels, of mostlyai-qa 1.10; reference: the holdout against "
        "train; ceiling: its own, 1 - sum sqrt(2 / pi p (1 - p) (1 / n + 1 / m)) / 2",
    .differs = "the first 2,000 triples in place of 10,000 at random",
    .unit = "score",
    .direction = MM_HIGHER,
    .compute = compute,
};
