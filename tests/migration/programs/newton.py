"""Newton's method, with Hessians and Jacobians."""

import autograd.numpy as np
from autograd import grad, hessian, jacobian


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def equations(x):
    return np.array([x[0] ** 2 + x[1] ** 2 - 4.0, np.exp(x[0]) + x[1] - 1.0])


def main():
    x = np.array([-1.2, 1.0, 0.8])
    for _ in range(12):
        x = x - np.linalg.solve(hessian(rosenbrock)(x), grad(rosenbrock)(x))
    y = np.array([1.0, -1.7])
    for _ in range(6):
        y = y - np.linalg.solve(jacobian(equations)(y), equations(y))
    return x, y, hessian(rosenbrock)(x), jacobian(equations)(y)
