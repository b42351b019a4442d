#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the default gate sees at which size: fresh real rows of adult with one planted fault, judged against holdouts of 500, 1,000
and 10,000 rows (train has as many rows as the candidate: twice the holdout's, at least 2,000). Writes bench/power.csv: for each
fault and size the share of repeats in which the rule meant for it fails, passes or stays open. "honest" is the false-alarm column.
Usage: bench/power.py DATA_FOLDER [--program build/mintmark] [--repeats 10]"""
import argparse
import collections
import csv
import json
import os
import random
import subprocess
import tempfile

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # XGBoost's threads must not spin against those of a program beside

TARGET = "income"


def flip(share):
    def plant(rows, train, rng, head):
        at = head.index(TARGET)
        for row in rows:
            if rng.random() < share:
                row[at] = ">50K" if row[at] == "<=50K" else "<=50K"
    return plant


def copy(share):
    def plant(rows, train, rng, head):
        for i in range(int(share * len(rows))):
            rows[i] = list(train[i])
    return plant


def near(share):
    def plant(rows, train, rng, head):
        at = head.index("fnlwgt")
        for i in range(int(share * len(rows))):
            rows[i] = list(train[i])
            rows[i][at] = str(int(rows[i][at]) + rng.randint(-300, 300))
    return plant


def shuffle(columns):
    def plant(rows, train, rng, head):
        for name in columns:
            at = head.index(name)
            values = [row[at] for row in rows]
            rng.shuffle(values)
            for row, value in zip(rows, values):
                row[at] = value
    return plant


def shift(rows, train, rng, head):
    for name in ("age", "hours-per-week", "education-num"):
        at = head.index(name)
        for row in rows:
            row[at] = str(int(int(row[at]) * 1.3))


FAULTS = {  # name: (rule, how)
    "honest": (None, None),
    "5 % labels flipped": ("labels", flip(0.05)), "10 % labels flipped": ("labels", flip(0.10)),
    "20 % labels flipped": ("utility", flip(0.20)), "40 % labels flipped": ("utility", flip(0.40)),
    "1 % rows copied": ("copies", copy(0.01)), "3 % rows copied": ("copies", copy(0.03)),
    "20 % near copies": ("closeness", near(0.20)), "60 % near copies": ("closeness", near(0.60)),
    "three columns shifted": ("shapes", shift), "three columns shuffled": ("pairs", shuffle(["education-num", "relationship", "sex"])),
    "all columns shuffled": ("pairs", None),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--program", default="build/mintmark"), parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "power.csv"))
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    pool = []
    for name in ("train.csv", "test.csv"):
        with open(os.path.join(args.data, "adult", name), newline="", encoding="utf-8") as source:
            rows = list(csv.reader(source))
        head, pool = rows[0], pool + rows[1:]
    results = []
    for n in (500, 1000, 10000):
        m = max(2000, 2 * n) if n < 10000 else 18000
        for fault, (rule, how) in FAULTS.items():
            counts = collections.Counter()
            for repeat in range(args.repeats):
                rng = random.Random(f"{n} {fault} {repeat}")
                rng.shuffle(pool)
                parts = {"holdout": pool[:n], "train": pool[n:n + m], "candidate": [list(row) for row in pool[n + m:n + 2 * m]]}
                if fault == "all columns shuffled":
                    shuffle(head)(parts["candidate"], parts["train"], rng, head)
                elif how:
                    how(parts["candidate"], parts["train"], rng, head)
                with tempfile.TemporaryDirectory() as folder:
                    for name, rows in parts.items():
                        with open(os.path.join(folder, name + ".csv"), "w", newline="", encoding="utf-8") as out:
                            csv.writer(out, lineterminator="\n").writerows([head] + rows)
                    subprocess.run([program, "evaluate", "--real", "train.csv", "--synthetic", "candidate.csv", "--holdout", "holdout.csv", "--target", TARGET, "--policy-metrics", "-o", "r.json"],
                                   cwd=folder, check=True, stderr=subprocess.DEVNULL)
                    verdict = json.loads(subprocess.run([program, "gate", "r.json", "--json"], cwd=folder, stdout=subprocess.PIPE, check=False).stdout)["verdict"]
                status = verdict["status"] if rule is None else next((r["status"] for r in verdict["rules"] if r["id"] == rule), "none")
                counts[status] += 1
            results.append({"fault": fault, "rule": rule or "(any)", "holdout_rows": n, "candidate_rows": m, "repeats": args.repeats, "fail": counts["fail"], "inconclusive": counts["inconclusive"], "pass": counts["pass"]})
            print(results[-1], flush=True)
            with open(args.out, "w", newline="", encoding="utf-8") as out:
                writer = csv.DictWriter(out, results[0], lineterminator="\n")
                writer.writeheader()
                writer.writerows(results)


if __name__ == "__main__":
    main()
