/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H
#include "cli.h"

extern const struct command command_run, command_schema, command_split, command_fit, command_sample, command_score, command_evaluate,
    command_gate, command_report, command_list, command_ledger, command_doctor, command_canary, command_collapse;

/* Does the file begin as model files do? */
bool begins_like_model(const char *path);

#endif
