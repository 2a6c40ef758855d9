package algo

import (
	"context"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// lookahead rolls all members of a model out in parallel from the initial states of real episodes.
type lookahead struct {
	Pair
	*realEpisodes
	options DiagnoseOptions
	members int     // E
	repeat  float64 // environment steps per decision, which rewards are multiplied by
}

// aheadResult is what a lookahead found.
type aheadResult struct {
	errors  [][]Number // [quantity][H+1]
	returns []float64  // [episodes] mean over members
	clamped Clamped
}

// chooser fills the actions [E·n,A] for the states [E·n,O] of the model after t decisions; row
// e·n + i is member e in episode i.
type chooser func(t int, states, actions []float32)

// run rolls the model out with the given actions. It continues where the task would end an episode, but
// rewards after that do not count; errors count as long as the world's episode lasts.
func (l *lookahead) run(ctx context.Context, choose chooser) (aheadResult, error) {
	shape := l.Model.Shape()
	states := make([]float32, 0, l.members*l.rows*shape.Observation)
	for range l.members {
		for _, e := range l.played {
			states = append(states, e.observations[:shape.Observation]...)
		}
	}
	actions := make([]float32, l.members*l.rows*shape.Action)
	sums := newSums(l)
	for t := range l.options.Horizon {
		if err := ctx.Err(); err != nil {
			return aheadResult{}, err
		}
		choose(t, states, actions)
		next, err := l.step(states, actions)
		if err != nil {
			return aheadResult{}, err
		}
		sums.clamp(t+1, next)
		sums.score(states, actions, next)
		sums.compare(t+1, next)
		states = next
	}
	return aheadResult{sums.means(), sums.returns, sums.clamped}, nil
}

// step advances every member's own states by one decision.
func (l *lookahead) step(states, actions []float32) ([]float32, error) {
	shape := l.Model.Shape()
	predicted, err := l.Backend.Predict(l.Model, modelled{l.task, shape.Kinds},
		nn.Matrix(states, l.members, l.rows, shape.Observation), nn.Matrix(actions, l.members, l.rows, shape.Action))
	if err != nil {
		return nil, err
	}
	return nn.RowMajor(predicted), nil
}

// clamp keeps the predicted entries after t decisions within their ranges and their bound, and counts the paths that
// reach the bound while the world's episode lasts.
func (s *sums) clamp(t int, next []float32) {
	kinds := s.Model.Shape().Kinds
	keepRange(next, kinds, s.options.Low, s.options.High)
	bound := float32(s.options.Clamp)
	if !(bound > 0) {
		return
	}
	for i, x := range next {
		if kinds[i%len(kinds)] != nn.KindPredicted || x >= -bound && x <= bound {
			continue
		}
		next[i] = max(-bound, min(bound, x))
		row := i / len(kinds)
		if s.met[row] || t > s.played[row%s.rows].decisions() {
			continue
		}
		s.met[row] = true
		s.clamped.Paths++
		if s.clamped.First == 0 {
			s.clamped.First = t
		}
	}
}

// worldActions fills in the actions of the world's episodes, for every member; 0 where the episode is over.
func (l *lookahead) worldActions(t int, _, actions []float32) {
	clear(actions)
	width := l.Model.Shape().Action
	for row := range l.members * l.rows {
		if e := l.played[row%l.rows]; t < e.decisions() {
			copy(actions[row*width:(row+1)*width], e.actions[t*width:])
		}
	}
}

// policyActions chooses the policy's mean actions in the predicted states, clipped as in the world. Every
// row has its own actor, since a policy may remember earlier decisions.
func (l *lookahead) policyActions() (chooser, error) {
	newActor, err := l.Policy.Mean()
	if err != nil {
		return nil, err
	}
	actors := make([]ActFunc, l.members*l.rows)
	for row := range actors {
		actors[row] = newActor()
	}
	low, high := l.task.ActionBox()
	observation, action := l.Model.Shape().Observation, l.Model.Shape().Action
	return func(t int, states, actions []float32) {
		for row, act := range actors {
			chosen := actions[row*action : (row+1)*action]
			act(uint64(row%l.rows), t, states[row*observation:(row+1)*observation], chosen)
			for j := range chosen {
				chosen[j] = max(float32(low[j]), min(float32(high[j]), chosen[j]))
			}
		}
	}, nil
}

// sums gathers errors and returns over a lookahead.
type sums struct {
	*lookahead
	errors   [][]float64 // [quantity][H+1] sums over members and episodes
	returns  []float64   // [episodes] mean over members
	finished []bool      // [E·n] the task has ended the model's path
	met      []bool      // [E·n] the path has reached the bound on observations
	clamped  Clamped

	unrewarded                      bool // the task's reward is learned, and a prediction of the model does not hold it
	obs, next, truth, action, terms []float64
}

func newSums(l *lookahead) *sums {
	shape := l.Model.Shape()
	row := func() []float64 { return make([]float64, shape.Observation) }
	s := &sums{lookahead: l, returns: make([]float64, l.rows), finished: make([]bool, l.members*l.rows), met: make([]bool, l.members*l.rows),
		obs: row(), next: row(), truth: row(), action: make([]float64, shape.Action), terms: make([]float64, len(l.task.RewardTerms()))}
	s.unrewarded, _ = learns(l.task)
	for range l.options.Quantities {
		s.errors = append(s.errors, make([]float64, l.options.Horizon+1))
	}
	return s
}

// score adds the rewards of one decision in the model.
func (s *sums) score(states, actions, next []float32) {
	for row, done := range s.finished {
		if done {
			continue
		}
		widenRow(s.obs, states, row)
		widenRow(s.next, next, row)
		widenRow(s.action, actions, row)
		s.task.Rewards(s.terms, s.obs, s.action, s.next)
		if s.unrewarded {
			s.terms[0] = math.NaN()
		}
		for _, reward := range s.terms {
			s.returns[row%s.rows] += reward * s.repeat / float64(s.members)
		}
		s.finished[row] = s.task.Terminated(s.next)
	}
}

// compare adds the errors after t decisions.
func (s *sums) compare(t int, states []float32) {
	for row := range s.finished {
		e := s.played[row%s.rows]
		if t > e.decisions() {
			continue
		}
		widenRow(s.truth, e.observations, t)
		widenRow(s.next, states, row)
		for i, q := range s.options.Quantities {
			s.errors[i][t] += q.Distance(s.truth, s.next)
		}
	}
}

// means divides by what was added up; 0/0 is unknown.
func (s *sums) means() [][]Number {
	means := make([][]Number, len(s.errors))
	for t, episodes := range s.alive(s.options.Horizon) {
		for i := range s.errors {
			means[i] = append(means[i], Number(s.errors[i][t]/float64(episodes*s.members)))
		}
	}
	return means
}

// widenRow copies a row of a matrix as wide as into.
func widenRow(into []float64, matrix []float32, row int) {
	nn.Widen(into, matrix[row*len(into):(row+1)*len(into)])
}
