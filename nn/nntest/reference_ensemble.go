package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// predicted reports whether a model predicts an observation entry of this kind.
func predicted(kind string) bool {
	return kind == nn.KindPredicted || kind == nn.KindAngle || kind == nn.KindUnit || kind == nn.KindNextUnit
}

// wrap moves an angle into [-π, π).
func wrap(x float64) float64 { return x - 2*math.Pi*math.Floor((x+math.Pi)/(2*math.Pi)) }

// dataset is transitions in float64 as the network sees them: inputs (obs, act) and outputs, the
// differences to the next observation and the reward.
type dataset struct{ inputs, outputs [][]float64 }

func newDataset(shape nn.EnsembleShape, data nn.Transitions) dataset {
	var set dataset
	for i := range data.Rows() {
		obs, next := row(data.Observations, i), row(data.Next, i)
		output := make([]float64, shape.Outputs())
		for j, kind := range shape.Kinds {
			output[j] = next[j] - obs[j]
			if kind == nn.KindAngle {
				output[j] = wrap(output[j])
			}
		}
		if shape.Reward {
			output[shape.Observation] = row(data.Rewards, i)[0]
		}
		if shape.Termination {
			output[len(output)-1] = row(data.Ended, i)[0]
		}
		set.inputs = append(set.inputs, append(obs, row(data.Actions, i)...))
		set.outputs = append(set.outputs, output)
	}
	return set
}

func (d dataset) finite() bool { return allFinite(d.inputs...) && allFinite(d.outputs...) }

// moments returns the mean of column j and its spread as the scaling measures it.
func moments(rows [][]float64, j int, scaling nn.Scaling) (mean, spread float64) {
	n := float64(len(rows))
	for _, r := range rows {
		mean += r[j] / n
	}
	for _, r := range rows {
		deviation := math.Abs(r[j] - mean)
		if scaling == nn.StandardDeviation {
			deviation *= deviation
		}
		spread += deviation / n
	}
	if scaling == nn.StandardDeviation {
		spread = math.Sqrt(spread)
	}
	return mean, spread
}

// normalise measures the normalisers on the data.
func (m *ensemble) normalise(set dataset, options nn.FitOptions) {
	for j := range m.inShift {
		mean, spread := moments(set.inputs, j, options.Scaling)
		if spread < nn.ScaleFloor {
			spread = 1
		}
		if j < m.shape.Observation && m.shape.Blind != nil && m.shape.Blind[j] {
			spread = math.Inf(1)
		}
		m.inShift[j], m.inScale[j] = float32(mean), float32(spread)
	}
	for j := range m.outShift {
		mean, spread := moments(set.outputs, j, options.Scaling)
		if spread < nn.ScaleFloor {
			spread = 0
		}
		m.outShift[j], m.outScale[j] = float32(mean), float32(spread)
		if m.isTermination(j) {
			m.outShift[j], m.outScale[j] = 0, 0
			if mean > 0 {
				m.outScale[j] = float32(math.Max(1, math.Min(20, (1-mean)/mean)))
			}
			continue
		}
		if j == m.shape.Observation {
			continue // the shift of a constant reward is the reward
		}
		if !predicted(m.shape.Kinds[j]) {
			m.outScale[j] = 0
		}
		if options.NoShift || m.outScale[j] == 0 {
			m.outShift[j] = 0
		}
	}
}

// predicts reports whether output j is predicted: its kind allows it, and it changed in the data.
func (m *ensemble) predicts(j int) bool {
	return m.outScale[j] != 0 && (j >= m.shape.Observation || predicted(m.shape.Kinds[j]))
}

// isTermination reports whether output j is the logit of a termination.
func (m *ensemble) isTermination(j int) bool { return m.shape.Termination && j == m.shape.Outputs()-1 }

// input normalises the network's input.
func (m *ensemble) input(raw []float64) []float64 {
	in := make([]float64, len(raw))
	for j, x := range raw {
		in[j] = (x - float64(m.inShift[j])) / float64(m.inScale[j])
	}
	return in
}

// errors returns the errors of the normalised outputs, 0 for outputs that are not predicted, and the number
// of predicted outputs.
func (m *ensemble) errors(output, target []float64) (errors []float64, count int) {
	errors = make([]float64, len(output))
	for j, y := range output {
		if !m.predicts(j) {
			continue
		}
		if m.isTermination(j) {
			errors[j], count = 1/(1+math.Exp(-y))-target[j], count+1
			continue
		}
		errors[j] = y - (target[j]-float64(m.outShift[j]))/float64(m.outScale[j])
		count++
	}
	return errors, count
}

// memberParameters returns the parameters of one member in float64.
func (m *ensemble) memberParameters(member int) []float64 {
	size := m.shape.Parameters()
	return widen(m.parameters[member*size : (member+1)*size])
}

// loss returns the mean squared error of one member on the given rows, and its gradient [P] with the
// outputs' weights of the options.
func (m *ensemble) loss(parameters []float64, set dataset, rows []int, raw bool) (loss float64, gradient []float64) {
	net := newNetwork(m.shape.MLP())
	gradient = make([]float64, len(parameters))
	for _, i := range rows {
		values := net.forward(parameters, m.input(set.inputs[i]))
		errors, count := m.errors(values[len(values)-1][:m.shape.Outputs()], set.outputs[i])
		terms := float64(max(count, 1) * len(rows))
		dOut := make([]float64, len(errors))
		for j, e := range errors {
			weight := 1.0
			rowWeight := 1.0
			if m.isTermination(j) && set.outputs[i][j] > 0 {
				rowWeight = float64(m.outScale[j])
			}
			if raw && !m.isTermination(j) {
				weight = float64(m.outScale[j]) * float64(m.outScale[j])
			}
			loss += weight * e * e / terms
			dOut[j] = 2 * weight * rowWeight * e / terms
		}
		net.backward(gradient, parameters, values, append(dOut, make([]float64, net.layers[len(net.layers)-1].Out-len(dOut))...))
	}
	return loss, gradient
}

// ModelLoss implements [nn.Machine].
func (r *reference) ModelLoss(m *ensemble, data nn.Transitions) ([]float64, error) {
	set := newDataset(m.shape, data)
	losses := make([]float64, m.shape.Members)
	for member := range losses {
		losses[member], _ = m.loss(m.memberParameters(member), set, sequence(data.Rows()), false)
	}
	if !allFinite(losses) {
		return nil, fmt.Errorf("model loss: %w", nn.ErrDiverged)
	}
	return losses, nil
}

// Predict implements [nn.Machine].
func (r *reference) Predict(m *ensemble, task nn.Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	var next []float32
	n, own := m.shape.PredictRows(observations)
	obs, act := flattened(observations), flattened(actions)
	for member := range m.shape.Members {
		for i := range n {
			if own {
				i += member * n
			}
			state, _, _ := m.step(member, task, row(obs, i), row(act, i), shaking{}, bounds{})
			next = append(next, narrow(state)...)
		}
	}
	if !allFinite(next) {
		return nil, fmt.Errorf("predict: %w", nn.ErrDiverged)
	}
	return nn.Matrix(next, m.shape.Members, n, m.shape.Observation), nil
}

// flattened is x as a matrix of all its rows.
func flattened(x *tensor.Dense) *tensor.Dense {
	width := x.Shape()[x.Dims()-1]
	return nn.Matrix(nn.RowMajor(x), x.Shape().TotalSize()/width, width)
}

func sequence(n int) []int {
	x := make([]int, n)
	for i := range x {
		x[i] = i
	}
	return x
}
