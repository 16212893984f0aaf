"""det: the determinant by expansion into minors, all n! products of it, and its gradient."""

from autodiff import grad

from .tool import Function, compiled


def determinant(a):
    """Of a matrix as a list of rows of numbers."""
    return minor(a, 0, tuple(range(len(a))))


def minor(a, row, columns):
    """The determinant of the rows from `row` on, in these columns, by their first row."""
    if len(columns) == 1:
        return a[row][columns[0]]
    total = 0.0
    for k, column in enumerate(columns):
        product = a[row][column] * minor(a, row + 1, columns[:k] + columns[k + 1 :])
        total = total - product if k % 2 else total + product
    return total


def prepare(given):
    n = given["ell"]
    return ([given["A"][n * i : n * i + n] for i in range(n)],)


FUNCTIONS = {
    "primal": Function(prepare, compiled(determinant), float),
    "gradient": Function(
        prepare, compiled(grad(determinant)), lambda rows: [float(x) for row in rows for x in row]
    ),
}
