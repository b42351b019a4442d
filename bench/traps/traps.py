#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the default gate catch what goes wrong? Fresh real rows of a real set, disjoint from train and holdout, get one planted fault
and are judged; untouched fresh rows (as many, and half as many) and rows of boost must not fail. A trap counts as flagged when the
verdict is fail by a rule meant for it. Writes bench/traps/traps.csv, one row a verdict; finished rows are kept, so the run can be
resumed, and --rejudge asks some rules anew of the same rows after a change to them alone. Needs numpy and pandas.
--set-list takes other sets: JSON, name to [file in DATA_FOLDER, target, most rows].
Usage: bench/traps/traps.py DATA_FOLDER [--program build/mintmark] [--verdicts 60] [--traps "a;b"] [--jobs 2] [--rejudge metric,metric] [--set-list FILE --out FILE]"""
import argparse
import concurrent.futures
import csv
import json
import os
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # XGBoost's threads must not spin against those of a program beside

HERE = os.path.dirname(os.path.abspath(__file__))
SETS = {  # name: (file, target, most rows)
    "german-credit": ("german-credit/german-credit.csv", "class", 1000), "telco": ("telco/telco.csv", "Churn", 7043),
    "magic": ("magic/magic.csv", "class", 19020), "california": ("california/california.csv", "median_house_value", 20640),
    "default": ("default/default.csv", "default payment next month", 30000), "adult": ("adult/train.csv", "income", 32561),
    "bank-marketing": ("bank-marketing/bank-full.csv", "y", 40000),
}
SMALL = {"german-credit"}
FIELDS = ["set", "trap", "repeat", "rows", "verdict", "flagged", "failed", "open", "seconds"]


class Parts:
    """Train, holdout and candidate as frames of text; what is a number is found from train."""

    def __init__(self, frame, target, seed):
        self.rng, self.target = np.random.default_rng(seed), target
        frame = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
        n = len(frame)
        self.train, self.holdout, self.candidate = (frame.iloc[a:b].reset_index(drop=True) for a, b in ((0, n // 2), (n // 2, n * 7 // 10), (n * 7 // 10, n)))
        self.numbers = [c for c in frame if c != target and pd.to_numeric(frame[c], errors="coerce").notna().mean() > 0.95 and frame[c].nunique() > 20]
        self.levels = [c for c in frame if c != target and c not in self.numbers and frame[c].nunique() <= 30]
        number = pd.to_numeric(frame[target], errors="coerce").notna().all()
        self.classes = frame[target].nunique() <= (10 if number else 20)  # as the judge has it

    def values(self, column, part=None):
        return pd.to_numeric((self.candidate if part is None else part)[column], errors="coerce").to_numpy(float)

    def write(self, column, rows, values):
        """Numbers in the column's own decimals."""
        text = self.train[column].str.strip()
        decimals = max([len(t) for t in text.str.extract(r"\.(\d+)$")[0].dropna()], default=0)
        self.candidate.loc[rows, column] = [f"{v:.{decimals}f}" for v in values]

    def pick(self, share):
        return self.rng.choice(len(self.candidate), max(1, int(share * len(self.candidate))), replace=False)

    def binned(self, part, column, bins=6):
        if column in self.numbers or (column == self.target and not self.classes):
            cuts = np.unique(np.nanquantile(self.values(column, self.train), np.arange(1, bins) / bins))
            return np.searchsorted(cuts, np.nan_to_num(self.values(column, part)), side="right")
        return self.train[column].value_counts().index[:bins].get_indexer(part[column]) + 1

    def association(self, a, b):
        """Mutual information over train rows, in nats."""
        joint = pd.crosstab(self.binned(self.train, a), self.binned(self.train, b)).to_numpy(float)
        joint = joint / joint.sum()
        expected = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
        return float((joint[joint > 0] * np.log(joint[joint > 0] / expected[joint > 0])).sum())

    def strongest(self, column, count):
        others = [c for c in self.numbers + self.levels if c != column]
        return sorted(others, key=lambda c: -self.association(c, column))[:count]

    def pairs(self, count):
        columns = (self.numbers + self.levels)[:16]
        pairs = [(a, b) for i, a in enumerate(columns) for b in columns[i + 1:]]
        return sorted(pairs, key=lambda p: -self.association(*p))[:count]


