#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shared library exports exactly what the public headers declare."""
import pathlib
import re
import subprocess
import sys

exported = {line.split()[-1].split("@")[0] for line in subprocess.run(["nm", "-D", "--defined-only", sys.argv[1]], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()}
exported -= {"MINTMARK_0"}
declared = set()
for header in pathlib.Path(sys.argv[2]).rglob("*.h"):
    for match in re.finditer(r"MINT_API[^;]*?\b(mint_\w+)\s*\(", header.read_text(encoding="utf-8")):
        declared.add(match.group(1))
problems = [f"exported and not declared: {name}" for name in sorted(exported - declared)] + [f"declared and not exported: {name}" for name in sorted(declared - exported)]
print("\n".join(problems) or f"symbols: {len(exported)} exported, all declared")
sys.exit(1 if problems else 0)
