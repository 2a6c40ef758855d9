package cpu

import (
	"sync"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// OnStep reports every minibatch, averaged over the members, whatever the number of workers, and the fit
// gives the same parameters as a fit without OnStep.
func TestFitsTellHowFarTheyAre(t *testing.T) {
	shape := nn.EnsembleShape{Members: 3, Observation: 2, Action: 1, Hidden: []int{8}, Kinds: []string{nn.KindPredicted, nn.KindPredicted}}
	key := nn.Key{Seed: 1, Stream: nn.StreamStarts}
	numbers := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(key.Uniform(uint64(n), uint32(i)))
		}
		return x
	}
	const rows = 50
	data := nn.Transitions{Observations: nn.Matrix(numbers(rows*2), rows, 2), Actions: nn.Matrix(numbers(rows), rows, 1), Next: nn.Matrix(numbers(rows*2 + 1)[:rows*2], rows, 2)}
	fit := func(workers int, onStep func(int)) []float32 {
		b, err := New(Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		model, err := b.NewEnsemble(shape, shape.Init(1))
		if err != nil {
			t.Fatal(err)
		}
		defer model.Close()
		if _, err := b.Fit(model, data, nn.FitOptions{Epochs: 4, Batch: 10, Adam: nn.DefaultAdam(), Seed: 1, OnStep: onStep}); err != nil {
			t.Fatal(err)
		}
		state, err := model.Save()
		if err != nil {
			t.Fatal(err)
		}
		return state[0].Value.Data().([]float32)
	}
	alone := fit(1, nil)
	for _, workers := range []int{1, 2, 4} {
		var mu sync.Mutex
		most, calls := 0, 0
		watched := fit(workers, func(done int) {
			mu.Lock()
			defer mu.Unlock()
			most, calls = max(most, done), calls+1
		})
		if most != 20 || calls < 20 {
			t.Errorf("%d workers: %d of 20 minibatches are told in %d calls", workers, most, calls)
		}
		for i := range alone {
			if watched[i] != alone[i] {
				t.Fatalf("%d workers: parameter %d differs in a fit that is watched", workers, i)
			}
		}
	}
}
