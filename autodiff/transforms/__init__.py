"""Functions to functions: each takes a function that computes and gives one that differentiates."""
