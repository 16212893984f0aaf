"""Derivatives of tanh to the sixth order; and of a tanh that is written as a series of exponentials."""

import autograd.numpy as np
from autograd import elementwise_grad as egrad


def tanh(x):
    return (1.0 - np.exp(-2 * x)) / (1.0 + np.exp(-2 * x))


def taylor_sine(x):
    total, term, k = 0.0, x, 0
    while np.max(np.abs(term)) > 1e-8:
        total = total + term
        k += 2
        term = -term * x * x / (k * (k + 1))
    return total


def main():
    x = np.linspace(-3, 3, 21)
    f, found = tanh, []
    for _ in range(6):
        f = egrad(f)
        found.append(f(x))
    return found, egrad(taylor_sine)(x), egrad(egrad(taylor_sine))(x)
