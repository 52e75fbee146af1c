"""k-nearest neighbours as scikit-learn does it: the contract's names around KNeighborsClassifier."""

import numpy as np
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsClassifier


class KNNClassifier:
    def __init__(self, n_neighbors=5, *, weights="uniform", metric="euclidean"):
        self.model = KNeighborsClassifier(n_neighbors, weights=weights, metric=metric, algorithm="brute")
        self.rows, self.labels = [], []

    @property
    def classes_(self):
        return self.model.classes_

    def fit(self, X, y):
        self.rows, self.labels = [], []
        return self.partial_fit(X, y)

    def partial_fit(self, X, y):
        """scikit-learn has none for this model: keep what was seen, and fit to all of it."""
        rows, labels = [*self.rows, X], [*self.labels, y]
        self.model.fit(np.concatenate(rows), np.concatenate(labels))
        self.rows, self.labels = rows, labels
        return self

    def kneighbors(self, X, n_neighbors=None):
        return self.model.kneighbors(X, n_neighbors)

    def predict_proba(self, X):
        return self.model.predict_proba(X)

    def predict(self, X):
        return self.model.predict(X)


def select_n_neighbors(X, y, candidates, *, n_folds=5, random_state=None):
    search = GridSearchCV(
        KNeighborsClassifier(algorithm="brute"),
        {"n_neighbors": list(candidates)},
        cv=KFold(n_folds, shuffle=True, random_state=random_state),
        refit=False,
        error_score="raise",
    )
    search.fit(X, y)
    return search.best_params_["n_neighbors"], search.cv_results_["mean_test_score"]
