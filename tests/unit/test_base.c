/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/param.h"
#include "base/text.h"
#include "parallel/context.h"
#include "rng/philox.h"
#include "test.h"

static void test_memory(void) {
    struct mm_memory memory = {.bytes_max = 10000};
    struct mm_arena a, b;
    mm_arena_init(&a, &memory);
    mm_arena_init(&b, &memory);
    char *x = mm_arena_alloc(&a, 100, 1), *y = mm_arena_alloc(&a, 200, 1), *z = mm_arena_alloc(&b, 300, 1);
    OK(x && y && z, "blocks within the limit are given");
    OK(!mm_arena_alloc(&a, 20000, 1), "a block above the limit is refused");
    OK(!mm_arena_alloc(&a, SIZE_MAX / 2, 4), "an overflowing product is refused");
    x = mm_arena_resize(&a, x, 1000);
    OK(x != NULL, "a block in the middle of the list can move");
    mm_arena_adopt(&a, &b);
    mm_arena_release(&b);
    z[0] = 1;
    mm_arena_free(&a, y);
    mm_arena_release(&a);
    OK(atomic_load(&memory.used) == 0, "everything comes back to the account");
    OK(atomic_load(&memory.peak) > 1500, "the peak is remembered");
}

static void test_errors(void) {
    mint_error err = MINT_ERROR_INIT;
    OK(mm_error_set(&err, MINT_E_IO, "first %d", 1) == MINT_E_IO && mm_error_set(&err, MINT_E_ARG, "second") == MINT_E_ARG &&
           !strcmp(err.message, "first 1"),
       "the first cause stays");
    mm_error_prefix(&err, MINT_E_IO, "column '%s'", "age");
    OK(!strcmp(err.message, "column 'age': first 1"), "callers put their noun before it");
    OK(mm_error_set(NULL, MINT_E_ARG, "x") == MINT_E_ARG, "no place for an error is fine");
}

static void test_text(void) {
    OK(mm_utf8_valid_prefix("abc\xc3\xa9", 5) == 5, "two-byte UTF-8");
    OK(mm_utf8_valid_prefix("ab\xc0\x80", 4) == 2, "overlong forms are refused");
    OK(mm_utf8_valid_prefix("\xed\xa0\x80", 3) == 0, "surrogates are refused");
    OK(mm_utf8_valid_prefix("\xf4\x90\x80\x80", 4) == 0, "beyond U+10FFFF is refused");
    OK(mm_utf8_valid_prefix("a\0b", 3) == 1, "NUL is refused");
}

static void test_digest(void) {
    struct mm_sha256 digest;
    char hex[65];
    mm_sha256_init(&digest);
    mm_sha256_add(&digest, "abc", 3);
    mm_sha256_hex(&digest, hex);
    OK(!strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), "SHA-256 of abc (FIPS 180-4)");
    unsigned char key[MM_KEY_BYTES] = {1}, other[MM_KEY_BYTES] = {2}, a[MM_KEYED_HASH_BYTES], b[MM_KEYED_HASH_BYTES];
    mm_keyed_hash(a, key, "row", 3);
    mm_keyed_hash(b, other, "row", 3);
    OK(memcmp(a, b, sizeof a) != 0, "another key gives another hash");
}

