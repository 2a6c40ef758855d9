#include "disagreement.cuh"
#include "fold.cuh"
#include "samples.cuh"

// DoubtSlopes says what disagreement costs, and where the derivatives of that go.
struct DoubtSlopes {
  float* slopes;         // [N,T,O+A+O] derivatives of the rewards, to which those of the costs are added
  const float* actions;  // [N,T,A] before the clip
  const double* costs;   // [T+1] of a unit of disagreement on decision t
  int64_t members;
  double compared;  // outputs that a disagreement compares, of all members; at least 1
  int64_t tape;     // floats of the tape of a member
};

// doubt_load puts the block's kept steps in the rows, and clears their derivatives. A row without a step has path -1.
DEVICE void doubt_load(const DoubtSlopes& c, const Steps& s, const Dynamics& d, const Fold& f) {
  const int o = (int)d.observation, a = (int)d.action;
  if (threadIdx.x < ROWS) {
    const int64_t i = (int64_t)blockIdx.x * ROWS + threadIdx.x;
    f.rows[threadIdx.x] = Row{i < s.count ? (int64_t)s.steps[i] : -1, 0};
  }
  __syncthreads();
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int k = e % o, at = e / o * rows_wide(o) + k;
    const int64_t step = f.rows[e / o].path;
    f.obs[at] = step < 0 ? 0.0f : s.observations[(step + step / s.horizon) * o + k];
    f.by.obs[at] = 0.0f;
  }
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * a; e += ROW_THREADS) {
    const int k = e % a, at = e / a * rows_wide(a) + k;
    const int64_t step = f.rows[e / a].path;
    f.clipped[at] = step < 0 ? 0.0f : clip(c.actions[step * a + k], d.box[k], d.box[a + k]);
    f.by.action[at] = 0.0f;
  }
  __syncthreads();
}

// doubt_outward replaces a member's outputs by the derivatives of what the disagreement costs: an output's distance from the
// members' mean over compared·u, where u is the root of the mean square of all distances. Of u = 0 there are none.
DEVICE void doubt_outward(const DoubtSlopes& c, const Steps& s, const Dynamics& d, const Fold& f, const Doubts& doubts, float* out) {
  const int row = threadIdx.x / WARP, lane = threadIdx.x % WARP, o = (int)d.observation;
  const int64_t step = f.rows[row].path;
  const double u = doubts_root(doubts, d, c.compared);
  const double factor = step < 0 || u == 0 ? 0.0 : c.costs[step % s.horizon] / (u * c.compared);
#pragma unroll 1
  for (int k = lane; k < d.width; k += WARP) {
    float* by = out + row * rows_wide(d.width) + k;
    *by = k < o && model_predicts(d, k) ? (float)(-factor * ((double)*by - doubts.means[row * rows_wide(o) + k])) : 0.0f;
  }
  __syncthreads();
}

// doubt_store adds the derivatives by states and actions to those of the rewards.
DEVICE void doubt_store(const DoubtSlopes& c, const Dynamics& d, const Fold& f) {
  const int o = (int)d.observation, a = (int)d.action, inputs = o + a;
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * inputs; e += ROW_THREADS) {
    const int r = e / inputs, k = e % inputs;
    if (f.rows[r].path < 0) continue;
    c.slopes[f.rows[r].path * (inputs + o) + k] += k < o ? f.by.obs[r * rows_wide(o) + k] : f.by.action[r * rows_wide(a) + k - o];
  }
}

// doubt_slopes: adds, for all kept steps, the derivatives of what the members' disagreement costs by state and clipped action to
// those of the rewards. One block takes ROWS steps and talks to no other. It passes them through all members to compare these,
// then goes back through each; the last one needs no second pass. Grid: row blocks.
// Launched by gpu/disagreement.go; CPU twin nn/cpu/disagreement.go. Sums as rows_narrow does, and over the members from the last,
// then ascending, so a step does not depend on its neighbours. Source: the chain rule; see nn.Disagreeing.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1) doubt_slopes(DoubtSlopes c, Steps s, Reverse model, Dynamics d) {
  DYNAMIC_SHARED(float, shared);
  const Fold f = fold_shared(shared, d, c.tape);
  const Doubts doubts = doubts_shared(f.rows + ROWS, d);
  float *in = rows_at(f.tape, model.network, 0), *out = rows_at(f.tape, model.network, model.network.count);
  doubt_load(c, s, d, f);
#pragma unroll 1
  for (int64_t pass = 0; pass < 2 * c.members - 1; pass++) {
    const int64_t member = pass < c.members ? pass : pass - c.members;
    model_input(d, in, f.obs, f.clipped);
    rows_record(model.network, member, model.network.count, f.tape, f.parts);
    if (pass < c.members) doubts_add(doubts, d, out, pass + 1);
    if (pass < c.members - 1) continue;
    doubt_outward(c, s, d, f, doubts, out);
    rows_reverse(model, member, f.tape, f.parts);
    fold_spread(Course{}, d, f, in, 0, false);
  }
  doubt_store(c, d, f);
}
