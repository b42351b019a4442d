/* SPDX-License-Identifier: Apache-2.0 */
/* NIST's k-marginal score over three columns (Ridgeway et al. 2021; SDNist): 1000 times one less the mean distance of their joint tables
 * from the holdout's. A mean, which a broken triple among hundreds hardly moves: that one is fidelity.triple.worst. */
#include <math.h>

#include "metric/contrast.h"
#include "metric/draws.h"
#include "metric/metric_list.h"
#include "stats/interval.h"

enum { BINS = 4, CELLS = BINS * BINS * BINS, TRIPLES_MAX = 1000, RESAMPLES = 24 };

struct triples {
    const struct mm_frame *frame;
    const struct mm_draws *draws;
    struct mm_coarse *coarse;
    uint32_t (*columns)[3];
    double (*distance)[MM_SIDES][RESAMPLES + 1]; /* [triple][side]: of resamples, then of the rows themselves */
};

static void tally(double counts[CELLS], const struct triples *t, const uint32_t columns[3], int side, const uint32_t *rows) {
    const uint8_t *a = t->coarse[columns[0]].of_row[side], *b = t->coarse[columns[1]].of_row[side], *c = t->coarse[columns[2]].of_row[side];
    uint32_t tallies[CELLS] = {0};
    for (uint32_t i = 0; i < t->draws->n; i++) tallies[(a[rows[i]] * BINS + b[rows[i]]) * BINS + c[rows[i]]]++;
    for (int k = 0; k < CELLS; k++) counts[k] = tallies[k];
}

static mint_status measure(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct triples *t = payload;
    const struct mm_draws *d = t->draws;
    const uint32_t *columns = t->columns[index];
    double holdout[CELLS], counts[CELLS];
    for (uint32_t b = 0; b <= RESAMPLES; b++) {
        tally(holdout, t, columns, MM_HOLDOUT, b < RESAMPLES ? d->resample[MM_HOLDOUT][b] : d->cut[MM_HOLDOUT][0]);
        for (int side = 0; side < MM_SIDES; side++) {
            if (side == MM_HOLDOUT || !d->cuts[side] || (b < RESAMPLES && side == MM_FLOOR)) continue;
            tally(counts, t, columns, side, b < RESAMPLES ? d->resample[side][b] : d->cut[side][0]);
            t->distance[index][side][b] = mm_table_distance(counts, holdout, CELLS).value;
        }
    }
    return MINT_OK;
}

static mint_status report(const struct mm_metric_job *job, const struct mm_metric *self, const struct triples *t, uint32_t count,
                          mint_error *err) {
    double score[MM_SIDES][RESAMPLES + 1];
    for (int side = 0; side < MM_SIDES; side++)
        for (int b = 0; b <= RESAMPLES; b++) {
            double sum = 0;
            for (uint32_t i = 0; i < count; i++) sum += t->distance[i][side][b];
            score[side][b] = 1000 * (1 - sum / count);
        }
    struct mm_figure *f;
    struct mm_estimate own = {score[MM_SYNTHETIC][RESAMPLES], mm_standard_deviation(score[MM_SYNTHETIC], RESAMPLES)},
                       real = {score[MM_TRAIN][RESAMPLES], mm_standard_deviation(score[MM_TRAIN], RESAMPLES)};
    double floor = t->draws->cuts[MM_FLOOR] ? score[MM_FLOOR][RESAMPLES] : NAN;
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, self->id, own, real, floor, &f, err));
    f->high = fmin(1000, f->high);
    mm_figure_rows(f, job, t->draws->n);
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    struct mm_draws *draws;
    struct triples t = {.frame = job->frame};
    if (t.frame->column_count < 3) return mm_figure_none(job, self, self->id, false, err, "there are fewer than three columns");
    MM_ALLOC_OR_RETURN(draws, job->scratch, 1, err);
    MM_RETURN_IF_ERROR(mm_draws_make(draws, t.frame, 1, RESAMPLES, 340, job->scratch, err));
    MM_ALLOC_OR_RETURN(t.coarse, job->scratch, t.frame->column_count, err);
    MM_RETURN_IF_ERROR(mm_coarse_make(t.coarse, t.frame, BINS, job->scratch, err));
    MM_ALLOC_OR_RETURN(t.columns, job->scratch, TRIPLES_MAX, err);
    t.draws = draws;
    uint32_t count = mm_triples_list(t.columns, t.frame, TRIPLES_MAX);
    MM_ALLOC_OR_RETURN(t.distance, job->scratch, count, err);
    MM_RETURN_IF_ERROR(mm_parallel_for(job->ctx, count, measure, &t, err));
    return report(job, self, &t, count, err);
}

const struct mm_metric mm_metric_k_marginal = {
    .id = "fidelity.k_marginal",
    .figures = "fidelity.k_marginal",
    .range = "0 to 1000",
    .cost = "rows x triples (at most 1,000) x 25 resamples",
    .without_value = "fewer than three columns",
    .differs =
        "SDNist cuts numbers by its own schema and compares with the file that was learned from; here four bins a column, by quantiles "
        "of real rows, against the holdout, and train rows are the reference",
    .axis = "fidelity",
    .summary = "k-marginal score: how near the joint tables of three columns are to the holdout's, mean over triples",
    .formula = "1000 x (1 - mean over triples of TVD of the joint table, 4 bins a column)",
    .unit = "of 1000",
    .direction = MM_HIGHER,
    .compute = compute,
};
