package tasks

import (
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/formula/formulatest"
)

// Derivatives of every formula of every task are those of finite differences, away from kinks.
func TestDerivativesOfTheTasks(t *testing.T) {
	const longest = 160 // numbers of a row; those that a formula does not read have the derivative 0
	g := rand.New(rand.NewPCG(5, 6))
	row := func(length int) []float64 {
		x := make([]float64, length)
		for i := range x {
			x[i] = g.NormFloat64()
		}
		return x
	}
	for _, name := range Names() {
		one, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		formulas := 0
		one.EachFormula(func(what string, p *formula.Program) {
			formulas++
			compared, skipped := 0, 0
			for range 12 {
				_, values := one.Identity()
				in := &formula.Inputs{formula.Obs: row(longest), formula.Action: row(longest), formula.Next: row(longest), formula.Goal: row(longest),
					formula.Parameters: append(append([]float64{}, values...), one.Dt())}
				var rows []formula.Row
				for _, r := range []formula.Row{formula.Obs, formula.Action, formula.Next, formula.Goal, formula.Parameters} {
					if p.Reads(r) {
						rows = append(rows, r)
					}
				}
				c, s := formulatest.CheckGradient(t, p, in, row(p.Outputs()), rows...)
				compared, skipped = compared+c, skipped+s
			}
			if skipped*20 > compared {
				t.Errorf("%s: %s: %d derivatives compared, %d skipped", name, what, compared, skipped)
			}
		})
		if formulas < 2 {
			t.Errorf("%s: %d formulas", name, formulas)
		}
	}
}
