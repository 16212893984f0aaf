"""Smoke on a periodic grid, blown about; the first wind is changed until the last smoke looks as wanted."""

import autograd.numpy as np
from autograd import value_and_grad


def project(vx, vy):
    p = np.zeros(vx.shape)
    h = 1.0 / vx.shape[0]
    div = -0.5 * h * (np.roll(vx, -1, 0) - np.roll(vx, 1, 0) + np.roll(vy, -1, 1) - np.roll(vy, 1, 1))
    for _ in range(6):
        p = (div + np.roll(p, 1, 0) + np.roll(p, -1, 0) + np.roll(p, 1, 1) + np.roll(p, -1, 1)) / 4.0
    vx = vx - 0.5 * (np.roll(p, -1, 0) - np.roll(p, 1, 0)) / h
    vy = vy - 0.5 * (np.roll(p, -1, 1) - np.roll(p, 1, 1)) / h
    return vx, vy


def advect(f, vx, vy):
    rows, cols = f.shape
    cell_ys, cell_xs = np.meshgrid(np.arange(cols), np.arange(rows))
    center_xs, center_ys = (cell_xs - vx).ravel(), (cell_ys - vy).ravel()
    left, top = np.floor(center_xs).astype(int), np.floor(center_ys).astype(int)
    rw, bw = center_xs - left, center_ys - top
    left, right = np.mod(left, rows), np.mod(left + 1, rows)
    top, bot = np.mod(top, cols), np.mod(top + 1, cols)
    flat = (1 - rw) * ((1 - bw) * f[left, top] + bw * f[left, bot]) + rw * (
        (1 - bw) * f[right, top] + bw * f[right, bot]
    )
    return np.reshape(flat, (rows, cols))


def main():
    n = 8
    smoke = np.zeros((n, n)) + (np.arange(n) < 4)
    target = np.transpose(smoke)

    def objective(params):
        vx, vy = np.reshape(params[: n * n], (n, n)), np.reshape(params[n * n :], (n, n))
        f = smoke
        for _ in range(3):
            vx, vy = project(advect(vx, vx, vy), advect(vy, vx, vy))
            f = advect(f, vx, vy)
        return np.mean((target - f) ** 2)

    params = 0.3 * np.sin(np.arange(2.0 * n * n))
    values = []
    for _ in range(8):
        value, g = value_and_grad(objective)(params)
        params = params - 2.0 * g
        values.append(float(value))
    return params, np.array(values)
