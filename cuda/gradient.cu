#include "gaussian.cuh"
#include "gradient.cuh"

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
}

// gradient_partials: the policy gradient, not yet divided by the number of samples.
// Launched by gpu/gradient.go; CPU twin nn/cpu/gradient.go. Sums: see gradient.cuh, then over the blocks in their order.
// Source: Schulman et al. 2015, the gradient of the surrogate.
extern "C" __global__ void __launch_bounds__(SAMPLE_THREADS, 2) gradient_partials(GradientSums sums, Steps s, Pass p, Gaussians g) {
  DYNAMIC_SHARED(float, shared);
  gradient_tiles(sums, s, p, shared, true, [&](const Buffers& b, int64_t first) { gradient_outputs(g, s, p, b, first); });
}
