"""A class for one labelling and one for two; the Rand index from the 2 × 2 table of pairs (Chacón and Rastrojo 2022).

Silhouettes come from blocks of rows whose coordinate differences are held at once.
"""

import numpy as np


class Labelling:
    """Labels renumbered from 0 in the order in which they first appear."""

    def __init__(self, labels):
        values = np.asarray(labels)
        if values.ndim != 1 or len(values) == 0:
            raise ValueError(f"labels should be a non-empty vector, got shape {values.shape}")
        if np.issubdtype(values.dtype, np.floating) and np.isnan(values).any():
            raise ValueError("labels should not be NaN")
        _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.intp)
        rank[np.argsort(first)] = np.arange(len(first))
        self.code = rank[inverse]
        self.n = len(values)
        self.k = len(first)
        self.size = np.bincount(self.code, minlength=self.k)


class Clustering:
    """Points with their labels."""

    BLOCK = 200_000

    def __init__(self, X, labels):
        self.X = np.asarray(X, dtype=np.float64)
        self.labelling = Labelling(labels)
        if self.X.ndim != 2 or 0 in self.X.shape:
            raise ValueError(f"X should be a non-empty table, got shape {self.X.shape}")
        if len(self.X) != self.labelling.n:
            raise ValueError(f"{len(self.X)} rows but {self.labelling.n} labels")
        if not np.isfinite(self.X).all():
            raise ValueError("X should be finite")
        self.centroids = np.zeros((self.labelling.k, self.X.shape[1]))
        np.add.at(self.centroids, self.labelling.code, self.X - self.X[0])
        self.centroids /= self.labelling.size[:, None]
        self.centroids += self.X[0]
        self.residuals = self.X - self.centroids[self.labelling.code]

    def with_ratio(self):
        if self.labelling.k < 2 or self.labelling.k >= self.labelling.n:
            raise ValueError("the number of clusters should be from 2 to n - 1")
        return self

    def silhouettes(self):
        code, size, k = self.labelling.code, self.labelling.size, self.labelling.k
        n, p = self.X.shape
        step = max(1, self.BLOCK // (n * p))
        columns = np.eye(k)[code]
        result = np.zeros(n)
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            difference = self.X[rows, None, :] - self.X[None, :, :]
            sums = np.sqrt(np.einsum("ijk,ijk->ij", difference, difference)) @ columns
            own = code[rows]
            here = np.arange(len(own))
            with np.errstate(invalid="ignore", divide="ignore"):
                a = sums[here, own] / (size[own] - 1)
                means = sums / size
                means[here, own] = np.inf
                b = means.min(axis=1)
                s = (b - a) / np.maximum(a, b)
            s[(size[own] == 1) | ((a == 0) & (b == 0))] = 0.0
            result[rows] = s
        return result

    def davies_bouldin(self):
        k = self.labelling.k
        scatter = np.zeros(k)
        np.add.at(scatter, self.labelling.code, np.linalg.norm(self.residuals, axis=1))
        scatter /= self.labelling.size
        worst = np.empty(k)
        for i in range(k):
            others = np.arange(k) != i
            gap = np.linalg.norm(self.centroids[others] - self.centroids[i], axis=1)
            worst[i] = np.max((scatter[i] + scatter[others]) / gap)
        return float(worst.mean())

    def within(self):
        return float(np.einsum("ij,ij->", self.residuals, self.residuals))

    def between(self):
        gap = self.centroids - self.X.mean(axis=0)
        return float(self.labelling.size @ np.einsum("ij,ij->i", gap, gap))

    def calinski_harabasz(self):
        n, k = self.labelling.n, self.labelling.k
        return self.between() * (n - k) / (self.within() * (k - 1))


class Comparison:
    """The contingency table of two labelings."""

    def __init__(self, labels_a, labels_b):
        a, b = Labelling(labels_a), Labelling(labels_b)
        if a.n != b.n:
            raise ValueError(f"{a.n} labels against {b.n}")
        self.n, self.a, self.b = a.n, a.size, b.size
        self.table = np.zeros((a.k, b.k), dtype=np.int64)
        np.add.at(self.table, (a.code, b.code), 1)

    def rand(self):
        squares = int((self.table**2).sum())
        same_both = squares - self.n
        a_alone = int((self.a**2).sum()) - squares
        b_alone = int((self.b**2).sum()) - squares
        neither = self.n**2 - same_both - a_alone - b_alone - self.n
        if a_alone == 0 and b_alone == 0:
            return 1.0
        top = 2 * (same_both * neither - a_alone * b_alone)
        bottom = (same_both + a_alone) * (a_alone + neither) + (same_both + b_alone) * (b_alone + neither)
        return top / bottom

    def entropies(self):
        return tuple(self._entropy(part) for part in (self.a, self.b, self.table[self.table > 0]))

    def _entropy(self, counts):
        return float(np.log(self.n) - counts @ np.log(counts) / self.n)


def silhouette_samples(X, labels):
    return Clustering(X, labels).with_ratio().silhouettes()


def silhouette_score(X, labels):
    return float(silhouette_samples(X, labels).mean())


def davies_bouldin_score(X, labels):
    return Clustering(X, labels).with_ratio().davies_bouldin()


def calinski_harabasz_score(X, labels):
    return Clustering(X, labels).with_ratio().calinski_harabasz()


def inertia(X, labels):
    return Clustering(X, labels).within()


def adjusted_rand_index(labels_a, labels_b):
    return Comparison(labels_a, labels_b).rand()


def normalized_mutual_information(labels_a, labels_b):
    comparison = Comparison(labels_a, labels_b)
    if len(comparison.a) == 1 or len(comparison.b) == 1:
        return float(len(comparison.a) == len(comparison.b))
    h_a, h_b, joint = comparison.entropies()
    return (h_a + h_b - joint) / (0.5 * (h_a + h_b))


def homogeneity_completeness(labels_true, labels_pred):
    comparison = Comparison(labels_true, labels_pred)
    h_true, h_pred, joint = comparison.entropies()
    homogeneity = 1.0 if len(comparison.a) == 1 else 1.0 - (joint - h_pred) / h_true
    completeness = 1.0 if len(comparison.b) == 1 else 1.0 - (joint - h_true) / h_pred
    return [homogeneity, completeness]


def choose_n_clusters(X, labelings):
    if not labelings:
        raise ValueError("there is no labelling")
    scores = {k: silhouette_score(X, labels) for k, labels in labelings.items()}
    top = max(scores.values())
    return min(k for k, value in scores.items() if value == top), scores


def stability(labelings):
    if len(labelings) < 2:
        raise ValueError("two labelings are the least")
    total, pairs = 0.0, 0
    for i in range(len(labelings)):
        for j in range(i):
            total += adjusted_rand_index(labelings[i], labelings[j])
            pairs += 1
    return total / pairs
