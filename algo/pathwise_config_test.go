package algo

import (
	"math"
	"testing"
)

// An iteration ends for a small cosine only where a least one is set: halves that disagree by chance end nothing else.
func TestOnlyALeastCosineEndsAnIteration(t *testing.T) {
	for _, one := range []struct {
		least, cosine float64
		want          bool
	}{
		{0, 0.5, false}, {0, -0.5, false}, {0, -1, false}, {0, math.NaN(), false},
		{0.3, 0.29, true}, {0.3, -0.5, true}, {0.3, 0.31, false}, {0.3, math.NaN(), false},
	} {
		if got := (PathwiseConfig{LeastCosine: one.least}).doubts(one.cosine); got != one.want {
			t.Errorf("least %g, cosine %g: ends %v, want %v", one.least, one.cosine, got, one.want)
		}
	}
}
