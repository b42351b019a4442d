#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The default gate over real sets: every seed is a new split, fit and sample. Rows: boost, fresh real rows (a third disjoint
part of the data), independent columns and a bootstrap of the training rows. Writes bench/gate.csv; finished rows are kept, so
the run can be resumed. Usage: bench/gate.py DATA_FOLDER [--program build/mintmark] [--seeds 10]"""
import argparse
import csv
import json
import os
import subprocess
import tempfile
import time

import random

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # XGBoost's threads must not spin against those of a program beside

SETS = {
    "adult": ("adult/train.csv", "income"),
    "bank-marketing": ("bank-marketing/bank-full.csv", "y"),
    "california": ("california/california.csv", "median_house_value"),
    "telco": ("telco/telco.csv", "Churn"),
    "default": ("default/default.csv", "default payment next month"),
    "magic": ("magic/magic.csv", "class"),
}
FIELDS = ["set", "candidate", "seed", "verdict", "failed", "open", "seconds"]


def split(path, seed, folder):
    """Three disjoint parts at random: train 0.6, holdout 0.2, fresh 0.2."""
    with open(path, newline="", encoding="utf-8") as source:
        rows = list(csv.reader(source))
    head, body = rows[0], rows[1:]
    random.Random(seed).shuffle(body)
    n = len(body)
    parts = {"train": body[: n * 6 // 10], "holdout": body[n * 6 // 10: n * 8 // 10], "fresh": body[n * 8 // 10:]}
    for name, part in parts.items():
        with open(os.path.join(folder, name + ".csv"), "w", newline="", encoding="utf-8") as out:
            csv.writer(out, lineterminator="\n").writerows([head] + part)
    return len(parts["train"])


def judge(program, folder, synthetic, target, seed):
    subprocess.run([program, "evaluate", "--real", "train.csv", "--synthetic", synthetic, "--holdout", "holdout.csv", "--target", target, "--policy-metrics", "--seed", str(seed), "-o", "report.json"],
                   cwd=folder, check=True, stderr=subprocess.DEVNULL)
    out = subprocess.run([program, "gate", "report.json", "--json"], cwd=folder, stdout=subprocess.PIPE, check=False).stdout
    verdict = json.loads(out)["verdict"]
    names = lambda status: " ".join(rule["id"] for rule in verdict["rules"] if rule["status"] == status)
    return verdict["status"], names("fail"), names("inconclusive")


def draw(program, folder, generator, target, rows, seed):
    """As many rows of a generator fitted to train.csv, in a file of its name."""
    for command in (["fit", "train.csv", "--target", target, "--generator", generator, "-o", "m.mint"], ["sample", "m.mint", "-n", str(rows), "-o", generator + ".csv"]):
        subprocess.run([program, *command, "--seed", str(seed)], cwd=folder, check=True, stderr=subprocess.DEVNULL)


def open_results(path):
    """Set, candidate and seed of the rows that an earlier run left; a file with a header, if there was none."""
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8") as out:
            out.write(",".join(FIELDS) + "\n")
    with open(path, newline="", encoding="utf-8") as source:
        return {(row["set"], row["candidate"], row["seed"]) for row in csv.DictReader(source)}


def add_result(path, row):
    with open(path, "a", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerow(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--program", default="build/mintmark"), parser.add_argument("--seeds", type=int, default=10), parser.add_argument("--candidates", default="boost,fresh,independent,bootstrap")
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "gate.csv"))
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    done = open_results(args.out)
    for seed in range(args.seeds):
        for name, (path, target) in SETS.items():
            with tempfile.TemporaryDirectory() as folder:
                rows = split(os.path.join(args.data, path), 1000 + seed, folder)
                for candidate in args.candidates.split(","):
                    if (name, candidate, str(seed)) in done:
                        continue
                    started = time.time()
                    if candidate != "fresh":
                        draw(program, folder, candidate, target, rows, seed)
                    verdict, failed, undecided = judge(program, folder, candidate + ".csv", target, seed)
                    add_result(args.out, [name, candidate, seed, verdict, failed, undecided, f"{time.time() - started:.1f}"])
    with open(args.out, newline="", encoding="utf-8") as source:
        table = list(csv.DictReader(source))
    for candidate in ("boost", "fresh", "independent", "bootstrap"):
        for name in SETS:
            chosen = [row["verdict"] for row in table if row["set"] == name and row["candidate"] == candidate]
            print(f"{candidate:12} {name:16} pass {chosen.count('pass'):2} fail {chosen.count('fail'):2} inconclusive {chosen.count('inconclusive'):2}")


if __name__ == "__main__":
    main()
