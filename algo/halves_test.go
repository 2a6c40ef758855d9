package algo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// halvesScene is a player and paths of uneven length in two members, with every column that a gradient needs.
func halvesScene(t *testing.T) (*naturalGradient, *nn.PathColumns, nn.Paths) {
	t.Helper()
	const paths, steps, observation, action = 10, 6, 3, 2
	random := rand.New(rand.NewPCG(3, 4))
	numbers := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		return x
	}
	c := &nn.PathColumns{Observations: nn.Matrix(numbers(paths*(steps+1)*observation), paths, steps+1, observation),
		Actions: nn.Matrix(numbers(paths*steps*action), paths, steps, action), Means: nn.Matrix(numbers(paths*steps*action), paths, steps, action),
		LogStd: numbers(action), Times: make([]float32, paths), Advantages: nn.Matrix(numbers(paths*steps), paths, steps),
		Lengths: []int{6, 3, 0, 5, 6, 1, 2, 6, 4, 6}, Terminated: make([]bool, paths)}
	backend := nntest.Reference()
	shape := nn.PolicyShape{Observation: observation, Action: action, Hidden: []int{4}}
	p := &naturalGradient{backend: backend}
	p.config.Model.Members, p.config.Measure = 2, true
	p.config.NPG = NPGConfig{CGIterations: 200, CGDamping: 1e-3, CGTolerance: 1e-24, FisherStride: 1}
	var err error
	if p.policy, err = backend.NewPolicy(shape, shape.Init(1, 0, 1)); err != nil {
		t.Fatal(err)
	}
	uploaded, err := backend.UploadPaths(c)
	if err != nil {
		t.Fatal(err)
	}
	return p, c, uploaded
}

// The gradient of the other half, which nothing computes, is that of the paths from the other starts.
func TestHalvesOfTheGradientAreThoseOfDisjointStarts(t *testing.T) {
	p, columns, paths := halvesScene(t)
	size := p.policy.Shape().Parameters()
	whole, first, want := make([]float64, size), make([]float64, size), make([]float64, size)
	if err := p.backend.PolicyGradient(whole, paths, p.policy); err != nil {
		t.Fatal(err)
	}
	share, err := p.halfGradient(first, paths)
	if err != nil {
		t.Fatal(err)
	}
	// Paths 1, 3, 6 and 8 start at starts 1 and 3 of the five, in both members.
	rest := *columns
	rest.Lengths = []int{0, 3, 0, 5, 0, 0, 2, 0, 4, 0}
	other, err := p.backend.UploadPaths(&rest)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.backend.PolicyGradient(want, other, p.policy); err != nil {
		t.Fatal(err)
	}
	if kept := 39 * share; !(math.Abs(kept-25) <= 1e-9) {
		t.Errorf("the first half has %g of 39 steps, want 25", kept)
	}
	for i := range want {
		// Sums of 39 terms in float64.
		if got := (whole[i] - share*first[i]) / (1 - share); !(math.Abs(got-want[i]) <= 1e-12*(1+math.Abs(want[i]))) {
			t.Errorf("parameter %d: %g, want %g", i, got, want[i])
		}
	}
}

// Equal gradients have the cosine 1, opposite ones −1, and a step along the natural direction explains no more
// than all.
func TestNaturalCosineIsACosine(t *testing.T) {
	p, _, paths := halvesScene(t)
	size := p.policy.Shape().Parameters()
	gradient, opposite := make([]float64, size), make([]float64, size)
	if err := p.backend.PolicyGradient(gradient, paths, p.policy); err != nil {
		t.Fatal(err)
	}
	for i, g := range gradient {
		opposite[i] = -3 * g
	}
	for want, other := range map[float64][]float64{1: gradient, -1: opposite} {
		got, err := p.naturalCosine(gradient, other, paths)
		if err != nil || !(math.Abs(got-want) <= 1e-9) { // rounding of two solutions to 1e-12
			t.Errorf("cosine %g (%v), want %g", got, err, want)
		}
	}
	direction := make([]float64, size)
	if _, err := p.solveFisher(direction, gradient, paths); err != nil {
		t.Fatal(err)
	}
	explained, err := p.explained(gradient, direction, paths)
	slope := 0.0
	for i := range gradient {
		slope += gradient[i] * direction[i]
	}
	// Damping of 1e-3 makes gᵀd less than (gᵀd)²/dᵀFd, by as much in all directions that matter here.
	if err != nil || !(explained >= slope && explained <= 1.1*slope) {
		t.Errorf("explained %g (%v), gᵀd is %g", explained, err, slope)
	}
}
