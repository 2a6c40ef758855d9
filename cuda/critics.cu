#include "tail.cuh"

// Goal says what critics learn, and where to write it.
struct Goal {
  const float* actions;       // [N,T,A] before the clip
  const float* rewards;       // [N,T]
  const int32_t* terminated;  // [N]
  float* inputs;              // [count,O+A] normalised, of the first decisions
  float* targets;             // [count] in units of the range of returns
  double gamma, bonus;
  double centre, width;       // the range of returns
};

// goal_inputs writes the critics' inputs in the first decisions of the rows' paths.
DEVICE void goal_inputs(const Goal& g, const Tail& tail, const Dynamics& d) {
  const int o = (int)d.observation, a = (int)d.action, inputs = o + a;
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * inputs; e += ROW_THREADS) {
    const int k = e % inputs;
    const int64_t path = tail_path(tail, e / inputs);
    if (path < 0) continue;
    const float x = k < o ? tail.observations[path * (tail.horizon + 1) * o + k]
                          : clip(g.actions[path * tail.horizon * a + k - o], d.box[k - o], d.box[a + k - o]);
    g.inputs[(int64_t)blockIdx.x * ROWS * inputs + e] = (x - d.in[k]) / d.in[inputs + k];
  }
}

// goal_return is what critics should have predicted at the start of a path, given the least of the slow ones at its end.
DEVICE float goal_return(const Goal& g, const Tail& tail, Row row, float least) {
  double y = 0, discount = 1;
#pragma unroll 1
  for (int t = 0; t < row.left; t++) {
    if (t > 0) y += discount * g.bonus;
    y += discount * (double)g.rewards[row.path * tail.horizon + t];
    discount *= g.gamma;
  }
  if (!g.terminated[row.path]) y += discount * (g.centre + g.width * (double)least + g.bonus);
  return clip((float)((y - g.centre) / g.width), -1.0f, 1.0f);
}

// critic_targets: inputs and targets of a step of critics, from the `critics` slow copies at the ends of paths. One block takes
// ROWS paths and talks to no other. tape is the number of floats of the longer tape of the networks. Grid: row blocks.
// Launched by gpu/criticfit.go; CPU twin aim in nn/cpu/criticfit.go. Sums as rows_narrow does; rewards in float64, ascending.
// Source: Haarnoja et al. 2018, with the model's short paths before the critics, see nn.ActorCritic.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1)
    critic_targets(Goal g, Tail tail, Network actor, Network slow, Dynamics d, int64_t critics, int64_t tape) {
  DYNAMIC_SHARED(float, shared);
  const Fold f = fold_shared(shared, d, tape);
  goal_inputs(g, tail, d);
  tail_act(tail, actor, d, f);
  float least = 0.0f;  // this thread's row
#pragma unroll 1
  for (int64_t j = 0; j < critics; j++) {
    model_input(d, rows_at(f.tape, slow, 0), f.obs, f.clipped);
    rows_record(slow, j, slow.count, f.tape, f.parts);
    if (threadIdx.x < ROWS) {
      const float q = rows_at(f.tape, slow, slow.count)[threadIdx.x * rows_wide(1)];
      if (j == 0 || q < least || q != q) least = q;  // a NaN stays
    }
  }
  if (threadIdx.x >= ROWS || f.rows[threadIdx.x].path < 0) return;
  g.targets[(int64_t)blockIdx.x * ROWS + threadIdx.x] = goal_return(g, tail, f.rows[threadIdx.x], least);
}

// critic_follow: moves the slow copies [n] of parameters by a share of their distance. One thread a number.
// Launched by gpu/criticfit.go; CPU twin update in nn/cpu/criticfit.go. No sum. Source: Lillicrap et al. 2016.
extern "C" __global__ void critic_follow(float* slow, const float* parameters, int64_t n, double share) {
  const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) slow[i] += (float)share * (parameters[i] - slow[i]);
}

// critic_ends: the derivatives of γᵀ times the mean of the critics at the ends of paths, where the policy acts once more: by the
// last states into c.slopes, by the actions there into c.deltas. Paths of c have that decision alone. One block takes ROWS paths
// and talks to no other. tape is the number of floats of the longer tape of the networks. Grid: row blocks.
// Launched by gpu/actor.go; CPU twin judgedEnds in nn/cpu/actor.go. Sums as rows_narrow does, over the critics ascending.
// Source: the chain rule; see nn.ActorCritic.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1)
    critic_ends(Course c, Tail tail, Reverse actor, Reverse judges, Dynamics d, int64_t critics, double width, int64_t tape) {
  DYNAMIC_SHARED(float, shared);
  const Fold f = fold_shared(shared, d, tape);
  const Network& network = judges.network;
  tail_act(tail, actor.network, d, f);
  float weight = 0.0f;  // this thread's row
  if (threadIdx.x < ROWS && f.rows[threadIdx.x].path >= 0) {
    weight = (float)(width * c.discounts[f.rows[threadIdx.x].left] / (double)critics);
    f.rows[threadIdx.x].left = 1;  // the rows are paths of one decision now
  }
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * rows_wide(d.observation); e += ROW_THREADS) f.by.obs[e] = 0.0f;
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * rows_wide(d.action); e += ROW_THREADS) f.by.action[e] = 0.0f;
#pragma unroll 1
  for (int64_t j = 0; j < critics; j++) {
    if (threadIdx.x < ROWS) rows_at(f.tape, network, network.count)[threadIdx.x * rows_wide(1)] = weight;
    model_input(d, rows_at(f.tape, network, 0), f.obs, f.clipped);
    rows_record(network, j, network.count - 1, f.tape, f.parts);
    rows_reverse(judges, j, f.tape, f.parts);
    fold_spread(c, d, f, rows_at(f.tape, network, 0), 0, j == critics - 1);
  }
  fold_act(c, actor, d, f, 0);
}
