package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// disagreement is how far the members' outputs for the predicted entries lie apart: the root of their mean variance.
func (m *ensemble) disagreement(obs, clipped []float64) float64 {
	total, entries := 0.0, 0.0
	outputs := make([][]float64, m.shape.Members)
	for e := range outputs {
		outputs[e] = newNetwork(m.shape.MLP()).output(m.memberParameters(e), m.input(append(append([]float64(nil), obs...), clipped...)))
	}
	for j := range m.shape.Kinds {
		if !m.predicts(j) {
			continue
		}
		entries++
		mean, squares := 0.0, 0.0
		for _, output := range outputs {
			mean += output[j] / float64(len(outputs))
			squares += output[j] * output[j] / float64(len(outputs))
		}
		total += math.Max(0, squares-mean*mean)
	}
	return math.Sqrt(total / math.Max(1, entries))
}

// backDisagreement adds the derivatives by a state and a clipped action of weight times the disagreement on them.
func (c course) backDisagreement(dObs, dAct, obs, clipped []float64, weight float64) {
	m, net := c.model, newNetwork(c.model.shape.MLP())
	u := m.disagreement(obs, clipped)
	if weight == 0 || u == 0 {
		return
	}
	input := m.input(append(append([]float64(nil), obs...), clipped...))
	values := make([][][]float64, m.shape.Members)
	mean, entries := make([]float64, m.shape.Width()), 0.0
	for e := range values {
		values[e] = net.forward(m.memberParameters(e), input)
		for j, x := range values[e][len(values[e])-1] {
			mean[j] += x / float64(len(values))
		}
	}
	for j := range m.shape.Kinds {
		if m.predicts(j) {
			entries++
		}
	}
	for e := range values {
		delta := make([]float64, len(mean))
		for j := range m.shape.Kinds {
			if m.predicts(j) { // of √(Σ(o−ō)²/ED)
				delta[j] = weight * (values[e][len(values[e])-1][j] - mean[j]) / (u * entries * float64(len(values)))
			}
		}
		parameters := m.memberParameters(e)
		for j, x := range net.backward(make([]float64, len(parameters)), parameters, values[e], delta) {
			if x /= float64(m.inScale[j]); j < len(obs) {
				dObs[j] += x
			} else {
				dAct[j-len(obs)] += x
			}
		}
	}
}

// charge takes what disagreement costs from the rewards of kept steps.
func (p *path) charge(options nn.ScoreOptions) {
	for t := range p.rewards {
		if options.Disagreement != 0 {
			p.rewards[t] -= options.RewardScale * options.Disagreement * p.doubts[t]
		}
	}
}

// MeasuresDisagreement implements [nn.MachineDisagreeing].
func (r *reference) MeasuresDisagreement() {}
