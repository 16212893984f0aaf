"""Variational inference of a funnel, knowing nothing but its logarithmic density."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import adam


def log_normal(x, mean, log_scale):
    return -0.5 * np.log(2 * np.pi) - log_scale - 0.5 * ((x - mean) / np.exp(log_scale)) ** 2


def log_density(x, t):
    mu, log_sigma = x[:, 0], x[:, 1]
    return log_normal(log_sigma, 0, np.log(1.35)) + log_normal(mu, 0, log_sigma)


def black_box_variational_inference(logprob, D, num_samples):
    def unpack_params(params):
        return params[:D], params[D:]

    def gaussian_entropy(log_std):
        return 0.5 * D * (1.0 + np.log(2 * np.pi)) + np.sum(log_std)

    rs = npr.RandomState(0)

    def variational_objective(params, t):
        mean, log_std = unpack_params(params)
        samples = rs.randn(num_samples, D) * np.exp(log_std) + mean
        return -(gaussian_entropy(log_std) + np.mean(logprob(samples, t)))

    return variational_objective, grad(variational_objective), unpack_params


def main():
    objective, gradient, unpack_params = black_box_variational_inference(log_density, 2, 200)
    start = np.concatenate([-1 * np.ones(2), -5 * np.ones(2)])
    trace = []
    params = adam(
        gradient, start, step_size=0.1, num_iters=60, callback=lambda p, t, g: trace.append(-objective(p, t))
    )
    mean, log_std = unpack_params(params)
    return mean, log_std, np.array(trace)
