#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quality of one synthetic table by the definitions of bench/README.md, with the packages people use (xgboost,
scikit-learn, scipy, numpy): an evaluation that shares no code with Mintmark. Prints one JSON line."""
import argparse
import itertools
import json

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OneHotEncoder, RobustScaler
from xgboost import XGBClassifier

# What is a category follows the TabSyn protocol; everything else is a number.
CATEGORIES = {
    "adult": ["workclass", "education", "marital-status", "occupation", "relationship", "race", "sex", "native-country", "income"],
    "default": ["SEX", "EDUCATION", "MARRIAGE", "PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6", "default payment next month"],
    "magic": ["class"],
}


def ordinal(frames, categories):
    """Numbers as they are; categories as codes in sorted order of their levels."""
    out = [f.copy() for f in frames]
    for column in out[0].columns:
        if column in categories:
            levels = sorted(set().union(*[set(f[column].astype(str)) for f in frames]))
            code = {level: i for i, level in enumerate(levels)}
            for f in out:
                f[column] = f[column].astype(str).map(code)
        else:
            for f in out:
                f[column] = pd.to_numeric(f[column], errors="coerce")
    return [f.to_numpy(dtype=np.float64) for f in out]


def ks(a, b):
    a, b = np.sort(a[~np.isnan(a)]), np.sort(b[~np.isnan(b)])
    grid = np.concatenate([a, b])
    return np.max(np.abs(np.searchsorted(a, grid, "right") / len(a) - np.searchsorted(b, grid, "right") / len(b)))


def tvd(a, b):
    pa, pb = pd.Series(a).value_counts(normalize=True), pd.Series(b).value_counts(normalize=True)
    return 0.5 * pa.subtract(pb, fill_value=0).abs().sum()


def shape_error(real, synthetic, categories):
    return 100 * np.mean([tvd(real[c].astype(str), synthetic[c].astype(str)) if c in categories else ks(real[c].to_numpy(float), synthetic[c].to_numpy(float)) for c in real.columns])


def binned(column, other, own_edges):
    values = column.to_numpy(float)
    source = values if own_edges else other.to_numpy(float)
    edges = np.linspace(np.nanmin(source), np.nanmax(source), 11)
    if not own_edges:
        edges[0], edges[-1] = -np.inf, np.inf
        return np.digitize(values, edges[1:-1])
    return np.digitize(values, edges)


def trend_error(real, synthetic, categories, own_edges=False):
    """Pearson for two numbers, contingency of 10 equal-width bins else; bins cut on the real range, or (the published
    form) on each side's own."""
    errors = []
    real_bins = {c: real[c].astype(str).to_numpy() if c in categories else binned(real[c], real[c], own_edges) for c in real.columns}
    synthetic_bins = {c: synthetic[c].astype(str).to_numpy() if c in categories else binned(synthetic[c], real[c], own_edges) for c in real.columns}
    for a, b in itertools.combinations(real.columns, 2):
        if a not in categories and b not in categories:
            errors.append(abs(np.corrcoef(real[a].to_numpy(float), real[b].to_numpy(float))[0, 1] - np.corrcoef(synthetic[a].to_numpy(float), synthetic[b].to_numpy(float))[0, 1]) / 2)
        else:
            pa = pd.Series(list(zip(real_bins[a], real_bins[b]))).value_counts(normalize=True)
            pb = pd.Series(list(zip(synthetic_bins[a], synthetic_bins[b]))).value_counts(normalize=True)
            errors.append(0.5 * pa.subtract(pb, fill_value=0).abs().sum())
    return 100 * np.mean(errors)


def c2st(a, b, seed=0):
    """1 - (2 max(.5, AUC) - 1), mean over 3 folds; and the raw AUC."""
    n = min(len(a), len(b))
    rng = np.random.default_rng(seed)
    x = np.vstack([a[rng.permutation(len(a))[:n]], b[rng.permutation(len(b))[:n]]])
    y = np.r_[np.zeros(n), np.ones(n)]
    aucs = []
    for train, test in StratifiedKFold(3, shuffle=True, random_state=seed).split(x, y):
        model = XGBClassifier(eval_metric="logloss", random_state=0, n_jobs=2, tree_method="hist")
        aucs.append(roc_auc_score(y[test], model.fit(x[train], y[train]).predict_proba(x[test])[:, 1]))
    return 1 - np.mean([2 * max(0.5, auc) - 1 for auc in aucs]), float(np.mean(aucs))


