package formula_test

import (
	"testing"
	"time"

	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/formula/formulatest"
)

// Compile never panics and is quick, whatever the text; what it takes can be run, differentiated, formatted and
// compiled again.
func FuzzCompile(f *testing.F) {
	for _, source := range []string{"x + next.y", "where(0.2 < x < 1, 2, 3)", "norm(where(abs(v) >= p, v, 0))", "-p*squares(action)", "v[0:2][1]", "!(on && next.both > 1e9)",
		"vector(repeat(v, 200), w)", "((((x", "next.", "sin(", "x\n+\ny", "1_0e3", "func(){}()", "\xff", "x /* */", "[]int{1}[0]", "map[x]y{}", "pow(-1, 0.5)/0", "a?b:c", "`x`", "x...", "*x", "x.(y)", "1<<70", "v[99999999999]"} {
		f.Add(source)
	}
	scope := randomScope(f)
	f.Fuzz(func(t *testing.T, source string) {
		start := time.Now()
		p, problems := scope.Compile(source, formula.Position{}, formula.Want{})
		if (p == nil) != (len(problems) > 0) || len(problems) > formula.MaxProblems {
			t.Fatalf("%q: %v and %d problems", source, p, len(problems))
		}
		if took := time.Since(start); took > 2*time.Second { // 4 kB take milliseconds; a shared machine may be slow
			t.Fatalf("%q took %v", source, took)
		}
		if p == nil {
			return
		}
		in := &formula.Inputs{formula.Obs: make([]float64, formulatest.Observation), formula.Action: make([]float64, formulatest.Actions), formula.Next: make([]float64, formulatest.Observation), formula.Parameters: make([]float64, 2)}
		out := make([]float64, p.Outputs())
		p.Eval(out, in)
		p.Gradient(in, nil, in, out, make([]float64, p.Scratch()))
		if again, problems := scope.Compile(p.String(), formula.Position{}, formula.Want{}); len(problems) > 0 || again.String() != p.String() {
			t.Fatalf("%q: formatted %q: %v", source, p, problems)
		}
	})
}
