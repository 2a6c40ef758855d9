//go:build cuda

package gpu

import (
	"fmt"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// kinds are gaussian members of all kinds.
func kinds() map[string]nn.Gaussian {
	return map[string]nn.Gaussian{
		"silu":       {Activation: nn.SiLU},
		"relu":       {Activation: nn.ReLU},
		"layer-norm": {Activation: nn.SiLU, LayerNorm: true},
		"by-state":   {Activation: nn.SiLU, LayerNorm: true, ByState: true},
	}
}

// carefulOptions are those of a fit that takes all care that there is.
func carefulOptions(steps int) nn.FitOptions {
	o := nn.FitOptions{Epochs: 3, Batch: 40, MaxSteps: steps, Adam: nn.DefaultAdam(), Seed: 3, Anneal: 1, Rest: 0.1, Warmup: 2,
		Care: nn.Care{HoldOut: 0.2, Bootstrap: true, LayerDecay: 0.01, Restart: true, Dropout: 0.02, Beta: 0.5, Images: 1}}
	o.Adam.Epsilon = 1e-4 // see TestFitAtFullWidth
	return o
}

// carefulBound is that of TestFitAtFullWidth after five steps.
const carefulBound = 1e-4

// TestCarefulFitAtFullWidth: the widths of the pathwise preset, all kinds of members and all care, two fits in a row.
func TestCarefulFitAtFullWidth(t *testing.T) {
	if testing.Short() {
		t.Skip("the conformance suite has one option at a time, at small widths")
	}
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			shape := hopperModel(t, 2, 256, 256, 256)
			shape.Gaussian = &kind
			data, o := transitions(90, 12, 3), carefulOptions(5)
			models, reports := p.fit(shape, data, o)
			for i, b := range p.both() {
				reports[i] = must[nn.FitReport](t)(b.Fit(models[i], data, o))
			}
			if got, want := fmt.Sprint(reports[0].HeldRows, reports[0].Best), fmt.Sprint(reports[1].HeldRows, reports[1].Best); got != want || reports[0].HeldRows == 0 {
				t.Errorf("rows held out and best steps %s, want %s", got, want)
			}
			near(t, "criterion", reports[0].Held, reports[1].Held, carefulBound)
			near(t, "loss", reports[0].Last, reports[1].Last, carefulBound)
			for _, array := range []string{nn.StateParameters, nn.StateMoment1, nn.StateMoment2} {
				near(t, array, arrayOf(t, models[0], array), arrayOf(t, models[1], array), carefulBound)
			}
		})
	}
}

// TestGaussianPathwiseAtFullWidth: the gradient through paths with the members' own noise, at the sizes of the pathwise preset.
func TestGaussianPathwiseAtFullWidth(t *testing.T) {
	if testing.Short() {
		t.Skip("the conformance suite has these at small widths")
	}
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			options := nn.PathwiseOptions{Gamma: 0.99, Smooth: 0.2, Score: nn.ScoreOptions{RewardScale: 0.05},
				Rollout: nn.RolloutOptions{Horizon: 4, TimeLimit: 1000, Terminate: true, Seed: 5, Index: 9, Draw: nn.DrawStep, ClampSpread: 10, OwnNoise: 0.5}}
			both := p.journeys(hopper(t), &kind, []int{256, 256, 256}, []int{64, 64}, []int{64, 64}, options)
			gradients := p.pathwise(both, startsNear(13, 12))
			near(t, "gradient", gradients[0], gradients[1], pathwiseBound)
		})
	}
}

// TestManyRowsHeldOut: rows held out in several minibatches of the criterion, whose sums add up.
func TestManyRowsHeldOut(t *testing.T) {
	p := newPair(t)
	shape := hopperModel(t, 2, 5)
	shape.Gaussian = &nn.Gaussian{Activation: nn.SiLU}
	o := carefulOptions(1)
	o.Care = nn.Care{HoldOut: 0.9}
	_, reports := p.fit(shape, transitions(2500, 12, 3), o)
	if got, want := reports[0].HeldRows, reports[1].HeldRows; got != want || got <= lossRows {
		t.Errorf("%d rows held out, want %d, more than %d", got, want, lossRows)
	}
	near(t, "criterion", reports[0].Held, reports[1].Held, 1e-5)
}
