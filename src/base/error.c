/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

mint_status mm_error_set(mint_error *err, mint_status status, const char *format, ...) {
    if (!err || err->status != MINT_OK) return status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    /* Causes that quote data or another library may hold line ends; a message is one line. */
    for (char *c = err->message; *c; c++)
        if (*c == '\n' || *c == '\r') *c = ' ';
    err->status = status;
    return status;
}

mint_status mm_error_prefix(mint_error *err, mint_status status, const char *format, ...) {
    if (!err || status == MINT_OK) return status;
    char prefixed[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(prefixed, sizeof prefixed, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof prefixed - 3) return status;
    size_t used = (size_t)length;
    prefixed[used++] = ':';
    prefixed[used++] = ' ';
    size_t rest = strlen(err->message);
    if (rest > sizeof prefixed - 1 - used) rest = sizeof prefixed - 1 - used;
    memcpy(prefixed + used, err->message, rest);
    prefixed[used + rest] = 0;
    memcpy(err->message, prefixed, used + rest + 1);
    return status;
}

const char *mint_status_name(mint_status status) {
    switch (status) {
    case MINT_OK: return "ok";
    case MINT_E_NOMEM: return "no memory";
    case MINT_E_ARG: return "argument";
    case MINT_E_IO: return "input or output";
    case MINT_E_FORMAT: return "format";
    case MINT_E_LIMIT: return "limit";
    case MINT_E_UNSUPPORTED: return "unsupported";
    case MINT_E_NUMERIC: return "numeric";
    case MINT_E_VERIFY: return "verify";
    case MINT_E_CANCELLED: return "cancelled";
    }
    return "unknown";
}
