// dynamics.cuh: one step of a learned model without its network, on the rows of a block: it makes the network's input
// from an observation and an action, and the next observation from the network's output.
// CPU twin: nn/cpu/dynamics.go.
#pragma once
#include "rows.cuh"

// What an entry of the next observation does. FOLLOW_ACTION + k holds the last value of action k.
#define FOLLOW_KEEP 0
#define FOLLOW_PREDICTED 1
#define FOLLOW_ANGLE 2
#define FOLLOW_ACTION 3

// Dynamics says how the entries of an observation evolve.
struct Dynamics {
  int64_t observation, action;
  const float* in;        // shift [O+A], then scale [O+A]
  const float* out;       // shift [outputs], then scale [outputs]
  int64_t outputs;
  int64_t width;          // numbers in a row of the network's outputs: those and, where noise depends on the state, their log σ
  const float* box;       // low [A], then high [A]
  const int64_t* follow;  // [O]
  const int64_t* units;   // [unitCount,2] first and end of each unit vector
  int64_t unitCount;
  double clamp;   // 0: none
  double spread;  // bound of the distance to the data's mean, in scales of the data; 0: none
  const float* bounds;  // low [O], then high [O] of the entries; null: none
};

DEVICE float clip(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

// wrap_angle moves an angle into [-π, π). float64, because float32 would lose small differences.
DEVICE double wrap_angle(double x) {
  const double pi = 3.14159265358979323846;
  if (x >= -pi && x < pi) return x;
  x -= 2 * pi * floor((x + pi) / (2 * pi));
  return x >= pi ? -pi : x;
}

// model_input writes the network's input [ROWS,O+A] for observations and clipped actions.
DEVICE void model_input(const Dynamics& d, float* x, const float* obs, const float* clipped) {
  const int o = (int)d.observation, inputs = o + (int)d.action;
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * inputs; e += ROW_THREADS) {
    const int r = e / inputs, k = e % inputs;
    const float value = k < o ? obs[r * rows_wide(o) + k] : clipped[r * rows_wide(d.action) + k - o];
    x[r * rows_wide(inputs) + k] = (value - d.in[k]) / d.in[inputs + k];
  }
  __syncthreads();
}

// model_free is entry k of the next observation before its bounds, unless it holds an action.
DEVICE float model_free(const Dynamics& d, int k, float obs, float out) {
  const int64_t follow = d.follow[k];
  if (follow != FOLLOW_PREDICTED && follow != FOLLOW_ANGLE) return obs;
  const float x = obs + (d.out[k] + d.out[d.outputs + k] * out);
  return follow == FOLLOW_ANGLE ? clip((float)wrap_angle(x), -3.1415925f, 3.1415925f) : x;  // largest float below π
}

// model_bounded keeps the prediction x of entry k within its bounds.
DEVICE float model_bounded(const Dynamics& d, int k, float x) {
  const float bound = (float)d.clamp, spread = (float)d.spread;
  if (bound > 0) x = clip(x, -bound, bound);
  if (spread > 0) {
    const float centre = d.in[k], most = spread * d.in[d.observation + d.action + k];
    x = clip(x, centre - most, centre + most);
  }
  return d.bounds ? clip(x, d.bounds[k], d.bounds[d.observation + k]) : x;
}

// model_kept is an entry after the bounds, which hold for predicted ones alone.
DEVICE float model_kept(const Dynamics& d, int k, float x) {
  const int64_t follow = d.follow[k];
  return follow == FOLLOW_PREDICTED || follow == FOLLOW_ANGLE ? model_bounded(d, k, x) : x;
}

// model_predicts reports whether entry k follows a prediction.
DEVICE bool model_predicts(const Dynamics& d, int k) { return d.follow[k] == FOLLOW_PREDICTED || d.follow[k] == FOLLOW_ANGLE; }

DEVICE float model_entry(const Dynamics& d, int k, float obs, const float* clipped, float out) {
  const int64_t follow = d.follow[k];
  return follow >= FOLLOW_ACTION ? clipped[follow - FOLLOW_ACTION] : model_kept(d, k, model_free(d, k, obs, out));
}

// unit_rescale scales a vector to length 1; a vector of length 0 stays.
DEVICE void unit_rescale(float* x, int64_t first, int64_t end) {
  double square = 0;
#pragma unroll 1
  for (int64_t k = first; k < end; k++) square += (double)x[k] * (double)x[k];
  if (square == 0) return;
  double length = sqrt(square);
#pragma unroll 1
  for (int64_t k = first; k < end; k++) x[k] = (float)((double)x[k] / length);
}

// model_next writes the next observations [ROWS,O] given the network's output [ROWS,width].
DEVICE void model_next(const Dynamics& d, float* next, const float* obs, const float* clipped, const float* out) {
  const int o = (int)d.observation, wide = rows_wide(o), units = (int)d.unitCount;
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int r = e / o, k = e % o;
    next[r * wide + k] = model_entry(d, k, obs[r * wide + k], clipped + r * rows_wide(d.action), out[r * rows_wide(d.width) + k]);
  }
  __syncthreads();
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * units; e += ROW_THREADS) {
    const int64_t* unit = d.units + e % units * 2;
    unit_rescale(next + e / units * wide, unit[0], unit[1]);
  }
  __syncthreads();
}

// Stage is the shared memory of a block that steps its rows.
struct Stage {
  float *obs, *next, *clipped, *input, *even, *odd, *parts;
};

// stage_shared lays out the stage; gpu/rollout.go computes the same size. widest is the widest output of any
// layer.
DEVICE Stage stage_shared(float* shared, const Dynamics& d, int64_t widest) {
  Stage s;
  s.obs = shared;
  s.next = s.obs + ROWS * rows_wide(d.observation);
  s.clipped = s.next + ROWS * rows_wide(d.observation);
  s.input = s.clipped + ROWS * rows_wide(d.action);
  s.even = s.input + ROWS * rows_wide(d.observation + d.action);
  s.odd = s.even + ROWS * rows_wide(widest);
  s.parts = s.odd + ROWS * rows_wide(widest);
  return s;
}
