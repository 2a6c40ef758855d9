// disagreement.cuh: how far the members' outputs for the rows of a block lie apart. A warp takes a row, a lane every 32nd entry,
// ascending, then a butterfly over the lanes; float64, over the members in the order in which they come.
// CPU twin: nn/cpu/disagreement.go. Source: Welford 1962.
#pragma once
#include "dynamics.cuh"

// Doubts is the shared memory of a block that compares members; doubtBytes in gpu/disagreement.go computes the same size.
struct Doubts {
  double *means, *squares;  // [ROWS,O] means of the outputs so far, sums of the squares of their distances from them
};

DEVICE Doubts doubts_shared(void* shared, const Dynamics& d) {
  Doubts s;
  s.means = (double*)shared;
  s.squares = s.means + ROWS * rows_wide(d.observation);
  return s;
}

// doubts_add takes in the outputs [ROWS,width] of the next member, whose number counts from 1. A lane touches its own numbers
// alone; the outputs may change after the call.
DEVICE void doubts_add(const Doubts& s, const Dynamics& d, const float* out, int64_t number) {
  const int row = threadIdx.x / WARP, lane = threadIdx.x % WARP, o = (int)d.observation;
#pragma unroll 1
  for (int k = lane; k < o; k += WARP) {
    const int at = row * rows_wide(o) + k;
    const double x = out[row * rows_wide(d.width) + k], mean = number > 1 ? s.means[at] : 0.0;
    const double now = mean + (x - mean) / (double)number;
    s.squares[at] = (number > 1 ? s.squares[at] : 0.0) + (x - mean) * (x - now);
    s.means[at] = now;
  }
  __syncthreads();
}

// doubts_root is the disagreement on the row of this warp, the same in all lanes: the root of the mean square of the
// `compared` distances.
DEVICE float doubts_root(const Doubts& s, const Dynamics& d, double compared) {
  const int row = threadIdx.x / WARP, lane = threadIdx.x % WARP, o = (int)d.observation;
  double sum = 0;
#pragma unroll 1
  for (int k = lane; k < o; k += WARP)
    if (model_predicts(d, k)) sum += s.squares[row * rows_wide(o) + k];
  return (float)sqrt(warp_sum(sum) / compared);
}
