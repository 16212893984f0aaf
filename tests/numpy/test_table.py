"""docs/numpy.md: it is what the code says, it has every public function once, and each does what it says."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import autodiff
from autodiff import Tensor
from autodiff.graph import Node
from autodiff.numpy import refusals
from tests.programs import load

table = load("docs/make_numpy_table.py")
ROWS = {row.name: row for row in table.rows()}

rng = np.random.default_rng(0)
V, W = rng.uniform(0.1, 0.9, 4), np.sort(rng.uniform(0.1, 0.9, 4))
M = rng.uniform(0.1, 0.9, (4, 4)) + 4 * np.eye(4)
M = M + M.T
CUBE = rng.uniform(0.1, 0.9, (2, 4, 4))
INTS = np.array([3, 1, 2, 0])
# the first that NumPy takes
PATTERNS = [(V,), (M,), (V, V), (M, M), (V, 2), (M, 2), (INTS,), (INTS, INTS), (CUBE,)]
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

CALLS: dict[str, Any] = {  # by those who want something else; x is V
    "angle": lambda f, x: f(x + 1j),
    "append": lambda f, x: f(x, 1.0),
    "apply_along_axis": lambda f, x: f(np.cumsum, 0, x),
    "apply_over_axes": lambda f, x: f(np.sum, x, 0),
    "arange": lambda f, x: f(x[0], 5.0),
    "array_split": lambda f, x: f(x, 2),
    "astype": lambda f, x: f(x, np.float32),
    "bincount": lambda f, x: f(INTS, weights=x),
    "block": lambda f, x: f([x, x]),
    "broadcast_to": lambda f, x: f(x, (2, 4)),
    "c_": lambda f, x: f[x, x],
    "can_cast": lambda f, x: f(x.dtype, float),
    "choose": lambda f, x: f(INTS, [x, x, x, x]),
    "clip": lambda f, x: f(x, 0.3, 0.6),
    "compress": lambda f, x: f([True, False, True], x),
    "copyto": lambda f, x: written(f, x, x * 2.0),
    "cross": lambda f, x: f(x[:3], x[1:]),
    "delete": lambda f, x: f(x, 1),
    "digitize": lambda f, x: f(x, [0.2, 0.5]),
    "einsum": lambda f, x: f("i,i", x, x),
    "einsum_path": lambda f, x: f("i,i", x, x),
    "expand_dims": lambda f, x: f(x, 0),
    "extract": lambda f, x: f(x > 0.4, x),
    "fill_diagonal": lambda f, x: written(f, np.outer(x, x), 2.0),
    "fromfunction": lambda f, x: f(lambda i: i * x, (4,)),
    "fromiter": lambda f, x: f([x[0], x[1]], float),
    "full": lambda f, x: f(3, x[0]),
    "full_like": lambda f, x: f(x * 1.0, x[0]),
    "geomspace": lambda f, x: f(x[0], 3.0),
    "gradient": lambda f, x: f(x),
    "histogram": lambda f, x: f(V, weights=x),
    "insert": lambda f, x: f(x, 1, 2.0),
    "interp": lambda f, x: f([0.3, 0.4], W, x),
    "linspace": lambda f, x: f(x[0], 3.0, 3),
    "logspace": lambda f, x: f(x[0], 3.0, 3),
    "ldexp": lambda f, x: f(x, 2),
    "moveaxis": lambda f, x: f(np.outer(x, x), 0, 1),
    "pad": lambda f, x: f(x, 1),
    "partition": lambda f, x: f(x, 1),
    "argpartition": lambda f, x: f(x, 1),
    "percentile": lambda f, x: f(x, 30),
    "nanpercentile": lambda f, x: f(x, 30),
    "quantile": lambda f, x: f(x, 0.3),
    "nanquantile": lambda f, x: f(x, 0.3),
    "piecewise": lambda f, x: f(x, [x > 0.4], [np.square]),
    "place": lambda f, x: written(f, x, V > 0.4, x),
    "polyadd": lambda f, x: f(x, x),
    "polyder": lambda f, x: f(x),
    "polyfit": lambda f, x: f(W, x, 1),
    "polyval": lambda f, x: f(x, 2.0),
    "put": lambda f, x: written(f, x, [0], x[1]),
    "put_along_axis": lambda f, x: written(f, x, np.array([0]), x[1], 0),
    "putmask": lambda f, x: written(f, x, V > 0.4, x * 2.0),
    "r_": lambda f, x: f[x, 1.0],
    "ravel_multi_index": lambda f, x: f((Tensor(INTS), INTS), (4, 4)),
    "repeat": lambda f, x: f(x, 2),
    "reshape": lambda f, x: f(x, (2, 2)),
    "resize": lambda f, x: f(x, (2, 3)),
    "roll": lambda f, x: f(x, 1),
    "rollaxis": lambda f, x: f(np.outer(x, x), 1),
    "select": lambda f, x: f([V > 0.4], [x]),
    "row_stack": lambda f, x: f((x, x)),
    "sign": lambda f, x: f(x + 1j),
    "split": lambda f, x: f(x, 2),
    "dsplit": lambda f, x: f(x[None, None], 2),
    "hsplit": lambda f, x: f(x, 2),
    "vsplit": lambda f, x: f(np.outer(x, x), 2),
    "swapaxes": lambda f, x: f(np.outer(x, x), 0, 1),
    "take": lambda f, x: f(x, [0, 2]),
    "take_along_axis": lambda f, x: f(x, INTS, 0),
    "tensordot": lambda f, x: f(x, x, 1),
    "tile": lambda f, x: f(x, 2),
    "unravel_index": lambda f, x: f(Tensor(INTS), (2, 2)),
    "vectorize": lambda f, x: f(lambda a: a * 2.0)(x),
    "where": lambda f, x: f(V > 0.4, x, 1.0),
    "linalg.matrix_power": lambda f, x: f(np.outer(x, x), 2),
    "linalg.multi_dot": lambda f, x: f([np.outer(x, x), np.outer(x, x), x]),
    "linalg.tensorinv": lambda f, x: f((np.outer(x, x) + np.eye(4)).reshape(2, 2, 2, 2)),
    "linalg.tensorsolve": lambda f, x: f((np.outer(x, x) + np.eye(4)).reshape(2, 2, 4), x.reshape(2, 2)),
    "linalg.cross": lambda f, x: f(x[:3], x[1:]),
    "matvec": lambda f, x: f(M, x),
    "vecmat": lambda f, x: f(x, M),
    # what is made of one plain thing, or of integers
    "empty": lambda f, x: f(3), "eye": lambda f, x: f(3), "identity": lambda f, x: f(3),
    "ones": lambda f, x: f(3), "tri": lambda f, x: f(3), "zeros": lambda f, x: f(3),
    # refused
    "frombuffer": lambda f, x: f(x), "from_dlpack": lambda f, x: f(x),
    "frompyfunc": lambda f, x: f(abs, 1, 1)(x), "nested_iters": lambda f, x: f(x, [[0]]),
    "save": lambda f, x: f("/dev/null", x), "savetxt": lambda f, x: f("/dev/null", x),
    "savez": lambda f, x: f("/dev/null", x), "savez_compressed": lambda f, x: f("/dev/null", x),
    "bmat": lambda f, x: f([[x, x]]), "datetime_as_string": lambda f, x: f(x),
    "busday_count": lambda f, x: f(x, x), "busday_offset": lambda f, x: f(x, x),
    "asmatrix": lambda f, x: f(x), "is_busday": lambda f, x: f(x), "isnat": lambda f, x: f(x),
    "unpackbits": lambda f, x: f(x), "packbits": lambda f, x: f(x),
    "nextafter": lambda f, x: f(x, 1.0), "histogram2d": lambda f, x: f(x, x),
    "may_share_memory": lambda f, x: f(x, x), "shares_memory": lambda f, x: f(x, x),
}  # fmt: skip


def written(f: Any, x: Any, *args: Any) -> Any:
    """f, which writes into its first argument, and returns nothing."""
    x = x * 1.0
    f(x, *args)
    return x


def found(name: str, root: Any) -> Any:
    for part in name.split("."):
        root = getattr(root, part)
    return root


def call(name: str, f: Any) -> Any:
    """f of Tensors that require grad, and of other arguments that NumPy takes."""
    if name in CALLS:
        return CALLS[name](f, Tensor(V, requires_grad=True))
    for args in PATTERNS:
        try:
            found(name, np)(*args)
        except Exception:
            continue
        return f(*[leaf(a) for a in args])
    raise AssertionError(f"np.{name}: no sample; give it one in CALLS")


def leaf(a: Any) -> Any:
    if not isinstance(a, np.ndarray):
        return a
    return Tensor(a, requires_grad=a.dtype.kind == "f")


def results(out: Any) -> list[Any]:
    return [r for part in out for r in results(part)] if isinstance(out, (tuple, list)) else [out]


@pytest.mark.parametrize("name", [n for n, row in ROWS.items() if row.kind == "differentiable"])
def test_differentiable(name):
    """It is recorded, by either name; never an array of objects."""
    for root in (np, autodiff.numpy) if ROWS[name].spelling == "np" else (autodiff.numpy,):
        outs = results(call(name, found(name, root)))
        assert any(isinstance(out, Node) and out.requires_grad for out in outs), (name, root)
        assert all(out.dtype != np.dtype(object) for out in outs if hasattr(out, "dtype"))


@pytest.mark.parametrize("name", [n for n, row in ROWS.items() if row.spelling == "autodiff.numpy"])
def test_by_numpys_name_it_raises(name):
    """What NumPy asks nobody about says how it is spelled; makers of constants have nothing to say."""
    if ROWS[name].kind == "constant" or name in ("fromfunction", "row_stack", "fromiter"):
        return
    with pytest.raises(TypeError, match=r"autodiff\.numpy"):
        call(name, found(name, np))


@pytest.mark.parametrize(
    "name", [n for n, r in ROWS.items() if r.kind == "constant" and n not in refusals.NUMPYS_OWN]
)
def test_constant(name):
    """Nothing of it asks for a derivative."""
    for root in (np, autodiff.numpy) if ROWS[name].spelling == "np" else (autodiff.numpy,):
        for out in results(call(name, found(name, root))):
            assert not getattr(out, "requires_grad", False)
            assert getattr(out, "dtype", None) != np.dtype(object)


@pytest.mark.parametrize("name", [n for n, row in ROWS.items() if row.kind.startswith("not ")])
def test_refused(name):
    with pytest.raises((TypeError, AttributeError, ValueError)) as caught:
        call(name, found(name, np))
    if table.asks(found(name, np)):
        assert name in str(caught.value) and ROWS[name].about in str(caught.value)


def test_numpys_own_takes_nothing():
    """What stands under NumPy's own does not ask its arguments: it is no function of arrays."""
    for name in refusals.NUMPYS_OWN:
        assert not table.asks(found(name, np)), name


