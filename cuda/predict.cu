#include "places.cuh"

// predict_rows: one step of every member without noise: next [E,n,O] from observations and actions; actions are
// clipped to the box. With own.times not 0 it writes the standard deviation of the member's own noise instead, times that,
// in the units of the observations. Consecutive members' rows are `apart` rows apart: 0 where all members step the same rows
// [n,O] and [n,A], n where each has its own, [E,n,O] and [E,n,A]. One block steps ROWS rows of a member; grid: row
// blocks × members.
// Launched by gpu/dynamics.go; CPU twin nn/cpu/predict.go. Sums as rows_affine does.
// Source: the paper's appendix B, model details.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1)
    predict_rows(float* next, const float* observations, const float* actions, int64_t n, int64_t apart, Network model, Dynamics d,
                 Noise own, int64_t widest) {
  DYNAMIC_SHARED(float, shared);
  Stage s = stage_shared(shared, d, widest);
  const int64_t first = (int64_t)blockIdx.x * ROWS, from = blockIdx.y * apart + first, wide = rows_wide(d.observation);
  for (int64_t e = threadIdx.x; e < ROWS * d.observation; e += ROW_THREADS) {
    int64_t r = e / d.observation, k = e % d.observation;
    s.obs[r * wide + k] = first + r < n ? observations[(from + r) * d.observation + k] : 0.0f;
  }
  for (int64_t e = threadIdx.x; e < ROWS * d.action; e += ROW_THREADS) {
    int64_t r = e / d.action, k = e % d.action;
    float a = first + r < n ? actions[(from + r) * d.action + k] : 0.0f;
    s.clipped[r * rows_wide(d.action) + k] = clip(a, d.box[k], d.box[d.action + k]);
  }
  __syncthreads();
  model_input(d, s.input, s.obs, s.clipped);
  const float* out = rows_forward(s.input, model, blockIdx.y, s.even, s.odd, s.parts);
  if (own.times == 0) model_next(d, s.next, s.obs, s.clipped, out);
  for (int64_t e = threadIdx.x; e < ROWS * d.observation; e += ROW_THREADS) {
    int64_t r = e / d.observation, k = e % d.observation;
    if (first + r >= n) continue;
    float* to = next + (blockIdx.y * n + first + r) * d.observation + k;
    if (own.times == 0)
      *to = s.next[r * wide + k];
    else
      *to = model_predicts(d, (int)k) ? (float)own.times * sigma_of(noise_log(own, d, blockIdx.y, out + r * rows_wide(d.width), (int)k)) * d.out[d.outputs + k] : 0.0f;
  }
}
