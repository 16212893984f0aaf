"""autodiff as a tool of GradBench, a benchmark of differentiation tools: one module for each of its programs.

`README.md` beside this file says how to run it, and what it measures.
"""
