"""The graph: order, recording, staleness, memory, threads, and what the engine's own files may contain."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import math
import re
import threading
from pathlib import Path

import numpy as np
import pytest

from autodiff import StaleError, Tensor, Value, enable_grad, grad, gradients, jvp, no_grad, scope, vjp
from autodiff.graph import ancestry, unusual_contexts


def here() -> int:
    """The line number of the caller."""
    return inspect.currentframe().f_back.f_lineno


# ---- order ---------------------------------------------------------------------------------------------
def test_nodes_are_numbered_as_they_are_made():
    a, b = Value(1.0), Tensor([2.0])
    c = a * b
    d = c + a
    numbers = [a.number, b.number, c.number, d.number]
    assert numbers == sorted(set(numbers))


def test_an_input_is_older_than_its_result_on_every_edge():
    x, w = Value(0.5), Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = ((x * w).sum() / 3 - (w @ w)[0, 1] ** 2) * x.sin()
    order, _ = ancestry([y])
    edges = [(node, used) for node in order for used in node.inputs]
    assert len(edges) > 10
    assert all(used.number < node.number for node, used in edges)


def test_ancestry_is_topological_without_leaves_or_strangers():
    x = Value(0.5)
    a = x * x
    b = a + x
    stranger = a * 2
    c = b * a
    order, outside = ancestry([c])
    assert [id(node) for node in order] == [id(c), id(b), id(a)]  # youngest first, each once
    assert stranger not in set(order)
    assert outside is False


def test_ancestry_of_several_roots_holds_each_node_once():
    x = Value(0.5)
    a = x * x
    b, c = a + 1, a * 3
    order, _ = ancestry([b, c, a, b])
    assert [id(node) for node in order] == [id(c), id(b), id(a)]


def test_ancestry_stops_at_the_fresh_and_tells_of_what_is_older():
    w = Value(2.0)
    before = w * w
    x = Value(3.0)
    alone = x * 5
    assert ancestry([alone], fresh={x}) == ([alone], False)
    both = alone * before
    order, outside = ancestry([both], fresh={x})
    assert [id(node) for node in order] == [id(both), id(alone)]  # before is older than x: not looked at
    assert outside is True


# ---- recording -----------------------------------------------------------------------------------------
def test_a_node_knows_how_it_was_made():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    line, y = here(), x.sum(axis=1)
    assert y.op.name == "sum"
    assert y.inputs == (x,)
    assert y.params == {"axis": 1, "keepdims": False}  # complete: what was left out is filled in
    file, at, function = y.origin
    assert (Path(file).name, at, function) == (
        "test_graph.py",
        line,
        "test_a_node_knows_how_it_was_made",
    )


def test_what_needs_no_gradient_is_not_recorded():
    x = Value(2.0, requires_grad=False)
    y = (x * 3).sin() + np.float64(1)
    assert not y.requires_grad
    assert y.op is None
    assert y.inputs == ()
    assert y.data == math.sin(6.0) + 1


def test_recording_follows_any_input_that_requires_grad():
    x, c = Value(2.0), Value(3.0, requires_grad=False)
    assert (c * c).requires_grad is False
    assert (c * x).requires_grad is True
    assert ((c * c) * x).inputs[0].inputs == ()


def test_steps_and_comparisons_are_not_recorded_for_derivatives():
    t = Tensor([1.5, -2.5], requires_grad=True)
    for constant in (t > 0, t == t, np.floor(t), t // 2):
        assert not constant.requires_grad


# ---- no_grad, enable_grad, scope -----------------------------------------------------------------------
def recorded() -> bool:
    value = (Value(2.0) * Value(3.0)).requires_grad
    assert value == (Tensor([2.0], requires_grad=True) + 1).requires_grad
    assert value == Value(2.0).sin().requires_grad
    return value


def test_no_grad_computes_and_does_not_record():
    x = Value(3.0)
    with no_grad():
        y = x * x
    assert y.data == 9.0
    assert y.op is None
    assert y.inputs == ()
    assert x.requires_grad  # what was there before keeps what it was
    assert recorded()


def test_no_grad_and_enable_grad_nest():
    seen = []
    with no_grad():
        seen.append(recorded())
        with enable_grad():
            seen.append(recorded())
            with no_grad():
                seen.append(recorded())
            seen.append(recorded())
        seen.append(recorded())
    seen.append(recorded())
    assert seen == [False, True, False, True, False, True]


def test_as_decorators():
    @no_grad()
    def quiet(depth: int) -> list[bool]:
        """Its docstring."""
        return [recorded(), loud(), *(quiet(depth - 1) if depth else []), recorded()]

    @enable_grad()
    def loud() -> bool:
        return recorded()

    assert quiet.__name__ == "quiet"
    assert quiet.__doc__ == "Its docstring."
    assert quiet(1) == [False, True, False, True, False, False]
    assert quiet(0) == [False, True, False]  # again: a decorator is not used up
    assert recorded()


def test_a_paused_generator_that_another_context_closes():
    """The variable cannot be reset from there; but nobody is kept asking for it."""

    def generator():
        with no_grad():
            yield

    paused = generator()
    contextvars.copy_context().run(next, paused)
    with pytest.raises(ValueError, match="different Context"):
        paused.close()
    assert unusual_contexts == []
    assert (Value(2.0) * 2.0).requires_grad


@pytest.mark.parametrize("context", [no_grad, enable_grad, lambda: scope("s")])
def test_an_exception_leaves_no_state(context):
    with pytest.raises(ZeroDivisionError), context():
        Value(1.0) / 0.0

    @context()
    def fails():
        raise KeyError("inside")

    with pytest.raises(KeyError):
        fails()
    assert recorded()
    assert (Value(1.0) * 2).scope == ""


def test_no_grad_is_of_its_thread():
    inside, seen = threading.Event(), threading.Event()
    found = {}

    def quiet():
        with no_grad():
            inside.set()
            assert seen.wait(10)
            found["quiet"] = recorded()
        found["after"] = recorded()

    thread = threading.Thread(target=quiet)
    thread.start()
    assert inside.wait(10)
    found["main"] = recorded()
    with scope("main"):
        seen.set()
        thread.join()
    assert found == {"quiet": False, "after": True, "main": True}


def test_scope_is_of_its_thread():
    found = []
    ready = threading.Barrier(2, timeout=10)

    def work(name):
        with scope(name):
            ready.wait()
            found.append((name, (Value(1.0) * 2).scope))
            ready.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [("a", "a"), ("b", "b")]


def test_contexts_are_of_their_asyncio_task():
    async def quiet():
        seen = []
        with no_grad(), scope("quiet"):
            for _ in range(3):
                await asyncio.sleep(0.001)
                seen.append((Value(1.0) * 2).requires_grad)
        return seen

    async def loud():
        seen = []
        for _ in range(4):
            await asyncio.sleep(0.0007)
            y = Value(1.0) * 2
            seen.append((y.requires_grad, y.scope))
        return seen

    async def both():
        return await asyncio.gather(quiet(), loud(), quiet())

    first, second, third = asyncio.run(both())
    assert first == third == [False] * 3
    assert second == [(True, "")] * 4
    assert recorded()


def test_a_copied_context_keeps_what_it_was_copied_with():
    with no_grad():
        context = contextvars.copy_context()
        assert context.run(recorded) is False
    assert recorded() is True


def test_scopes_group_what_is_recorded_inside():
    x = Value(2.0)
    before = x * 2
    with scope("encoder"):
        a = x * 3
        with scope("layer1"):
            b = a.sin()
            t = Tensor([1.0], requires_grad=True) + 1
        c = b + 1
    after = c * 2
    assert [n.scope for n in (x, before, a, b, t, c, after)] == [
        "",
        "",
        "encoder",
        "encoder/layer1",
        "encoder/layer1",
        "encoder",
        "",
    ]
    after.backward()
    assert x.grad == pytest.approx(2 * 3 * math.cos(6.0))


def test_scope_as_a_decorator():
    @scope("head")
    def head(x):
        return x * x

    with scope("net"):
        y = head(Value(3.0))

        @scope("tail")
        def tail(x):
            return x * x

    assert y.scope == "net/head"  # where it is called
    assert head(Value(3.0)).scope == "head"
    assert tail(Value(3.0)).scope == "tail"  # not where it was written
    assert (Value(3.0) * 2).scope == ""


# ---- staleness -----------------------------------------------------------------------------------------
def both_lines(error: pytest.ExceptionInfo, used: int, changed: int) -> bool:
    message = str(error.value)
    return f"{__file__}:{used}" in message and f"{__file__}:{changed}" in message


def test_a_leaf_changed_after_use_is_told_with_both_lines():
    x, w = Value(2.0), Value(7.0)
    used, y = here(), x * x
    z = y + w
    x.data, changed = 5.0, here()
    with pytest.raises(StaleError) as error:
        z.backward()
    assert both_lines(error, used, changed)
    assert "multiply" in str(error.value)
    assert (x.has_grad, w.has_grad) == (False, False)  # nothing was added anywhere


def test_a_tensor_changed_after_use_is_told_with_both_lines():
    t = Tensor([1.0, 2.0], requires_grad=True)
    used, y = here(), t.reshape(2, 1)
    z = (y * y).sum()
    t.data -= 1.0
    changed = here() - 1
    with pytest.raises(StaleError) as error:
        z.backward()
    assert both_lines(error, used, changed)
    assert "reshape" in str(error.value)
    assert t.grad is None


def test_a_constant_changed_after_use_is_told_as_well():
    x, c = Value(2.0), Value(3.0, requires_grad=False)
    y = x * c  # the derivative is c
    c.data = 10.0
    with pytest.raises(StaleError):
        y.backward()
    t, k = Tensor([1.0], requires_grad=True), Tensor([3.0])
    z = (t * k).sum()
    k.data = [10.0]
    with pytest.raises(StaleError):
        gradients(z, t)


@pytest.mark.parametrize(
    "derive",
    [
        lambda y, x: y.backward(),
        lambda y, x: y.backward(create_graph=True),
        lambda y, x: gradients(y, x),
        lambda y, x: gradients(y, [x], create_graph=True),
        lambda y, x: grad(lambda a: a * y)(1.0) * grad(lambda a: a * y)(1.0).backward(),
    ],
)
def test_every_walk_sees_a_stale_leaf(derive):
    x = Value(2.0)
    y = (x.sin() * 3).exp()
    x.data = 2.0  # the same number, but who knows
    with pytest.raises(StaleError):
        derive(y, x)
    assert not x.has_grad


def test_a_function_that_changes_what_it_used_is_told():
    w = Value(2.0)

    def f(x):
        y = x * w
        w.data = w.data + 1
        return y

    with pytest.raises(StaleError):
        grad(f)(3.0)
    with pytest.raises(StaleError):
        jvp(f, (3.0,), (1.0,))
    with pytest.raises(StaleError):
        vjp(f, 3.0)[1](1.0)


def test_a_vjp_is_of_the_data_that_was():
    w = Value(2.0)
    _, pull = vjp(lambda x: x * w, 3.0)
    assert pull(1.0)[0].data == 2.0
    w.data = 10.0
    with pytest.raises(StaleError):
        pull(1.0)


def test_changing_before_use_or_after_the_walk_is_fine():
    x = Value(2.0)
    x.data = 3.0
    (x * x).backward()
    assert x.grad == 6.0
    x.data = 4.0
    x.zero_grad()
    (x * x).backward()
    assert x.grad == 8.0


def test_what_does_not_lead_to_the_result_may_change():
    x, w = Value(2.0), Value(3.0)
    y = x * x
    _ = x * w
    w.data = 5.0
    y.backward()
    assert x.grad == 4.0


def test_half_old_half_new_is_told():
    x = Value(2.0)
    y = x * x
    x.data = 5.0
    z = y + x  # the plus saw the new x, the product the old
    with pytest.raises(StaleError):
        z.backward()


def test_a_constant_that_was_changed_is_noticed_and_both_lines_are_named():
    """Data that do not require grad enter derivatives too: d(x·c)/dx is c."""
    x, c = Value(2.0), Value(3.0, requires_grad=False)
    y = x.sin() * c  # used here
    c.data = 5.0  # changed here
    with pytest.raises(StaleError) as error:
        y.backward()
    first = re.findall(r"test_graph\.py:(\d+)", str(error.value))
    assert len(first) == 2
    assert int(first[1]) == int(first[0]) + 1
    assert not x.has_grad
