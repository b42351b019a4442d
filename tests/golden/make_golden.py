#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of the reference packages on three small tables, for tests/unit/test_golden.c; the tables are rule-made loan applications
(examples/loan_applications.c; nobody in them exists), the synthetic one with faults: columns shuffled, shifted, a level dropped.
Needs sdmetrics 0.24.0, scipy, scikit-learn, xgboost 1.7 and prdc 0.2. Usage: tests/golden/make_golden.py PROGRAM_THAT_MAKES_LOANS"""
import io
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
    return pd.read_csv(io.StringIO(subprocess.run([sys.argv[1], str(rows), str(seed)], stdout=subprocess.PIPE, check=True, text=True).stdout), dtype=str, keep_default_na=False)


def spoil(frame, rng):
    frame = frame.copy()
    first, second = frame.columns[2], frame.columns[4]
    frame[first] = rng.permutation(frame[first].to_numpy())
    half = rng.random(len(frame)) < 0.3
    frame.loc[half, second] = rng.permutation(frame.loc[half, second].to_numpy())
    return frame


def main():
    rng = np.random.default_rng(5)
    parts = {"train": table(12, 500), "holdout": table(13, 500), "synthetic": spoil(table(14, 500), rng)}
    for name, frame in parts.items():
        frame.to_csv(os.path.join(HERE, name + ".csv"), index=False)
    read = {name: pd.read_csv(os.path.join(HERE, name + ".csv")) for name in parts}
    real, other, holdout = read["train"], read["synthetic"], read["holdout"]
    columns = [c for c in real if real[c].nunique() < len(real) or pd.api.types.is_numeric_dtype(real[c])]
    columns = [c for c in columns if not (real[c].dtype == object and real[c].nunique() > 60)]
    number = [c for c in columns if pd.api.types.is_numeric_dtype(real[c])]
    level = [c for c in columns if c not in number]
    from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
    from sdmetrics.single_column import BoundaryAdherence, CategoryAdherence, CategoryCoverage, KSComplement, RangeCoverage, StatisticSimilarity, TVComplement
    golden = []

    def note(name, names, value, tolerance=1e-6):
        golden.append({"id": name, "columns": names, "value": float(value), "tolerance": tolerance})

    for c in number:
        note("compatible.ks_complement", [c], KSComplement.compute(real[c], other[c]))
        note("compatible.range_coverage", [c], RangeCoverage.compute(real[c], other[c]))
        note("compatible.statistic_similarity", [c], StatisticSimilarity.compute(real[c], other[c]))
        note("compatible.boundary_adherence", [c], BoundaryAdherence.compute(real[c].dropna(), other[c].dropna()))
    for c in level:
        note("compatible.tv_complement", [c], TVComplement.compute(real[c], other[c]))
        note("compatible.category_coverage", [c], CategoryCoverage.compute(real[c], other[c]))
        note("compatible.category_adherence", [c], CategoryAdherence.compute(real[c], other[c]))
    for i, a in enumerate(columns):
        for b in columns[i + 1:]:
            pair = [a, b]
            if a in number and b in number:
                for coefficient in ("Pearson", "Spearman"):
                    note("compatible.correlation_similarity." + coefficient.lower(), pair, CorrelationSimilarity.compute(real[pair], other[pair], coefficient=coefficient))
            else:
                continuous = [c for c in pair if c in number]
                note("compatible.contingency_similarity", pair, ContingencySimilarity.compute(real[pair].copy(), other[pair].copy(), continuous_column_names=continuous or None))
    # Against the holdout, at equal n: scipy's statistics, and classifiers within the spread of their folds.
    from scipy.stats import ks_2samp, wasserstein_distance
    for c in number:
        note("fidelity.shape.ks", [c], 100 * ks_2samp(other[c].dropna(), holdout[c].dropna()).statistic)
    for c in level:
        a, b = (f[c].value_counts(normalize=True, dropna=False) for f in (other, holdout))
        note("fidelity.shape.tvd", [c], 100 * a.subtract(b, fill_value=0).abs().sum() / 2)
    for i, a in enumerate(number):
        for b in number[i + 1:]:
            r = [f[[a, b]].dropna().corr().iloc[0, 1] for f in (other, holdout)]
            note("fidelity.trend.correlation", [a, b], 100 * abs(r[0] - r[1]) / 2)
    coded = pd.get_dummies(pd.concat([holdout[columns], other[columns]]).reset_index(drop=True))
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
        note(f"fidelity.c2st.{name}.holdout.auc", [], np.mean(values), 0.06)
    # One column of numbers without ties, where every distance is the same distance.
    from prdc import compute_prdc
    line = {name: np.round(np.random.default_rng(seed).normal(shift, 1, 400), 6) for name, seed, shift in (("train", 1, 0), ("holdout", 2, 0), ("synthetic", 3, 0.5))}
    for name, values in line.items():
        pd.DataFrame({"x": values}).to_csv(os.path.join(HERE, f"line_{name}.csv"), index=False)
    balls = compute_prdc(line["holdout"].reshape(-1, 1), line["synthetic"].reshape(-1, 1), nearest_k=5)
    single = [{"id": f"fidelity.balls.{k}", "columns": [], "value": float(v), "tolerance": 1e-6} for k, v in balls.items()]
    width = line["train"].max() - line["train"].min()
    single.append({"id": "fidelity.distance.wasserstein", "columns": [], "value": wasserstein_distance(line["synthetic"], line["holdout"]) / width, "tolerance": 1e-6})
    with open(os.path.join(HERE, "golden.json"), "w", encoding="utf-8") as out:
        json.dump({"versions": {p: version(p) for p in ("sdmetrics", "scipy", "scikit-learn", "xgboost", "prdc", "pandas", "numpy")}, "figures": golden, "line_figures": single}, out, indent=1)
        out.write("\n")
    print(len(golden), "figures;", "numbers:", number, "levels:", level)


if __name__ == "__main__":
    main()
