"""Gaussian mixtures as scikit-learn does them: the contract's names around its GaussianMixture."""

import numpy as np
from sklearn import mixture
from sklearn.mixture._gaussian_mixture import _compute_precision_cholesky, _estimate_gaussian_parameters
from sklearn.utils import check_array


class GaussianMixture:
    def __init__(self, n_components=1, *, n_init=1, max_iter=100, tol=1e-3, reg_covar=1e-6, random_state=None):
        self.model = mixture.GaussianMixture(
            n_components,
            n_init=n_init,
            max_iter=max_iter,
            tol=tol,
            reg_covar=reg_covar,
            random_state=random_state,
        )

    def __getattr__(self, name):
        return getattr(self.model, "lower_bounds_" if name == "log_likelihoods_" else name)

    def fit(self, X):
        self.model.fit(X)
        return self

    def impute(self, X):
        raise NotImplementedError("scikit-learn's mixtures know no missing values")


def e_step(X, weights, means, covariances):
    model = mixture.GaussianMixture(len(weights))
    model.weights_, model.means_, model.covariances_ = (
        np.asarray(value, dtype=float) for value in (weights, means, covariances)
    )
    model.precisions_cholesky_ = _compute_precision_cholesky(model.covariances_, "full")
    mean_log_likelihood, log_responsibilities = model._e_step(check_array(X, dtype=float))
    return log_responsibilities, mean_log_likelihood


def m_step(X, responsibilities, *, reg_covar=1e-6):
    X, responsibilities = check_array(X, dtype=float), check_array(responsibilities, dtype=float)
    sizes, means, covariances = _estimate_gaussian_parameters(X, responsibilities, reg_covar, "full")
    return sizes / sizes.sum(), means, covariances


def select_n_components(X, candidates, *, random_state=None):
    bics = [mixture.GaussianMixture(k, n_init=5, random_state=random_state).fit(X).bic(X) for k in candidates]
    return candidates[int(np.argmin(bics))], bics
