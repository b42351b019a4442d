#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quality of boost on adult, default and magic by the protocol of bench/README.md: ordinary split (adult's own; else 90/10 as
TabSyn cuts it), synthetic rows = train rows, several seeds. Writes bench/quality.csv (one row a set, variant and seed) and prints
mean and spread. Variants: protected (value protection on, the default), plain (protect=0), independent draws.
Usage: bench/quality.py DATA_FOLDER [--program build/mintmark] [--seeds 5] [--sets adult,default,magic]"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # XGBoost's threads must not spin against those of a program beside

HERE = os.path.dirname(os.path.abspath(__file__))
TARGETS = {"adult": "income", "default": "default payment next month", "magic": "class"}
CHECKED = {"default": ["SEX", "EDUCATION", "MARRIAGE", "PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6"], "magic": []}
VARIANTS = {"protected": [], "plain": ["protect=0"], "independent-draws": ["draws=independent"]}
FIELDS = ["set", "variant", "seed", "shape", "trend", "trend_published", "c2st_train", "c2st_holdout", "auc_train", "auc_holdout", "mle", "dcr_share", "dcr_share_strict", "seconds"]


def split(name, data, folder):
    train, test = os.path.join(folder, "train.csv"), os.path.join(folder, "test.csv")
    if name == "adult":
        return os.path.join(data, "adult/train.csv"), os.path.join(data, "adult/test.csv")
    frame = pd.read_csv(os.path.join(data, name, name + ".csv"), dtype=str, keep_default_na=False)
    n, index, seed = len(frame), np.arange(len(frame)), 1234
    while True:  # reshuffled until no level is missing in train; the state carries over, as in TabSyn
        np.random.seed(seed)
        np.random.shuffle(index)
        kept, held = index[: int(0.9 * n)], index[-(n - int(0.9 * n)):]
        if all(set(frame[c]) <= set(frame[c].iloc[kept]) for c in CHECKED[name]):
            break
        seed += 1
    frame.iloc[kept].to_csv(train, index=False)
    frame.iloc[held].to_csv(test, index=False)
    return train, test


def one(program, name, train, test, variant, seed, folder):
    model, synthetic = os.path.join(folder, "m.mint"), os.path.join(folder, "s.csv")
    rows = sum(1 for _ in open(train, encoding="utf-8")) - 1
    started = time.time()
    settings = [part for value in VARIANTS[variant] for part in ("--set", value)]
    subprocess.run([program, "fit", train, "--target", TARGETS[name], "--seed", str(seed), "-o", model] + settings, check=True, stderr=subprocess.DEVNULL, cwd=folder)
    subprocess.run([program, "sample", model, "-n", str(rows), "--seed", str(seed), "-o", synthetic], check=True, stderr=subprocess.DEVNULL, cwd=folder)
    seconds = time.time() - started
    skip = "shape,trend,mle,dcr" if variant == "independent-draws" else ""
    out = subprocess.run([sys.executable, os.path.join(HERE, "quality_eval.py"), name, train, test, synthetic, TARGETS[name], "--grid", "--seed", str(seed), "--skip", skip], check=True, stdout=subprocess.PIPE)
    return dict(json.loads(out.stdout), set=name, variant=variant, seed=seed, seconds=round(seconds, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--program", default="build/mintmark"), parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", default="adult,default,magic"), parser.add_argument("--variants", default=",".join(VARIANTS)), parser.add_argument("--out", default=os.path.join(HERE, "quality.csv"))
    args = parser.parse_args()
    program, rows = os.path.abspath(args.program), []
    if os.path.exists(args.out):  # finished rows are kept, so the run can be resumed; delete the file to begin anew
        with open(args.out, newline="", encoding="utf-8") as source:
            rows = [{key: value if key in ("set", "variant") else float(value) for key, value in row.items() if value != ""} for row in csv.DictReader(source)]
    done = {(row["set"], row["variant"], int(row["seed"])) for row in rows}
    with open(args.out, "a", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, FIELDS, restval="", lineterminator="\n")
        if not rows:
            writer.writeheader()
        for seed in range(args.seeds):
            for name in args.sets.split(","):
                for variant in args.variants.split(","):
                    if (name, variant, seed) in done:
                        continue
                    with tempfile.TemporaryDirectory() as folder:
                        train, test = split(name, os.path.abspath(args.data), folder)
                        rows.append(one(program, name, train, test, variant, seed, folder))
                        writer.writerow(rows[-1])
                        out.flush()
    for name in args.sets.split(","):
        for variant in VARIANTS:
            chosen = [row for row in rows if row["set"] == name and row["variant"] == variant]
            print(name, variant, {field: (round(statistics.mean(values), 4), round(statistics.stdev(values), 4) if len(values) > 1 else 0)
                                  for field in FIELDS[3:] for values in [[row[field] for row in chosen if field in row]] if values})


if __name__ == "__main__":
    main()
