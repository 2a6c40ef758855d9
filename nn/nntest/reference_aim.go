package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// aim is what a fit lowers, and on which rows.
type aim struct {
	model         *ensemble
	set           dataset
	options       nn.FitOptions
	hashes        []uint64
	trained, held []int
	best          []float64   // [E] least criterion on the rows held out
	scales        [][]float64 // [E,outputs] by how much log σ was too small then
	at            []int       // [E] steps before it
	kept          [][]float32 // [E] parameters then
}

func newAim(m *ensemble, set dataset, data nn.Transitions, options nn.FitOptions) *aim {
	a := &aim{model: m, set: set, options: options, best: make([]float64, m.shape.Members), at: make([]int, m.shape.Members),
		kept: make([][]float32, m.shape.Members), scales: make([][]float64, m.shape.Members)}
	n := len(set.inputs)
	key := nn.Key{Seed: options.Seed, Stream: nn.StreamHoldOut}
	for i := range n {
		of := i / (1 + options.Care.Images) * (1 + options.Care.Images)
		hash := nn.HashRow(narrow(row(data.Observations, of)), narrow(row(data.Actions, of)))
		a.hashes = append(a.hashes, hash)
		if key.Uniform(hash, 0) < math.Min(options.Care.HoldOut, 4096/float64(n)) {
			a.held = append(a.held, i)
		} else {
			a.trained = append(a.trained, i)
		}
	}
	if len(a.trained) == 0 {
		a.trained, a.held = a.held, nil
	}
	if options.Care.Restart {
		clear(m.m)
		clear(m.v)
		m.steps = 0
	}
	return a
}

// gradient is the mean squared error of a minibatch that begins at a place of the epoch, and the gradient [P] of its loss.
func (a *aim) gradient(member int, rows []int, place int) (loss float64, gradient []float64) {
	m := a.model
	parameters := m.memberParameters(member)
	gradient = make([]float64, len(parameters))
	for i, row := range rows {
		error, one := a.one(member, parameters, row, place+i)
		weight := 1.0
		if a.options.Care.Bootstrap {
			weight = -math.Log(1 - nn.Key{Seed: a.options.Seed, Stream: nn.StreamBootstrap}.Uniform(a.hashes[row], uint32(member)))
		}
		loss += error / float64(len(rows))
		for k, g := range one {
			gradient[k] += weight * g / float64(len(rows))
		}
	}
	for k := m.shape.MLP().Parameters(); k < len(parameters); k++ {
		gradient[k] = leadingBack(parameters[k], gradient[k])
	}
	return loss, gradient
}

// leadingBack is the derivative by a log σ, or 0 where it leads further beyond a bound.
func leadingBack(logSigma, derivative float64) float64 {
	if logSigma > 2 && derivative < 0 || logSigma < -7 && derivative > 0 {
		return 0
	}
	return derivative
}

// one is that of one row at a place of the epoch.
func (a *aim) one(member int, parameters []float64, row, place int) (loss float64, gradient []float64) {
	m := a.model
	if m.shape.Gaussian == nil {
		return m.loss(parameters, a.set, []int{row}, a.options.RawLoss)
	}
	net := newNetwork(m.shape.MLP())
	if a.options.Care.Dropout > 0 {
		net.factor = a.factors(member, place, net)
	}
	gradient = make([]float64, len(parameters))
	values := net.forward(parameters, m.input(a.set.inputs[row]))
	raw := values[len(values)-1]
	errors, count := m.errors(raw[:m.shape.Outputs()], a.set.outputs[row])
	dOut := make([]float64, len(raw))
	for j, e := range errors {
		if !m.predicts(j) {
			continue
		}
		loss += e * e / float64(count)
		if m.isTermination(j) {
			dOut[j] = e / float64(count)
			if a.set.outputs[row][j] > 0 {
				dOut[j] *= float64(m.outScale[j])
			}
			continue
		}
		at, logSigma := m.logSigma(parameters, raw, j)
		sigma := math.Exp(inBounds(logSigma))
		weight := math.Pow(sigma, 2*a.options.Care.Beta) / float64(count)
		dOut[j] = weight * e / (sigma * sigma)
		slope := weight * (1 - e*e/(sigma*sigma))
		if m.shape.Gaussian.ByState {
			dOut[at] = leadingBack(logSigma, slope)
		} else {
			gradient[at] = slope
		}
	}
	net.backward(gradient, parameters, values, dOut)
	return loss, gradient
}

