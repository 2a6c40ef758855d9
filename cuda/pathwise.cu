#include "dynamics_slope.cuh"
#include "places.cuh"
#include "rows_tape.cuh"
#include "value_inputs.cuh"

// Course says which decisions of which paths to differentiate: from end-1 down to first. Nothing of the rollout was kept
// but its states and actions: every decision is computed again.
struct Course {
  const float* observations;  // [N,T+1,O]
  const float* actions;       // [N,T,A] before the clip
  const int32_t* lengths;     // [N]
  const float* rewards;       // [N,T,O+A+O] derivatives of the rewards, see reward_slopes; null: the reward is learned
  float* slopes;              // [N,O] derivatives by the states that the reversal has reached
  float* deltas;              // [N,T,A] derivatives by the actions
  const float* actorIn;       // shift [O], then scale [O] of the policy
  int64_t horizon, first, end;
  const double* discounts;  // [T+1] γᵗ
  double learned;           // derivative by the network's output of a learned reward, before the discount
};

// Ends says how paths end.
struct Ends {
  Reverse value;
  ValueInputs inputs;
  const float* times;         // [N] time of the first state in its episode; null: the derivatives are there already
  const int32_t* terminated;  // [N]
};

// Fold is the shared memory of a block; gpu/pathwise.go computes the same size.
struct Fold {
  Slopes by;
  float *obs, *free, *clipped, *tape, *parts;
  Row* rows;  // `left` is the length of the path
};

DEVICE Fold fold_shared(float* shared, const Dynamics& d, int64_t tape) {
  const int state = ROWS * rows_wide(d.observation), action = ROWS * rows_wide(d.action);
  Fold f;
  f.by.next = shared;
  f.by.obs = f.by.next + state;
  f.obs = f.by.obs + state;
  f.free = f.obs + state;
  f.by.action = f.free + state;
  f.clipped = f.by.action + action;
  f.tape = f.clipped + action;
  f.parts = f.tape + tape;
  f.rows = (Row*)(f.parts + ROWS * ROW_THREADS);
  return f;
}

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

// fold_spread adds the derivatives by the model's inputs to those by states and actions. A clipped action passes a
// derivative on only if it leads back into the box.
DEVICE void fold_spread(const Course& c, const Dynamics& d, const Fold& f, const float* inward, int64_t t) {
  const int o = (int)d.observation, a = (int)d.action, inputs = o + a, wide = rows_wide(inputs);
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * inputs; e += ROW_THREADS) {
    const int r = e / inputs, k = e % inputs;
    const float by = inward[r * wide + k] / d.in[inputs + k];
    if (k < o) {
      f.by.obs[r * rows_wide(o) + k] += by;
      continue;
    }
    float* to = f.by.action + r * rows_wide(a) + k - o;
    float slope = *to + by;
    if (f.rows[r].left > t) {
      const int64_t at = (f.rows[r].path * c.horizon + t) * a + k - o;
      const float action = c.actions[at];
      if ((action > d.box[a + k - o] && slope > 0) || (action < d.box[k - o] && slope < 0)) slope = 0;  // further out of the box
      c.deltas[at] = slope;
    }
    *to = slope;
  }
  __syncthreads();
}

// fold_act goes back from the actions through the policy to the states.
DEVICE void fold_act(const Course& c, const Reverse& actor, const Dynamics& d, const Fold& f, int64_t t) {
  const int o = (int)d.observation, a = (int)d.action, wide = rows_wide(o);
  float *in = rows_at(f.tape, actor.network, 0), *out = rows_at(f.tape, actor.network, actor.network.count);
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS)
    in[e / o * wide + e % o] = (f.obs[e / o * wide + e % o] - c.actorIn[e % o]) / c.actorIn[o + e % o];
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * a; e += ROW_THREADS) out[e / a * rows_wide(a) + e % a] = f.by.action[e / a * rows_wide(a) + e % a];
  __syncthreads();
  rows_record(actor.network, 0, actor.network.count - 1, f.tape, f.parts);
  rows_reverse(actor, 0, f.tape, f.parts);
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int r = e / o, k = e % o;
    if (f.rows[r].left > t) c.slopes[f.rows[r].path * o + k] = f.by.obs[r * wide + k] + in[r * wide + k] / c.actorIn[o + k];
  }
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
    fold_spread(c, d, f, rows_at(f.tape, model.network, 0), t);
    fold_act(c, actor, d, f, t);
  }
}