/* Random123's kat_vectors for philox4x64-10: all zeros, all ones, and the digits of pi. */
static void test_philox(void) {
    static const struct {
        uint64_t counter[4], key[2], out[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x16554d9eca36314cu, 0xdb20fe9d672d0fdcu, 0xd7e772cee186176bu, 0x7e68b68aec7ba23bu}},
        {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
         {UINT64_MAX, UINT64_MAX},
         {0x87b092c3013fe90bu, 0x438c3c67be8d0224u, 0x9cc7d7c69cd777b6u, 0xa09caebf594f0ba0u}},
        {{0x243f6a8885a308d3u, 0x13198a2e03707344u, 0xa4093822299f31d0u, 0x082efa98ec4e6c89u},
         {0x452821e638d01377u, 0xbe5466cf34e90c6cu},
         {0xa528f45403e61d95u, 0x38c72dbd566e9788u, 0xa5a1610e72fd18b5u, 0x57bd43b5e52b7fe6u}},
    };
    for (size_t i = 0; i < 3; i++) {
        uint64_t out[4];
        mm_philox4x64(out, vectors[i].counter, vectors[i].key);
        OK(!memcmp(out, vectors[i].out, sizeof out), "philox4x64-10 known answer (Random123)");
    }
    /* 10^5 draws below 7: chi-square with 6 degrees of freedom, 99.9999 % quantile 37.3; the twin drops one face. */
    for (int twin = 0; twin < 2; twin++) {
        double counts[7] = {0}, chi = 0;
        struct mm_rng rng = mm_rng_at(1, MM_STREAM_METRIC, 2, 3);
        for (int i = 0; i < 100000; i++) counts[twin ? mm_rng_below(&rng, 6) : mm_rng_below(&rng, 7)]++;
        for (int k = 0; k < 7; k++) chi += (counts[k] - 100000 / 7.0) * (counts[k] - 100000 / 7.0) / (100000 / 7.0);
        OK(twin ? chi > 37.3 : chi < 37.3, twin ? "broken twin: six faces of seven are seen" : "draws below 7 are uniform");
    }
}

struct probe {
    int64_t number;
    double share;
    bool on;
    int word;
};
static const char *const words[] = {"red", "green", NULL};
static const struct mm_param params[] = {
    {"number", MM_PARAM_INTEGER, offsetof(struct probe, number), 1, 9, 4, NULL, "n"},
    {"share", MM_PARAM_REAL, offsetof(struct probe, share), 0, 1, 0.5, NULL, "s"},
    {"on", MM_PARAM_BOOLEAN, offsetof(struct probe, on), 0, 1, 1, NULL, "b"},
    {"word", MM_PARAM_CHOICE, offsetof(struct probe, word), 0, 0, 1, words, "w"},
    {0},
};

static mint_status parse(void *config, const char *text, mint_error *err) {
    json_t *json = NULL;
    if (mm_json_parse(&json, text, strlen(text), "test", err) != MINT_OK) return MINT_E_FORMAT;
    mint_status status = mm_params_parse(config, params, "probe", json, err);
    json_decref(json);
    return status;
}

static void test_params(void) {
    struct probe c, sink;
    OK(parse(&c, "{\"number\": 7, \"word\": \"red\"}", NULL) == MINT_OK && c.number == 7 && c.word == 0 && c.on && c.share == 0.5,
       "given values and defaults");
    mint_error err = MINT_ERROR_INIT;
    OK(parse(&sink, "{\"nmber\": 7}", &err) == MINT_E_ARG && strstr(err.message, "nmber"), "an unknown name is refused and named");
    OK(parse(&sink, "{\"number\": 10}", NULL) == MINT_E_ARG && parse(&sink, "{\"share\": -0.1}", NULL) == MINT_E_ARG,
       "values outside their range are refused");
    OK(parse(&sink, "{\"word\": \"blue\"}", NULL) == MINT_E_ARG && parse(&sink, "{\"on\": 1}", NULL) == MINT_E_ARG,
       "wrong words and types are refused");
}

static void test_yaml(void) {
    json_t *tree = NULL, *again = NULL;
    const char *text = "a: 1\nb: '007'\nc: [x, 2.5, true]\nd:\n  - e: ~\n  - e: 'no # comment'\n";
    OK(mm_yaml_parse(&tree, text, strlen(text), "t", NULL) == MINT_OK && json_integer_value(json_object_get(tree, "a")) == 1 &&
           !strcmp(json_string_value(json_object_get(tree, "b")), "007"),
       "YAML scalars");
    struct mm_memory memory = {0};
    struct mm_arena arena;
    mm_arena_init(&arena, &memory);
    char *out = NULL;
    OK(mm_yaml_text(&out, &arena, tree, "# c\n", NULL) == MINT_OK && mm_yaml_parse(&again, out, strlen(out), "t", NULL) == MINT_OK &&
           json_equal(tree, again),
       "written YAML reads back the same");
    json_decref(tree);
    json_decref(again);
    mm_arena_release(&arena);
    const char *bomb = "a: &x [1, 2]\nb: *x\n";
    OK(mm_yaml_parse(&tree, bomb, strlen(bomb), "t", NULL) == MINT_E_FORMAT, "anchors are refused");
    const char *twice = "a: 1\na: 2\n";
    OK(mm_yaml_parse(&tree, twice, strlen(twice), "t", NULL) == MINT_E_FORMAT, "a key that stands twice is refused");
}

