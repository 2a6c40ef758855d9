package cpu

import "github.com/palmal-rl/palmal/nn"

// stretch is a run of parameters that share a factor of the rate and a decoupled decay.
type stretch struct {
	end         int
	rate, decay float64
	noise       bool // they are log σ, which have bounds
}

// step prepares a step, counted from 1, of its parameters, and what they are multiplied by before.
func (s stretch) step(number int64, constants nn.Adam) (step adamStep, shrink float32) {
	constants.Rate *= s.rate
	return newAdamStep(constants, number), float32(1 - constants.Rate*s.decay)
}

// stretches divide the parameters of a member where they do not share both; nil: they do.
func (m *ensemble) stretches(care nn.Care) []stretch {
	if m.shape.Gaussian == nil && care.LayerDecay == 0 {
		return nil
	}
	var all []stretch
	for i, layer := range m.network.layers {
		all = append(all, stretch{end: layer.End(), rate: 1, decay: care.Decay(i)})
	}
	if end := all[len(all)-1].end; end < m.size {
		all = append(all, stretch{end: m.size, rate: nn.NoiseRate, noise: true})
	}
	return all
}

// update takes an Adam step of the parameters [first, end).
func (d *descent) update(first, end int, number int64, constants nn.Adam) {
	if d.stretches == nil {
		step, _ := stretch{rate: 1}.step(number, constants)
		d.move(first, end, step)
		return
	}
	from := 0
	for _, s := range d.stretches {
		if a, b := max(first, from), min(end, s.end); a < b {
			step, shrink := s.step(number, constants)
			if shrink != 1 {
				scale(d.parameters[a:b], shrink)
			}
			if s.noise {
				d.free(a, b)
			}
			d.move(a, b, step)
		}
		from = s.end
	}
}

// free leaves out the derivatives by log σ, the parameters [first, end), that lead further beyond a bound.
func (d *descent) free(first, end int) {
	for i := first; i < end; i++ {
		if one, other := &d.gradients[0][i], &d.gradients[1][i]; !nn.FreeLogSigma(d.parameters[i], *one+*other) {
			*one, *other = 0, 0
		}
	}
}

// move applies a prepared step.
func (d *descent) move(first, end int, step adamStep) {
	adamUpdate(d.parameters[first:end], d.gradients[0][first:end], d.gradients[1][first:end],
		d.moment1[first:end], d.moment2[first:end], &step)
}
