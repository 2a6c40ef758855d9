package nntest

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// Fit implements [nn.Machine].
func (r *reference) Fit(m *ensemble, data nn.Transitions, options nn.FitOptions) (nn.FitReport, error) {
	set := newDataset(m.shape, data)
	if !set.finite() {
		return nn.FitReport{}, fmt.Errorf("fit: data: %w", nn.ErrDiverged)
	}
	m.normalise(set, options)
	return m.train(newAim(m, set, data, options))
}

// train runs the steps of a fit, epoch by epoch.
func (m *ensemble) train(a *aim) (nn.FitReport, error) {
	options, n, members := a.options, len(a.trained), m.shape.Members
	report := nn.FitReport{Steps: options.Steps(n), First: make([]float64, members), Last: make([]float64, members)}
	for left := report.Steps; left > 0; m.epochs++ {
		batches := min(left, (n+options.Batch-1)/options.Batch)
		for member := range members {
			loss := a.epoch(member, batches, report.Steps-left)
			if left == report.Steps {
				report.First[member] = loss
			}
			report.Last[member] = loss
		}
		m.steps += int64(batches)
		left -= batches
		if !allFinite(m.parameters, m.m, m.v) || !allFinite(report.Last) {
			return report, fmt.Errorf("fit: epoch %d: %w", m.epochs, nn.ErrDiverged)
		}
	}
	a.finish(&report)
	return report, nil
}

// epoch trains one member on the given number of minibatches of one epoch, after the done steps of the fit,
// and returns their mean loss.
func (a *aim) epoch(member int, batches int, done int) float64 {
	m, options, n := a.model, a.options, len(a.trained)
	steps := options.Steps(n)
	if done == 0 {
		a.look(member, 0)
	}
	order := nn.NewPermutation(n, nn.Key{Seed: options.Seed, Stream: nn.StreamEnsembleFit}, uint64(m.epochs), uint32(member))
	mean := 0.0
	for batch := range batches {
		rows := minibatch(order, batch, options.Batch, n)
		for i, place := range rows {
			rows[i] = a.trained[place]
		}
		loss, gradient := a.gradient(member, rows, batch*options.Batch)
		mean += loss / float64(batches)
		m.move(member, gradient, m.steps+int64(batch)+1, options.AdamAt(done+batch+1, steps), options.Care)
		if step := done + batch + 1; step*5/steps > (step-1)*5/steps {
			a.look(member, step)
		}
	}
	return mean
}

// minibatch returns the rows of one minibatch; the last of an epoch holds the remainder.
func minibatch(order nn.Permutation, batch, size, n int) []int {
	var rows []int
	for i := batch * size; i < min((batch+1)*size, n); i++ {
		rows = append(rows, order.At(i))
	}
	return rows
}
