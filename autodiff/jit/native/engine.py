"""LLVM, wrapped: the text of a module becomes functions in memory.

    library(text, names)        the addresses of these functions of the module, ready to be called
    machine()                   what the code is made for: the processor, and how wide its vectors are

llvmlite is imported when one of them is called for the first time, and not before.  LLVM's own passes are
not run, for the text has been written as it should be: only the code generator is, at its level 1, whose time
grows with the length of the text and hardly faster, or at level 0, for long programs of numbers.

All code is in one place in the process (an `LLJIT`), where every library has its own names, and stays there
as long as somebody holds the `Library`.  The same text gives the same library.  Any thread may compile; they
take turns.

`AUTODIFF_CPU` says what to compile for: `native`, the processor that there is, or a level of x86-64 that it
has, `x86-64` (SSE2), `x86-64-v3` (AVX2 and FMA) or `x86-64-v4` (AVX-512).  It is read once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from threading import RLock
from types import ModuleType
from typing import Any
from weakref import WeakValueDictionary

from .cache import key_of, store

__all__: list[str] = []

LEVEL = 1  # of code generation: registers are allocated as at level 2, in half the time
LEVELS = {  # of x86-64: what the processor must have
    "x86-64": ("sse2",),
    "x86-64-v2": ("sse4.2", "popcnt"),
    "x86-64-v3": ("avx2", "fma", "bmi2"),
    "x86-64-v4": ("avx512f", "avx512dq", "avx512vl", "avx512bw"),
}
NONE: Mapping[str, int] = {}
lock = RLock()
counter = count(1)


@dataclass(frozen=True)
class Machine:
    """What code is made for.

    `triple`, `cpu` and `features` are LLVM's names.  `width` is the size of a vector register in bytes, and
    `fma` says whether there is an instruction that computes x·y + z with one rounding.
    """

    triple: str
    cpu: str
    features: str
    width: int
    fma: bool

    def lanes(self, itemsize: int) -> int:
        """How many numbers of this size in bytes a vector holds."""
        return self.width // itemsize


def llvm() -> ModuleType:
    """llvmlite.binding; ImportError with the line that installs it, where it is missing."""
    try:
        import llvmlite.binding
    except ImportError as error:
        raise ImportError(
            'native code needs llvmlite: pip install "autodiff-graph[jit]"; without it, or with '
            "AUTODIFF_JIT=numpy, programs run as NumPy source"
        ) from error
    binding: ModuleType = llvmlite.binding
    return binding


@cache
def available() -> bool:
    """Whether native code can be made and run here: llvmlite is there, and memory may be executable."""
    try:
        llvm().check_jit_execution()
        machine()
    except (ImportError, OSError):
        return False
    return True


@cache
def version() -> str:
    """That of llvmlite and of its LLVM."""
    import llvmlite

    return f"llvmlite {llvmlite.__version__}, LLVM {'.'.join(map(str, llvm().llvm_version_info))}"


# ---- the processor ---------------------------------------------------------------------------------------
@cache
def machine() -> Machine:
    """The processor that programs run on, or as much of it as `AUTODIFF_CPU` allows.

    Raises ValueError for a name that is none, or for a level that the processor doesn't have.
    """
    return machine_of(os.environ.get("AUTODIFF_CPU") or "native")


def machine_of(name: str) -> Machine:
    """The machine of a name that `AUTODIFF_CPU` may have."""
    llvm().initialize_native_target()
    llvm().initialize_native_asmprinter()
    triple = llvm().get_process_triple()
    has = host_features()
    if name == "native":
        flat = ",".join(f"{'+' if yes else '-'}{feature}" for feature, yes in sorted(has.items()))
        width = 64 if has.get("avx512dq") and has.get("avx512vl") else 32 if has.get("avx2") else 16
        fma = has.get("fma", False) if is_x86(triple) else True
        return Machine(triple, llvm().get_host_cpu_name(), flat, width, fma)
    if name not in LEVELS or not is_x86(triple):
        raise ValueError(f"AUTODIFF_CPU must be native or one of {', '.join(LEVELS)}, not {name!r}")
    missing = [feature for feature in LEVELS[name] if not has.get(feature)]
    if missing:
        raise ValueError(f"AUTODIFF_CPU={name}: this processor has no {' or '.join(missing)}")
    wide = {"x86-64-v3": 32, "x86-64-v4": 64}
    return Machine(triple, name, "", wide.get(name, 16), name in wide)


def foreign(triple: str) -> Machine:
    """Another machine, for looking at what its code would be: any processor of that family."""
    llvm().initialize_all_targets()
    llvm().initialize_all_asmprinters()
    return Machine(triple, "", "", 16, not is_x86(triple))


def is_x86(triple: str) -> bool:
    return triple.split("-")[0] in ("x86_64", "amd64")


def host_features() -> dict[str, bool]:
    try:
        return dict(llvm().get_host_cpu_features())
    except RuntimeError:  # it is not known on every system
        return {}


# ---- from text to memory ---------------------------------------------------------------------------------
class Library:
    """Functions of a module in memory; they stay there as long as the library does, and no longer.

    `library[name]` is a function's address, for whoever keeps the library; `function` gives one that keeps
    it by itself.
    """

    def __init__(self, tracker: Any) -> None:
        self.tracker = tracker

    def __getitem__(self, name: str) -> int:
        address: int = self.tracker[name]
        return address

    def function(self, name: str, prototype: Any) -> Any:
        """A function to be called from Python: `prototype` is one of ctypes' function types."""
        found = prototype(self[name])
        found.library = self
        return found


