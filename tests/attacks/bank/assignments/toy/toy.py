"""Nearest centroids and a few statistics; see README.md."""


class CentroidModel:
    """Predicts the class whose mean is nearest."""

    def fit(self, X, y):
        """Store classes_ and centroids_; return the model."""
        raise NotImplementedError

    def predict(self, Q):
        """Return the class of each row, shape (n_queries,)."""
        raise NotImplementedError


def spread(X):
    """Return the square root of the mean squared distance from the mean, a float."""
    raise NotImplementedError


def column_means(X):
    """Return the mean of each column, shape (n_features,)."""
    raise NotImplementedError


def extremes(x):
    """Return the smallest and the largest value."""
    raise NotImplementedError


def summary(label, x):
    """Return a dict with label, mean and median."""
    raise NotImplementedError


def shuffled(X, seed):
    """Return the rows in an order drawn from the seed."""
    raise NotImplementedError


def ranks(x):
    """Return for each value how many are smaller, shape (n,)."""
    raise NotImplementedError


def smallest_gap(x):
    """Return the smallest distance between two of the values."""
    raise NotImplementedError
