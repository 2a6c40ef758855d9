#include "gaussian.cuh"

// surrogate_partials: Σ (ratio - 1)·advantage and Σ KL(acted ‖ policy) over the samples of a block:
// partials [blocks,2]; the host adds them. Blocks take every gridDim-th tile of S samples, a thread every
// 256th sample. in is the normaliser, shift [O] then scale [O].
// Launched by gpu/surrogate.go; CPU twin nn/cpu/surrogate.go. Sums: float64, ascending in each thread,
// then a tree over the threads, then over the blocks in their order. Source: Schulman et al. 2015.
extern "C" __global__ void __launch_bounds__(SAMPLE_THREADS)
    surrogate_partials(double* partials, Steps s, Pass p, Gaussians g, const float* in) {
  DYNAMIC_SHARED(float, shared);
  Buffers b = buffers_shared(shared, p);
  double gain = 0, divergence = 0;
  tape_clear(p, b);
  for (int64_t first = blockIdx.x * p.samples; first < s.count; first += gridDim.x * p.samples) {
    steps_load(s, p, b, in, first);
    pass_forward(p, b, true);
    for (int64_t sample = threadIdx.x; sample < p.samples && first + sample < s.count; sample += SAMPLE_THREADS) {
      const int64_t step = s.steps[(first + sample) * s.stride];
      const float* mean = b.out + sample * narrow(g.action);
      gain += (gaussian_ratio(g, step, mean) - 1) * (double)g.advantages[step];
      divergence += gaussian_divergence(g, step, mean);
    }
  }
  __syncthreads();  // unseen: only a network of fewer than 8 numbers of tape has b.out where the sums go
  double* sums = (double*)shared;
  gain = sum_block(gain, sums);
  divergence = sum_block(divergence, sums);
  if (threadIdx.x == 0) partials[2 * blockIdx.x] = gain, partials[2 * blockIdx.x + 1] = divergence;
}
