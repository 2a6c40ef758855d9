#include "dynamics.cuh"
#include "task.cuh"

#define SCORE_THREADS 128

// Score says which paths to score and where to write the results.
struct Score {
  const float* observations;  // [N,T+1,O]
  const float* actions;       // [N,T,A]
  const float* learned;       // [N,T] reward of the ensemble, used instead of the task's; or null
  const float* disagreement;  // [N,T] of the members; null: it costs nothing
  const int32_t* rolled;      // [N] number of steps before any score
  const int32_t* ended;       // [N] 1 where the model ended the path after its last step
  int64_t horizon, observation, action;
  const float* box;     // low [A], then high [A]
  double scale;         // factor of every reward
  double cost;          // what a unit of disagreement costs, scaled
  float* rewards;       // [N,T]
  int32_t* lengths;     // [N]
  int32_t* terminated;  // [N]
  int32_t* failed;      // [N] 1 + the step whose reward is not finite; 0: none
  double* returns;      // [N]
  double* sums;         // [N,terms]
};

DEVICE bool score_ends(const Score& s, const Task& task, const float* next) {
  for (int64_t k = 0; k < s.observation; k++)
    if (!finite(next[k])) return true;
  return task_ends(task, next);
}

// first_block is the smallest number of all threads of a block. shared [SCORE_THREADS].
DEVICE int64_t first_block(int64_t mine, int64_t* shared) {
  shared[threadIdx.x] = mine;
  __syncthreads();
  for (unsigned half = SCORE_THREADS / 2; half; half /= 2) {
    if (threadIdx.x < half && shared[threadIdx.x + half] < shared[threadIdx.x]) shared[threadIdx.x] = shared[threadIdx.x + half];
    __syncthreads();
  }
  int64_t first = shared[0];
  __syncthreads();
  return first;
}

// score_step returns the reward of one step and adds its terms to this thread's sums.
DEVICE double score_step(const Score& s, const Task& task, int64_t path, int64_t t, double* sums) {
  if (s.learned) return s.scale * (double)s.learned[path * s.horizon + t];
  const float* obs = s.observations + (path * (s.horizon + 1) + t) * s.observation;
  const float* action = s.actions + (path * s.horizon + t) * s.action;
  double slots[FORMULA_SLOTS], reward = 0;
  const Formula f = formula_open(task.rewards);
  const FormulaRows rows = {obs, action, obs + s.observation, s.box, s.box + s.action, task.parameters};
  formula_run(f, rows, slots);
  for (int64_t k = 0; k < task.terms; k++) {
    const double term = formula_fetch(f, rows, slots, f.outputs[k], 0);
    sums[k * SCORE_THREADS] += s.scale * term;
    reward += term;
  }
  return s.scale * reward;
}

// score_paths: rewards [N,T], less what disagreement costs, lengths, terminations, returns and sums of the reward terms of a path.
// One block scores one path: its threads look for the first terminal state, then take the steps before
// it, every SCORE_THREADS-th to a thread. Shared: [1+terms,SCORE_THREADS]. Grid: N.
// Launched by gpu/score.go; CPU twin nn/cpu/score.go. Sums over the steps: float64, ascending in each
// thread, then a tree over the threads. Source: the paper's subroutine 1, lines 7 and 8; programs in formula.cuh.
extern "C" __global__ void __launch_bounds__(SCORE_THREADS, 1) score_paths(Score s, Task task) {
  DYNAMIC_SHARED(double, shared);
  const int64_t path = blockIdx.x, rolled = s.rolled[path];
  const float* first = s.observations + (path * (s.horizon + 1) + 1) * s.observation;
  int64_t end = rolled, bad = rolled;
  for (int64_t t = threadIdx.x; t < end; t += SCORE_THREADS)
    if (score_ends(s, task, first + t * s.observation)) end = t;
  end = first_block(end, (int64_t*)shared);
  const int64_t length = end < rolled ? end + 1 : rolled;
  const int64_t terms = s.learned ? 0 : task.terms;
  double *sums = shared + SCORE_THREADS + threadIdx.x, total = 0;
  for (int64_t k = 0; k < terms; k++) sums[k * SCORE_THREADS] = 0;
  for (int64_t t = threadIdx.x; t < length; t += SCORE_THREADS) {
    double reward = score_step(s, task, path, t, sums);
    if (reward - reward != 0 && t < bad) bad = t;
    const int64_t step = path * s.horizon + t;
    s.rewards[step] = (float)(s.disagreement ? reward - s.cost * (double)s.disagreement[step] : reward);
    total += reward;
  }
  bad = first_block(bad, (int64_t*)shared);
  total = sum_block(total, shared);
  for (int64_t k = 0; k < terms; k++) {
    double sum = sum_block(sums[k * SCORE_THREADS], shared);
    if (threadIdx.x == 0) s.sums[path * terms + k] = sum;
  }
  if (threadIdx.x != 0) return;
  s.lengths[path] = (int32_t)length;
  s.terminated[path] = end < rolled || s.ended[path] != 0;
  s.failed[path] = bad < length ? (int32_t)bad + 1 : 0;
  s.returns[path] = total;
}
