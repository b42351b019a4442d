/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that break what the schema declares of every row. The count of the file at hand is exact: only the holdout's own rate, which real
 * rows may have, is an estimate. */
#include <math.h>

#include "metric/metric_list.h"
#include "stats/interval.h"
#include "table/constraint.h"

static double count_true(const bool *flags, uint64_t n) {
    double count = 0;
    for (uint64_t i = 0; i < n; i++) count += flags[i];
    return count;
}

/* Of counts of broken rows by side. */
static mint_status add_figure(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, const double counts[MM_SIDES],
                              struct mm_figure **out, mint_error *err) {
    const uint64_t *rows = job->frame->table_rows;
    double synthetic = counts[MM_SYNTHETIC] / (double)rows[MM_SYNTHETIC], held = counts[MM_HOLDOUT] / (double)rows[MM_HOLDOUT];
    double same = job->frame->rows_an_entity;
    struct mm_interval real = mm_wilson(counts[MM_HOLDOUT] / same, (double)rows[MM_HOLDOUT] / same);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, id, err));
    f->value = f->low = f->high = 100 * synthetic;
    f->reference = 100 * held;
    f->excess = 100 * (synthetic - held), f->excess_low = 100 * (synthetic - real.high), f->excess_high = 100 * (synthetic - real.low);
    if (rows[MM_FLOOR]) f->floor = 100 * counts[MM_FLOOR] / (double)rows[MM_FLOOR];
    for (int side = 0; side < 3; side++) f->n[side] = (uint32_t)rows[side];
    f->subsampled = false;
    *out = f;
    return MINT_OK;
}

/* Broken rows of one constraint on all sides, marked in any[side] as well. */
static mint_status count_broken(const struct mm_metric_job *job, const char *text, bool *const any[MM_SIDES], double counts[MM_SIDES],
                                struct mm_arena *scratch, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mm_constraint *constraint;
    MM_RETURN_IF_ERROR(mm_constraint_parse(&constraint, scratch, text, err));
    for (int side = 0; side < MM_SIDES; side++) {
        const struct mint_table *table = frame->tables[side];
        bool *broken;
        counts[side] = 0;
        if (!table) continue;
        MM_ALLOC_OR_RETURN(broken, scratch, table->row_count, err);
        MM_RETURN_IF_ERROR(mm_constraint_check(constraint, table, frame->tables[MM_TRAIN], broken, err));
        counts[side] = count_true(broken, table->row_count);
        for (uint64_t r = 0; r < table->row_count; r++) any[side][r] = any[side][r] || broken[r];
    }
    return MINT_OK;
}

/* A side may lack a column or have it in another type: a reason then, and the next constraint. */
static mint_status one(const struct mm_metric_job *job, const struct mm_metric *self, const char *text, bool *const any[MM_SIDES],
                       double *worst, const char **worst_text, mint_error *err) {
    struct mm_arena scratch;
    struct mm_figure *f = NULL;
    double counts[MM_SIDES];
    mint_error own = MINT_ERROR_INIT;
    mm_arena_init(&scratch, &job->ctx->memory);
    mint_status status = count_broken(job, text, any, counts, &scratch, &own);
    mm_arena_release(&scratch);
    if (status == MINT_E_FORMAT) return mm_figure_none(job, self, "validity.constraints.each", true, err, "%s", own.message);
    if (status != MINT_OK) MM_RETURN_ERROR(err, status, "%s", own.message);
    MM_RETURN_IF_ERROR(add_figure(job, self, "validity.constraints.each", counts, &f, err));
    if (f->excess > *worst) *worst = f->excess, *worst_text = text;
    return mm_figure_detail(f, job, err, "%.300s", text);
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mint_table *train = job->frame->tables[MM_TRAIN];
    bool *any[MM_SIDES] = {0};
    double counts[MM_SIDES] = {0}, worst = -INFINITY;
    const char *worst_text = NULL;
    if (!train->constraint_count) return mm_figure_none(job, self, self->id, false, err, "the schema declares no constraint");
    for (int side = 0; side < MM_SIDES; side++)
        if (job->frame->tables[side]) MM_ALLOC_OR_RETURN(any[side], job->scratch, job->frame->tables[side]->row_count, err);
    for (uint32_t i = 0; i < train->constraint_count; i++)
        MM_RETURN_IF_ERROR(one(job, self, train->constraints[i], any, &worst, &worst_text, err));
    if (!worst_text) return mm_figure_none(job, self, self->id, true, err, "no declared constraint can be checked on both files");
    for (int side = 0; side < MM_SIDES; side++)
        if (any[side]) counts[side] = count_true(any[side], job->frame->tables[side]->row_count);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(add_figure(job, self, self->id, counts, &f, err));
    if (counts[MM_SYNTHETIC] <= 0) return MINT_OK;
    return mm_figure_detail(f, job, err, "most of all \"%.250s\"", worst_text);
}

const struct mm_metric mm_metric_declared_constraints = {
    .id = "validity.constraints",
    .figures = "validity.constraints, validity.constraints.each (one a constraint)",
    .range = "0 to 100",
    .cost = "rows x constraints",
    .without_value = "no constraint is declared, or a side lacks the columns",
    .axis = "validity",
    .summary = "rows that break a constraint declared in the schema, beyond the rate at which holdout rows do",
    .formula =
        "share of synthetic rows for which a declared constraint is false, x100; exact for the file, the holdout's rate by Wilson 1927",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
