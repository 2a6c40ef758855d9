#include "formula_slope.cuh"
#include "samples.cuh"

// Few threads, each with scratch of its own in memory: programs may be long.
#define SLOPE_THREADS 32

// RewardSlopes says whose derivatives to compute.
struct RewardSlopes {
  const float* actions;    // [N,T,A]
  const float* box;        // low [A], then high [A]
  int64_t action;
  const uint32_t* reward;  // the program with a slot for every number; an output for each term
  const double* parameters;
  const double* discounts;  // [T] factors of the rewards
  double smooth;
  double* scratch;  // [threads,2·slots+2O+A]
  int64_t slots;
};

// slope_row computes the derivatives of one step, by [O+A+O].
DEVICE void slope_row(const RewardSlopes& d, const Steps& s, int64_t step, float* by, double* scratch) {
  const int o = (int)s.observation, a = (int)d.action;
  const float* obs = s.observations + (step + step / s.horizon) * o;
  const Formula f = formula_open(d.reward);
  const FormulaRows rows = {obs, d.actions + step * a, obs + o, d.box, d.box + a, d.parameters};
  double *adjoint = scratch + d.slots, *row = adjoint + d.slots;
  formula_run(f, rows, scratch);
#pragma unroll 1
  for (int64_t k = 0; k < d.slots + 2 * o + a; k++) adjoint[k] = 0;
  const FormulaSlopes to = {row, row + o, row + o + a, adjoint, d.smooth};
  formula_reverse(f, rows, scratch, to, d.reward[2], d.discounts[step % s.horizon]);
#pragma unroll 1
  for (int k = 0; k < 2 * o + a; k++) by[k] = (float)row[k];
}

// reward_slopes: derivatives of the discounted rewards of all kept steps by state, clipped action and next state,
// slopes [N,T,O+A+O]. A thread takes every gridDim·blockDim-th step.
// Launched by gpu/slope.go; CPU twin reward in nn/cpu/reversal.go. Sums: float64, from the last instruction to the first,
// in one thread. Source: reverse mode; programs in formula_slope.cuh.
extern "C" __global__ void __launch_bounds__(SLOPE_THREADS) reward_slopes(float* slopes, Steps s, RewardSlopes d) {
  const int64_t thread = (int64_t)blockIdx.x * blockDim.x + threadIdx.x, threads = (int64_t)gridDim.x * blockDim.x;
  const int64_t wide = 2 * s.observation + d.action;
  double* scratch = d.scratch + thread * (2 * d.slots + wide);
#pragma unroll 1
  for (int64_t i = thread; i < s.count; i += threads) {
    const int64_t step = s.steps[i];
    slope_row(d, s, step, slopes + step * wide, scratch);
  }
}
