// Package formulatest generates random formulas, which compare the forms of a program and the devices that run it.
package formulatest

import (
	"fmt"
	"math/rand/v2"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Lengths of the rows of random formulas.
const (
	Observation = 9
	Actions     = 3
	Parameters  = 2
)

// Names are those of random formulas: two numbers, two vectors and a condition; actions; parameters; definitions.
func Names() formula.Names {
	return formula.Names{
		Observation: []formula.Entry{{Name: "x", First: 0, Length: 1}, {Name: "y", First: 1, Length: 1}, {Name: "v", First: 2, Length: 3},
			{Name: "w", First: 5, Length: 3}, {Name: "on", First: 8, Length: 1, Condition: true}},
		Action:  []formula.Entry{{Name: "push", First: 1, Length: 1}},
		Actions: Actions, Parameters: []string{"p", "q"},
		Definitions: []formula.Definition{{Name: "both", Source: "x*y - norm(v)"}, {Name: "turn", Source: "vector(w[2], w[0:2])*p"}},
	}
}

// Generator writes random formulas.
type Generator struct {
	*rand.Rand
	Smooth bool // formulas without steps, which have a derivative almost everywhere
	Exact  bool // only operations that every processor rounds alike
}

func (g Generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

// either picks from two lists; only from the first where operations must be exact.
func (g Generator) either(exact []string, rounded ...string) string {
	if g.Exact {
		return g.pick(exact...)
	}
	return g.pick(append(exact, rounded...)...)
}

// Number writes a formula for a number.
func (g Generator) Number(depth int) string {
	if depth == 0 {
		return g.pick("x", "y", "next.x", "next.y", "v[1]", "next.w[2]", "action[0]", "action.push", "p", "q", "0.5", "2", "-1.25", "pi", "both", "next.both")
	}
	a, b, c := g.Number(depth-1), g.Number(g.IntN(depth)), g.Number(g.IntN(depth))
	v, w := g.Vector(depth-1), g.Vector(g.IntN(depth))
	kind := g.IntN(14)
	for g.Exact && (kind == 4 || kind == 7) {
		kind = g.IntN(14)
	}
	switch kind {
	case 0:
		return fmt.Sprintf("(%s + %s)", a, b)
	case 1:
		return fmt.Sprintf("(%s - %s)*%s", a, b, c)
	case 2:
		return fmt.Sprintf("%s/(1 + abs(%s))", a, b)
	case 3:
		return fmt.Sprintf("%s(%s)", g.either([]string{"abs", "-", "+"}, "sin", "cos", "tanh", "atan"), a)
	case 4:
		return fmt.Sprintf("%s(tanh(%s))", g.pick("exp", "asin", "acos", "tan"), a)
	case 5:
		return fmt.Sprintf("%s(1 + abs(%s))", g.either([]string{"sqrt"}, "log"), a)
	case 6:
		return fmt.Sprintf("%s(%s, %s)", g.either([]string{"min", "max"}, "hypot", "atan2"), a, b)
	case 7:
		return fmt.Sprintf("pow(1 + abs(%s), tanh(%s))", a, b)
	case 8:
		return fmt.Sprintf("where(%s, %s, %s)", g.Condition(depth-1), a, b)
	case 9:
		return fmt.Sprintf("%s(%s)", g.pick("sum", "squares", "norm", "mean", "min", "max"), v)
	case 10:
		return fmt.Sprintf("dot(%s, %s)", v, w)
	case 11:
		return fmt.Sprintf("clip(%s, -1, %s)", a, b)
	case 12:
		return fmt.Sprintf("(%s)[%d]", v, g.IntN(3))
	}
	if g.Smooth {
		return fmt.Sprintf("wrap(%s)", a)
	}
	return fmt.Sprintf("%s(%s)", g.pick("floor", "ceil", "single", "wrap"), a)
}

// Vector writes a formula for a vector of three numbers.
func (g Generator) Vector(depth int) string {
	if depth == 0 {
		return g.pick("v", "w", "next.v", "next.w", "action", "turn", "next.turn")
	}
	a, v, w := g.Number(g.IntN(depth)), g.Vector(depth-1), g.Vector(g.IntN(depth))
	switch g.IntN(7) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", v, g.pick("+", "-", "*"), w)
	case 1:
		return fmt.Sprintf("%s*%s", a, v)
	case 2:
		return fmt.Sprintf("%s(%s)", g.either([]string{"abs", "-"}, "sin", "tanh"), v)
	case 3:
		return fmt.Sprintf("where(%s, %s, %s)", g.pick(fmt.Sprintf("%s > %s", v, w), g.Condition(g.IntN(depth))), v, g.pick(w, a))
	case 4:
		return fmt.Sprintf("vector(%s, (%s)[0:2])", a, v)
	case 5:
		return fmt.Sprintf("repeat(%s, 3)", a)
	}
	return fmt.Sprintf("%s(%s, %s)", g.either([]string{"min", "max"}, "hypot", "atan2"), v, w)
}

// Condition writes a formula for a condition.
func (g Generator) Condition(depth int) string {
	if depth == 0 {
		return g.pick("on", "next.on", "x < y", "next.x >= p", "true", "false")
	}
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", g.Condition(depth-1), g.pick("&&", "||"), g.Condition(g.IntN(depth)))
	case 1:
		return fmt.Sprintf("!(%s)", g.Condition(depth-1))
	case 2:
		return fmt.Sprintf("%s(%s %s %s)", g.pick("all", "any"), g.Vector(depth-1), g.pick("<", ">="), g.Number(g.IntN(depth)))
	case 3:
		return fmt.Sprintf("where(%s, %s, %s)", g.Condition(depth-1), g.Condition(g.IntN(depth)), g.Condition(g.IntN(depth)))
	}
	return fmt.Sprintf("(%s %s %s)", g.Number(depth-1), g.pick("<", "<=", ">", ">=", "==", "!="), g.Number(g.IntN(depth)))
}

// Inputs are random rows; some numbers are whole, so that comparisons and minima see equal ones.
func (g Generator) Inputs() *formula.Inputs {
	row := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			if x[i] = g.NormFloat64(); !g.Smooth && g.IntN(4) == 0 {
				x[i] = float64(g.IntN(5) - 2)
			}
		}
		return x
	}
	in := &formula.Inputs{formula.Obs: row(Observation), formula.Action: row(Actions), formula.Next: row(Observation), formula.Parameters: row(Parameters)}
	in[formula.Obs][Observation-1], in[formula.Next][Observation-1] = float64(g.IntN(2)), float64(g.IntN(2))
	return in
}