static mint_status failing(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)worker;
    atomic_int *ran = payload;
    atomic_fetch_add(ran, 1);
    if (index == 57 || index == 60 || index == 900) return mm_error_set(err, MINT_E_NUMERIC, "item %zu", index);
    return MINT_OK;
}

static void test_parallel(void) {
    static const uint32_t threads[] = {1, 2, 3, 8};
    for (size_t t = 0; t < 4; t++) {
        mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
        options.threads_max = threads[t];
        mint_context *ctx;
        if (!OK(mint_context_new(&ctx, &options, NULL) == MINT_OK, "a context opens")) return;
        atomic_int ran = 0;
        mint_error err = MINT_ERROR_INIT;
        OK(mm_parallel_for(ctx, 1000, failing, &ran, &err) == MINT_E_NUMERIC && !strcmp(err.message, "item 57"),
           "the lowest failing item's error wins for any number of threads");
        mint_context_cancel(ctx);
        OK(mm_parallel_for(ctx, 10, failing, &ran, NULL) == MINT_E_CANCELLED, "a cancelled context does no work");
        mint_context_free(ctx);
    }
}

/* A loop whose items run loops of their own, as metrics do: all together stay within the context's threads. */
struct nested {
    struct mint_context *ctx;
    atomic_int busy, most, done;
};

static mint_status inner(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)index, (void)worker, (void)err;
    struct nested *n = payload;
    int busy = atomic_fetch_add(&n->busy, 1) + 1, most = atomic_load(&n->most);
    while (busy > most && !atomic_compare_exchange_weak(&n->most, &most, busy)) {
    }
    for (volatile int k = 0; k < 20000; k++) {
    }
    atomic_fetch_sub(&n->busy, 1);
    atomic_fetch_add(&n->done, 1);
    return MINT_OK;
}

static mint_status outer(void *payload, size_t index, size_t worker, mint_error *err) {
    struct nested *n = payload;
    struct mint_context quiet;
    (void)index, (void)worker;
    mm_context_quiet(&quiet, n->ctx);
    mint_status status = mm_parallel_for(&quiet, 50, inner, n, err);
    mm_context_quiet_release(&quiet);
    return status;
}

static void test_nested(void) {
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = 4, options.memory_bytes_max = 10000;
    struct nested n = {0};
    if (!OK(mint_context_new(&n.ctx, &options, NULL) == MINT_OK, "a context opens")) return;
    OK(mm_parallel_for(n.ctx, 9, outer, &n, NULL) == MINT_OK && atomic_load(&n.done) == 450, "loops inside loops do all their items");
    OK(atomic_load(&n.most) <= 4 && atomic_load(&n.ctx->crew->helpers) == 3, "within the context's threads, all of them free again");
    struct mint_context quiet;
    mm_context_quiet(&quiet, n.ctx);
    struct mm_arena arena;
    mm_arena_init(&arena, &quiet.memory);
    OK(mm_arena_alloc(&arena, 9000, 1) && !mm_arena_alloc(&arena, 2000, 1), "a quiet context keeps to its parent's limit");
    OK(atomic_load(&n.ctx->memory.used) >= 9000, "and its parent knows");
    mm_arena_release(&arena);
    OK(atomic_load(&n.ctx->memory.used) == 0, "and gets it back");
    mint_context_cancel(n.ctx);
    OK(mm_check_cancelled(&quiet, NULL) == MINT_E_CANCELLED, "cancelling reaches it");
    mm_context_quiet_release(&quiet);
    mint_context_free(n.ctx);
}

int main(void) {
    test_memory();
    test_errors();
    test_text();
    test_digest();
    test_philox();
    test_params();
    test_yaml();
    test_parallel();
    test_nested();
    return test_done();
}
