package formulatest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// differences returns the derivative of Σ weights·outputs by number i of a row, by central differences of two widths,
// its error, and whether the two agree: near a kink they do not.
func differences(p *formula.Program, in *formula.Inputs, weights []float64, row formula.Row, i int) (difference, bound float64, smooth bool) {
	value := func(x float64) float64 {
		moved := *in
		moved[row] = slices.Clone(in[row])
		moved[row][i] = x
		out, sum := make([]float64, p.Outputs()), 0.0
		p.Eval(out, &moved)
		for k, w := range weights {
			sum += w * out[k]
		}
		return sum
	}
	slope := func(h float64) float64 { return (value(in[row][i]+h) - value(in[row][i]-h)) / (2 * h) }
	wide, narrow := slope(2e-4), slope(1e-5)
	if strings.Contains(p.String(), "single(") { // numbers of a few units are rounded by 2e-7
		return wide, 4e-3, math.Abs(wide-narrow) <= 4e-2*(1+math.Abs(wide))
	}
	// the error of differences of width 1e-5 is 1e-10 of the third derivative and 1e-11 of the value; the two widths
	// agree within 1e-4, so the third derivative is below 1e4
	return narrow, 1e-5, math.Abs(wide-narrow) <= 1e-4*(1+math.Abs(narrow))
}

// CheckGradient compares a gradient with differences, and returns how many numbers it could compare.
func CheckGradient(t testing.TB, p *formula.Program, in *formula.Inputs, weights []float64, rows ...formula.Row) (compared, skipped int) {
	t.Helper()
	var into formula.Inputs
	for _, row := range rows {
		into[row] = make([]float64, len(in[row]))
	}
	p.Gradient(&into, nil, in, weights, make([]float64, p.Scratch()))
	for _, row := range rows {
		for i, got := range into[row] {
			want, bound, smooth := differences(p, in, weights, row, i)
			if !smooth {
				skipped++
				continue
			}
			compared++
			if !(math.Abs(got-want) <= bound*(1+math.Abs(want))) {
				t.Fatalf("%s: derivative by number %d of row %d is %v, differences %v at %v", p, i, row, got, want, *in)
			}
		}
	}
	return compared, skipped
}
