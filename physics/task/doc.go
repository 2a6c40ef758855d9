// Package task says what a task is, without a simulator: tables of observations
// and actions, the distribution of start states, reward terms, termination and
// success. It imports the standard library only.
//
// A Task is data first: what the program prints, what the worlds read from and
// write to the simulator, and what the tests check come from the same tables.
// The few functions in it are those of reward, termination and success. They are
// written here once, in float64, and are functions of (observation, action, next
// observation) alone, so that the world, a learned model and a GPU kernel that is
// tested against them agree.
//
// Quantities are in SI units unless an entry says otherwise. Indices of an
// observation are constants at the top of the task's own file.
package task
