/* SPDX-License-Identifier: Apache-2.0 */
/* What models predicted, kept for the metrics that ask for the same. Whoever asks first computes; those who ask meanwhile wait for
 * the answer. Thread safety: any. */
#ifndef MM_METRIC_PREDICTIONS_H
#define MM_METRIC_PREDICTIONS_H
#include <pthread.h>

#include "base/memory.h"

struct mm_predictions {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    struct mm_arena arena;
    struct mm_prediction *first;
};

void mm_predictions_init(struct mm_predictions *predictions, struct mm_memory *memory);
void mm_predictions_release(struct mm_predictions *predictions);

/* A question is a digest of all that the answer follows from. */
#define MM_QUESTION_START 14695981039346656037u
uint64_t mm_question_mix(uint64_t question, const void *bytes, size_t length);

/* The kept answer in values[count], and *mine is NULL; or *mine, which the caller must answer. */
mint_status mm_predictions_ask(struct mm_predictions *predictions, uint64_t question, float *values, uint32_t count,
                               struct mm_prediction **mine, mint_error *err);
/* NULL: the caller failed, and the next to ask tries anew. */
void mm_predictions_answer(struct mm_predictions *predictions, struct mm_prediction *mine, const float *values);

#endif
