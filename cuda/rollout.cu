#include "disagreement.cuh"
#include "places.cuh"
#include "task.cuh"

// Rollout says what to roll out and where to write it: decisions first.. up to end of N paths. Path i is at start
// i%starts.
struct Rollout {
  float* observations;  // [N,T+1,O]
  float* actions;       // [N,T,A] before the clip
  float* means;         // [N,T,A]
  float* learned;       // [N,T] or null
  float* disagreement;  // [N,T] of the members, or null: not kept
  int32_t* lengths;     // [N]
  int32_t* terminated;  // [N]
  int32_t* ended;       // [N] 1 where the model ended the path
  int32_t* failed;      // [N] 1 + the step whose state is not finite; 0: none
  const float* start;   // [starts,O]
  const float* times;   // [starts]
  int64_t starts, horizon;
  int64_t first, end;    // decisions of this launch
  int64_t limit;         // longest episode, decisions; 0: none
  const float* actorIn;  // shift [O], then scale [O] of the policy
  const float* sigma;    // [A]
  uint64_t seed, stream;  // of the noise of the policy
  uint64_t step;   // random step of the noise of decision 0
  int64_t widest;  // widest output of any layer
  int64_t termination;  // number of the output that is the logit of a termination; -1: none, or not predicted
  double cut;       // largest disagreement on a decision that a path takes; 0: any
  double compared;  // outputs that a disagreement compares, of all members, at least 1; 0: it is not measured
};

DEVICE int32_t steps_allowed(const Rollout& r, float time) {
  int64_t steps = r.horizon;
  if (r.limit > 0 && r.limit - (int64_t)time < steps) steps = r.limit - (int64_t)time;
  return steps > 0 ? (int32_t)steps : 0;
}

// rollout_left is the number of steps that a path may take from decision `first` of this launch on.
DEVICE int32_t rollout_left(const Rollout& r, int64_t path) {
  const int32_t allowed = steps_allowed(r, r.times[path % r.starts]);
  if (r.first == 0) return allowed;
  const bool runs = r.lengths[path] == r.first && !r.terminated[path] && !r.failed[path];
  return runs ? allowed - (int32_t)r.first : 0;
}

// rollout_begin puts the rows where their paths are. Rows without a path have no step to take. The threads that wrote the
// observations read them in rollout_act.
DEVICE void rollout_begin(const Rollout& r, const Places& p, const Dynamics& d, const Stage& s, Row* rows) {
  const int o = (int)d.observation, wide = rows_wide(o);
  if (threadIdx.x < ROWS) {
    const int64_t path = place_path(p, threadIdx.x);
    rows[threadIdx.x] = Row{path, path < 0 ? 0 : rollout_left(r, path)};
    if (path >= 0 && r.first == 0) r.lengths[path] = 0, r.terminated[path] = 0, r.ended[path] = 0, r.failed[path] = 0;
  }
  __syncthreads();
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int row = e / o, k = e % o;
    const int64_t path = rows[row].path;
    float x = 0.0f;
    if (path >= 0 && r.first == 0) {
      x = r.start[path % r.starts * o + k];
      r.observations[path * (r.horizon + 1) * o + k] = x;
    } else if (rows[row].left > 0) {
      x = r.observations[(path * (r.horizon + 1) + r.first) * o + k];
    }
    s.obs[row * wide + k] = x;
  }
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
  const float* mean = rows_forward(s.input, actor, 0, s.even, s.odd, s.parts);
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

// rollout_doubt keeps the disagreement on decision t, and ends paths on whose decision it is too large, before they take it. One
// warp handles one row.
DEVICE void rollout_doubt(const Rollout& r, const Dynamics& d, const Doubts& doubts, Row* rows, int64_t t) {
  const float u = doubts_root(doubts, d, r.compared);
  Row* row = rows + threadIdx.x / WARP;
  if (threadIdx.x % WARP != 0 || row->left == 0) return;
  if (r.disagreement) r.disagreement[row->path * r.horizon + t] = u;
  if (r.cut > 0 && !((double)u <= r.cut)) row->left = 0;
}

// rollout_outputs are those of the block's member, for the inputs of the stage. Where disagreement is measured, the other members
// pass the inputs first, in turn from the next one on.
DEVICE float* rollout_outputs(const Rollout& r, const Places& p, const Network& model, const Dynamics& d, const Stage& s, const Doubts& doubts) {
  float* out = nullptr;
#pragma unroll 1
  for (int64_t number = r.compared > 0 ? 1 : p.members; number <= p.members; number++) {
    out = rows_forward(s.input, model, (blockIdx.y + number) % p.members, s.even, s.odd, s.parts);
    if (r.compared > 0) doubts_add(doubts, d, out, number);
  }
  return out;
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
    const float* raw = out + row * rows_wide(d.width);
    const bool ended = good && r.termination >= 0 && raw[r.termination] > 0.0f;
    const bool ends = ended || (good && task_ends(task, next));
    if (r.learned)
      r.learned[before.path * r.horizon + t] = d.out[d.observation] + d.out[d.outputs + d.observation] * raw[d.observation];
    r.lengths[before.path] = (int32_t)t + 1;
    r.terminated[before.path] = ends;
    r.ended[before.path] = ended;
    r.failed[before.path] = good ? 0 : (int32_t)t + 1;
    rows[row].left = good && !ends ? before.left - 1 : 0;
  }
  __syncthreads();
}

// rollout_paths: runs the policy in the members of the paths: noise, clip, dynamics, kinds of
// entries, time limit, the members' disagreement, the model's own terminations and, unless task.ends is null, the task's. One
// block plays ROWS paths of a member for the decisions of the launch and talks to no other: all of them, or a single one where
// members are drawn for every decision. Grid: row blocks × members.
// Launched by gpu/rollout.go; CPU twin nn/cpu/rollout.go. Sums as rows_affine does, in one block, so a
// path does not depend on its neighbours. Source: the paper's subroutine 1, lines 4-6; Chua et al. 2018 for drawn members.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1)
    rollout_paths(Rollout r, Places p, Noise noise, Network actor, Network model, Dynamics d, Task task) {
  DYNAMIC_SHARED(float, shared);
  Stage s = stage_shared(shared, d, r.widest);
  Row* rows = (Row*)(s.parts + ROWS * ROW_THREADS);
  const Doubts doubts = doubts_shared(rows + ROWS, d);
  rollout_begin(r, p, d, s, rows);
  for (int64_t t = r.first; t < r.end && rollout_runs(rows); t++) {
    rollout_act(r, actor, d, s, rows, t);
    model_input(d, s.input, s.obs, s.clipped);
    float* out = rollout_outputs(r, p, model, d, s, doubts);
    if (r.compared > 0) rollout_doubt(r, d, doubts, rows, t);
    noise_add(noise, d, blockIdx.y, rows, out, t);
    model_next(d, s.next, s.obs, s.clipped, out);
    rollout_record(r, d, task, s, rows, out, t);
  }
}
