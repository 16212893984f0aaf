"""Long chains, memory, threads, and what the engine's files may contain."""

from __future__ import annotations

import ast
import gc
import io
import math
import sys
import threading
import time
import tokenize
import weakref
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import autodiff
from autodiff import StaleError, Tensor, Value, grad, hvp, jvp, no_grad, vjp
from autodiff.graph import ancestry
from autodiff.kinds import PRIMITIVES
from tests.test_graph import recorded

PACKAGE = Path(autodiff.__file__).parent


# ---- long chains ---------------------------------------------------------------------------------------
@contextmanager
def paused_collector():
    """Without the cyclic collector, which would look at a million young nodes again and again."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def chain(x, length):
    """x, plus or times a number that keeps the result near; its derivative is the product of the factors."""
    for _ in range(length // 4):
        x = (x + 1.0) * 0.5 * 2.0 - 1.0
    return x


def test_a_million_operations_on_a_value():
    n = 1_000_000
    with paused_collector():
        x = Value(0.25)
        y = chain(x, n)
        order, _ = ancestry([y])
        assert len(order) == n
        assert y.data == pytest.approx(0.25)
        y.backward()
        assert x.grad == 1.0
        middle = weakref.ref(order[n // 2])
        del order
        assert middle() is not None
        started = time.perf_counter()
        del y  # released without recursion: this line would crash the interpreter
        assert middle() is None
        assert time.perf_counter() - started < 30


def test_a_million_operations_forward():
    with paused_collector():
        value, speed = jvp(lambda x: chain(x, 1_000_000), (0.25,), (3.0,))
    assert value == pytest.approx(0.25)
    assert speed == 3.0


def test_a_long_chain_of_arrays():
    n = 100_000
    with paused_collector():
        x = Tensor([0.25, 0.5], requires_grad=True)
        y = chain(x, n)
        first = weakref.ref(y)
        y.backward([1.0, 2.0])
        np.testing.assert_array_equal(x.grad, [1.0, 2.0])
        del y
        assert first() is None
        value, speed = jvp(lambda x: chain(x, n), (np.array([0.25, 0.5]),), (np.array([3.0, 4.0]),))
    np.testing.assert_allclose(value, [0.25, 0.5])
    np.testing.assert_array_equal(speed, [3.0, 4.0])


def test_a_long_chain_is_released_on_a_small_stack():
    def work():
        chain(Value(0.25), 200_000)
        chain(Tensor([0.25], requires_grad=True), 20_000)
        done.append(True)

    done = []
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert done == [True]


def test_a_long_chain_of_recorded_derivatives():
    x = Value(1.0)
    y = x
    for _ in range(3000):
        y = y * x  # x to the 3001st
    y.backward(create_graph=True)
    first = x.grad
    assert first.data == 3001.0
    x.zero_grad()
    first.backward()
    assert x.grad == 3001.0 * 3000.0
    x.zero_grad()


def test_a_wide_sum_of_one_value():
    x = Value(2.0)
    total = x
    for _ in range(20_000):
        total = total + x
    total.backward()
    assert x.grad == 20_001.0


def test_a_diamond_tower_takes_linear_time():
    x = Value(1.0)
    y = x
    for _ in range(200):  # two to the two hundredth paths
        y = y * 0.5 + y * 0.5
    y.backward()
    assert x.grad == pytest.approx(1.0)
    assert jvp(lambda x: [x := x * 0.5 + x * 0.5 for _ in range(200)][-1], (1.0,), (1.0,)) == (1.0, 1.0)


# ---- memory --------------------------------------------------------------------------------------------
def program_value():
    x = Value(0.5)
    y = (x * x + x.sin()) ** 2 / (1 + x)
    y.backward()
    return [x, y, *y.inputs]


def program_tensor():
    t = Tensor(np.ones((2, 3)), requires_grad=True)
    y = ((t @ t.T).reshape(4)[1:] * 2.0).sum()
    y.backward()
    return [t, y, *y.inputs]


def program_second_order():
    x = Value(0.5)
    (x * x * x).backward(create_graph=True)
    g = x.grad
    x.zero_grad()
    g.backward()
    return [x, g, *g.inputs]


def program_where():
    t = Tensor([0.0, 4.0], requires_grad=True)
    with np.errstate(all="ignore"):
        y = autodiff.where(t > 0, t.sqrt(), 0.0).sum()
        y.backward()
    return [t, y, *y.inputs]


def program_transforms():
    refs = []

    def f(x):
        y = x * x.sin()
        refs.extend([x, y])
        return y.sum()

    def scalar(x):
        y = x * x.sin()
        refs.extend([x, y])
        return y

    a = np.ones(3)
    grad(f)(a)
    vjp(f, a)[1](np.array(1.0))
    jvp(f, (a,), (a,))
    hvp(f, (a,), (a,))
    grad(grad(scalar))(0.5)
    grad(lambda x: jvp(scalar, (x,), (1.0,))[1])(0.5)
    return refs


def program_errors():
    x = Value(0.0)
    y = x.sqrt()
    with pytest.raises(ZeroDivisionError):
        y.backward()
    z = x * 2
    x.data = 1.0
    with pytest.raises(StaleError):
        z.backward()
    with pytest.raises(ValueError, match="log"):
        (x * -1.0).log()
    with pytest.raises(KeyError):
        grad(lambda x: {}[x * x])(1.0)
    return [x, y, z]


PROGRAMS = [
    program_value,
    program_tensor,
    program_second_order,
    program_where,
    program_transforms,
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_nodes_are_free_at_once(program):
    program()  # what is made once (caches, tables) is made
    with paused_collector():
        refs = [weakref.ref(node) for node in program()]
        assert len(refs) >= 3
        assert [ref() for ref in refs] == [None] * len(refs)


def ours(thing: object) -> bool:
    names = (
        getattr(type(thing), "__module__", ""),
        getattr(thing, "__module__", ""),
    )
    return any(isinstance(name, str) and name.split(".")[0] == "autodiff" for name in names)


@pytest.mark.parametrize("program", [*PROGRAMS, program_errors])
def test_the_collector_finds_nothing_of_ours(program):
    program()
    with paused_collector():
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            program()
            gc.collect()
            found = [repr(thing)[:200] for thing in gc.garbage if ours(thing)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
    assert found == []


def test_the_search_for_cycles_finds_one():
    with paused_collector():
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            x = Value(2.0)
            x.grad = x * x  # what a gradient that stays on its leaf is: a cycle, broken by zero_grad()
            del x
            gc.collect()
            found = [thing for thing in gc.garbage if ours(thing)]
            for thing in found:
                if isinstance(thing, Value):
                    thing.zero_grad()
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
    assert len(found) >= 2


def test_a_walk_keeps_no_cotangents():
    x = Tensor(np.ones(4), requires_grad=True)
    y = (x * 2.0).sum()
    y.backward()
    with paused_collector():
        held = weakref.ref(x.grad)
        x.zero_grad()
        assert held() is None


# ---- threads -------------------------------------------------------------------------------------------
def test_eight_threads_differentiate_at_once():
    w = Value(3.0, requires_grad=False)  # shared, only read
    shared = np.linspace(0.1, 1.0, 5)
    start = threading.Barrier(8, timeout=30)
    wrong: list[object] = []
    numbers: list[list[int]] = [[] for _ in range(8)]

    def check(k: int, step: int) -> None:
        a = 0.1 * k + 0.01 * step
        x = Value(a)
        y = (x * w).sin() * x
        numbers[k].append(y.number)
        y.backward()
        want = math.sin(3 * a) + 3 * a * math.cos(3 * a)
        if not math.isclose(x.grad, want):
            wrong.append((k, step, "backward", x.grad, want))
        second = grad(grad(lambda z: z.sin() * z))(a)
        if not math.isclose(second, 2 * math.cos(a) - a * math.sin(a)):
            wrong.append((k, step, "grad(grad)", second))
        product = hvp(lambda z: (z * z * z).sum() * a, (shared,), (np.ones(5),))[0]
        if not np.allclose(product, 6 * a * shared):
            wrong.append((k, step, "hvp", product))
        t = Tensor(shared, requires_grad=True)
        ((t @ t) * a).backward()
        if not np.allclose(t.grad, 2 * a * shared):
            wrong.append((k, step, "tensor", t.grad))

    def loud(k: int) -> None:
        for step in range(25):
            check(k, step)

    def quiet(k: int) -> None:
        for step in range(25):
            with no_grad():
                y = Value(1.0) * 2
                if y.requires_grad:
                    wrong.append((k, step, "recorded under no_grad"))
                inner = grad(lambda z: z * z)(3.0)  # a transform records for itself
                if inner != 6.0:
                    wrong.append((k, step, "grad under no_grad", inner))
            check(k, step)

    def work(k: int) -> None:
        try:
            start.wait()
            (quiet if k % 2 else loud)(k)
        except BaseException as error:
            wrong.append((k, repr(error)))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []
    together = [n for ns in numbers for n in ns]
    assert len(set(together)) == len(together) == 8 * 25
    assert all(ns == sorted(ns) for ns in numbers)
    assert recorded()


# ---- what the engine's files may contain ---------------------------------------------------------------
def denotes_primitive(node: ast.AST, names: set[str]) -> bool:
    """Whether an expression is, by its looks, a primitive or the name of one."""
    match node:
        case ast.Attribute(attr="op") | ast.Name(id="op" | "primitive" | "PRIMITIVES"):
            return True
        case ast.Attribute(attr="name" | "__name__", value=value):
            return denotes_primitive(value, names)
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(value=ast.Name(id="P" | "primitives")):
            return True
        case ast.Constant(value=str(text)):
            return text in PRIMITIVES
        case ast.Subscript(value=value):
            return denotes_primitive(value, names)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return any(denotes_primitive(part, names) for part in parts)
        case ast.Call(func=ast.Attribute(value=value)):  # op.name.lower()
            return denotes_primitive(value, names)
        case ast.Call(func=ast.Name(id="str" | "repr" | "id" | "hash" | "type"), args=[argument]):
            return denotes_primitive(argument, names)
        case ast.NamedExpr(value=value):
            return denotes_primitive(value, names)
    return False


def knows_a_primitive(tree: ast.AST) -> list[str]:
    """Every place that compares with, matches on, or keys by a primitive or its name."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and "primitives" in (node.module or "").split(".")
        for alias in node.names
    }

    def is_one(node: ast.AST | None) -> bool:
        return node is not None and denotes_primitive(node, names)

    found = []
    for node in ast.walk(tree):
        bad = False
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                none = all(isinstance(o, (ast.Is, ast.IsNot)) for o in ops) and all(
                    isinstance(o, ast.Constant) and o.value is None for o in others
                )
                bad = not none and any(is_one(part) for part in (left, *others))
            case ast.Match(subject=subject, cases=cases):
                values = [
                    p.value for c in cases for p in ast.walk(c.pattern) if isinstance(p, ast.MatchValue)
                ]
                bad = is_one(subject) or any(is_one(value) for value in values)
            case ast.Subscript(slice=key):
                bad = is_one(key)
            case ast.Dict(keys=keys):
                bad = any(is_one(key) for key in keys)
            case ast.DictComp(key=key):
                bad = is_one(key)
            case ast.Set(elts=parts):
                bad = any(is_one(part) for part in parts)
            case ast.Call(func=ast.Attribute(attr="get" | "setdefault" | "pop" | "add" | "index"), args=args):
                bad = any(is_one(argument) for argument in args[:1])
            case ast.Call(func=ast.Name(id="getattr" | "hasattr" | "isinstance"), args=args):
                bad = any(is_one(argument) for argument in args[1:]) or (
                    isinstance(node.func, ast.Name) and node.func.id == "isinstance" and is_one(args[0])
                )
            case ast.Call(func=ast.Attribute(attr="startswith" | "endswith", value=value)):
                bad = is_one(value)
        if bad:
            found.append(f"line {node.lineno}: {ast.unparse(node)[:100]}")
    return found


