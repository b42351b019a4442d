/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "commands.h"

const struct command *const commands[] = {&command_run,    &command_schema,   &command_split,  &command_fit,    &command_sample,
                                          &command_score,  &command_evaluate, &command_gate,   &command_report, &command_list,
                                          &command_canary, &command_collapse, &command_ledger, &command_doctor, NULL};

static mint_context *running;

static void interrupt(int signal_number) {
    (void)signal_number;
    if (running) mint_context_cancel(running);
}

int main(int argc, char **argv) {
    struct arguments args;
    int status = parse_arguments(&args, argc, argv);
    if (status >= 0) return status;
    progress_init(false);
    mint_context_options options = MINT_CONTEXT_OPTIONS_INIT;
    options.threads_max = args.threads;
    options.memory_bytes_max = args.memory;
    options.progress = progress_step;
    options.notice = progress_notice;
    options.duckdb_library = getenv("MINTMARK_DUCKDB");
    mint_error err = MINT_ERROR_INIT;
    if (mint_context_new(&running, &options, &err) != MINT_OK) return fail(&err);
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND}; /* a second Ctrl-C ends at once */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    status = args.command->run(running, &args);
    progress_clear();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("mintmark: cannot write to standard output\n", stderr);
        status = EXIT_FAILED;
    }
    mint_context_free(running);
    return status;
}
