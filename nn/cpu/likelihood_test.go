package cpu

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// Beyond a bound of log σ it is the derivative of the whole minibatch that leads back or not, and not those of its parts. One of
// two rows here is an outlier that alone would lead further beyond.
func TestALogSigmaBeyondItsBoundsFollowsTheWholeMinibatch(t *testing.T) {
	const rows, beyond = 100, 2.5
	options := nn.FitOptions{Epochs: 1, Batch: 2, MaxSteps: 1, Adam: nn.DefaultAdam(), Seed: 3}
	order := nn.NewPermutation(rows, nn.Key{Seed: options.Seed, Stream: nn.StreamEnsembleFit}, 0, 0)
	next := make([]float32, rows)
	next[order.At(0)] = 1
	data := nn.Transitions{Observations: nn.Matrix(make([]float32, rows), rows, 1), Actions: nn.Matrix(make([]float32, rows), rows, 1), Next: nn.Matrix(next, rows, 1)}
	shape := nn.EnsembleShape{Members: 1, Observation: 1, Action: 1, Hidden: []int{1}, Kinds: []string{nn.KindPredicted}, Gaussian: &nn.Gaussian{Activation: nn.SiLU}}
	want := 0.0
	for _, x := range []float64{0.99, -0.01} { // distances from the mean, whose standard deviation is √(0.99·0.01)
		scaled := x / math.Sqrt(0.0099) / math.Exp(nn.MostLogSigma)
		want += (1 - scaled*scaled) / 2
	}
	for _, choice := range choices() {
		t.Setenv("PALMAL_BLAS", choice)
		b := newBackend(t, 1)
		parameters := make([]float32, shape.Parameters())
		parameters[len(parameters)-1] = beyond
		model, err := b.NewEnsemble(shape, parameters)
		must(t, err)
		_, err = b.Fit(model, data, options)
		must(t, err)
		state, err := model.Save()
		must(t, err)
		moments, err := state.Float32s(nn.StateMoment1, 1, shape.Parameters())
		must(t, err)
		if got := float64(moments[len(moments)-1]) / 0.1; !(math.Abs(got-want) <= 1e-3) {
			t.Errorf("%q: the derivative by log σ is %g, want %g", choice, got, want)
		}
	}
}
