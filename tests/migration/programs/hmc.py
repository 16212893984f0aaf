"""Hamiltonian Monte Carlo: gradients of a logarithmic density push particles about."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad


def log_density(x):
    banana = np.array([x[0], x[1] - 0.5 * x[0] ** 2])
    return -0.5 * np.sum(banana**2 / np.array([2.0, 0.5])) - 0.1 * np.sum(np.abs(x))


def main():
    rs, slope = npr.RandomState(0), grad(log_density)
    x, samples = np.array([0.5, 0.5]), []
    for _ in range(20):
        start, p = x, rs.randn(2)
        energy = 0.5 * np.sum(p**2) - log_density(x)
        p = p + 0.05 * slope(x)
        for _ in range(7):
            x = x + 0.1 * p
            p = p + 0.1 * slope(x)
        x = x + 0.1 * p
        p = p + 0.05 * slope(x)
        if rs.rand() > np.exp(energy - 0.5 * np.sum(p**2) + log_density(x)):
            x = start
        samples.append(x)
    return np.array(samples)
