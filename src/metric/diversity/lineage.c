/* SPDX-License-Identifier: Apache-2.0 */
/* Did the generator learn from its own output? Kept in the pot, real rows hold a model near them for a while (Gerstgrasser et al.
 * 2024), so the rows of such a model need not look worse yet; the ledger remembers what it was fed. */
#include <math.h>

#include "metric/metric_list.h"

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_lineage *lineage = &job->frame->lineage;
    if (!lineage->known) return mm_figure_none(job, self, self->id, false, err, "no ledger here remembers the fit behind these rows");
    struct mm_figure *f = NULL;
    struct mm_estimate own = {100 * lineage->share, 100 * lineage->error}, real = {0, 0};
    MM_RETURN_IF_ERROR(mm_figure_estimate(job, self, self->id, own, real, NAN, &f, err));
    f->low = fmax(0, f->low), f->high = fmin(100, f->high);
    f->n[0] = (uint32_t)fmin((double)lineage->rows, UINT32_MAX), f->n[1] = f->n[2] = 0;
    f->subsampled = lineage->error > 0;
    return mm_figure_detail(f, job, err, "generation %u: a model of %llu rows, of which about %.0f were minted", lineage->generation,
                            (unsigned long long)lineage->rows, lineage->share * (double)lineage->rows);
}

const struct mm_metric mm_metric_lineage = {
    .id = "diversity.lineage",
    .figures = "diversity.lineage",
    .range = "0 to 100",
    .cost = "a hash a row",
    .without_value = "the ledger does not know the fit behind the rows: they were made elsewhere, or without a ledger",
    .axis = "diversity",
    .summary = "rows that the generator learned from and that were minted themselves, as far as the ledger remembers",
    .formula = "share of the rows of the fit whose keyed hash equals that of a recorded mint, less what recorded real rows show by chance, "
               "x100; of a "
               "mint of more than 16,384 rows these are remembered and stand for all; reference: 0",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
