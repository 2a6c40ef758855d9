package nn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// hashes are those of n rows.
func hashes(n int) []uint64 {
	all := make([]uint64, n)
	for i := range all {
		all[i] = nn.HashRow([]float32{float32(i), 0.5}, []float32{-1})
	}
	return all
}

func TestRowsHeldOutWereNeverTrainedOn(t *testing.T) {
	o := nn.FitOptions{Seed: 3, Care: nn.Care{HoldOut: 0.2}}
	all := hashes(60_000)
	trained := map[int]bool{}
	for n := 500; n <= len(all); n += n {
		train, held := o.Split(all[:n])
		if len(train)+len(held) != n {
			t.Fatalf("%d rows are trained on and %d held out, of %d", len(train), len(held), n)
		}
		// Five standard deviations of a binomial number of that mean.
		want := min(0.2*float64(n), nn.MostHeld)
		if off := math.Abs(float64(len(held)) - want); !(off < 5*math.Sqrt(want)) {
			t.Errorf("%d of %d rows are held out, want about %g", len(held), n, want)
		}
		for _, row := range held {
			if trained[row] {
				t.Fatalf("row %d is held out of %d rows, and was trained on in fewer", row, n)
			}
		}
		for _, row := range train {
			trained[row] = true
		}
	}
	for _, n := range []int{0, 1, 2} { // some of them would be all held out
		for seed := range uint64(50) {
			o.Seed = seed
			o.Care.HoldOut = 0.9
			if train, _ := o.Split(all[:n]); n > 0 && len(train) == 0 {
				t.Errorf("seed %d: no row of %d is trained on", seed, n)
			}
		}
	}
}

func TestRowsAreNamedByTheirContent(t *testing.T) {
	seen := map[uint64]int{}
	for i, h := range hashes(60_000) {
		if other, known := seen[h]; known {
			t.Fatalf("rows %d and %d have one hash", other, i)
		}
		seen[h] = i
	}
	if nn.HashRow([]float32{1, 2}, []float32{3}) == nn.HashRow([]float32{2, 1}, []float32{3}) {
		t.Error("the order of entries changes nothing")
	}
}

// The draws are exponential: mean and standard deviation 1, e⁻¹ of them above 1. Five standard errors bound each.
func TestWeightsOfRowsAreExponential(t *testing.T) {
	const n = 40_000
	o := nn.FitOptions{Seed: 3, Care: nn.Care{Bootstrap: true}}
	sum, squares, above := 0.0, 0.0, 0.0
	for _, h := range hashes(n) {
		w := float64(o.Weight(h, 2))
		if w == float64(o.Weight(h, 1)) {
			t.Fatal("two members have the same weight of a row")
		}
		sum, squares = sum+w/n, squares+w*w/n
		if w > 1 {
			above += 1. / n
		}
	}
	root := math.Sqrt(n)
	if !(math.Abs(sum-1) < 5/root) || !(math.Abs(squares-2) < 5*math.Sqrt(20)/root) || !(math.Abs(above-math.Exp(-1)) < 2.5/root) {
		t.Errorf("mean %g, mean square %g, above 1 %g; want 1, 2, %g", sum, squares, above, math.Exp(-1))
	}
	o.Care.Bootstrap = false
	if o.Weight(7, 0) != 1 {
		t.Error("without bootstrap a row does not weigh 1")
	}
}

func TestUnitsAreLeftOutAtTheirRate(t *testing.T) {
	const rows, units = 2000, 40
	o := nn.FitOptions{Seed: 5, Care: nn.Care{Dropout: 0.3}}
	for layer, rate := range []float64{0.3, 0.2, 0.1} {
		if got := o.Care.DropRate(layer, 4); math.Abs(got-rate) > 1e-15 {
			t.Errorf("layer %d leaves out %g, want %g", layer, got, rate)
		}
		var each [units]float64
		for row := range rows {
			d, last := o.Dropout(3, 1, 2, layer, 4).Row(row), -1
			for unit := d.Next(units); unit < units; unit = d.Next(units) {
				if unit <= last {
					t.Fatalf("unit %d is left out after %d", unit, last)
				}
				last = unit
				each[unit] += 1. / rows
			}
		}
		// Five standard deviations of a share of 2,000 draws.
		for unit, share := range each {
			if !(math.Abs(share-rate) < 5*math.Sqrt(rate*(1-rate)/rows)) {
				t.Errorf("layer %d leaves out unit %d in %g of the rows, want %g", layer, unit, share, rate)
			}
		}
	}
	draw := func(epoch uint64, member, row, layer int) (units []int) {
		d := o.Dropout(epoch, member, 2, layer, 4).Row(row)
		for range 5 {
			units = append(units, d.Next(1000))
		}
		return units
	}
	for name, other := range map[string][]int{"epoch": draw(4, 1, 9, 0), "member": draw(3, 0, 9, 0), "row": draw(3, 1, 10, 0), "layer": draw(3, 1, 9, 1)} {
		if slices.Equal(other, draw(3, 1, 9, 0)) {
			t.Errorf("another %s leaves out the same units", name)
		}
	}
}

