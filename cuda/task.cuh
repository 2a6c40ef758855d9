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

#define TASK_TERMS 8  // reward terms of a task at most

// Task is a task and the values of its parameters, in the order of its Identity.
struct Task {
  int64_t number;
  int64_t terms;
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

// task_rewards fills the terms of the reward of a step; the reward is their sum, in order.
DEVICE void task_rewards(const Task& t, double* terms, const float* obs, const float* act, const float* next) {
  (void)obs;
  switch (t.number) {
    case TASK_POINTMASS: pointmass_reward(terms, t.parameters, act, next); break;
    case TASK_HOPPER: hopper_reward(terms, t.parameters, act, next); break;
    case TASK_ANT: ant_reward(terms, t.parameters, act, next); break;
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
    default: return true;
  }
}

DEVICE bool finite(float x) { return x - x == 0.0f; }
