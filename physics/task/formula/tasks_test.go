package formula_test

import (
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

const many = 8000

// same reports whether two numbers have the same bits, or are both NaN.
func same(x, y float64) bool {
	return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y
}

// Rewards by formulas are those of the tasks' functions, bit for bit, one by one and joined.
func TestRewardsOfTheTasks(t *testing.T) {
	for _, n := range nineTasks(t) {
		var terms []*formula.Program
		for _, source := range n.written.Terms {
			terms = append(terms, n.compile(t, source, formula.Want{Type: formula.Type{Length: 1}}))
		}
		joined, err := formula.Join(terms...)
		if err != nil {
			t.Fatal(err)
		}
		want, got := make([]float64, len(terms)), make([]float64, len(terms))
		if len(n.Task.Terms) != len(want) {
			t.Fatalf("%s: %d terms, want %d", n.Name, len(want), len(n.Task.Terms))
		}
		n.states(many, func(in *formula.Inputs) {
			n.Rewards(want, in[formula.Obs], in[formula.Action], in[formula.Next])
			joined.Eval(got, in)
			for i, p := range terms {
				if alone := p.Number(in); !same(alone, want[i]) || !same(got[i], want[i]) {
					t.Fatalf("%s: %s: %v alone, %v joined, want %v of %v", n.Name, p, alone, got[i], want[i], in)
				}
			}
		})
	}
}

// Terminations and successful steps are those of the tasks' functions. A task ends an episode in a state that is not
// finite before any formula is asked.
func TestConditionsOfTheTasks(t *testing.T) {
	condition := formula.Want{Type: formula.Type{Condition: true, Length: 1}, Sees: formula.Only(formula.Next)}
	for _, n := range nineTasks(t) {
		ends := n.compile(t, n.written.Terminated, condition)
		achieved := n.compile(t, "false", condition)
		if n.written.Achieved != "" {
			achieved = n.compile(t, n.written.Achieved, condition)
		}
		met := map[bool]int{}
		n.states(many, func(in *formula.Inputs) {
			next := in[formula.Next]
			if got, want := achieved.Holds(in), n.Task.Achieved(next); got != want {
				t.Fatalf("%s: %s: %v, want %v of %v", n.Name, achieved, got, want, next)
			}
			if slices.ContainsFunc(next, func(x float64) bool { return x-x != 0 }) {
				return
			}
			got, want := ends.Holds(in), n.Task.Terminated(next)
			met[want]++
			if got != want {
				t.Fatalf("%s: %s: %v, want %v of %v", n.Name, ends, got, want, next)
			}
		})
		if n.written.Terminated != "false" && (met[true] < many/50 || met[false] < many/50) {
			t.Errorf("%s: %v terminations met", n.Name, met)
		}
	}
}

// Measures and relabelled goals are those of the tasks' functions, bit for bit.
func TestMeasuresAndGoalsOfTheTasks(t *testing.T) {
	for _, n := range nineTasks(t) {
		var measures []*formula.Program
		for _, source := range n.written.Measures {
			measures = append(measures, n.compile(t, source, formula.Want{Type: formula.Type{Length: 1}, Sees: formula.Only(formula.Next)}))
		}
		retarget := map[string]*formula.Program{}
		for name, source := range n.written.Retarget {
			retarget[name] = n.compile(t, source, formula.Want{Type: formula.Type{Length: n.written.Entries[name][1]}, Sees: formula.Only(formula.Obs, formula.Goal)})
		}
		if n.HasGoal() != (len(retarget) > 0) || len(n.MeasureNames()) != len(measures) {
			t.Fatalf("%s: goals %v, %d measures", n.Name, n.HasGoal(), len(measures))
		}
		want := make([]float64, len(measures))
		n.states(many, func(in *formula.Inputs) {
			n.Measure(want, in[formula.Next])
			for i, p := range measures {
				if got := p.Number(in); !same(got, want[i]) {
					t.Fatalf("%s: %s: %v, want %v", n.Name, p, got, want[i])
				}
			}
			moved, formulas := slices.Clone(in[formula.Obs]), slices.Clone(in[formula.Obs])
			n.Task.Retarget(moved, in[formula.Goal])
			for name, p := range retarget {
				p.Eval(formulas[n.written.Entries[name][0]:], in)
			}
			if !slices.EqualFunc(moved, formulas, same) {
				t.Fatalf("%s: goals %v, want %v of %v", n.Name, formulas, moved, in)
			}
		})
	}
}
