"""Fourier transforms."""

from typing import Any

from .domains import COMPLEX, case

LAST: dict[str, Any] = {"axis": -1, "norm": "backward"}
SAMPLES: dict[str, list[Any]] = {
    "fft": [
        case((COMPLEX, (4,)), axis=(0,), norm="backward"), case((5,), axis=(-1,), norm="ortho"),
        case((COMPLEX, (2, 3, 4)), axis=(0, -1), norm="forward", inverse=True),
        case((2, 3), axis=(0, 1), norm="backward", inverse=True), case((1, 3), axis=(0,), norm="forward"),
        case((COMPLEX, (0, 3)), axis=(1,), norm="backward"),
    ],
    "rfft": [
        case((4,), **LAST), case((5,), **LAST), case((1,), **LAST), case((2, 3), axis=0, norm="ortho"),
        case((2, 5), axis=1, norm="forward"), case((0, 3), **LAST),
    ],
    "irfft": [
        case((COMPLEX, (3,)), length=4, **LAST), case((COMPLEX, (3,)), length=5, **LAST),
        case((COMPLEX, (1,)), length=1, **LAST), case((COMPLEX, (2, 3)), axis=0, norm="ortho", length=2),
        case((2, 3), axis=1, norm="forward", length=5), case((COMPLEX, (0, 3)), length=4, **LAST),
    ],
}  # fmt: skip
