#include "samples.cuh"

// fisher_partials: Jᵀ Σ⁻¹ J v of the mean, not yet divided by the number of samples: partials
// [blocks,stride], one for each block; partials_sum adds them. v is packed like the parameters;
// inverse [A] is 1/σ². A forward-mode pass along v, the inverse variances, a reverse-mode pass back: exact
// for a Gaussian. Blocks take every gridDim-th tile of S samples. in is the normaliser, shift [O] then
// scale [O]. If over [1] is given and not 0, CG has stopped and the partials stay unchanged.
// Launched by gpu/fisher.go; CPU twin nn/cpu/fisher.go. Sums over samples: ascending in a tile, then over
// the tiles of a block, then over the blocks in their order. Source: Gauss and Newton; Martens 2014.
extern "C" __global__ void __launch_bounds__(SAMPLE_THREADS, 2)
    fisher_partials(float* partials, Steps s, Pass p, const float* v, const float* in, const float* inverse, int64_t stride,
                    const int64_t* over) {
  DYNAMIC_SHARED(float, shared);
  if (over && *over) return;
  Buffers b = buffers_shared(shared, p);
  const int action = (int)p.layers[p.count - 1].out;
  tape_clear(p, b);
  for (int64_t first = blockIdx.x * p.samples; first < s.count; first += gridDim.x * p.samples) {
    steps_load(s, p, b, in, first);
    pass_forward(p, b, false);
    pass_tangent(p, b, v);
    for (int e = threadIdx.x; e < (int)p.samples * narrow(action); e += SAMPLE_THREADS) {
      const int sample = e / narrow(action), k = e % narrow(action);
      b.out[e] = first + sample < s.count && k < action ? b.out[e] * inverse[k] : 0.0f;
    }
    __syncthreads();
    pass_backward(p, b, partials + blockIdx.x * stride, first == blockIdx.x * p.samples);
  }
}
