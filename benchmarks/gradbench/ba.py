"""ba: bundle adjustment, the errors of points seen by cameras and their sparse Jacobian."""

import numpy as np

from autodiff import cos, jacobian, sin, sqrt, stack, vmap

from .tool import Function, compiled

CAMERA, POINT, BOTH = 11, 3, 15  # the numbers of a camera, of a point, and of an observation with its weight


def rotated(axis, point):
    """Rodrigues' formula: the point turned about the axis, by as much as it is long."""
    square = np.sum(axis * axis)
    if square == 0:
        return point + crossed(axis, point)
    angle = sqrt(square)
    axis = axis / angle
    return (
        point * cos(angle)
        + crossed(axis, point) * sin(angle)
        + axis * (np.sum(axis * point) * (1 - cos(angle)))
    )


def crossed(a, b):
    return stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def error(camera, point, weight, feature):
    """By how much (2) one camera sees one point beside its feature.  A camera (11) has an axis of rotation
    (3), a centre (3), a focal length, a principal point (2), and a radial distortion (2)."""
    seen = rotated(camera[:3], point - camera[3:6])
    seen = seen[:2] / seen[2]
    square = np.sum(seen * seen)
    seen = seen * (1 + camera[9] * square + camera[10] * square * square)
    return weight * (seen * camera[6] + camera[7:9] - feature)


def weight_error(weight):
    return 1 - weight * weight


def objective(cameras, points, weights, features, by, of):
    """Errors (p, 2) of observation `by` which cameras `of` which points, and those of the weights (p)."""
    return vmap(error)(cameras[by], points[of], weights, features), weight_error(weights)


def blocks(cameras, points, weights, features, by, of):
    """The Jacobians (p, 2, 15) of all observations, and the derivatives (p) of the weights' errors."""
    parts = vmap(jacobian(error, argnums=(0, 1, 2)))(cameras[by], points[of], weights, features)
    camera, point, weight = parts
    return np.concatenate([camera, point, weight[..., None]], axis=2), vmap(jacobian(weight_error))(weights)


compiled_blocks = compiled(blocks)


def sparse(cameras, points, weights, features, by, of):
    """The Jacobian in compressed rows: where rows start, the columns, and the values."""
    dense, own = compiled_blocks(cameras, points, weights, features, by, of)
    p, first_point = len(by), CAMERA * len(cameras)
    first_weight = first_point + POINT * len(points)
    rows = np.concatenate([np.arange(0, 2 * BOTH * p, BOTH), 2 * BOTH * p + np.arange(p + 1)])
    columns = np.empty((p, 2, BOTH), int)
    columns[:, :, :CAMERA] = (CAMERA * by[:, None] + np.arange(CAMERA))[:, None]
    columns[:, :, CAMERA:-1] = (first_point + POINT * of[:, None] + np.arange(POINT))[:, None]
    columns[:, :, -1] = (first_weight + np.arange(p))[:, None]
    return (
        rows,
        np.concatenate([columns.ravel(), first_weight + np.arange(p)]),
        np.concatenate([dense.ravel(), own]),
    )


def prepare(given):
    n, m, p = (given[name] for name in "nmp")
    numbers = np.arange(p)
    copies = (("cam", n), ("x", m), ("w", p), ("feat", p))
    arrays = [np.tile(np.array(given[name], float), (k, 1)) for name, k in copies]
    arrays[2] = arrays[2].ravel()
    return *arrays, numbers % n, numbers % m


def errors_out(result):
    errors, own = result
    return {
        "reproj_error": {"elements": errors[0].tolist(), "repeated": len(errors)},
        "w_err": {"element": float(own[0]), "repeated": len(own)},
    }


def sparse_out(result):
    """The first thirty of each list, and the last."""
    some = [np.append(x[: 2 * BOTH], x[-1]).tolist() for x in result]
    return dict(zip(("rows", "cols", "vals"), some, strict=True))


FUNCTIONS = {
    "objective": Function(prepare, compiled(objective), errors_out),
    "jacobian": Function(prepare, sparse, sparse_out),
}
