"""The formulas as they stand, in plain Python with exact sums; numpy only turns arrays into lists.

Loses: speed
"""

from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import dist, fsum, isfinite, isnan, log

import numpy as np


def as_labels(labels):
    values = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    if not values:
        raise ValueError("no labels")
    for value in values:
        if isinstance(value, (list, tuple, np.ndarray)):
            raise ValueError("labels have more than one axis")
        if isinstance(value, float) and isnan(value):
            raise ValueError("a label is NaN")
    return values


def as_points(X):
    rows = X.tolist() if isinstance(X, np.ndarray) else list(X)
    points = []
    for row in rows:
        if not isinstance(row, (list, tuple, np.ndarray)):
            raise ValueError("X has one axis")
        points.append(tuple(as_number(value) for value in row))
    if not points or not points[0] or len({len(point) for point in points}) > 1:
        raise ValueError("X is not a table")
    return points


def as_number(value):
    if isinstance(value, (list, tuple, np.ndarray)):
        raise ValueError("X has more than two axes")
    if not isfinite(value):
        raise ValueError("X has NaN or infinity")
    return float(value)


def clusters_of(X, labels, several=True):
    points, names = as_points(X), as_labels(labels)
    if len(points) != len(names):
        raise ValueError("X and labels differ in length")
    clusters = {}
    for point, name in zip(points, names, strict=True):
        clusters.setdefault(name, []).append(point)
    if several and len(clusters) in (1, len(points)):
        raise ValueError("not defined for one cluster or for n")
    return points, names, clusters


def silhouette_samples(X, labels):
    points, names, clusters = clusters_of(X, labels)
    samples = []
    for point, name in zip(points, names, strict=True):
        means = {}
        for other, members in clusters.items():
            n_others = len(members) - (other == name)
            total = fsum(dist(point, member) for member in members)
            means[other] = total / n_others if n_others else None
        a = means.pop(name)
        b = min(means.values())
        samples.append(0.0 if a is None or a == b == 0 else (b - a) / max(a, b))
    return tuple(samples)


def silhouette_score(X, labels):
    samples = silhouette_samples(X, labels)
    return fsum(samples) / len(samples)


def centre(points):
    return tuple(fsum(column) / len(points) for column in zip(*points, strict=True))


def davies_bouldin_score(X, labels):
    _, _, clusters = clusters_of(X, labels)
    centres = {name: centre(members) for name, members in clusters.items()}
    scatter = {
        name: fsum(dist(m, centres[name]) for m in members) / len(members) for name, members in clusters.items()
    }
    worst = [
        max((scatter[i] + scatter[j]) / dist(centres[i], centres[j]) for j in clusters if j != i) for i in clusters
    ]
    return fsum(worst) / len(worst)


def calinski_harabasz_score(X, labels):
    points, _, clusters = clusters_of(X, labels)
    middle, n, k = centre(points), len(points), len(clusters)
    between = fsum(len(members) * dist(centre(members), middle) ** 2 for members in clusters.values())
    return (between / (k - 1)) / (inertia(X, labels) / (n - k))


def inertia(X, labels):
    _, _, clusters = clusters_of(X, labels, several=False)
    squares = []
    for members in clusters.values():
        middle = centre(members)
        squares += [dist(member, middle) ** 2 for member in members]
    return fsum(squares)


def tables(labels_a, labels_b):
    a, b = as_labels(labels_a), as_labels(labels_b)
    if len(a) != len(b):
        raise ValueError("labelings differ in length")
    return len(a), Counter(a), Counter(b), Counter(zip(a, b, strict=True))


def pairs(counter):
    return sum(count * (count - 1) // 2 for count in counter.values())


def adjusted_rand_index(labels_a, labels_b):
    n, a, b, both = tables(labels_a, labels_b)
    if n == 1:
        return 1.0
    chance = Fraction(pairs(a) * pairs(b), n * (n - 1) // 2)
    most = Fraction(pairs(a) + pairs(b), 2)
    return float((pairs(both) - chance) / (most - chance)) if most != chance else 1.0


def entropy(counter, n):
    return fsum(-count / n * log(count / n) for count in counter.values())


def normalized_mutual_information(labels_a, labels_b):
    homogeneity, completeness = homogeneity_completeness(labels_a, labels_b)
    if homogeneity <= 0 or completeness <= 0:
        return 0.0
    return 2 * homogeneity * completeness / (homogeneity + completeness)


def homogeneity_completeness(labels_true, labels_pred):
    n, true, pred, both = tables(labels_true, labels_pred)
    left = fsum(-count / n * log(count / pred[j]) for (_, j), count in both.items())
    spread = fsum(-count / n * log(count / true[i]) for (i, _), count in both.items())
    homogeneity = 1 - left / entropy(true, n) if len(true) > 1 else 1.0
    completeness = 1 - spread / entropy(pred, n) if len(pred) > 1 else 1.0
    return homogeneity, completeness


def choose_n_clusters(X, labelings):
    if not labelings:
        raise ValueError("no labelings")
    scores = {k: silhouette_score(X, labels) for k, labels in labelings.items()}
    return min(scores, key=lambda k: (-scores[k], k)), scores


def stability(labelings):
    if len(labelings) < 2:
        raise ValueError("fewer than two labelings")
    indices = [adjusted_rand_index(a, b) for a, b in combinations(labelings, 2)]
    return fsum(indices) / len(indices)
