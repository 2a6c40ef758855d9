// task.cuh: reward and termination of the registered tasks, chosen by number. gpu/task.go maps names to
// these numbers and is held to the Go functions of physics/task over the whole registry.
//
// They are computed in float64 on float32 rows, as in Go: a few dozen operations for each step of a
// path are nothing beside the networks, and then a threshold is the same threshold on both sides.
#pragma once
#include "layer.cuh"

#define TASK_NONE 0
#define TASK_POINTMASS 1
#define TASK_CARTPOLE 2
#define TASK_INVERTED_PENDULUM 3
#define TASK_HOPPER 4
#define TASK_ANT 5
#define TASK_REACHER7DOF 6
#define TASK_DCLAW_TURN 7
#define TASK_DKITTY_ORIENT 8
#define TASK_PEN 9
#define TASK_BENCH_GLIDE 10  // the synthetic task of palmal bench

#define TASK_TERMS 8  // reward terms of a task at most

// Task is a task and the values of its parameters, in the order of its Identity.
struct Task {
  int64_t number;
  int64_t terms, action;
  const double* parameters;
};

DEVICE double squares(const float* x, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

// pointmass: physics/task/pointmass.go. Parameters: control cost, success distance.
DEVICE void pointmass_reward(double* terms, const double* p, const float* act, const float* next) {
  terms[0] = -hypot((double)next[0] - (double)next[4], (double)next[1] - (double)next[5]);
  terms[1] = -p[0] * squares(act, 2);
}

// cartpole: physics/task/cartpole.go. Parameters: largest angle, largest position.
DEVICE bool cartpole_alive(const double* p, const float* next) {
  return fabs((double)next[1]) <= p[0] && fabs((double)next[0]) <= p[1];
}

// inverted_pendulum: physics/task/inverted_pendulum.go. Parameter: largest angle.
DEVICE bool inverted_pendulum_alive(const double* p, const float* next) { return fabs((double)next[1]) <= p[0]; }

// hopper: physics/task/hopper.go. Parameters: alive bonus, control cost, least height, largest pitch.
DEVICE void hopper_reward(double* terms, const double* p, const float* act, const float* next) {
  terms[0] = next[11], terms[1] = p[0], terms[2] = -p[1] * squares(act, 3);
}

DEVICE bool hopper_alive(const double* p, const float* next) {
  return (double)next[0] > p[2] && fabs((double)next[1]) < p[3];
}

// ant: physics/task/ant.go. Parameters: alive bonus, control cost, least and largest height.
DEVICE void ant_reward(double* terms, const double* p, const float* act, const float* next) {
  terms[0] = next[27], terms[1] = -p[1] * squares(act, 8), terms[2] = p[0];
}

DEVICE bool ant_alive(const double* p, const float* next) { return (double)next[0] >= p[2] && (double)next[0] <= p[3]; }

// reacher7dof: physics/task/reacher7dof.go. Parameters: weights of the distances by axes and straight, largest
// entry.
DEVICE void reacher7dof_reward(double* terms, const double* p, const float* next) {
  double axes = 0, square = 0;
  for (int i = 0; i < 3; i++) {
    double tip = fmin(fmax((double)next[14 + i], -p[2]), p[2]), goal = fmin(fmax((double)next[17 + i], -p[2]), p[2]);
    axes += fabs(tip - goal), square += (tip - goal) * (tip - goal);
  }
  terms[0] = -p[0] * axes, terms[1] = -p[1] * sqrt(square);
}

// dclaw_turn: physics/task/dclaw_turn.go. Parameters: weights of error, pose and velocity, velocity that counts,
// small error and its bonus, error of success and its bonus.
DEVICE void dclaw_turn_reward(double* terms, const double* p, const float* next) {
  const double bend = 1.0471975511965976, rest[3] = {0, -bend, bend}, error = fabs((double)next[30]);
  double pose = 0, velocity = 0;
  for (int i = 0; i < 9; i++) {
    double d = (double)next[i] - rest[i % 3], v = next[9 + i];
    pose += d * d;
    if (fabs(v) >= p[3]) velocity += v * v;
  }
  terms[0] = -p[0] * error, terms[1] = -p[1] * sqrt(pose), terms[2] = -p[2] * sqrt(velocity);
  terms[3] = error < p[4] ? p[5] : 0, terms[4] = error < p[6] ? p[7] : 0;
}

// dkitty_orient: physics/task/dkitty_orient.go. Parameters: least upright, reward of it, cost of a fall, weights
// of error and distance, small error, steady upright, bonus of either, error of success and its bonus.
DEVICE void dkitty_orient_reward(double* terms, const double* p, const float* next) {
  const double x = next[49], y = next[50], u = next[51], v = next[52], upright = next[48];
  const double angle = atan2(fabs(x * v - y * u), x * u + y * v);
  terms[0] = p[1] * (upright - p[0]) / (1 - p[0]), terms[1] = upright < p[0] ? -p[2] : 0;
  terms[2] = -p[3] * angle, terms[3] = -p[4] * sqrt(squares(next, 3));
  terms[4] = upright > p[6] || angle < p[5] ? p[7] : 0, terms[5] = upright > p[6] && angle < p[8] ? p[9] : 0;
}

DEVICE bool dkitty_orient_alive(const double* p, const float* next) { return !((double)next[48] < p[0]); }

// pen: physics/task/pen.go. Parameters: distance in place, cosine of alignment and its bonus, cosine of success
// and its bonus, least height, cost of a drop.
DEVICE void pen_reward(double* terms, const double* p, const float* next) {
  double distance = sqrt(squares(next + 39, 3)), alignment = 0;
  for (int i = 0; i < 3; i++) alignment += (double)next[33 + i] * (double)next[36 + i];
  const bool placed = distance < p[0];
  terms[0] = -distance, terms[1] = alignment;
  terms[2] = placed && alignment > p[1] ? p[2] : 0, terms[3] = placed && alignment > p[3] ? p[4] : 0;
  terms[4] = (double)next[26] < p[5] ? -p[6] : 0;
}

DEVICE bool pen_alive(const double* p, const float* next) { return !((double)next[26] < p[5]); }

// bench-glide: cmd/palmal/internal/bench. No parameters.
DEVICE void bench_glide_reward(double* terms, const float* act, int64_t actions, const float* next) {
  terms[0] = next[0], terms[1] = -0.001 * squares(act, actions);
}

// task_rewards fills the terms of the reward of a step; the reward is their sum, in order.
DEVICE void task_rewards(const Task& t, double* terms, const float* obs, const float* act, const float* next) {
  (void)obs;
  switch (t.number) {
    case TASK_POINTMASS: pointmass_reward(terms, t.parameters, act, next); break;
    case TASK_HOPPER: hopper_reward(terms, t.parameters, act, next); break;
    case TASK_ANT: ant_reward(terms, t.parameters, act, next); break;
    case TASK_REACHER7DOF: reacher7dof_reward(terms, t.parameters, next); break;
    case TASK_DCLAW_TURN: dclaw_turn_reward(terms, t.parameters, next); break;
    case TASK_DKITTY_ORIENT: dkitty_orient_reward(terms, t.parameters, next); break;
    case TASK_PEN: pen_reward(terms, t.parameters, next); break;
    case TASK_BENCH_GLIDE: bench_glide_reward(terms, act, t.action, next); break;
    default: terms[0] = 1;  // cartpole and inverted_pendulum reward every step
  }
}

// task_alive tells whether an episode goes on in a finite state.
DEVICE bool task_alive(const Task& t, const float* next) {
  switch (t.number) {
    case TASK_CARTPOLE: return cartpole_alive(t.parameters, next);
    case TASK_INVERTED_PENDULUM: return inverted_pendulum_alive(t.parameters, next);
    case TASK_HOPPER: return hopper_alive(t.parameters, next);
    case TASK_ANT: return ant_alive(t.parameters, next);
    case TASK_DKITTY_ORIENT: return dkitty_orient_alive(t.parameters, next);
    case TASK_PEN: return pen_alive(t.parameters, next);
    default: return true;
  }
}

DEVICE bool finite(float x) { return x - x == 0.0f; }
