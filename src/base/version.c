/* SPDX-License-Identifier: Apache-2.0 */
#include "mintmark/version.h"

const char *mint_version(void) { return PACKAGE_VERSION; }
