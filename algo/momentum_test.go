package algo

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// A step becomes the mean with those before, each weighing the momentum times the next one's weight.
func TestMomentumWeighsStepsByAge(t *testing.T) {
	for _, one := range []struct {
		momentum float64
		want     []float64
	}{
		{0, []float64{4, -5}}, {0.5, []float64{(0.25*1 + 0.5*2 + 4) / 1.75, (0.25*3 + 0.5*1 - 5) / 1.75}},
		{0.99, []float64{(0.9801*1 + 0.99*2 + 4) / 2.9701, (0.9801*3 + 0.99*1 - 5) / 2.9701}},
	} {
		var mean meanStep
		var last []float64
		for _, g := range [][]float64{{1, 3}, {2, 1}, {4, -5}} {
			last = slices.Clone(g)
			mean.add(last, one.momentum)
		}
		if !floats.EqualApprox(last, one.want, 1e-14) { // three sums and quotients round by some units in the last place
			t.Errorf("momentum %g: %g, want %g", one.momentum, last, one.want)
		}
	}
}

// Noise of variance 1 in every step leaves (1 − m)/(1 + m) in the mean of many, the sum of the squared weights.
func TestMomentumLessensNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, momentum := range []float64{0, 0.5, 0.8} {
		var mean meanStep
		step := make([]float64, 20000)
		for range 60 { // 0.8^60 is 1.5e-6: the beginning is forgotten
			for i := range step {
				step[i] = 3 + random.NormFloat64()
			}
			mean.add(step, momentum)
		}
		centre, variance := stat.MeanVariance(step, nil)
		want := (1 - momentum) / (1 + momentum)
		// Of 20,000 entries, the variance is known to 1 % (one standard deviation), the mean to 0.7 % of 1.
		if !(variance > 0.95*want && variance < 1.05*want) || !(centre > 2.96 && centre < 3.04) {
			t.Errorf("momentum %g: mean %g and variance %g, want 3 and %g", momentum, centre, variance, want)
		}
	}
}
