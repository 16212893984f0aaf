"""A mixture of Gaussians, fitted by Hessian-free steps on a dict of parameters."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc import flatten


def logsumexp(x, axis):
    top = np.max(x, axis=axis, keepdims=True)
    return np.squeeze(top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)), axis)


def gmm_log_likelihood(params, data):
    logs = []
    weights = params["log weights"] - logsumexp(params["log weights"], 0)
    for weight, mean, root in zip(weights, params["means"], params["roots"]):
        cov = np.dot(root.T, root) + 0.1 * np.eye(2)
        apart = data - mean
        quadratic = np.sum(apart.T * np.linalg.solve(cov, apart.T), axis=0)
        logs.append(weight - 0.5 * (np.log(np.linalg.det(2 * np.pi * cov)) + quadratic))
    return np.sum(logsumexp(np.vstack(logs), axis=0))


def main():
    rs = npr.RandomState(0)
    data = np.concatenate([rs.randn(20, 2) + 3, rs.randn(20, 2) - 3])
    params = {
        "log weights": np.zeros(2), "means": rs.randn(2, 2), "roots": np.stack([np.eye(2), np.eye(2)]),
    }  # fmt: skip
    flat, unflatten = flatten(params)
    gradient = grad(lambda flat: -gmm_log_likelihood(unflatten(flat), data))
    for _ in range(20):
        g = gradient(flat)
        flat = flat - 0.1 * g / np.sqrt(np.sum(g**2))
    return unflatten(flat), flat
