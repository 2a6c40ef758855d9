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
	return m.train(set, options)
}

// train runs the steps of a fit, epoch by epoch.
func (m *ensemble) train(set dataset, options nn.FitOptions) (nn.FitReport, error) {
	n, members := len(set.inputs), m.shape.Members
	report := nn.FitReport{Steps: options.Steps(n), First: make([]float64, members), Last: make([]float64, members)}
	for left := report.Steps; left > 0; m.epochs++ {
		batches := min(left, (n+options.Batch-1)/options.Batch)
		for member := range members {
			loss := m.epoch(member, set, batches, options, report.Steps-left)
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
	return report, nil
}

// epoch trains one member on the given number of minibatches of one epoch, after the done steps of the fit,
// and returns their mean loss.
func (m *ensemble) epoch(member int, set dataset, batches int, options nn.FitOptions, done int) float64 {
	steps := options.Steps(len(set.inputs))
	n, size := len(set.inputs), m.shape.MLP().Parameters()
	key := nn.Key{Seed: options.Seed, Stream: nn.StreamEnsembleFit}
	order := nn.NewPermutation(n, key, uint64(m.epochs), uint32(member))
	mine := func(x []float32) []float32 { return x[member*size : (member+1)*size] }
	mean := 0.0
	for batch := range batches {
		rows := minibatch(order, batch, options.Batch, n)
		loss, gradient := m.loss(m.memberParameters(member), set, rows, options.RawLoss)
		mean += loss / float64(batches)
		adamStep(mine(m.parameters), mine(m.m), mine(m.v), gradient, m.steps+int64(batch)+1, options.AdamAt(done+batch+1, steps))
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
