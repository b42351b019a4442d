/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

int fail(const mint_error *err) {
    progress_clear();
    fprintf(stderr, "mintmark: %s\n", err->message[0] ? err->message : mint_status_name(err->status));
    if (err->status == MINT_E_CANCELLED) return EXIT_INTERRUPTED;
    return err->status == MINT_E_VERIFY ? EXIT_BROKEN : EXIT_FAILED;
}

int verdict_status(mint_verdict verdict) {
    return verdict == MINT_VERDICT_PASS ? EXIT_DONE : verdict == MINT_VERDICT_FAIL ? EXIT_GATE_FAILED : EXIT_INCONCLUSIVE;
}

const char *verdict_word(mint_verdict verdict) {
    return verdict == MINT_VERDICT_PASS ? "pass" : verdict == MINT_VERDICT_FAIL ? "fail" : "inconclusive";
}

/* ---- progress: one line, rewritten ---- */

static bool shown, on_terminal;
static double step_started, last_drawn;
static const char *current_step;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_init(bool quiet) { on_terminal = !quiet && isatty(STDERR_FILENO); }

void progress_clear(void) {
    if (shown) fputs("\r\033[K", stderr);
    shown = false;
}

void progress_step(void *payload, const char *step, double fraction) {
    (void)payload;
    if (!on_terminal) return;
    double now = seconds();
    if (step != current_step) {
        current_step = step;
        step_started = now;
    } else if (now - last_drawn < 0.1 && fraction < 1)
        return;
    last_drawn = now;
    double elapsed = now - step_started;
    if (fraction > 0.02 && elapsed > 0.5)
        fprintf(stderr, "\r\033[K%-9s %3.0f %%  %.0f s left", step, 100 * fraction, elapsed / fraction - elapsed);
    else
        fprintf(stderr, "\r\033[K%-9s %3.0f %%", step, 100 * fraction);
    fflush(stderr);
    shown = true;
}

void progress_notice(void *payload, const char *line) {
    (void)payload;
    progress_clear();
    fprintf(stderr, "mintmark: note: %s\n", line);
}

/* ---- small JSON objects ---- */

static void add(struct json_out *out, const char *text, size_t length) {
    if (out->length + length + 1 > out->capacity) {
        size_t capacity = (out->length + length + 1) * 2;
        char *grown = realloc(out->text, capacity);
        if (!grown) {
            fputs("mintmark: out of memory\n", stderr);
            exit(EXIT_FAILED);
        }
        out->text = grown;
        out->capacity = capacity;
    }
    memcpy(out->text + out->length, text, length);
    out->length += length;
    out->text[out->length] = 0;
}

static void add_string(struct json_out *out, const char *text) {
    add(out, "\"", 1);
    for (const char *c = text; *c; c++) {
        char escaped[8];
        if (*c == '"' || *c == '\\') add(out, "\\", 1);
        if ((unsigned char)*c < 0x20) {
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)*c);
            add(out, escaped, 6);
        } else
            add(out, c, 1);
    }
    add(out, "\"", 1);
}

void json_begin(struct json_out *out) {
    *out = (struct json_out){.first = true};
    add(out, "{", 1);
}

void json_raw(struct json_out *out, const char *key, const char *json) {
    if (!json) return;
    if (!out->first) add(out, ", ", 2);
    out->first = false;
    add_string(out, key);
    add(out, ": ", 2);
    add(out, json, strlen(json));
}

void json_text(struct json_out *out, const char *key, const char *value) {
    if (!value) return;
    json_raw(out, key, "");
    add_string(out, value);
}

char *json_end(struct json_out *out) {
    add(out, "}", 1);
    return out->text;
}

/* A value of --set: a number, true or false stay what they are, anything else is a word. */
static bool is_bare(const char *value) {
    if (!strcmp(value, "true") || !strcmp(value, "false")) return true;
    char *end;
    strtod(value, &end);
    return *value && !*end && strspn(value, "0123456789.-eE+") == strlen(value) && value[0] != '+' && value[0] != '.';
}

char *parameters_json(const struct arguments *args) {
    const char *const *pairs = NULL;
    int count = option_list(args, "--set", &pairs);
    struct json_out out;
    json_begin(&out);
    for (int i = 0; i < count; i++) {
        const char *equals = strchr(pairs[i], '=');
        char name[64];
        if (!equals || equals == pairs[i] || equals - pairs[i] >= (long)sizeof name) {
            usage_error("--set needs name=value, not '%s'", pairs[i]);
            free(out.text);
            return NULL;
        }
        snprintf(name, sizeof name, "%.*s", (int)(equals - pairs[i]), pairs[i]);
        if (is_bare(equals + 1))
            json_raw(&out, name, equals + 1);
        else
            json_text(&out, name, equals + 1);
    }
    return json_end(&out);
}

bool write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "wx");
    if (!file) {
        fprintf(stderr, "mintmark: cannot write '%s': %s%s\n", path, strerror(errno),
                errno == EEXIST ? "; name another file or remove it" : "");
        return false;
    }
    bool good = fputs(text, file) >= 0 && fputc('\n', file) != EOF;
    if (fclose(file) != 0) good = false;
    if (!good) {
        fprintf(stderr, "mintmark: cannot write '%s': %s\n", path, strerror(errno));
        remove(path);
    }
    return good;
}
