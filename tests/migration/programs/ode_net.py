"""A network for the right-hand side of a differential equation, fitted to a spiral by Runge-Kutta."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import adam


def rk4(func, y0, ts, *args):
    ys = [y0]
    for t0, t1 in zip(ts[:-1], ts[1:]):
        h, y = t1 - t0, ys[-1]
        k1 = func(y, t0, *args)
        k2 = func(y + h * k1 / 2, t0 + h / 2, *args)
        k3 = func(y + h * k2 / 2, t0 + h / 2, *args)
        k4 = func(y + h * k3, t1, *args)
        ys.append(y + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6)
    return np.stack(ys)


def nn_predict(inputs, t, params):
    for W, b in params:
        outputs = np.dot(inputs, W) + b
        inputs = np.tanh(outputs)
    return outputs


def main():
    rs = npr.RandomState(0)
    ts = np.linspace(0.0, 1.5, 16)
    true_A = np.array([[-0.1, 2.0], [-2.0, -0.1]])
    true_y = rk4(lambda y, t: np.dot(y**3, true_A), np.array([2.0, 0.0]), ts)

    def train_loss(params, i):
        pred_y = rk4(nn_predict, np.array([2.0, 0.0]), ts, params)
        return np.mean(np.abs(pred_y - true_y))

    sizes = [2, 10, 2]
    init = [(0.1 * rs.randn(m, n), 0.1 * rs.randn(n)) for m, n in zip(sizes[:-1], sizes[1:])]
    params = adam(grad(train_loss), init, step_size=0.02, num_iters=6)
    return params, train_loss(params, 0)
