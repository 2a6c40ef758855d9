package formula_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/formula/formulatest"
)

// same reports whether two numbers have the same bits, or are both NaN.
func same(x, y float64) bool {
	return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y
}

func randomScope(t testing.TB) *formula.Scope {
	t.Helper()
	scope, problems := formula.NewScope(formulatest.Names())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return scope
}

// A random formula gives the same bits in all its forms: by trees and steps, from its binary layout, along the tape of
// the derivative, joined with another one, and formatted.
func TestFormsOfAProgramAgree(t *testing.T) {
	scope, g := randomScope(t), formulatest.Generator{Rand: rand.New(rand.NewPCG(1, 2))}
	steps := 0
	for range 1500 {
		source := []func(int) string{g.Number, g.Vector, g.Condition}[g.IntN(3)](1 + g.IntN(4))
		p, problems := scope.Compile(source, formula.Position{}, formula.Want{})
		if len(problems) > 0 {
			t.Fatalf("%s: %v", source, problems)
		}
		again, problems := scope.Compile(p.String(), formula.Position{}, formula.Want{})
		if len(problems) > 0 || again.String() != p.String() || formula.Format(source) != p.String() {
			t.Fatalf("%s: formatted %s, again %v %v", source, p, again, problems)
		}
		other, _ := scope.Compile(g.Vector(2), formula.Position{}, formula.Want{})
		joined, err := formula.Join(other, p, p)
		if err != nil {
			t.Fatal(err)
		}
		n := p.Outputs()
		out, formatted, twice, taped := make([]float64, n), make([]float64, n), make([]float64, 3+2*n), make([]float64, n)
		for range 20 {
			in := g.Inputs()
			p.Eval(out, in)
			again.Eval(formatted, in)
			joined.Eval(twice, in)
			p.Gradient(&formula.Inputs{}, taped, in, make([]float64, n), make([]float64, p.Scratch()))
			for _, form := range [][]float64{formatted, twice[3 : 3+n], twice[3+n:], taped, formula.EvalEncoded(p.Encode(), in), formula.EvalEncoded(p.EncodeTape(), in), formula.EvalEncoded(joined.Encode(), in)[3 : 3+n]} {
				if !slices.EqualFunc(form, out, same) {
					t.Fatalf("%s: %v, want %v of %v", source, form, out, in)
				}
			}
			if n == 1 && !same(p.Number(in), out[0]) {
				t.Fatalf("%s: %v, want %v", source, p.Number(in), out[0])
			}
		}
		if len(p.Encode()) > 60 {
			steps++
		}
	}
	if steps < 150 {
		t.Errorf("only %d formulas were long", steps)
	}
}

// Derivatives of random formulas are those of finite differences, away from kinks.
func TestDerivativesOfRandomFormulas(t *testing.T) {
	scope, g := randomScope(t), formulatest.Generator{Rand: rand.New(rand.NewPCG(3, 4)), Smooth: true}
	compared, skipped := 0, 0
	for range 1500 {
		source := []func(int) string{g.Number, g.Vector}[g.IntN(2)](1 + g.IntN(4))
		p, problems := scope.Compile(source, formula.Position{}, formula.Want{})
		if len(problems) > 0 {
			t.Fatalf("%s: %v", source, problems)
		}
		weights := make([]float64, p.Outputs())
		for i := range weights {
			weights[i] = g.NormFloat64()
		}
		c, s := formulatest.CheckGradient(t, p, g.Inputs(), weights, formula.Obs, formula.Action, formula.Next, formula.Parameters)
		compared, skipped = compared+c, skipped+s
	}
	if skipped*20 > compared {
		t.Errorf("%d derivatives compared, %d skipped", compared, skipped)
	}
}

// A derivative at a kink is the one that the package's comment promises, and a branch that was not taken adds nothing.
func TestDerivativesAtKinks(t *testing.T) {
	scope := randomScope(t)
	for _, c := range []struct {
		source string
		want   []float64 // derivatives by x, y and v, at 0
	}{
		{"abs(x)", []float64{0, 0, 0, 0, 0}}, {"norm(v)", []float64{0, 0, 0, 0, 0}}, {"hypot(x, y)", []float64{0, 0, 0, 0, 0}},
		{"min(x, y)", []float64{1, 0, 0, 0, 0}}, {"max(x, y)", []float64{1, 0, 0, 0, 0}}, {"max(v)", []float64{0, 0, 1, 0, 0}},
		{"where(x > 0, sqrt(x), y)", []float64{0, 1, 0, 0, 0}}, {"where(x < 0, 1/x, 3*x)", []float64{3, 0, 0, 0, 0}},
		{"clip(x, 0, 1)", []float64{1, 0, 0, 0, 0}}, {"floor(x) + wrap(y)", []float64{0, 1, 0, 0, 0}}, {"single(x)*2", []float64{2, 0, 0, 0, 0}},
		{"where(x < y, 1, 0) + squares(v)", []float64{0, 0, 0, 0, 0}}, {"pow(x, 2) + pow(y, 1)", []float64{0, 1, 0, 0, 0}},
		{"atan2(x, y)", []float64{0, 0, 0, 0, 0}}, {"x*x*y + sum(v)", []float64{0, 0, 1, 1, 1}},
	} {
		p, problems := scope.Compile(c.source, formula.Position{}, formula.Want{})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		into := formula.Inputs{formula.Obs: make([]float64, formulatest.Observation)}
		p.Gradient(&into, nil, &formula.Inputs{formula.Obs: make([]float64, formulatest.Observation)}, []float64{1}, make([]float64, p.Scratch()))
		if !slices.Equal(into[formula.Obs][:5], c.want) {
			t.Errorf("%s: %v, want %v", c.source, into[formula.Obs], c.want)
		}
	}
}

// Neither values nor derivatives allocate.
func TestEvaluationAllocatesNothing(t *testing.T) {
	scope := randomScope(t)
	p, problems := scope.Compile("norm(where(abs(next.v) > p, next.v*w, repeat(x, 3))) - dot(action, action)", formula.Position{}, formula.Want{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	g := formulatest.Generator{Rand: rand.New(rand.NewPCG(9, 9))}
	in, out, into, scratch := g.Inputs(), make([]float64, 1), g.Inputs(), make([]float64, p.Scratch())
	if n := testing.AllocsPerRun(100, func() {
		p.Eval(out, in)
		p.Gradient(into, out, in, out, scratch)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
