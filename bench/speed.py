#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed and memory, whole processes, wall seconds: fit and sample on adult, default and magic; the whole run; growth with rows
(adult repeated with noise to 10 k, 100 k, 1 M rows); 1,000 columns x 5,000 rows; forecast against measured peak. With --peers
instead SDV's GaussianCopula (run by this interpreter) on adult beside us in one run. Writes bench/speed.csv or, with --peers,
bench/speed_peers.csv, and on request the neural models after it: SDV's TVAE and CTGAN, MOSTLY AI's engine (sdv 2.0.0, mostlyai-engine 2.7.3).
Usage: bench/speed.py DATA [--program build/mintmark] [--peers [--slow MOSTLY,TVAE,CTGAN]] [--long]"""
import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SETS = {"adult": ("adult/train.csv", "income"), "default": ("default/default.csv", "default payment next month"), "magic": ("magic/magic.csv", "class")}


def timed(command, folder):
    started = time.time()
    out = subprocess.run(["/usr/bin/time", "-f", "%M"] + command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if out.returncode not in (0, 3, 4):
        sys.exit(out.stderr)
    return time.time() - started, int(out.stderr.strip().splitlines()[-1]) / 1024, out.stdout


def repeat_adult(path, rows, out):
    """Adult's rows over and over, its numbers moved by a little noise so that no two are the same."""
    rng = random.Random(1)
    with open(path, newline="", encoding="utf-8") as source:
        table = list(csv.reader(source))
    head, body = table[0], table[1:]
    numbers = [head.index(name) for name in ("age", "fnlwgt", "hours-per-week")]
    with open(out, "w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(head)
        for i in range(rows):
            row = list(body[i % len(body)])
            for at in numbers:
                row[at] = str(max(1, int(row[at]) + rng.randint(-2, 2) * (400 if at == numbers[1] else 1)))
            writer.writerow(row)


MOSTLY = ("import sys, pandas as pd\nfrom mostlyai.engine import TabularARGN\nd = pd.read_csv(sys.argv[1])\n"
          "m = TabularARGN(); m.fit(d); m.sample(n_samples=len(d)).to_csv('p.csv', index=False)\n")


def peer_script(synthesizer):
    return ("import sys, pandas as pd\nfrom sdv.metadata import Metadata\n"
            f"from sdv.single_table import {synthesizer} as Synthesizer\nd = pd.read_csv(sys.argv[1])\n"
            "s = Synthesizer(Metadata.detect_from_dataframes({'adult': d})); s.fit({'adult': d}); r = s.sample(len(d)); (r['adult'] if isinstance(r, dict) else r).to_csv('p.csv', index=False)\n")


def compare(program, adult, folder, note, slow):
    """Adult, fit and sample, three times each in turn, whole processes; the ratio is of the medians. The slow peers run once, after it."""
    rows = str(sum(1 for _ in open(adult, encoding="utf-8")) - 1)
    ours, peers, memory = [], [], [0, 0]
    for turn in range(3):
        fit, first, _ = timed([program, "fit", adult, "--target", "income", "-o", f"m{turn}.mint"], folder)
        sample, second, _ = timed([program, "sample", f"m{turn}.mint", "-n", rows, "-o", f"s{turn}.csv"], folder)
        peer, third, _ = timed([sys.executable, "-c", peer_script("GaussianCopulaSynthesizer"), adult], folder)
        ours.append(fit + sample), peers.append(peer)
        memory = [max(memory[0], first, second), max(memory[1], third)]
    own = sorted(ours)[1]
    note("adult: mintmark, fit + sample", own, memory[0])
    note("adult: SDV GaussianCopula, fit + sample", sorted(peers)[1], memory[1], f"{sorted(peers)[1] / own:.1f} times ours")
    for name in slow:
        label, script = ("MOSTLY AI engine", MOSTLY) if name == "MOSTLY" else (f"SDV {name}", peer_script(name + "Synthesizer"))
        seconds, used, _ = timed([sys.executable, "-c", script, adult], folder)
        note(f"adult: {label}, fit + sample", seconds, used, f"{seconds / own:.0f} times ours")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--program", default="build/mintmark"), parser.add_argument("--peers", action="store_true"), parser.add_argument("--long", action="store_true")
    parser.add_argument("--out", default="")
    parser.add_argument("--slow", default="", help="with --peers: neural models to run once each: MOSTLY,TVAE,CTGAN (minutes to half an hour each)")
    args = parser.parse_args()
    args.out = args.out or os.path.join(HERE, "speed_peers.csv" if args.peers else "speed.csv")
    program, results = os.path.abspath(args.program), []

    def note(what, seconds, memory=0.0, extra=""):
        results.append({"what": what, "seconds": round(seconds, 2), "process_peak_mb": round(memory), "note": extra})
        print(results[-1], flush=True)
        with open(args.out, "w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, results[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(results)

    def fit_and_sample(name, path, target, rows, folder):
        seconds, memory, out = timed([program, "fit", path, "--target", target, "-o", "m.mint", "--json"], folder)
        facts = json.loads(out)
        note(f"{name}: fit", seconds, memory, f"own peak {facts['memory_peak_bytes'] / 1e6:.0f} MB, forecast {facts['memory_forecast_bytes'] / 1e6:.0f} MB")
        sampling, memory, _ = timed([program, "sample", "m.mint", "-n", str(rows), "-o", "s.csv"], folder)
        note(f"{name}: sample {rows} rows", sampling, memory)
        return seconds + sampling

    if args.peers:
        with tempfile.TemporaryDirectory() as folder:
            compare(program, os.path.abspath(os.path.join(args.data, SETS["adult"][0])), folder, note, args.slow.split(",") if args.slow else [])
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, (path, target) in SETS.items():
            path = os.path.abspath(os.path.join(args.data, path))
            rows = sum(1 for _ in open(path, encoding="utf-8")) - 1
            note(f"{name}: fit + sample", fit_and_sample(name, path, target, rows, folder))
        adult = os.path.abspath(os.path.join(args.data, SETS["adult"][0]))
        subprocess.run([program, "fit", adult, "--target", "income", "-o", "a.mint"], cwd=folder, check=True)
        seconds, memory, _ = timed([program, "sample", "a.mint", "-n", "1000000", "-o", "s.parquet"], folder)
        note("adult: sample 1,000,000 rows to Parquet", seconds, memory, f"{1e6 / seconds:.0f} rows/s with writing")
        seconds, memory, _ = timed([program, "run", adult, "--target", "income", "-o", "r"], folder)
        note("adult: mintmark run, everything included", seconds, memory)
        shutil.rmtree(os.path.join(folder, ".mintmark"))  # the tables below repeat rows that the run locked
        sizes = (10000, 100000, 1000000) if args.long else (10000, 100000)
        for rows in sizes:
            repeat_adult(adult, rows, os.path.join(folder, "big.csv"))
            fit_and_sample(f"adult repeated to {rows} rows", "big.csv", "income", rows, folder)
        for rows in sizes:  # repeated rows have near copies among those held out, and nodes learn them for long; these have none
            subprocess.run([program, "sample", "a.mint", "-n", str(rows), "-o", "big.csv"], cwd=folder, check=True)
            fit_and_sample(f"{rows} rows drawn from a model of adult", "big.csv", "income", rows, folder)
        rng = random.Random(2)
        with open(os.path.join(folder, "wide.csv"), "w", encoding="utf-8") as out:
            out.write(",".join(f"c{i}" for i in range(1000)) + "\n")
            for _ in range(5000):
                base = [rng.gauss(0, 1) for _ in range(10)]
                out.write(",".join(f"{base[i % 10] + rng.gauss(0, 1):.2f}" for i in range(1000)) + "\n")
        if args.long:
            fit_and_sample("1,000 columns x 5,000 rows", "wide.csv", "c0", 5000, folder)


if __name__ == "__main__":
    main()
