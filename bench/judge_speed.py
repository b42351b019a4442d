#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The judge's speed beside its peers on adult in one run, whole processes, wall seconds: all axes against SDMetrics' quality and diagnostic
reports and mostlyai-qa's report; singling out, linkability and inference with 2,000 attacks each against anonymeter's. The synthetic rows
are boost's. Writes bench/judge_speed.csv. Needs sdmetrics 0.24.0, mostlyai-qa 1.10.11 and anonymeter 1.1.0 in the interpreter that runs
it. Usage: bench/judge_speed.py DATA [--program build/mintmark]"""
import argparse
import csv
import os
import subprocess
import sys
import tempfile

import speed

READ = "import pandas as pd\nreal, made, held = (pd.read_csv(f'{name}.csv') for name in ('train', 'synthetic', 'holdout'))\n"
PEERS = {
    "SDMetrics, quality and diagnostic report": READ + (
        "from sdmetrics.reports.single_table import DiagnosticReport, QualityReport\n"
        "meta = {'columns': {c: {'sdtype': 'numerical' if pd.api.types.is_numeric_dtype(real[c]) else 'categorical'} for c in real}}\n"
        "for report in (QualityReport(), DiagnosticReport()): report.generate(real, made, meta, verbose=False)\n"),
    "mostlyai-qa, report": READ + "from mostlyai import qa\nqa.report(syn_tgt_data=made, trn_tgt_data=real, hol_tgt_data=held, report_path='qa.html')\n",
    "anonymeter, 2,000 attacks of each kind": READ + (
        "from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator\n"
        "sides, columns = dict(ori=real, syn=made, control=held, n_attacks=2000), list(real)\nhalf = len(columns) // 2\n"
        "for evaluator in (SinglingOutEvaluator(n_cols=4, **sides), LinkabilityEvaluator(aux_cols=(columns[:half], columns[half:]), **sides),\n"
        "                  InferenceEvaluator(aux_cols=columns[:-1], secret=columns[-1], **sides)): evaluator.evaluate()\n"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--program", default="build/mintmark")
    parser.add_argument("--out", default=os.path.join(speed.HERE, "judge_speed.csv"))
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    adult, target = os.path.abspath(os.path.join(args.data, speed.SETS["adult"][0])), speed.SETS["adult"][1]
    with tempfile.TemporaryDirectory() as folder, open(args.out, "w", newline="", encoding="utf-8") as out:
        subprocess.run([program, "run", adult, "--target", target, "-o", "run"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        inside = os.path.join(folder, "run")
        evaluate = [program, "evaluate", "--real", "train.csv", "--synthetic", "synthetic.csv", "--holdout", "holdout.csv", "--target", target]
        commands = {"mintmark, all axes": evaluate + ["--model", "model.mint", "-o", "all.json"],
                    "mintmark, 2,000 attacks of each kind": evaluate + ["--metric", "privacy.reidentification", "-o", "attacks.json"]}
        commands.update({name: [sys.executable, "-W", "ignore", "-c", script] for name, script in PEERS.items()})
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["what", "seconds", "process_peak_mb"])
        for name, command in commands.items():
            seconds, memory, _ = speed.timed(command, inside)
            writer.writerow([name, f"{seconds:.1f}", round(memory)])
            print(name, f"{seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
