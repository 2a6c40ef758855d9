// Package task defines a task without its simulator: tables of observations and
// actions, the distribution of start states, reward terms, termination and success.
//
// A task is a file, task.yaml, which docs/task-file.md describes; Load reads it with
// the model that it names and reports every mistake with its place. The program's
// output, the worlds and the tests all use the same tables.
//
// Reward, termination and success are formulas of (observation, action, next
// observation) alone, compiled by package formula once, so that the world, a learned
// model and a GPU kernel compute the same.
//
// Quantities are in SI units unless an entry says otherwise.
package task
