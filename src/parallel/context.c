/* SPDX-License-Identifier: Apache-2.0 */
#include "parallel/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

mint_status mint_context_new(mint_context **out, const mint_context_options *options, mint_error *err) {
    if (!out) MM_RETURN_ERROR(err, MINT_E_ARG, "no place for the context");
    *out = NULL;
    mint_context_options defaults = MINT_CONTEXT_OPTIONS_INIT;
    if (!options) options = &defaults;
    if (options->size != sizeof *options)
        MM_RETURN_ERROR(err, MINT_E_ARG, "context options of %zu bytes, this library knows %zu", options->size, sizeof *options);
    if (options->threads_max > 1024) MM_RETURN_ERROR(err, MINT_E_ARG, "%u threads, at most 1024", options->threads_max);
    struct mint_context *ctx = calloc(1, sizeof *ctx);
    if (!ctx) MM_RETURN_ERROR(err, MINT_E_NOMEM, "cannot get memory for a context");
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    ctx->threads = options->threads_max ? options->threads_max : cores > 0 ? (uint32_t)cores : 1;
    ctx->crew = &ctx->own_crew;
    atomic_init(&ctx->crew->helpers, (int)ctx->threads - 1);
    ctx->memory.bytes_max = (size_t)options->memory_bytes_max;
    ctx->progress = options->progress;
    ctx->notice = options->notice;
    ctx->payload = options->payload;
    mm_arena_init(&ctx->arena, &ctx->memory);
    pthread_mutex_init(&ctx->lock, NULL);
    if (options->duckdb_library && !(ctx->duckdb_library = mm_arena_copy_text(&ctx->arena, options->duckdb_library))) {
        mint_status status = mm_error_no_memory(err, &ctx->memory, 1, 1);
        mint_context_free(ctx);
        return status;
    }
    *out = ctx;
    return MINT_OK;
}

void mint_context_free(mint_context *ctx) {
    if (!ctx) return;
    mm_arena_release(&ctx->arena);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx);
}

void mm_context_quiet(struct mint_context *quiet, struct mint_context *parent) {
    *quiet = (struct mint_context){.memory = {.parent = &parent->memory, .bytes_max = parent->memory.bytes_max},
                                   .threads = parent->threads,
                                   .crew = parent->crew,
                                   .duckdb_library = parent->duckdb_library};
    mm_arena_init(&quiet->arena, &quiet->memory);
    pthread_mutex_init(&quiet->lock, NULL);
}

void mm_context_quiet_release(struct mint_context *quiet) {
    mm_arena_release(&quiet->arena);
    pthread_mutex_destroy(&quiet->lock);
}

void mint_context_cancel(mint_context *ctx) { atomic_store(&ctx->crew->cancelled, 1); }

uint64_t mint_context_memory_peak(const mint_context *ctx) { return atomic_load(&ctx->memory.peak); }

uint64_t mint_context_memory_forecast(const mint_context *ctx) { return ctx->memory_forecast; }

static void report(struct mint_context *ctx, double fraction) {
    /* A worker that finds the line busy skips: progress is a courtesy, the work is not. */
    if (!ctx->progress || pthread_mutex_trylock(&ctx->lock) != 0) return;
    ctx->progress(ctx->payload, ctx->step, fraction);
    pthread_mutex_unlock(&ctx->lock);
}

void mm_progress_begin(struct mint_context *ctx, const char *step, uint64_t total) {
    ctx->step = step;
    ctx->step_total = total ? total : 1;
    atomic_store(&ctx->step_done, 0);
    report(ctx, 0);
}

void mm_progress_add(struct mint_context *ctx, uint64_t units) {
    uint64_t done = atomic_fetch_add(&ctx->step_done, units) + units;
    report(ctx, done < ctx->step_total ? (double)done / (double)ctx->step_total : 1);
}

void mm_notice(struct mint_context *ctx, const char *format, ...) {
    if (!ctx->notice) return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&ctx->lock);
    ctx->notice(ctx->payload, line);
    pthread_mutex_unlock(&ctx->lock);
}

mint_status mm_check_cancelled(struct mint_context *ctx, mint_error *err) {
    if (atomic_load_explicit(&ctx->crew->cancelled, memory_order_relaxed)) MM_RETURN_ERROR(err, MINT_E_CANCELLED, "interrupted");
    return MINT_OK;
}
