#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of the reference packages on small tables, for tests/unit/test_golden.c. The tables are rule-made loan applications
(examples/loan_applications.c; nobody in them exists): a synthetic one with faults (columns shuffled, shifted, a level dropped), and
one of which half the rows are copied train rows; and a line of numbers, where every distance is the same distance. The packages do
not go into one environment, so each group of figures is made in its own and replaces that group in golden.json (parity.sh does all).

  make_golden.py tables PROGRAM_THAT_MAKES_LOANS
  make_golden.py sdmetrics      sdmetrics 0.24.0
  make_golden.py scikit         scipy, scikit-learn, xgboost 1.7, prdc 0.2
  make_golden.py mostlyai       mostlyai-qa 1.10.11
  make_golden.py anonymeter     anonymeter 1.1.0
  make_golden.py synthcity      synthcity 0.2.12 (with opacus < 1.5 and transformers < 4.40, or it does not load)"""
import io
import itertools
import json
import os
import subprocess
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))


def table(seed, rows):
    return pd.read_csv(io.StringIO(subprocess.run([sys.argv[2], str(rows), str(seed)], stdout=subprocess.PIPE, check=True, text=True).stdout), dtype=str, keep_default_na=False)


def spoil(frame, rng):
    frame = frame.copy()
    first, second = frame.columns[2], frame.columns[4]
    frame[first] = rng.permutation(frame[first].to_numpy())
    half = rng.random(len(frame)) < 0.3
    frame.loc[half, second] = rng.permutation(frame.loc[half, second].to_numpy())
    return frame


def read(name):
    return pd.read_csv(os.path.join(HERE, name + ".csv"), parse_dates=["applied_on"] if not name.startswith("line") else None)


class Golden:
    """Figures of one set of tables: "loans", "copied" or "line"."""

    def __init__(self):
        self.figures = []

    def note(self, table, name, columns, value, tolerance=1e-6):
        self.figures.append({"table": table, "id": name, "columns": columns, "value": float(value), "tolerance": tolerance})


def judged(frame):
    """Columns that Mintmark judges: no keys, no free text."""
    return [c for c in frame if c != "application" and (pd.api.types.is_numeric_dtype(frame[c]) or pd.api.types.is_datetime64_any_dtype(frame[c]) or frame[c].nunique() <= 60)]


def kinds(frame):
    columns = judged(frame)
    number = [c for c in columns if pd.api.types.is_numeric_dtype(frame[c])]
    return columns, number, [c for c in columns if not pd.api.types.is_numeric_dtype(frame[c]) and not pd.api.types.is_datetime64_any_dtype(frame[c])]


def tables():
    rng = np.random.default_rng(5)
    parts = {"train": table(12, 500), "holdout": table(13, 500), "synthetic": spoil(table(14, 500), rng)}
    parts["copied"] = pd.concat([parts["train"].iloc[:250], table(15, 250)]).reset_index(drop=True)
    for name, frame in parts.items():
        frame.to_csv(os.path.join(HERE, name + ".csv"), index=False)
    for name, seed, shift in (("train", 1, 0), ("holdout", 2, 0), ("synthetic", 3, 0.5)):
        pd.DataFrame({"x": np.round(np.random.default_rng(seed).normal(shift, 1, 400), 6)}).to_csv(os.path.join(HERE, f"line_{name}.csv"), index=False)


def sdmetrics(golden):
    real, other, holdout = read("train"), read("synthetic"), read("holdout")
    columns, number, level = kinds(real)
    note = lambda name, names, value: golden.note("loans", name, names, value)
    from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
    from sdmetrics.single_column import BoundaryAdherence, CategoryAdherence, CategoryCoverage, KSComplement, MissingValueSimilarity, RangeCoverage, StatisticSimilarity, TVComplement
    for c in number:
        note("compatible.ks_complement", [c], KSComplement.compute(real[c], other[c]))
        note("compatible.range_coverage", [c], RangeCoverage.compute(real[c], other[c]))
        note("compatible.statistic_similarity", [c], StatisticSimilarity.compute(real[c], other[c]))
        for statistic in ("std", "median"):
            note("compatible.statistic_similarity." + statistic, [c], StatisticSimilarity.compute(real[c], other[c], statistic=statistic))
        note("compatible.boundary_adherence", [c], BoundaryAdherence.compute(real[c].dropna(), other[c].dropna()))
    for c in level:
        note("compatible.tv_complement", [c], TVComplement.compute(real[c], other[c]))
        note("compatible.category_coverage", [c], CategoryCoverage.compute(real[c], other[c]))
        note("compatible.category_adherence", [c], CategoryAdherence.compute(real[c], other[c]))
    for c in number + level:
        note("compatible.missing_value_similarity", [c], MissingValueSimilarity.compute(real[c], other[c]))
    for i, a in enumerate(number + level):
        for b in (number + level)[i + 1:]:
            pair = sorted([a, b], key=list(real).index)
            if a in number and b in number:
                for coefficient in ("Pearson", "Spearman"):
                    note("compatible.correlation_similarity." + coefficient.lower(), pair, CorrelationSimilarity.compute(real[pair], other[pair], coefficient=coefficient))
            else:
                continuous = [c for c in pair if c in number]
                note("compatible.contingency_similarity", pair, ContingencySimilarity.compute(real[pair].copy(), other[pair].copy(), continuous_column_names=continuous or None))
    from sdmetrics.single_table import NewRowSynthesis
    from sdmetrics.single_table.privacy import DCROverfittingProtection
    plain = columns
    metadata = {"columns": {c: {"sdtype": "datetime" if c == "applied_on" else "numerical" if c in number else "categorical"} for c in plain}}
    note("compatible.rows.new", [], NewRowSynthesis.compute(real[plain].copy(), other[plain].copy(), metadata))
    note("compatible.rows.overfitting_protection", [], DCROverfittingProtection.compute(real[plain].copy(), other[plain].copy(), holdout[plain].copy(), metadata))


def scikit(golden):
    real, other, holdout = read("train"), read("synthetic"), read("holdout")
    columns, number, level = kinds(real)
    # Against the holdout, at equal n: scipy's statistics, and classifiers within the spread of their folds.
    from scipy.stats import ks_2samp, wasserstein_distance
    for c in number:
        golden.note("loans", "fidelity.shape.ks", [c], 100 * ks_2samp(other[c].dropna(), holdout[c].dropna()).statistic)
    for c in level:
        a, b = (f[c].value_counts(normalize=True, dropna=False) for f in (other, holdout))
        golden.note("loans", "fidelity.shape.tvd", [c], 100 * a.subtract(b, fill_value=0).abs().sum() / 2)
    for i, a in enumerate(number):
        for b in number[i + 1:]:
            r = [f[[a, b]].dropna().corr().iloc[0, 1] for f in (other, holdout)]
            golden.note("loans", "fidelity.trend.correlation", [a, b], 100 * abs(r[0] - r[1]) / 2)
    dated = pd.concat([holdout[columns], other[columns]]).reset_index(drop=True)
    dated["applied_on"] = dated["applied_on"].astype("int64")
    coded = pd.get_dummies(dated)
    labels = np.repeat([0, 1], [len(holdout), len(other)])
    import xgboost
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import StandardScaler
    matrix = coded.fillna(0).to_numpy(float)

    def boosted(fit, test):
        model = xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "max_depth": 6}, xgboost.DMatrix(matrix[fit], labels[fit]), 100)
        return model.predict(xgboost.DMatrix(matrix[test]))

    def linear(fit, test):
        scale = StandardScaler().fit(matrix[fit])
        return LogisticRegression(max_iter=1000).fit(scale.transform(matrix[fit]), labels[fit]).decision_function(scale.transform(matrix[test]))

    for name, predict in (("xgboost", boosted), ("logistic", linear)):
        values = [roc_auc_score(labels[test], predict(fit, test)) for k in range(5) for fit, test in StratifiedKFold(3, shuffle=True, random_state=k).split(matrix, labels)]
        golden.note("loans", f"fidelity.c2st.{name}.holdout.auc", [], np.mean(values), 0.06)
    from prdc import compute_prdc
    line = {name: read("line_" + name)["x"].to_numpy() for name in ("train", "holdout", "synthetic")}
    for k, v in compute_prdc(line["holdout"].reshape(-1, 1), line["synthetic"].reshape(-1, 1), nearest_k=5).items():
        golden.note("line", f"fidelity.balls.{k}", [], v)
    width = line["train"].max() - line["train"].min()
    golden.note("line", "fidelity.distance.wasserstein", [], wasserstein_distance(line["synthetic"], line["holdout"]) / width)


def mostlyai(golden):
    """Its accuracy is binning and counting; the report around it draws at random only which triples are counted."""
    from mostlyai.qa._accuracy import bin_data, calculate_accuracy
    columns, _, _ = kinds(read("train"))
    real, bins = bin_data(pd.concat([read("train"), read("holdout")], ignore_index=True)[columns], 10)
    other, _ = bin_data(read("synthetic")[columns], bins)
    means = []
    for size, name in ((1, "univariate"), (2, "bivariate"), (3, "trivariate")):
        values = {names: calculate_accuracy(real[list(names)], other[list(names)])[0] for names in itertools.combinations(columns, size)}
        for names, value in values.items() if size == 1 else ():
            golden.note("loans", "compatible.mostlyai.univariate", list(names), value)
        means.append(np.mean(list(values.values())))
        golden.note("loans", "compatible.mostlyai." + name, [], means[-1])
    golden.note("loans", "compatible.mostlyai.overall", [], np.mean(means))


def anonymeter(golden):
    """Risks on the table of which half is copied, within what its draws spread."""
    from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator
    columns, _, _ = kinds(read("train"))
    parts = {"ori": read("train")[columns], "syn": read("copied")[columns], "control": read("holdout")[columns]}
    parts = {name: part.assign(applied_on=part["applied_on"].astype("int64") // 86400000000000) for name, part in parts.items()}
    risk = lambda evaluator: evaluator.risk().value
    singled = [risk(SinglingOutEvaluator(**parts, n_attacks=400, n_cols=4).evaluate(mode="multivariate")) for _ in range(3)]
    halves = (columns[:len(columns) // 2], columns[len(columns) // 2:])
    linked = risk(LinkabilityEvaluator(**parts, n_attacks=500, aux_cols=halves, n_neighbors=1).evaluate())
    inferred = max(risk(InferenceEvaluator(**parts, n_attacks=500, aux_cols=[c for c in columns if c != secret], secret=secret).evaluate()) for secret in columns)
    for name, value in (("singling_out", np.mean(singled)), ("linkability", linked), ("inference", inferred)):
        golden.note("copied", "privacy.reidentification." + name, [], value, 0.15)
        golden.figures[-1]["any_columns"] = True


def synthcity(golden):
    """Its naive alpha-precision, without the embedding network, on the line."""
    from synthcity.metrics.eval_statistical import AlphaPrecision, PRDCScore
    line = {name: read("line_" + name)[["x"]].to_numpy() for name in ("holdout", "synthetic")}
    _, _, _, precision, recall, _ = AlphaPrecision().metrics(line["holdout"], line["synthetic"])
    golden.note("line", "fidelity.support.alpha_precision", [], precision)
    golden.note("line", "fidelity.support.beta_recall", [], recall)
    for name, value in PRDCScore()._compute_prdc(line["holdout"], line["synthetic"]).items():
        golden.note("line", "fidelity.balls." + name, [], value)


GROUPS = {"sdmetrics": (sdmetrics, ["sdmetrics"]), "scikit": (scikit, ["scipy", "scikit-learn", "xgboost", "prdc"]), "mostlyai": (mostlyai, ["mostlyai-qa"]),
          "anonymeter": (anonymeter, ["anonymeter"]), "synthcity": (synthcity, ["synthcity", "torch"])}


def main():
    group = sys.argv[1]
    if group == "tables":
        tables()
        return
    make, packages = GROUPS[group]
    golden = Golden()
    make(golden)
    path = os.path.join(HERE, "golden.json")
    with open(path, encoding="utf-8") as source:
        kept = json.load(source)
    kept[group] = {"versions": {p: version(p) for p in packages + ["pandas", "numpy"]}, "figures": golden.figures}
    with open(path, "w", encoding="utf-8") as out:
        json.dump({name: kept[name] for name in GROUPS if name in kept}, out, indent=1)
        out.write("\n")
    print(group, len(golden.figures), "figures")


if __name__ == "__main__":
    main()
