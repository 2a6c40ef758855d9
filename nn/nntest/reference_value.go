package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// regression is the data of a value fit: one row for every step of all paths, path after path.
type regression struct {
	features [][]float64
	targets  []float64
}

func newRegression(v *value, p *paths) (r regression) {
	p.everyStride(1, func(at *path, t int) {
		r.features = append(r.features, v.features(at, t))
		r.targets = append(r.targets, at.returns[t])
	})
	return r
}

// loss returns the mean squared error over the given rows and its gradient [P].
func (r regression) loss(v *value, parameters []float64, rows []int) (loss float64, gradient []float64) {
	net := newNetwork(v.shape.MLP())
	gradient = make([]float64, len(parameters))
	n := float64(len(rows))
	for _, i := range rows {
		values := net.forward(parameters, r.features[i])
		e := values[len(values)-1][0] - r.targets[i]
		loss += e * e / n
		net.backward(gradient, parameters, values, []float64{2 * e / n})
	}
	return loss, gradient
}

// relative is the mean squared error of all rows divided by the variance of the targets.
func (r regression) relative(v *value) float64 {
	loss, _ := r.loss(v, widen(v.parameters), sequence(len(r.targets)))
	n, mean, variance := float64(len(r.targets)), 0.0, 0.0
	for _, y := range r.targets {
		mean += y / n
	}
	for _, y := range r.targets {
		variance += (y - mean) * (y - mean) / n
	}
	return loss / variance
}

// FitValue implements [nn.Machine].
func (r *reference) FitValue(v *value, p *paths, options nn.ValueFitOptions) (report nn.ValueReport, err error) {
	rows := newRegression(v, p)
	if options.Unjudged {
		report.Before, report.After = math.NaN(), math.NaN()
		report.Steps = v.train(rows, options)
		return report, finite("value fit", widen(v.parameters))
	}
	report.Before = rows.relative(v)
	report.Steps = v.train(rows, options)
	report.After = rows.relative(v)
	return report, finite("value fit", []float64{report.Before, report.After})
}

// train runs the epochs of a fit and returns the number of steps.
func (v *value) train(rows regression, options nn.ValueFitOptions) (steps int) {
	n := len(rows.targets)
	for range options.Epochs {
		key := nn.Key{Seed: options.Seed, Stream: nn.StreamValueFit}
		order := nn.NewPermutation(n, key, uint64(v.epochs), 0)
		for batch := range (n + options.Batch - 1) / options.Batch {
			_, gradient := rows.loss(v, widen(v.parameters), minibatch(order, batch, options.Batch, n))
			v.steps++
			steps++
			adamStep(v.parameters, v.m, v.v, gradient, v.steps, options.Adam)
		}
		v.epochs++
	}
	return steps
}
