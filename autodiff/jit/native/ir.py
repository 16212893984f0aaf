"""LLVM IR as text: what a function body is written with.

`Code` collects the lines of one function; `Lanes` is a value in it: one number, or as many side by side as
the processor has room for in a register.  Lanes know their type, and operators on them write instructions:

    x = code.load(pointer, "double")        %t1 = load <4 x double>, ptr %p, align 8
    y = x * x + 1.0                         %t2 = fmul contract <4 x double> %t1, %t1
                                            %t3 = fadd contract <4 x double> %t2, splat (double 1.0)

The only liberty that the processor is given is `contract`: a product and a sum may become one instruction
that rounds once.  Functions of mathematics (`mathematics.py`) are written without it.

A `Module` is what becomes machine code together: functions, what they declare, and the functions of
mathematics that they share.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np

__all__ = ["FORMATS", "TYPES", "Code", "Format", "Lanes", "Module"]

# element types by dtype.  Truth values are bits in registers, and bytes in memory.
TYPES = {
    np.dtype(np.float64): "double", np.dtype(np.float32): "float", np.dtype(np.bool_): "i1",
    np.dtype(np.int64): "i64", np.dtype(np.int32): "i32",
}  # fmt: skip
SUFFIXES = {"double": "f64", "float": "f32"}
BYTES = {"double": 8, "float": 4, "i128": 16, "i64": 8, "i32": 4, "i8": 1, "i1": 1}


class Format:
    """A floating-point type: 1 sign bit, the exponent, and `digits` bits of the mantissa."""

    def __init__(self, name: str, whole: str, digits: int, bias: int, dtype: Any) -> None:
        self.name, self.whole, self.digits, self.bias, self.dtype = name, whole, digits, bias, dtype
        self.bits = BYTES[name] * 8
        self.sign: int = -(2 ** (self.bits - 1))  # the sign bit alone, as a whole number
        self.one = bias << digits  # the bits of 1.0
        self.inf = (2 * bias + 1) << digits
        self.smallest: float = 2.0 ** (1 - bias)  # the smallest normal number
        # added to a number that is not too large, its last bits become the nearest whole one
        self.magic: float = 1.5 * 2.0**digits

    def bits_of(self, x: float) -> int:
        """The bits of a float, as a whole number."""
        return int(np.array(x, self.dtype).view(f"i{self.bits // 8}"))


FORMATS = {
    "double": Format("double", "i64", 52, 1023, np.float64),
    "float": Format("float", "i32", 23, 127, np.float32),
}


class Lanes:
    """A value in the code: a register, or a constant.  All that operators do is write an instruction."""

    __slots__ = ("code", "name", "type")

    def __init__(self, code: Code, type: str, name: str) -> None:
        self.code, self.type, self.name = code, type, name

    @property
    def full(self) -> str:
        """The type of the register."""
        return self.code.full(self.type)

    @property
    def format(self) -> Format:
        """How its floats are stored."""
        return FORMATS[self.type]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{self.full} {self.name}>"

    def __add__(self, y: Any) -> Lanes:
        return self.code.arithmetic("add", self, y)

    def __radd__(self, x: Any) -> Lanes:
        return self.code.arithmetic("add", x, self)

    def __sub__(self, y: Any) -> Lanes:
        return self.code.arithmetic("sub", self, y)

    def __rsub__(self, x: Any) -> Lanes:
        return self.code.arithmetic("sub", x, self)

    def __mul__(self, y: Any) -> Lanes:
        return self.code.arithmetic("mul", self, y)

    def __rmul__(self, x: Any) -> Lanes:
        return self.code.arithmetic("mul", x, self)

    def __truediv__(self, y: Any) -> Lanes:
        return self.code.arithmetic("div", self, y)

    def __rtruediv__(self, x: Any) -> Lanes:
        return self.code.arithmetic("div", x, self)

    def __neg__(self) -> Lanes:
        if self.type in FORMATS:
            return self.code.value(self.type, f"fneg {self.full} {self}")
        return self.code.arithmetic("sub", 0, self)

    def __abs__(self) -> Lanes:
        if self.type in FORMATS:
            return self.code.intrinsic("fabs", self)
        zero = self.code.constant(0, "i1")
        return self.code.value(
            self.type,
            f"call {self.full} @{self.code.declare('abs', self, zero.type)}({self.full} {self}, i1 0)",
        )

    def __lt__(self, y: Any) -> Lanes:
        return self.code.compare("lt", self, y)

    def __le__(self, y: Any) -> Lanes:
        return self.code.compare("le", self, y)

    def __gt__(self, y: Any) -> Lanes:
        return self.code.compare("gt", self, y)

    def __ge__(self, y: Any) -> Lanes:
        return self.code.compare("ge", self, y)

    def equals(self, y: Any) -> Lanes:
        return self.code.compare("eq", self, y)

    def differs(self, y: Any) -> Lanes:
        """Not equal; true of NaN."""
        return self.code.compare("ne", self, y)

    def is_nan(self) -> Lanes:
        return self.code.value("i1", f"fcmp uno {self.full} {self}, {self}")

    # of whole numbers and truth values
    def __and__(self, y: Any) -> Lanes:
        return self.code.bitwise("and", self, y)

    def __or__(self, y: Any) -> Lanes:
        return self.code.bitwise("or", self, y)

    def __xor__(self, y: Any) -> Lanes:
        return self.code.bitwise("xor", self, y)

    def __invert__(self) -> Lanes:
        return self.code.bitwise("xor", self, -1 if self.type != "i1" else 1)

    def __lshift__(self, y: Any) -> Lanes:
        return self.code.bitwise("shl", self, y)

    def __rshift__(self, y: Any) -> Lanes:
        """With zeros from the left."""
        return self.code.bitwise("lshr", self, y)


class Module:
    """Functions that become machine code together."""

    def __init__(self) -> None:
        self.declarations: dict[str, str] = {}  # by the name of what is declared
        self.constants: dict[str, str] = {}
        self.functions: dict[str, str] = {}

    def __str__(self) -> str:
        parts = (self.declarations, self.constants, self.functions)
        return "\n".join(line for part in parts for line in part.values()) + "\n" + METADATA

    def define(self, name: str, signature: str, code: Code) -> None:
        """Enter a function whose body has been written; `signature` is what stands before the brace."""
        self.functions[name] = "\n".join([f"define {signature} {{", *code.lines, "}"])


METADATA = '!0 = !{!"branch_weights", i32 1, i32 10000}\n'


class Code:
    """The body of one function, for `width` numbers side by side.

    With `outline`, functions of mathematics are written once a module and called, which makes long programs
    short; without, they stand where they are used, which is faster in loops.  `contract` lets products and
    sums round once.

    >>> module = Module()
    >>> code = Code(module, width=4)
    >>> x = code.named("%x", "double")
    >>> (x * x + 1.0).is_nan()
    <<4 x i1> %t3>
    >>> print(*code.lines, sep="\\n")
      %t1 = fmul contract <4 x double> %x, %x
      %t2 = fadd contract <4 x double> %t1, splat (double 0x3FF0000000000000)
      %t3 = fcmp uno <4 x double> %t2, %t2
    """

    def __init__(self, module: Module, width: int = 1, outline: bool = False, contract: bool = True) -> None:
        self.module, self.width, self.outline = module, width, outline
        self.flags = " contract" if contract else ""
        self.lines: list[str] = []
        self.block = "entry"  # the label of what is being written
        self.memo: dict[Any, Any] = {}  # what has been computed in this block
        self.numbers = count(1)

    # ---- values
    def full(self, type: str) -> str:
        """The type of registers of lanes of this type."""
        return type if self.width == 1 else f"<{self.width} x {type}>"

    def named(self, name: str, type: str) -> Lanes:
        """A register that is there already: an argument."""
        return Lanes(self, type, name)

    def value(self, type: str, text: str) -> Lanes:
        """A new register, of what this instruction computes."""
        out = Lanes(self, type, f"%t{next(self.numbers)}")
        self.lines.append(f"  {out.name} = {text}")
        return out

    def constant(self, x: Any, type: str) -> Lanes:
        """The same number in every lane."""
        if type in FORMATS:
            text = literal(x, type)
        elif type == "i1":
            text = "true" if x else "false"
        else:
            bits = BYTES[type] * 8
            text = str((int(x) + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1))
        return Lanes(self, type, text if self.width == 1 else f"splat ({type} {text})")

    def pair(self, x: Any, y: Any) -> tuple[Lanes, Lanes]:
        """Two operands, of which one may be a number: it takes the type of the other."""
        if not isinstance(x, Lanes):
            return self.constant(x, y.type), y
        return (x, y) if isinstance(y, Lanes) else (x, self.constant(y, x.type))

    # ---- instructions
    def arithmetic(self, name: str, x: Any, y: Any) -> Lanes:
        x, y = self.pair(x, y)
        if x.type in FORMATS:
            return self.value(x.type, f"f{name}{self.flags} {x.full} {x}, {y}")
        return self.value(x.type, f"{name if name != 'div' else 'sdiv'} {x.full} {x}, {y}")

    def bitwise(self, name: str, x: Any, y: Any) -> Lanes:
        x, y = self.pair(x, y)
        return self.value(x.type, f"{name} {x.full} {x}, {y}")

    def compare(self, name: str, x: Any, y: Any) -> Lanes:
        """Truth values.  Comparisons with NaN are false, but for `ne`."""
        x, y = self.pair(x, y)
        if x.type in FORMATS:
            return self.value("i1", f"fcmp {'u' if name == 'ne' else 'o'}{name} {x.full} {x}, {y}")
        signed = "" if name in ("eq", "ne") else "u" if x.type == "i1" else "s"
        return self.value("i1", f"icmp {signed}{name} {x.full} {x}, {y}")

    def select(self, condition: Lanes, x: Any, y: Any, type: str = "") -> Lanes:
        """x where the condition is true, else y; of two numbers, the type must be said."""
        x, y = self.pair(self.constant(x, type) if type else x, y)
        return self.value(x.type, f"select {condition.full} {condition}, {x.full} {x}, {y.full} {y}")

    def declare(self, name: str, x: Lanes, *more: Any) -> str:
        """The name of an intrinsic function of these operands (Lanes, or a plain type)."""
        suffix = SUFFIXES.get(x.type, x.type)
        name = f"llvm.{name}.{suffix if self.width == 1 else f'v{self.width}{suffix}'}"
        if name not in self.module.declarations:
            operands = ", ".join(t if isinstance(t, str) else t.full for t in (x, *more))
            self.module.declarations[name] = f"declare {x.full} @{name}({operands})"
        return name

    def intrinsic(self, name: str, x: Lanes, *more: Any) -> Lanes:
        """A function that LLVM knows, such as sqrt, floor, fabs; of Lanes, and of operands as text."""
        operands = ", ".join(v if isinstance(v, str) else f"{v.full} {v}" for v in (x, *more))
        types = [v.partition(" ")[0] if isinstance(v, str) else v for v in more]
        return self.value(x.type, f"call {x.full} @{self.declare(name, x, *types)}({operands})")

    def fma(self, x: Lanes, y: Any, z: Any) -> Lanes:
        """x y + z, rounded once, on any processor: slow where it has no such instruction."""
        return self.intrinsic("fma", x, self.pair(x, y)[1], self.pair(x, z)[1])

    def muladd(self, x: Lanes, y: Any, z: Any) -> Lanes:
        """x y + z, rounded once where the processor does so, else twice."""
        return self.intrinsic("fmuladd", x, self.pair(x, y)[1], self.pair(x, z)[1])

    def sqrt(self, x: Lanes) -> Lanes:
        return self.intrinsic("sqrt", x)

    # ---- bits and types
    def bits(self, x: Lanes) -> Lanes:
        """The bits of floats, as whole numbers."""
        whole = x.format.whole
        return self.value(whole, f"bitcast {x.full} {x} to {self.full(whole)}")

    def bits_of(self, x: float, type: str) -> Lanes:
        """The bits of a constant."""
        return self.constant(FORMATS[type].bits_of(x), FORMATS[type].whole)

    def floats(self, x: Lanes) -> Lanes:
        """The floats that have these bits."""
        type = "double" if x.type == "i64" else "float"
        return self.value(type, f"bitcast {x.full} {x} to {self.full(type)}")

    def sign(self, x: Lanes) -> Lanes:
        """The sign bits alone."""
        return self.bits(x) & x.format.sign

    def with_sign(self, x: Lanes, signs: Lanes) -> Lanes:
        """x with these sign bits turned over."""
        return self.floats(self.bits(x) ^ signs)

    def copysign(self, x: Lanes, y: Lanes) -> Lanes:
        return self.intrinsic("copysign", x, y)

    def cast(self, name: str, x: Lanes, type: str) -> Lanes:
        return self.value(type, f"{name} {x.full} {x} to {self.full(type)}")

    def convert(self, x: Lanes, type: str) -> Lanes:
        """Numbers of another type, as `astype` makes them."""
        if x.type == type:
            return x
        if x.type in FORMATS and type in FORMATS:
            return self.cast("fpext" if type == "double" else "fptrunc", x, type)
        if type == "i1":
            return x.differs(0)
        if type in FORMATS:
            return self.cast("uitofp" if x.type == "i1" else "sitofp", x, type)
        if x.type in FORMATS:
            return self.cast("fptosi", x, type)
        if BYTES[x.type] > BYTES[type]:
            return self.cast("trunc", x, type)
        return self.cast("zext" if x.type == "i1" else "sext", x, type)

    # ---- memory
    def load(self, pointer: str, type: str) -> Lanes:
        """As many numbers as there are lanes, from where the pointer points."""
        stored = "i8" if type == "i1" else type
        out = self.value(stored, f"load {self.full(stored)}, ptr {pointer}, align {BYTES[stored]}")
        return out.differs(0) if type == "i1" else out

    def store(self, x: Lanes, pointer: str) -> None:
        if x.type == "i1":
            x = self.cast("zext", x, "i8")
        self.lines.append(f"  store {x.full} {x}, ptr {pointer}, align {BYTES[x.type]}")

    def splat(self, x: str, type: str) -> Lanes:
        """A scalar register, in every lane."""
        if self.width == 1:
            return self.named(x, type)
        first = self.value(type, f"insertelement {self.full(type)} poison, {type} {x}, i32 0")
        return self.value(
            type,
            f"shufflevector {first.full} {first}, {first.full} poison, <{self.width} x i32> zeroinitializer",
        )

    # ---- blocks
    def label(self, name: str) -> None:
        """From here on, another block."""
        self.lines.append(f"{name}:")
        self.block = name
        self.memo = {}

    def phi(self, type: str, *ways: tuple[Any, str]) -> Lanes:
        """The value that comes with the block from which one came: (value, label) each."""
        return self.value(type, f"phi {self.full(type)} " + ", ".join(f"[ {x}, %{b} ]" for x, b in ways))

    def rare(
        self, condition: Lanes, usual: tuple[Lanes, ...], otherwise: Callable[[], tuple[Lanes, ...]]
    ) -> tuple[Lanes, ...]:
        """`usual`, or what `otherwise` computes if the condition holds in any lane, which is rare.

        The code goes on in another block: `block` says which, for whoever writes a phi after it.
        """
        known, before = self.memo, self.block
        n = next(self.numbers)
        if self.width > 1:
            mask = self.value("i1", f"bitcast {condition.full} {condition} to i{self.width}")
            any_ = self.value("i1", f"icmp ne i{self.width} {mask}, 0")
        else:
            any_ = condition
        self.lines.append(f"  br i1 {any_}, label %rare{n}, label %usual{n}, !prof !0")
        self.label(f"rare{n}")
        others = otherwise()
        after = self.block
        self.lines.append(f"  br label %usual{n}")
        self.label(f"usual{n}")
        found = tuple(self.phi(x.type, (x, before), (y, after)) for x, y in zip(usual, others, strict=True))
        self.memo = known
        return found

    # ---- functions of mathematics
    def call(self, f: Callable[..., Lanes], *xs: Lanes) -> Lanes:
        """f(code, *xs), in place or as a call of a function that the module has once."""
        if self.outline:
            return self.outlined(f, *xs)
        key = (f, *[x.name for x in xs])
        if key not in self.memo:
            with self.exact():
                self.memo[key] = f(self, *xs)
        found: Lanes = self.memo[key]
        return found

    def outlined(self, f: Callable[..., Lanes], *xs: Lanes, rare: bool = False) -> Lanes:
        """The call of a function, which is written when it is called first."""
        (found,) = self.outlined_several(f, *xs, rare=rare)
        return found

    def outlined_several(self, f: Callable[..., Any], *xs: Lanes, rare: bool = False) -> tuple[Lanes, ...]:
        """The same of a function with several results."""
        name = f"{f.__name__}.{'.'.join([SUFFIXES.get(x.type, x.type) for x in xs])}x{self.width}"
        result = self.module.declarations.get(f"{name} result")
        if result is None:
            inner = Code(self.module, self.width, contract=False)
            inner.label("entry")
            out = f(inner, *[inner.named(f"%x{k}", x.type) for k, x in enumerate(xs)])
            outs = (out,) if isinstance(out, Lanes) else out
            inner.lines.append(f"  ret {inner.packed(outs)}")
            arguments = ", ".join(f"{x.full} %x{k}" for k, x in enumerate(xs))
            cold = " cold noinline" if rare else ""
            result = f"; {' '.join(out.type for out in outs)}"
            kind = self.struct(result[2:].split())
            self.module.define(name, f"internal {kind} @{name}({arguments}) nounwind{cold}", inner)
            self.module.declarations[f"{name} result"] = result
        operands = ", ".join(f"{x.full} {x}" for x in xs)
        types = result[2:].split()
        call = self.value(types[0], f"call {self.struct(types)} @{name}({operands})")
        if len(types) == 1:
            return (call,)
        return tuple(
            self.value(type, f"extractvalue {self.struct(types)} {call}, {k}") for k, type in enumerate(types)
        )

    def struct(self, types: list[str]) -> str:
        """The type of what a function returns."""
        return self.full(types[0]) if len(types) == 1 else f"{{ {', '.join(map(self.full, types))} }}"

    def packed(self, xs: tuple[Lanes, ...]) -> str:
        """Several values as one, for `ret`."""
        if len(xs) == 1:
            return f"{xs[0].full} {xs[0]}"
        kind, found = self.struct([x.type for x in xs]), "poison"
        for k, x in enumerate(xs):
            found = str(self.value(x.type, f"insertvalue {kind} {found}, {x.full} {x}, {k}"))
        return f"{kind} {found}"

    def gather(self, table: str, index: Lanes, type: str) -> Lanes:
        """Elements of a constant table, each lane its own."""
        if self.width == 1:
            place = self.value("ptr", f"getelementptr {type}, ptr @{table}, i64 {index}")
            return self.load(place.name, type)
        places = self.value("ptr", f"getelementptr {type}, ptr @{table}, {index.full} {index}")
        name = f"llvm.masked.gather.v{self.width}{SUFFIXES[type]}.v{self.width}p0"
        full, mask = self.full(type), f"<{self.width} x i1>"
        self.module.declarations.setdefault(
            name, f"declare {full} @{name}({places.full}, i32, {mask}, {full})"
        )
        operands = f"{places.full} {places}, i32 {BYTES[type]}, {mask} splat (i1 true), {full} poison"
        return self.value(type, f"call {full} @{name}({operands})")

    @contextmanager
    def exact(self) -> Iterator[None]:
        """Every operation rounds by itself."""
        flags, self.flags = self.flags, ""
        try:
            yield
        finally:
            self.flags = flags


def literal(x: Any, type: str) -> str:
    """A float in IR: its bits, those of a double.  A float32 must be a double that is one exactly."""
    with np.errstate(over="ignore"):
        number = float(FORMATS[type].dtype(x))
    return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"
