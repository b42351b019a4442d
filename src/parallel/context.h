/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_PARALLEL_CONTEXT_H
#define MM_PARALLEL_CONTEXT_H
#include <pthread.h>

#include "base/memory.h"
#include "mintmark/context.h"

/* What a context and those made of it share. */
struct mm_crew {
    atomic_int cancelled;
    atomic_int helpers; /* threads that no loop uses; below 0 for a moment where one takes back what it lent */
};

struct mint_context {
    struct mm_memory memory;
    struct mm_arena arena;
    uint32_t threads;
    struct mm_crew own_crew, *crew;
    mint_progress_fn progress;
    mint_notice_fn notice;
    void *payload;
    char *duckdb_library;
    uint64_t memory_forecast; /* of the latest fit; not in the model, which must not depend on the threads */
    pthread_mutex_t lock;     /* one progress or notice call at a time */
    const char *step;
    uint64_t step_total;
    atomic_uint_fast64_t step_done;
};

/* A context for a job inside a job: it shares threads, memory limit and cancelling, and says nothing. `parent` outlives it; what was
 * made in it goes before mm_context_quiet_release. */
void mm_context_quiet(struct mint_context *quiet, struct mint_context *parent);
void mm_context_quiet_release(struct mint_context *quiet);

/* Starts a named step of `total` units; the name is static text. */
void mm_progress_begin(struct mint_context *ctx, const char *step, uint64_t total);
/* Any worker. */
void mm_progress_add(struct mint_context *ctx, uint64_t units);
void mm_notice(struct mint_context *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* MINT_E_CANCELLED once mint_context_cancel was called. */
mint_status mm_check_cancelled(struct mint_context *ctx, mint_error *err);

/* One item of work. `worker` < ctx->threads picks scratch memory and must not change the result. */
typedef mint_status (*mm_task_fn)(void *payload, size_t index, size_t worker, mint_error *err);
/* Runs task(0..count-1). Items start in index order; the error of the lowest failing index wins, whatever the
 * number of threads. The threads live for this one loop: nothing runs between calls. A task may run a loop of its own: loops
 * share the context's threads, and an inner one gets those that the outer one does not use. */
mint_status mm_parallel_for(struct mint_context *ctx, size_t count, mm_task_fn task, void *payload, mint_error *err);

#endif
