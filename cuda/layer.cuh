// layer.cuh: one affine layer of a network, y = x·W + b, in the layout of nn.MLP, and its activation.
#pragma once
#include "device.cuh"

// Layer locates a layer. In the flat vector of parameters W [in,out] lies at `weights` and the bias
// right after it, so that the bias is row `in` of a matrix [in+1,out] whose last input is 1.
struct Layer {
  int64_t in, out;
  int64_t weights;     // offset in the flat vector
  int64_t packed;      // offset in the packed vector of W and bias [wide(in),wide(out)], see pack.cu
  int64_t transposed;  // offset in the packed vector of Wᵀ [wide(out),wide(in)]
  int64_t before;      // outputs of all layers before this one
  int64_t tape;        // wide inputs of all layers before this one
  double floor;        // added to the variance of its units where they are normalised
};

// Activations, numbered as in nn/mlp.go.
#define RELU 0
#define TANH 1
#define SILU 2
#define LINEAR 3

// silu_gate is the sigmoid of x.
DEVICE float silu_gate(float x) { return 1.0f / (1.0f + expf(-x)); }

// activate passes NaN on; fmaxf would hide it.
DEVICE float activate(float x, int64_t activation) {
  if (activation == RELU) return x < 0.0f ? 0.0f : x;
  if (activation == TANH) return tanhf(x);
  if (activation == SILU) return x * silu_gate(x);
  return x;
}

// slope is the derivative of an activation where its value is y. That of SiLU does not follow from it, see smooth.cuh.
DEVICE float slope(float y, int64_t activation) {
  if (activation == RELU) return y > 0.0f ? 1.0f : 0.0f;
  if (activation == TANH) return fmaf(-y, y, 1.0f);
  return 1.0f;
}

DEVICE int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// sum_block adds the value of every thread of a block of 256 in a tree of fixed shape; all threads
// get the sum. shared [256].
DEVICE double sum_block(double value, double* shared) {
  shared[threadIdx.x] = value;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half; half /= 2) {
    if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    __syncthreads();
  }
  double sum = shared[0];
  __syncthreads();
  return sum;
}
