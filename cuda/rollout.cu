#include "dynamics.cuh"
#include "philox.cuh"
#include "task.cuh"

// Rollout says what to roll out and where to write it. Path i is start i%starts in member i/starts.
struct Rollout {
  float* observations;  // [N,T+1,O]
  float* actions;       // [N,T,A] before the clip
  float* means;         // [N,T,A]
  float* learned;       // [N,T] or null
  int32_t* lengths;     // [N]
  int32_t* terminated;  // [N]
  int32_t* ended;       // [N] 1 where the model ended the path
  int32_t* failed;      // [N] 1 + the step whose state is not finite; 0: none
  const float* start;   // [starts,O]
  const float* times;   // [starts]
  int64_t starts, horizon;
  int64_t limit;         // longest episode, decisions; 0: none
  const float* actorIn;  // shift [O], then scale [O] of the policy
  const float* sigma;    // [A]
  const float* noise;    // [O] σ of the model noise at the network's outputs, or null
  uint64_t seed, stream, modelStream;  // seed and streams of the noise of policy and model
  uint64_t step;   // random step of the noise of decision 0
  int64_t widest;  // widest output of any layer
  int64_t termination;  // number of the output that is the logit of a termination; -1: none, or not predicted
};

// Row is the state of one path in a block.
struct Row {
  int64_t path;
  int32_t left;  // number of steps that the path may still take
};

DEVICE int32_t steps_allowed(const Rollout& r, float time) {
  int64_t steps = r.horizon;
  if (r.limit > 0 && r.limit - (int64_t)time < steps) steps = r.limit - (int64_t)time;
  return steps > 0 ? (int32_t)steps : 0;
}

// rollout_begin puts the rows at their starts. Rows beyond the last start have no step to take.
DEVICE void rollout_begin(const Rollout& r, const Dynamics& d, const Stage& s, Row* rows) {
  const int64_t first = (int64_t)blockIdx.x * ROWS;
  const int o = (int)d.observation, wide = rows_wide(o);
  if (threadIdx.x < ROWS) {
    int64_t start = first + threadIdx.x, path = blockIdx.y * r.starts + start;
    rows[threadIdx.x] = Row{path, start < r.starts ? steps_allowed(r, r.times[start]) : 0};
    if (start < r.starts) r.lengths[path] = 0, r.terminated[path] = 0, r.ended[path] = 0, r.failed[path] = 0;
  }
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int row = e / o, k = e % o;
    const int64_t start = first + row;
    const float x = start < r.starts ? r.start[start * o + k] : 0.0f;
    s.obs[row * wide + k] = x;
    if (start < r.starts) r.observations[(blockIdx.y * r.starts + start) * (r.horizon + 1) * o + k] = x;
  }
  __syncthreads();
}

DEVICE bool rollout_runs(const Row* rows) {
  bool any = false;
#pragma unroll
  for (int i = 0; i < ROWS; i++) any = any || rows[i].left > 0;
  return any;
}

// rollout_act samples the actions of decision t: mean + σ·z, four numbers of noise to a lane.
DEVICE void rollout_act(const Rollout& r, const Network& actor, const Dynamics& d, const Stage& s, const Row* rows, int64_t t) {
  const int o = (int)d.observation, a = (int)d.action, blocks = (a + 3) / 4;
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int at = e / o * rows_wide(o) + e % o;
    s.input[at] = (s.obs[at] - r.actorIn[e % o]) / r.actorIn[o + e % o];
  }
  __syncthreads();
  const float* mean = rows_forward(s.input, actor.parameters, actor.layers, actor.count, actor.activation, s.even, s.odd, s.parts);
  for (int e = threadIdx.x; e < ROWS * blocks; e += ROW_THREADS) {
    const int row = e / blocks, block = e % blocks;
    const int64_t path = rows[row].path, at = (path * r.horizon + t) * a;
    float z[4];
    normal_lane(z, Key{r.seed, r.stream}, r.step + t, (uint32_t)(path * blocks + block));
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int k = block * 4 + i;
      if (k >= a) break;
      float m = mean[row * rows_wide(a) + k], sampled = m + r.sigma[k] * z[i];
      s.clipped[row * rows_wide(a) + k] = clip(sampled, d.box[k], d.box[a + k]);
      if (rows[row].left > 0) r.means[at + k] = m, r.actions[at + k] = sampled;
    }
  }
  __syncthreads();
}

