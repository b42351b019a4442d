#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the committed CSVs into the documents: between "<!-- NAME -->" and "<!-- /NAME -->" of README.md, docs/policy.md and
bench/README.md. Run it after a bench; it computes means, nothing else."""
import collections
import csv
import pathlib
import re
import statistics

here = pathlib.Path(__file__).resolve().parent
root = here.parent


def rows(name):
    path = here / name
    return list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []


def table(head, body):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(line) + " |" for line in body])


def mean(values, digits):
    numbers = [float(value) for value in values if value != ""]
    if not numbers:
        return "-"
    spread = f" ± {statistics.stdev(numbers):.{digits}f}" if len(numbers) > 1 else ""
    return f"{statistics.mean(numbers):.{digits}f}{spread}"


def quality():
    grouped = collections.OrderedDict()
    for row in rows("quality.csv"):
        grouped.setdefault((row["set"], row["variant"]), []).append(row)
    fields = [("shape", "Shape error %", 3), ("trend", "Trend error %", 3), ("trend_published", "Trend, own bins %", 2), ("c2st_train", "XGB-C2ST train", 3), ("c2st_holdout", "XGB-C2ST holdout", 3),
              ("mle", "MLE AUC", 4), ("dcr_share", "DCR share %", 1), ("dcr_share_strict", "DCR strict %", 1)]
    body = [[name, variant, str(len(group))] + [mean([row[field] for row in group], digits) for field, _, digits in fields] for (name, variant), group in grouped.items()]
    return table(["set", "variant", "seeds"] + [title for _, title, _ in fields], body)


def gate():
    grouped = collections.OrderedDict()
    for row in rows("gate.csv"):
        grouped.setdefault((row["candidate"], row["set"]), []).append(row["verdict"])
    return table(["candidate", "set", "pass", "inconclusive", "fail"], [[candidate, name] + [str(verdicts.count(v)) for v in ("pass", "inconclusive", "fail")] for (candidate, name), verdicts in sorted(grouped.items())])


def power():
    return table(["planted fault", "rule", "holdout rows", "fail", "inconclusive", "pass"], [[row["fault"], row["rule"], row["holdout_rows"], row["fail"], row["inconclusive"], row["pass"]] for row in rows("power.csv")])


def speed():
    return table(["what", "seconds", "process peak MB", "note"], [[row["what"], row["seconds"], row["process_peak_mb"], row["note"]] for row in rows("speed.csv")])


def traps():
    grouped = collections.OrderedDict()
    for row in rows("traps/traps.csv"):
        grouped.setdefault(row["trap"], []).append(row)
    body = []
    for trap, group in grouped.items():
        verdicts = [row["verdict"] for row in group]
        missed = collections.Counter(row["set"] for row in group if row["verdict"] != "fail")
        honest = trap.startswith(("honest", "boost"))
        body.append([trap, str(len(group)), "-" if honest else str(sum(row["flagged"] == "1" for row in group))] + [str(verdicts.count(v)) for v in ("fail", "inconclusive", "pass")]
                    + ["-" if honest else ", ".join(f"{name} {count}" for name, count in sorted(missed.items())) or "none"])
    return table(["fault", "verdicts", "flagged by the rule meant", "fail", "inconclusive", "pass", "not failed"], body)


tables = {"TRAPS": traps, "QUALITY": quality, "GATE": gate, "POWER": power, "SPEED": speed}
for path in (root / "README.md", root / "docs/policy.md", here / "README.md"):
    text = path.read_text(encoding="utf-8")
    for name, make in tables.items():
        text = re.sub(rf"<!-- {name} -->.*?<!-- /{name} -->", lambda match: f"<!-- {name} -->\n{make()}\n<!-- /{name} -->", text, flags=re.S)
    path.write_text(text, encoding="utf-8")
