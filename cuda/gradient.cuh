// gradient.cuh: a gradient of the policy's parameters as a sum over samples, given what each sample's mean and log σ
// contribute.
#pragma once
#include "samples.cuh"

// GradientSums is where a gradient of the policy goes and what its network reads.
struct GradientSums {
  float* partials;  // [blocks,stride], one for each block; partials_sum adds them
  const float* in;  // shift [O], then scale [O] of the policy
  int64_t logStd;   // offset of log σ in the parameters
  int64_t stride;
};

// gradient_tiles sums over every gridDim-th tile of S samples. rate(buffers, first) replaces the outputs of the
// network in b.out [S,narrow(A)] by the derivatives by them, and writes those by log σ to b.even [S,A]; with `outputs` it finds
// the means in b.out. Sums over samples: ascending in a tile, then over the tiles of a block.
template <class F>
DEVICE void gradient_tiles(const GradientSums& g, const Steps& s, const Pass& p, float* shared, bool outputs, F rate) {
  const Buffers b = buffers_shared(shared, p);
  const int64_t action = p.layers[p.count - 1].out;
  float* partial = g.partials + blockIdx.x * g.stride;
  double sum = 0;  // gradient of one log σ, in the first A threads
  tape_clear(p, b);
  for (int64_t first = blockIdx.x * p.samples; first < s.count; first += gridDim.x * p.samples) {
    steps_load(s, p, b, g.in, first);
    pass_forward(p, b, outputs);
    rate(b, first);
    __syncthreads();
    if (threadIdx.x < action)
      for (int64_t sample = 0; sample < p.samples; sample++) sum += b.even[sample * action + threadIdx.x];
    pass_backward(p, b, partial, first == blockIdx.x * p.samples);
  }
  if (threadIdx.x < action) partial[g.logStd + threadIdx.x] = (float)sum;
}
