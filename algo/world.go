package algo

import (
	"context"
	"fmt"
)

// World is what the game needs from a simulator or robot. Package physics satisfies it.
type World interface {
	// Sample plays whole episodes number first, first+1, ... of the sequence that seed names, in
	// parallel, and hands them to keep in that order until it returns false. Every worker calls
	// newActor once for its own actor.
	Sample(ctx context.Context, seed, first uint64, newActor func() ActFunc, keep KeepFunc) error
	// Horizon is the longest episode, in decisions.
	Horizon() int
	// ActionRepeat is the number of environment steps that a decision spans.
	ActionRepeat() int
	// Dropped counts the episodes so far that broke down and were replaced by others.
	Dropped() uint64
}

// Handed is a world outside this program, as a robot: it is told which policy acts before it plays. Everything
// that it plays counts as samples and is learned from, also the episodes by which a mean action is judged.
type Handed interface {
	World
	// Hand tells of the policy that acts next.
	Hand(h Handout) error
	// Missed counts the actions so far that did not reach the robot in time.
	Missed() uint64
}

// Handout is a policy for a world outside this program.
type Handout struct {
	Number  int    // counts the policies of a run from 0
	Policy  Policy //
	Samples int    // environment steps that are wanted of it
	Mean    bool   // whether it acts by its mean action, to be judged, and not with its noise
}

// checkHanded refuses what a world outside this program cannot be asked for.
func (c Config) checkHanded(world World) error {
	if _, outside := world.(Handed); !outside {
		return nil
	}
	if c.Relabel != 0 {
		return Problem{"relabel", fmt.Sprintf("is %g, must be 0 in a world outside this program, which follows its own goals", c.Relabel)}
	}
	if c.TrainingHorizon != 0 {
		return Problem{"training_horizon", fmt.Sprintf("is %d, must be 0 in a world outside this program, which ends its episodes itself", c.TrainingHorizon)}
	}
	return nil
}

// Measured is a task that describes a state by named numbers in addition to its reward, such as the
// distance to a goal. A task need not be one.
type Measured interface {
	MeasureNames() []string
	// Measure fills values with the measures of the observation next, in the order of the names.
	Measure(values, next []float64)
}

// ActFunc writes the action [A] for obs [O] at decision t of an episode. The episode that takes the place of one that broke down has
// its number plus a multiple of 2²⁸.
type ActFunc = func(episode uint64, t int, obs, action []float32)

// Episode is one episode of T decisions as a world hands it over. It is an alias, so that a world need
// not import this package.
type Episode = struct {
	Observations []float32 // [T+1,O]
	Actions      []float32 // [T,A] as applied
	Rewards      []float64 // [T,R] one per term
	Samples      int       // environment steps
	Terminated   bool      // the task ended it; else a fall or the horizon did
	Fallen       bool      // a fall ended it
	Success      float64   // success in [0,1]; NaN where the task has none
}

// KeepFunc takes one episode, whose arrays it may keep, and reports whether to continue.
type KeepFunc = func(Episode) bool
