package algo

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// The mean of 1, 2, 3, 6 is 3 and the mean square deviation 3.5; a constant column is shifted only.
func TestColumnMomentsAreMeanAndStandardDeviation(t *testing.T) {
	shift, scale := normaliserOf(columnMoments(nn.Matrix([]float32{1, 7, 2, 7, 3, 7, 6, 7}, 4, 2)))
	if shift[0] != 3 || shift[1] != 7 || scale[1] != 1 {
		t.Errorf("shift %v, scale %v", shift, scale)
	}
	if want := math.Sqrt(3.5); !(math.Abs(float64(scale[0])-want) <= 1e-6) { // float32
		t.Errorf("scale %g, want %g", scale[0], want)
	}
}
