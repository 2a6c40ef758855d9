// dynamics_slope.cuh: derivatives of one step of a learned model without its network, on the rows of a block.
// CPU twin: slope in nn/cpu/dynamics.go.
#pragma once
#include "dynamics.cuh"

// Slopes are derivatives in the shared memory of a block.
struct Slopes {
  float* next;    // [ROWS,O] by the next observations; unit vectors change them
  float* obs;     // [ROWS,O] by the observations
  float* action;  // [ROWS,A] by the clipped actions
};

// unit_slope turns the derivatives by a vector of length 1 into those by the vector before it was scaled. With length ℓ
// and the scaled vector y they are (d - y·(yᵀd))/ℓ.
DEVICE void unit_slope(const Dynamics& d, float* slope, const float* free, int64_t first, int64_t end) {
  double square = 0, along = 0;
#pragma unroll 1
  for (int64_t k = first; k < end; k++) {
    const double y = model_kept(d, (int)k, free[k]);
    square += y * y, along += y * (double)slope[k];
  }
  if (square == 0) return;
  const double length = sqrt(square);
#pragma unroll 1
  for (int64_t k = first; k < end; k++)
    slope[k] = (float)(((double)slope[k] - (double)model_kept(d, (int)k, free[k]) * along / square) / length);
}

// model_slope adds the derivatives by observations and actions and replaces the network's outputs out [ROWS,width] by
// the derivatives with respect to them. A prediction that was clamped has none. reward is the derivative by the output
// of a learned reward; a termination has none. Where a row holds log σ too, noise_add has replaced those of the entries
// by the derivatives of the noise, unless there is none. free [ROWS,O] is scratch.
DEVICE void model_slope(const Dynamics& d, const Slopes& s, float* free, const float* obs, float* out, float reward, bool noisy) {
  const int o = (int)d.observation, wide = rows_wide(o), outputs = (int)d.outputs, units = (int)d.unitCount, across = rows_wide(d.width);
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int r = e / o, k = e % o;
    free[r * wide + k] = model_free(d, k, obs[r * wide + k], out[r * across + k]);
  }
  __syncthreads();
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * units; e += ROW_THREADS) {
    const int64_t* unit = d.units + e % units * 2;
    unit_slope(d, s.next + e / units * wide, free + e / units * wide, unit[0], unit[1]);
  }
  __syncthreads();
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * outputs; e += ROW_THREADS) {
    const int r = e / outputs, k = e % outputs;
    float* by = out + r * across + k;
    if (k >= o) {
      *by = k == o ? reward : 0.0f;
      if (d.width > outputs) by[outputs] = 0.0f;
      continue;
    }
    const float slope = s.next[r * wide + k], x = free[r * wide + k];
    const int64_t follow = d.follow[k];
    *by = 0.0f;
    if (follow >= FOLLOW_ACTION) {
      s.action[r * rows_wide(d.action) + follow - FOLLOW_ACTION] += slope;
    } else if (follow == FOLLOW_KEEP) {
      s.obs[r * wide + k] += slope;
    } else if (model_bounded(d, k, x) == x) {
      s.obs[r * wide + k] += slope;
      *by = d.out[outputs + k] * slope;
    }
    if (d.width > outputs) by[outputs] = noisy ? *by * by[outputs] : 0.0f;
  }
  __syncthreads();
}
