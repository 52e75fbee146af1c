"""Labels in dicts and Counters, counts in Python integers; the silhouette one row at a time; lists as results."""

from collections import Counter
from itertools import combinations
from math import comb, log

import numpy as np


def check_labels(labels):
    if np.ndim(labels) != 1:
        raise ValueError("labels should be a flat sequence")
    names = np.asarray(labels).tolist()
    if not names:
        raise ValueError("no points")
    if any(name != name for name in names):
        raise ValueError("NaN among the labels")
    return names


def check_points(X, labels):
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError("X should be a table with rows and columns")
    names = check_labels(labels)
    if len(names) != len(X):
        raise ValueError("X and labels differ in length")
    if not np.isfinite(X).all():
        raise ValueError("X has missing or infinite values")
    members = {}
    for i, name in enumerate(names):
        members.setdefault(name, []).append(i)
    return X, names, {name: np.array(rows) for name, rows in members.items()}


def check_two(labels_a, labels_b):
    a, b = check_labels(labels_a), check_labels(labels_b)
    if len(a) != len(b):
        raise ValueError("labelings differ in length")
    return len(a), Counter(a), Counter(b), Counter(zip(a, b, strict=True))


def check_number_of_clusters(members, n):
    if len(members) < 2:
        raise ValueError("one cluster only")
    if len(members) == n:
        raise ValueError("every point is a cluster")


def silhouette_samples(X, labels):
    X, names, members = check_points(X, labels)
    check_number_of_clusters(members, len(X))
    clusters = list(members)
    number = {name: j for j, name in enumerate(clusters)}
    sizes = np.array([len(members[name]) for name in clusters])
    order = np.concatenate([members[name] for name in clusters])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    Z = X[order]
    result = []
    for i, name in enumerate(names):
        own = number[name]
        if sizes[own] == 1:
            result.append(0.0)
            continue
        gaps = Z - X[i]
        sums = np.add.reduceat(np.sqrt(np.einsum("ij,ij->i", gaps, gaps)), starts)
        a = sums[own] / (sizes[own] - 1)
        means = sums / sizes
        b = min(means[j] for j in range(len(sizes)) if j != own)
        result.append(float((b - a) / max(a, b)) if max(a, b) > 0 else 0.0)
    return result


def silhouette_score(X, labels):
    values = silhouette_samples(X, labels)
    return sum(values) / len(values)


def davies_bouldin_score(X, labels):
    X, _, members = check_points(X, labels)
    check_number_of_clusters(members, len(X))
    centroids = {name: X[rows].mean(axis=0) for name, rows in members.items()}
    scatter = {name: np.linalg.norm(X[rows] - centroids[name], axis=1).mean() for name, rows in members.items()}
    worst = dict.fromkeys(members, 0.0)
    for i, j in combinations(members, 2):
        ratio = (scatter[i] + scatter[j]) / np.linalg.norm(centroids[i] - centroids[j])
        worst[i], worst[j] = max(worst[i], ratio), max(worst[j], ratio)
    return sum(worst.values()) / len(worst)


def calinski_harabasz_score(X, labels):
    X, _, members = check_points(X, labels)
    check_number_of_clusters(members, len(X))
    middle = X.mean(axis=0)
    between = sum(len(rows) * ((X[rows].mean(axis=0) - middle) ** 2).sum() for rows in members.values())
    within = sum(((X[rows] - X[rows].mean(axis=0)) ** 2).sum() for rows in members.values())
    return between / within * (len(X) - len(members)) / (len(members) - 1)


def inertia(X, labels):
    X, _, members = check_points(X, labels)
    return sum(((X[rows] - X[rows].mean(axis=0)) ** 2).sum() for rows in members.values())


def adjusted_rand_index(labels_a, labels_b):
    n, in_a, in_b, cells = check_two(labels_a, labels_b)
    R, P, Q = (sum(comb(count, 2) for count in counts.values()) for counts in (cells, in_a, in_b))
    if P == Q == R:
        return 1.0
    expected = P * Q / comb(n, 2)
    return (R - expected) / ((P + Q) / 2 - expected)


def entropy(counts, n):
    return sum(count / n * log(n / count) for count in counts.values())


def normalized_mutual_information(labels_a, labels_b):
    n, in_a, in_b, cells = check_two(labels_a, labels_b)
    if len(in_a) == 1 and len(in_b) == 1:
        return 1.0
    shared = sum(count / n * log(n * count / (in_a[i] * in_b[j])) for (i, j), count in cells.items())
    return shared / ((entropy(in_a, n) + entropy(in_b, n)) / 2)


def homogeneity_completeness(labels_true, labels_pred):
    n, in_true, in_pred, cells = check_two(labels_true, labels_pred)
    h_true, h_pred, joint = entropy(in_true, n), entropy(in_pred, n), entropy(cells, n)
    homogeneity = 1 - (joint - h_pred) / h_true if len(in_true) > 1 else 1
    completeness = 1 - (joint - h_true) / h_pred if len(in_pred) > 1 else 1
    return homogeneity, completeness


def choose_n_clusters(X, labelings):
    if len(labelings) == 0:
        raise ValueError("nothing to choose from")
    best, scores = None, {}
    for k in sorted(labelings):
        scores[k] = silhouette_score(X, labelings[k])
        if best is None or scores[k] > scores[best]:
            best = k
    return best, scores


def stability(labelings):
    labelings = list(labelings)
    if len(labelings) < 2:
        raise ValueError("at least two labelings are needed")
    indices = [adjusted_rand_index(a, b) for a, b in combinations(labelings, 2)]
    return sum(indices) / len(indices)