def walks() -> list[tuple[str, ast.AST]]:
    files = [
        *(PACKAGE / f"{name}.py" for name in ("backward", "forward", "repeated", "replay")),
        *sorted((PACKAGE / "transforms").glob("*.py")),
    ]
    trees = [(str(path.relative_to(PACKAGE)), ast.parse(path.read_text("utf-8"))) for path in files]
    graph = ast.parse((PACKAGE / "graph.py").read_text("utf-8"))
    trees += [
        (f"graph.py {node.name}", node)
        for node in graph.body
        if isinstance(node, ast.FunctionDef) and node.name in ("ancestry", "stale")
    ]
    variable = ast.parse((PACKAGE / "variable.py").read_text("utf-8"))
    trees += [
        ("variable.py backward", node)
        for node in ast.walk(variable)
        if isinstance(node, ast.FunctionDef) and node.name == "backward"
    ]
    return trees


def test_no_walk_knows_a_primitive():
    trees = walks()
    names = [name for name, _ in trees]
    assert {"backward.py", "forward.py", "graph.py ancestry", "variable.py backward"} <= set(names)
    assert sum(name.startswith("transforms") for name in names) >= 6
    assert {name: knows_a_primitive(tree) for name, tree in trees if knows_a_primitive(tree)} == {}


