package algo

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
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

// Halves of as many paths as are enough agree as much as was asked for.
func TestHalvesOfEnoughPathsAgreeEnough(t *testing.T) {
	const size, starts, wanted = 2000, 4000, 0.7
	random := rand.New(rand.NewPCG(1, 2))
	// agree is the cosine of two halves of n paths, whose gradients are a vector of length 1 and noise of a variance per path.
	agree := func(n int, variance float64) float64 {
		first, second := make([]float64, size), make([]float64, size)
		for i := range first {
			deviation := math.Sqrt(variance / size / (float64(n) / 2))
			first[i], second[i] = random.NormFloat64()*deviation, random.NormFloat64()*deviation
		}
		first[0]++
		second[0]++
		return floats.Dot(first, second) / floats.Norm(first, 2) / floats.Norm(second, 2)
	}
	for _, variance := range []float64{250, 400, 700} {
		n := (PathwiseConfig{Starts: starts, EnoughCosine: wanted}).enough(agree(starts, variance))
		if n >= starts || n <= starts/fewestOf {
			t.Fatalf("%d of %d paths for a variance of %g, want a number between the bounds", n, starts, variance)
		}
		// The cosine of independent noise in 2,000 dimensions is 0 ± 0.02, so those of the halves are off by about as much.
		if got := agree(n, variance); !(math.Abs(got-wanted) < 0.05) {
			t.Errorf("halves of %d paths agree by %g, want %g", n, got, wanted)
		}
	}
}

// A step takes all paths where their halves agree too little or nobody asks, and a part of them however much they agree.
func TestEnoughPathsAreWithinBounds(t *testing.T) {
	for _, one := range []struct {
		enough, cosine float64
		want           int
	}{
		{0, 0.99, 101}, {0.7, 0.69, 101}, {0.7, -1, 101}, {0.7, math.NaN(), 101}, {1, 1, 101}, {1, 1 + 1e-9, 101},
		{0.7, 0.999999, 26}, {0.7, 1, 26}, {0.7, 1 + 1e-9, 26}, {0.7, 0.7000001, 100},
	} {
		if got := (PathwiseConfig{Starts: 101, EnoughCosine: one.enough}).enough(one.cosine); got != one.want {
			t.Errorf("enough %g, cosine %g: %d paths, want %d", one.enough, one.cosine, got, one.want)
		}
	}
}

// The Fisher matrix keeps its number of states where a step takes fewer paths, until it has the states of all.
func TestFewerPathsAreCountedMoreOften(t *testing.T) {
	for _, one := range []struct {
		stride int
		spared float64
		want   int
	}{{10, 0, 10}, {10, 0.5, 5}, {10, 0.75, 2}, {2, 0.75, 1}, {1, 0.5, 1}} {
		p := naturalGradient{config: Config{NPG: NPGConfig{FisherStride: one.stride}}, sums: policySums{spared: one.spared}}
		if got := p.stride(); got != one.want {
			t.Errorf("stride %d and %g of the paths spared: %d, want %d", one.stride, one.spared, got, one.want)
		}
	}
}

// An iteration is late from a number of samples on, and, where a reward is asked for, only while the newest samples earn it.
func TestLateIterationsHaveEarnedIt(t *testing.T) {
	for _, one := range []struct {
		late    int
		reward  float64
		samples int
		earned  float64
		want    bool
	}{
		{0, 0, 5000, 9, false}, {0, 2, 5000, 9, false}, {4000, 0, 3999, 9, false}, {4000, 0, 4000, -9, true}, {4000, 0, 4000, math.NaN(), true},
		{4000, 2, 3999, 9, false}, {4000, 2, 4000, 1.99, false}, {4000, 2, 4000, 2, true}, {4000, 2, 4000, math.NaN(), false}, {4000, -3, 4000, -2.9, true},
	} {
		if got := (PathwiseConfig{Late: one.late, LateReward: one.reward}).isLate(one.samples, one.earned); got != one.want {
			t.Errorf("late %d, reward %g: after %d samples that earned %g, late %v, want %v", one.late, one.reward, one.samples, one.earned, got, one.want)
		}
	}
}

// What the newest samples earned is counted by environment step, in whole episodes.
func TestNewestSamplesEarnByTheStep(t *testing.T) {
	r := newReplay(1, 1, 0)
	if got := r.earned(10); !math.IsNaN(got) {
		t.Errorf("no episodes earned %g a step", got)
	}
	for _, reward := range []float32{100, 3, 1} { // two decisions of two environment steps each
		r.add(episode{rewards: []float32{reward, 2 * reward}, samples: 4})
	}
	for samples, want := range map[int]float64{1: 0.75, 4: 0.75, 5: 1.5, 8: 1.5, 9: 26, 1000: 26} {
		if got := r.earned(samples); got != want {
			t.Errorf("the newest %d samples earned %g a step, want %g", samples, got, want)
		}
	}
}
