"""A network of several layers on random images; parameters are a list of tuples, and adam updates them."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import adam


def init_random_params(scale, layer_sizes, rs):
    return [(scale * rs.randn(m, n), scale * rs.randn(n)) for m, n in zip(layer_sizes[:-1], layer_sizes[1:])]


def predict(params, inputs):
    for W, b in params:
        outputs = np.dot(inputs, W) + b
        inputs = np.tanh(outputs)
    return outputs - np.log(np.sum(np.exp(outputs), axis=1, keepdims=True))


def main():
    rs = npr.RandomState(0)
    images, labels = rs.randn(30, 8), np.eye(3)[rs.randint(0, 3, 30)]

    def objective(params, i):
        batch = slice(10 * (i % 3), 10 * (i % 3) + 10)
        penalty = sum([np.sum(W**2) + np.sum(b**2) for W, b in params])
        return 0.01 * penalty - np.sum(predict(params, images[batch]) * labels[batch])

    params = adam(grad(objective), init_random_params(0.1, [8, 6, 5, 3], rs), step_size=0.05, num_iters=40)
    accuracy = np.mean(np.argmax(predict(params, images), axis=1) == np.argmax(labels, axis=1))
    return params, accuracy
