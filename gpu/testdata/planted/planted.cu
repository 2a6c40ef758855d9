// planted.cu: one fault for each tool of compute-sanitizer, launched by TestPlanted. A tool that does not find its
// fault has proven nothing about the other kernels. No part of the product's image.
#include "device.cuh"

// planted_race: each thread reads what one of another warp writes, without a barrier between. For racecheck.
extern "C" __global__ void planted_race(float* y) {
  DYNAMIC_SHARED(float, x);
  x[threadIdx.x] = (float)threadIdx.x;
  y[threadIdx.x] = x[blockDim.x - 1 - threadIdx.x];
}

// planted_overrun: writes one element past the end of y [threads]. For memcheck.
extern "C" __global__ void planted_overrun(float* y) {
  y[threadIdx.x] = (float)threadIdx.x;
  if (threadIdx.x == 0) y[blockDim.x] = 0.0f;
}

// planted_divergence: some threads end before the barrier that the others come to. For synccheck.
extern "C" __global__ void planted_divergence(float* y) {
  if (threadIdx.x >= 48) return;
  y[threadIdx.x] = (float)threadIdx.x;
  __syncthreads();
  y[threadIdx.x] += 1.0f;
}

// planted_divergence_in_warp: half of the second warp goes round the barrier and meets the others beyond it. Without
// a tool that ends it, this may hang.
extern "C" __global__ void planted_divergence_in_warp(float* y) {
  DYNAMIC_SHARED(float, x);
  x[threadIdx.x] = (float)threadIdx.x;
  if (threadIdx.x < 48) {
    __syncthreads();
    x[threadIdx.x] += 1.0f;
  }
  y[threadIdx.x] = x[threadIdx.x];
}
