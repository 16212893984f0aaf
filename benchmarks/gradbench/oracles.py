"""What each program must give, found without autodiff: by formulas, or by complex steps.

GradBench's own validation compares to 1e-4, absolutely for what is small, so that a gradient of nothing but
zeros passes for lse and ode; of ba's Jacobian it sees 31 numbers.  Here whole outputs are compared to 1e-8.

A function that is analytic has f(x + ih) = f(x) + ih f'(x) + O(h²) at a real x, so that the imaginary part
over h = 1e-30 is the derivative, to the last bits: nothing is subtracted (Squire and Trapp, 1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Input = dict[str, Any]
STEP = 1e-30


def complex_step(f: Callable[[Any], Any], x: Any) -> Any:
    """The Jacobian of f at x (n): f's results last, one row for each element of x."""
    directions = STEP * 1j * np.eye(len(x))
    return np.array([np.imag(f(x + direction)) / STEP for direction in directions])


# ---- by formulas -----------------------------------------------------------------------------------------
def lse(function: str, given: Input) -> Any:
    """The gradient is softmax."""
    x = np.array(given["x"])
    weights = np.exp(x - x.max())
    return weights / weights.sum() if function == "gradient" else x.max() + math.log(math.fsum(weights))


def llsq(function: str, given: Input) -> Any:
    """½ |s - T x|², and Tᵀ (T x - s), with T[i, j] = tᵢʲ by powers."""
    n, x = given["n"], np.array(given["x"])
    t = np.array([-1 + 2 * i / (n - 1) for i in range(n)])
    powers = t[:, None] ** np.arange(len(x))
    away = powers @ x - np.sign(np.round(t, 12))
    return powers.T @ away if function == "gradient" else away @ away / 2


def gmm(function: str, given: Input) -> Any:
    """With r[i, k] the share of component k in point i, and y = Q (x - μ): the derivatives are sums of
    r - softmax(α), of r Qᵀy, and of -r y (x - μ)ᵀ along Q; see Petersen and Pedersen, The Matrix Cookbook."""
    d, k, n, m, gamma = (given[name] for name in ("d", "k", "n", "m", "gamma"))
    x, alpha, mu, q = (np.array(given[name], float) for name in ("x", "alpha", "mu", "q"))
    factors, places = np.zeros((k, d, d)), [(i, j) for j in range(d) for i in range(j + 1, d)]
    for c in range(k):
        for value, (i, j) in zip(given["l"][c], places, strict=True):
            factors[c, i, j] = value
        factors[c][np.diag_indices(d)] = np.exp(q[c])
    away = [x - mu[c] for c in range(k)]
    turned = [away[c] @ factors[c].T for c in range(k)]
    beta = np.stack([alpha[c] - (turned[c] ** 2).sum(1) / 2 + q[c].sum() for c in range(k)], axis=1)
    most = beta.max(1, keepdims=True)
    shares = np.exp(beta - most)
    totals = shares.sum(1, keepdims=True)
    if function == "objective":
        degrees = d + m + 1
        log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(
            math.lgamma(degrees / 2 - i / 2) for i in range(d)
        )
        likelihood = (most + np.log(totals)).sum() - n * (
            d / 2 * math.log(2 * math.pi) + np.log(np.exp(alpha).sum())
        )
        prior = k * (degrees * d * math.log(gamma / math.sqrt(2)) - log_gamma) + m * q.sum()
        return likelihood + prior - gamma**2 / 2 * (factors**2).sum()
    shares /= totals
    out: dict[str, list[Any]] = {"mu": [], "q": [], "l": []}
    for c in range(k):
        r = shares[:, c]
        slope = -(r[:, None] * turned[c]).T @ away[c] - gamma**2 * factors[c]
        out["mu"].append((r[:, None] * turned[c]).sum(0) @ factors[c])
        out["q"].append(np.diag(slope) * np.exp(q[c]) + r.sum() + m)
        out["l"].append([slope[i, j] for i, j in places])
    alphas = shares.sum(0) - n * np.exp(alpha) / np.exp(alpha).sum()
    return {"alpha": alphas, **{name: np.array(rows).reshape(k, -1) for name, rows in out.items()}}


