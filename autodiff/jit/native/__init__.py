"""Native code: a program as machine code, by way of LLVM.

Read engine.py for how text becomes functions in memory, and cache.py for how they are kept.
"""
