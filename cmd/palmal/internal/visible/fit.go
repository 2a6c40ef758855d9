package visible

import (
	"errors"
	"math"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

// epochs of a fit: some seconds on one core for the largest built-in task, and three times that for what the first
// fit leaves in doubt.
const (
	firstEpochs  = 12
	secondEpochs = 36
)

// Sizes of the fit.
const (
	members = 2
	units   = 128 // units of each of two layers
	batch   = 64
	steady  = 1e-5 // a change whose deviation is below this part of the entry's size is rounding in float32
)

// explained fits networks to the rows and returns which share of the variance of each change they explain on
// the episodes held out, of entries and of reward terms [O+R]: 1 is all, 0 what the mean change does, less
// is worse. NaN where nothing varies. past says whether the networks see the past.
func (d *table) explained(past bool, epochs int) (shares []float64, err error) {
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	shape := d.shape(past)
	model, err := backend.NewEnsemble(shape, shape.Init(seed))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	options := nn.FitOptions{Epochs: epochs, Batch: batch, Adam: nn.DefaultAdam(), Anneal: 0.7, Seed: seed}
	_, err = backend.Fit(model, nn.Transitions{Observations: nn.Matrix(d.obs, d.rows(), d.width),
		Actions: nn.Matrix(d.act, d.rows(), shape.Action), Next: nn.Matrix(d.next, d.rows(), d.width)}, options)
	if err != nil {
		return nil, err
	}
	n := d.heldRows()
	told, err := backend.Predict(model, wide{d, shape.Kinds}, nn.Matrix(d.heldObs, n, d.width), nn.Matrix(d.heldAct, n, shape.Action))
	if err != nil {
		return nil, err
	}
	return d.shares(told.Data().([]float32)), nil
}

// shape is that of the networks. They see the observation, and the past where past says so, but no reward.
func (d *table) shape(past bool) nn.EnsembleShape {
	kinds, blind := d.task.ObservationKinds(), make([]bool, d.width)
	for i := len(kinds); i < d.width; i++ {
		isTerm := i < d.outputs()
		blind[i] = isTerm || !past
		if isTerm {
			kinds = append(kinds, nn.KindPredicted)
		} else {
			kinds = append(kinds, nn.KindConstant)
		}
	}
	return nn.EnsembleShape{Members: members, Observation: d.width, Action: len(d.task.Action), Hidden: []int{units, units}, Kinds: kinds, Blind: blind}
}

// outputs is O+R.
func (d *table) outputs() int { return len(d.task.Observation) + len(d.task.Terms) }

// shares compares what the members foretold [E,n,width] with what came.
func (d *table) shares(told []float32) []float64 {
	shares := make([]float64, d.outputs())
	for i := range shares {
		var sum, squares, errs, size float64
		for at := i; at < len(d.heldNext); at += d.width {
			mean := 0.0
			for member := range members {
				mean += float64(d.change(i, d.heldObs[at], told[member*len(d.heldNext)+at])) / members
			}
			change := float64(d.change(i, d.heldObs[at], d.heldNext[at]))
			sum, squares, errs = sum+change, squares+change*change, errs+(change-mean)*(change-mean)
			size = max(size, math.Abs(float64(d.heldNext[at])))
		}
		n := float64(d.heldRows())
		variance := max(0, squares/n-sum/n*sum/n)
		if shares[i] = 1 - errs/n/variance; !(math.Sqrt(variance) > steady*size) {
			shares[i] = math.NaN()
		}
	}
	return shares
}

// wide is the task of the wider observation, as far as a prediction needs it.
type wide struct {
	table *table
	kinds []string
}

// Identity names the task.
func (w wide) Identity() (string, []float64) { return "visible", nil }

// ObservationKinds are those of the shape.
func (w wide) ObservationKinds() []string { return w.kinds }

// ActionBox is the task's own.
func (w wide) ActionBox() (low, high []float64) { return w.table.task.ActionBox() }

// RewardTerms are the task's own.
func (w wide) RewardTerms() []string { return w.table.task.RewardTerms() }

// Rewards are entries of the wider observation after the step.
func (w wide) Rewards(terms, _, _, next []float64) {
	copy(terms, next[len(w.table.task.Observation):w.table.outputs()])
}

// Terminated is never: one step is all.
func (w wide) Terminated([]float64) bool { return false }
