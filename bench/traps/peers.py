#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same faulty sets in front of the peers: SDMetrics' quality and diagnostic score, mostlyai-qa's accuracy and DCR share, anonymeter's
singling-out risk (500 attacks of three columns) of each trap, beside the verdict of the default gate. Writes bench/traps/peers.csv. Needs
sdmetrics 0.24.0, mostlyai-qa 1.10.11 and anonymeter 1.1.0. Usage: bench/traps/peers.py DATA_FOLDER [--sets telco,adult] [--traps "a;b"]"""
import argparse
import csv
import os
import tempfile
import warnings

import pandas as pd
import traps

warnings.filterwarnings("ignore")


def typed(frame, numbers):
    return pd.DataFrame({c: pd.to_numeric(frame[c], errors="coerce") if c in numbers else frame[c].replace("", None) for c in frame})


def mostly(p, keys):
    """Accuracy and DCR share. The report it insists on is thrown away."""
    from mostlyai import qa
    with tempfile.TemporaryDirectory() as folder:
        _, metrics = qa.report(syn_tgt_data=p.candidate.drop(columns=keys), trn_tgt_data=p.train.drop(columns=keys), hol_tgt_data=p.holdout.drop(columns=keys),
                               report_path=os.path.join(folder, "report.html"))
    return metrics.accuracy.overall, metrics.distances.dcr_share


def singling_out(p, keys):
    from anonymeter.evaluators import SinglingOutEvaluator
    evaluator = SinglingOutEvaluator(ori=p.train.drop(columns=keys), syn=p.candidate.drop(columns=keys).reset_index(drop=True), control=p.holdout.drop(columns=keys), n_attacks=500, n_cols=3)
    try:
        return evaluator.evaluate(mode="multivariate").risk().value
    except RuntimeError:  # it finds no predicate that singles a synthetic row out
        return float("nan")


FIELDS = ["set", "trap", "sdmetrics_quality", "sdmetrics_diagnostic", "mostlyai_accuracy", "mostlyai_dcr_share", "anonymeter_singling_out", "mintmark_verdict"]


def judge(name, trap, p, verdict):
    from sdmetrics.reports.single_table import DiagnosticReport, QualityReport
    numbers = [c for c in p.train if pd.to_numeric(p.train[c].replace("", None), errors="coerce").notna().sum() == (p.train[c] != "").sum() and p.train[c].nunique() > 2]
    keys = [c for c in p.train if c not in numbers and p.train[c].nunique() == len(p.train)]
    real, other = typed(p.train.drop(columns=keys), numbers), typed(p.candidate.drop(columns=keys), numbers)
    metadata = {"columns": {c: {"sdtype": "numerical" if c in numbers else "categorical"} for c in real}}
    quality, diagnostic = QualityReport(), DiagnosticReport()
    quality.generate(real, other, metadata, verbose=False), diagnostic.generate(real, other, metadata, verbose=False)
    p.train, p.candidate, p.holdout = (typed(part, numbers) for part in (p.train, p.candidate, p.holdout))
    accuracy, share = mostly(p, keys)
    return {"set": name, "trap": trap, "sdmetrics_quality": f"{quality.get_score():.3f}", "sdmetrics_diagnostic": f"{diagnostic.get_score():.3f}", "mostlyai_accuracy": f"{accuracy:.3f}",
            "mostlyai_dcr_share": f"{share:.3f}", "anonymeter_singling_out": f"{singling_out(p, keys):.3f}", "mintmark_verdict": verdict}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--sets", default="telco,adult"), parser.add_argument("--traps", default=""), parser.add_argument("--out", default=os.path.join(traps.HERE, "peers.csv"))
    args = parser.parse_args()
    verdicts = {}
    table = os.path.join(traps.HERE, "traps.csv")
    if os.path.exists(table):
        with open(table, newline="", encoding="utf-8") as source:
            verdicts = {(row["set"], row["trap"]): row["verdict"] for row in csv.DictReader(source) if row["repeat"] == "0"}
    rows = []
    if os.path.exists(args.out):  # finished rows are kept, with the verdict of today
        with open(args.out, newline="", encoding="utf-8") as source:
            rows = [{**row, "mintmark_verdict": verdicts.get((row["set"], row["trap"]), "")} for row in csv.DictReader(source)]
    done = {(row["set"], row["trap"]) for row in rows}
    for name in args.sets.split(","):
        path, target, most = traps.SETS[name]
        frame = pd.read_csv(os.path.join(args.data, path), dtype=str, keep_default_na=False).sample(frac=1, random_state=7).iloc[:most]
        for trap, (plant, _, needs_classes) in traps.TRAPS.items():
            if (args.traps and trap not in args.traps.split(";")) or (name, trap) in done:
                continue
            p = traps.Parts(frame, target, 1000)
            if plant is None or (needs_classes and not p.classes) or plant(p) is False:
                continue
            rows.append(judge(name, trap, p, verdicts.get((name, trap), "")))
            print(rows[-1], flush=True)
            order = list(traps.TRAPS)
            traps.save(args.out, sorted(rows, key=lambda row: (row["set"], order.index(row["trap"]))), FIELDS)


if __name__ == "__main__":
    main()
