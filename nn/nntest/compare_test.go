package nntest

import (
	"math"
	"testing"
)

func TestMismatchFailsOnWhatIsNotANumber(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	wide := tolerance{relative: 1, absolute: 1e300}
	for what, pair := range map[string][2][]float64{
		"got NaN":                {{1, nan}, {1, 2}},
		"got infinity":           {{1, inf}, {1, 2}},
		"want NaN":               {{1, 2}, {1, nan}},
		"want infinity":          {{1, 2}, {1, inf}},
		"NaN on both sides":      {{nan}, {nan}},
		"infinity on both":       {{inf}, {inf}},
		"fewer":                  {{1}, {1, 2}},
		"more":                   {{1, 2}, {1}},
		"nothing to be compared": {{}, {}},
	} {
		if mismatch(pair[0], pair[1], wide) == nil {
			t.Errorf("%s passes", what)
		}
	}
}

func TestMismatchHoldsTheBound(t *testing.T) {
	want := []float64{3, -4, 0} // rms 5/√3 = 2.887
	tol := tolerance{relative: 0.01}
	for _, c := range []struct {
		entry  int
		change float64
		passes bool
	}{{0, 0.058, true}, {0, 0.06, false}, {1, -0.068, true}, {1, 0.07, false}, {2, 0.028, true}, {2, -0.03, false}} {
		got := append([]float64(nil), want...)
		got[c.entry] += c.change
		if err := mismatch(got, want, tol); (err == nil) != c.passes {
			t.Errorf("entry %d off by %g: %v", c.entry, c.change, err)
		}
	}
	if err := mismatch([]float64{1, 1e-30}, []float64{1, 0}, tolerance{}); err == nil {
		t.Error("a bound of 0 lets a difference pass")
	}
}
