package plot

import (
	"bytes"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/algo"
)

// extreme draws a number of any size, often one of those that are hard to draw.
func extreme(rng *rand.Rand) float64 {
	special := []float64{0, math.Copysign(0, -1), 1, -1, 200, 1e308, -1e308, math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 1e-300, 1e16, 1e16 + 2, math.NaN()}
	if rng.IntN(2) == 0 {
		return special[rng.IntN(len(special))]
	}
	for {
		if x := math.Float64frombits(rng.Uint64()); !math.IsInf(x, 0) {
			return x
		}
	}
}

// extremeRun is a run of any numbers at any sample counts.
func extremeRun(rng *rand.Rand, seed uint64) Run {
	run := Run{Task: "hopper", Algorithm: "PAL", Preset: "tuned", Seed: seed}
	if rng.IntN(2) == 0 {
		run.Threshold = 3800
	}
	level, spread := extreme(rng), rng.IntN(3)
	for i := range []int{1, 2, 3, 40}[rng.IntN(4)] {
		number := func() algo.Number {
			switch spread {
			case 0:
				return algo.Number(level) // all equal
			case 1:
				return algo.Number(level * (1 + 1e-15*float64(i)))
			}
			return algo.Number(extreme(rng))
		}
		x := []int{i, -i, math.MaxInt - 40 + i, math.MinInt + i, int(rng.Int64())}[rng.IntN(5)]
		run.Records = append(run.Records, algo.Record{Iteration: i + 1, Samples: x,
			Sampled:    algo.Evaluation{Samples: x, Return: number(), CILow: number(), CIHigh: number()},
			Evaluation: &algo.Evaluation{Samples: x, Return: number(), CILow: number(), CIHigh: number()}})
	}
	return run
}

// check draws groups in every format; a picture has to be whole, small and soon there.
func check(t *testing.T, seed uint64, draw func(format string) ([]byte, error)) {
	t.Helper()
	for _, format := range Formats() {
		if format != ".svg" && seed%5 > 0 { // they take long, and see the same coordinates
			continue
		}
		begin := time.Now()
		picture, err := draw(format)
		if err != nil {
			t.Fatalf("seed %d, %s: %v", seed, format, err)
		}
		// A picture takes a tenth of a second; a loop over all numbers between two would take for ever.
		if took := time.Since(begin); took > 20*time.Second || len(picture) > 4<<20 {
			t.Errorf("seed %d, %s: %d bytes in %v", seed, format, len(picture), took)
		}
		switch format {
		case ".png":
			if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		default:
			if text := string(picture); format == ".svg" && (strings.Contains(text, "NaN") || strings.Contains(text, "Inf")) {
				t.Errorf("seed %d: the SVG has a coordinate that is no number", seed)
			}
		}
	}
}

// TestAnyNumbersGiveAPicture: what stands in a metrics file is not ours to choose.
func TestAnyNumbersGiveAPicture(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var runs []Run
		for k := range 1 + rng.IntN(4) {
			runs = append(runs, extremeRun(rng, uint64(k)))
		}
		groups := Groups(runs, rng.IntN(4) == 0)
		for _, g := range groups {
			for _, p := range append(g.Evaluation, g.Sampled...) {
				if math.IsInf(p.Mean, 0) || p.Seeds > 0 && math.IsNaN(p.Mean) {
					t.Fatalf("seed %d: finite numbers have the mean %g", seed, p.Mean)
				}
			}
		}
		check(t, seed, func(format string) ([]byte, error) { return Draw(groups, format) })
	}
}

func TestAnyDiagnosisGivesAPicture(t *testing.T) {
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var all []Diagnosed
		for range 1 + rng.IntN(3) {
			d := sick("x", 1)
			for _, numbers := range [][]algo.Number{d.Errors[0].Open, d.Errors[0].Closed, d.Returns.Predicted, d.Returns.Realised} {
				for i := range numbers {
					numbers[i] = algo.Number(extreme(rng))
				}
			}
			for i := range d.Disagreement.Error {
				d.Disagreement.Error[i], d.Disagreement.Spread[i] = extreme(rng), extreme(rng)
			}
			all = append(all, d)
		}
		check(t, seed, func(format string) ([]byte, error) { return DrawDiagnoses([]string{"valve angle"}, all, format) })
	}
}

// FuzzTicks: an axis of any range has few ticks, all on it, in order, and no two of the same name.
func FuzzTicks(f *testing.F) {
	for _, x := range []float64{0, 1, 1e308, -1e308, 5e-324, 1e16} {
		f.Add(x, x)
		f.Add(x, x+1)
		f.Add(-x, 2*x)
	}
	f.Fuzz(func(t *testing.T, low, high float64) {
		if math.IsNaN(low) || math.IsNaN(high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
			return
		}
		a := newAxis()
		a.see(low, high)
		for _, a.log = range []bool{false, low > 0 && high > 0} {
			a.settle()
			from, to := a.limits(0.03, 0.03)
			if !(to > from) || math.IsInf(to-from, 0) {
				t.Fatalf("%g to %g: the axis reaches from %g to %g", low, high, from, to)
			}
			marks := ticks{}.Ticks(from, to)
			if a.log {
				marks = powers{}.Ticks(from, to)
			}
			names := map[string]bool{}
			last := math.Inf(-1)
			for _, m := range marks {
				if !(m.Value >= from && m.Value <= to) || m.Label != "" && names[m.Label] || !a.log && m.Value <= last {
					t.Fatalf("%g to %g: ticks %+v", low, high, marks)
				}
				names[m.Label], last = true, m.Value
			}
			if labels := len(names); labels < 2 || labels > 2*mostTicks {
				t.Errorf("%g to %g: %d labels: %+v", low, high, labels, marks)
			}
		}
	})
}