// factors are those of the units of a row's hidden layers. A unit is left out where one of the gaps between such units ends.
func (a *aim) factors(member, place int, net network) func(layer, unit int) float64 {
	all := make([][]float64, len(net.layers)-1)
	for layer := range all {
		share := a.options.Care.Dropout * (1 - float64(layer)/float64(len(net.layers)-1))
		all[layer] = make([]float64, net.layers[layer].Out)
		for unit := range all[layer] {
			all[layer][unit] = 1 / (1 - share)
		}
		drops := a.options.Dropout(uint64(a.model.epochs), member, a.model.shape.Members, layer, len(net.layers)).Row(place)
		for unit := drops.Next(len(all[layer])); unit < len(all[layer]); unit = drops.Next(len(all[layer])) {
			all[layer][unit] = 0
		}
	}
	return func(layer, unit int) float64 { return all[layer][unit] }
}

// inBounds is a log σ within its bounds.
func inBounds(logSigma float64) float64 { return math.Max(-7, math.Min(2, logSigma)) }

// logSigma is log σ of output j, given the member's parameters and its outputs, and its place among either.
func (m *ensemble) logSigma(parameters, raw []float64, j int) (at int, logSigma float64) {
	if m.shape.Gaussian.ByState {
		return m.shape.Outputs() + j, raw[m.shape.Outputs()+j]
	}
	at = len(parameters) - m.shape.Outputs() + j
	return at, parameters[at]
}

// sigma is the noise of output j of a member; 0 where it is not predicted.
func (m *ensemble) sigma(member int, raw []float64, j int) float64 {
	if !m.predicts(j) {
		return 0
	}
	_, logSigma := m.logSigma(m.memberParameters(member), raw, j)
	return math.Exp(inBounds(logSigma))
}

// sigmaSlope is the derivative of a noise that depends on the state by its log σ.
func (m *ensemble) sigmaSlope(raw []float64, j int) float64 {
	_, logSigma := m.logSigma(nil, raw, j)
	if logSigma != inBounds(logSigma) {
		return 0
	}
	return math.Exp(logSigma)
}

// criterion is what a member keeps its best state by: the loss on the rows held out once the noise of every output is
// multiplied by the root mean square of error/σ there.
func (a *aim) criterion(parameters []float64) (found float64, scales []float64) {
	m, outputs := a.model, a.model.shape.Outputs()
	if m.shape.Gaussian == nil {
		found, _ = m.loss(parameters, a.set, a.held, false)
		return found, nil
	}
	scales = make([]float64, outputs)
	logs := make([]float64, outputs) // means of log σ
	for _, row := range a.held {
		raw := newNetwork(m.shape.MLP()).output(parameters, m.input(a.set.inputs[row]))
		errors, _ := m.errors(raw[:outputs], a.set.outputs[row])
		for j, e := range errors {
			if m.predicts(j) && !m.isTermination(j) {
				_, logSigma := m.logSigma(parameters, raw, j)
				scales[j] += e * e * math.Exp(-2*inBounds(logSigma)) / float64(len(a.held))
				logs[j] += inBounds(logSigma) / float64(len(a.held))
			}
		}
	}
	_, count := m.errors(make([]float64, outputs), a.set.outputs[a.held[0]])
	found = a.likelihood(parameters, a.held)
	for j, square := range scales {
		if scales[j] = 0; m.predicts(j) && !m.isTermination(j) {
			scales[j] = math.Max(math.Log(square)/2, -7)
			found += (scales[j] - square/2) / float64(count)
			scales[j] = inBounds(logs[j]+scales[j]) - logs[j]
		}
	}
	return found, scales
}

