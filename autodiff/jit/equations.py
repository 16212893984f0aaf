"""Equations between primitives, which identities.py applies from left to right.

IDENTITIES    hold for all numbers, NaN, infinity and signed zeros among them
FORMULAS      hold in mathematics, for formulas that are read and not computed
"""

from __future__ import annotations

__all__: list[str] = []

# x, y and z stand for anything, c and d for constants without axes, numbers for themselves.  The two sides
# must agree in shape and dtype, or the equation isn't used.  After `if` stands a condition on the constants.
# A primitive with settings stands once on either side, with the same ones.
IDENTITIES = """
multiply(x, 1) = x
divide(x, 1) = x
subtract(x, 0) = x
multiply(x, -1) = negative(x)
multiply(c, multiply(d, x)) = multiply(multiply(c, d), x) if abs(d) <= 1 or abs(c) >= 1
multiply(c, negative(x)) = multiply(negative(c), x)
negative(multiply(c, x)) = multiply(negative(c), x)
multiply(c, add(x, x)) = multiply(multiply(c, 2), x) if abs(c) >= 1 or 2 * abs(c) <= 1
add(multiply(c, x), multiply(c, x)) = multiply(multiply(c, 2), x)
divide(x, -1) = negative(x)
negative(negative(x)) = x
add(x, negative(y)) = subtract(x, y)
subtract(x, negative(y)) = add(x, y)
multiply(negative(x), negative(y)) = multiply(x, y)
divide(negative(x), negative(y)) = divide(x, y)
multiply(negative(x), y) = negative(multiply(x, y))
divide(negative(x), y) = negative(divide(x, y))
divide(x, negative(y)) = negative(divide(x, y))
divide(1, x) = reciprocal(x)
power(x, 1) = x
power(x, 2) = square(x)
power(x, 3) = multiply(square(x), x)
power(x, -1) = reciprocal(x)
multiply(x, x) = square(x)
absolute(absolute(x)) = absolute(x)
absolute(negative(x)) = absolute(x)
square(negative(x)) = square(x)
square(absolute(x)) = square(x)
cos(negative(x)) = cos(x)
cosh(negative(x)) = cosh(x)
relu(relu(x)) = relu(x)
maximum(x, x) = x
minimum(x, x) = x
where(x, y, y) = y
where(1, x, y) = x
where(0, x, y) = y
conjugate(conjugate(x)) = x
floor(floor(x)) = floor(x)
ceil(ceil(x)) = ceil(x)
rint(rint(x)) = rint(x)
sign(sign(x)) = sign(x)
logical_not(logical_not(logical_not(x))) = logical_not(x)
shield(shield(x, y), y) = shield(x, y)
shield(x, 1) = x
sum(negative(x)) = negative(sum(x))
sum_to(negative(x)) = negative(sum_to(x))
identity(x) = x
positive(x) = x
ones_like(x) = 1
zeros_like(x) = 0
"""

ARRAYS_ONLY = {"power"}  # equations that start with these are not for Python's numbers

FORMULAS = """
add(x, 0) = x
subtract(0, x) = negative(x)
multiply(x, 0) = 0
divide(0, x) = 0
power(x, 0) = 1
add(x, x) = multiply(2, x)
subtract(x, x) = 0
divide(x, x) = 1
add(negative(x), negative(y)) = negative(add(x, y))
subtract(negative(x), y) = negative(add(x, y))
negative(subtract(x, y)) = subtract(y, x)
exp(log(x)) = x
log(exp(x)) = x
square(sqrt(x)) = x
power(x, 0.5) = sqrt(x)
reciprocal(reciprocal(x)) = x
multiply(x, divide(y, x)) = y
divide(multiply(x, y), x) = y
multiply(exp(x), exp(y)) = exp(add(x, y))
sin(negative(x)) = negative(sin(x))
tanh(negative(x)) = negative(tanh(x))
add(square(sin(x)), square(cos(x))) = 1
shield(x, y) = x
multiply(x, shield(y, z)) = multiply(x, y)
not_equal(greater(x, y), 0) = greater(x, y)
not_equal(greater_equal(x, y), 0) = greater_equal(x, y)
not_equal(less(x, y), 0) = less(x, y)
not_equal(less_equal(x, y), 0) = less_equal(x, y)
equal(greater(x, y), 0) = less_equal(x, y)
equal(greater_equal(x, y), 0) = less(x, y)
equal(less(x, y), 0) = greater_equal(x, y)
equal(less_equal(x, y), 0) = greater(x, y)
share(x, y) = heaviside(subtract(x, y), 0.5)
multiply(power(x, y), not_equal(x, 0)) = power(x, y)
"""
