/* SPDX-License-Identifier: Apache-2.0 */
/* The seam of judgement: a metric is one file that ends in one table row. It yields figures; every figure carries what makes
 * it readable: interval, real-against-real reference, what independent columns get, n. */
#ifndef MM_METRIC_METRIC_H
#define MM_METRIC_METRIC_H
#include "base/json.h"
#include "metric/frame.h"
#include "metric/predictions.h"

enum mm_direction { MM_HIGHER, MM_LOWER, MM_TARGET };

struct mm_figure {
    const char *id; /* axis.metric[.variant] */
    const struct mm_metric *metric;
    const char *unit, *formula; /* the metric's, or the variant's own */
    enum mm_direction direction;
    const char *columns[2];  /* NULL: the whole table */
    double value, low, high; /* NaN: no value, and `reason` says why */
    double reference, floor; /* NaN where there is none */
    double ceiling;          /* the best that 97.5 % of fresh real samples show: beyond it a figure is better than real rows are */
    /* How far the value is worse than the reference, in the metric's unit, with the interval of that difference. Rules are
     * judged on it. */
    double excess, excess_low, excess_high;
    double resolution; /* privacy: the smallest excess that would have been visible; NaN elsewhere */
    uint32_t n[3];     /* train, synthetic, holdout rows used */
    bool subsampled;
    bool not_applicable; /* no rule is judged on it: there is nothing to measure here */
    char *reason;        /* why there is no value; NULL */
    char *detail;        /* what stands behind the value, in words; NULL */
};

struct mm_figures {
    struct mm_arena *arena;
    struct mm_figure *list;
    uint32_t count, capacity;
};

struct mm_metric_job {
    struct mint_context *ctx;
    const struct mm_frame *frame;
    const double *log_density[MM_SIDES]; /* of the tables' rows under a model that was given; NULL without */
    struct mm_figures *figures;
    struct mm_arena *scratch;           /* goes after the metric */
    struct mm_predictions *predictions; /* of the models that metrics share; NULL: each fits its own */
};

struct mm_metric {
    const char *id, *axis, *summary, *formula, *unit;
    /* For the documents: ids of the figures it yields, their range, what it costs, when there is no value. */
    const char *figures, *range, *cost, *without_value;
    const char *differs; /* where packages of that name compute otherwise, and why; or NULL */
    enum mm_direction direction;
    bool in_policy; /* part of what the default policy needs */
    mint_status (*compute)(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err);
};

/* NULL-terminated, in the order they are reported. */
extern const struct mm_metric *const mm_metrics[];

/* A new figure with everything unknown and n set from the frame; the pointer holds until the next call. */
mint_status mm_figure_add(struct mm_figure **out, const struct mm_metric_job *job, const struct mm_metric *self, const char *id,
                          mint_error *err);
/* A figure with its interval at 95 % from standard errors; excess is how far the value is worse than the reference. Unknown
 * reference or floor: NaN. `out` may be NULL. */
struct mm_estimate {
    double value, error;
};
mint_status mm_figure_estimate(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, struct mm_estimate own,
                               struct mm_estimate reference, double floor, struct mm_figure **out, mint_error *err);
/* A figure without a value, with its reason. `applicable`: data could have given one, so a rule on it stays open. */
mint_status mm_figure_none(const struct mm_metric_job *job, const struct mm_metric *self, const char *id, bool applicable, mint_error *err,
                           const char *format, ...) __attribute__((format(printf, 6, 7)));
/* What stands behind the value, in words. */
mint_status mm_figure_detail(struct mm_figure *figure, const struct mm_metric_job *job, mint_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The figure compares n rows of each side. */
void mm_figure_rows(struct mm_figure *figure, const struct mm_metric_job *job, uint32_t n);
json_t *mm_figure_json(const struct mm_figure *figure);

/* Runs the chosen metrics, several at once, and lists their figures behind those of earlier runs, in the registry's order. Chosen
 * are all, only those the default policy needs, or those of an axis or of ids (a metric's or a figure's, parted by commas). */
struct mm_metric_choice {
    bool policy_only;
    const char *axis, *id;
};
mint_status mm_metrics_run(struct mm_figures *figures, struct mint_context *ctx, const struct mm_frame *frame,
                           const double *const log_density[MM_SIDES], const struct mm_metric_choice *choice, mint_error *err);

#endif
