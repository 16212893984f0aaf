"""NumPy's functions take lists and numbers where they take arrays, and so does `autodiff.numpy`."""

import numpy as np
import pytest

import autodiff as ad
from autodiff import Tensor

SQUARE = [[1.0, 2.0], [3.0, 5.0]]
CALLS = [
    ("flip", ([1.0, 2.0, 4.0],)), ("flip", (SQUARE, 1)), ("flip", (2.0,)), ("flip", ((1, 2),)),
    ("diff", ([1, 2, 4],)), ("diff", (SQUARE,)), ("diff", ([True, False],)),
    ("diff", ([1.0, 4.0], 1, -1, 0.0)),
    ("diag", ([1.0, 2.0],)), ("diag", (SQUARE, 1)),
    ("split", ([1.0, 2.0, 4.0], [1])), ("array_split", ([1.0, 2.0, 4.0], [1])),
    ("repeat", ([1.0, 2.0], [1, 2])), ("repeat", (SQUARE, 2, 0)), ("repeat", (2.0, 3)),
    ("outer", ([1.0, 2.0], (3, 4))), ("outer", (2.0, [1.0, 3.0])),
    ("inner", (SQUARE, SQUARE)), ("tensordot", (SQUARE, SQUARE)), ("tensordot", (SQUARE, SQUARE, 1)),
    ("dot", (SQUARE, [1.0, 2.0])), ("matmul", (SQUARE, SQUARE)), ("einsum", ("ij,j->i", SQUARE, [1.0, 2.0])),
    ("roll", ([1.0, 2.0], 1)), ("tile", ([1.0, 2.0], 2)), ("sort", ([3.0, 1.0],)), ("cumprod", ([3.0, 2.0],)),
    ("trace", (SQUARE,)), ("tril", (SQUARE,)), ("moveaxis", (SQUARE, 0, 1)),
    ("where", ([True, False], 1.0, [2, 3])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), CALLS, ids=[f"{name} {k}" for k, (name, _) in enumerate(CALLS)])
def test_of_lists(name, args):
    want, got = getattr(np, name)(*args), getattr(ad.numpy, name)(*args)
    if not isinstance(want, list):
        want, got = [want], [got]
    for w, g in zip(want, got, strict=True):
        assert not isinstance(g, Tensor)
        np.testing.assert_array_equal(g, w, strict=isinstance(w, np.ndarray))


def test_of_what_holds_no_numbers():
    for given, about in ([None, "NoneType"], [[None, {}], "NoneType and dict"], ["a", "<U1"]):
        with pytest.raises(TypeError, match=f"a Tensor holds numbers, not {about}$"):
            Tensor(given)
    nodes = np.empty(1, object)
    nodes[0] = Tensor(1.0)
    with pytest.raises(TypeError, match=r"np\.stack and np\.concatenate"):
        Tensor(nodes)
    with pytest.raises(TypeError, match="num_classes is a whole number, not '3'"):
        ad.one_hot([1], "3")
    for logits in (None, "abc", 1.0):
        with pytest.raises(TypeError, match="cross_entropy: logits are an array of numbers"):
            ad.cross_entropy(logits, [1])
