"""What is no function, or no arguments of one: every transform says so at the line that gives it to them."""

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value

OF_A_FUNCTION = [
    "grad", "value_and_grad", "jacobian", "hessian", "hessian_diagonal", "divergence", "laplacian",
    "elementwise_grad", "vmap", "jit", "checkpoint", "custom_vjp", "custom_jvp", "intermediates",
    "sparse_jacobian", "sparse_hessian", "root", "fixed_point", "source",
]  # fmt: skip
CALLED = {
    "vjp": lambda f: ad.vjp(f, 1.0),
    "jvp": lambda f: ad.jvp(f, (1.0,), (1.0,)),
    "hvp": lambda f: ad.hvp(f, (1.0,), (1.0,)),
    "linearize": lambda f: ad.linearize(f, 1.0),
    "taylor": lambda f: ad.taylor(f, 1.0, 3),
    "linear_solve": lambda f: ad.linear_solve(f, np.ones(2)),
    "check_grads": lambda f: ad.testing.check_grads(f, (1.0,)),
}


@pytest.mark.parametrize("f", [None, "x", [abs], Value(2.0)], ids=["None", "text", "list", "Value"])
@pytest.mark.parametrize("name", [*OF_A_FUNCTION, *CALLED])
def test_it_is_not_a_function(name, f):
    with pytest.raises(TypeError, match=rf"{name}(\(f\))? takes a function, not"):
        (CALLED.get(name) or getattr(ad, name))(f)


def test_a_result_in_the_place_of_its_function():
    x = Value(2.0)
    with pytest.raises(TypeError, match=r"not Value\(4.*: write grad\(f\)\(x\)"):
        ad.grad(x * x)


@pytest.mark.parametrize("name", ["root", "fixed_point", "argmin"])
def test_a_solver_is_not_a_function(name):
    with pytest.raises(TypeError, match=f"{name} with solver= takes a function, not 'newton'"):
        getattr(ad, name)(lambda x: x * x, "newton")
    with pytest.raises(TypeError, match="linear_solve with solver= takes a function, not 'cg'"):
        ad.linear_solve(lambda x: 2 * x, np.ones(2), "cg")


@pytest.mark.parametrize(
    "name", ["grad", "jacobian", "hessian", "hessian_diagonal", "divergence", "laplacian", "sparse_jacobian"]
)
def test_called_without_arguments(name):
    with pytest.raises(IndexError, match="was called with 0 positional argument"):
        getattr(ad, name)(lambda: 1.0)()


@pytest.mark.parametrize("name", ["grad", "laplacian", "intermediates"])
def test_an_output_that_is_not_one_number(name):
    outputs = (
        (None, "one number, not NoneType"),
        (np.ones(2), r"one number.* shape \(2,\)"),
        (1j, "a real number"),
    )
    for out, about in outputs:
        with pytest.raises(TypeError, match=f"{name} needs .* to return {about}"):
            getattr(ad, name)(lambda x, out=out: out)(1.0)


@pytest.mark.parametrize("given", [None, 1.0, {"x": 1.0}], ids=str)
def test_arguments_that_are_no_tuple(given):
    for name in ("jvp", "hvp"):
        with pytest.raises(TypeError, match=f"{name}: primals must be a tuple or list"):
            getattr(ad, name)(lambda x: x * x, given, (1.0,))
    with pytest.raises(TypeError, match="jvp: tangents must be a tuple or list"):
        ad.jvp(lambda x: x * x, (1.0,), given)
    with pytest.raises(TypeError, match="hvp: vectors must be a tuple or list"):
        ad.hvp(lambda x: x * x, (1.0,), given)