def kmeans(function: str, given: Input) -> Any:
    """Newton's step leads to the mean of the points nearest to a centroid."""
    points, centroids = np.array(given["points"]), np.array(given["centroids"])
    squares = np.stack([((points - c) ** 2).sum(1) for c in centroids])
    nearest = squares.argmin(0)
    if function == "cost":
        return squares.min(0).sum()
    return np.array([c - points[nearest == i].mean(0) for i, c in enumerate(centroids)])


def det(function: str, given: Input) -> Any:
    """The gradient of a determinant is the matrix of cofactors, det(A) A⁻ᵀ (Jacobi)."""
    a = np.array(given["A"]).reshape(given["ell"], -1)
    return (np.linalg.det(a) * np.linalg.inv(a).T).ravel() if function == "gradient" else np.linalg.det(a)


# ---- by complex steps ------------------------------------------------------------------------------------
def ode(function: str, given: Input) -> Any:
    """What enters at x₀ moves up by one at each of a step's four slopes: to the place 4 s at most."""
    x, s = np.array(given["x"]), given["s"]

    def final(x: Any) -> Any:
        def slope(y: Any) -> Any:
            z = x.copy()
            z[1:] *= y[:-1]
            return z

        y, h = np.zeros_like(x), 2 / s
        for _ in range(s):
            k1 = slope(y)
            k2 = slope(y + h * k1 / 2)
            k3 = slope(y + h * k2 / 2)
            y = y + h * (k1 + 2 * k2 + 2 * k3 + slope(y + h * k3)) / 6
        return y

    if function == "primal":
        return final(x)
    if len(x) > 4 * s:
        return np.zeros(len(x))
    return complex_step(lambda x: final(x)[-1], x)


def lstm(function: str, given: Input) -> Any:
    main, extra, state, sequence = (
        np.array(given[name]) for name in ("main_params", "extra_params", "state", "sequence")
    )
    b = state.shape[1]

    def loss(parameters: Any) -> Any:
        """Of several sets of parameters (sets, …) at once."""
        weights = parameters[:, : main.size].reshape(-1, len(main), 4, b)
        into, out, bias = parameters[:, main.size :].reshape(-1, 3, b).swapaxes(0, 1)
        now, total = list(state), 0.0
        for t in range(len(sequence) - 1):
            x = sequence[t] * into
            for i in range(0, len(state), 2):
                h, cell = now[i], now[i + 1]
                gates = [y * weights[:, i, j] + weights[:, i + 1, j] for j, y in enumerate((x, h, x, h))]
                forget, ingate, outgate = (1 / (1 + np.exp(-gate)) for gate in gates[:3])
                now[i + 1] = cell * forget + ingate * np.tanh(gates[3])
                now[i] = x = outgate * np.tanh(now[i + 1])
            y = x * out + bias
            total = total + (sequence[t + 1] * (y - np.log(2 + np.exp(y).sum(1))[:, None])).sum(1)
        return -total / (b * (len(sequence) - 1))

    at = np.concatenate([main.ravel(), extra.ravel()])
    if function == "objective":
        return loss(at[None])[0]
    return np.imag(loss(at + STEP * 1j * np.eye(len(at)))) / STEP


