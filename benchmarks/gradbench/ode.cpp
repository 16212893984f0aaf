// The last element of ode's chain and its gradient in reverse mode, as one writes it by hand in C++: the same
// Runge-Kutta steps as in ode.py, a tape of what each of them reads, and the walk back over it.
// ode.py compiles it, checks it and times it:  python -m benchmarks.gradbench.ode

#include <cstddef>
#include <utility>
#include <vector>

namespace {

using Array = double *__restrict__;
using Given = const double *__restrict__;

// y + by k, for the slopes k of z; and the slopes, times `weight`, on top of `sum`.
void stage(size_t n, Given x, Given y, Given z, double by, double weight, Array sum, Array out) {
  sum[0] += weight * x[0];
  out[0] = y[0] + by * x[0];
  for (size_t i = 1; i < n; i++) {
    double k = x[i] * z[i - 1];
    sum[i] += weight * k;
    out[i] = y[i] + by * k;
  }
}

// Of the slopes of z: what x and z get, where a slope gets `weight` of g and `by` of the stage's result.
void stage_back(size_t n, Given x, Given z, Given g, double weight, Given gout, double by, Array gx, Array gz,
                Array gy) {
  gx[0] += weight * g[0] + by * gout[0];
  for (size_t i = 1; i < n; i++) {
    double gk = weight * g[i] + by * gout[i];
    gx[i] += gk * z[i - 1];
    gz[i - 1] = gk * x[i];
    gy[i - 1] += gz[i - 1];
  }
  gz[n - 1] = 0;
}

// One step from y to `next`, which keeps the arguments of the other three slopes in a, b and c.
void step(size_t n, Given x, double h, Given y, Array a, Array b, Array c, Array sum, Array next) {
  for (size_t i = 0; i < n; i++) sum[i] = 0;
  stage(n, x, y, y, h / 2, 1, sum, a);
  stage(n, x, y, a, h / 2, 2, sum, b);
  stage(n, x, y, b, h, 2, sum, c);
  next[0] = y[0] + h / 6 * (sum[0] + x[0]);
  for (size_t i = 1; i < n; i++) next[i] = y[i] + h / 6 * (sum[i] + x[i] * c[i - 1]);
}

std::vector<double> tape, work;  // they stay from call to call

}  // namespace

extern "C" void primal(size_t n, const double *x, size_t s, double *out) {
  work.resize(6 * n);
  double *y = &work[0], *next = &work[n], *a = &work[2 * n], *b = &work[3 * n], *c = &work[4 * n];
  for (size_t i = 0; i < n; i++) y[i] = 0;
  for (size_t k = 0; k < s; k++) {
    step(n, x, 2.0 / double(s), y, a, b, c, &work[5 * n], next);
    std::swap(y, next);
  }
  for (size_t i = 0; i < n; i++) out[i] = y[i];
}

extern "C" void gradient(size_t n, const double *x, size_t s, double *gx) {
  double h = 2.0 / double(s);
  tape.resize(4 * n * (s + 1));
  work.resize(6 * n);
  for (size_t i = 0; i < n; i++) tape[i] = 0;
  for (size_t k = 0; k < s; k++) {
    double *y = &tape[4 * n * k];
    step(n, x, h, y, y + n, y + 2 * n, y + 3 * n, &work[0], y + 4 * n);
  }
  double *g = &work[0], *gy = &work[n], *ga = &work[2 * n], *gb = &work[3 * n], *gc = &work[4 * n],
         *none = &work[5 * n];
  for (size_t i = 0; i < n; i++) g[i] = gx[i] = none[i] = 0;
  g[n - 1] = 1;
  for (size_t k = s; k-- > 0;) {
    double *y = &tape[4 * n * k];
    for (size_t i = 0; i < n; i++) gy[i] = g[i];
    stage_back(n, x, y + 3 * n, g, h / 6, none, 0, gx, gc, gy);
    stage_back(n, x, y + 2 * n, g, h / 3, gc, h, gx, gb, gy);
    stage_back(n, x, y + n, g, h / 3, gb, h / 2, gx, ga, gy);
    stage_back(n, x, y, g, h / 6, ga, h / 2, gx, gc, gy);
    std::swap(g, gy);
  }
}
