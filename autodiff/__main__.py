"""The command line: type an expression, read its derivatives.

python -m autodiff "x**2 + 2*x*y + 3 + cos(x + 2*y)" x=1 y=0.5
python -m autodiff minimize "x**2 + 2*y**2" x=1 y=2 --lr 0.1
"""

from .draw.command import main

if __name__ == "__main__":
    raise SystemExit(main())
