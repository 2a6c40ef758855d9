package cpu

import (
	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// ownNoise is the noise that gaussian members predict themselves, times a factor.
type ownNoise struct {
	model *ensemble
	times float32
	sigma []float32 // [E,O] in units of the network's outputs, times the factor; nil where it depends on the state
}

// newOwnNoise is nil for a factor of 0.
func newOwnNoise(m *ensemble, times float64) *ownNoise {
	if times == 0 {
		return nil
	}
	o := &ownNoise{model: m, times: float32(times)}
	if m.shape.Gaussian.ByState {
		return o
	}
	for member := range m.shape.Members {
		own := m.own(m.member(member))
		for i := range m.shape.Observation {
			o.sigma = append(o.sigma, o.of(own[i], i))
		}
	}
	return o
}

// of is the noise of output i, given log σ; 0 where it is not predicted.
func (o *ownNoise) of(logSigma float32, i int) float32 {
	if !o.model.predicts(i) {
		return 0
	}
	return o.times * nn.Sigma(logSigma)
}

// at is the noise of output i of a member, given its row of the network's outputs.
func (o *ownNoise) at(member int, raw []float32, i int) float32 {
	if o.sigma != nil {
		return o.sigma[member*o.model.shape.Observation+i]
	}
	return o.of(raw[o.model.shape.Outputs()+i], i)
}

// units writes the noise [O] in the units of the observations.
func (o *ownNoise) units(noise []float32, member int, raw []float32) {
	for i := range noise {
		noise[i] = o.at(member, raw, i) * o.model.out.scale[i]
	}
}

// shake adds the noise of decision t of a path to a row of the network's outputs, and writes it to added [O].
func (o *ownNoise) shake(w *worker, raw, added []float32, member int, options nn.RolloutOptions, t, path int) {
	w.modelNormals(added, options, t, path)
	if o.sigma != nil {
		multiply(added, o.sigma[member*len(added):(member+1)*len(added)])
	} else {
		for k := range added {
			added[k] *= o.of(raw[o.model.shape.Outputs()+k], k)
		}
	}
	add(raw, added)
}

// slope writes the derivatives by log σ, where it depends on the state, given those by the means and the noise that was
// added: d(σ·z)/d log σ = σ·z within the bounds of log σ.
func (o *ownNoise) slope(inward, raw, added []float32) {
	if o.sigma != nil {
		return
	}
	outputs := o.model.shape.Outputs()
	for k, x := range added {
		inward[outputs+k] = 0
		if s := raw[outputs+k]; s >= nn.LeastLogSigma && s <= nn.MostLogSigma {
			inward[outputs+k] = inward[k] * x
		}
	}
}

// Noise is the standard deviation of every member's own noise.
func (b *machine) Noise(m *ensemble, task nn.Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	return b.predict("noise", m, task, observations, actions, newOwnNoise(m, 1))
}
