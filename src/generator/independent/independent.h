/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_GENERATOR_INDEPENDENT_H
#define MM_GENERATOR_INDEPENDENT_H
#include "generator/generator.h"

extern const struct mm_generator_type mm_generator_independent;

#endif
