// smooth.cuh: units of the hidden layers of gaussian members: derivatives of SiLU, and layer norm by one warp a row. Sums
// over a row: every 32nd number in a lane, ascending, then a butterfly over the lanes. CPU twin: nn/cpu/smooth_loops.go.
#pragma once
#include "layer.cuh"

// unit_smooth is the output of a unit for the sum x of its inputs, which counts `keep` times, and its derivative by x.
DEVICE float unit_smooth(float x, float keep, int64_t activation, float* slope) {
  x *= keep;
  if (activation != SILU) {
    *slope = x > 0.0f ? keep : 0.0f;
    return activate(x, activation);
  }
  const float gate = silu_gate(x), y = x * gate;
  *slope = keep * fmaf(y, 1.0f - gate, gate);
  return y;
}

// warp_sum adds the numbers of all lanes; all get the same bits.
template <class T>
DEVICE T warp_sum(T x) {
#pragma unroll
  for (int bits = WARP / 2; bits; bits /= 2) x += __shfl_xor_sync(FULL_WARP, x, bits);
  return x;
}

// row_standardise brings the n numbers y of a warp's row to mean 0 and divides them by their standard deviation, with a
// floor on the variance. It returns the inverse of what it divided by. A lane touches its own numbers alone.
DEVICE float row_standardise(float* y, int n, float floor) {
  const int lane = threadIdx.x % WARP;
  float sum = 0.0f, square = 0.0f;
#pragma unroll 1
  for (int k = lane; k < n; k += WARP) sum += y[k];
  const float mean = warp_sum(sum) / (float)n;
#pragma unroll 1
  for (int k = lane; k < n; k += WARP) {
    const float x = y[k] - mean;
    y[k] = x;
    square = fmaf(x, x, square);
  }
  const float inverse = 1.0f / sqrtf(warp_sum(square) / (float)n + floor);
#pragma unroll 1
  for (int k = lane; k < n; k += WARP) y[k] *= inverse;
  return inverse;
}

// row_roughen turns derivatives `by` standardised numbers h into those by the sums that entered their activations, whose
// derivatives are slope.
DEVICE void row_roughen(float* to, const float* by, const float* h, const float* slope, int n, float inverse) {
  const int lane = threadIdx.x % WARP;
  float sum = 0.0f, dot = 0.0f;
#pragma unroll 1
  for (int k = lane; k < n; k += WARP) sum += by[k], dot = fmaf(by[k], h[k], dot);
  const float mean = warp_sum(sum) / (float)n, along = warp_sum(dot) / (float)n;
#pragma unroll 1
  for (int k = lane; k < n; k += WARP) to[k] = (by[k] - mean - h[k] * along) * inverse * slope[k];
}
