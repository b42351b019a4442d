/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_BASE_ERROR_H
#define MM_BASE_ERROR_H
#include "mintmark/status.h"

/* Writes the cause unless one is written already, and returns `status`. `err` may be NULL. */
mint_status mm_error_set(mint_error *err, mint_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Puts "noun: " before a written cause: callers name what they own. Returns `status` unchanged. */
mint_status mm_error_prefix(mint_error *err, mint_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define MM_RETURN_ERROR(err, status, ...) return mm_error_set((err), (status), __VA_ARGS__)
#define MM_RETURN_IF_ERROR(call)                                                                                                           \
    do {                                                                                                                                   \
        mint_status mm_status_ = (call);                                                                                                   \
        if (mm_status_ != MINT_OK) return mm_status_;                                                                                      \
    } while (0)

#endif
