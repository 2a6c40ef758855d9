#include "samples.cuh"
#include "value_inputs.cuh"

// value_features: the data of the value fit: inputs [n,O+4] and targets [n] of all kept steps, in the
// order of the pool. times [N] is the time in the episode of the first states. One thread a row.
// Launched by gpu/valuefit.go; CPU twin inputs in nn/cpu/value.go. No sum.
// Source: the reference implementation's baseline, see nn.ValueShape.
extern "C" __global__ void value_features(float* inputs, float* targets, Steps s, ValueInputs v, const float* times, const float* returns) {
  const int64_t features = v.observation + 4, row = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= s.count) return;
  const int64_t step = s.steps[row], path = step / s.horizon;
  const float time = times[path] + (float)(step % s.horizon);
  for (int64_t k = 0; k < features; k++)
    inputs[row * features + k] = value_feature(v, s.observations + (step + path) * v.observation, k, time);
  targets[row] = returns[step];
}

// value_states: values [N,T+1] of all states of the paths, the last ones included; entries after them stay
// unchanged. Blocks take every gridDim-th tile of S states of one path.
// Launched by gpu/advantage.go; CPU twin evaluate in nn/cpu/advantage.go. Sums over the inputs of a layer,
// ascending, in one thread. Source: the reference implementation's baseline.
extern "C" __global__ void __launch_bounds__(SAMPLE_THREADS, 2)
    value_states(float* values, Pass p, ValueInputs v, const float* observations, const float* times, const int32_t* rolled,
                 int64_t paths, int64_t horizon) {
  DYNAMIC_SHARED(float, shared);
  Buffers b = buffers_shared(shared, p);
  const int features = (int)v.observation + 4;
  const int64_t tiles = (horizon + p.samples) / p.samples;
  tape_clear(p, b);
  for (int64_t tile = blockIdx.x; tile < paths * tiles; tile += gridDim.x) {
    const int64_t path = tile / tiles, first = tile % tiles * p.samples;
    if (first > rolled[path]) continue;
    for (int e = threadIdx.x; e < (int)p.samples * features; e += SAMPLE_THREADS) {
      const int sample = e / features;
      const int64_t t = first + sample;
      const float* obs = observations + (path * (horizon + 1) + t) * v.observation;
      b.tape[sample * wide(features) + e % features] =
          t <= rolled[path] ? value_feature(v, obs, e % features, times[path] + (float)t) : 0.0f;
    }
    __syncthreads();
    pass_forward(p, b, true);
    for (int64_t sample = threadIdx.x; sample < p.samples; sample += SAMPLE_THREADS) {
      const int64_t t = first + sample;
      const bool over = v.limit > 0 && times[path] + (float)t >= (float)v.limit;
      if (t <= rolled[path]) values[path * (horizon + 1) + t] = over ? 0.0f : b.out[sample * 4];
    }
  }
}

// value_errors: for each path Σ (return - mean), Σ (return - mean)² and Σ (value - return)² over its kept
// steps, sums [N,3]. One block a path; grid: N.
// Launched by gpu/valuefit.go; CPU twin valueError in nn/cpu/valuefit.go. Sums: float64, ascending in each
// thread, then a tree over the threads; the host adds the paths. Source: the two-pass variance.
extern "C" __global__ void __launch_bounds__(128)
    value_errors(double* sums, const float* values, const float* returns, const int32_t* lengths, int64_t horizon, double mean) {
  DYNAMIC_SHARED(double, shared);
  const int64_t path = blockIdx.x;
  double first = 0, second = 0, error = 0;
  for (int64_t t = threadIdx.x; t < lengths[path]; t += blockDim.x) {
    double target = returns[path * horizon + t], difference = (double)values[path * (horizon + 1) + t] - target;
    first += target - mean, second += (target - mean) * (target - mean), error += difference * difference;
  }
  first = sum_block(first, shared), second = sum_block(second, shared), error = sum_block(error, shared);
  if (threadIdx.x == 0) sums[3 * path] = first, sums[3 * path + 1] = second, sums[3 * path + 2] = error;
}
