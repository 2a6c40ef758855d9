package nn

import "fmt"

// Task is what a backend must know of a task. Package physics/task implements it without importing
// nn; therefore the methods use built-in types only.
//
// Rewards and Terminated are functions of the transition alone, computed in float64; rows of
// float32 are widened first. They must not keep or change their arguments, and many goroutines call
// them at once.
type Task interface {
	// Identity returns the name of the task and its parameters (thresholds, goals), in the order in
	// which [Programmed] programs read them.
	Identity() (name string, parameters []float64)
	// ObservationKinds says how each observation entry evolves in a learned model, [O]; see the
	// Kind constants.
	ObservationKinds() []string
	// ActionBox bounds the action, [A] each. The world and the learned model see actions clipped
	// to it.
	ActionBox() (low, high []float64)
	// RewardTerms names the terms of the reward in their order, [R].
	RewardTerms() []string
	// Rewards fills terms [R] for one transition; the reward is their sum.
	Rewards(terms, obs, act, next []float64)
	// Terminated reports whether an episode ends in the state with observation next [O]. An
	// observation that is not finite is terminal.
	Terminated(next []float64) bool
}

// Programmed is a Task whose reward and termination are also programs that a device can run. The host scores
// tasks without programs. A program is a list of 32-bit words in the layout that Encode in
// physics/task/formula documents; it reads the parameters in the order of Identity.
type Programmed interface {
	Task
	// Programs returns the program of the reward, with one output for each term, and the program of the termination,
	// with one condition over the observation after a step. terminated is nil if no finite state is terminal.
	Programs() (rewards, terminated []uint32)
}

// Batched is a Task that may compute rewards and terminations elsewhere, where a call has a price: it is asked for many
// transitions at once. The reward has one term then. Many goroutines call it at once.
type Batched interface {
	Task
	// Batches reports which of the two are computed elsewhere.
	Batches() (rewards, terminated bool)
	// RewardBatch fills rewards [n] for obs [n,O], act [n,A] and next [n,O].
	RewardBatch(rewards, obs, act, next []float64) error
	// TerminatedBatch fills ended [n] for next [n,O].
	TerminatedBatch(ended []bool, next []float64) error
}

// Batches returns the task as one to be asked for many transitions at once, and for what; nil if for nothing.
func Batches(t Task) (batched Batched, rewards, terminated bool) {
	if batched, ok := t.(Batched); ok {
		if rewards, terminated = batched.Batches(); rewards || terminated {
			return batched, rewards, terminated
		}
	}
	return nil, false, false
}

// RewardRows fills terms [n,R] for obs [n,O], act [n,A] and next [n,O].
func RewardRows(t Task, terms, obs, act, next []float64) error {
	if batched, rewards, _ := Batches(t); rewards {
		return batched.RewardBatch(terms, obs, act, next)
	}
	low, _ := t.ActionBox()
	r, o, a := len(t.RewardTerms()), len(t.ObservationKinds()), len(low)
	for i := range len(next) / o {
		t.Rewards(terms[i*r:(i+1)*r], obs[i*o:(i+1)*o], act[i*a:(i+1)*a], next[i*o:(i+1)*o])
	}
	return nil
}

// The kinds of observation entries say what a model rollout does with an entry.
const (
	// KindPredicted: next = obs + the predicted difference.
	KindPredicted = "predicted"
	// KindLastAction: set to the clipped action of the step. The k-th such entry holds action k.
	KindLastAction = "last-action"
	// KindConstant: constant within an episode, such as a goal; never predicted.
	KindConstant = "constant"
	// KindAngle: an angle in [-π, π), wrapped; differences are taken on the circle.
	KindAngle = "angle"
	// KindUnit: part of a unit vector, a quaternion for instance. A run of adjacent unit entries
	// is one vector, scaled back to length 1 after every predicted step.
	KindUnit = "unit"
	// KindNextUnit: the first entry of a unit vector that follows another one.
	KindNextUnit = "next-unit"
)

// CheckTask refuses a task whose tables contradict each other, naming the entry.
func CheckTask(t Task) error {
	name, _ := t.Identity()
	low, high := t.ActionBox()
	if len(low) == 0 || len(low) != len(high) {
		return fmt.Errorf("task %s: action box of %d low and %d high bounds", name, len(low), len(high))
	}
	for i := range low {
		if !(low[i] < high[i]) {
			return fmt.Errorf("task %s: action %d: bounds [%g, %g] are not in order", name, i, low[i], high[i])
		}
	}
	kinds := t.ObservationKinds()
	if len(kinds) == 0 {
		return fmt.Errorf("task %s: no observation", name)
	}
	lastActions := 0
	for i, kind := range kinds {
		switch kind {
		case KindPredicted, KindConstant, KindAngle, KindUnit, KindNextUnit:
		case KindLastAction:
			lastActions++
		default:
			return fmt.Errorf("task %s: observation %d has the unknown kind %q", name, i, kind)
		}
	}
	if lastActions > len(low) {
		return fmt.Errorf("task %s: %d last-action entries for %d actions", name, lastActions, len(low))
	}
	if len(t.RewardTerms()) == 0 {
		return fmt.Errorf("task %s: no reward term", name)
	}
	return nil
}
