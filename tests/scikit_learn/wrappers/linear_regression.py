"""Linear regression as scikit-learn does it: the contract's names around LinearRegression and Ridge."""

from sklearn import linear_model
from sklearn.model_selection import GridSearchCV, KFold


class LinearRegression:
    def __init__(self, *, fit_intercept=True, alpha=0.0):
        if alpha == 0:
            self.model = linear_model.LinearRegression(fit_intercept=fit_intercept)
        else:
            self.model = linear_model.Ridge(alpha, fit_intercept=fit_intercept)

    @property
    def coef_(self):
        return self.model.coef_

    @property
    def intercept_(self):
        return self.model.intercept_

    def fit(self, X, y, sample_weight=None):
        self.model.fit(X, y, sample_weight)
        return self

    def partial_fit(self, X, y):
        raise NotImplementedError("scikit-learn has no partial_fit for least squares, but for gradient descent")

    def predict(self, X):
        return self.model.predict(X)

    def score(self, X, y):
        return self.model.score(X, y)

    def standard_errors(self):
        raise NotImplementedError("scikit-learn has no standard errors")

    def confidence_intervals(self, critical_value=1.96):
        raise NotImplementedError("scikit-learn has no standard errors")


def residual_diagnostics(X, y):
    raise NotImplementedError("scikit-learn has no diagnostics of residuals")


def select_alpha(X, y, candidates, *, n_folds=5, random_state=None):
    search = GridSearchCV(
        linear_model.Ridge(),
        {"alpha": list(candidates)},
        scoring="neg_mean_squared_error",
        cv=KFold(n_folds, shuffle=True, random_state=random_state),
        refit=False,
        error_score="raise",
    )
    search.fit(X, y)
    return search.best_params_["alpha"], -search.cv_results_["mean_test_score"]
