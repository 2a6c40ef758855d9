package algo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// Another normaliser with rewritten first layers leaves policy and value as they were.
func TestRescalingChangesNoOutput(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 1))
	numbers := func(n int, low, high float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(low + (high-low)*random.Float64())
		}
		return x
	}
	const width = 5
	change := rescaling{numbers(width, -1, 1), numbers(width, 0.5, 2), numbers(width, -1, 1), numbers(width, 0.5, 4)}
	policy := nn.PolicyShape{Observation: width, Action: 2, Hidden: []int{7}}
	value := nn.ValueShape{Observation: width, Hidden: []int{6}, Clip: 100, TimeScale: 10, Shift: change.shift, Scale: change.scale}
	rescaled := value
	rescaled.Shift, rescaled.Scale = change.newShift, change.newScale
	theta, critic := policy.Init(1, 0, 1), value.Init(1)
	newTheta, newCritic := append([]float32(nil), theta...), append([]float32(nil), critic...)
	change.weights(newTheta, policy.MLP().Layers()[0], 1)
	change.weights(newCritic, value.MLP().Layers()[0], 100)
	before, _ := nn.NewActor(policy, theta, change.shift, change.scale)
	after, _ := nn.NewActor(policy, newTheta, change.newShift, change.newScale)
	v, _ := nn.NewCritic(value, critic)
	w, _ := nn.NewCritic(rescaled, newCritic)
	var was, is [2]float32
	for range 20 {
		obs := numbers(width, -3, 3)
		before.Mean(obs, was[:])
		after.Mean(obs, is[:])
		for k := range was {
			if !(math.Abs(float64(is[k]-was[k])) <= 1e-5) { // tens of roundings of numbers below 10
				t.Errorf("mean action %g, was %g", is[k], was[k])
			}
		}
		if a, b := v.Value(obs, 3), w.Value(obs, 3); !(math.Abs(a-b) <= 1e-5) {
			t.Errorf("value %g, was %g", b, a)
		}
	}
}

// The moments are those of the gradient by the rewritten weights: along a step of Adam without its ε, the outputs move
// as they would have moved.
func TestRescaledMomentsBelongToTheRescaledWeights(t *testing.T) {
	change := rescaling{[]float32{0}, []float32{2}, []float32{1}, []float32{8}}
	layer := nn.MLP{Sizes: []int{1, 1}}.Layers()[0]
	first, second := []float32{6, 5}, []float32{9, 4}
	change.moments(first, layer, 1)
	change.moments(second, layer, 2)
	if first[0] != 1.5 || second[0] != 9./16 || first[1] != 5 || second[1] != 4 {
		t.Errorf("moments %v and %v, want 6/4 and 9/16, and those of the bias", first, second)
	}
}
