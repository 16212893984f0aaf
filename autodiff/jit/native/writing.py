"""Writing a kernel: loops over lanes, with a mask for what is left over, and totals that go through them.

for each turn of the loops that come first
    for each stage
        totals start
        for each turn of the loops that are reduced: the steps, whole vectors side by side
        the same for what is left, in one vector with a mask
        totals are complete: lanes become one number
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from .instructions import write
from .ir import BYTES, Code, Lanes, Module
from .kernels import CHEAP, FAR, NEXT, SAME, Kernel, Place, Step, Store, places, work

__all__: list[str] = []


class Writer:
    """Writes one kernel into a module."""

    def __init__(self, kernel: Kernel, name: str, module: Module, width: int) -> None:
        self.kernel, self.name, self.module = kernel, name, module
        self.width = width if kernel.vector >= 0 else 1
        effort = work(kernel)
        self.copies = 4 if effort <= 6 else 2 if effort <= 14 else 1
        self.masked_only = effort > 200
        outline = sum(s.op is not None and s.op.name not in CHEAP for s in kernel.steps) > 6
        self.scalar = Code(module, 1, outline)
        self.vector = Code(module, self.width, outline) if self.width > 1 else self.scalar
        self.vector.lines, self.vector.numbers = self.scalar.lines, self.scalar.numbers
        self.places = places(kernel)
        self.labels = count(1)
        self.values: dict[int, list[Lanes]] = {}  # of each step: a copy for each of the vectors done together
        self.wide: dict[int, list[Lanes]] = {}  # the same of what is one number, in all lanes
        self.totals: dict[int, list[Lanes]] = {}  # and the last lanes of what is read one step beside
        self.beside = {k for k, s in enumerate(kernel.steps) if s.op is s.combine is None and s.inputs}
        self.pointers: dict[int, str] = {}  # of each array
        self.offsets: dict[int, Lanes] = {}  # how far its lanes are apart, where they are not neighbours
        self.mask: Lanes | None = None
        self.side_by_side = 1
        self.inside = False  # the loop over lanes
        self.last_stage = max([p.stage for p in self.places], default=0)

    # ---- lines and blocks
    def line(self, text: str) -> None:
        self.scalar.lines.append("  " + text)

    def register(self, text: str) -> str:
        name = f"%r{next(self.labels)}"
        self.line(f"{name} = {text}")
        return name

    def label(self, name: str) -> None:
        self.scalar.label(name)
        if self.vector is not self.scalar:
            self.vector.block, self.vector.memo = name, {}

    def block(self) -> str:
        return self.scalar.block

    def moved_to(self, code: Code) -> None:
        """Code may have gone on in another block: both writers are there now."""
        other = self.vector if code is self.scalar else self.scalar
        if other.block != code.block:
            other.block, other.memo = code.block, {}

    # ---- the function
    def write(self) -> None:
        kernel = self.kernel
        self.label("entry")
        place = count(2)

        def field(type: str = "i64") -> str:
            at = self.register(f"getelementptr i64, ptr %row, i64 {next(place)}")
            return self.register(f"load {type}, ptr {at}, align 8")

        self.sizes = [field() for _ in range(kernel.loops)]
        self.steps_of: list[dict[int, str]] = []
        loads = [k for k, s in enumerate(kernel.steps) if s.op is s.combine is None]
        self.arrays = {k: n for n, k in enumerate(loads)}
        self.types = [kernel.steps[k].type for k in loads] + [
            kernel.steps[s.step].type for s in kernel.stores
        ]
        self.walks = kernel.walks()
        for n, walk in enumerate(self.walks):
            base, offset = field(), field()
            base = self.register(f"getelementptr ptr, ptr %bases, i64 {base}")
            base = self.register(f"load ptr, ptr {base}, align 8")
            self.pointers[n] = self.register(f"getelementptr i8, ptr {base}, i64 {offset}")
            self.steps_of.append({a: field() for a, way in enumerate(walk) if way == FAR})
        self.level(0)
        self.line("ret void")
        self.module.define(self.name, f"void @{self.name}(ptr %row, ptr %bases) nounwind", self.scalar)

    def level(self, depth: int) -> None:
        """What is in so many of the first loops."""
        kernel = self.kernel
        if depth < kernel.first:
            self.steps(depth, 0)
            self.loop(depth, lambda: self.level(depth + 1))
            return
        for stage in range(self.last_stage + 1):
            self.steps(depth, stage)
            totals = [
                k for k, s in enumerate(kernel.steps)
                if s.combine is not None and self.places[k].stage == stage + 1
            ]  # fmt: skip
            for k in totals:
                self.start(k)
            self.waiting = totals
            inner = any(p.depth > depth and p.stage == stage for p in self.places) or totals
            if depth < kernel.loops and inner:
                self.loop(depth, lambda stage=stage: self.inner(kernel.first + 1, stage))  # type: ignore[misc]
            elif totals:
                self.add(totals)
            for k in totals:
                self.finish(k)

    def inner(self, depth: int, stage: int) -> None:
        """What is in so many loops, some of which are reduced, in one stage."""
        self.steps(depth, stage)
        if depth < self.kernel.loops:
            self.loop(depth, lambda: self.inner(depth + 1, stage))
        else:
            self.add(self.waiting)

    def steps(self, depth: int, stage: int) -> None:
        """The steps that belong here, and what is stored of them."""
        for k, step in enumerate(self.kernel.steps):
            place = self.places[k]
            if (place.depth, place.stage) == (depth, stage) and step.combine is None:
                self.step(k, step, place)
        for n, store in enumerate(self.kernel.stores):
            if self.store_place(store) == (depth, stage):
                self.store(n + len(self.arrays), store)

    def store_place(self, store: Store) -> tuple[int, int]:
        """Where a result is stored: it may be the same along a loop, and be written at every turn."""
        place = self.places[store.step]
        depth = max([a + 1 for a, way in enumerate(store.walk) if way != SAME], default=0)
        return max(depth, place.depth), place.stage

    def step(self, k: int, step: Step, place: Place) -> None:
        code = self.vector if place.vector else self.scalar
        copies = self.side_by_side if place.vector else 1
        found = []
        for u in range(copies):
            if k in self.beside:
                found.append(self.one_beside(k, step, u))
            elif step.at is not None:
                index = self.value(step.at, u, place.vector)
                found.append(self.gather(self.arrays[k], step.type, index))
            elif step.op is None:
                found.append(self.load(self.arrays[k], step.type, place.vector, u))
            else:
                inputs = [self.value(i, u, place.vector) for i in step.inputs]
                out = write(code, step.op, inputs, dict(step.params or ()))
                found.append(code.convert(out, step.type))
                self.moved_to(code)
        self.values[k] = found
        self.wide.pop(k, None)
        if not place.vector and self.width > 1:
            self.wide[k] = [self.vector.splat(found[0].name, step.type)]

    def value(self, k: int, u: int, vector: bool) -> Lanes:
        """A step's result, in one copy."""
        if vector and not self.places[k].vector and self.width > 1:
            return self.wide[k][0]
        found = self.values[k]
        return found[u if len(found) > 1 else 0]

    def one_beside(self, k: int, step: Step, u: int) -> Lanes:
        """The lanes that are one number before these, or, if the loop goes down, behind them."""
        of, width, last = step.inputs[0], self.width, self.side_by_side - 1
        lanes = self.value(of, u, True)
        if self.kernel.down:
            pair, start = (lanes, self.totals[k][0] if u == last else self.value(of, u + 1, True)), 1
        else:
            pair, start = (self.totals[k][0] if u == 0 else self.value(of, u - 1, True), lanes), width - 1
        if u == last:
            self.totals[k] = [self.value(of, 0 if self.kernel.down else last, True)]
        order = ", ".join(f"i32 {i}" for i in range(start, start + width))
        both = ", ".join(f"{x.full} {x}" for x in pair)
        return self.vector.value(step.type, f"shufflevector {both}, <{width} x i32> <{order}>")

    # ---- memory
    def address(self, n: int, u: int) -> str:
        """Where the lanes of copy u begin."""
        pointer, kind = self.pointers[n], self.types[n]
        if u == 0:
            return pointer
        stored = "i8" if kind == "i1" else kind
        return self.register(f"getelementptr {stored}, ptr {pointer}, i64 {u * self.width}")

    def lanes(self, n: int, u: int) -> str:
        """The addresses of lanes that are not neighbours."""
        pointer = self.pointers[n]
        if u:
            far = self.register(f"mul i64 {self.steps_of[n][self.kernel.vector]}, {u * self.width}")
            pointer = self.register(f"getelementptr i8, ptr {pointer}, i64 {far}")
        offsets = self.offsets[n]
        return self.register(f"getelementptr i8, ptr {pointer}, {offsets.full} {offsets}")

    def load(self, n: int, type: str, vector: bool, u: int) -> Lanes:
        if not vector or self.width == 1:
            return self.scalar.load(self.pointers[n], type)
        near = self.walks[n][self.kernel.vector] == NEXT
        if near and self.mask is None:
            return self.vector.load(self.address(n, u), type)
        if near:
            return self.masked("masked.load", f"ptr {self.address(n, u)}", type)
        return self.masked("masked.gather", f"<{self.width} x ptr> {self.lanes(n, u)}", type)

    def masked(self, what: str, where: str, type: str) -> Lanes:
        stored = "i8" if type == "i1" else type
        full, mask = self.vector.full(stored), self.mask or self.vector.constant(1, "i1")
        name = self.declared(what, full, where)
        text = (
            f"call {full} @{name}({where}, i32 {BYTES[stored]}, {mask.full} {mask}, {full} zeroinitializer)"
        )
        found = self.vector.value(stored, text)
        return found.differs(0) if type == "i1" else found

    def gather(self, n: int, type: str, index: Lanes) -> Lanes:
        """Elements at an index, each lane's its own."""
        code = index.code
        far = code.convert(index, "i64") * BYTES[type]
        pointer = self.pointers[n]
        if index.code is self.scalar:
            return code.load(self.register(f"getelementptr i8, ptr {pointer}, i64 {far}"), type)
        where = self.register(f"getelementptr i8, ptr {pointer}, {far.full} {far}")
        return self.masked("masked.gather", f"<{self.width} x ptr> {where}", type)

    def store(self, n: int, store: Store) -> None:
        walk, type = store.walk, self.types[n]
        vector = self.kernel.vector >= 0 and walk[self.kernel.vector] != SAME and self.width > 1
        for u in range(self.side_by_side if vector else 1):
            x = self.value(store.step, u, vector)
            if not vector:
                self.scalar.store(x, self.pointers[n])
                continue
            near = walk[self.kernel.vector] == NEXT
            if near and self.mask is None:
                self.vector.store(x, self.address(n, u))
                continue
            if type == "i1":
                x = self.vector.cast("zext", x, "i8")
            mask = self.mask or self.vector.constant(1, "i1")
            if near:
                where, what = f"ptr {self.address(n, u)}", "masked.store"
            else:
                where, what = f"<{self.width} x ptr> {self.lanes(n, u)}", "masked.scatter"
            name = self.declared(what, x.full, where)
            self.line(f"call void @{name}({x.full} {x}, {where}, i32 {BYTES[x.type]}, {mask.full} {mask})")

    def declared(self, what: str, full: str, where: str) -> str:
        """The name of a function of LLVM's for memory."""
        element = full.split()[-1].rstrip(">").replace("double", "f64").replace("float", "f32")
        lanes = f"v{self.width}{element}"
        pointers = f"v{self.width}p0" if "gather" in what or "scatter" in what else "p0"
        name = f"llvm.{what}.{lanes}.{pointers}"
        bits = f"<{self.width} x i1>"
        place = where.rsplit(" ", 1)[0]
        if "load" in what or "gather" in what:
            text = f"declare {full} @{name}({place}, i32 immarg, {bits}, {full})"
        else:
            text = f"declare void @{name}({full}, {place}, i32 immarg, {bits})"
        self.module.declarations[name] = text
        return name

    # ---- totals
    def start(self, k: int) -> None:
        step = self.kernel.steps[k]
        code = self.code_of_total()
        self.totals[k] = [code.constant(step.neutral, step.type)] * self.copies_of_total()

    def code_of_total(self) -> Code:
        return self.vector if self.kernel.vector >= 0 else self.scalar

    def copies_of_total(self) -> int:
        return self.side_by_side if self.kernel.vector < self.kernel.first else 1

    def combined(self, k: int, x: Lanes, y: Lanes) -> Lanes:
        code = x.code
        found = write(code, self.kernel.steps[k].combine, [x, y], {})
        self.moved_to(code)
        return found

    def add(self, totals: list[int]) -> None:
        """Totals grow by what has been computed."""
        vector = self.kernel.vector >= 0
        for k in totals:
            step = self.kernel.steps[k]
            before, after = self.totals[k], []
            for u, total in enumerate(before):
                new = self.combined(k, total, self.value(step.inputs[0], u, vector))
                if self.mask is not None and self.kernel.vector >= self.kernel.first:
                    new = self.vector.select(self.mask, new, total)
                after.append(new)
            self.totals[k] = after

    def finish(self, k: int) -> None:
        """A total is complete: the lanes become one number, if they are parts of it."""
        found = self.totals.pop(k)
        step = self.kernel.steps[k]
        if self.kernel.vector >= self.kernel.first and self.width > 1:
            (total,) = found
            shift = self.width // 2
            while shift:
                order = ", ".join(f"i32 {(i + shift) % self.width}" for i in range(self.width))
                other = self.vector.value(
                    step.type,
                    f"shufflevector {total.full} {total}, {total.full} poison, "
                    f"<{self.width} x i32> <{order}>",
                )
                total = self.combined(k, total, other)
                shift //= 2
            found = [self.scalar.value(step.type, f"extractelement {total.full} {total}, i32 0")]
            self.wide[k] = [self.vector.splat(found[0].name, step.type)]
        self.values[k] = found

    # ---- loops
    def loop(self, axis: int, body: Callable[[], None]) -> None:
        if axis == self.kernel.vector:
            self.vector_loop(axis, body)
            return
        top, latch, done = (f"{name}{next(self.labels)}" for name in ("loop", "next", "done"))
        before = self.block()
        self.line(f"br label %{top}")
        self.label(top)
        i, following = f"%i{next(self.labels)}", f"%i{next(self.labels)}"
        self.line(f"{i} = phi i64 [ 0, %{before} ], [ {following}, %{latch} ]")
        kept = dict(self.pointers)
        ends = {}
        for n, walk in enumerate(self.walks):
            if walk[axis] == FAR:
                now, ends[n] = (f"%p{next(self.labels)}" for _ in range(2))
                self.line(f"{now} = phi ptr [ {self.pointers[n]}, %{before} ], [ {ends[n]}, %{latch} ]")
                self.pointers[n] = now
        with self.carried(before, latch) as close:
            body()
            at = self.block()
            self.line(f"br label %{latch}")
            self.label(latch)
            close(at)
        self.line(f"{following} = add i64 {i}, 1")
        for n, end in ends.items():
            self.line(f"{end} = getelementptr i8, ptr {self.pointers[n]}, i64 {self.steps_of[n][axis]}")
        more = self.register(f"icmp slt i64 {following}, {self.sizes[axis]}")
        self.line(f"br i1 {more}, label %{top}, label %{done}")
        self.label(done)
        self.pointers = kept

    @contextmanager
    def carried(self, before: str, latch: str) -> Iterator[Callable[[str], None]]:
        """The totals that are under way go through a loop: a phi at its top, and a name at its end."""
        ends: dict[int, list[str]] = {}
        for k, copies in self.totals.items():
            ends[k] = [f"%a{next(self.labels)}" for _ in copies]
            self.totals[k] = [
                x.code.phi(x.type, (x, before), (end, latch)) for x, end in zip(copies, ends[k], strict=True)
            ]

        def close(at: str) -> None:
            for k, names in ends.items():
                for x, name in zip(self.totals[k], names, strict=True):
                    self.line(f"{name} = phi {x.full} [ {x}, %{at} ]")
                self.totals[k] = [
                    x.code.named(name, x.type) for x, name in zip(self.totals[k], names, strict=True)
                ]

        yield close

    def vector_loop(self, axis: int, body: Callable[[], None]) -> None:
        """The loop that is done many numbers at a time: whole vectors, side by side; then with a mask."""
        if self.width == 1:
            raise ValueError("a loop over lanes needs more than one")
        size, width, copies = self.sizes[axis], self.width, self.copies
        for n, walk in enumerate(self.walks):
            if walk[axis] == FAR:
                each = self.vector.splat(self.steps_of[n][axis], "i64")
                numbers = ", ".join(f"i64 {i}" for i in range(width))
                self.offsets[n] = self.vector.value("i64", f"mul {each.full} {each}, <{numbers}>")
        for k in self.beside:
            type, start = self.kernel.steps[k].type, self.pointers[self.arrays[k]]
            if self.kernel.down:
                last = self.register(f"sub i64 {size}, 1")
                start = self.register(f"getelementptr {type}, ptr {start}, i64 {last}")
            self.totals[k] = [self.vector.splat(self.scalar.load(start, type).name, type)]
        begin, incoming = self.block(), {k: list(x) for k, x in self.totals.items()}
        start, ways = "0", [begin]
        outgoing = [incoming]
        middle, finish = f"rest{next(self.labels)}", f"end{next(self.labels)}"
        if not self.masked_only:
            whole = self.register(f"and i64 {size}, {-width * copies}")
            some = self.register(f"icmp sgt i64 {whole}, 0")
            top = f"whole{next(self.labels)}"
            self.line(f"br i1 {some}, label %{top}, label %{middle}")
            self.label(top)
            for k, x in incoming.items():
                step = self.kernel.steps[k]
                if k not in self.beside:
                    self.totals[k] = x + [self.vector.constant(step.neutral, step.type)] * (copies - 1)
            self.side_by_side = copies
            self.turns(axis, body, "0", whole, width * copies)
            self.side_by_side = 1
            for k, x in self.totals.items():
                total = x[0]
                for other in x[1:]:
                    total = self.combined(k, total, other)
                self.totals[k] = [total]
            ways.append(self.block())
            outgoing.append({k: list(x) for k, x in self.totals.items()})
        self.line(f"br label %{middle}")
        self.label(middle)
        if len(ways) > 1:
            start = f"%i{next(self.labels)}"
            self.line(f"{start} = phi i64 [ 0, %{ways[0]} ], [ {whole}, %{ways[1]} ]")
            self.totals = self.met(ways, outgoing)
        after_whole, kept = self.block(), {k: list(x) for k, x in self.totals.items()}
        tail = f"tail{next(self.labels)}"
        left = self.register(f"icmp slt i64 {start}, {size}")
        self.line(f"br i1 {left}, label %{tail}, label %{finish}")
        self.label(tail)
        self.turns(axis, body, start, size, width, masked=True)
        self.line(f"br label %{finish}")
        at = self.block()
        self.label(finish)
        self.totals = self.met([after_whole, at], [kept, self.totals])
        for k in self.beside:
            del self.totals[k]

    def met(self, ways: list[str], values: list[dict[int, list[Lanes]]]) -> dict[int, list[Lanes]]:
        """The totals where two ways meet."""
        return {
            k: [
                x.code.phi(x.type, (x, ways[0]), (y, ways[1]))
                for x, y in zip(copies, values[1][k], strict=True)
            ]
            for k, copies in values[0].items()
        }

    def turns(
        self, axis: int, body: Callable[[], None], start: str, end: str, by: int, masked: bool = False
    ) -> None:
        """Turns of the loop over lanes, from a number on, so many lanes at a time."""
        before = self.block()
        top, latch, done = (f"{name}{next(self.labels)}" for name in ("lanes", "next", "done"))
        self.line(f"br label %{top}")
        self.label(top)
        i, following = f"%i{next(self.labels)}", f"%i{next(self.labels)}"
        self.line(f"{i} = phi i64 [ {start}, %{before} ], [ {following}, %{latch} ]")
        kept = dict(self.pointers)
        with self.carried(before, latch) as close:
            place = i
            if self.kernel.down:  # the lanes of what is left over begin before the array
                left = self.register(f"sub i64 {self.sizes[axis]}, {i}")
                place = self.register(f"sub i64 {left}, {by}")
            for n, walk in enumerate(self.walks):
                if walk[axis] == NEXT:
                    stored = "i8" if self.types[n] == "i1" else self.types[n]
                    self.pointers[n] = self.register(f"getelementptr {stored}, ptr {kept[n]}, i64 {place}")
                elif walk[axis] == FAR:
                    far = self.register(f"mul i64 {place}, {self.steps_of[n][axis]}")
                    self.pointers[n] = self.register(f"getelementptr i8, ptr {kept[n]}, i64 {far}")
            if masked:
                first = self.vector.splat(place, "i64")
                numbers = ", ".join(f"i64 {k}" for k in range(self.width))
                index = self.vector.value("i64", f"add {first.full} {first}, <{numbers}>")
                bound = self.vector.splat("-1" if self.kernel.down else end, "i64")
                self.mask = bound < index if self.kernel.down else index < bound
            body()
            self.mask = None
            at = self.block()
            self.line(f"br label %{latch}")
            self.label(latch)
            close(at)
        self.line(f"{following} = add i64 {i}, {by}")
        more = self.register(f"icmp slt i64 {following}, {end}")
        self.line(f"br i1 {more}, label %{top}, label %{done}")
        self.label(done)
        self.pointers = kept
