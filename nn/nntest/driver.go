package nntest

import (
	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// driver is a backend whose errors end the case, so that a case reads as what it computes.
// Handles are closed when the case ends.
type driver struct {
	TB
	nn.Backend
	small bool
}

func newDriver(t TB, backend nn.Backend, small bool) *driver {
	d := &driver{TB: t, Backend: backend, small: small}
	t.Cleanup(func() { d.need("Close", backend.Close()) })
	return d
}

// pick returns the full size, or the small one.
func (d *driver) pick(full, small int) int {
	if d.small {
		return small
	}
	return full
}

func (d *driver) need(what string, err error) {
	d.Helper()
	if err != nil {
		d.Fatalf("%s: %s: %v", d.Name(), what, err)
	}
}

// keep closes a handle when the case ends.
func (d *driver) keep(h nn.Handle) {
	d.Cleanup(func() { d.need("close a handle", h.Close()) })
}

func (d *driver) ensemble(shape nn.EnsembleShape, parameters []float32) nn.Ensemble {
	d.Helper()
	model, err := d.NewEnsemble(shape, parameters)
	d.need("NewEnsemble", err)
	d.keep(model)
	return model
}

func (d *driver) policy(shape nn.PolicyShape, parameters []float32) nn.Policy {
	d.Helper()
	p, err := d.NewPolicy(shape, parameters)
	d.need("NewPolicy", err)
	d.keep(p)
	return p
}

func (d *driver) value(shape nn.ValueShape, parameters []float32) nn.Value {
	d.Helper()
	v, err := d.NewValue(shape, parameters)
	d.need("NewValue", err)
	d.keep(v)
	return v
}

func (d *driver) fit(model nn.Ensemble, data nn.Transitions, options nn.FitOptions) nn.FitReport {
	d.Helper()
	report, err := d.Fit(model, data, options)
	d.need("Fit", err)
	return report
}

func (d *driver) modelLoss(model nn.Ensemble, data nn.Transitions) []float64 {
	d.Helper()
	loss, err := d.ModelLoss(model, data)
	d.need("ModelLoss", err)
	return loss
}

func (d *driver) predict(model nn.Ensemble, task nn.Task, obs, act *tensor.Dense) []float64 {
	d.Helper()
	next, err := d.Predict(model, task, obs, act)
	d.need("Predict", err)
	rows, _ := model.Shape().PredictRows(obs)
	want := tensor.Shape{model.Shape().Members, rows, model.Shape().Observation}
	if !next.Shape().Eq(want) || next.Dtype() != tensor.Float32 {
		d.Fatalf("%s: Predict returned %v %v, want float32 %v", d.Name(), next.Dtype(), next.Shape(), want)
	}
	return widen(next.Data().([]float32))
}

func (d *driver) rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, options nn.RolloutOptions) nn.Paths {
	d.Helper()
	paths, err := d.Rollout(p, m, task, starts, options)
	d.need("Rollout", err)
	d.keep(paths)
	return paths
}

func (d *driver) upload(columns *nn.PathColumns) nn.Paths {
	d.Helper()
	paths, err := d.UploadPaths(columns)
	d.need("UploadPaths", err)
	d.keep(paths)
	return paths
}

func (d *driver) download(paths nn.Paths) *nn.PathColumns {
	d.Helper()
	columns, err := paths.Download()
	d.need("Download", err)
	return columns
}

func (d *driver) score(paths nn.Paths, task nn.Task, options nn.ScoreOptions) nn.ScoreReport {
	d.Helper()
	report, err := d.Score(paths, task, options)
	d.need("Score", err)
	return report
}

func (d *driver) advantages(paths nn.Paths, v nn.Value, options nn.AdvantageOptions) {
	d.Helper()
	d.need("Advantages", d.Advantages(paths, v, options))
}

func (d *driver) gradient(paths nn.Paths, p nn.Policy) []float64 {
	d.Helper()
	gradient := make([]float64, p.Shape().Parameters())
	d.need("PolicyGradient", d.PolicyGradient(gradient, paths, p))
	return gradient
}

func (d *driver) fisher(v []float64, paths nn.Paths, p nn.Policy, stride int) []float64 {
	d.Helper()
	product := make([]float64, len(v))
	d.need("FisherVector", d.FisherVector(product, v, paths, p, stride))
	return product
}

func (d *driver) surrogate(paths nn.Paths, p nn.Policy) (gain, kl float64) {
	d.Helper()
	gain, kl, err := d.Surrogate(paths, p)
	d.need("Surrogate", err)
	return gain, kl
}

func (d *driver) fitValue(v nn.Value, paths nn.Paths, options nn.ValueFitOptions) nn.ValueReport {
	d.Helper()
	report, err := d.FitValue(v, paths, options)
	d.need("FitValue", err)
	return report
}

func (d *driver) save(network nn.Network) nn.State {
	d.Helper()
	state, err := network.Save()
	d.need("Save", err)
	return state
}

// array returns a float32 array of a state, whatever its shape.
func (d *driver) array(state nn.State, name string) []float32 {
	d.Helper()
	for _, array := range state {
		if array.Name == name {
			return array.Value.Data().([]float32)
		}
	}
	d.Fatalf("%s: the state has no %s", d.Name(), name)
	return nil
}

// own is what a handle of the reference guards: cases look at its gradients and losses.
func own[T any](t TB, h nn.Handle) T {
	t.Helper()
	mine, ok := nn.Own[T](h)
	if !ok {
		t.Fatalf("a handle of %s guards no %T", h.Backend(), mine)
	}
	return mine
}
