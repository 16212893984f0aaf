"""The compiler: `jit(f)` runs f once, and from then on the program that it recorded."""
