#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From which size on the default gate sees what: the faults of bench/traps/traps.py planted into fresh real rows of adult, judged against
holdouts of 500 to about 10,000 rows (train has two and a half times as many, the candidate one and a half). Writes bench/power.csv, one
row a fault and size; finished ones are kept, so the run can be resumed. Needs numpy and pandas.
Usage: bench/power.py DATA_FOLDER [--program build/mintmark] [--repeats 10] [--sizes 500,1000] [--faults "a;b"]"""
import argparse
import collections
import concurrent.futures
import csv
import os
import sys
import tempfile

import pandas as pd

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "traps"))
import traps  # noqa: E402  the faults and the asking are the same

TARGET = "income"
FIELDS = ["fault", "holdout_rows", "repeats", "flagged", "fail", "inconclusive", "pass"]


def judge(task):
    program, data, trap, size, repeat = task
    frame = pd.concat([pd.read_csv(os.path.join(data, "adult", name), dtype=str, keep_default_na=False) for name in ("train.csv", "test.csv")], ignore_index=True)
    p = traps.Parts(frame.sample(frac=1, random_state=repeat).iloc[:5 * size], TARGET, 2000 + repeat)
    plant = traps.TRAPS[trap][0]
    if plant and plant(p) is False:
        return None
    with tempfile.TemporaryDirectory() as folder:
        traps.write_files(program, folder, p, trap, repeat)
        return traps.summed_up({"trap": trap, "rows": len(p.holdout)}, traps.ask(program, folder, TARGET, "--policy-metrics"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--program", default="build/mintmark"), parser.add_argument("--repeats", type=int, default=10), parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sizes", default="500,1000,2000,4000,10000"), parser.add_argument("--faults", default=""), parser.add_argument("--out", default=os.path.join(HERE, "power.csv"))
    args = parser.parse_args()
    program, rows = os.path.abspath(args.program), []
    if os.path.exists(args.out):
        with open(args.out, newline="", encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
    done = {(row["fault"], row["holdout_rows"]) for row in rows}
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        for trap in [t for t in traps.TRAPS if not args.faults or t in args.faults.split(";")]:
            for size in (int(s) for s in args.sizes.split(",")):
                if (trap, str(size)) in done:
                    continue
                judged = [row for row in pool.map(judge, [(program, args.data, trap, size, r) for r in range(args.repeats)]) if row]
                verdicts = collections.Counter(row["verdict"] for row in judged)
                rows.append({"fault": trap, "holdout_rows": size, "repeats": len(judged), "flagged": sum(row["flagged"] for row in judged), **{v: verdicts[v] for v in ("fail", "inconclusive", "pass")}})
                traps.save(args.out, rows, FIELDS)
                print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
