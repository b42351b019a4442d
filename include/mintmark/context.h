/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_CONTEXT_H
#define MINTMARK_CONTEXT_H
#include "mintmark/status.h"
#ifdef __cplusplus
extern "C" {
#endif

/* What jobs share: worker threads, a memory limit, progress and cancelling. Every other handle borrows its
 * context, which must outlive it. One context serves one caller at a time, except mint_context_cancel. */
typedef struct mint_context mint_context;

/* Called with the name of the running step and its share done in [0, 1], from any worker but never twice at once. */
typedef void (*mint_progress_fn)(void *payload, const char *step, double fraction);
/* Called with one plain line about something left out or noteworthy. Borrowed for the call. */
typedef void (*mint_notice_fn)(void *payload, const char *line);

typedef struct mint_context_options {
    size_t size;                /* sizeof(mint_context_options): lets the struct grow */
    uint32_t threads_max;       /* 0: as many as there are cores. Never changes a byte of output */
    uint64_t memory_bytes_max;  /* 0: no limit. Covers the library's own memory, not that of DuckDB and XGBoost */
    mint_progress_fn progress;  /* may be NULL */
    mint_notice_fn notice;      /* may be NULL */
    void *payload;              /* handed to both */
    const char *duckdb_library; /* path of libduckdb.so; NULL: found beside the library, then by the system's loader */
} mint_context_options;
#define MINT_CONTEXT_OPTIONS_INIT                                                                                                          \
    { sizeof(mint_context_options), 0, 0, NULL, NULL, NULL, NULL }

/* Opens a context; options may be NULL. Errors: MINT_E_NOMEM, MINT_E_ARG. */
MINT_API MINT_MUST_USE mint_status mint_context_new(mint_context **out, const mint_context_options *options, mint_error *err);
/* NULL is fine. All handles made with it must be gone. */
MINT_API void mint_context_free(mint_context *ctx);
/* Makes running and later calls return MINT_E_CANCELLED soon. Async-signal-safe; any thread. */
MINT_API void mint_context_cancel(mint_context *ctx);
/* Highest number of bytes the library itself held at once through this context. */
MINT_API uint64_t mint_context_memory_peak(const mint_context *ctx);
/* Peak that the latest mint_model_fit was forecast to reach, in bytes, before it began. */
MINT_API uint64_t mint_context_memory_forecast(const mint_context *ctx);

#ifdef __cplusplus
}
#endif
#endif
