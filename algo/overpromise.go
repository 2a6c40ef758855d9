package algo

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

const (
	// mostPromise is how many times the realised return a predicted one may be: more, and the policy lives on errors of the model.
	mostPromise = 1.5
	// overPromisesWarned is how many such iterations in a row are worth a warning: in one or two a policy may learn something new.
	overPromisesWarned = 3
)

// OverPromising reports whether the model has promised too much of the policy for so many iterations that users should know.
func (m ModelRecord) OverPromising() bool { return m.OverPromised >= overPromisesWarned }

// exceeds reports whether a predicted return exceeds the mean of realised ones by more than a factor, and by more than two
// standard errors of that mean, which one episode alone does not tell. Of two negative returns, the realised one is the
// larger by that factor; returns of different signs differ by any factor.
func exceeds(predicted float64, realised []float64) bool {
	average, spread := stat.MeanStdDev(realised, nil)
	gap := predicted - average
	if !(gap > (mostPromise-1)*min(math.Abs(predicted), math.Abs(average))) {
		return false
	}
	return len(realised) < 2 || gap > 2*spread/math.Sqrt(float64(len(realised)))
}

// watchPromise counts the iterations in a row whose policies the model promised too much of. Where nothing was predicted, as in a
// world that just changed, the count begins again.
func (g *Game) watchPromise(realised []float64) {
	if exceeds(float64(g.record.Model.Predicted), realised) {
		g.overPromised++
	} else {
		g.overPromised = 0
	}
	g.record.Model.OverPromised = g.overPromised
}
