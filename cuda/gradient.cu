#include "gaussian.cuh"

// gradient_outputs replaces the means in b.out by advantage · ratio · ∂ log π/∂ mean, and writes each
// sample's gradient for log σ to b.even [S,A]. With z = (action - mean)/σ the factors are z/σ and z² - 1.
DEVICE void gradient_outputs(const Gaussians& g, const Steps& s, const Pass& p, const Buffers& b, int64_t first) {
  for (int sample = threadIdx.x; sample < (int)p.samples; sample += SAMPLE_THREADS) {
    float *mean = b.out + sample * narrow(g.action), *logStd = b.even + sample * g.action;
    const bool there = first + sample < s.count;
    const int64_t step = there ? s.steps[(first + sample) * s.stride] : 0;
    const double weight = there ? (double)g.advantages[step] * gaussian_ratio(g, step, mean) : 0;
    for (int64_t k = 0; k < g.action; k++) {
      double z = there ? ((double)g.actions[step * g.action + k] - (double)mean[k]) * g.inverse[k] : 0;
      logStd[k] = (float)(weight * (z * z - 1));
      mean[k] = (float)(weight * z * g.inverse[k]);
    }
  }
  __syncthreads();
}

// gradient_partials: the policy gradient, not yet divided by the number of samples: partials [blocks,stride],
// one for each block; partials_sum adds them. Blocks take every gridDim-th tile of S samples. in is
// the normaliser, shift [O] then scale [O]; logStd is the offset of log σ in P.
// Launched by gpu/gradient.go; CPU twin nn/cpu/gradient.go. Sums over samples: ascending in a tile, then
// over the tiles of a block, then over the blocks in their order.
// Source: Schulman et al. 2015, the gradient of the surrogate.
extern "C" __global__ void __launch_bounds__(SAMPLE_THREADS, 2)
    gradient_partials(float* partials, Steps s, Pass p, Gaussians g, const float* in, int64_t logStd, int64_t stride) {
  DYNAMIC_SHARED(float, shared);
  Buffers b = buffers_shared(shared, p);
  float* partial = partials + blockIdx.x * stride;
  double sum = 0;  // gradient of one log σ, in the first A threads
  tape_clear(p, b);
  for (int64_t first = blockIdx.x * p.samples; first < s.count; first += gridDim.x * p.samples) {
    steps_load(s, p, b, in, first);
    pass_forward(p, b, true);
    gradient_outputs(g, s, p, b, first);
    if (threadIdx.x < g.action)
      for (int64_t sample = 0; sample < p.samples; sample++) sum += b.even[sample * g.action + threadIdx.x];
    pass_backward(p, b, partial, first == blockIdx.x * p.samples);
  }
  if (threadIdx.x < g.action) partial[logStd + threadIdx.x] = (float)sum;
}
