#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/metrics.md and docs/generators.md from the program's own tables; with --check, fails when they differ.
Usage: tools/make_docs.py build/mintmark [--check]"""
import json
import pathlib
import subprocess
import sys

program, check = sys.argv[1], "--check" in sys.argv
docs = pathlib.Path(__file__).resolve().parent.parent / "docs"


def run(*arguments):
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


metrics = json.loads(run("evaluate", "--list"))["metrics"]
lines = ["# Metrics", "", "Made from the program's tables by `tools/make_docs.py`. Every figure carries a 95 % interval, a real-against-real reference, a noise ceiling (the best that 97.5 % of fresh real samples show; none where a figure has a target to be near), a floor (what a table of independent columns gets, of at most 10,000 rows), n, and whether rows were subsampled. Figures that repeat another package's (`compatible`) and p-values have no interval; what does not look at synthetic rows (lineage, the likelihood attack) has no floor.", ""]
for metric in metrics:
    lines += [f"## {metric['id']}", "", metric["summary"] + ".", "", f"- axis: {metric['axis']}", f"- figures: {metric['figures']}", f"- formula: {metric['formula']}", f"- unit and range: {metric['unit']}; {metric['range']}", f"- cost: {metric['cost']}",
              f"- no value: {metric['without_value']}",
              *([f"- packages differ: {metric['differs']}"] if metric["differs"] else []),
              f"- in the default policy: {'yes' if metric['in_policy'] else 'no'}", ""]
help_text = run("doctor").split("\n}\n", 1)[1]
generators = ["# Generators and their parameters", "", "Made from the program's tables by `tools/make_docs.py`. Give one with `--set name=value`; the bracket holds default and range.", "", "```", help_text.rstrip(), "```", ""]
stale = []
for name, text in (("metrics.md", "\n".join(lines)), ("generators.md", "\n".join(generators))):
    path = docs / name
    if check:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    else:
        path.write_text(text, encoding="utf-8")
print(f"stale documents: {', '.join(stale)}; run tools/make_docs.py" if stale else "documents: made from the tables")
sys.exit(1 if stale else 0)
