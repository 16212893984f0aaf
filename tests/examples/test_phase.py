"""Phase retrieval: the gradient through the transform is the closed form, and the image is found again."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff import grad, testing
from tests.programs import load

example = load("examples/phase.py")


def test_the_slope_is_the_closed_form():
    rng = np.random.default_rng(1)
    truth, masks = example.true_image(6), rng.choice([1, 1j, -1, -1j], (3, 6, 6))
    seen = example.patterns(truth, masks)
    z = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    light = np.fft.fft2(masks * z, norm="ortho")
    rest = (np.abs(light) - seen) * light / np.abs(light)
    want = np.sum(masks.conj() * np.fft.ifft2(rest, norm="ortho"), axis=0) / 3
    np.testing.assert_allclose(grad(example.misfit)(z, masks, seen).conj(), want, atol=1e-13)
    testing.check_grads(lambda z: example.misfit(z, masks, seen), (z,))
    assert not np.any(np.abs(grad(example.misfit)(truth * np.exp(2j), masks, seen)) > 1e-14)


def test_the_image_is_found_with_its_phases(capsys):
    error, left = example.main([])
    assert error < 1e-8
    assert left < 1e-15
    assert "6144 numbers seen, 2048 to be found" in capsys.readouterr().out


def test_too_few_patterns_are_not_enough(capsys):
    """The descent ends elsewhere then; the error is what it prints."""
    error, _ = example.main(["--masks", "2", "--steps", "100"])
    assert error > 0.1
    assert f"relative error, phases included: {error:.1e}" in capsys.readouterr().out


def test_bad_options_are_refused():
    with pytest.raises(SystemExit):
        example.main(["--masks", "0"])
