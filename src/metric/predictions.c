/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/predictions.h"

#include <string.h>

struct mm_prediction {
    struct mm_prediction *next;
    uint64_t question;
    uint32_t count;
    enum { PENDING, ANSWERED, FAILED } state;
    float *values;
};

void mm_predictions_init(struct mm_predictions *predictions, struct mm_memory *memory) {
    pthread_mutex_init(&predictions->lock, NULL);
    pthread_cond_init(&predictions->answered, NULL);
    mm_arena_init(&predictions->arena, memory);
    predictions->first = NULL;
}

void mm_predictions_release(struct mm_predictions *predictions) {
    mm_arena_release(&predictions->arena);
    pthread_cond_destroy(&predictions->answered);
    pthread_mutex_destroy(&predictions->lock);
}

uint64_t mm_question_mix(uint64_t question, const void *bytes, size_t length) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++) question = (question ^ byte[i]) * 1099511628211u; /* FNV-1a */
    return question;
}

static struct mm_prediction *find(struct mm_predictions *predictions, uint64_t question, uint32_t count) {
    struct mm_prediction *kept = predictions->first;
    while (kept && (kept->question != question || kept->count != count || kept->state == FAILED)) kept = kept->next;
    return kept;
}

static mint_status open_question(struct mm_predictions *predictions, uint64_t question, uint32_t count, struct mm_prediction **mine,
                                 mint_error *err) {
    MM_ALLOC_OR_RETURN(*mine, &predictions->arena, 1, err);
    MM_ALLOC_OR_RETURN((*mine)->values, &predictions->arena, count, err);
    (*mine)->question = question, (*mine)->count = count, (*mine)->next = predictions->first;
    predictions->first = *mine;
    return MINT_OK;
}

mint_status mm_predictions_ask(struct mm_predictions *predictions, uint64_t question, float *values, uint32_t count,
                               struct mm_prediction **mine, mint_error *err) {
    *mine = NULL;
    mint_status status = MINT_OK;
    pthread_mutex_lock(&predictions->lock);
    struct mm_prediction *kept;
    while ((kept = find(predictions, question, count)) && kept->state == PENDING)
        pthread_cond_wait(&predictions->answered, &predictions->lock);
    if (kept)
        memcpy(values, kept->values, count * sizeof *values);
    else
        status = open_question(predictions, question, count, mine, err);
    pthread_mutex_unlock(&predictions->lock);
    return status;
}

void mm_predictions_answer(struct mm_predictions *predictions, struct mm_prediction *mine, const float *values) {
    pthread_mutex_lock(&predictions->lock);
    mine->state = values ? ANSWERED : FAILED;
    if (values) memcpy(mine->values, values, mine->count * sizeof *values);
    pthread_cond_broadcast(&predictions->answered);
    pthread_mutex_unlock(&predictions->lock);
}
