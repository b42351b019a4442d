/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MINTMARK_VERSION_H
#define MINTMARK_VERSION_H
#include "mintmark/status.h"
#ifdef __cplusplus
extern "C" {
#endif
#define MINT_VERSION_STRING "0.1.0"
/* Version of the loaded library, e.g. "0.1.0"; compare with MINT_VERSION_STRING. Static storage. */
MINT_API const char *mint_version(void);
#ifdef __cplusplus
}
#endif
#endif
