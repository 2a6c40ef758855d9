package algo_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// With npg.hard_starts model paths begin where the model promised least so far: a start is promised less
// than one that is drawn without regard, except where nothing is known of it. Where an initial state was
// picked, its promise is the mean return over members of its last paths.
func TestHardStartsAreThoseThatWerePromisedLess(t *testing.T) {
	const width, members = 6, 2
	c := tinyOn(t, algo.PAL, "pointmass", 50)
	c.InitialSamples, c.NPG.StartsPerMember, c.NPG.Steps = 500, 40, 12
	c.NPG.BufferStarts, c.NPG.HardStarts, c.NPG.Horizon, c.Diagnostics = 0, true, 50, 0
	k := &clerk{Backend: nntest.Reference()}
	world := openWorld(t, "pointmass", c, 1)
	w := &witness{World: world}
	g, err := algo.New(c, k, w, world.Task(), algo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Iterate(context.Background()); err != nil {
		t.Fatal(err)
	}
	first := w.episodes[:10] // 500 samples in episodes of 50, which the policy steps start from
	promised := make([]float64, len(first))
	for i := range promised {
		promised[i] = math.Inf(-1)
	}
	chosen, draws := 0.0, 0
	for step, starts := range k.starts {
		obs := starts.Observations.Data().([]float32)
		known := !slices.Contains(promised, math.Inf(-1))
		last := slices.Clone(promised)
		for i := range c.NPG.StartsPerMember {
			state := obs[i*width : (i+1)*width]
			at := slices.IndexFunc(first, func(e []float32) bool { return slices.Equal(e[:width], state) })
			if at < 0 {
				t.Fatalf("step %d, start %d is no initial state", step, i)
			}
			if known {
				chosen += rank(last, at)
				draws++
			}
			returns := k.reports[step].Returns
			promised[at] = (returns[i] + returns[c.NPG.StartsPerMember+i]) / members
		}
	}
	// Of ten ranks, 0 to 9, one drawn at random has 4.5 in the mean, the lesser of two 2.85. Over 400 draws
	// the means lie within 0.15 of that by one standard deviation.
	if mean := chosen / float64(draws); draws < 200 || !(math.Abs(mean-2.85) <= 0.6) {
		t.Errorf("%d starts have the mean rank %.2f, want 2.85", draws, mean)
	}
}

// rank is the number of values below that of index at.
func rank(values []float64, at int) float64 {
	n := 0.0
	for _, x := range values {
		if x < values[at] {
			n++
		}
	}
	return n
}
