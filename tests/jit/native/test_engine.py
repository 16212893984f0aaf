"""Text to addresses: what is loaded, for how long, and for which processor."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from autodiff.jit.native import engine
from autodiff.jit.native.engine import emitted, foreign, library, machine, machine_of

SQUARE = """define double @square(double %x) {
  %y = fmul double %x, %x
  ret double %y
}
"""
FUSED = """declare <8 x double> @llvm.fma.v8f64(<8 x double>, <8 x double>, <8 x double>)
declare double @llvm.fma.f64(double, double, double)
define void @f(ptr %p) {
  %x = load <8 x double>, ptr %p, align 8
  %y = call <8 x double> @llvm.fma.v8f64(<8 x double> %x, <8 x double> %x, <8 x double> %x)
  store <8 x double> %y, ptr %p, align 8
  ret void
}
"""


DOUBLE = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)


def square(text: str) -> Callable[[float], float]:
    found: Callable[[float], float] = library(text, ("square",)).function("square", DOUBLE)
    return found


def test_a_text_becomes_a_function_and_the_same_text_the_same_one():
    first = library(SQUARE, ("square",))
    assert DOUBLE(first["square"])(3.0) == 9.0
    assert library(SQUARE, ("square",)) is first
    cube = square(SQUARE.replace("ret double %y", "%z = fmul double %x, %y\n ret double %z"))
    assert cube(3.0) == 27.0
    assert DOUBLE(first["square"])(3.0) == 9.0


def test_a_library_is_gone_when_nobody_holds_it():
    before = set(engine.libraries)
    mine = square(SQUARE + "; for this test alone")
    gc.collect()
    assert mine(3.0) == 9.0
    (key,) = set(engine.libraries) - before
    del mine
    gc.collect()
    assert key not in engine.libraries


@pytest.mark.parametrize(
    "text",
    [
        "define @",
        "define double @f() {\n  ret double %x\n}\n",
        "define double @f(double %x) {\n  %y = fmul double %z, %x\n  %z = fmul double %y, %x\n"
        "  ret double %y\n}\n",  # a text that parses, in the wrong order
    ],
)
def test_a_text_that_is_no_module_raises_and_does_no_harm(text: str):
    with pytest.raises(RuntimeError):
        library(text, ("f",))
    assert square(SQUARE)(2.0) == 4.0


def test_a_function_that_is_not_there_raises():
    with pytest.raises(RuntimeError, match="cube"):
        library(SQUARE, ("square", "cube"))


def test_threads_take_turns():
    found: dict[int, float] = {}

    def work(k: int) -> None:
        text = SQUARE.replace("%x, %x", f"%x, {k}.0")
        found[k] = square(text)(2.0)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {k: 2.0 * k for k in range(24)}


# ---- processors
def test_a_name_that_is_no_processor_raises():
    with pytest.raises(ValueError, match="AUTODIFF_CPU must be native"):
        machine_of("pentium")


def test_a_level_that_the_processor_lacks_raises(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "host_features", lambda: {"sse2": True})
    monkeypatch.setattr(engine, "is_x86", lambda triple: True)
    with pytest.raises(ValueError, match="no avx2 or fma"):
        machine_of("x86-64-v3")
    assert (machine_of("native").width, machine_of("native").fma) == (16, False)


@pytest.mark.skipif(not engine.is_x86(machine().triple), reason="levels of x86-64")
@pytest.mark.parametrize("level", engine.LEVELS)
def test_levels_of_x86_compute_the_same(level: str):
    try:
        width = machine_of(level).width
    except ValueError as error:
        pytest.skip(str(error))
    program = (
        "import ctypes; from autodiff.jit.native.engine import library, machine\n"
        f"found = library({FUSED!r}, ('f',)); x = (ctypes.c_double * 8)(*range(8))\n"
        "ctypes.CFUNCTYPE(None, ctypes.c_void_p)(found['f'])(ctypes.addressof(x))\n"
        "print(machine().width, machine().lanes(4), *map(int, x))"
    )
    environment = {**os.environ, "AUTODIFF_CPU": level}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.stdout.split() == [str(width), str(width // 4), *[str(k * k + k) for k in range(8)]], (
        done.stderr
    )


@pytest.mark.parametrize(
    ("triple", "magic"),
    [
        ("aarch64-unknown-linux-gnu", b"\x7fELF"),
        ("arm64-apple-macosx", b"\xcf\xfa\xed\xfe"),
        ("x86_64-apple-macosx", b"\xcf\xfa\xed\xfe"),
        ("x86_64-pc-windows-msvc", b"\x64\x86"),
    ],
)
def test_other_machines_get_object_code(triple: str, magic: bytes):
    assert emitted(FUSED, foreign(triple)).startswith(magic)