SAME_WHATEVER_IT_IS = {  # passes may ask whether two terms run one primitive, and look primitives up
    "identities.py": ["term.op.name not in table(formulas)", "term.op.name == pattern.name"],
    "moves.py": ["term.inputs[0].op is term.op"],
    "sharing.py": ["seen.setdefault((term.op, *inputs, settings, term.dtype), term)"],
    "texts.py": ["PRIMITIVES.get(op.name)"],
}


def test_no_pass_of_the_compiler_knows_a_primitive_but_by_its_table():
    tables = ("algebra.py", "equations.py")
    files = [path for path in (PACKAGE / "jit").glob("*.py") if path.name not in tables]
    assert len(files) > 10
    found = {path.name: knows_a_primitive(ast.parse(path.read_text("utf-8"))) for path in files}
    found = {name: [text.partition(": ")[2] for text in texts] for name, texts in found.items() if texts}
    assert found == SAME_WHATEVER_IT_IS


@pytest.mark.parametrize(
    "source",
    [
        "if node.op is add: pass",
        "if node.op == P.add: pass",
        "if node.op.name == 'add': pass",
        "if name in ('where', 'maximum'): pass",
        "if node.op.name.startswith('arc'): pass",
        "if node.op in special: pass",
        "if (op := node.op) is not other: pass",
        "if id(node.op) == 3: pass",
        "rules[node.op](g)",
        "rules[node.op.name](g)",
        "rules['where'](g)",
        "rules.get(node.op)",
        "rules.setdefault(op.name, None)",
        "{'add': f}",
        "{node.op: 1}",
        "{n.op: n for n in order}",
        "getattr(m, node.op.name)(x)",
        "isinstance(node.op, Selecting)",
        "match node.op:\n case _: pass",
        "match node.op.name:\n case 'add': pass",
        "match word:\n case 'matmul': pass",
        "from ..primitives.arithmetic import identity as same\nif f is same: pass",
    ],
)
def test_the_search_for_known_primitives_finds(source):
    assert knows_a_primitive(ast.parse(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "if node.op is None: pass",
        "if node.op is not None and node.op.selects: pass",
        "(node.op.step or pull)(node, g, cot)",
        "cot[x] = cot[x] + g if x in cot else g",
        "from ..primitives.arithmetic import identity\nout.op, out.inputs = identity, (x,)",
        "raise explained(error, node.op, xs)",
        "if len(primals) != len(tangents): pass",
    ],
)
def test_the_search_for_known_primitives_allows(source):
    assert knows_a_primitive(ast.parse(source)) == []


