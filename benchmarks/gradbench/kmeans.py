"""kmeans: squared distances of points to the nearest centroid, and the step of Newton's method.

Centroids don't meet in the cost, and neither do their coordinates: its Hessian is diagonal.  So one product
with ones is the diagonal.
"""

import numpy as np

from autodiff import grad, jvp

from .tool import Function, arrays_of, compiled, to_list


def cost(centroids, points):
    squares = np.sum(centroids**2, axis=1)[:, None] + np.sum(points**2, axis=1)
    return np.sum(np.min(squares - 2 * centroids @ points.T, axis=0))


def step(centroids, points):
    gradient = grad(lambda c: cost(c, points))
    slope, curvature = jvp(gradient, (centroids,), (np.ones_like(centroids),))
    return slope / curvature


FUNCTIONS = {
    "cost": Function(arrays_of(("centroids", "points")), compiled(cost), float),
    "dir": Function(arrays_of(("centroids", "points")), compiled(step), to_list),
}
