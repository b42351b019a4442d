/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct option_spec common[] = {
    {"--seed", "N", "seed of everything random [0]", OPTION_TEXT},
    {"--threads", "N", "threads; never changes a byte of output [all cores]", OPTION_TEXT},
    {"--memory", "MB", "most memory the library itself may take [no limit]", OPTION_TEXT},
    {"--json", NULL, "print the result as JSON", OPTION_FLAG},
    {"--help", NULL, "this text", OPTION_FLAG},
    {NULL, NULL, NULL, OPTION_FLAG},
};

int usage_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("mintmark: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("; 'mintmark help' shows how\n", stderr);
    va_end(arguments);
    return EXIT_USAGE;
}

bool parse_number(const char *text, uint64_t *number) {
    if (!isdigit((unsigned char)*text)) return false;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *number = value;
    return !*end && !errno;
}

static void print_options(FILE *to, const struct option_spec *options) {
    for (const struct option_spec *o = options; o->name; o++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        fprintf(to, "  %-26s %s\n", name, o->help);
    }
}

static void print_help(FILE *to, const struct command *command) {
    if (command) {
        fprintf(to, "usage: mintmark %s %s\n\n%s\n\n", command->name, command->synopsis, command->summary);
        print_options(to, command->options);
        print_options(to, common);
        return;
    }
    fputs("usage: mintmark COMMAND ...\n\nMints synthetic tables from real ones, judges them against a locked real holdout, and records "
          "where they came from.\n\n",
          to);
    for (int i = 0; commands[i]; i++) fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'mintmark COMMAND --help' lists a command's options. Exit status: 0 done, 1 failed, 2 usage, 3 gate failed,\n4 inconclusive, "
          "5 record or lock broken, 130 interrupted.\n",
          to);
}

static int find_option(const struct command *command, const char *name, const struct option_spec **spec) {
    int index = 0;
    for (const struct option_spec *o = command->options; o->name; o++, index++)
        if (!strcmp(o->name, name)) return *spec = o, index;
    for (const struct option_spec *o = common; o->name; o++, index++)
        if (!strcmp(o->name, name)) return *spec = o, index;
    return -1;
}

static int take_option(struct arguments *args, char **argv, int argc, int *i) {
    const struct option_spec *spec = NULL;
    char name[64];
    const char *equals = argv[*i][1] == '-' ? strchr(argv[*i], '=') : NULL;
    snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - argv[*i]) : 60, argv[*i]);
    int index = find_option(args->command, name, &spec);
    if (index < 0) return usage_error("'%s' has no option '%s'", args->command->name, name);
    if (spec->kind == OPTION_FLAG) {
        if (equals) return usage_error("option '%s' takes no value", name);
        args->flag[index] = true;
        return -1;
    }
    const char *value = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
    if (!value) return usage_error("option '%s' needs a value (%s)", name, spec->value);
    if (spec->kind == OPTION_TEXT)
        args->text[index] = value;
    else if (args->list_count[index] == LIST_MAX)
        return usage_error("option '%s' is given more than %d times", name, LIST_MAX);
    else
        args->list[index][args->list_count[index]++] = value;
    return -1;
}

static int take_common(struct arguments *args) {
    uint64_t threads = 0, megabytes = 0;
    const char *seed = option_text(args, "--seed"), *threads_text = option_text(args, "--threads"), *memory = option_text(args, "--memory");
    args->json = option_flag(args, "--json");
    args->has_seed = seed != NULL;
    if (seed && (!parse_number(seed, &args->seed) || args->seed > INT64_MAX))
        return usage_error("--seed must be a whole number from 0 to 2^63 - 1, not '%s'", seed);
    if (threads_text && (!parse_number(threads_text, &threads) || threads < 1 || threads > 1024))
        return usage_error("--threads must be a whole number from 1 to 1024, not '%s'", threads_text);
    if (memory && (!parse_number(memory, &megabytes) || megabytes < 1 || megabytes > 1u << 30))
        return usage_error("--memory must be a whole number of megabytes, not '%s'", memory);
    args->threads = (uint32_t)threads;
    args->memory = megabytes * 1000000;
    return -1;
}

int parse_arguments(struct arguments *args, int argc, char **argv) {
    memset(args, 0, sizeof *args);
    if (argc < 2) {
        print_help(stderr, NULL);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_help(stdout, NULL);
        return EXIT_DONE;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
        printf("mintmark %s\n", mint_version());
        return EXIT_DONE;
    }
    for (int i = 0; commands[i]; i++)
        if (!strcmp(commands[i]->name, argv[1])) args->command = commands[i];
    if (!args->command) return usage_error("there is no command '%s'", argv[1]);
    bool only_positional = false;
    for (int i = 2; i < argc; i++) {
        if (!only_positional && !strcmp(argv[i], "--")) {
            only_positional = true;
        } else if (!only_positional && argv[i][0] == '-' && argv[i][1]) {
            int status = take_option(args, argv, argc, &i);
            if (status >= 0) return status;
        } else if (args->positional_count == args->command->positional_max) {
            return usage_error("'%s' does not take '%s'", args->command->name, argv[i]);
        } else
            args->positional[args->positional_count++] = argv[i];
    }
    if (option_flag(args, "--help")) {
        print_help(stdout, args->command);
        return EXIT_DONE;
    }
    if (args->positional_count < args->command->positional_min)
        return usage_error("usage: mintmark %s %s", args->command->name, args->command->synopsis);
    return take_common(args);
}

const char *option_text(const struct arguments *args, const char *name) {
    const struct option_spec *spec;
    int index = find_option(args->command, name, &spec);
    return index < 0 ? NULL : args->text[index];
}

bool option_flag(const struct arguments *args, const char *name) {
    const struct option_spec *spec;
    int index = find_option(args->command, name, &spec);
    return index >= 0 && args->flag[index];
}

int option_list(const struct arguments *args, const char *name, const char *const **values) {
    const struct option_spec *spec;
    int index = find_option(args->command, name, &spec);
    if (index < 0) return 0;
    *values = args->list[index];
    return args->list_count[index];
}

void read_options(const struct arguments *args, mint_read_options *options) {
    *options = (mint_read_options)MINT_READ_OPTIONS_INIT;
    options->schema_path = option_text(args, "--schema");
    options->missing_count = (size_t)option_list(args, "--missing", &options->missing);
}
