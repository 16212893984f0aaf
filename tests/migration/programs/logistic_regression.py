"""Two classes, told apart by a sigmoid; the gradient is found with its value."""

import autograd.numpy as np
from autograd import value_and_grad


def sigmoid(x):
    return 0.5 * (np.tanh(x / 2.0) + 1)


def main():
    inputs = np.array([[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30], [0.74, -2.49, 1.39]])
    targets = np.array([True, True, False, True])

    def training_loss(weights):
        preds = sigmoid(np.dot(inputs, weights))
        likely = preds * targets + (1 - preds) * (1 - targets)
        return -np.sum(np.log(likely))

    weights, losses = np.zeros(3), []
    for _ in range(100):
        value, g = value_and_grad(training_loss)(weights)
        weights = weights - g * 0.01
        losses.append(float(value))
    return weights, np.array(losses)
