"""A line through points, by gradient descent on a mean of squares."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad


def main():
    rs = npr.RandomState(0)
    X = rs.randn(50, 3)
    y = np.dot(X, np.array([1.0, -2.0, 0.5])) + 0.1 * rs.randn(50)

    def loss(w, b):
        return np.mean((np.dot(X, w) + b - y) ** 2)

    w, b = np.zeros(3), 0.0
    slope_w, slope_b = grad(loss, 0), grad(loss, 1)
    for _ in range(100):
        w, b = w - 0.1 * slope_w(w, b), b - 0.1 * slope_b(w, b)
    return w, b, loss(w, b)
