// task.cuh: reward and termination of a task, as the programs that gpu/task.go uploads. The programs run in float64 on
// float32 rows, as in Go. A few dozen operations for each step of a path cost little compared with the networks, and
// float64 gives both sides the same thresholds.
#pragma once
#include "formula.cuh"

// Task is what a kernel needs of a task.
struct Task {
  const uint32_t* rewards;  // a program with an output for each term; null if rewards are not needed
  const uint32_t* ends;     // a program with a condition over the next observation; null: no state is terminal
  int64_t terms;
  const double* parameters;
};

DEVICE bool finite(float x) { return x - x == 0.0f; }

// task_ends reports whether an episode ends in a finite state.
DEVICE bool task_ends(const Task& task, const float* next) {
  if (!task.ends) return false;
  double slots[FORMULA_SLOTS];
  const Formula f = formula_open(task.ends);
  const FormulaRows rows = {nullptr, nullptr, next, nullptr, nullptr, task.parameters};
  formula_run(f, rows, slots);
  return formula_fetch(f, rows, slots, f.outputs[0], 0) != 0;
}
