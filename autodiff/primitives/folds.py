"""Folds: h[0] = x[0], h[i] = f(h[i-1], x[i]) for any f of two numbers, as `np.power.accumulate` has it.

The tangent is a recurrence, whatever f is: with ∂₁ and ∂₂, the partials of f at (h[i-1], x[i]),

    dh[i] = ∂₁ dh[i-1] + ∂₂ dx[i]

so a fold is one node of the graph, and its derivatives are a few (`scans.recurrence`), however long it is.

A second input says what each step does: 0 begins anew, h[i] = x[i], as where a part begins in
`np.power.reduceat`; 1 goes on; 2 leaves x[i] out, h[i] = h[i-1], as where `where=` does.  The
first step begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..batching import along_axes
from ..graph import PLAIN, Rules
from ..kinds import PRIMITIVES, constant, general, linear
from .scans import backwards, before, pick

__all__: list[str] = []

BEGIN, GO_ON, LEAVE_OUT = 0, 1, 2


# ---- on plain arrays
def array_fold(x: Any, *, of: str, axis: int) -> Any:
    return getattr(np, of).accumulate(x, axis) if x.shape[axis] else x.copy()


def array_fold_parts(x: Any, how: Any, *, of: str, axis: int) -> Any:
    """Each part step by step; all of the parts at once, if it is the same parts everywhere."""
    x, how = np.moveaxis(x, axis, 0), np.moveaxis(how, axis, 0)
    f, out = getattr(np, of), np.empty_like(x)
    if not x.size:
        return np.moveaxis(out, 0, axis)
    everywhere = how.reshape(len(how), -1)
    if (everywhere == everywhere[:, :1]).all():
        steps = everywhere[:, 0]
        starts = np.flatnonzero((steps == BEGIN) | (np.arange(len(steps)) == 0))
        lengths = np.diff(np.append(starts, len(x)))
        out[starts] = x[starts]
        for k in range(1, int(lengths.max())):
            at = starts[lengths > k] + k
            skipped, going = at[steps[at] == LEAVE_OUT], at[steps[at] == GO_ON]
            out[skipped] = out[skipped - 1]
            out[going] = f(out[going - 1], x[going])
    else:
        how, out[0] = np.broadcast_to(how, x.shape), x[0]
        for i in range(1, len(x)):
            out[i : i + 1] = np.where(how[i] == LEAVE_OUT, out[i - 1], x[i])
            going = i, how[i] == GO_ON
            out[going] = f(out[i - 1][going[1]], x[going])
    return np.moveaxis(out, 0, axis)


# ---- in m
def steps(m: Any, out: Any, x: Any, how: Any, of: str, axis: int) -> tuple[Any, Any]:
    """∂h[i] / ∂h[i-1] and ∂h[i] / ∂x[i], as arrays like x."""
    earlier, now = (m.index(out, index=pick(x, axis, at)) for at in (slice(None, -1), slice(1, None)))
    more = m.index(x, index=pick(x, axis, slice(1, None)))
    rules = PRIMITIVES[of].rules.pulls
    rates = [rule and rule(m, 1.0, now, earlier, more) for rule in (rules or (None, None))]
    a, b = (filled(m, 0.0 if rate is None else rate, x, axis, first) for first, rate in enumerate(rates))
    if how is None:
        return a, b
    going = m.equal(how, GO_ON)
    a = m.where(going, a, m.cast(m.equal(how, LEAVE_OUT), dtype=x.dtype))
    return a, m.where(going, b, m.cast(m.equal(how, BEGIN), dtype=x.dtype))


def filled(m: Any, rate: Any, x: Any, axis: int, first: int) -> Any:
    """An array like x, of what is known from the second element on."""
    start = np.full(x.shape, first, x.dtype)
    if not x.shape[axis]:
        return start
    rate = rate if hasattr(rate, "shape") else np.asarray(rate, x.dtype)
    rate = rate if rate.dtype == x.dtype else m.cast(rate, dtype=x.dtype)
    return m.assign(start, rate, index=pick(x, axis, slice(1, None)))


def pulled(m: Any, g: Any, out: Any, x: Any, how: Any, of: str, axis: int) -> Any:
    a, b = steps(m, out, x, how, of, axis)
    return m.recurrence(a, g, axis=axis, transposed=True) * b


def pushed(m: Any, t: Any, out: Any, x: Any, how: Any, of: str, axis: int) -> Any:
    a, b = steps(m, out, x, how, of, axis)
    return m.recurrence(a, t * b, axis=axis, transposed=False)


def careful_pulled(m: Any, g: Any, out: Any, x: Any, how: Any, of: str, axis: int) -> Any:
    """Where all later entries of g are zero, x has no say."""
    a, b = steps(m, out, x, how, of, axis)
    alive = backwards(m, m.cumsum(backwards(m, m.not_equal(g, 0), axis), axis=axis), axis)
    g = m.recurrence(m.shield(a, alive), g, axis=axis, transposed=True)
    return m.absorb(g, lambda: b)


def careful_pushed(m: Any, t: Any, out: Any, x: Any, how: Any, of: str, axis: int) -> Any:
    """Where nothing moves up to some place, x has no say before it and at it."""
    a, b = steps(m, out, x, how, of, axis)
    so_far = before(m, m.cumsum(m.not_equal(t, 0), axis=axis), axis, 0.0)
    return m.recurrence(m.shield(a, so_far), m.absorb(t, lambda: b), axis=axis, transposed=False)


def rules(pull: Any, push: Any, parts: bool) -> Rules:
    if parts:
        return Rules(
            (lambda m, g, out, x, how, of, axis: pull(m, g, out, x, how, of, axis), None),
            lambda m, ts, out, x, how, of, axis: (
                None if ts[0] is None else push(m, ts[0], out, x, how, of, axis)
            ),
        )
    return Rules(
        (lambda m, g, out, x, of, axis: pull(m, g, out, x, None, of, axis),),
        lambda m, ts, out, x, of, axis: push(m, ts[0], out, x, None, of, axis),
    )


# ---- parts that follow each other, as of `reduceat`, and begin at `starts`
def part_of(x: Any, starts: Any, axis: int) -> Any:
    """The number of its part, for each place along the axis; as an index."""
    numbers = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, x.shape[axis])))
    return pick(x, axis, numbers)


def array_sum_of_parts(x: Any, *, starts: Any, axis: int) -> Any:
    return np.add.reduceat(x, starts, axis, dtype=x.dtype)


def array_spread_over_parts(x: Any, *, starts: Any, axis: int, length: int) -> Any:
    return np.repeat(x, np.diff(np.append(starts, length)), axis)


def array_best_of_parts(x: Any, *, starts: Any, of: str, axis: int) -> Any:
    return getattr(np, of).reduceat(x, starts, axis)


def array_winners_of_parts(x: Any, best: Any, *, starts: Any, axis: int) -> Any:
    """The weights with which the best of each part was selected: 1, shared by all that are equal."""
    parts = part_of(x, starts, axis)
    best = best[parts]
    here = x == best
    here |= (x != x) & (best != best)
    count = np.add.reduceat(here, starts, axis, dtype=np.intp)
    return (here if (count == 1).all() else here / count[parts]).astype(x.real.dtype)


def spread(m: Any, g: Any, x: Any, starts: Any, axis: int) -> Any:
    return m.spread_over_parts(g, starts=starts, axis=axis, length=x.shape[axis])


def best_pull(m: Any, g: Any, out: Any, x: Any, starts: Any, of: str, axis: int) -> Any:
    return spread(m, g, x, starts, axis) * m.winners_of_parts(x, out, starts=starts, axis=axis)


def best_push(m: Any, ts: Any, out: Any, x: Any, starts: Any, of: str, axis: int) -> Any:
    moved = ts[0] * m.winners_of_parts(x, out, starts=starts, axis=axis)
    return m.sum_of_parts(moved, starts=starts, axis=axis)


def careful_best_pull(m: Any, g: Any, out: Any, x: Any, starts: Any, of: str, axis: int) -> Any:
    weights = m.winners_of_parts(x, out, starts=starts, axis=axis)
    return m.absorb(weights, spread, m, g, x, starts, axis)


def careful_best_push(m: Any, ts: Any, out: Any, x: Any, starts: Any, of: str, axis: int) -> Any:
    weights = m.winners_of_parts(x, out, starts=starts, axis=axis)
    return m.sum_of_parts(m.absorb(weights, lambda: ts[0]), starts=starts, axis=axis)


# ---- the product of each part
def array_others_of_parts(x: Any, *, starts: Any, axis: int) -> Any:
    """For every element, the product of all others in its part; by division, if nothing is near 0 or inf."""
    out = np.multiply.reduceat(x, starts, axis, dtype=x.dtype)
    size = np.absolute(out)
    if x.dtype.kind in "fc" and x.dtype.itemsize > 2 and np.all((size > 1e-30) & (size < 1e30)):
        return out[part_of(x, starts, axis)] / x
    return np.multiply(*(part for part, _ in beside(PLAIN, x, None, starts, axis)))


def beside(m: Any, x: Any, t: Any, starts: Any, axis: int) -> Any:
    """The products of what comes before in a part, and of what comes after; and how they move along t."""
    n, axis = x.shape[axis], axis % len(x.shape)
    for first, turn in ((starts, False), (n - np.append(starts[1:], n)[::-1], True)):
        y, u = (backwards(m, z, axis) if turn and z is not None else z for z in (x, t))
        how = np.full(n, GO_ON)
        how[first] = BEGIN
        how = how.reshape(n, *[1] * (len(x.shape) - axis - 1))
        how = np.broadcast_to(how, x.shape)
        h = m.fold_parts(y, how, of="multiply", axis=axis)
        parts = [m.where(how == BEGIN, 1.0, before(m, h, axis, 1.0)), None]
        if u is not None:
            dh = pushed(m, u, h, y, how, "multiply", axis)
            parts[1] = m.where(how == BEGIN, 0.0, before(m, dh, axis, 0.0))
        yield tuple(backwards(m, z, axis) if turn and z is not None else z for z in parts)


def others_moved(m: Any, t: Any, out: Any, x: Any, starts: Any, axis: int) -> Any:
    """In both walks: the matrix is symmetric."""
    (left, d_left), (right, d_right) = beside(m, x, t, starts, axis)
    return d_left * right + left * d_right


def careful_others_moved(m: Any, t: Any, out: Any, x: Any, starts: Any, axis: int) -> Any:
    alive = m.sum_of_parts(m.cast(m.not_equal(t, 0), dtype=x.dtype), starts=starts, axis=axis)
    return others_moved(m, t, out, m.shield(x, spread(m, alive, x, starts, axis)), starts, axis)


def others(m: Any, x: Any, starts: Any, axis: int) -> Any:
    return m.others_of_parts(x, starts=starts, axis=axis)


def in_turn(rule: Any) -> tuple[Any, Any]:
    """A symmetric rule as a pull and a push."""
    return (lambda m, g, out, x, starts, axis: rule(m, g, out, x, starts, axis),), (
        lambda m, ts, out, x, starts, axis: rule(m, ts[0], out, x, starts, axis)
    )


fold = general(
    "fold", array_fold, *rules(pulled, pushed, False),
    careful=rules(careful_pulled, careful_pushed, False), batch=along_axes, reach="axis",
)  # fmt: skip
fold_parts = general(
    "fold_parts", array_fold_parts, *rules(pulled, pushed, True),
    careful=rules(careful_pulled, careful_pushed, True), batch=along_axes, reach="axis",
)  # fmt: skip
sum_of_parts = linear(
    "sum_of_parts", array_sum_of_parts,
    lambda m, g, x, starts, axis: spread(m, g, x, starts, axis),
)  # fmt: skip
spread_over_parts = linear(
    "spread_over_parts", array_spread_over_parts,
    lambda m, g, x, starts, axis, length: m.sum_of_parts(g, starts=starts, axis=axis),
)  # fmt: skip
winners_of_parts = constant("winners_of_parts", array_winners_of_parts)
best_of_parts = general(
    "best_of_parts", array_best_of_parts, (best_pull,), best_push,
    careful=Rules((careful_best_pull,), careful_best_push), selects=True, batch=along_axes, reach="axis",
)  # fmt: skip
prod_of_parts = general(
    "prod_of_parts", lambda x, *, starts, axis: np.multiply.reduceat(x, starts, axis, dtype=x.dtype),
    (lambda m, g, out, x, starts, axis: spread(m, g, x, starts, axis) * others(m, x, starts, axis),),
    lambda m, ts, out, x, starts, axis:
        m.sum_of_parts(ts[0] * others(m, x, starts, axis), starts=starts, axis=axis),
    careful=Rules(
        (lambda m, g, out, x, starts, axis:
            m.absorb(spread(m, g, x, starts, axis), others, m, x, starts, axis),),
        lambda m, ts, out, x, starts, axis:
            m.sum_of_parts(m.absorb(ts[0], others, m, x, starts, axis), starts=starts, axis=axis),
    ),
    batch=along_axes, reach="axis",
)  # fmt: skip
others_of_parts = general(
    "others_of_parts", array_others_of_parts, *in_turn(others_moved),
    careful=Rules(*in_turn(careful_others_moved)), batch=along_axes, reach="axis",
)  # fmt: skip
