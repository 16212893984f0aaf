"""Writes kinks_reference.json: what PyTorch and JAX answer at the kinks of kinks.py.

    python tests/primitives/make_kinks_reference.py          (needs both)

The stored figures are from the versions that the file names.  In float64.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def by_torch(kink):
    import torch
    from kinks import flat

    if not kink.torch:
        return None
    xs = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in kink.point]
    y = eval(kink.torch, {"torch": torch, **dict(zip("xy", xs, strict=False))}).sum()
    try:
        gradients = torch.autograd.grad(y, xs, create_graph=True, allow_unused=True)
        if kink.order == 2:
            gradients = torch.autograd.grad(gradients[0].sum(), xs)
    except RuntimeError as error:  # one that has no derivative
        if "does not require grad" in str(error) or "not implemented" in str(error):
            return None
        raise
    found = [torch.zeros_like(x) if g is None else g for g, x in zip(gradients, xs, strict=True)]
    return flat([g.detach().reshape(-1).tolist() for g in found])


def by_jax(kink):
    import jax
    import jax.numpy as jnp
    from kinks import flat

    def f(*xs):
        return eval(kink.jax, {"jax": jax, "jnp": jnp, **dict(zip("xy", xs, strict=False))}).sum()

    if kink.order == 2:
        first = jax.grad(f)
        g = jax.grad(lambda x: first(x).sum())
    else:
        g = jax.grad(f, tuple(range(len(kink.point))))
    out = g(*[jnp.array(p, dtype=jnp.float64) for p in kink.point])
    return flat([v.reshape(-1).tolist() for v in (out if isinstance(out, tuple) else (out,))])


def answered(f, kink):
    try:
        return f(kink)
    except NotImplementedError:
        return None


def main():
    import jax
    import torch
    from kinks import KINKS

    jax.config.update("jax_enable_x64", True)
    found = {
        "versions": {"torch": torch.__version__, "jax": jax.__version__},
        "torch": {name: answered(by_torch, kink) for name, kink in KINKS.items()},
        "jax": {name: answered(by_jax, kink) for name, kink in KINKS.items()},
    }
    (Path(__file__).parent / "kinks_reference.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