def mle(train, test, target, categories, grid, seed=0):
    """Train on the table, test on real: the grid of the TabSyn protocol chosen on a ninth of the rows."""
    positive = train[target].astype(str).value_counts().index[-1]
    features = [c for c in train.columns if c != target]
    nominal = [c for c in features if c in categories]
    encoder = OneHotEncoder(handle_unknown="ignore").fit(train[nominal].astype(str)) if nominal else None

    def matrix(frame):
        parts = [frame[[c for c in features if c not in nominal]].to_numpy(float)]
        if encoder is not None:
            parts.append(encoder.transform(frame[nominal].astype(str)).toarray())
        return np.hstack(parts).astype(np.float32)

    x, y = matrix(train), (train[target].astype(str) == positive).to_numpy(int)
    order = np.random.default_rng(seed).permutation(len(x))
    check, fit = order[: len(x) // 9], order[len(x) // 9:]
    best = (-1, None)
    space = itertools.product([10, 50, 100], [1, 10], [5, 10, 20], [0, 1]) if grid else [(50, 10, 5, 0), (100, 10, 5, 1), (100, 1, 5, 0)]
    for trees, weight, depth, gamma in space:
        model = XGBClassifier(n_estimators=trees, min_child_weight=weight, max_depth=depth, gamma=gamma, n_jobs=2, tree_method="hist", eval_metric="logloss").fit(x[fit], y[fit])
        auc = roc_auc_score(y[check], model.predict_proba(x[check])[:, 1])
        if auc > best[0]:
            best = (auc, model)
    return roc_auc_score((test[target].astype(str) == positive).to_numpy(int), best[1].predict_proba(matrix(test))[:, 1])


def nearest_l1(x, y, block=256):
    out = np.empty(len(x), np.float32)
    for i in range(0, len(x), block):
        d = np.zeros((len(x[i:i + block]), len(y)), np.float32)
        for j in range(x.shape[1]):
            d += np.abs(x[i:i + block, j:j + 1] - y[:, j][None, :])
        out[i:i + block] = d.min(1)
    return out


def dcr_share(train, holdout, synthetic, categories, rows=3000, seed=0):
    """Share of synthetic rows nearer to train than to the holdout in percent; train cut to the holdout's size; ties split.
    L1 on numbers over the train range, a mismatch counts 1. Also the strict form (ties are not nearer)."""
    rng = np.random.default_rng(seed)
    n = min(len(train), len(holdout))
    codes = ordinal([train, holdout, synthetic], categories)
    columns = list(train.columns)
    for j, c in enumerate(columns):
        if c in categories:
            continue
        low, high = np.nanmin(codes[0][:, j]), np.nanmax(codes[0][:, j])
        for m in codes:
            m[:, j] = (m[:, j] - low) / max(high - low, 1e-12)
    nominal = np.array([c in categories for c in columns])

    def embed(m):
        """L1 over one-hot halves equals 1 a mismatch: spread codes far apart and clip instead."""
        return m.astype(np.float32)

    a = embed(codes[0][rng.permutation(len(train))[:n]])
    b = embed(codes[1][rng.permutation(len(holdout))[:n]])
    s = embed(codes[2][rng.permutation(len(synthetic))[:rows]])

    def nearest(x, y, block=128):
        out = np.empty(len(x), np.float32)
        for i in range(0, len(x), block):
            d = np.zeros((len(x[i:i + block]), len(y)), np.float32)
            for j in range(x.shape[1]):
                diff = np.abs(x[i:i + block, j:j + 1] - y[:, j][None, :])
                d += (diff > 0) if nominal[j] else diff
            out[i:i + block] = d.min(1)
        return out

    da, db = nearest(s, a), nearest(s, b)
    return 100 * float(np.mean(da < db) + 0.5 * np.mean(da == db)), 100 * float(np.mean(da < db))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("set"), parser.add_argument("train"), parser.add_argument("holdout"), parser.add_argument("synthetic"), parser.add_argument("target")
    parser.add_argument("--grid", action="store_true", help="all 36 settings for MLE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", default="", help="comma list of shape,trend,c2st,mle,dcr,lr")
    args = parser.parse_args()
    categories = set(CATEGORIES[args.set])
    skip = set(args.skip.split(","))
    frames = [pd.read_csv(p, keep_default_na=False) for p in (args.train, args.holdout, args.synthetic)]
    train, holdout, synthetic = frames
    synthetic = synthetic[train.columns]
    out = {}
    if "shape" not in skip:
        out["shape"] = shape_error(train, synthetic, categories)
    if "trend" not in skip:
        out["trend"] = trend_error(train, synthetic, categories)
        out["trend_published"] = trend_error(train, synthetic, categories, own_edges=True)
    coded = ordinal([train, holdout, synthetic], categories)
    if "c2st" not in skip:
        out["c2st_train"], out["auc_train"] = c2st(coded[0], coded[2], args.seed)
        out["c2st_holdout"], out["auc_holdout"] = c2st(coded[1], coded[2], args.seed)
    if "mle" not in skip:
        out["mle"] = mle(synthetic, holdout, args.target, categories, args.grid, args.seed)
    if "dcr" not in skip:
        out["dcr_share"], out["dcr_share_strict"] = dcr_share(train, holdout, synthetic, categories, seed=args.seed)
    print(json.dumps({k: round(float(v), 5) for k, v in out.items()}))


if __name__ == "__main__":
    main()