def test_every_function_is_there_once():
    page = table.FILE.read_text("utf-8")
    for prefix, (space, _) in table.SPACES.items():
        for name in table.functions(space):
            assert page.count(f"\n| `{prefix}{name}` |") == 1, name


def test_the_page_is_current():
    assert table.FILE.read_text("utf-8") == table.text(), "run python docs/make_numpy_table.py"


SIGNATURES = {"clip", "einsum", "imag", "real", "pad"}  # which name theirs otherwise


@pytest.mark.parametrize("name", [n for n, r in ROWS.items() if r.kind == "differentiable"])
def test_every_keyword_is_taken(name):
    """Our function has the parameters of NumPy's, in the same order where they go by position."""
    f = found(name, np)
    here = table.ours(name.rpartition(".")[2], f, found(name.rpartition(".")[0], autodiff.numpy)
                      if "." in name else autodiff.numpy)  # fmt: skip
    if isinstance(f, np.ufunc) or name in SIGNATURES or name in ("r_", "c_", "vectorize", "arange"):
        return
    try:
        theirs = list(inspect.signature(f).parameters)
    except ValueError:  # NumPy does not tell
        return
    mine = list(inspect.signature(here).parameters)
    assert [p for p in theirs if p not in mine] == []
    if name != "astype":
        assert mine[: len(theirs)] == theirs
