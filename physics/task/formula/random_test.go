package formula_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Rows of random formulas: two numbers, two vectors and a condition; three actions; two parameters.
const (
	randomObs     = 9
	randomActions = 3
)

func randomNames() formula.Names {
	return formula.Names{
		Observation: []formula.Entry{{Name: "x", First: 0, Length: 1}, {Name: "y", First: 1, Length: 1}, {Name: "v", First: 2, Length: 3},
			{Name: "w", First: 5, Length: 3}, {Name: "on", First: 8, Length: 1, Condition: true}},
		Action:  []formula.Entry{{Name: "push", First: 1, Length: 1}},
		Actions: randomActions, Parameters: []string{"p", "q"},
		Definitions: []formula.Definition{{Name: "both", Source: "x*y - norm(v)"}, {Name: "turn", Source: "vector(w[2], w[0:2])*p"}},
	}
}

// generator writes random formulas. A smooth one has no steps, so that it has a derivative almost everywhere.
type generator struct {
	*rand.Rand
	smooth bool
}

func (g generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

// number writes a formula for a number.
func (g generator) number(depth int) string {
	if depth == 0 {
		return g.pick("x", "y", "next.x", "next.y", "v[1]", "next.w[2]", "action[0]", "action.push", "p", "q", "0.5", "2", "-1.25", "pi", "both", "next.both")
	}
	a, b, c := g.number(depth-1), g.number(g.IntN(depth)), g.number(g.IntN(depth))
	v, w := g.vector(depth-1), g.vector(g.IntN(depth))
	switch g.IntN(14) {
	case 0:
		return fmt.Sprintf("(%s + %s)", a, b)
	case 1:
		return fmt.Sprintf("(%s - %s)*%s", a, b, c)
	case 2:
		return fmt.Sprintf("%s/(1 + abs(%s))", a, b)
	case 3:
		return fmt.Sprintf("%s(%s)", g.pick("abs", "sin", "cos", "tanh", "atan", "-", "+"), a)
	case 4:
		return fmt.Sprintf("%s(tanh(%s))", g.pick("exp", "asin", "acos", "tan"), a)
	case 5:
		return fmt.Sprintf("%s(1 + abs(%s))", g.pick("sqrt", "log"), a)
	case 6:
		return fmt.Sprintf("%s(%s, %s)", g.pick("min", "max", "hypot", "atan2"), a, b)
	case 7:
		return fmt.Sprintf("pow(1 + abs(%s), tanh(%s))", a, b)
	case 8:
		return fmt.Sprintf("where(%s, %s, %s)", g.condition(depth-1), a, b)
	case 9:
		return fmt.Sprintf("%s(%s)", g.pick("sum", "squares", "norm", "mean", "min", "max"), v)
	case 10:
		return fmt.Sprintf("dot(%s, %s)", v, w)
	case 11:
		return fmt.Sprintf("clip(%s, -1, %s)", a, b)
	case 12:
		return fmt.Sprintf("(%s)[%d]", v, g.IntN(3))
	}
	if g.smooth {
		return fmt.Sprintf("wrap(%s)", a)
	}
	return fmt.Sprintf("%s(%s)", g.pick("floor", "ceil", "single", "wrap"), a)
}

// vector writes a formula for a vector of three numbers.
func (g generator) vector(depth int) string {
	if depth == 0 {
		return g.pick("v", "w", "next.v", "next.w", "action", "turn", "next.turn")
	}
	a, v, w := g.number(g.IntN(depth)), g.vector(depth-1), g.vector(g.IntN(depth))
	switch g.IntN(7) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", v, g.pick("+", "-", "*"), w)
	case 1:
		return fmt.Sprintf("%s*%s", a, v)
	case 2:
		return fmt.Sprintf("%s(%s)", g.pick("abs", "sin", "tanh", "-"), v)
	case 3:
		return fmt.Sprintf("where(%s, %s, %s)", g.pick(fmt.Sprintf("%s > %s", v, w), g.condition(g.IntN(depth))), v, g.pick(w, a))
	case 4:
		return fmt.Sprintf("vector(%s, (%s)[0:2])", a, v)
	case 5:
		return fmt.Sprintf("repeat(%s, 3)", a)
	}
	return fmt.Sprintf("%s(%s, %s)", g.pick("min", "max", "hypot", "atan2"), v, w)
}

// condition writes a formula for a condition.
func (g generator) condition(depth int) string {
	if depth == 0 {
		return g.pick("on", "next.on", "x < y", "next.x >= p", "true", "false")
	}
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", g.condition(depth-1), g.pick("&&", "||"), g.condition(g.IntN(depth)))
	case 1:
		return fmt.Sprintf("!(%s)", g.condition(depth-1))
	case 2:
		return fmt.Sprintf("%s(%s %s %s)", g.pick("all", "any"), g.vector(depth-1), g.pick("<", ">="), g.number(g.IntN(depth)))
	case 3:
		return fmt.Sprintf("where(%s, %s, %s)", g.condition(depth-1), g.condition(g.IntN(depth)), g.condition(g.IntN(depth)))
	}
	return fmt.Sprintf("(%s %s %s)", g.number(depth-1), g.pick("<", "<=", ">", ">=", "==", "!="), g.number(g.IntN(depth)))
}

// inputs are random rows; some numbers are whole, so that comparisons and minima meet equal ones.
func (g generator) inputs() *formula.Inputs {
	row := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			if x[i] = g.NormFloat64(); !g.smooth && g.IntN(4) == 0 {
				x[i] = float64(g.IntN(5) - 2)
			}
		}
		return x
	}
	in := &formula.Inputs{formula.Obs: row(randomObs), formula.Action: row(randomActions), formula.Next: row(randomObs), formula.Parameters: row(2)}
	in[formula.Obs][randomObs-1], in[formula.Next][randomObs-1] = float64(g.IntN(2)), float64(g.IntN(2))
	return in
}
