// fold.cuh: one decision of the rows of a block in reverse, from the derivatives by what follows it to those by the state
// before it, through a network of state and action and through the policy.
#pragma once
#include "dynamics_slope.cuh"
#include "places.cuh"
#include "rows_tape.cuh"

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

// fold_spread adds the derivatives by the inputs of a network of states and actions to those by both; `last` says that no
// other network follows. A clipped action passes a derivative on only if it leads back into the box.
DEVICE void fold_spread(const Course& c, const Dynamics& d, const Fold& f, const float* inward, int64_t t, bool last) {
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
    if (last && f.rows[r].left > t) {
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
