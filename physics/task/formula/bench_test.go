package formula_test

import (
	"testing"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// BenchmarkHopper is the whole reward of the hopper and its termination on one row.
func BenchmarkHopper(b *testing.B) {
	scope, problems := formula.NewScope(formula.Names{
		Observation: []formula.Entry{{Name: "height", First: 0, Length: 1}, {Name: "pitch", First: 1, Length: 1}, {Name: "x_vel", First: 11, Length: 1}},
		Actions:     3, Parameters: []string{"alive_bonus", "control_cost", "min_height", "max_pitch"},
	})
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	compile := func(source string) *formula.Program {
		p, problems := scope.Compile(source, formula.Position{}, formula.Want{})
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		return p
	}
	reward, err := formula.Join(compile("next.x_vel"), compile("alive_bonus"), compile("-control_cost*squares(action)"))
	if err != nil {
		b.Fatal(err)
	}
	ends := compile("!(next.height > min_height && abs(next.pitch) < max_pitch)")
	in := &formula.Inputs{formula.Action: []float64{.1, -.2, .3}, formula.Next: []float64{1.2, .05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, formula.Parameters: []float64{1, 1e-3, .7, .2}}
	var terms [3]float64
	b.ReportAllocs()
	for b.Loop() {
		reward.Eval(terms[:], in)
		if ends.Holds(in) {
			b.Fatal("fell")
		}
	}
}
