/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of its own for the files of a test. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

static char folder[] = "/tmp/mintmark-test-XXXXXX"; /* mkdtemp fills in the last six */

static inline bool folder_make(void) { return mkdtemp(folder) != NULL; }
static inline void folder_remove(void) { mm_folder_remove(folder, NULL); }

/* Good for the next three calls. */
static inline char *path_of(const char *name) {
    static char path[4][300];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[0], "%s/%s", folder, name);
    return path[turn];
}

#endif
