/* SPDX-License-Identifier: Apache-2.0 */
/* Mean log density of the holdout under the model that made the data, against that of its own training rows: a proper
 * score of the fit, and the gap between the two is what the model learned by heart. */
#include <math.h>

#include "generator/model.h"
#include "metric/metric_list.h"
#include "stats/interval.h"

static void moments(const double *values, uint64_t n, double *mean, double *error) {
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < n; i++) sum += values[i];
    *mean = sum / (double)n;
    for (uint64_t i = 0; i < n; i++) squares += (values[i] - *mean) * (values[i] - *mean);
    *error = n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : 0;
}

/* Of the holdout under independent columns fitted to train. */
static mint_status floor_of(double *mean, const struct mm_metric_job *job, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    struct mint_context quiet; /* what is left out was said when the data were read */
    struct mint_model *model = NULL;
    double *log_density, error;
    MM_ALLOC_OR_RETURN(log_density, job->scratch, frame->table_rows[MM_HOLDOUT], err);
    mm_context_quiet(&quiet, job->ctx);
    mint_status status = mint_model_fit(&model, &quiet, "independent", frame->tables[MM_TRAIN], NULL, "{\"protect\": 0}", frame->seed, err);
    if (status == MINT_OK) status = mint_model_score(model, frame->tables[MM_HOLDOUT], log_density, err);
    if (status == MINT_OK) moments(log_density, frame->table_rows[MM_HOLDOUT], mean, &error);
    mint_model_free(model);
    mm_context_quiet_release(&quiet);
    return status;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    if (!job->log_density[MM_HOLDOUT])
        return mm_figure_none(job, self, self->id, false, err, "no model with a density was given (--model)");
    double mean, error, train_mean, train_error;
    moments(job->log_density[MM_HOLDOUT], frame->table_rows[MM_HOLDOUT], &mean, &error);
    moments(job->log_density[MM_TRAIN], frame->table_rows[MM_TRAIN], &train_mean, &train_error);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    f->value = mean, f->low = mean - 1.96 * error, f->high = mean + 1.96 * error;
    f->reference = train_mean;
    MM_RETURN_IF_ERROR(floor_of(&f->floor, job, err));
    f->excess = train_mean - mean;
    double half = 1.96 * sqrt(error * error + train_error * train_error);
    f->excess_low = f->excess - half, f->excess_high = f->excess + half;
    f->n[0] = (uint32_t)frame->table_rows[MM_TRAIN], f->n[2] = (uint32_t)frame->table_rows[MM_HOLDOUT];
    f->subsampled = false;
    return MINT_OK;
}

const struct mm_metric mm_metric_log_likelihood = {
    .id = "fidelity.log_likelihood",
    .figures = "fidelity.log_likelihood",
    .range = "any number",
    .cost = "two scorings of the holdout, one of train",
    .without_value = "no model with a density was given",
    .axis = "fidelity",
    .summary = "mean log density of holdout rows under the model; reference: training rows",
    .formula = "mean of log p(row) over the holdout",
    .unit = "nats/row",
    .direction = MM_HIGHER,
    .in_policy = false,
    .compute = compute,
};
