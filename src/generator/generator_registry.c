/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "generator/boost/boost.h"
#include "generator/bootstrap/bootstrap.h"
#include "generator/independent/independent.h"

const struct mm_generator_type *const mm_generators[] = {&mm_generator_boost, &mm_generator_independent, &mm_generator_bootstrap, NULL};

const struct mm_generator_type *mm_generator_find(const char *name) {
    for (size_t i = 0; mm_generators[i]; i++)
        if (!strcmp(mm_generators[i]->name, name)) return mm_generators[i];
    return NULL;
}
