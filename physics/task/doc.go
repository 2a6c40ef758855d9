// Package task says what a task is, without a simulator: tables of observations and
// actions, the distribution of start states, reward terms, termination and success.
//
// A task is a file, task.yaml, which docs/task-file.md describes; Load reads it with
// the model that it names and reports every mistake with its place. What the program
// prints, what the worlds read from and write to the simulator, and what the tests
// check come from the same tables.
//
// Reward, termination and success are formulas of (observation, action, next
// observation) alone, compiled by package formula once, so that the world, a learned
// model and a GPU kernel compute the same.
//
// Quantities are in SI units unless an entry says otherwise.
package task
