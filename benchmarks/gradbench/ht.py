"""ht: how far the vertices of a hand model in a pose are from measured points."""

import numpy as np

from autodiff import Tensor, cos, jvp, norm, sin, stack

from .tool import Function, compiled, to_list

BENDS = 6  # theta[6:] are the angles by which fingers bend: four for each, three joints and one to the side


def rotations(angles):
    """Matrices (bones, 3, 3) that turn about x, then y, then z, by angles (bones, 3) in the order x, z, y."""
    x, z, y = (angles[:, i] for i in range(3))
    cx, cy, cz, sx, sy, sz = cos(x), cos(y), cos(z), sin(x), sin(y), sin(z)
    rows = [
        [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
        [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
        [-sy, cy * sx, cy * cx],
    ]
    return stack([stack(row, axis=-1) for row in rows], axis=-2)


def turn(axis):
    """The matrix that turns about an axis, by as much as it is long."""
    angle = norm(axis)
    if angle < 1e-4:
        return np.eye(3)
    x, y, z = axis / angle
    s, c = sin(angle), cos(angle)
    return stack([
        stack([x * x + (1 - x * x) * c, x * y * (1 - c) - z * s, x * z * (1 - c) + y * s]),
        stack([x * y * (1 - c) + z * s, y * y + (1 - y * y) * c, y * z * (1 - c) - x * s]),
        stack([x * z * (1 - c) - y * s, z * y * (1 - c) + x * s, z * z + (1 - z * z) * c]),
    ])  # fmt: skip


def bends(theta, bones):
    """The angles (bones, 3) of every joint, in the order x, z, y."""
    joints = [
        (2 + 4 * finger + i, side) for finger in range(5) for i, side in ((0, 0), (0, 1), (1, 0), (2, 0))
    ]
    angles = Tensor(np.zeros((bones, 3)))
    angles[tuple(np.transpose(joints))] = theta[BENDS:]
    return angles


def vertices(theta, model):
    """The hand's vertices (v, 3) in the pose theta: the wrist's turn and place, and the fingers' angles."""
    bones = len(model["parents"])
    local = Tensor(np.zeros((bones, 4, 4)))
    local[:, :3, :3] = rotations(bends(theta, bones))
    local[:, 3, 3] = 1.0
    relative = model["base_relatives"] @ local
    absolute = []
    for bone, parent in enumerate(model["parents"]):
        absolute.append(relative[bone] if parent == -1 else absolute[parent] @ relative[bone])
    transforms = stack(absolute) @ model["inverse_base_absolutes"]
    places = np.einsum("bij,vj,vb->vi", transforms[:, :3], model["base_positions"], model["weights"])
    if model["is_mirrored"]:
        places = places * np.array([-1.0, 1.0, 1.0])
    return places @ turn(theta[:3]).T + theta[3:6]


def errors(theta, us, data):
    """Measured points less the hand's, one after another.  A point is a vertex; or, with barycentric
    coordinates `us` (points, 2), on a triangle of vertices."""
    places, model = vertices(theta, data["model"]), data["model"]
    if us.size == 0:
        return (data["points"] - places[data["correspondences"]]).ravel()
    a, b, c = (places[corner] for corner in model["triangles"][data["correspondences"]].T)
    u, v = us[:, :1], us[:, 1:]
    return (data["points"] - (u * a + v * b + (1 - u - v) * c)).ravel()


def jacobian(theta, us, data):
    """Derivatives along theta (3 points, 26).  A point depends on its own coordinates only, so that two
    columns before these hold the derivatives along all of `us`."""
    own = 2 if us.size else 0
    directions = np.eye(own + len(theta))
    along_us = np.broadcast_to(directions[:, None, :own], (own + len(theta), len(us), own))
    tangents = directions[:, own:], along_us
    return jvp(lambda theta, us: errors(theta, us, data), (theta, us), tangents, tangents_batched=True)[1].T


def prepare(given):
    data, model = given["data"], given["data"]["model"]
    floats = "base_relatives", "inverse_base_absolutes", "base_positions", "weights"
    arrays = {
        "points": np.array(data["points"], float),
        "correspondences": np.array(data["correspondences"], int),
        "model": {
            **{name: np.array(model[name], float) for name in floats},
            "triangles": np.array(model["triangles"], int),
            "parents": model["parents"],
            "is_mirrored": model["is_mirrored"],
        },
    }
    us = np.array(given["us"], float)
    return np.array(given["theta"], float), us.reshape(len(us), 2 if len(us) else 0), arrays


FUNCTIONS = {
    "objective": Function(prepare, compiled(errors), to_list),
    "jacobian": Function(prepare, compiled(jacobian), to_list),
}
