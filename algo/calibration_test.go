package algo

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// normalRows are n rows of one entry whose error is normal with the deviation sigma, foreseen by two members whose means
// lie apart by twice the disagreement and whose noise is the given one, in units of a scale.
func normalRows(n int, sigma, disagreement, noise, scale float64) *outlook {
	o := &outlook{shape: nn.EnsembleShape{Members: 2, Observation: 1, Kinds: []string{nn.KindPredicted}}, rows: n, scales: []float32{float32(scale)},
		predicted: make([]float32, 2*n), noise: make([]float32, 2*n), truth: make([]float32, n), errors: make([]float64, 2), squares: make([]float64, 2)}
	key := nn.Key{Seed: 1, Stream: nn.StreamWorld}
	for i := range n {
		o.truth[i] = float32(scale * sigma * float64(key.Normals(0, uint32(i))[0]))
		o.predicted[i], o.predicted[n+i] = float32(scale*disagreement), float32(-scale*disagreement)
		o.noise[i], o.noise[n+i] = float32(scale*noise), float32(scale*noise)
	}
	return o
}

// Five standard errors of a share of 10,000 rows bound the shares; the other numbers are those of the rows.
func TestCalibrationCountsNormalErrors(t *testing.T) {
	const n, bound = 10_000, 5 * 0.005
	for name, one := range map[string]struct{ sigma, disagreement, noise, within1, within2 float64 }{
		"noise alone":          {1, 0, 1, 0.6827, 0.9545},
		"disagreement alone":   {2, 2, 0, 0.6827, 0.9545},
		"both":                 {5, 3, 4, 0.6827, 0.9545},
		"half of what it says": {1, 0, 2, 0.9545, 0.99994},
		"twice what it says":   {2, 0, 1, 0.3829, 0.6827},
	} {
		c := normalRows(n, one.sigma, one.disagreement, one.noise, 7).calibration()
		near := func(what string, got Number, want, bound float64) {
			if !(math.Abs(float64(got)-want) <= bound) {
				t.Errorf("%s: %s %g, want %g", name, what, float64(got), want)
			}
		}
		near("within one", c.Within1, one.within1, bound)
		near("within two", c.Within2, one.within2, bound)
		near("error", c.Error, one.sigma, 0.05*one.sigma) // five standard errors of a root mean square are 3.5 %
		near("disagreement", c.Disagreement, one.disagreement, 1e-6*one.disagreement)
		near("noise", c.Noise, one.noise, 1e-6*one.noise)
		if c.Transitions != n {
			t.Errorf("%s: %d transitions, want %d", name, c.Transitions, n)
		}
	}
}

// What is not predicted does not count.
func TestCalibrationLeavesOutWhatIsNotPredicted(t *testing.T) {
	o := normalRows(10, 1, 0, 1, 1)
	o.scales[0] = 0
	if c := o.calibration(); c.Within1 == c.Within1 || c.Error == c.Error {
		t.Errorf("calibration of nothing is %+v, want no number", c)
	}
}
