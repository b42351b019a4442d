/* SPDX-License-Identifier: Apache-2.0 */
/* The only file beside digest.c that knows libsodium. */
#ifndef MM_BASE_DIGEST_H
#define MM_BASE_DIGEST_H
#include <sodium/crypto_hash_sha256.h>

#include "base/error.h"

struct mm_sha256 {
    crypto_hash_sha256_state state;
};
void mm_sha256_init(struct mm_sha256 *digest);
void mm_sha256_add(struct mm_sha256 *digest, const void *bytes, size_t count);
void mm_sha256_hex(struct mm_sha256 *digest, char hex[65]);

enum { MM_KEY_BYTES = 32, MM_KEYED_HASH_BYTES = 16 };
/* Secret random key from the system. */
mint_status mm_key_make(unsigned char key[MM_KEY_BYTES], mint_error *err);
/* Keyed BLAKE2b, 16 bytes: without the key nobody can test whether a given row was hashed. */
void mm_keyed_hash(unsigned char out[MM_KEYED_HASH_BYTES], const unsigned char key[MM_KEY_BYTES], const void *bytes, size_t count);

#endif
