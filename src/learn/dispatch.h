/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_LEARN_DISPATCH_H
#define MM_LEARN_DISPATCH_H

/* Copies of a function for the instruction sets that change its speed; the loader picks one. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&  \
    !defined(MM_NO_DISPATCH)
#define MM_DISPATCHED __attribute__((target_clones("avx2", "default")))
#else
#define MM_DISPATCHED
#endif

#endif
