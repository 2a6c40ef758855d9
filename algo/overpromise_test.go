package algo

import (
	"math"
	"testing"
)

// A promise is too large from half more than what came, of either sign, unless the episodes vary by as much.
func TestPromisesThatAreTooLarge(t *testing.T) {
	for name, one := range map[string]struct {
		predicted float64
		realised  []float64
		want      bool
	}{
		"kept":                          {100, []float64{100, 101}, false},
		"half more":                     {149, []float64{100, 100}, false},
		"more than half more":           {151, []float64{100, 100}, true},
		"less":                          {10, []float64{100, 100}, false},
		"one episode":                   {151, []float64{100}, true},
		"costs, kept":                   {-100, []float64{-149, -149}, false},
		"costs, half more":              {-100, []float64{-151, -151}, true},
		"costs, fewer":                  {-200, []float64{-100, -100}, false},
		"of another sign":               {10, []float64{-1, -1}, true},
		"episodes that vary as much":    {160, []float64{0, 200}, false}, // 100 ± 100 in a standard error
		"many episodes that vary":       {160, []float64{80, 120, 80, 120, 80, 120}, true},
		"nothing predicted":             {math.NaN(), []float64{1, 2}, false},
		"nothing realised":              {1, nil, false},
		"a prediction that is infinite": {math.Inf(1), []float64{1, 2}, true},
	} {
		if got := exceeds(one.predicted, one.realised); got != one.want {
			t.Errorf("%s: %v, want %v", name, got, one.want)
		}
	}
}
