"""lstm: the loss of a recurrent network with diagonal weights, over a sequence of characters."""

from itertools import pairwise

import numpy as np

from autodiff import grad, sigmoid

from .tool import Function, arrays_of, compiled, to_list


def loss(main, extra, state, sequence):
    """`main` are weights and biases of the four gates, by turns for each layer (2 layers, 4 b); `extra` the
    weights of the input and the weights and biases of the output (3, b); `state` what is hidden and the cell
    of each layer (2 layers, b); `sequence` the bits of the characters (n, b)."""
    layers, b = len(state) // 2, state.shape[1]
    gates = main.reshape(layers, 2, 4, b)
    hidden = [state[2 * i] for i in range(layers)]
    cell = [state[2 * i + 1] for i in range(layers)]
    total = 0.0
    for now, after in pairwise(sequence):
        x = now * extra[0]
        for i in range(layers):
            weight, bias = gates[i]
            forget, ingate, outgate = (
                sigmoid(y * weight[j] + bias[j]) for j, y in enumerate((x, hidden[i], x))
            )
            change = np.tanh(hidden[i] * weight[3] + bias[3])
            cell[i] = cell[i] * forget + ingate * change
            x = hidden[i] = outgate * np.tanh(cell[i])
        output = x * extra[1] + extra[2]
        total = total + np.sum(after * (output - np.log(np.sum(np.exp(output)) + 2)))
    return -total / (sequence.size - b)


def gradient(main, extra, state, sequence):
    by_main, by_extra = grad(loss, argnums=(0, 1))(main, extra, state, sequence)
    return np.concatenate([by_main.ravel(), by_extra.ravel()])


ARGUMENTS = arrays_of(("main_params", "extra_params", "state", "sequence"))
FUNCTIONS = {
    "objective": Function(ARGUMENTS, compiled(loss), float),
    "jacobian": Function(ARGUMENTS, compiled(gradient), to_list),
}