libraries: WeakValueDictionary[bytes, Library] = WeakValueDictionary()  # by the digest of their text


def library(
    text: str, names: tuple[str, ...], symbols: Mapping[str, int] = NONE, level: int = LEVEL
) -> Library:
    """The module whose text this is, in memory, with the addresses of these of its functions.

    `symbols` are the addresses of what the text declares and others define, by name; `level` is that of the
    code generator.

    Raises RuntimeError, with LLVM's message, for a text that is no module.
    """
    key = key_of(text, *names, str(level))
    found = libraries.get(key)
    if found is None:
        with lock:
            found = libraries.get(key)
            if found is None:
                found = libraries[key] = loaded(kept(text, machine(), level), names, symbols)
    return found


def kept(text: str, target: Machine, level: int = LEVEL) -> bytes:
    """Object code of a module: from the disk, if it has been compiled before."""
    where = store()
    if where is None:
        return emitted(text, target, level)
    key = key_of(version(), target.triple, target.cpu, target.features, str(level), text)
    code = where.get(key)
    if code is None:
        code = emitted(text, target, level)
        where.put(key, code)
    return code


def emitted(text: str, target: Machine, level: int = LEVEL) -> bytes:
    """Object code of a module."""
    with lock:
        lines, module = generator(text, target, level)
        code: bytes = lines.emit_object(module)
    return code


def assembly(text: str, target: Machine, level: int = LEVEL) -> str:
    """A module as the processor's instructions, to be read."""
    with lock:
        lines, module = generator(text, target, level)
        found: str = lines.emit_assembly(module)
    return found


def generator(text: str, target: Machine, level: int) -> tuple[Any, Any]:
    """What writes code for a processor, and the module, made for it."""
    lines, module = target_machine(target, level), parsed(text)
    module.triple, module.data_layout = target.triple, str(lines.target_data)
    return lines, module


def parsed(text: str) -> Any:
    """A module, in a context of its own, so that nothing of it is left; RuntimeError if it makes no sense."""
    module = llvm().parse_assembly(text, llvm().create_context())
    module.verify()
    return module


def loaded(code: bytes, names: tuple[str, ...], symbols: Mapping[str, int] = NONE) -> Library:
    """Object code, in memory."""
    with lock:
        builder = llvm().JITLibraryBuilder().add_object_img(code).add_current_process()
        for name in names:
            builder.export_symbol(name)
        for name, address in symbols.items():
            builder.import_symbol(name, address)
        return Library(builder.link(linker(), f"library{next(counter)}"))


@cache
def target_machine(target: Machine, level: int) -> Any:
    family = llvm().Target.from_triple(target.triple)
    return family.create_target_machine(cpu=target.cpu, features=target.features, opt=level)


@cache
def linker() -> Any:
    """The place where all code is.  LLVM has two linkers: the older one is faster, and knows x86-64 alone."""
    target = machine()
    family = llvm().Target.from_triple(target.triple)
    lines = family.create_target_machine(cpu=target.cpu, features=target.features, opt=LEVEL)
    return llvm().create_lljit_compiler(lines, use_jit_link=not is_x86(target.triple))
