#include "layer.cuh"

// pool_fill: the indices of the kept steps of all paths, path by path: steps [n] becomes path·T + t. A path's
// steps begin at its entry of offsets [N+1]. One block a path; grid: N.
// Launched by gpu/paths.go; CPU twin cursor in nn/cpu/paths.go. No sum. Source: nn.ScoreOptions says
// which steps are kept.
extern "C" __global__ void pool_fill(int32_t* steps, const int32_t* offsets, int64_t horizon) {
  int64_t path = blockIdx.x, first = offsets[path], length = offsets[path + 1] - first;
  for (int64_t t = threadIdx.x; t < length; t += blockDim.x) steps[first + t] = (int32_t)(path * horizon + t);
}