// TestDrawsContinueAfterTheFirstBlock: a row whose first four gaps were drawn elsewhere leaves out the same units.
func TestDrawsContinueAfterTheFirstBlock(t *testing.T) {
	o := nn.FitOptions{Seed: 5, Care: nn.Care{Dropout: 0.3}}
	for row := range 50 {
		d := o.Dropout(3, 1, 2, 1, 4)
		whole, fourth := d.Row(row), 0
		for range 4 {
			fourth = whole.Next(1000)
		}
		rest := d.Row(row).After(fourth)
		for i := range 9 { // two blocks and one more
			if got, want := rest.Next(1000), whole.Next(1000); got != want {
				t.Fatalf("row %d: unit %d after the first block is %d, want %d", row, i, got, want)
			}
		}
	}
}

// TestRowsThatLeaveManyUnitsOutShareNoDraws: where random numbers repeat, so do 16 gaps in a row. A gap is one of some ten, so that
// none of the 2·10⁷ pairs of such sequences are alike by chance.
func TestRowsThatLeaveManyUnitsOutShareNoDraws(t *testing.T) {
	const units, sequence = 4000, 16 // 1,200 and 600 units left out, where 64 blocks hold 256 gaps
	o := nn.FitOptions{Seed: 5, Care: nn.Care{Dropout: 0.3}}
	seen := map[[sequence]int]string{}
	for row := range 4 {
		for layer := range 2 {
			d, last := o.Dropout(3, 1, 2, layer, 3).Row(row), 0
			var gaps [sequence]int
			for i := 0; last < units; i++ {
				unit := d.Next(units)
				copy(gaps[:], gaps[1:])
				gaps[sequence-1], last = unit-last, unit
				if i < sequence || unit >= units {
					continue
				}
				at := fmt.Sprintf("row %d, layer %d, unit %d", row, layer, unit)
				if other := seen[gaps]; other != "" {
					t.Fatalf("the gaps before %s are those before %s", at, other)
				}
				seen[gaps] = at
			}
		}
	}
}

func TestRateRisesAndFalls(t *testing.T) {
	o := nn.FitOptions{Adam: nn.DefaultAdam(), Anneal: 1, Warmup: 4, Rest: 0.1}
	rate := func(i int) float64 { return o.AdamAt(i, 100).Rate / o.Adam.Rate }
	for i, want := range map[int]float64{1: 0.2 * (0.1 + 0.9*100/101.), 5: 0.1 + 0.9*96/101., 100: 0.1 + 0.9/101} {
		if got := rate(i); !(math.Abs(got-want) < 1e-12) {
			t.Errorf("step %d has %g of the rate, want %g", i, got, want)
		}
	}
	checks := 0
	for i := 1; i <= 97; i++ {
		if o.Care.Checks(i, 97) {
			checks++
		}
	}
	if checks != 5 || !o.Care.Checks(97, 97) || !o.Care.Checks(1, 1) {
		t.Errorf("%d looks at the rows held out, last one %v", checks, o.Care.Checks(97, 97))
	}
}

func TestShapesOfGaussianMembers(t *testing.T) {
	shape := toyModel(true)
	plain := shape.Parameters()
	if plain != shape.MLP().Parameters() || shape.Width() != shape.Outputs() {
		t.Errorf("members that predict a number have %d parameters and %d outputs", plain, shape.Width())
	}
	shape.Gaussian = &nn.Gaussian{Activation: nn.SiLU, LayerNorm: true}
	net := shape.MLP()
	if shape.Parameters() != plain+shape.Outputs() || shape.Width() != shape.Outputs() || net.Activation != nn.SiLU || !net.Norm {
		t.Errorf("%d parameters, network %+v", shape.Parameters(), net)
	}
	first := shape.Init(1)
	for i := range shape.Outputs() {
		if log := first[shape.Parameters()-1-i]; log != 0 {
			t.Errorf("log σ begins at %g", log)
		}
	}
	shape.Gaussian.ByState = true
	if shape.Width() != 2*shape.Outputs() || shape.MLP().Output() != shape.Width() || shape.Parameters() != shape.MLP().Parameters() {
		t.Errorf("%d outputs, %d parameters", shape.Width(), shape.Parameters())
	}
	if nn.Sigma(-20) != nn.Sigma(nn.LeastLogSigma) || nn.Sigma(20) != nn.Sigma(nn.MostLogSigma) || nn.Sigma(0) != 1 {
		t.Error("σ is not exp of log σ within its bounds")
	}
	for _, one := range []struct {
		log, slope float32
		free       bool
	}{{-8, 1, false}, {-8, -1, true}, {3, -1, false}, {3, 1, true}, {0, 1, true}, {0, -1, true}} {
		if nn.FreeLogSigma(one.log, one.slope) != one.free {
			t.Errorf("derivative %g by a log σ of %g: free %v", one.slope, one.log, !one.free)
		}
	}
}
