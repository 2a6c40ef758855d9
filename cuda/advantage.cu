#include "layer.cuh"

// Estimate is generalised advantage estimation over paths.
struct Estimate {
  const float* rewards;       // [N,T]
  const float* values;        // [N,T+1]
  const int32_t* lengths;     // [N]
  const int32_t* terminated;  // [N]
  int64_t horizon;
  double gamma, lambda;
  int64_t cutToZero;      // not 0: the returns of cut paths have no value after the last step
  int64_t lambdaReturns;  // not 0: the returns are V and the advantage
  float* advantages;  // [N,T]
  float* returns;     // [N,T]
  double* sums;       // [N] sums of the advantages
};

// Chain maps the advantage after a stretch of steps to the one at its start, advantage + fadeAdvantage·(the
// one after), and likewise the return.
struct Chain {
  double advantage, fadeAdvantage, total, fadeTotal;
};

// chain_stretch runs backwards over steps first..end of a path; with `store` it writes their results.
DEVICE Chain chain_stretch(const Estimate& e, int64_t path, int64_t first, int64_t end, double last, Chain c, bool store, double* sum) {
  const double fade = e.gamma * e.lambda;
  const float *rewards = e.rewards + path * e.horizon, *values = e.values + path * (e.horizon + 1);
  const int64_t length = e.lengths[path];
  for (int64_t t = end - 1; t >= first; t--) {
    double reward = rewards[t], following = t + 1 == length ? last : (double)values[t + 1];
    c.advantage = reward + e.gamma * following - (double)values[t] + fade * c.advantage;
    c.total = reward + e.gamma * c.total;
    c.fadeAdvantage *= fade, c.fadeTotal *= e.gamma;
    if (!store) continue;
    e.advantages[path * e.horizon + t] = (float)c.advantage;
    e.returns[path * e.horizon + t] = (float)(e.lambdaReturns ? (double)values[t] + c.advantage : c.total);
    *sum += c.advantage;
  }
  return c;
}

// advantage_estimate: advantages [N,T] before whitening, returns [N,T] and sums [N] of the advantages. One
// warp scans one path: every lane runs backwards over its stretch of steps as if the path ended there, the
// stretches are chained from the last to the first, then every lane repeats its stretch with the true end.
// Grid: N, one warp each.
// Launched by gpu/advantage.go; CPU twin nn/cpu/advantage.go. Float64. Sums: ascending lanes, each from its
// last step to its first. Source: Schulman et al. 2016, equation 16.
extern "C" __global__ void __launch_bounds__(WARP) advantage_estimate(Estimate e) {
  const int64_t path = blockIdx.x, lane = threadIdx.x, length = e.lengths[path];
  const int64_t stretch = (length + WARP - 1) / WARP;
  const int64_t first = lane * stretch < length ? lane * stretch : length;
  const int64_t end = first + stretch < length ? first + stretch : length;
  const double last = e.terminated[path] ? 0 : e.values[path * (e.horizon + 1) + length];
  double sum = 0, advantage = 0, total = e.cutToZero ? 0 : last, myAdvantage = 0, myTotal = 0;
  Chain c = chain_stretch(e, path, first, end, last, Chain{0, 1, 0, 1}, false, &sum);
  for (int from = WARP - 1; from >= 0; from--) {
    if (lane == from) myAdvantage = advantage, myTotal = total;
    advantage = __shfl_sync(FULL_WARP, c.advantage, from) + __shfl_sync(FULL_WARP, c.fadeAdvantage, from) * advantage;
    total = __shfl_sync(FULL_WARP, c.total, from) + __shfl_sync(FULL_WARP, c.fadeTotal, from) * total;
  }
  chain_stretch(e, path, first, end, last, Chain{myAdvantage, 0, myTotal, 0}, true, &sum);
  double all = 0;
  for (int from = 0; from < WARP; from++) all += __shfl_sync(FULL_WARP, sum, from);
  if (lane == 0) e.sums[path] = all;
}

// advantage_spread: sums [N] of squared distances of the advantages to their mean. One warp a path.
// Launched by gpu/advantage.go; CPU twin moments in nn/cpu/normaliser.go. Sums: float64, ascending in each
// lane, then over the lanes. Source: the second pass of the two-pass variance.
extern "C" __global__ void __launch_bounds__(WARP)
    advantage_spread(double* sums, const float* advantages, const int32_t* lengths, int64_t horizon, double mean) {
  double sum = 0, all = 0;
  for (int64_t t = threadIdx.x; t < lengths[blockIdx.x]; t += WARP) {
    double deviation = (double)advantages[blockIdx.x * horizon + t] - mean;
    sum += deviation * deviation;
  }
  for (int from = 0; from < WARP; from++) all += __shfl_sync(FULL_WARP, sum, from);
  if (threadIdx.x == 0) sums[blockIdx.x] = all;
}

// advantage_whiten: (advantage - mean)/scale in place; bad [N] is 1 for paths with a non-finite
// advantage. One warp a path.
// Launched by gpu/advantage.go; CPU twin finish in nn/cpu/advantage.go. No sum. Source: the reference
// implementation whitens too.
extern "C" __global__ void __launch_bounds__(WARP)
    advantage_whiten(float* advantages, int32_t* bad, const int32_t* lengths, int64_t horizon, double mean, double scale) {
  int wrong = 0;
  for (int64_t t = threadIdx.x; t < lengths[blockIdx.x]; t += WARP) {
    float* a = advantages + blockIdx.x * horizon + t;
    *a = (float)(((double)*a - mean) / scale);
    if (*a - *a != 0.0f) wrong = 1;
  }
  wrong = __any_sync(FULL_WARP, wrong);
  if (threadIdx.x == 0) bad[blockIdx.x] = wrong;
}
