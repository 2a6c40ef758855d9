package nn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

func elements(p nn.Permutation, n int) []int {
	x := make([]int, n)
	for i := range x {
		x[i] = p.At(i)
	}
	return x
}

func TestPermutationIsABijection(t *testing.T) {
	sizes := []int{2500, 4096, 4097, 100003}
	for n := 1; n <= 200; n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		seen := make([]bool, n)
		for i, x := range elements(nn.NewPermutation(n, nn.Key{Seed: 1, Stream: nn.StreamEnsembleFit}, 3, 2), n) {
			if x < 0 || x >= n || seen[x] {
				t.Fatalf("n = %d: element %d is %d, outside or twice", n, i, x)
			}
			seen[x] = true
		}
	}
}

func TestPermutationsOfDifferentKeysDiffer(t *testing.T) {
	const n = 2500
	key := nn.Key{Seed: 1, Stream: nn.StreamEnsembleFit}
	named := map[string][]int{
		"base":     elements(nn.NewPermutation(n, key, 0, 0), n),
		"step":     elements(nn.NewPermutation(n, key, 1, 0), n),
		"lane":     elements(nn.NewPermutation(n, key, 0, 1), n),
		"seed":     elements(nn.NewPermutation(n, nn.Key{Seed: 2, Stream: nn.StreamEnsembleFit}, 0, 0), n),
		"stream":   elements(nn.NewPermutation(n, nn.Key{Seed: 1, Stream: nn.StreamValueFit}, 0, 0), n),
		"identity": make([]int, n),
	}
	for i := range n {
		named["identity"][i] = i
	}
	for a, x := range named {
		for b, y := range named {
			if a < b && agreeing(x, y) > 20 {
				t.Errorf("%s and %s agree in %d of %d elements; independent ones agree in 1 ± 1", a, b, agreeing(x, y), n)
			}
		}
	}
	if again := elements(nn.NewPermutation(n, key, 0, 0), n); !slices.Equal(again, named["base"]) {
		t.Error("the same key gives another permutation")
	}
}

func agreeing(x, y []int) (count int) {
	for i := range x {
		if x[i] == y[i] {
			count++
		}
	}
	return count
}

// Every element of a small permutation takes every place equally often over many keys: n² cells
// of about `draws`/n, χ² with (n-1)² degrees of freedom within six of its standard deviations.
func TestPermutationPlacesAreUniform(t *testing.T) {
	for _, n := range []int{2, 3, 5, 8, 17} {
		const draws = 20000
		count := make([]int, n*n)
		for step := range uint64(draws) {
			p := nn.NewPermutation(n, nn.Key{Seed: 4, Stream: nn.StreamValueFit}, step, 0)
			for i := range n {
				count[i*n+p.At(i)]++
			}
		}
		freedom := float64((n - 1) * (n - 1))
		if chi := chiSquare(count, draws*n); !(chi <= freedom+6*math.Sqrt(2*freedom)) {
			t.Errorf("n = %d: χ² = %g with %g degrees of freedom: %v", n, chi, freedom, count)
		}
	}
}

// Neighbours end up far apart: the mean distance of the places of i and i+1 is n/3 for a random
// permutation, with a standard error of about 0.24·n/√n.
func TestPermutationSeparatesNeighbours(t *testing.T) {
	const n = 10000
	x := elements(nn.NewPermutation(n, nn.Key{Seed: 9, Stream: nn.StreamEnsembleFit}, 0, 0), n)
	sum := 0.0
	for i := 1; i < n; i++ {
		sum += math.Abs(float64(x[i]-x[i-1])) / (n - 1)
	}
	if !(math.Abs(sum-n/3.0) <= 0.01*n) {
		t.Errorf("neighbours are %g apart on average, want %g", sum, n/3.0)
	}
}