def lines_of(source: str) -> tuple[list[str], list[str]]:
    """The lines that hold code, and those that hold prose (docstrings and comments)."""
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                docstrings.update(range(first.lineno, first.end_lineno + 1))
    code: set[int] = set()
    comments: set[int] = set()
    nothing = {
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        span = set(range(token.start[0], token.end[0] + 1))
        if token.type == tokenize.COMMENT:
            comments |= span
        elif token.type not in nothing and not span <= docstrings:
            code |= span
    text = source.splitlines()
    prose = {n for n in docstrings if text[n - 1].strip(" \"'")} | comments
    return [text[n - 1].strip() for n in code], [text[n - 1].strip() for n in prose]


COUNTED = '''"""Two lines

of prose."""

import x  # and a comment


# another
def f(
    a,
):
    """Doc."""
    return """not
    prose"""
'''


def test_lines_are_counted_right():
    code, prose = lines_of(COUNTED)
    assert (len(code), len(prose)) == (6, 5)


def test_the_engine_is_read_in_one_sitting():
    """At most 350 lines of code, and more to read than to decode (in characters: prose has longer lines)."""
    lines = code = prose = 0
    for name in ("graph.py", "backward.py", "forward.py", "kinds.py"):
        code_lines, prose_lines = lines_of((PACKAGE / name).read_text("utf-8"))
        lines += len(code_lines)
        code += len("".join(code_lines))
        prose += len("".join(prose_lines))
    assert lines <= 350
    assert prose >= code
