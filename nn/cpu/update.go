package cpu

import "github.com/palmal-rl/palmal/nn"

// stretch is a run of parameters that share a factor of the rate and a decoupled decay.
type stretch struct {
	end         int
	rate, decay float64
}

// stretches divide the parameters of a member where they do not share both; nil: they do.
func (m *ensemble) stretches(care nn.Care) []stretch {
	if m.shape.Gaussian == nil && care.LayerDecay == 0 {
		return nil
	}
	var all []stretch
	for i, layer := range m.network.layers {
		all = append(all, stretch{layer.End(), 1, care.Decay(i)})
	}
	if end := all[len(all)-1].end; end < m.size {
		all = append(all, stretch{m.size, nn.NoiseRate, 0})
	}
	return all
}

// update takes an Adam step of the parameters [first, end).
func (d *descent) update(first, end int, number int64, constants nn.Adam) {
	if d.stretches == nil {
		d.move(first, end, newAdamStep(constants, number))
		return
	}
	from := 0
	for _, s := range d.stretches {
		if a, b := max(first, from), min(end, s.end); a < b {
			here := constants
			here.Rate *= s.rate
			if s.decay > 0 {
				scale(d.parameters[a:b], float32(1-here.Rate*s.decay))
			}
			d.move(a, b, newAdamStep(here, number))
		}
		from = s.end
	}
}

// move applies a prepared step.
func (d *descent) move(first, end int, step adamStep) {
	adamUpdate(d.parameters[first:end], d.gradients[0][first:end], d.gradients[1][first:end],
		d.moment1[first:end], d.moment2[first:end], &step)
}
