/* SPDX-License-Identifier: Apache-2.0 */
/* Model files. The checksum is mended first: a hostile file has a right one. What loads must also sample. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "fuzz.h"
#include "mintmark/mintmark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static mint_context *ctx;
    static char path[64];
    static uint8_t bytes[1 << 20];
    if (!ctx) {
        mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
        options.threads_max = 1;
        options.memory_bytes_max = 500000000;
        if (mint_context_new(&ctx, &options, NULL) != MINT_OK) return 0;
        snprintf(path, sizeof path, "/tmp/mintmark-fuzz-%ld.mint", (long)getpid());
    }
    if (size > sizeof bytes) return 0;
    memcpy(bytes, data, size);
    if (size > 64) {
        struct mm_sha256 digest;
        char hex[65];
        mm_sha256_init(&digest);
        mm_sha256_add(&digest, bytes, size - 64);
        mm_sha256_hex(&digest, hex);
        memcpy(bytes + size - 64, hex, 64);
    }
    mint_error err = MINT_ERROR_INIT;
    mint_model *model = NULL;
    mint_table *rows = NULL;
    if (mm_file_write(path, bytes, size, &err) == MINT_OK && mint_model_load(&model, ctx, path, &err) == MINT_OK) {
        if (mint_model_sample(&rows, model, 0, 20, 0, &err) == MINT_OK) {
            char cell[64];
            for (uint32_t c = 0; c < mint_table_column_count(rows); c++) mint_table_cell(rows, 3, c, cell, sizeof cell);
        }
        mint_table_free(rows);
        mint_model_free(model);
    }
    unlink(path);
    return 0;
}
