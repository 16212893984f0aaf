"""The compiler: `jit(f)` runs f once, and from then on the program that it recorded.

Read program.py first, then trace.py, the passes in the order of simplify.py, emit_numpy.py and compile.py.
"""