def shuffle(p, column, rows=None):
    rows = np.arange(len(p.candidate)) if rows is None else rows
    p.candidate.loc[rows, column] = p.candidate.loc[p.rng.permutation(rows), column].to_numpy()


def memorised(share):
    def plant(p):
        rows = p.pick(share)
        p.candidate.iloc[rows] = p.train.iloc[p.rng.choice(len(p.train), len(rows), replace=False)].to_numpy()
    return plant


def outliers(p):
    """The 14 train rows whose numbers and levels are rarest together."""
    score = np.zeros(len(p.train))
    for c in p.numbers:
        v = p.values(c, p.train)
        score += np.abs(np.nan_to_num((v - np.nanmean(v)) / (np.nanstd(v) or 1)))
    for c in p.levels:
        score -= np.log(p.train[c].map(p.train[c].value_counts(normalize=True, dropna=False)).fillna(1).to_numpy(float))
    p.candidate.iloc[p.pick(1)[:14]] = p.train.iloc[np.argsort(-score)[:14]].to_numpy()


def noisy(share):
    def plant(p):
        rows = p.pick(share)
        p.candidate.iloc[rows] = p.train.iloc[p.rng.choice(len(p.train), len(rows), replace=False)].to_numpy()
        if not p.numbers:
            return False
        for c in p.numbers:
            v = p.values(c)[rows]
            good = ~np.isnan(v)
            p.write(c, rows[good], (v + p.rng.normal(0, 0.02 * np.nanstd(p.values(c, p.train)), len(v)))[good])
    return plant


def but_one_cell(p):
    """A tenth of the rows are train rows with one cell that another row has."""
    rows = p.pick(0.1)
    p.candidate.iloc[rows] = p.train.iloc[p.rng.choice(len(p.train), len(rows), replace=False)].to_numpy()
    for row in rows:
        c = p.rng.choice([c for c in p.candidate if c != p.target])
        others = p.train[c][p.rng.integers(0, len(p.train), 20)]
        p.candidate.loc[row, c] = next((v for v in others if v != p.candidate.loc[row, c]), others.iloc[0])


def independent(p):
    for c in p.candidate:
        shuffle(p, c)


def shuffled(p):
    shuffle(p, p.rng.choice(p.strongest(p.target, 4)))


