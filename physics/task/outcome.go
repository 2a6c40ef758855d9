package task

import (
	"math"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// retarget computes entries of an observation, from First on, for another goal.
type retarget struct {
	first, count int
	of           *formula.Program
}

// Episode is what an episode's success is decided from.
type Episode struct {
	Terminated bool
	Achieved   int  // number of environment steps that count as successful
	Last       bool // whether the last step does
}

// HasStepSuccess reports whether the task says which steps succeed.
func (t *Task) HasStepSuccess() bool { return t.achieved != nil }

// Achieved reports whether next counts as a successful step.
func (t *Task) Achieved(next []float64) bool {
	return t.achieved != nil && t.achieved.Holds(&formula.Inputs{formula.Next: next, formula.Parameters: t.values})
}

// HasSuccess reports whether a formula says which episodes succeed.
func (t *Task) HasSuccess() bool { return t.succeeded != nil }

// Succeeded returns an episode's success, 0 or 1, or NaN where the task has none.
func (t *Task) Succeeded(e Episode) float64 {
	if t.succeeded == nil {
		return math.NaN()
	}
	row := [3]float64{0, 0, float64(e.Achieved)} // see outcome
	if e.Terminated {
		row[0] = 1
	}
	if e.Last {
		row[1] = 1
	}
	return t.succeeded.Number(&formula.Inputs{formula.Obs: row[:], formula.Parameters: t.values})
}

// HasGoal reports whether episodes have goals that differ.
func (t *Task) HasGoal() bool { return len(t.retargets) > 0 }

// EndsUnseen reports whether an episode may end in a state that its observation does not show.
func (t *Task) EndsUnseen() bool { return len(t.Scene.Limits) > 0 }

// Retarget relabels obs [O] with the goal that the observation goal [O] shows, up to rounding; without a
// goal it does nothing. Formulas of the file see the entries computed by earlier ones.
func (t *Task) Retarget(obs, goal []float64) {
	for _, r := range t.retargets {
		r.of.Eval(obs[r.first:r.first+r.count], &formula.Inputs{formula.Obs: obs, formula.Goal: goal, formula.Parameters: t.values})
	}
}

// Judge returns the success of an episode from its observations next [T,O], one after each decision. Every
// one of the repeat environment steps of a decision counts like the last one.
func (t *Task) Judge(next []float64, repeat int, terminated bool) float64 {
	e := Episode{Terminated: terminated}
	for ; len(next) > 0; next = next[len(t.Observation):] {
		if e.Last = t.Achieved(next[:len(t.Observation)]); e.Last {
			e.Achieved += repeat
		}
	}
	return t.Succeeded(e)
}
