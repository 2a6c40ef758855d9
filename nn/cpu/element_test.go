package cpu

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// awkward are numbers on which two implementations are most likely to differ.
func awkward() []float32 {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	return []float32{
		0, float32(math.Copysign(0, -1)), 1, -1, 0.5, -3.25, nan, inf, -inf,
		math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 0x1p-127, -0x1.8p-130,
		math.MaxFloat32, -math.MaxFloat32, 7.9053111, 7.9053106, -7.9053111, 9, -20, 1e-4, 1e-20, 1e20,
	}
}

// array is n numbers: mostly plain ones, every seventh awkward, at places that move with the turn. In even turns
// arrays of all seeds have the same awkward numbers there: only two negative zeros sum to one.
func array(n, turn int, seed uint64) []float32 {
	numbers, odd := uniform(make([]float32, n), seed, 4), awkward()
	for i := range numbers {
		if (i+turn)%7 == 0 {
			numbers[i] = odd[(i/7+turn+int(seed)*(turn%2))%len(odd)]
		}
	}
	return numbers
}

// sameBits compares bits; two NaNs are equal whatever their payloads.
func sameBits(a, b []float32) int {
	for i := range a {
		bothNaN := a[i] != a[i] && b[i] != b[i]
		if !bothNaN && math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

// loop is one loop over elements: fast may use the vector instructions, plain does not. Both get
// arrays [5] of n numbers and may change any of them.
type loop struct {
	name        string
	fast, plain func(x [5][]float32)
}

func loops() []loop {
	step := newAdamStep(nn.Adam{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Decay: 1e-3}, 7)
	return []loop{
		{"add", func(x [5][]float32) { add(x[0], x[1]) }, func(x [5][]float32) { addGo(x[0], x[1]) }},
		{"bias ReLU", func(x [5][]float32) { biasReLU(x[0], x[1]) }, func(x [5][]float32) { biasReLUGo(x[0], x[1]) }},
		{"bias tanh", func(x [5][]float32) { biasTanh(x[0], x[1]) }, func(x [5][]float32) { biasTanhGo(x[0], x[1]) }},
		{"ReLU backward", func(x [5][]float32) { reluBackward(x[0], x[1]) },
			func(x [5][]float32) { reluBackwardGo(x[0], x[1]) }},
		{"tanh backward", func(x [5][]float32) { tanhBackward(x[0], x[1]) },
			func(x [5][]float32) { tanhBackwardGo(x[0], x[1]) }},
		{"tanh forward", func(x [5][]float32) { tanhForward(x[0], x[1], x[2]) },
			func(x [5][]float32) { tanhForwardGo(x[0], x[1], x[2]) }},
		{"normalise", func(x [5][]float32) { normalise(x[0], x[1], x[2], x[3]) },
			func(x [5][]float32) { normaliseGo(x[0], x[1], x[2], x[3]) }},
		{"clip", func(x [5][]float32) { clipScale(x[0], x[1], &bounds{3.3, -3.3}) },
			func(x [5][]float32) { clipScaleGo(x[0], x[1], &bounds{3.3, -3.3}) }},
		{"bias SiLU", func(x [5][]float32) { biasSiLU(x[0], x[1], x[2], 1.25) }, func(x [5][]float32) { biasSiLUGo(x[0], x[1], x[2], 1.25) }},
		{"multiply", func(x [5][]float32) { multiply(x[0], x[1]) }, func(x [5][]float32) { multiplyGo(x[0], x[1]) }},
		{"scale", func(x [5][]float32) { scale(x[0], 0.3) }, func(x [5][]float32) { scaleGo(x[0], 0.3) }},
		{"project", func(x [5][]float32) { project(x[0], x[1], 0.3, 0.2, 1.7) }, func(x [5][]float32) { projectGo(x[0], x[1], 0.3, 0.2, 1.7) }},
		{"sums", summed(addSums), summed((*sums).addGo)},
		{"sums of squares", summed(func(s *sums, y []float32) { centre(s, y, 0.3) }), summed(func(s *sums, y []float32) { s.centreGo(y, 0.3) })},
		{"sums of products", summed(func(s *sums, y []float32) { dots(s, y, y) }), summed(func(s *sums, y []float32) { s.dotsGo(y, y) })},
		{"Adam", func(x [5][]float32) { adamUpdate(x[0], x[1], x[2], x[3], x[4], &step) },
			func(x [5][]float32) { adamGo(x[0], x[1], x[2], x[3], x[4], &step) }},
	}
}

// summed is a loop that sums array 0: it leaves the sums in array 1.
func summed(add func(s *sums, y []float32)) func(x [5][]float32) {
	return func(x [5][]float32) {
		s := sums{1, 2, 3, 4, 5, 6, 7, 8}
		add(&s, x[0])
		copy(x[1], s[:])
	}
}

// lengths are all below 34, and some above 64, where loops take several vectors at once.
func lengths() []int {
	all := []int{63, 64, 65, 100, 128, 131, 200}
	for n := range 34 {
		all = append(all, n)
	}
	return all
}

func TestElementLoopsAgreeWithTheirTwins(t *testing.T) {
	for _, l := range loops() {
		for _, n := range lengths() {
			for turn := range 2 * len(awkward()) {
				var fast, plain [5][]float32
				for i := range fast {
					fast[i] = array(n+1, turn, uint64(i+1)) // one more, as a guard
					plain[i] = array(n+1, turn, uint64(i+1))
				}
				cut := func(x [5][]float32) (y [5][]float32) {
					for i := range x {
						y[i] = x[i][:n]
					}
					return y
				}
				l.fast(cut(fast))
				l.plain(cut(plain))
				for i := range fast {
					if at := sameBits(fast[i], plain[i]); at >= 0 {
						t.Fatalf("%s of %d: array %d differs at %d: %g, twin %g", l.name, n, i, at, fast[i][at], plain[i][at])
					}
				}
			}
		}
	}
}

// TestLoopsOverRowsAreLoopsOverEach compares each with the loop in Go, row by row.
func TestLoopsOverRowsAreLoopsOverEach(t *testing.T) {
	for _, width := range []int{1, 3, 8, 12, 16, 64, 67} {
		for _, rows := range []int{0, 1, 2, 9} {
			for turn := range 5 {
				bias, out := array(width, turn, 1), array(rows*width, turn, 2)
				fresh := func() []float32 { return array(rows*width+1, turn, 3) } // one more, as a guard
				var got, want [3][]float32
				for i := range got {
					got[i], want[i] = fresh(), fresh()
				}
				biasReLURows(got[0], bias, rows)
				biasTanhRows(got[1], bias, rows)
				tanhForwardRows(got[2], bias, out, rows)
				for row := range rows {
					first, end := row*width, (row+1)*width
					biasReLUGo(want[0][first:end], bias)
					biasTanhGo(want[1][first:end], bias)
					tanhForwardGo(want[2][first:end], bias, out[first:end])
				}
				for i := range got {
					if at := sameBits(got[i], want[i]); at >= 0 {
						t.Fatalf("loop %d over %d rows of %d: entry %d is %g, want %g", i, rows, width, at, got[i][at], want[i][at])
					}
				}
			}
		}
	}
}

func TestColumnSumsAddFromTheFirstRow(t *testing.T) {
	for _, width := range []int{1, 3, 8, 15, 16, 40, 64, 71, 150} {
		for _, rows := range []int{0, 1, 2, 7, 33} {
			for turn := range 5 {
				x := array(rows*width, turn, 3)
				got, want := make([]float32, width+1), make([]float32, width+1) // one more, as a guard
				got[width], want[width] = 5, 5
				columnSums(got[:width], x, rows)
				columnSumsGo(want[:width], x, rows, 0)
				if at := sameBits(got, want); at >= 0 {
					t.Fatalf("%d rows of %d: sum %d is %g, want %g", rows, width, at, got[at], want[at])
				}
			}
		}
	}
}

// TestTanhIsClose walks over the floats in steps of 2⁻¹⁰ relative. The bound is five units in the
// last place of 1: some for the rational function, some for the roundings of its evaluation.
func TestTanhIsClose(t *testing.T) {
	const bound = 5 * 0x1p-24
	worst, where := 0.0, float32(0)
	for bits := uint32(1 << 13); bits < math.Float32bits(40); bits += 1 << 13 {
		for _, x := range []float32{math.Float32frombits(bits), -math.Float32frombits(bits)} {
			got := tanh(x)
			if !(math.Abs(float64(got)) <= 1) {
				t.Fatalf("|tanh(%g)| = %g is above 1", x, got)
			}
			err := math.Abs(float64(got) - math.Tanh(float64(x)))
			if !(err <= worst) {
				worst, where = err, x
			}
		}
	}
	if !(worst <= bound) {
		t.Errorf("tanh is off by %.3g at %g, bound %.3g", worst, where, bound)
	}
	t.Logf("largest error %.3g at %g", worst, where)
	if nan := tanh(float32(math.NaN())); nan == nan {
		t.Errorf("tanh(NaN) = %g", nan)
	}
}

func TestValueInputsAreThoseOfTheContract(t *testing.T) {
	const observation = 23
	v := &value{shape: nn.ValueShape{Observation: observation, Clip: 3.3, TimeScale: 77}}
	got, want := make([]float32, observation+nn.ValueTimePowers), make([]float32, observation+nn.ValueTimePowers)
	for turn := range 30 {
		obs := array(observation, turn, 3)
		for i := range obs {
			obs[i] *= 5
		}
		v.inputs(got, obs, float32(turn*37))
		v.shape.Inputs(want, obs, float32(turn*37))
		if at := sameBits(got, want); at >= 0 {
			t.Fatalf("feature %d of %g is %g, want %g", at, obs[at], got[at], want[at])
		}
	}
}
