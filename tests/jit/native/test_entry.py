"""The way from Python into a core of native code and back: trees, wrong arguments, memory."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest

from autodiff.jit.native.engine import library
from autodiff.jit.native.entry import UNFIT, builtin, leaves, readable, symbols, tree_of, written


def core(inputs: int, outputs: int) -> str:
    """Results are the arguments in turn, from the first on; the code is the first, if that is negative."""
    lines = ["define internal i64 @core(ptr %x, ptr %y) {"]
    for k in range(outputs):
        lines += [
            f"  %p{k} = getelementptr double, ptr %x, i64 {k % inputs}",
            f"  %v{k} = load double, ptr %p{k}",
            f"  %q{k} = getelementptr double, ptr %y, i64 {k}",
            f"  store double %v{k}, ptr %q{k}",
        ]
    lines += [
        "  %first = load double, ptr %x",
        "  %whole = fptosi double %first to i64",
        "  %code = call i64 @llvm.smin.i64(i64 %whole, i64 0)",
        "  ret i64 %code",
        "}",
        "declare i64 @llvm.smin.i64(i64, i64)",
        "",
    ]
    return "\n".join(lines)


def entry(args: tuple[Any, ...], result: Any) -> Callable[..., Any]:
    takes, gives = tree_of(args), tree_of(result)
    text = core(leaves(takes), leaves(gives)) + written(takes, gives)
    return builtin(library(text, ("entry",), symbols(text)), "f")


CASES: list[tuple[tuple[Any, ...], Any]] = [
    ((1.5,), 1.5),
    ((1.5, 2.5), (1.5, 2.5)),
    ((1.5, 0.0), [1.5, False]),
    (([1.5, 2.5],), [1.5, 2.5]),
    (([1.5, 2.5, 3.0, 4.0, 5.0, 6.0], 7.0), [1.5, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 1.5]),
    (((1.5, [2.5]), 3.0), [[1.5, (2.5,)], 3.0, True]),
    (([1.5, [2.5, 3.5, 4.5, 5.5, 6.5], 7.5, 8.5],), ([1.5], [2.5, 3.5, 4.5, 5.5, 6.5, 7.5], 8.5)),
    (([[1.5, 2.5], [3.5, 4.5]],), [[1.5, 2.5], [3.5, 4.5]]),
    (([], 1.5, ()), [1.5, [], ()]),
]


def test_this_python_is_readable():
    assert readable()


@pytest.mark.parametrize(("args", "result"), CASES, ids=str)
def test_trees_go_in_and_come_out(args: tuple[Any, ...], result: Any):
    out = entry(args, result)(*args)
    assert out == result
    assert str(tree_of(out)) == str(tree_of(result))


@pytest.mark.parametrize(
    "wrong",
    [
        (), ([1.0, 2.0],), ([1.0, 2.0], 3.0, 4.0), ((1.0, 2.0), 3.0), ([1.0], 3.0), ([1.0, 2.0, 3.0], 3.0),
        ([1.0, 2], 3.0), ([1.0, 2.0], 3), ([1.0, 2.0], None), ([1.0, "2"], 3.0), ([1.0, 2.0], [3.0]),
        ([1.0, True], 3.0), (None, None),
    ],
)  # fmt: skip
def test_other_arguments_do_not_fit(wrong: tuple[Any, ...]):
    f = entry(([1.0, 2.0], 3.0), 1.0)
    assert f([4.0, 2.0], 3.0) == 4.0
    out = f(*wrong)
    assert type(out) is int
    assert out == UNFIT


def test_a_subclass_does_not_fit():
    class Mine(float):
        pass

    assert entry((1.0,), 1.0)(Mine(2.0)) == UNFIT


def test_settings_by_name_are_refused():
    with pytest.raises(TypeError):
        entry((1.0,), 1.0)(x=1.0)


def test_the_code_of_the_core_comes_back_as_an_int():
    out = entry((1.0,), (1.0,))(-2.0)
    assert type(out) is int
    assert out == -2


def test_values_with_more_in_them_have_no_tree():
    assert [tree_of(x) for x in ((1,), [{"a": 1.0}], "text", 1j, [None])] == [None] * 5


def test_nothing_is_left_behind():
    args = ([0.1 + k for k in range(6)], (2.5, [3.5]))
    f = entry(args, [[1.0] * 9, (2.0, False)])
    f(*args)
    gc.collect()
    counts = [sys.getrefcount(x) for x in (args[0], args[1], args[0][0], None, True, False)]
    blocks = sys.getallocatedblocks()
    for _ in range(1000):
        f(*args)
        f(*args, 1.0)
    assert [sys.getrefcount(x) for x in (args[0], args[1], args[0][0], None, True, False)] == counts
    assert abs(sys.getallocatedblocks() - blocks) < 50


def test_the_code_stays_as_long_as_the_function():
    f = entry((1.0,), (1.0, 1.0, 1.0))
    gc.collect()
    assert f(2.5) == (2.5, 2.5, 2.5)
    out = f(3.5)
    del f
    gc.collect()
    assert out == (3.5, 3.5, 3.5)