// likelihood is the loss of gaussian members, without its constant, on some rows.
func (a *aim) likelihood(parameters []float64, rows []int) (sum float64) {
	m := a.model
	for _, row := range rows {
		raw := newNetwork(m.shape.MLP()).output(parameters, m.input(a.set.inputs[row]))
		errors, count := m.errors(raw[:m.shape.Outputs()], a.set.outputs[row])
		for j, e := range errors {
			share := 1 / float64(count*len(rows))
			switch {
			case !m.predicts(j):
			case m.isTermination(j):
				sum -= share * math.Log(1-math.Abs(e)) // e is the probability of what did not happen
			default:
				_, logSigma := m.logSigma(parameters, raw, j)
				logSigma = inBounds(logSigma)
				sum += share * (e*e*math.Exp(-2*logSigma)/2 + logSigma)
			}
		}
	}
	return sum
}

// look keeps a member's state after a step if it is the best so far.
func (a *aim) look(member, step int) {
	if len(a.held) == 0 {
		return
	}
	found, scales := a.criterion(a.model.memberParameters(member))
	if a.kept[member] == nil || found < a.best[member] || math.IsNaN(a.best[member]) {
		size := a.model.shape.Parameters()
		a.best[member], a.at[member], a.scales[member] = found, step, scales
		a.kept[member] = append([]float32(nil), a.model.parameters[member*size:(member+1)*size]...)
	}
}

// finish puts every member into its best state.
func (a *aim) finish(report *nn.FitReport) {
	if len(a.held) == 0 {
		return
	}
	report.HeldRows, report.Held, report.Best = len(a.held), a.best, a.at
	for member, kept := range a.kept {
		mine := a.model.parameters[member*len(kept) : (member+1)*len(kept)]
		copy(mine, kept)
		for j, scale := range a.scales[member] {
			noise := &mine[len(mine)-a.model.shape.Outputs()+j] // the last parameters are log σ, or its biases
			if !a.model.shape.Gaussian.ByState {
				*noise = float32(inBounds(float64(*noise)))
			}
			*noise += float32(scale)
		}
	}
}

// move is one step of Adam of a member: decoupled decay by layer, and a faster log σ.
func (m *ensemble) move(member int, gradient []float64, count int64, adam nn.Adam, care nn.Care) {
	size := m.shape.Parameters()
	mine := func(x []float32, from, to int) []float32 { return x[member*size+from : member*size+to] }
	part := func(from, to int, adam nn.Adam) {
		adamStep(mine(m.parameters, from, to), mine(m.m, from, to), mine(m.v, from, to), gradient[from:to], count, adam)
	}
	end := 0
	for i, layer := range m.shape.MLP().Layers() {
		w := mine(m.parameters, layer.Weights, layer.End())
		for k := range w {
			w[k] = float32(float64(w[k]) * (1 - adam.Rate*care.LayerDecay*float64(i+1)))
		}
		part(layer.Weights, layer.End(), adam)
		end = layer.End()
	}
	adam.Rate *= 10
	part(end, size, adam)
}

// Noise implements [nn.MachineGaussian].
func (r *reference) Noise(m *ensemble, task nn.Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	var noise []float32
	n, own := m.shape.PredictRows(observations)
	obs, act := flattened(observations), flattened(actions)
	for member := range m.shape.Members {
		for i := range n {
			if own {
				i += member * n
			}
			raw := newNetwork(m.shape.MLP()).output(m.memberParameters(member), m.input(append(row(obs, i), clipAction(task, row(act, i))...)))
			for j := range m.shape.Observation {
				noise = append(noise, float32(m.sigma(member, raw, j)*float64(m.outScale[j])))
			}
		}
	}
	if !allFinite(noise) {
		return nil, fmt.Errorf("noise: %w", nn.ErrDiverged)
	}
	return nn.Matrix(noise, m.shape.Members, n, m.shape.Observation), nil
}
