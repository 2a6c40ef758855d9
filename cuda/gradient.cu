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

// gradient_deltas writes derivatives by the actions mean + σ·z of the policy that acted, deltas [N,T,A], to b.out, and those by
// log σ, which are σ·z times them, to b.even [S,A].
DEVICE void gradient_deltas(const Gaussians& g, const float* deltas, const Steps& s, const Pass& p, const Buffers& b, int64_t first) {
  const int a = (int)g.action, wide = narrow(a);
  for (int e = threadIdx.x; e < (int)p.samples * wide; e += SAMPLE_THREADS) {
    const int sample = e / wide, k = e % wide;
    const bool there = first + sample < s.count && k < a;
    const int64_t at = there ? (int64_t)s.steps[(first + sample) * s.stride] * a + k : 0;
    const float delta = there ? deltas[at] : 0.0f;
    b.out[e] = delta;
    if (k < a) b.even[sample * a + k] = there ? (float)((double)delta * ((double)g.actions[at] - (double)g.means[at])) : 0.0f;
  }
  __syncthreads();
}

// gradient_partials: a gradient of the policy's parameters, not yet divided by the number of samples: partials
// [blocks,stride], one for each block; partials_sum adds them. It is the policy gradient, or, with deltas [N,T,A], that of
// what has these derivatives by the actions. Blocks take every gridDim-th tile of S samples. in is
// the normaliser, shift [O] then scale [O]; logStd is the offset of log σ in P.
// Launched by gpu/gradient.go and gpu/pathwise.go; CPU twins nn/cpu/gradient.go, act in nn/cpu/reversal.go. Sums over samples:
// ascending in a tile, then over the tiles of a block, then over the blocks in their order.
// Source: Schulman et al. 2015, the gradient of the surrogate; the chain rule.
extern "C" __global__ void __launch_bounds__(SAMPLE_THREADS, 2)
    gradient_partials(float* partials, Steps s, Pass p, Gaussians g, const float* deltas, const float* in, int64_t logStd, int64_t stride) {
  DYNAMIC_SHARED(float, shared);
  Buffers b = buffers_shared(shared, p);
  float* partial = partials + blockIdx.x * stride;
  double sum = 0;  // gradient of one log σ, in the first A threads
  tape_clear(p, b);
  for (int64_t first = blockIdx.x * p.samples; first < s.count; first += gridDim.x * p.samples) {
    steps_load(s, p, b, in, first);
    pass_forward(p, b, !deltas);
    if (deltas)
      gradient_deltas(g, deltas, s, p, b, first);
    else
      gradient_outputs(g, s, p, b, first);
    if (threadIdx.x < g.action)
      for (int64_t sample = 0; sample < p.samples; sample++) sum += b.even[sample * g.action + threadIdx.x];
    pass_backward(p, b, partial, first == blockIdx.x * p.samples);
  }
  if (threadIdx.x < g.action) partial[logStd + threadIdx.x] = (float)sum;
}
