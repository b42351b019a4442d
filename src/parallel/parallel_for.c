/* SPDX-License-Identifier: Apache-2.0 */
/* A loop over independent items. Items are handed out in order; after a failure no later item starts, so every
 * earlier one has run and the lowest failing index is the same for any number of threads. */
#include "parallel/context.h"

struct loop {
    struct mint_context *ctx;
    mm_task_fn task;
    void *payload;
    size_t count;
    atomic_size_t next;
    atomic_size_t stop; /* items from here on are not started */
    pthread_mutex_t lock;
    size_t failed_index;
    mint_status status;
    mint_error error;
};

struct worker {
    struct loop *loop;
    size_t index;
};

static void record_failure(struct loop *loop, size_t index, mint_status status, const mint_error *error) {
    pthread_mutex_lock(&loop->lock);
    if (loop->status == MINT_OK || index < loop->failed_index) {
        loop->status = status;
        loop->failed_index = index;
        loop->error = *error;
        atomic_store(&loop->stop, index);
    }
    pthread_mutex_unlock(&loop->lock);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    struct loop *loop = worker->loop;
    for (;;) {
        size_t index = atomic_fetch_add(&loop->next, 1);
        if (index >= loop->count || index >= atomic_load(&loop->stop)) return NULL;
        mint_error error = MINT_ERROR_INIT;
        mint_status status = mm_check_cancelled(loop->ctx, &error);
        if (status == MINT_OK) status = loop->task(loop->payload, index, worker->index, &error);
        if (status != MINT_OK) record_failure(loop, index, status, &error);
    }
}

enum { WORKERS_MAX = 1024 };

mint_status mm_parallel_for(struct mint_context *ctx, size_t count, mm_task_fn task, void *payload, mint_error *err) {
    struct loop loop = {.ctx = ctx, .task = task, .payload = payload, .count = count};
    atomic_init(&loop.stop, count);
    pthread_mutex_init(&loop.lock, NULL);
    size_t workers = ctx->threads < count ? ctx->threads : count;
    if (workers > WORKERS_MAX) workers = WORKERS_MAX;
    pthread_t threads[WORKERS_MAX];
    struct worker arguments[WORKERS_MAX];
    size_t started = 0;
    for (size_t i = 1; i < workers; i++) {
        arguments[i] = (struct worker){&loop, i};
        if (pthread_create(&threads[started], NULL, work, &arguments[i]) != 0) break; /* fewer threads, same result */
        started++;
    }
    arguments[0] = (struct worker){&loop, 0};
    work(&arguments[0]);
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&loop.lock);
    if (loop.status != MINT_OK && err && err->status == MINT_OK) *err = loop.error;
    return loop.status;
}
