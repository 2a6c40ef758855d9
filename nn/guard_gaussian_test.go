package nn_test

import (
	"errors"
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// gaussianStub also has gaussian members.
type gaussianStub struct{ stub }

func (s *gaussianStub) Noise(*stubNetwork, nn.Task, *tensor.Dense, *tensor.Dense) (*tensor.Dense, error) {
	s.calls++
	return nil, nil
}

// cares are all kinds of care, each alone.
func cares() map[string]nn.Care {
	return map[string]nn.Care{"hold-out": {HoldOut: 0.1}, "bootstrap": {Bootstrap: true}, "decay by layer": {LayerDecay: 1e-3},
		"restart": {Restart: true}, "dropout": {Dropout: 0.1}, "beta": {Beta: 0.5}}
}

// unsupported reports an error that does not say that the backend lacks something.
func unsupported(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%s: error %v does not wrap ErrUnsupported", what, err)
	}
}

func TestBackendsWithoutGaussianMembersRefuseThemByName(t *testing.T) {
	c := newStage(t)
	p, shape := newProps(c), toyModel(false)
	shape.Gaussian = &nn.Gaussian{Activation: nn.SiLU}
	nntest.Refused(t, "NewEnsemble of gaussian members", func() error {
		_, err := c.NewEnsemble(shape, shape.Init(1))
		unsupported(t, "NewEnsemble", err)
		return err
	}, c.Name(), "gaussian")
	for name, care := range cares() {
		nntest.Refused(t, "Fit with "+name, func() error {
			p.Fit.Care = care
			_, err := c.Fit(p.Model, p.Data, p.Fit)
			unsupported(t, name, err)
			return err
		}, c.Name())
	}
	nntest.Refused(t, "Noise", func() error {
		_, err := c.Guarded.Noise(p.Model, p.Task, p.Data.Observations, p.Data.Actions)
		return err
	}, c.Name(), "gaussian")
	unsupported(t, "Gaussian", c.Guarded.Gaussian())
}

func TestBackendsWithGaussianMembersGetThem(t *testing.T) {
	machine := new(gaussianStub)
	c := &stage{t, nn.Guard[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]("stub", machine), nil}
	shape := toyModel(false)
	shape.Gaussian = &nn.Gaussian{Activation: nn.SiLU, LayerNorm: true}
	plain, model, p := c.ensemble(toyModel(false)), c.ensemble(shape), newProps(c)
	fit := func(m nn.Ensemble, change func(*nn.FitOptions)) func() error {
		return func() error {
			options := p.Fit
			change(&options)
			_, err := c.Fit(m, p.Data, options)
			return err
		}
	}
	noise := func(m nn.Ensemble) func() error {
		return func() error {
			_, err := c.Guarded.Noise(m, p.Task, p.Data.Observations, p.Data.Actions)
			return err
		}
	}
	calls := machine.calls
	for name, care := range cares() {
		c.need(name, fit(model, func(o *nn.FitOptions) { o.Care = care })())
	}
	c.need("Noise", noise(model)())
	if got, want := machine.calls-calls, len(cares())+1; got != want {
		t.Errorf("%d calls reached the machine, want %d", got, want)
	}
	nntest.Refused(t, "Noise of members that predict a number", noise(plain), "not gaussian")
	nntest.Refused(t, "a raw loss", fit(model, func(o *nn.FitOptions) { o.RawLoss = true }), "gaussian")
	nntest.Refused(t, "a rollout with noise that the members do not have", func() error {
		options := p.Rollout
		options.OwnNoise = 1
		made, err := c.Rollout(p.Policy, plain, p.Task, p.Starts, options)
		return nntest.CloseUnless(made, err)
	}, "not gaussian")
	for name, change := range map[string]func(*nn.FitOptions){
		"all rows held out": func(o *nn.FitOptions) { o.Care.HoldOut = 1 }, "hold-out NaN": func(o *nn.FitOptions) { o.Care.HoldOut = math.NaN() },
		"dropout of all": func(o *nn.FitOptions) { o.Care.Dropout = 1 }, "negative decay": func(o *nn.FitOptions) { o.Care.LayerDecay = -1 },
		"infinite decay": func(o *nn.FitOptions) { o.Care.LayerDecay = math.Inf(1) }, "beta 2": func(o *nn.FitOptions) { o.Care.Beta = 2 },
		"a negative warm-up": func(o *nn.FitOptions) { o.Warmup = -1 }, "a rest of 2": func(o *nn.FitOptions) { o.Rest = 2 },
		"negative images": func(o *nn.FitOptions) { o.Care.Images = -1 }, "20 rows with 2 images each": func(o *nn.FitOptions) { o.Care.Images = 2 },
	} {
		nntest.Refused(t, name, fit(model, change), "fit")
	}
	shape.Gaussian = &nn.Gaussian{Activation: nn.Tanh}
	nntest.Refused(t, "an activation that has no slope here", func() error {
		_, err := c.NewEnsemble(shape, shape.Init(1))
		return err
	}, "SiLU or ReLU")
}
