package algo

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// mostPromise is how many times the realised return a predicted one may be: more, and the policy lives on errors of the model.
const mostPromise = 1.5

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