def gaussian_copula(p):
    """Normal scores of codes, one correlation matrix: pairs are kept, interactions are not."""
    columns, n = list(p.train), len(p.candidate)
    orders = {c: np.argsort(p.values(c, p.train), kind="stable") if c in p.numbers else p.train[c].fillna("").argsort(kind="stable").to_numpy() for c in columns}
    scores = np.empty((len(p.train), len(columns)))
    normal = np.sort(np.random.default_rng(1).normal(size=len(p.train)))
    for k, c in enumerate(columns):
        scores[orders[c], k] = normal
        same = pd.Series(scores[:, k]).groupby(p.train[c].fillna("").to_numpy()).transform("mean")
        scores[:, k] = same
    draws = p.rng.multivariate_normal(np.zeros(len(columns)), np.nan_to_num(np.corrcoef(scores.T), nan=0) + 1e-6 * np.eye(len(columns)), n)
    for k, c in enumerate(columns):
        ranks = (np.argsort(np.argsort(draws[:, k])) * len(p.train) // n)
        p.candidate[c] = p.train[c].to_numpy()[orders[c]][ranks]


def truncated(p):
    if not p.numbers:
        return False
    for c in p.numbers:
        low, high = np.nanquantile(p.values(c, p.train), [0.02, 0.98])
        v = p.values(c)
        bad = np.where((v < low) | (v > high))[0]
        inside = np.where((v >= low) & (v <= high))[0]
        if len(inside):
            p.candidate.loc[bad, c] = p.candidate.loc[p.rng.choice(inside, len(bad)), c].to_numpy()


def rare_class(p):
    """The rarest that is one: a class of a handful of rows is nothing that a judge could miss."""
    counts = p.train[p.target].value_counts()
    return counts.index[max(1, int((counts >= 30).sum()) - 1)]


def refill(p, keep, n):
    p.candidate = p.candidate.iloc[keep].reset_index(drop=True).iloc[:n]


def dropped_class(p):
    p.candidate = p.candidate[p.candidate[p.target] != rare_class(p)].reset_index(drop=True)


def doubled_class(p):
    """Twice the rare class's share, by leaving out others: no row is repeated."""
    rare = (p.candidate[p.target] == rare_class(p)).to_numpy()
    share = min(0.9, 2 * rare.mean())
    others = np.where(~rare)[0]
    keep = others[:int(rare.sum() * (1 - share) / share)]
    p.candidate = p.candidate.iloc[np.sort(np.concatenate([np.where(rare)[0], keep]))].reset_index(drop=True)


def flipped(share):
    def plant(p):
        classes = p.train[p.target].unique()
        for row in p.pick(share):
            p.candidate.loc[row, p.target] = p.rng.choice([c for c in classes if c != p.candidate.loc[row, p.target]])
    return plant


def impossible(p):
    """5 % of rows get a combination of two columns that no real row has, though both values are common."""
    whole = pd.concat([p.train, p.holdout, p.candidate])
    for a, b in p.pairs(12):
        x, y = p.binned(whole, a, 8), p.binned(whole, b, 8)
        table = pd.crosstab(x, y)
        expected = np.outer(table.sum(1), table.sum(0)) / len(whole)
        cells = np.argwhere((table.to_numpy() == 0) & (expected >= 20))
        if len(cells):
            break
    else:
        return False
    rows = p.pick(0.05)
    for row in rows:
        i, j = cells[p.rng.integers(len(cells))]
        p.candidate.loc[row, a] = whole[a].to_numpy()[p.rng.choice(np.where(x == table.index[i])[0])]
        p.candidate.loc[row, b] = whole[b].to_numpy()[p.rng.choice(np.where(y == table.columns[j])[0])]
    return True


def duplicates(p):
    n = len(p.candidate)
    p.candidate = p.candidate.iloc[np.concatenate([np.arange(n // 5), p.rng.integers(0, n // 5, n - n // 5)])].reset_index(drop=True)


def rounded(p):
    if not p.numbers:
        return False
    for c in p.numbers:
        v = p.values(c)
        good = np.where(~np.isnan(v) & (v != 0))[0]
        size = 10.0 ** np.floor(np.log10(np.abs(v[good])))
        p.write(c, good, np.round(v[good] / size) * size)


def fractions(p):
    whole = [c for c in p.numbers if not p.train[c].str.contains(".", regex=False).any()]
    if not whole:
        return False
    c = p.rng.choice(whole)
    v = p.values(c)
    good = np.where(~np.isnan(v))[0]
    p.candidate.loc[good, c] = [f"{x + d:.2f}" for x, d in zip(v[good], p.rng.uniform(-0.5, 0.5, len(good)))]
    return True


def shifted(p):
    if not p.numbers:
        return False
    c = p.rng.choice(p.numbers)
    v = p.values(c)
    good = np.where(~np.isnan(v))[0]
    p.write(c, good, v[good] + 0.5 * np.nanstd(v))
    return True


def broken_pair(p):
    """The strongest pair loses its dependence; the second column keeps its tie to its next neighbour."""
    a, b = p.pairs(1)[0]
    third = next(c for c in p.strongest(b, 3) if c != a)
    strata = p.binned(p.candidate, third, 4)
    for stratum in np.unique(strata):
        shuffle(p, b, np.where(strata == stratum)[0])


def broken_triple(p):
    """c is dealt out anew so that it is high where exactly one of a and b is: the pairs hardly change, the three do."""
    spread = [c for c in p.numbers if p.train[c].value_counts(normalize=True).iloc[0] < 0.3]
    if len(spread) < 3:
        return False
    a, b, c = p.rng.choice(spread, 3, replace=False)
    high = [p.values(x) > np.nanmedian(p.values(x)) for x in (a, b)]
    rows = p.pick(0.7)
    exclusive = (high[0] ^ high[1])[rows]
    ordered = rows[np.argsort(p.values(c)[rows], kind="stable")]
    values = p.candidate.loc[ordered, c].to_numpy()
    low_rows, high_rows = rows[~exclusive], rows[exclusive]
    p.candidate.loc[np.concatenate([p.rng.permutation(low_rows), p.rng.permutation(high_rows)]), c] = values
    return True


def missing_at_random(p):
    """Real rows lack one column mostly where another is high; the candidate lacks it anywhere."""
    spread = [c for c in p.numbers if p.train[c].value_counts(normalize=True).iloc[0] < 0.3]
    if len(spread) < 2:
        return False
    a, b = p.rng.choice(spread, 2, replace=False)
    middle = np.nanmedian(p.values(b, p.train))
    for part in (p.train, p.holdout, p.candidate):
        chance = np.full(len(part), 0.1) if part is p.candidate else np.where(p.values(b, part) >= middle, 0.18, 0.02)
        part.loc[p.rng.uniform(size=len(part)) < chance, a] = ""


def amplified(p):
    groups = [c for c in p.levels if 2 <= p.train[c].nunique() <= 6 and p.train[c].value_counts(normalize=True).iloc[1] > 0.1]
    if not groups:
        return False
    c = p.rng.choice(groups)
    group = (p.candidate[c] == p.train[c].value_counts().index[1]).to_numpy()
    rare = rare_class(p)
    other = p.train[p.target].value_counts().index[0]
    ones = np.where(group & (p.candidate[p.target] == rare).to_numpy())[0]
    zeros = np.where(~group & (p.candidate[p.target] == other).to_numpy())[0]
    count = min(len(zeros), int(0.8 * len(ones)))
    p.candidate.loc[p.rng.choice(ones, count, replace=False), p.target] = other
    p.candidate.loc[p.rng.choice(zeros, count, replace=False), p.target] = rare
    return True


def holdout_in_train(p):
    rows = p.rng.choice(len(p.holdout), len(p.holdout) // 5, replace=False)
    p.train = pd.concat([p.train, p.holdout.iloc[rows]]).sample(frac=1, random_state=1).reset_index(drop=True)


def holdout_in_synthetic(p):
    rows = p.pick(0.05)
    p.candidate.iloc[rows] = p.holdout.iloc[p.rng.integers(0, len(p.holdout), len(rows))].to_numpy()


def spread_out(p):
    """Number columns of which no value takes half of the rows: where one does, dealing values out anew or cutting a part changes next to nothing."""
    return [c for c in p.numbers if p.train[c].value_counts(normalize=True).iloc[0] < 0.5]


def proxy(p):
    """A number column is dealt out anew in the order of the target, in seven rows of ten."""
    if not spread_out(p):
        return False
    c = p.rng.choice(spread_out(p))
    rows = p.pick(0.7)
    label = (p.candidate[p.target] == rare_class(p)).to_numpy() if p.classes else p.values(p.target)
    by_target = rows[np.argsort(label[rows], kind="stable")]
    p.candidate.loc[by_target, c] = p.candidate.loc[rows[np.argsort(p.values(c)[rows], kind="stable")], c].to_numpy()


def id_as_number(p):
    n, name = len(p.train), "record_id" if "record_id" not in p.train else "other_id"
    for part, start in ((p.train, 0), (p.holdout, n), (p.candidate, 2 * n)):
        part.insert(0, name, [str(100000 + 7 * (start + i)) for i in range(len(part))])
    v = p.rng.normal(100000 + 3.5 * n, 2 * n, len(p.candidate))
    p.candidate[name] = [str(int(x)) for x in np.clip(v, 100000, 100000 + 7 * n)]


def one_cluster(p):
    if not spread_out(p):
        return False
    c = p.rng.choice(spread_out(p))
    p.candidate = p.candidate[p.binned(p.candidate, c, 3) == 1].reset_index(drop=True)


def half(p):
    p.candidate = p.candidate.iloc[:len(p.candidate) // 2]


# A key that is replayed is the plainest copy; a value that moves shows in whatever rule of a column it moves past; a column that
# tells the target tells the target's rate in its groups.
COPIES = "copies copies-but-one copied-outliers near-copies closeness identifiers"
MARGINS = "worst-column shapes lost-levels gained-levels lost-tails gained-tails"
ANY = "worst-column worst-pair worst-triple pairs utility unlikely-rows"
TRAPS = {  # name: (how, rules meant for it, needs classes)
    "honest": (lambda p: None, "", False), "honest, half the rows": (half, "", False), "boost": (None, "", False),
    "memorised 1 %": (memorised(0.01), COPIES, False), "memorised 10 %": (memorised(0.10), COPIES, False),
    "14 outliers copied": (outliers, COPIES, False), "copies with noise 10 %": (noisy(0.10), COPIES, False),
    "copies with noise 30 %": (noisy(0.30), COPIES, False), "copies but one cell 10 %": (but_one_cell, COPIES, False),
    "independent columns": (independent, "worst-pair worst-triple pairs utility", False), "one column shuffled": (shuffled, "worst-pair worst-triple pairs utility labels", False),
    "Gaussian copula": (gaussian_copula, ANY, False), "truncated tails": (truncated, "lost-tails", False),
    "dropped rare class": (dropped_class, "lost-classes", True), "doubled rare class": (doubled_class, "gained-classes", True),
    "5 % labels flipped": (flipped(0.05), "labels", True), "10 % labels flipped": (flipped(0.10), "labels", True), "20 % labels flipped": (flipped(0.20), "labels", True),
    "5 % impossible rows": (impossible, "impossible-rows unlikely-rows", False), "80 % duplicates": (duplicates, "duplicates", False),
    "rounded to one digit": (rounded, "number-forms", False), "integers made fractions": (fractions, "number-forms", False),
    "shifted column": (shifted, MARGINS, False), "broken pair": (broken_pair, "worst-pair worst-triple", False), "broken triple": (broken_triple, "worst-triple worst-pair", False),
    "missing at random": (missing_at_random, "missingness", False), "bias amplified": (amplified, "groups groups-lost", True),
    "holdout rows in train": (holdout_in_train, "holdout-in-train", False), "holdout rows in synthetic": (holdout_in_synthetic, "holdout-in-synthetic", False),
    "target leaked by a proxy": (proxy, "worst-pair worst-triple groups", False), "id modelled as a number": (id_as_number, "identifiers", False),
    "one cluster only": (one_cluster, MARGINS, False), "five generations": (None, ANY + " labels groups shapes lineage", False),
    "five generations, accumulated": (None, ANY + " labels groups shapes lineage", False),
}


def run(program, folder, *arguments):
    return subprocess.run([program, *arguments, "--threads", "1"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


def generate(program, folder, source, out, rows, target, seed):
    run(program, folder, "fit", source, "--target", target, "--seed", str(seed), "-o", out + ".mint")
    run(program, folder, "sample", out + ".mint", "-n", str(rows), "--seed", str(seed), "-o", out)


def plan(data, source, trap, repeat):
    """The parts of a repeat with the fault planted; None where the set lacks what the fault needs. `source`: file, target, most rows."""
    path, target, most = source
    plant, _, needs_classes = TRAPS[trap]
    frame = pd.read_csv(os.path.join(data, path), dtype=str, keep_default_na=False).sample(frac=1, random_state=7).iloc[:most]
    p = Parts(frame, target, 1000 + repeat)
    return None if (needs_classes and not p.classes) or (plant and plant(p) is False) else p


def ask(program, folder, target, *chosen):
    """Status of each rule; `chosen` metrics."""
    report = os.path.join(folder, "r.json")
    if os.path.exists(report):
        os.remove(report)
    run(program, folder, "evaluate", "--real", "train.csv", "--synthetic", "candidate.csv", "--holdout", "holdout.csv", "--target", target, *chosen, "-o", "r.json")
    verdict = json.loads(run(program, folder, "gate", "r.json", "--json"))["verdict"]
    return {rule["id"]: rule["status"] for rule in verdict["rules"]}


def write_files(program, folder, p, trap, repeat):
    p.train.to_csv(os.path.join(folder, "train.csv"), index=False), p.holdout.to_csv(os.path.join(folder, "holdout.csv"), index=False)
    if TRAPS[trap][0]:
        p.candidate.to_csv(os.path.join(folder, "candidate.csv"), index=False)
    elif trap == "boost":
        generate(program, folder, "train.csv", "candidate.csv", len(p.candidate), p.target, repeat)
    else:  # each generation is as large as train and fitted to the one before, or to all before it and train
        source, everything = "train.csv", p.train
        for generation in range(5):
            out = "candidate.csv" if generation == 4 else f"g{generation}.csv"
            generate(program, folder, source, out, len(p.train), p.target, repeat + generation)
            source = out
            if trap.endswith("accumulated"):
                made = pd.read_csv(os.path.join(folder, out), dtype=str, keep_default_na=False)
                everything, source = pd.concat([everything, made]), "everything.csv"
                everything.to_csv(os.path.join(folder, source), index=False)


def summed_up(row, statuses):
    """The row's verdict from the statuses of its rules."""
    failed, undecided = ([r for r, status in statuses.items() if status == wanted] for wanted in ("fail", "inconclusive"))
    flagged = any(rule in TRAPS[row["trap"]][1].split() for rule in failed)
    return {**row, "verdict": "fail" if failed else "inconclusive" if undecided else "pass", "flagged": int(flagged), "failed": " ".join(failed), "open": " ".join(undecided)}


def judge(task):
    """A new row, or, where `old` is given, that row with some rules asked anew."""
    program, data, (name, trap, repeat), source, old, metrics = task
    started, p = time.time(), plan(data, source, trap, repeat)
    if p is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        write_files(program, folder, p, trap, repeat)
        if not old:
            row = {"set": name, "trap": trap, "repeat": repeat, "rows": len(p.candidate)}
            return {**summed_up(row, ask(program, folder, p.target, "--policy-metrics")), "seconds": f"{time.time() - started:.1f}"}
        statuses = {**{r: "fail" for r in old["failed"].split()}, **{r: "inconclusive" for r in old["open"].split()}}
        statuses.update(ask(program, folder, p.target, "--metric", metrics))
        return summed_up(old, statuses)


LACKING = set()  # (set, trap) where the set lacks what the fault needs


def save(path, rows, fields=FIELDS):
    with open(path + ".part", "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, fields, lineterminator="\n")
        writer.writeheader(), writer.writerows(rows)
    os.replace(path + ".part", path)


def missing(rows, traps, sets, args):
    """The next round of repeats of the faults that have too few verdicts on large sets; small sets go along ten times."""
    tasks = []
    for trap in traps:
        done = {s: sum(row["trap"] == trap and row["set"] == s for row in rows) for s in sets}
        able = [s for s in sets if (s, trap) not in LACKING and done[s] < args.repeats]
        short = args.verdicts * (2 if trap.startswith("honest") else 1) - sum(done[s] for s in able if s not in SMALL)
        for s in sorted(able, key=lambda s: done[s]):
            if s in SMALL and done[s] < 10:
                tasks.append((s, trap, done[s]))
            elif s not in SMALL and short > 0:
                tasks.append((s, trap, done[s]))
                short -= 1
    return tasks


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data"), parser.add_argument("--program", default="build/mintmark"), parser.add_argument("--verdicts", type=int, default=60)
    parser.add_argument("--traps", default=""), parser.add_argument("--sets", default=""), parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rejudge", default="", help="metrics, by commas"), parser.add_argument("--set-list", default="")
    parser.add_argument("--repeats", type=int, default=1000, help="at most, of a set"), parser.add_argument("--out", default=os.path.join(HERE, "traps.csv"))
    args = parser.parse_args()
    program, rows = os.path.abspath(args.program), []
    if os.path.exists(args.out):
        with open(args.out, newline="", encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
    traps = [t for t in TRAPS if not args.traps or t in args.traps.split(";")]
    known = SETS
    if args.set_list:
        with open(args.set_list, encoding="utf-8") as source:
            known = json.load(source)
    sets = [s for s in known if not args.sets or s in args.sets.split(",")]
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        if args.rejudge:
            chosen = [row for row in rows if row["trap"] in traps and row["set"] in sets]
            tasks = [(program, args.data, (row["set"], row["trap"], int(row["repeat"])), known[row["set"]], row, args.rejudge) for row in chosen]
            place = {(row["set"], row["trap"], row["repeat"]): k for k, row in enumerate(rows)}
            for row in pool.map(judge, tasks):
                rows[place[row["set"], row["trap"], row["repeat"]]] = row
                save(args.out, rows)
        while tasks := missing(rows, traps, sets, args):
            for task, row in zip(tasks, pool.map(judge, [(program, args.data, task, known[task[0]], None, None) for task in tasks])):
                if row:
                    rows.append(row)
                    save(args.out, rows)
                else:
                    LACKING.add(task[:2])
    table = pd.read_csv(args.out, keep_default_na=False)
    for trap in TRAPS:
        rows = table[table["trap"] == trap]
        if len(rows):
            missed = rows[(rows["flagged"] == 0) & (rows["verdict"] != "fail")] if TRAPS[trap][1] else rows[rows["verdict"] == "fail"]
            print(f"{trap:28} {len(rows):3} verdicts: fail {sum(rows['verdict'] == 'fail'):3}, inconclusive {sum(rows['verdict'] == 'inconclusive'):3}, pass {sum(rows['verdict'] == 'pass'):3}; "
                  f"flagged as meant {rows['flagged'].sum():3}   {' '.join(sorted(set(missed['set'])))}")


if __name__ == "__main__":
    main()
