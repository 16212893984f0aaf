"""Logistic regression: is a tumour benign?  Newton's method finds scikit-learn's coefficients in nine steps.

    python examples/logistic.py                  fit, and compare with scikit-learn
    python examples/logistic.py --strength 10    with a stronger penalty

A sample of a tumour is described by 30 numbers x.  The model says how likely it is to be benign,

    p = 1 / (1 + exp(-z)),      z = x · w + b

and is as little surprised as it can be by 569 samples that doctors have judged.  The surprise is -log p of
what each one is, which is log(1 + exp(-z)) for a benign one and log(1 + exp(z)) for the others; a penalty
λ/2 |w|² keeps the weights small.  The function is written down once.  Its gradient and its Hessian follow;
Newton's method needs no more: each step goes to the bottom of the parabola that touches the loss.
scikit-learn brings the data, and an answer to compare with (pip install scikit-learn).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff import hessian, logaddexp, value_and_grad


def load() -> tuple[Any, Any, list[str]]:
    """The samples, standardised, (569, 30); 1 where one is benign, else -1; and what the columns are."""
    try:
        from sklearn.datasets import load_breast_cancer
    except ImportError:
        sys.exit("This example's data come with scikit-learn: pip install scikit-learn")
    data = load_breast_cancer()
    x = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    return x, 2 * data.target - 1, list(data.feature_names)


def loss(p: Any, x: Any, sign: Any, strength: float) -> Any:
    """The surprise of all samples together, and the penalty; p holds the 30 weights, and the offset last."""
    z = x @ p[:-1] + p[-1]
    return logaddexp(0.0, -sign * z).sum() + strength / 2 * (p[:-1] ** 2).sum()


def fit(x: Any, sign: Any, strength: float) -> Any:
    """The parameters at which the loss has no slope, by Newton's method from 0."""
    p = np.zeros(x.shape[1] + 1)
    for step in range(30):
        value, slope = value_and_grad(loss)(p, x, sign, strength)
        size = float(np.linalg.norm(slope))
        print(f"step {step}:  loss {value:9.4f}    length of the gradient {size:.1e}")
        if size < 1e-9:
            break
        p = p - np.linalg.solve(hessian(loss)(p, x, sign, strength), slope)
    return p


def by_scikit_learn(x: Any, sign: Any, strength: float) -> Any:
    """The same by LogisticRegression, whose C is 1/λ."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=10_000).fit(x, sign)
    return np.append(model.coef_, model.intercept_)


def main(argv: Sequence[str] | None = None) -> tuple[Any, Any]:
    """Print the fit, and where it looks; the parameters found here, and those of scikit-learn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strength", type=float, default=1.0, help="of the penalty: λ (1)")
    options = parser.parse_args(argv)
    if not 0.01 <= options.strength < float("inf"):
        parser.error("--strength is a number of 0.01 or more")

    x, sign, names = load()
    found, known = fit(x, sign, options.strength), by_scikit_learn(x, sign, options.strength)
    print(f"\n{'what speaks for or against it':28}{'weight':>9}{'scikit-learn':>14}")
    for k in np.argsort(-np.abs(found[:-1]))[:5]:
        print(f"{names[k]:28}{found[k]:9.5f}{known[k]:14.5f}")
    right = np.mean(np.sign(x @ found[:-1] + found[-1]) == sign)
    print(f"\n{right:.1%} of the samples judged right")
    apart = float(np.abs(found - known).max())
    print(f"largest difference from scikit-learn's coefficients: {apart:.1e}")
    assert apart < 1e-4 * max(1.0, float(np.abs(found).max())), "not what scikit-learn finds"
    return found, known


if __name__ == "__main__":
    main()
