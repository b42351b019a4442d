/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <sodium/core.h>
#include <sodium/crypto_generichash.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>

void mm_sha256_init(struct mm_sha256 *digest) { crypto_hash_sha256_init(&digest->state); }

void mm_sha256_add(struct mm_sha256 *digest, const void *bytes, size_t count) { crypto_hash_sha256_update(&digest->state, bytes, count); }

void mm_sha256_hex(struct mm_sha256 *digest, char hex[65]) {
    unsigned char raw[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&digest->state, raw);
    sodium_bin2hex(hex, 65, raw, sizeof raw);
}

mint_status mm_key_make(unsigned char key[MM_KEY_BYTES], mint_error *err) {
    if (sodium_init() < 0) MM_RETURN_ERROR(err, MINT_E_UNSUPPORTED, "the system gives no random numbers for a key");
    randombytes_buf(key, MM_KEY_BYTES);
    return MINT_OK;
}

void mm_keyed_hash(unsigned char out[MM_KEYED_HASH_BYTES], const unsigned char key[MM_KEY_BYTES], const void *bytes, size_t count) {
    crypto_generichash(out, MM_KEYED_HASH_BYTES, bytes, count, key, MM_KEY_BYTES);
}
