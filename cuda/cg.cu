#include "layer.cuh"

// One block: six thousand numbers give each thread a few, and no block waits for another.
#define CG_THREADS 1024

// System is the state of solving (F + λI) x = b. Vectors are [P], the parameters of the mean first.
struct System {
  double *x, *r, *p;    // solution, residual, direction
  float* v;             // [width] the vector of the next Fisher product: the mean's part of p
  const double* sums;   // [width] Σ over the samples of F·v, see partials_sum
  double* scalars;      // [2] ‖r‖², pᵀ(F + λI)p of the last iteration
  int64_t* state;       // [2] CG_GOING, CG_DONE or CG_DIVERGED; iterations so far
  int64_t size, width;  // P, number of parameters of the mean
  double count;         // number of samples
  double damping, tolerance;
};

#define CG_GOING 0
#define CG_DONE 1
#define CG_DIVERGED 2

// cg_product is entry i of (F + λI)·of; sums hold F·v for v the mean's part of `of`. F is 2 for each log σ.
DEVICE double cg_product(const System& s, int64_t i, const double* of) {
  return (i < s.width ? s.sums[i] / s.count : 2 * of[i]) + s.damping * of[i];
}

// cg_residual records ‖r‖² and whether to continue.
DEVICE void cg_residual(const System& s, double square) {
  s.scalars[0] = square;
  s.state[0] = square > s.tolerance ? CG_GOING : CG_DONE;
}

// cg_begin: sets x, r, p and v from b [P]. The start is x = 0, r = b, or with `warm` x = b,
// r = b - (F + λI)b, where sums hold the product with b. One block, a thread every 1024th entry.
// Launched by gpu/cg.go; CPU twin conjugateGradient in algo/cg.go. Sums: float64, ascending in each thread,
// then a tree over the threads. Source: Hestenes and Stiefel 1952.
extern "C" __global__ void __launch_bounds__(CG_THREADS) cg_begin(System s, const double* b, int64_t warm) {
  DYNAMIC_SHARED(double, shared);
  double square = 0;
  for (int64_t i = threadIdx.x; i < s.size; i += CG_THREADS) {
    const double r = warm ? b[i] - cg_product(s, i, b) : b[i];
    s.x[i] = warm ? b[i] : 0, s.r[i] = r, s.p[i] = r;
    if (i < s.width) s.v[i] = (float)r;
    square += r * r;
  }
  square = sum_block(square, shared);
  if (threadIdx.x) return;
  s.scalars[1] = 0, s.state[1] = 0;
  cg_residual(s, square);
}

// cg_step: one iteration, where sums hold the product with p. It moves x and r along p by ‖r‖²/curvature and
// sets p and v to the next direction. It does nothing once the residual is small enough or a curvature was not
// a positive number. One block, a thread every 1024th entry.
// Launched by gpu/cg.go; CPU twin conjugateGradient in algo/cg.go. Sums: float64, ascending in each thread,
// then a tree over the threads. Source: Hestenes and Stiefel 1952.
extern "C" __global__ void __launch_bounds__(CG_THREADS) cg_step(System s) {
  DYNAMIC_SHARED(double, shared);
  if (s.state[0] != CG_GOING) return;
  const double square = s.scalars[0];
  double curvature = 0, next = 0;
  for (int64_t i = threadIdx.x; i < s.size; i += CG_THREADS) curvature += s.p[i] * cg_product(s, i, s.p);
  curvature = sum_block(curvature, shared);
  if (threadIdx.x == 0) s.scalars[1] = curvature;
  if (!(curvature > 0 && curvature - curvature == 0)) {
    if (threadIdx.x == 0) s.state[0] = CG_DIVERGED;
    return;
  }
  const double alpha = square / curvature;
  for (int64_t i = threadIdx.x; i < s.size; i += CG_THREADS) {
    const double r = s.r[i] - alpha * cg_product(s, i, s.p);
    s.x[i] += alpha * s.p[i], s.r[i] = r;
    next += r * r;
  }
  next = sum_block(next, shared);
  for (int64_t i = threadIdx.x; i < s.size; i += CG_THREADS) {
    const double p = s.r[i] + next / square * s.p[i];
    s.p[i] = p;
    if (i < s.width) s.v[i] = (float)p;
  }
  if (threadIdx.x) return;
  s.state[1]++;
  cg_residual(s, next);
}
