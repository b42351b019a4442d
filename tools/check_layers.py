#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Includes point down: a file may include its own room, rooms of lower rank (src/LAYERS) and the public headers. Rooms of one
rank never include each other. The command line sees only include/mintmark."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
rank = {}
for line in (root / "src/LAYERS").read_text(encoding="utf-8").splitlines():
    if line and not line.startswith("#"):
        number, room, _ = line.split(maxsplit=2)
        rank[room] = int(number)

problems = []
for path in sorted((root / "src").rglob("*.[ch]")):
    parts = path.relative_to(root / "src").parts
    room = parts[0]
    if room not in rank:
        problems.append(f"{path}: room '{room}' is not in src/LAYERS")
        continue
    text = path.read_text(encoding="utf-8")
    if not text.startswith("/* SPDX-License-Identifier: Apache-2.0 */"):
        problems.append(f"{path}: no SPDX line")
    for include in re.findall(r'#include "([^"]+)"', text):
        other = include.split("/")[0]
        if other == "mintmark" or other == room:
            continue
        if other not in rank:
            problems.append(f"{path}: '{include}' is in no room")
        elif rank[other] >= rank[room]:
            problems.append(f"{path}: '{include}' points up from {room} ({rank[room]}) to {other} ({rank[other]})")
for path in sorted((root / "cli").glob("*.[ch]")):
    for include in re.findall(r'#include "([^"]+)"', path.read_text(encoding="utf-8")):
        if "/" in include and not include.startswith("mintmark/"):
            problems.append(f"{path}: the command line sees only include/mintmark, not '{include}'")
print("\n".join(problems) or f"layers: {len(rank)} rooms, includes point down")
sys.exit(1 if problems else 0)
