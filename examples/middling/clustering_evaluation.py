"""Clustering evaluation: a sample submission of middling quality."""

from collections import Counter
from math import comb, log, sqrt

import numpy as np


def check(X, labels):
    X, labels = np.asarray(X, dtype=float), np.asarray(labels)
    if len(X) != len(labels):
        raise ValueError("X and labels must have the same length")
    k = len(np.unique(labels))
    if k < 2 or k == len(X):
        raise ValueError("the number of clusters must be between 2 and n - 1")
    return X, labels


def silhouette_samples(X, labels):
    X, labels = check(X, labels)
    squares = (X**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * X @ X.T, 0))
    names = np.unique(labels)
    result = []
    for i in range(len(X)):
        own = labels == labels[i]
        a = distances[i, own].sum() / max(own.sum() - 1, 1)
        b = min(distances[i, labels == name].mean() for name in names if name != labels[i])
        result.append((b - a) / max(a, b) if max(a, b) > 0 else 0.0)
    return np.array(result)


def silhouette_score(X, labels):
    return silhouette_samples(X, labels).mean()


def centroids_of(X, labels):
    return np.array([X[labels == name].mean(axis=0) for name in np.unique(labels)])


def davies_bouldin_score(X, labels):
    X, labels = check(X, labels)
    centroids = centroids_of(X, labels)
    scatter = [
        np.sqrt(((X[labels == name] - c) ** 2).sum(axis=1)).mean()
        for name, c in zip(np.unique(labels), centroids, strict=False)
    ]
    worst = []
    for i in range(len(centroids)):
        ratios = [
            (scatter[i] + scatter[j]) / np.linalg.norm(centroids[i] - centroids[j])
            for j in range(len(centroids))
            if j != i
        ]
        worst.append(max(ratios))
    return np.mean(worst)


def calinski_harabasz_score(X, labels):
    X, labels = check(X, labels)
    centroids = centroids_of(X, labels)
    sizes = np.array([(labels == name).sum() for name in np.unique(labels)])
    between = (sizes[:, None] * (centroids - X.mean(axis=0)) ** 2).sum()
    return between / (len(centroids) - 1) / (inertia(X, labels) / (len(X) - len(centroids)))


def inertia(X, labels):
    X, labels = np.asarray(X, dtype=float), np.asarray(labels)
    return sum(((X[labels == name] - X[labels == name].mean(axis=0)) ** 2).sum() for name in np.unique(labels))


def adjusted_rand_index(labels_a, labels_b):
    a, b = list(labels_a), list(labels_b)
    together = sum(comb(count, 2) for count in Counter(zip(a, b, strict=False)).values())
    in_a = sum(comb(count, 2) for count in Counter(a).values())
    in_b = sum(comb(count, 2) for count in Counter(b).values())
    expected = in_a * in_b / comb(len(a), 2)
    return (together - expected) / ((in_a + in_b) / 2 - expected)


def entropy(labels):
    return -sum(count / len(labels) * log(count / len(labels)) for count in Counter(labels).values())


def information(a, b):
    n, in_a, in_b = len(a), Counter(a), Counter(b)
    return sum(m / n * log(n * m / (in_a[x] * in_b[y])) for (x, y), m in Counter(zip(a, b, strict=False)).items())


def normalized_mutual_information(labels_a, labels_b):
    a, b = list(labels_a), list(labels_b)
    if entropy(a) == 0 or entropy(b) == 0:
        return 0.0
    return information(a, b) / sqrt(entropy(a) * entropy(b))


def homogeneity_completeness(labels_true, labels_pred):
    true, predicted = list(labels_true), list(labels_pred)
    shared = information(true, predicted)
    return (
        shared / entropy(true) if entropy(true) else 1.0,
        shared / entropy(predicted) if entropy(predicted) else 1.0,
    )


def choose_n_clusters(X, labelings):
    scores = {k: silhouette_score(X, labels) for k, labels in labelings.items()}
    return max(scores, key=scores.get), scores


def stability(labelings):
    pairs = [(a, b) for i, a in enumerate(labelings) for b in labelings[i + 1 :]]
    return sum(adjusted_rand_index(a, b) for a, b in pairs) / len(pairs)
