/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_STATUS_H
#define MINTMARK_STATUS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MINT_API __attribute__((visibility("default")))
#define MINT_MUST_USE __attribute__((warn_unused_result))
#else
#define MINT_API
#define MINT_MUST_USE
#endif

/* What a call came to. Values are stored and scripted against: they are never reused. */
typedef enum mint_status {
    MINT_OK = 0,
    MINT_E_NOMEM = 1,       /* the allocator or the context's limit refused */
    MINT_E_ARG = 2,         /* an argument that no data could make right */
    MINT_E_IO = 3,          /* a file cannot be opened, read or written */
    MINT_E_FORMAT = 4,      /* bytes that are not what they should be */
    MINT_E_LIMIT = 5,       /* more columns, rows or bytes than allowed or forecast */
    MINT_E_UNSUPPORTED = 6, /* understood, and not available in this build or for these data */
    MINT_E_NUMERIC = 7,     /* numbers on which the method is not defined */
    MINT_E_VERIFY = 10,     /* a locked holdout row, a checksum or a record that does not hold */
    MINT_E_CANCELLED = 11   /* mint_context_cancel was called */
} mint_status;

/* The first cause, written once, owned by the caller. Every function that takes one accepts NULL. */
typedef struct mint_error {
    mint_status status;
    char message[1020]; /* one line, no full stop, no context repeated */
} mint_error;

#define MINT_ERROR_INIT                                                                                                                    \
    {                                                                                                                                      \
        MINT_OK, { 0 }                                                                                                                     \
    }

/* Short stable name of a status, e.g. "format". Static storage. Thread safety: any. */
MINT_API const char *mint_status_name(mint_status status);

#ifdef __cplusplus
}
#endif
#endif
