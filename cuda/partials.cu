#include "layer.cuh"

// partials_sum: total [width] of partials [blocks,stride], added in the order of the blocks in float64. One
// thread an entry.
// Launched by gpu/partials.go; CPU twin total of partials in nn/cpu/sweep.go. Sums: float64, ascending
// blocks. Source: the second half of a reduction in two launches.
extern "C" __global__ void partials_sum(double* total, const float* partials, int64_t blocks, int64_t width, int64_t stride) {
  int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= width) return;
  double sum = 0;
#pragma unroll 8  // loads on their way; the sum stays in order
  for (int64_t block = 0; block < blocks; block++) sum += partials[block * stride + i];
  total[i] = sum;
}
