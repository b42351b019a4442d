/* SPDX-License-Identifier: Apache-2.0 */
/* What a downstream model predicts, as numbers: classes or a quantity. */
#ifndef MM_METRIC_TARGET_H
#define MM_METRIC_TARGET_H
#include "metric/metric.h"

/* Numbers of few values are classes: digits, cover types 1 to 7. */
enum { MM_CLASSES_MAX = 20, MM_NUMBERS_AS_CLASSES = 10 };

struct mm_target {
    uint32_t column;
    enum mm_task task;
    uint32_t classes;                            /* 2 for binary */
    int32_t class_of_level[MM_CLASSES_MAX * 64]; /* or of numbers[]; -1: too rare or unseen, rows left out */
    uint32_t number_count;                       /* numbers that are classes */
    float numbers[MM_NUMBERS_AS_CLASSES];
    char number_names[MM_NUMBERS_AS_CLASSES][32]; /* as the file writes them */
    float centre, scale;                          /* a quantity: taken off and divided by before fitting */
};

/* False with a reason when the column cannot be a target: fewer than two classes of `least` train rows, or constant. Numbers
 * with at most MM_NUMBERS_AS_CLASSES distinct values are classes, too. Binary: class 1 is the rarer one among train rows. */
bool mm_target_make(struct mm_target *target, const struct mm_frame *frame, uint32_t column, uint32_t least, char reason[200]);
/* The frame's target, to be learned from the other columns. NULL, or why it cannot be: none was named, there is no other column, or
 * mm_target_make's reason (in `reason`). */
const char *mm_target_open(struct mm_target *target, const struct mm_frame *frame, uint32_t least, char reason[200]);
/* The level or number a class stands for; borrowed from target or frame. */
const char *mm_target_class_name(const struct mm_target *target, const struct mm_frame *frame, uint32_t label);
/* The row's class or scaled number; NaN when it has none. */
float mm_target_label(const struct mm_target *target, const struct mm_frame *frame, enum mm_side side, uint32_t row);
/* Rows of a side that have a label, cut to at most `most` of its random order. */
mint_status mm_target_rows(const struct mm_target *target, const struct mm_frame *frame, enum mm_side side, uint32_t most,
                           struct mm_arena *scratch, uint32_t **rows, float **labels, uint32_t *count, mint_error *err);

/* How well predictions rank or fit: AUC (binary), macro one-against-rest AUC (classes; [row][classes]), R2 (regression). NaN
 * when it is not defined. weights as mm_auc. `orders`: per class, from mm_sort_order over that class's scores. */
double mm_target_score(const struct mm_target *target, const float *predictions, const float *labels, const uint16_t *weights,
                       uint32_t *const *orders, uint32_t count, struct mm_arena *scratch);
mint_status mm_target_orders(const struct mm_target *target, const float *predictions, uint32_t count, struct mm_arena *scratch,
                             uint32_t ***orders, mint_error *err);

/* The first three are set for models that are compared; MM_LEARN_XGBOOST_EAGER for opinions of single rows, which may be as sure as rows
 * let them. */
enum mm_learner { MM_LEARN_XGBOOST, MM_LEARN_LINEAR, MM_LEARN_NEAREST, MM_LEARNERS, MM_LEARN_XGBOOST_EAGER = MM_LEARNERS };
/* Fits on rows of one side and predicts rows of another: [row] or [row][classes]. */
mint_status mm_target_predict(const struct mm_metric_job *job, const struct mm_target *target, enum mm_learner learner,
                              enum mm_side fit_side, const uint32_t *fit_rows, const float *fit_labels, uint32_t fit_count,
                              enum mm_side test_side, const uint32_t *test_rows, uint32_t test_count, float *out, mint_error *err);

#endif
