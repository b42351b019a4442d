/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_GENERATOR_BOOST_H
#define MM_GENERATOR_BOOST_H
#include "generator/generator.h"

extern const struct mm_generator_type mm_generator_boost;

#endif
