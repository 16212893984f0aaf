"""A kernel is found that blurs a signal as it was blurred; and angles are matched, by complex numbers."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad


def main():
    rs = npr.RandomState(0)
    signal = rs.randn(16)
    wanted = np.real(np.fft.ifft(np.fft.fft(signal) * np.fft.fft(np.exp(-np.arange(16.0)))))

    def loss(kernel):
        blurred = np.fft.ifft(np.fft.fft(signal) * np.fft.fft(kernel))
        return np.sum(np.abs(blurred - wanted) ** 2)

    def closeness(angles):
        z = np.exp(1j * angles)
        return np.sum(np.real(z * np.conj(np.roll(z, 1)))) + np.sum(np.angle(z + 2.0))

    kernel, angles = np.zeros(16), rs.randn(6)
    for _ in range(30):
        kernel = kernel - 0.01 * grad(loss)(kernel)
        angles = angles + 0.1 * grad(closeness)(angles)
    return kernel, loss(kernel), angles
