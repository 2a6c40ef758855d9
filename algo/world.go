package algo

import (
	"context"

	"gorgonia.org/tensor"
)

// World is the real thing, as far as the game must know it. Package physics satisfies it.
type World interface {
	// Play plays whole episodes number first, first+1, ... of the sequence that seed names, in
	// parallel, and hands them to keep in that order until it returns false. Every worker asks
	// newActor for an actor of its own.
	Play(ctx context.Context, seed, first uint64, newActor func() ActFunc, keep KeepFunc) error
	// Horizon is the longest episode, in decisions.
	Horizon() int
	// ActionRepeat is the number of environment steps that a decision spans.
	ActionRepeat() int
	// Dropped counts the episodes so far that broke down, and that others were played in place of.
	Dropped() uint64
}

// Measured is a task that says how good a state is besides its reward, by named numbers such as the
// distance to a goal. A task need not be one.
type Measured interface {
	MeasureNames() []string
	// Measure fills values with the measures of the observation next, in the order of the names.
	Measure(values, next []float64)
}

// ActFunc writes the action [A] for obs [O] at decision t of an episode.
type ActFunc = func(episode uint64, t int, obs, action []float32)

// KeepFunc takes one episode of T decisions and tells whether to go on: observations float32
// [T+1,O], actions float32 [T,A] as applied, rewards float64 [T,R] by term, the environment steps
// taken, whether the task ended it (else the horizon did), and success in [0,1] or NaN.
type KeepFunc = func(observations, actions, rewards *tensor.Dense, samples int, terminated bool, success float64) bool
