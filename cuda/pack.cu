#include "samples.cuh"

// pack_network: the parameters of a network in the layout of samples.cuh: for each layer W and its bias
// [wide(in),narrow(out)], and with `transposed` Wᵀ [narrow(out),narrow(in)], with 0 in the padding.
// One thread a number of the larger of the two; grid: numbers × layers.
// Launched by gpu/network.go; no CPU twin. No sum. Source: samples.cuh reads it.
extern "C" __global__ void pack_network(float* packed, const float* parameters, const Layer* layers, int64_t transposed) {
  const Layer l = layers[blockIdx.y];
  const float* w = parameters + l.weights;
  int64_t e = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  int64_t across = narrow(l.out), k = e / across, j = e % across;
  if (k < wide(l.in)) packed[l.packed + e] = k <= l.in && j < l.out ? w[k * l.out + j] : 0.0f;
  across = narrow(l.in), j = e / across, k = e % across;
  if (transposed && j < narrow(l.out)) packed[l.transposed + e] = k < l.in && j < l.out ? w[k * l.out + j] : 0.0f;
}
