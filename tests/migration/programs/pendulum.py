"""The lengths of a double spring's parts, found from where it swung: assignments are made of lists."""

import autograd.numpy as np
from autograd import grad, jacobian


def simulate(params, steps=25):
    k, m = params[0], params[1:]
    x, v, path = np.array([1.0, 0.0]), np.array([0.0, 0.2]), []
    for _ in range(steps):
        force = np.array([-k * x[0] + k * (x[1] - x[0]), -k * (x[1] - x[0])])
        v = v + 0.1 * force / m
        x = x + 0.1 * v
        path.append(x)
    return np.vstack(path)


def main():
    seen = simulate(np.array([1.3, 0.8, 1.1]))

    def loss(params):
        return np.mean((simulate(params) - seen) ** 2)

    params = np.array([1.0, 1.0, 1.0])
    for _ in range(8):
        params = params - 0.05 * grad(loss)(params)
    J = jacobian(lambda p: simulate(p, 5))(params)
    return params, loss(params), J, np.where(params > 1, params, 0.0)
