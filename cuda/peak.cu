#include "layer.cuh"

#define PEAK_CHAINS 16  // independent sums of a thread, more than the cycles of latency of a multiply-add
#define PEAK_ROUNDS 16  // rounds between two checks of the counter; a check each round would take a fifth of the time

// peak_fma: as many fused multiply-adds as the device can do: every thread continues PEAK_CHAINS sums for
// `rounds` rounds, a multiple of PEAK_ROUNDS. out [threads] keeps the compiler from removing them. Rates of other
// kernels are reported as a fraction of this one.
// Launched by gpu/rate.go; CPU twin: the BLAS, in nn/cpu/rate.go. Sums: ascending chains. Source: the roofline of
// Williams, Waterman and Patterson 2009.
extern "C" __global__ void __launch_bounds__(256) peak_fma(float* out, int64_t rounds, double factor) {
  const int64_t thread = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  const float a = (float)factor;
  float sums[PEAK_CHAINS];
#pragma unroll
  for (int i = 0; i < PEAK_CHAINS; i++) sums[i] = (float)(thread + i);
#pragma unroll 1
  for (int64_t round = 0; round < rounds; round += PEAK_ROUNDS)
#pragma unroll
    for (int one = 0; one < PEAK_ROUNDS; one++)
#pragma unroll
      for (int i = 0; i < PEAK_CHAINS; i++) sums[i] = fmaf(sums[i], a, a);
  float all = 0.0f;
#pragma unroll
  for (int i = 0; i < PEAK_CHAINS; i++) all += sums[i];
  out[thread] = all;
}
