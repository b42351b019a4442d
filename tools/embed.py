#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns files into C arrays: embed.py OUT.c HEADER NAME=FILE ... (HEADER, below src/, declares them)."""
import sys

with open(sys.argv[1], "w", encoding="ascii") as out:
    out.write('/* Made by tools/embed.py; do not edit. */\n#include "' + sys.argv[2] + '"\n')
    for pair in sys.argv[3:]:
        name, path = pair.split("=", 1)
        with open(path, "rb") as source:
            data = source.read()
        # A bundle inside <script> must not end it.
        data = data.replace(b"</script", b"<\\/script")
        rows = ",".join(str(byte if byte < 128 else byte - 256) for byte in data)
        out.write(f"const char {name}[] = {{{rows},0}};\nconst size_t {name}_length = {len(data)};\n")
