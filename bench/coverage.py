#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the 95 % intervals 95 % intervals? Fresh real rows, disjoint from train and holdout, have no excess over real rows: an interval of a
figure's excess should miss zero in one case of twenty, and lie above it, where a rule may fail, in one of forty. Writes bench/coverage.csv,
a row a figure: how many intervals there were, how many lie above and below zero. Sets as gate.py has them, and more by --set-list (JSON,
name to [file beside it, target, rows], as unseen.py --write makes it).
Usage: bench/coverage.py DATA_FOLDER [--set-list FILE] [--program build/mintmark] [--seeds 5] [--jobs 2]"""
import argparse
import collections
import concurrent.futures
import csv
import json
import os
import subprocess
import tempfile

import gate

HERE = os.path.dirname(os.path.abspath(__file__))


def intervals(task):
    """Of one split: figure, rows of the holdout, low and high of its excess."""
    program, path, target, seed = task
    with tempfile.TemporaryDirectory() as folder:
        gate.split(path, 5000 + seed, folder)
        subprocess.run([program, "evaluate", "--real", "train.csv", "--synthetic", "fresh.csv", "--holdout", "holdout.csv", "--target", target, "--policy-metrics", "--seed", str(seed), "-o", "report.json"],
                       cwd=folder, check=True, stderr=subprocess.DEVNULL)
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as source:
            figures = json.load(source)["metrics"]
    return [(figure["id"], figure["excess_low"], figure["excess_high"]) for figure in figures if figure.get("excess_low") is not None and figure.get("excess_high") is not None]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--set-list", default=""), parser.add_argument("--program", default="build/mintmark")
    parser.add_argument("--seeds", type=int, default=5), parser.add_argument("--jobs", type=int, default=2), parser.add_argument("--out", default=os.path.join(HERE, "coverage.csv"))
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    sets = [(os.path.join(args.data, path), target) for path, target in gate.SETS.values()]
    if args.set_list:
        with open(args.set_list, encoding="utf-8") as source:
            sets += [(os.path.join(os.path.dirname(os.path.abspath(args.set_list)), path), target) for path, target, _ in json.load(source).values()]
    tasks = [(program, path, target, seed) for seed in range(args.seeds) for path, target in sets]
    tally = collections.defaultdict(lambda: [0, 0, 0])
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for found in pool.map(intervals, tasks):
            for name, low, high in found:
                count = tally[name]
                count[0], count[1], count[2] = count[0] + 1, count[1] + (low > 0), count[2] + (high < 0)
    with open(args.out, "w", newline="", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["figure", "intervals", "above_zero", "below_zero"])
        table.writerows([name, *count] for name, count in sorted(tally.items()))
    print(f"{len(sets)} sets, {len(tasks)} splits")
    for name, (count, above, below) in sorted(tally.items()):
        print(f"{name:36} {count:5} intervals, above zero {100 * above / count:5.1f} %, below {100 * below / count:5.1f} %")


if __name__ == "__main__":
    main()
