"""An autoencoder with random codes, on random images of bits."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import adam


def unpack(params):
    mean, log_std = np.split(params, 2, axis=-1)
    return mean, log_std


def predict(params, inputs):
    for W, b in params[:-1]:
        inputs = np.tanh(np.dot(inputs, W) + b)
    W, b = params[-1]
    return np.dot(inputs, W) + b


def bernoulli_log_density(targets, logits):
    label_probabilities = -np.logaddexp(0, -logits * (targets * 2 - 1))
    return np.sum(label_probabilities, axis=-1)


def main():
    rs = npr.RandomState(0)
    images = (rs.rand(20, 9) > 0.5) * 1.0
    noise = rs.randn(20, 2)
    layers = lambda sizes: [(0.3 * rs.randn(m, n), 0.3 * rs.randn(n)) for m, n in zip(sizes, sizes[1:])]  # noqa: E731

    def objective(params, i):
        encoder, decoder = params
        mean, log_std = unpack(predict(encoder, images))
        codes = noise * np.exp(log_std) + mean
        likely = bernoulli_log_density(images, predict(decoder, codes))
        divergence = 0.5 * np.sum(np.exp(2 * log_std) + mean**2 - 1 - 2 * log_std, axis=-1)
        return np.mean(divergence - likely)

    params = adam(grad(objective), (layers([9, 6, 4]), layers([2, 6, 9])), num_iters=25, step_size=0.03)
    return params, objective(params, 0)
