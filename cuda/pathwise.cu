#include "fold.cuh"
#include "value_inputs.cuh"

// Ends says how paths end.
struct Ends {
  Reverse value;
  ValueInputs inputs;
  const float* times;         // [N] time of the first state in its episode; null: the derivatives are there already
  const int32_t* terminated;  // [N]
};

// fold_load reads decision t of the rows that made it, and the derivatives of its rewards.
DEVICE void fold_load(const Course& c, const Dynamics& d, const Fold& f, int64_t t) {
  const int o = (int)d.observation, a = (int)d.action, wide = rows_wide(o), across = rows_wide(a);
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int r = e / o, k = e % o;
    const int64_t path = f.rows[r].path, step = path * c.horizon + t;
    const bool there = f.rows[r].left > t;
    const float* by = c.rewards ? c.rewards + step * (2 * o + a) : nullptr;
    f.obs[r * wide + k] = there ? c.observations[(step + path) * o + k] : 0.0f;
    f.by.obs[r * wide + k] = there && by ? by[k] : 0.0f;
    f.by.next[r * wide + k] = there ? c.slopes[path * o + k] + (by ? by[o + a + k] : 0.0f) : 0.0f;
  }
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * a; e += ROW_THREADS) {
    const int r = e / a, k = e % a;
    const int64_t step = f.rows[r].path * c.horizon + t;
    const bool there = f.rows[r].left > t;
    f.clipped[r * across + k] = there ? clip(c.actions[step * a + k], d.box[k], d.box[a + k]) : 0.0f;
    f.by.action[r * across + k] = there && c.rewards ? c.rewards[step * (2 * o + a) + o + k] : 0.0f;
  }
  __syncthreads();
}

// fold_ends sets the derivatives by the last states of the rows: γᵀ ∂V/∂s; 0 after a termination, and where V is 0.
DEVICE void fold_ends(const Course& c, const Ends& ends, const Fold& f) {
  const ValueInputs& v = ends.inputs;
  const Network& network = ends.value.network;
  const int o = (int)v.observation, features = o + 4, wide = rows_wide(features);
  float *in = rows_at(f.tape, network, 0), *out = rows_at(f.tape, network, network.count);
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * features; e += ROW_THREADS) {
    const Row row = f.rows[e / features];
    const float* obs = c.observations + (row.path * (c.horizon + 1) + row.left) * o;
    in[e / features * wide + e % features] = row.path < 0 ? 0.0f : value_feature(v, obs, e % features, ends.times[row.path] + (float)row.left);
  }
  if (threadIdx.x < ROWS) out[threadIdx.x * rows_wide(1)] = 1.0f;
  __syncthreads();
  rows_record(network, 0, network.count - 1, f.tape, f.parts);
  rows_reverse(ends.value, 0, f.tape, f.parts);
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int k = e % o;
    const Row row = f.rows[e / o];
    if (row.path < 0) continue;
    const float clip = (float)v.clip, scale = v.normaliser ? v.normaliser[o + k] : 1.0f;
    const float x = c.observations[(row.path * (c.horizon + 1) + row.left) * o + k], at = v.normaliser ? (x - v.normaliser[k]) / scale : x;
    const bool over = ends.terminated[row.path] || (v.limit > 0 && ends.times[row.path] + (float)row.left >= (float)v.limit);
    const float by = in[e / o * wide + k] / (clip * scale);
    c.slopes[row.path * o + k] = !over && at <= clip && at >= -clip ? (float)(c.discounts[row.left] * (double)by) : 0.0f;
  }
}

// fold_runs reports whether a row made decision t.
DEVICE bool fold_runs(const Row* rows, int64_t t) {
  bool any = false;
#pragma unroll
  for (int r = 0; r < ROWS; r++) any = any || rows[r].left > t;
  return any;
}

// pathwise_fold: goes back over decisions of paths, from the derivatives by the states after them to those by the states
// before them, through reward, member and policy, and stores the derivatives by the actions; with ends.times it begins with
// those by the last states. One block takes ROWS paths of a member and talks to no other. tape is the number of floats
// of the longest tape of the networks. Grid: row blocks × members.
// Launched by gpu/pathwise.go; CPU twin nn/cpu/reversal.go. Sums as rows_narrow does, in one block, so a path does
// not depend on its neighbours. Source: the paper's equation 15, by reverse mode.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1)
    pathwise_fold(Course c, Ends ends, Places p, Noise noise, Reverse actor, Reverse model, Dynamics d, int64_t tape) {
  DYNAMIC_SHARED(float, shared);
  const Fold f = fold_shared(shared, d, tape);
  if (threadIdx.x < ROWS) {
    const int64_t path = place_path(p, threadIdx.x);
    f.rows[threadIdx.x] = Row{path, path < 0 ? 0 : c.lengths[path]};
  }
  __syncthreads();
  if (ends.times) fold_ends(c, ends, f);
#pragma unroll 1
  for (int64_t t = c.end - 1; t >= c.first; t--) {
    if (!fold_runs(f.rows, t)) continue;
    fold_load(c, d, f, t);
    model_input(d, rows_at(f.tape, model.network, 0), f.obs, f.clipped);
    rows_record(model.network, blockIdx.y, model.network.count, f.tape, f.parts);
    float* out = rows_at(f.tape, model.network, model.network.count);
    noise_add(noise, d, blockIdx.y, f.rows, out, t);
    model_slope(d, f.by, f.free, f.obs, out, (float)(c.learned * c.discounts[t]), noise.times != 0);
    rows_reverse(model, blockIdx.y, f.tape, f.parts);
    fold_spread(c, d, f, rows_at(f.tape, model.network, 0), t, true);
    fold_act(c, actor, d, f, t);
  }
}