def ht(function: str, given: Input) -> Any:
    data, model = given["data"], given["data"]["model"]
    theta, us = np.array(given["theta"]), np.array(given["us"], float)
    local = [np.array(x) for x in model["base_relatives"]]
    inverse = [np.array(x) for x in model["inverse_base_absolutes"]]
    base, weights = np.array(model["base_positions"]), np.array(model["weights"])

    def about(axis: int, angle: Any) -> Any:
        matrix = np.eye(4, dtype=complex)
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        matrix[i, i] = matrix[j, j] = np.cos(angle)
        matrix[j, i] = np.sin(angle)
        matrix[i, j] = -matrix[j, i]
        return matrix

    def errors(theta: Any, us: Any) -> Any:
        angles = np.zeros((len(local), 3), complex)
        rest = iter(theta[6:])
        for finger in range(5):
            for joint in range(3):
                bone = 2 + 4 * finger + joint
                angles[bone, 0] = next(rest)
                if joint == 0:
                    angles[bone, 1] = next(rest)
        absolute: list[Any] = []
        for (x, z, y), matrix, parent in zip(angles, local, model["parents"], strict=True):
            relative = matrix @ about(2, z) @ about(1, y) @ about(0, x)
            absolute.append(relative if parent == -1 else absolute[parent] @ relative)
        places = sum(
            weights[:, [bone]] * (base @ (absolute[bone] @ inverse[bone]).T)[:, :3]
            for bone in range(len(absolute))
        )
        if model["is_mirrored"]:
            places = places * [-1, 1, 1]
        angle = np.sqrt((theta[:3] ** 2).sum())
        turn = np.eye(3)
        if abs(angle) >= 1e-4:
            x, y, z = theta[:3] / angle
            cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
            turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        places = places @ turn.T + theta[3:6]
        if us.size:
            corners = np.array(model["triangles"])[data["correspondences"]]
            shares = np.column_stack([us, 1 - us.sum(1)])
            seen = (shares[:, :, None] * places[corners]).sum(1)
        else:
            seen = places[data["correspondences"]]
        return (np.array(data["points"]) - seen).ravel()

    if function == "objective":
        return errors(theta, us).real
    columns = [] if not us.size else [errors(theta, us + STEP * 1j * unit).imag / STEP for unit in np.eye(2)]
    return np.stack([*columns, *complex_step(lambda theta: errors(theta, us), theta)], axis=1)


def ba(function: str, given: Input) -> Any:
    """As `sparse` in ba.py gives it: rows, columns and values; every observation is the same one."""
    n, m, p = (given[name] for name in "nmp")
    camera, point, feature = (np.array(given[name]) for name in ("cam", "x", "feat"))

    def error(z: Any) -> Any:
        r, c, f, centre, (k1, k2), x, w = z[:3], z[3:6], z[6], z[7:9], z[9:11], z[11:14], z[14]
        x, angle = x - c, np.sqrt((r**2).sum())
        axis = r / angle
        x = (
            x * np.cos(angle)
            + np.cross(axis, x) * np.sin(angle)
            + axis * (axis * x).sum() * (1 - np.cos(angle))
        )
        x = x[:2] / x[2]
        square = (x**2).sum()
        return w * (x * (1 + k1 * square + k2 * square**2) * f + centre - feature)

    at = np.concatenate([camera, point, [given["w"]]])
    if function == "objective":
        return np.tile(error(at), (p, 1)), np.full(p, 1 - given["w"] ** 2)
    block = complex_step(error, at).T
    starts, columns = [0], []
    for i in range(p):
        seen = [*range(11 * (i % n), 11 * (i % n) + 11), *(11 * n + 3 * (i % m) + j for j in range(3))]
        for _ in range(2):
            columns += [*seen, 11 * n + 3 * m + i]
            starts.append(len(columns))
    for i in range(p):
        columns.append(11 * n + 3 * m + i)
        starts.append(len(columns))
    return starts, columns, np.concatenate([np.tile(block.ravel(), p), np.full(p, -2 * given["w"])])


# ---- published -------------------------------------------------------------------------------------------
def hello(function: str, given: Any) -> Any:
    return {"square": given**2, "double": 2 * given}[function]


def saddle(function: str, given: Input) -> Any:
    """GradBench's result, which it publishes for one start."""
    return np.full(4, 8.246324826140356e-06)


def particle(function: str, given: Input) -> Any:
    return 0.2071918746486116


def relative_error(found: Any, expected: Any) -> float:
    """The largest difference within a tree of arrays, over what is largest in the array."""
    if isinstance(expected, dict):
        return max(relative_error(found[name], expected[name]) for name in expected)
    if isinstance(expected, tuple):
        return max(relative_error(f, e) for f, e in zip(found, expected, strict=True))
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    if found.shape != expected.shape:
        return math.inf
    size = np.abs(expected).max(initial=0)
    return float(np.abs(found - expected).max(initial=0) / (size if size else 1))
