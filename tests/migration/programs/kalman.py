"""A Kalman filter, whose noises are found by the likelihood of what was observed."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad


def log_likelihood(log_noise, ys):
    A = np.array([[1.0, 0.1], [0.0, 1.0]])
    C = np.array([[1.0, 0.0]])
    Q, R = np.exp(log_noise[0]) * np.eye(2), np.exp(log_noise[1]) * np.eye(1)
    mean, cov, total = np.zeros(2), np.eye(2), 0.0
    for y in ys:
        mean, cov = np.dot(A, mean), np.dot(np.dot(A, cov), A.T) + Q
        S = np.dot(np.dot(C, cov), C.T) + R
        innovation = y - np.dot(C, mean)
        sign, logdet = np.linalg.slogdet(2 * np.pi * S)
        total = total - 0.5 * (logdet + np.dot(innovation, np.linalg.solve(S, innovation)))
        K = np.linalg.solve(S, np.dot(C, cov)).T
        mean, cov = mean + np.dot(K, innovation), cov - np.dot(np.dot(K, C), cov)
    return total


def main():
    rs = npr.RandomState(3)
    ys = np.cumsum(rs.randn(25) * 0.3) + 0.2 * rs.randn(25)
    log_noise = np.array([-1.0, 0.0])
    for _ in range(5):
        log_noise = log_noise + 0.05 * grad(log_likelihood)(log_noise, ys)
    return log_noise, log_likelihood(log_noise, ys)
