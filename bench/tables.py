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
    """A cell: of so many repeats, how many fail / stay open / pass. From: the smallest size from which on at least 95 % fail."""
    grouped = collections.OrderedDict()
    for row in (row for row in rows("power.csv") if row["repeats"] != "0"):  # a fault may need columns that the set lacks
        grouped.setdefault(row["fault"], {})[int(row["holdout_rows"])] = row
    sizes, body = sorted({size for cells in grouped.values() for size in cells}), []
    for fault, cells in grouped.items():
        seen = [size for size in sizes if size in cells]
        enough = [size for size in seen if all(int(cells[s]["fail"]) >= 0.95 * int(cells[s]["repeats"]) for s in seen if s >= size)]
        honest = fault.startswith(("honest", "boost"))
        body.append([fault] + [" / ".join(cells[size][v] for v in ("fail", "inconclusive", "pass")) if size in cells else "-" for size in sizes] + ["-" if honest else f"{enough[0]:,}" if enough else "more"])
    return table(["planted fault; fail / open / pass"] + [f"{size:,} holdout rows" for size in sizes] + ["seen from"], body)


def speed():
    return table(["what", "seconds", "process peak MB", "note"], [[row["what"], row["seconds"], row["process_peak_mb"], row.get("note", "")] for name in ("speed.csv", "speed_peers.csv", "judge_speed.csv") for row in rows(name)])


SMALL = ("german-credit",)  # 1,000 rows in all: most faults cannot be told there, and the verdict says so


def traps():
    grouped, everything = collections.OrderedDict(), rows("traps/traps.csv")
    for row in everything:
        grouped.setdefault(row["trap"], []).append(row)
    body = []
    for trap, group in grouped.items():
        large, small = [row for row in group if row["set"] not in SMALL], [row["verdict"] for row in group if row["set"] in SMALL]
        verdicts = [row["verdict"] for row in large]
        missed = collections.Counter(row["set"] for row in large if row["verdict"] != "fail")
        honest = trap.startswith(("honest", "boost"))
        body.append([trap, str(len(large)), "-" if honest else str(sum(row["flagged"] == "1" for row in large))] + [str(verdicts.count(v)) for v in ("fail", "inconclusive", "pass")]
                    + ["-" if honest else ", ".join(f"{name} {count}" for name, count in sorted(missed.items())) or "none", " / ".join(str(small.count(v)) for v in ("fail", "inconclusive", "pass"))])
    hours = sum(float(row["seconds"]) for row in everything) / 3600
    return (table(["fault", "verdicts", "flagged by the rule meant", "fail", "inconclusive", "pass", "not failed", "at 1,000 rows: fail / inconclusive / pass"], body)
            + f"\n\n{len(everything)} verdicts, {hours:.1f} hours of judging, two at a time on two cores.")


def unknown():
    """The faults on sets that no tolerance was chosen on: one repeat a set."""
    grouped = collections.OrderedDict()
    for row in rows("traps/unknown.csv"):
        grouped.setdefault(row["trap"], []).append(row)
    body = []
    for trap, group in grouped.items():
        verdicts = [row["verdict"] for row in group]
        passed = ", ".join(row["set"] for row in group if row["verdict"] == "pass")
        honest = trap.startswith("honest")
        flagged = "-" if honest else str(sum(row["flagged"] == "1" for row in group))
        counts = [str(verdicts.count(v)) for v in ("fail", "inconclusive", "pass")]
        body.append([trap, str(len(group)), flagged, *counts, "-" if honest else passed or "none"])
    return table(["fault", "sets", "flagged by the rule meant", "fail", "inconclusive", "pass", "passed on"], body)


def coverage():
    body = [[row["figure"], f"{int(row['intervals']):,}"] + [f"{100 * int(row[k]) / int(row['intervals']):.1f} %" for k in ("above_zero", "below_zero")] for row in rows("coverage.csv")]
    return table(["figure", "intervals", "above zero", "below zero"], body)


def scale():
    return table(["task", "rows", "columns", "seconds", "peak MB", "same as a plain loop"], [[row[k] for k in ("task", "rows", "columns", "seconds", "peak_mb", "check")] for row in rows("scale.csv")])


def peers():
    names = {"sdmetrics_quality": "SDMetrics quality", "sdmetrics_diagnostic": "SDMetrics diagnostic", "mostlyai_accuracy": "mostlyai-qa accuracy", "mostlyai_dcr_share": "mostlyai-qa DCR share",
             "anonymeter_singling_out": "anonymeter singling out", "mintmark_verdict": "mintmark"}
    return table(["set", "fault"] + list(names.values()), [[row["set"], row["trap"]] + [row.get(k, "") for k in names] for row in rows("traps/peers.csv")])


tables = {"TRAPS": traps, "QUALITY": quality, "GATE": gate, "POWER": power, "SPEED": speed, "SCALE": scale, "PEERS": peers,
          "UNKNOWN": unknown, "COVERAGE": coverage}
for path in (root / "README.md", root / "docs/policy.md", here / "README.md"):
    text = path.read_text(encoding="utf-8")
    for name, make in tables.items():
        text = re.sub(rf"<!-- {name} -->.*?<!-- /{name} -->", lambda match: f"<!-- {name} -->\n{make()}\n<!-- /{name} -->", text, flags=re.S)
    path.write_text(text, encoding="utf-8")
