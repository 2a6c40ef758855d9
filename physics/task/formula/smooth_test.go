package formula

import (
	"math"
	"testing"
)

// smoothed compiles a formula over x and returns its smooth derivative.
func smoothed(t *testing.T, source string, x []float64, smooth float64) []float64 {
	t.Helper()
	s, problems := NewScope(Names{Observation: []Entry{{Name: "x", First: 0, Length: 2}}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems := s.Compile(source, Position{}, Want{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	into := Inputs{Obs: make([]float64, len(x))}
	p.SmoothGradient(&into, nil, &Inputs{Obs: x}, []float64{1}, smooth, make([]float64, p.Scratch()))
	return into[Obs]
}

// A bonus below a threshold c has the derivative of bonus · σ((c − x)/(smooth · min(|x|, |c|))), with the width held.
func TestSmoothDerivativeOfAThreshold(t *testing.T) {
	const c, smooth = 0.4, 0.2
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for _, x := range []float64{0.1, 0.39, 0.4, 0.5, 3, -0.5} {
		width := smooth * math.Min(math.Abs(x), c)
		s := sigmoid((c - x) / width)
		want := -7 * s * (1 - s) / width
		for source, sign := range map[string]float64{
			"where(x[0] < 0.4, 7, 0)": 1, "where(0.4 > x[0], 7, 0)": 1, "where(x[0] >= 0.4, 7, 0)": -1, "where(!(x[0] < 0.4), 7, 0)": -1,
			"where(x[0] < 0.4, 9, 2)": 1, "where(x[0] < 0.4 && 1 < 2, 7, 0)": 1, "where(x[0] < 0.4 || 2 < 1, 7, 0)": 1,
		} {
			if got := smoothed(t, source, []float64{x, 0}, smooth)[0]; !(math.Abs(got-sign*want) <= 1e-12*(1+math.Abs(want))) {
				t.Errorf("%s at %g: derivative %g, want %g", source, x, got, sign*want)
			}
		}
		if got := smoothed(t, "where(x[0] < 0.4, 7, 0)", []float64{x, 0}, 0)[0]; got != 0 {
			t.Errorf("without smoothing the derivative at %g is %g", x, got)
		}
	}
}

// Where several conditions must hold, the one that fails alone is pulled; where none fails, each is.
func TestSmoothDerivativeGoesToWhatDecides(t *testing.T) {
	for _, one := range []struct {
		x    []float64
		want [2]bool
	}{{[]float64{1, 1}, [2]bool{true, true}}, {[]float64{3, 1}, [2]bool{true, false}}, {[]float64{3, 3}, [2]bool{false, false}}} {
		for _, source := range []string{"where(x[0] < 2 && x[1] < 2, 1, 0)", "where(all(x < 2), 1, 0)", "where(!any(x >= 2), 1, 0)"} {
			for k, slope := range smoothed(t, source, one.x, 0.5) {
				if (slope < 0) != one.want[k] || slope > 0 {
					t.Errorf("%s at %v: derivative %g by x[%d], pulled: %v", source, one.x, slope, k, one.want[k])
				}
			}
		}
	}
}

// A side that was not taken and is no number pulls nowhere, and neither does a comparison of what is none.
func TestSmoothDerivativeOfWhatIsNoNumber(t *testing.T) {
	for _, one := range []struct {
		source string
		x      []float64
		want   [2]float64
	}{
		{"where(x[0] > 0, log(x[0]), -5)", []float64{-1, 0}, [2]float64{0, 0}},
		{"where(x[0] > 0, log(x[0]), -5)", []float64{0, 0}, [2]float64{0, 0}},
		{"x[1] + where(acos(x[0]) < 1, 2, 0)", []float64{1.5, 3}, [2]float64{0, 1}},
		{"x[1] + where(1/x[0] < 1/x[1], 2, 0)", []float64{0, 0}, [2]float64{0, 1}},
	} {
		if got := smoothed(t, one.source, one.x, 0.5); got[0] != one.want[0] || got[1] != one.want[1] {
			t.Errorf("%s at %v: derivatives %v, want %v", one.source, one.x, got, one.want)
		}
	}
}
