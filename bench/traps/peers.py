#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same faulty sets in front of SDMetrics' reports: quality and diagnostic score of each trap, beside the verdict of the default
gate. Writes bench/traps/peers.csv. Needs sdmetrics 0.24.0. Usage: bench/traps/peers.py DATA_FOLDER [--sets telco,adult]"""
import argparse
import csv
import os
import warnings

import pandas as pd
import traps

warnings.filterwarnings("ignore")


def typed(frame, numbers):
    return pd.DataFrame({c: pd.to_numeric(frame[c], errors="coerce") if c in numbers else frame[c].replace("", None) for c in frame})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--sets", default="telco,adult"), parser.add_argument("--out", default=os.path.join(traps.HERE, "peers.csv"))
    args = parser.parse_args()
    from sdmetrics.reports.single_table import DiagnosticReport, QualityReport
    verdicts = {}
    table = os.path.join(traps.HERE, "traps.csv")
    if os.path.exists(table):
        with open(table, newline="", encoding="utf-8") as source:
            verdicts = {(row["set"], row["trap"]): row["verdict"] for row in csv.DictReader(source) if row["repeat"] == "0"}
    rows = []
    for name in args.sets.split(","):
        path, target, most = traps.SETS[name]
        frame = pd.read_csv(os.path.join(args.data, path), dtype=str, keep_default_na=False).sample(frac=1, random_state=7).iloc[:most]
        for trap, (plant, _, needs_classes) in traps.TRAPS.items():
            p = traps.Parts(frame, target, 1000)
            if plant is None or (needs_classes and not p.classes) or plant(p) is False:
                continue
            numbers = [c for c in p.train if pd.to_numeric(p.train[c].replace("", None), errors="coerce").notna().sum() == (p.train[c] != "").sum() and p.train[c].nunique() > 2]
            keys = [c for c in p.train if c not in numbers and p.train[c].nunique() == len(p.train)]
            real, other = typed(p.train.drop(columns=keys), numbers), typed(p.candidate.drop(columns=keys), numbers)
            metadata = {"columns": {c: {"sdtype": "numerical" if c in numbers else "categorical"} for c in real}}
            quality, diagnostic = QualityReport(), DiagnosticReport()
            quality.generate(real, other, metadata, verbose=False), diagnostic.generate(real, other, metadata, verbose=False)
            rows.append({"set": name, "trap": trap, "sdmetrics_quality": f"{quality.get_score():.3f}", "sdmetrics_diagnostic": f"{diagnostic.get_score():.3f}", "mintmark_verdict": verdicts.get((name, trap), "")})
            print(rows[-1], flush=True)
    with open(args.out, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows[0], lineterminator="\n")
        writer.writeheader(), writer.writerows(rows)


if __name__ == "__main__":
    main()
