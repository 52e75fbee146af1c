"""The ROC curve itself: sorted by falling score, one point for each distinct score, joined by straight lines."""

import numpy as np


def prepare(a, b):
    a, b = np.array(a), np.array(b)
    if a.ndim != 1 or a.shape != b.shape or a.size < 1:
        raise ValueError(f"shapes {a.shape} and {b.shape}")
    return a, b


def confusion(y_true, y_pred, positive):
    y_true, y_pred = prepare(y_true, y_pred)
    t, p = (y_true == positive).astype(int), (y_pred == positive).astype(int)
    table = np.bincount(2 * t + p, minlength=4)
    return {"fp": table[1], "fn": table[2], "tp": table[3]}


def precision(y_true, y_pred, *, positive=1, zero_division=0.0):
    c = confusion(y_true, y_pred, positive)
    if c["tp"] + c["fp"] == 0:
        return zero_division
    return c["tp"] / (c["tp"] + c["fp"])


def recall(y_true, y_pred, *, positive=1, zero_division=0.0):
    c = confusion(y_true, y_pred, positive)
    if c["tp"] + c["fn"] == 0:
        return zero_division
    return c["tp"] / (c["tp"] + c["fn"])


def roc_auc(y_true, scores, *, positive=1):
    y, s = prepare(y_true, scores)
    if not np.isfinite(s).all():
        raise ValueError("scores must be finite")
    y = (y == positive).astype(float)
    if y.min() == y.max():
        raise ValueError("only one class")
    order = np.argsort(-s.astype(float), kind="stable")
    y, s = y[order], s[order]
    ends = np.append(np.flatnonzero(s[1:] != s[:-1]), len(s) - 1)
    tpr = np.concatenate([[0.0], np.cumsum(y)[ends] / y.sum()])
    fpr = np.concatenate([[0.0], np.cumsum(1 - y)[ends] / (1 - y).sum()])
    return np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2)
