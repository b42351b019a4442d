/* SPDX-License-Identifier: Apache-2.0 */
/* One target a parser of untrusted bytes: may return anything, must not crash, leak or run for ever. The same targets run over
 * their corpora and over mutations of them in the ordinary tests (fuzz/driver.c), and under libFuzzer on request. */
#ifndef FUZZ_H
#define FUZZ_H
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
