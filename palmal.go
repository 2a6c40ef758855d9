// Package palmal trains controllers by model-based reinforcement learning: bring an environment, train, load,
// act.
//
// An environment is a type with three methods, [Env]: what it is, begin an episode, take a step. Everything that
// crosses this package is a plain slice. [Train] learns a policy in a model of the environment, which it learns
// from few episodes, and keeps a run directory, the same that the program palmal writes: [Resume] continues it
// exactly where it stopped, [Open] reads its curves and draws them, and [Load] takes the policy out of it.
//
// The reward and the end of an episode are learned or computed. An environment that knows them as functions of
// what is observed says so by [Rewarder] and [Terminator]: then model paths are scored by the same functions as
// the world, and the model has less to learn.
package palmal

import "github.com/palmal-rl/palmal/algo"

// Env is one instance of an environment. One goroutine at a time uses an instance, but several instances play at
// once.
type Env interface {
	// Spec says what the environment is. It must always be the same, in every instance.
	Spec() Spec
	// Reset begins an episode and returns its first observation [O]. The same seed must give the same episode
	// under the same actions: then no result depends on the number of workers. The caller may keep the slice only
	// until the next call.
	Reset(seed uint64) (obs []float32, err error)
	// Step applies an action [A], inside the bounds of Spec, and returns the observation after it [O] and the
	// reward. terminated: the episode ended in a state of value 0, as a fall. truncated: it was cut for another
	// reason and could go on. The time limit, Spec.Horizon, is not the environment's business.
	Step(action []float32) (obs []float32, reward float64, terminated, truncated bool, err error)
}

// Rewarder is an Env whose reward is a function of the observation before a step, the action and the observation
// after it. The reward of Step must be the sum of its terms. Rewards is called by many goroutines at once, on the
// first instance, and must depend on its arguments alone.
type Rewarder interface {
	RewardTerms() []string                      // names of the terms [R]
	Rewards(terms, obs, action, next []float64) // fills terms [R]
}

// Terminator is an Env whose episodes terminate in states that the observation shows. Like Rewards, Terminated is
// called by many goroutines at once. An Env without it must never terminate, unless its Spec says that the model
// learns when it does.
type Terminator interface {
	Terminated(next []float64) bool
}

// Goals is an Env whose episodes pursue goals that the observation shows. The key relabel then lets episodes
// pursue goals that were missed recently, if the Env is a Rewarder. Both methods must depend on their arguments alone.
type Goals interface {
	// Retarget rewrites obs [O] as if it pursued the goal that the observation goal [O] shows. Only relabel calls it, like
	// Rewards by many goroutines at once, on the first instance.
	Retarget(obs, goal []float64)
	// Success judges an episode, from 0 to 1, by the observations after its T decisions, next [T,O]. It is called on the instance
	// that played the episode, by the goroutine that played it; where relabel gave the episode another goal, once more on the
	// first instance, which may be playing.
	Success(next []float64, terminated bool) float64
}

// Closer is an Env that holds something to free.
type Closer interface{ Close() error }

// Spec describes an environment.
type Spec struct {
	Name        string   // letters, digits, _ and -
	Observation []Entry  // [O]
	Action      []Action // [A]
	Horizon     int      // steps after which an episode is cut
	Dt          float64  // seconds of a step; 0 for one second
	LearnEnd    bool     // the model learns which states terminate, where the Env is no Terminator
	SolvedAt    float64  // return at which it counts as solved, a line in plots; 0 for none
}

// Entry is one number of the observation.
type Entry struct {
	Name string // unique
	Unit string // shown to people, never computed with
	Kind Kind
}

// Kind says how an entry changes in the learned model.
type Kind string

// The kinds.
const (
	Predicted  Kind = ""            // the model predicts it
	Angle      Kind = "angle"       // predicted, in [-π, π)
	Unit       Kind = "unit"        // part of a unit vector: adjacent ones are one vector
	NextUnit   Kind = "next-unit"   // the first number of a unit vector that follows another one
	Constant   Kind = "constant"    // the same in a whole episode, as a goal
	LastAction Kind = "last-action" // the k-th such entry is action k of the last step
)

// Action is one number of the action, between two bounds.
type Action struct {
	Name, Unit string
	Low, High  float64
}

// Record describes one iteration of a run.
type Record = algo.Record