// rollout_noise adds the model noise of decision t to the network's outputs.
DEVICE void rollout_noise(const Rollout& r, const Dynamics& d, const Row* rows, float* out, int64_t t) {
  const int o = (int)d.observation, blocks = (o + 3) / 4;
  for (int e = threadIdx.x; e < ROWS * blocks; e += ROW_THREADS) {
    const int row = e / blocks, block = e % blocks;
    float z[4];
    normal_lane(z, Key{r.seed, r.modelStream}, r.step + t, (uint32_t)(rows[row].path * blocks + block));
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int k = block * 4 + i;
      if (k < o) out[row * rows_wide(d.outputs) + k] += r.noise[k] * z[i];
    }
  }
  __syncthreads();
}

// rollout_record stores the outcome of decision t. One warp handles one row.
DEVICE void rollout_record(const Rollout& r, const Dynamics& d, const Task& task, const Stage& s, Row* rows, const float* out, int64_t t) {
  const int row = threadIdx.x / WARP, lane = threadIdx.x % WARP;
  const Row before = rows[row];
  const float* next = s.next + row * rows_wide(d.observation);
  bool good = true;
  if (before.left > 0)
    for (int64_t k = lane; k < d.observation; k += WARP) {
      r.observations[(before.path * (r.horizon + 1) + t + 1) * d.observation + k] = next[k];
      s.obs[row * rows_wide(d.observation) + k] = next[k];
      good = good && finite(next[k]);
    }
  good = __all_sync(FULL_WARP, good);
  __syncwarp();  // a vote does not order memory: every lane has read its row before lane 0 writes there
  if (lane == 0 && before.left > 0) {
    const bool ended = good && r.termination >= 0 && out[row * rows_wide(d.outputs) + r.termination] > 0.0f;
    const bool ends = ended || (good && task_ends(task, next));
    if (r.learned)
      r.learned[before.path * r.horizon + t] = d.out[d.observation] + d.out[d.outputs + d.observation] * out[row * rows_wide(d.outputs) + d.observation];
    r.lengths[before.path] = (int32_t)t + 1;
    r.terminated[before.path] = ends;
    r.ended[before.path] = ended;
    r.failed[before.path] = good ? 0 : (int32_t)t + 1;
    rows[row].left = good && !ends ? before.left - 1 : 0;
  }
  __syncthreads();
}

// rollout_paths: runs the policy in every member from every start: noise, clip, dynamics, kinds of
// entries, time limit, the model's own terminations and, unless task.ends is null, the task's. One block plays ROWS paths of
// a member for all their steps and talks to no other. Grid: row blocks × members.
// Launched by gpu/rollout.go; CPU twin nn/cpu/rollout.go. Sums as rows_affine does, in one block, so a
// path does not depend on its neighbours. Source: the paper's subroutine 1, lines 4-6.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1)
    rollout_paths(Rollout r, Network actor, Network model, Dynamics d, Task task) {
  DYNAMIC_SHARED(float, shared);
  Stage s = stage_shared(shared, d, r.widest);
  Row* rows = (Row*)(s.parts + ROWS * ROW_THREADS);
  rollout_begin(r, d, s, rows);
  for (int64_t t = 0; rollout_runs(rows); t++) {
    rollout_act(r, actor, d, s, rows, t);
    model_input(d, s.input, s.obs, s.clipped);
    float* out = rows_forward(s.input, model.parameters + blockIdx.y * model.size, model.layers, model.count,
                              model.activation, s.even, s.odd, s.parts);
    if (r.noise) rollout_noise(r, d, rows, out, t);
    model_next(d, s.next, s.obs, s.clipped, out);
    rollout_record(r, d, task, s, rows, out, t);
  }
}
