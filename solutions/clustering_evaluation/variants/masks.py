"""One boolean mask for each cluster; silhouettes and contingency tables in loops over clusters."""

import numpy as np


def _labels(labels):
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError("labels: one axis expected")
    if not labels.size:
        raise ValueError("labels: none given")
    if (labels != labels).any():
        raise ValueError("labels: NaN")
    return labels, [labels == value for value in sorted(set(labels.tolist()))]


def _data(X, labels, low=2, spare=1):
    X = np.asarray(X).astype(float)
    labels, masks = _labels(labels)
    if X.ndim != 2 or not X.size:
        raise ValueError("X: two axes, neither empty, expected")
    if len(X) != len(labels):
        raise ValueError("X and labels: lengths differ")
    if np.isnan(X).any() or np.isinf(X).any():
        raise ValueError("X: NaN or infinity")
    if not low <= len(masks) <= len(X) - spare:
        raise ValueError(f"{len(masks)} clusters of {len(X)} points")
    return X, masks


def silhouette_samples(X, labels):
    X, masks = _data(X, labels)
    n, k = len(X), len(masks)
    result = np.zeros(n)
    members = [np.flatnonzero(mask) for mask in masks]
    for c in range(k):
        if len(members[c]) == 1:
            continue
        for i in members[c]:
            distance = np.sqrt(np.square(X - X[i]).sum(axis=1))
            a = distance[members[c]].sum() / (len(members[c]) - 1)
            b = min(distance[members[other]].mean() for other in range(k) if other != c)
            if a > 0 or b > 0:
                result[i] = (b - a) / (a if a > b else b)
    return result


def silhouette_score(X, labels):
    return np.mean(silhouette_samples(X, labels))


def davies_bouldin_score(X, labels):
    X, masks = _data(X, labels)
    centroids = np.array([X[mask].mean(axis=0) for mask in masks])
    scatter = np.array([np.hypot.reduce(X[m] - c, axis=1).mean() for m, c in zip(masks, centroids, strict=True)])
    difference = centroids[:, None, :] - centroids[None, :, :]
    separation = np.hypot.reduce(difference, axis=2)
    pairs = ~np.eye(len(masks), dtype=bool)
    ratios = np.zeros_like(separation)
    ratios[pairs] = (scatter[:, None] + scatter)[pairs] / separation[pairs]
    return np.mean(np.max(ratios, axis=1))


def calinski_harabasz_score(X, labels):
    X, masks = _data(X, labels)
    within = sum(X[mask].var(axis=0).sum() * mask.sum() for mask in masks)
    between = sum(np.square(X[mask].mean(axis=0) - X.mean(axis=0)).sum() * mask.sum() for mask in masks)
    return (between / (len(masks) - 1)) / (within / (len(X) - len(masks)))


def inertia(X, labels):
    X, masks = _data(X, labels, low=1, spare=0)
    return sum(X[mask].var(axis=0).sum() * mask.sum() for mask in masks)


def _counts(labels_a, labels_b):
    (a, masks_a), (b, masks_b) = _labels(labels_a), _labels(labels_b)
    if len(a) != len(b):
        raise ValueError("lengths differ")
    cells = [[np.count_nonzero(one & two) for two in masks_b] for one in masks_a]
    return np.array(cells)


def adjusted_rand_index(labels_a, labels_b):
    cells = _counts(labels_a, labels_b).astype(np.longdouble)
    n = cells.sum()
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    # The same partition: one cell in every row and in every column.
    if (np.count_nonzero(cells, axis=0) == 1).all() and (np.count_nonzero(cells, axis=1) == 1).all():
        return 1.0
    together, by_row, by_column = (np.sum(c * (c - 1)) / 2 for c in (cells, rows, columns))
    chance = by_row * by_column / (n * (n - 1) / 2)
    return float((together - chance) / ((by_row + by_column) / 2 - chance))


def _conditional(cells):
    """H(rows) and H(rows | columns)."""
    n = cells.sum()
    rows = cells.sum(axis=1) / n
    left = 0.0
    for column in cells.T:
        share = column[column > 0] / column.sum()
        left -= column.sum() / n * (share * np.log(share)).sum()
    return -(rows * np.log(rows)).sum(), left


def normalized_mutual_information(labels_a, labels_b):
    cells = _counts(labels_a, labels_b)
    if cells.shape == (1, 1):
        return 1.0
    h_a, left_a = _conditional(cells)
    h_b, left_b = _conditional(cells.T)
    return (h_a - left_a + h_b - left_b) / (h_a + h_b)


def homogeneity_completeness(labels_true, labels_pred):
    cells = _counts(labels_true, labels_pred)
    values = []
    for table in (cells, cells.T):
        entropy, left = _conditional(table)
        values.append(1 - left / entropy if len(table) > 1 else 1.0)
    return tuple(values)


def choose_n_clusters(X, labelings):
    if not labelings:
        raise ValueError("labelings: none given")
    scores = {int(k): float(silhouette_score(X, labels)) for k, labels in labelings.items()}
    best = max(scores.values())
    return min(k for k in scores if scores[k] == best), scores


def stability(labelings):
    m = len(labelings)
    if m < 2:
        raise ValueError("labelings: two or more expected")
    table = np.eye(m)
    for i in range(m):
        for j in range(i + 1, m):
            table[i, j] = table[j, i] = adjusted_rand_index(labelings[i], labelings[j])
    return (table.sum() - m) / (m * (m - 1))
