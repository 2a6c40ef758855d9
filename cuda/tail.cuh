// tail.cuh: the last states of paths, and the actions that the policy draws there, on the rows of a block.
// CPU twin: nn/cpu/tail.go.
#pragma once
#include "fold.cuh"

// Tail says where paths end, and how the policy acts there.
struct Tail {
  const float* observations;  // [N,T+1,O]
  const int32_t* lengths;     // [N]
  const int32_t* paths;       // [count] the paths that count
  int64_t count, horizon;
  const float* actorIn;   // shift [O], then scale [O] of the policy
  const float* sigma;     // [A]
  uint64_t seed, stream;  // name the noise of the policy
  uint64_t step;          // random step of the noise of decision 0
  float* states;          // [N,2,O] the last states, as the first ones of paths of one decision; null: nobody asks for this decision
  float* actions;         // [N,A] before the clip
  float* means;           // [N,A]
};

// tail_path is the path of a row of this block; -1 beyond the last.
DEVICE int64_t tail_path(const Tail& tail, int row) {
  const int64_t at = (int64_t)blockIdx.x * ROWS + row;
  return at < tail.count ? tail.paths[at] : -1;
}

// tail_begin puts the rows at the ends of their paths, and writes the policy's inputs to the tape.
DEVICE void tail_begin(const Tail& tail, const Network& actor, const Fold& f, int o) {
  float* in = rows_at(f.tape, actor, 0);
  if (threadIdx.x < ROWS) {
    const int64_t path = tail_path(tail, threadIdx.x);
    f.rows[threadIdx.x] = Row{path, path < 0 ? 0 : tail.lengths[path]};
  }
  __syncthreads();
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int k = e % o, at = e / o * rows_wide(o) + k;
    const Row row = f.rows[e / o];
    const float x = row.path < 0 ? 0.0f : tail.observations[(row.path * (tail.horizon + 1) + row.left) * o + k];
    f.obs[at] = x;
    in[at] = (x - tail.actorIn[k]) / tail.actorIn[o + k];
    if (tail.states && row.path >= 0) tail.states[row.path * 2 * o + k] = x;
  }
  __syncthreads();
}

// tail_act leaves the last states in f.obs and the actions in f.clipped; rows.left is the length of a path. Actions are
// drawn as in a rollout: mean + σ·z.
DEVICE void tail_act(const Tail& tail, const Network& actor, const Dynamics& d, const Fold& f) {
  const int a = (int)d.action, blocks = (a + 3) / 4, across = rows_wide(a);
  tail_begin(tail, actor, f, (int)d.observation);
  rows_record(actor, 0, actor.count, f.tape, f.parts);
  const float* mean = rows_at(f.tape, actor, actor.count);
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * a; e += ROW_THREADS) {
    const int k = e % a, at = e / a * across + k;
    const Row row = f.rows[e / a];
    const float z = normal_one(Key{tail.seed, tail.stream}, tail.step + row.left, (uint32_t)(row.path * blocks + k / 4), k % 4);
    const float sampled = mean[at] + tail.sigma[k] * z;
    f.clipped[at] = clip(sampled, d.box[k], d.box[a + k]);
    if (tail.states && row.path >= 0) tail.actions[row.path * a + k] = sampled, tail.means[row.path * a + k] = mean[at];
  }
  __syncthreads();
}
