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
        if (index >= loop->count || index >= atomic_load(&loop->stop)) break;
        mint_error error = MINT_ERROR_INIT;
        mint_status status = mm_check_cancelled(loop->ctx, &error);
        if (status == MINT_OK) status = loop->task(loop->payload, index, worker->index, &error);
        if (status != MINT_OK) record_failure(loop, index, status, &error);
    }
    atomic_fetch_add(&loop->ctx->crew->helpers, 1); /* a loop inside a slower item may use this thread's share */
    return NULL;
}

/* Up to `most` of the context's free threads. */
static size_t take_helpers(struct mint_context *ctx, size_t most) {
    int free = atomic_load(&ctx->crew->helpers), taken;
    do taken = free <= 0 ? 0 : most < (size_t)free ? (int)most : free;
    while (!atomic_compare_exchange_weak(&ctx->crew->helpers, &free, free - taken));
    return (size_t)taken;
}

enum { HELPERS_MAX = 1023 };

mint_status mm_parallel_for(struct mint_context *ctx, size_t count, mm_task_fn task, void *payload, mint_error *err) {
    struct loop loop = {.ctx = ctx, .task = task, .payload = payload, .count = count};
    atomic_init(&loop.stop, count);
    pthread_mutex_init(&loop.lock, NULL);
    size_t helpers = take_helpers(ctx, count > HELPERS_MAX ? HELPERS_MAX : count ? count - 1 : 0), started = 0;
    pthread_t threads[HELPERS_MAX];
    struct worker arguments[HELPERS_MAX + 1];
    for (size_t i = 1; i <= helpers; i++) {
        arguments[i] = (struct worker){&loop, i};
        if (pthread_create(&threads[started], NULL, work, &arguments[i]) != 0) break; /* fewer threads, same result */
        started++;
    }
    atomic_fetch_add(&ctx->crew->helpers, (int)(helpers - started));
    arguments[0] = (struct worker){&loop, 0};
    work(&arguments[0]);
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    atomic_fetch_sub(&ctx->crew->helpers, 1); /* the caller's own share, lent while it waited */
    pthread_mutex_destroy(&loop.lock);
    if (loop.status != MINT_OK && err && err->status == MINT_OK) *err = loop.error;
    return loop.status;
}
