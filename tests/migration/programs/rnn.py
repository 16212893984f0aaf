"""A recurrent network that learns the next letter."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import rmsprop


def concat_and_multiply(weights, *args):
    cat_state = np.hstack(args + (np.ones((args[0].shape[0], 1)),))
    return np.dot(cat_state, weights)


def rnn_predict(params, inputs):
    num_sequences = inputs.shape[1]
    hiddens = np.repeat(params["init hiddens"], num_sequences, axis=0)
    output = []
    for step in inputs:
        hiddens = np.tanh(concat_and_multiply(params["change"], step, hiddens))
        scores = concat_and_multiply(params["predict"], hiddens)
        output.append(scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True)))
    return output


def main():
    text = "the quick brown fox jumps over the lazy dog " * 2
    letters = sorted(set(text))
    codes = np.array([[float(a == b) for b in letters] for a in text])
    sequences = np.reshape(codes[:80], (4, 20, len(letters))).transpose((1, 0, 2))
    rs, hidden = npr.RandomState(1), 6
    params = {
        "init hiddens": 0.1 * rs.randn(1, hidden),
        "change": 0.1 * rs.randn(len(letters) + hidden + 1, hidden),
        "predict": 0.1 * rs.randn(hidden + 1, len(letters)),
    }

    def loss(params, i):
        logprobs = rnn_predict(params, sequences)
        total = 0.0
        for t in range(1, sequences.shape[0]):
            total = total - np.sum(logprobs[t - 1] * sequences[t])
        return total / (sequences.shape[0] * sequences.shape[1])

    params = rmsprop(grad(loss), params, num_iters=8, step_size=0.02)
    return params, loss(params, 0)
