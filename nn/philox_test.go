package nn_test

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// The known answers of Philox 4x32-10. Source: Random123, tests/kat_vectors, the lines
// "philox4x32 10" (zeros, ones, digits of π).
func TestPhiloxMatchesPublishedVectors(t *testing.T) {
	const ones = 0xffffffff
	for _, known := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{
			[4]uint32{0, 0, 0, 0}, [2]uint32{0, 0},
			[4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		},
		{
			[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		},
		{
			[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		if got := nn.Philox(known.counter, known.key); got != known.want {
			t.Errorf("Philox(%x, %x) = %x, want %x", known.counter, known.key, got, known.want)
		}
	}
}

// Every coordinate of a random number reaches the counter or the key: changing one changes the
// block, and no two of many blocks are equal.
func TestBlocksOfDifferentCoordinatesDiffer(t *testing.T) {
	seen := map[[4]uint32]string{}
	add := func(what string, block [4]uint32) {
		if before, ok := seen[block]; ok {
			t.Errorf("%s equals %s", what, before)
		}
		seen[block] = what
	}
	base := nn.Key{Seed: 3, Stream: nn.StreamWorld}
	add("base", base.Block(5, 7))
	add("low half of the seed", nn.Key{Seed: 4, Stream: nn.StreamWorld}.Block(5, 7))
	add("high half of the seed", nn.Key{Seed: 3 + 1<<32, Stream: nn.StreamWorld}.Block(5, 7))
	add("low half of the step", base.Block(6, 7))
	add("high half of the step", base.Block(5+1<<32, 7))
	add("lane", base.Block(5, 8))
	add("step and lane swapped", base.Block(7, 5))
	for stream := nn.StreamEnsembleInit; stream <= nn.StreamEvaluation; stream++ {
		if stream != nn.StreamWorld {
			add("stream", nn.Key{Seed: 3, Stream: stream}.Block(5, 7))
		}
	}
}

// The numbers of streams are part of the meaning of a seed, also of seeds in old checkpoints.
func TestStreamsKeepTheirNumbers(t *testing.T) {
	streams := []nn.Stream{nn.StreamEnsembleInit, nn.StreamPolicyInit, nn.StreamValueInit, nn.StreamEnsembleFit, nn.StreamValueFit,
		nn.StreamRollout, nn.StreamWorld, nn.StreamStarts, nn.StreamReset, nn.StreamEvaluation}
	for i, stream := range streams {
		if int(stream) != i+1 {
			t.Errorf("stream %d of the list has number %d, want %d", i, stream, i+1)
		}
	}
}

// Moments of a million standard normal numbers. The standard error of the k-th moment is
// √(variance of z^k / n): 0.001, 0.0014, 0.0039 and 0.0098; the bounds are four of them.
func TestNormalsHaveTheMomentsOfTheNormalDistribution(t *testing.T) {
	const n, largest = 1 << 20, 5.7684 // √(48 ln 2) = 5.76837..., see Normals
	var sums [5]float64
	key := nn.Key{Seed: 1, Stream: nn.StreamRollout}
	for lane := range uint32(n / 4) {
		for _, z := range key.Normals(9, lane) {
			x := float64(z)
			if !(math.Abs(x) <= largest) {
				t.Fatalf("lane %d: %g is beyond %g", lane, x, largest)
			}
			for k, power := 1, x; k <= 4; k, power = k+1, power*x {
				sums[k] += power / n
			}
		}
	}
	for k, known := range []struct{ want, bound float64 }{{}, {0, 0.004}, {1, 0.0056}, {0, 0.016}, {3, 0.039}} {
		if k > 0 && !(math.Abs(sums[k]-known.want) <= known.bound) {
			t.Errorf("moment %d is %g, want %g within %g", k, sums[k], known.want, known.bound)
		}
	}
}

// The four numbers of a block, and those of neighbouring lanes and steps, are uncorrelated. The
// standard error of a correlation of n pairs is 1/√n = 0.002; the bound is four of them.
func TestNormalsAreUncorrelated(t *testing.T) {
	const n, bound = 1 << 18, 0.008
	key := nn.Key{Seed: 2, Stream: nn.StreamRollout}
	sums := map[string]float64{}
	for lane := range uint32(n) {
		z, lane1, step1 := key.Normals(0, lane), key.Normals(0, lane+1), key.Normals(1, lane)
		sums["cosine and sine"] += float64(z[0]) * float64(z[1]) / n
		sums["first and second pair"] += float64(z[0]) * float64(z[2]) / n
		sums["second pair"] += float64(z[2]) * float64(z[3]) / n
		sums["lanes"] += float64(z[0]) * float64(lane1[0]) / n
		sums["steps"] += float64(z[3]) * float64(step1[3]) / n
	}
	for what, correlation := range sums {
		if !(math.Abs(correlation) <= bound) {
			t.Errorf("%s: correlation %g, want 0 within %g", what, correlation, bound)
		}
	}
}

func TestBoxMullerOfExtremeWords(t *testing.T) {
	z, _ := nn.BoxMuller(0, 0)
	// 1e-6: the number is near 5.8, where float32 has steps of 5e-7.
	if want := math.Sqrt(48 * math.Ln2); !(math.Abs(float64(z)-want) <= 1e-6) {
		t.Errorf("the largest number is %g, want %g", z, want)
	}
	if z0, z1 := nn.BoxMuller(math.MaxUint32, 12345); z0 != 0 || z1 != 0 {
		t.Errorf("a radius of 0 gives %g and %g, want 0", z0, z1)
	}
}

// Sixteen bins of 2¹⁶ numbers: χ² with 15 degrees of freedom exceeds 44.3 once in 10⁴ seeds.
func TestUniformFillsItsRange(t *testing.T) {
	const n, bins = 1 << 16, 16
	var count [bins]int
	key := nn.Key{Seed: 5, Stream: nn.StreamStarts}
	for lane := range uint32(n) {
		u := key.Uniform(0, lane)
		if !(u >= 0 && u < 1) {
			t.Fatalf("%g is not in [0, 1)", u)
		}
		if scaled := u * 0x1p53; scaled != math.Trunc(scaled) {
			t.Fatalf("%g is not a multiple of 2⁻⁵³", u)
		}
		count[int(u*bins)]++
	}
	if chi := chiSquare(count[:], n); !(chi <= 44.3) {
		t.Errorf("χ² = %g over %d bins, want at most 44.3: %v", chi, bins, count)
	}
}

func TestIntnStaysInRangeAndFillsIt(t *testing.T) {
	key := nn.Key{Seed: 6, Stream: nn.StreamStarts}
	for _, n := range []int{1, 2, 3, 7, 1000, 1 << 31, 1<<53 + 1} {
		for step := range uint64(200) {
			if i := key.Intn(step, 0, n); i < 0 || i >= n {
				t.Fatalf("Intn(%d) = %d", n, i)
			}
		}
	}
	const draws, n = 1 << 16, 13 // χ² with 12 degrees of freedom exceeds 39.1 once in 10⁴ seeds
	count := make([]int, n)
	for lane := range uint32(draws) {
		count[key.Intn(1, lane, n)]++
	}
	if chi := chiSquare(count, draws); !(chi <= 39.1) {
		t.Errorf("χ² = %g, want at most 39.1: %v", chi, count)
	}
}

// chiSquare compares counts with equal shares of n.
func chiSquare(count []int, n int) float64 {
	expected, sum := float64(n)/float64(len(count)), 0.0
	for _, c := range count {
		sum += (float64(c) - expected) * (float64(c) - expected) / expected
	}
	return sum
}

func TestNormalBlocks(t *testing.T) {
	for n, want := range []int{0, 1, 1, 1, 1, 2, 2, 2, 2, 3} {
		if got := nn.NormalBlocks(n); got != want {
			t.Errorf("NormalBlocks(%d) = %d, want %d", n, got, want)
		}
	}
}
