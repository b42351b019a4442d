/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: a table of commands, tables of options, and what they share. Sees only include/mintmark. */
#ifndef CLI_H
#define CLI_H
#include "mintmark/mintmark.h"

/* Exit statuses: scripts rely on them. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_GATE_FAILED = 3,
    EXIT_INCONCLUSIVE = 4,
    EXIT_BROKEN = 5,
    EXIT_INTERRUPTED = 130
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST };
struct option_spec {
    const char *name, *value, *help;
    enum option_kind kind;
};

enum { OPTIONS_MAX = 40, LIST_MAX = 64, POSITIONAL_MAX = 64 };

/* What a command line said. */
struct arguments {
    const struct command *command;
    const char *positional[POSITIONAL_MAX];
    int positional_count;
    const char *text[OPTIONS_MAX]; /* by place in the command's options, then the common ones */
    const char *list[OPTIONS_MAX][LIST_MAX];
    int list_count[OPTIONS_MAX];
    bool flag[OPTIONS_MAX];
    /* common */
    bool json;
    uint64_t seed, memory;
    bool has_seed;
    uint32_t threads;
};

struct command {
    const char *name, *synopsis, *summary;
    int positional_min, positional_max;
    const struct option_spec *options; /* ends with a NULL name */
    int (*run)(mint_context *ctx, const struct arguments *args);
};

extern const struct command *const commands[];

/* Parses argv; returns -1, or an exit status when the line was help or does not parse. */
int parse_arguments(struct arguments *args, int argc, char **argv);
/* Values by option name. */
const char *option_text(const struct arguments *args, const char *name);
bool option_flag(const struct arguments *args, const char *name);
int option_list(const struct arguments *args, const char *name, const char *const **values);
/* "mintmark: message" to stderr, and the exit status that goes with the error's status. */
int fail(const mint_error *err);
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Reads a whole number; false when the text is none. */
bool parse_number(const char *text, uint64_t *number);
/* Writes a new file; one that is there already, or cannot be written, gets a line on stderr. */
bool write_text(const char *path, const char *text);
int verdict_status(mint_verdict verdict);
const char *verdict_word(mint_verdict verdict);

/* Progress on stderr when it is a terminal. */
void progress_init(bool quiet);
void progress_step(void *payload, const char *step, double fraction);
void progress_notice(void *payload, const char *line);
void progress_clear(void);

/* A JSON text under construction, for the small objects that commands print. */
struct json_out {
    char *text;
    size_t length, capacity;
    bool first;
};
void json_begin(struct json_out *out);
void json_text(struct json_out *out, const char *key, const char *value); /* NULL: left out */
void json_raw(struct json_out *out, const char *key, const char *json);
char *json_end(struct json_out *out); /* free() it */
/* Names and values of --set as a JSON object; NULL after a message on stderr. free() it. */
char *parameters_json(const struct arguments *args);
/* Fills read options from --schema and --missing. */
void read_options(const struct arguments *args, mint_read_options *options);

#endif
