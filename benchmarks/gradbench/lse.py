"""lse: the logarithm of a sum of exponentials, from its parts."""

import numpy as np

from autodiff import grad

from .tool import Function, arrays_of, compiled, to_list


def logsumexp(x):
    most = np.max(x)
    return np.log(np.sum(np.exp(x - most))) + most


FUNCTIONS = {
    "primal": Function(arrays_of("x"), compiled(logsumexp), float),
    "gradient": Function(arrays_of("x"), compiled(grad(logsumexp)), to_list),
}
