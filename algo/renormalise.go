package algo

import (
	"cmp"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// renormalise scales the observations of the policy and of both value networks by the data so far, and rewrites
// their first layers so that none of them changes but for rounding, and for what a value network clips.
func (p *pathwisePlayer) renormalise(t turn) error {
	change, err := p.rescalePolicy(t)
	if err != nil || change == nil || !p.config.Value.Normalise {
		return err
	}
	for _, network := range []*nn.Value{&p.value, &p.slow} {
		if err := p.rescaleValue(network, change); err != nil {
			return err
		}
	}
	return nil
}

// rescalePolicy does so for the policy and the averaged one; the change is nil where the configuration asks for none.
func (p *naturalGradient) rescalePolicy(t turn) (*rescaling, error) {
	if !p.config.Pathwise.Renormalise || !p.config.Policy.Normalise {
		return nil, nil
	}
	change := &rescaling{shift: p.shift, scale: p.scale}
	change.newShift, change.newScale = p.normaliser(t.data.observations())
	for _, parameters := range [][]float32{p.theta, p.average} {
		change.weights(parameters, p.policy.Shape().MLP().Layers()[0], 1)
	}
	p.shift, p.scale = change.newShift, change.newScale
	return change, cmp.Or(p.policy.SetParameters(p.theta), p.policy.SetNormaliser(p.shift, p.scale))
}

// rescaleValue replaces a value network by an equal one of the player's normaliser, with its optimiser.
func (p *naturalGradient) rescaleValue(network *nn.Value, change *rescaling) error {
	state, err := (*network).Save()
	if err != nil {
		return err
	}
	shape := (*network).Shape()
	layer := shape.MLP().Layers()[0]
	arrays, counters, err := shape.Layout().Read(state)
	if err != nil {
		return err
	}
	change.weights(arrays[0], layer, float32(shape.Clip))
	change.moments(arrays[1], layer, 1)
	change.moments(arrays[2], layer, 2)
	shape.Shift, shape.Scale = slices.Clone(change.newShift), slices.Clone(change.newScale)
	if err := (*network).Close(); err != nil {
		return err
	}
	if *network, err = p.backend.NewValue(shape, arrays[0]); err != nil {
		return err
	}
	return (*network).Load(shape.Layout().State(arrays, counters))
}

// rescaling is a change of a normaliser, [O] each.
type rescaling struct{ shift, scale, newShift, newScale []float32 }

// weights rewrites the first layer of a network that sees ((x − shift)/scale)/unit, so that its sums stay:
// W' = W·scale'/scale, and b' = b + Σ W·(shift' − shift)/(scale·unit).
func (r rescaling) weights(parameters []float32, layer nn.Layer, unit float32) {
	for j := range layer.Out {
		bias := float64(parameters[layer.Bias+j])
		for i := range r.shift {
			w := &parameters[layer.Weights+i*layer.Out+j]
			bias += float64(*w) * (float64(r.newShift[i]) - float64(r.shift[i])) / (float64(r.scale[i]) * float64(unit))
			*w = float32(float64(*w) * float64(r.newScale[i]) / float64(r.scale[i]))
		}
		parameters[layer.Bias+j] = float32(bias)
	}
}

// moments rescales a power of the gradient by the first layer's weights, which scales as the inverse of these.
func (r rescaling) moments(moments []float32, layer nn.Layer, power int) {
	for i := range r.shift {
		factor := float64(r.scale[i]) / float64(r.newScale[i])
		if power == 2 {
			factor *= factor
		}
		for j := range layer.Out {
			at := layer.Weights + i*layer.Out + j
			moments[at] = float32(factor * float64(moments[at]))
		}
	}
}
