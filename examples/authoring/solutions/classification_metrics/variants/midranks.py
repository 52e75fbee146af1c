"""Ranks: the area from the sum of the positives' ranks, each the mean over its ties (Wilcoxon)."""

import numpy as np


class Metric:
    """Checked input, split into what is positive and what is not."""

    def __init__(self, y_true, other, positive):
        self.truth = np.asarray(y_true)
        self.other = np.asarray(other)
        for values in (self.truth, self.other):
            if len(values.shape) != 1 or len(values) == 0:
                raise ValueError("each argument needs one axis and at least one entry")
        if self.truth.size != self.other.size:
            raise ValueError("the arguments differ in length")
        self.mask = np.equal(self.truth, positive)


def precision(y_true, y_pred, *, positive=1, zero_division=0.0):
    metric = Metric(y_true, y_pred, positive)
    chosen = metric.mask[metric.other == positive]
    return chosen.mean() if chosen.size else float(zero_division)


def recall(y_true, y_pred, *, positive=1, zero_division=0.0):
    metric = Metric(y_true, y_pred, positive)
    chosen = (metric.other == positive)[metric.mask]
    return chosen.mean() if chosen.size else float(zero_division)


def roc_auc(y_true, scores, *, positive=1):
    metric = Metric(y_true, np.asarray(scores, dtype=float), positive)
    scores, n = metric.other, metric.other.size
    if np.isnan(scores).any() or np.isinf(scores).any():
        raise ValueError("NaN or infinity among the scores")
    n_positive = int(metric.mask.sum())
    if n_positive in (0, n):
        raise ValueError("one class only")
    ordered = np.sort(scores)
    ranks = (np.searchsorted(ordered, scores, "left") + 1 + np.searchsorted(ordered, scores, "right")) / 2
    surplus = ranks[metric.mask].sum() - n_positive * (n_positive + 1) / 2
    return surplus / (n_positive * (n - n_positive))
