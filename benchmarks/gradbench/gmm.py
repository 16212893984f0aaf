"""gmm: the logarithm of the posterior of a mixture of Gaussians with a Wishart prior."""

import math

import numpy as np

from autodiff import Tensor, grad, logsumexp

from .tool import Function, compiled

INDEPENDENT = "alpha", "mu", "q", "l"


def log_posterior(theta, x, m, gamma):
    """`theta` are the weights alpha (k), means mu (k, d), and the factors of the precisions: the logarithms
    q (k, d) of their diagonals, and l (k, d(d - 1)/2), what is below, column by column."""
    alpha, mu, q, below = (theta[name] for name in INDEPENDENT)
    (n, d), k = x.shape, len(alpha)
    columns, rows = np.triu_indices(d, 1)
    factor = Tensor(np.zeros((k, d, d)))
    factor[:, rows, columns] = below
    factor[:, np.arange(d), np.arange(d)] = np.exp(q)

    log_det = np.sum(q, axis=1)
    away = factor @ (x.T - mu[:, :, None])
    beta = (alpha + log_det)[:, None] - np.sum(away**2, axis=1) / 2
    likelihood = np.sum(logsumexp(beta, axis=0)) - n * logsumexp(alpha) - n * d / 2 * math.log(2 * math.pi)

    degrees = d + m + 1
    constant = degrees * d * math.log(gamma / math.sqrt(2)) - log_gamma(degrees / 2, d)
    prior = k * constant - gamma**2 / 2 * np.sum(factor**2) + m * np.sum(log_det)
    return likelihood + prior


def log_gamma(a, d):
    """The logarithm of the multivariate gamma function."""
    return d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma(a - i / 2) for i in range(d))


def prepare(given):
    theta = {name: np.array(given[name], float).reshape(given["k"], -1) for name in INDEPENDENT[1:]}
    return (
        {"alpha": np.array(given["alpha"], float), **theta},
        np.array(given["x"], float),
        given["m"],
        given["gamma"],
    )


def finish(theta):
    return {name: theta[name].tolist() for name in INDEPENDENT}


FUNCTIONS = {
    "objective": Function(prepare, compiled(log_posterior, static_argnums=(2, 3)), float),
    "jacobian": Function(prepare, compiled(grad(log_posterior), static_argnums=(2, 3)), finish),
}
