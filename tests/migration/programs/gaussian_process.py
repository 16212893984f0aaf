"""A Gaussian process, whose kernel is fitted by the marginal likelihood."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import value_and_grad


def rbf_covariance(kernel_params, x, xp):
    output_scale, lengthscales = np.exp(kernel_params[0]), np.exp(kernel_params[1:])
    diffs = np.expand_dims(x / lengthscales, 1) - np.expand_dims(xp / lengthscales, 0)
    return output_scale * np.exp(-0.5 * np.sum(diffs**2, axis=2))


def main():
    rs = npr.RandomState(0)
    X = rs.rand(15, 1) * 6
    y = np.sin(X[:, 0]) + 0.1 * rs.randn(15)

    def log_marginal(params):
        mean, noise = params[0], np.exp(params[1]) + 1e-4
        cov = rbf_covariance(params[2:], X, X) + noise * np.eye(len(y))
        chol = np.linalg.cholesky(cov)
        solved = np.linalg.solve(chol, y - mean)
        return -0.5 * np.sum(solved**2) - np.sum(np.log(np.diag(chol))) - 0.5 * len(y) * np.log(2 * np.pi)

    params = 0.1 * rs.randn(4)
    for _ in range(30):
        value, g = value_and_grad(log_marginal)(params)
        params = params + 0.02 * g
    cov = rbf_covariance(params[2:], X, X) + (np.exp(params[1]) + 1e-4) * np.eye(len(y))
    at = np.array([[1.0], [2.5]])
    predicted = np.dot(rbf_covariance(params[2:], at, X), np.linalg.solve(cov, y - params[0])) + params[0]
    return params, value, predicted
