"""Clustering evaluation as scikit-learn does it: the contract's names around sklearn.metrics."""

from itertools import combinations
from statistics import fmean

import numpy as np
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.utils import check_X_y


def silhouette_samples(X, labels):
    return metrics.silhouette_samples(X, labels)


def silhouette_score(X, labels):
    return metrics.silhouette_score(X, labels)


def davies_bouldin_score(X, labels):
    return metrics.davies_bouldin_score(X, labels)


def calinski_harabasz_score(X, labels):
    return metrics.calinski_harabasz_score(X, labels)


def inertia(X, labels):
    """scikit-learn has it for a k-means that it fitted itself: one with a single cluster for each label."""
    X, labels = check_X_y(X, labels)
    return sum(KMeans(1, n_init=1, random_state=0).fit(X[labels == label]).inertia_ for label in np.unique(labels))


def adjusted_rand_index(labels_a, labels_b):
    return metrics.adjusted_rand_score(labels_a, labels_b)


def normalized_mutual_information(labels_a, labels_b):
    return metrics.normalized_mutual_info_score(labels_a, labels_b)


def homogeneity_completeness(labels_true, labels_pred):
    return metrics.homogeneity_completeness_v_measure(labels_true, labels_pred)[:2]


def choose_n_clusters(X, labelings):
    scores = {k: metrics.silhouette_score(X, labels) for k, labels in labelings.items()}
    return max(sorted(scores), key=scores.get), scores


def stability(labelings):
    return fmean(metrics.adjusted_rand_score(a, b) for a, b in combinations(labelings, 2))
