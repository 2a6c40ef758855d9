//go:build cuda

package gpu

import (
	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// noise mirrors the noise of the model.
func (m *ensemble) noise(q *driver.Queue, a *arena, options nn.RolloutOptions) *noise {
	n := m.ownNoise(options.OwnNoise)
	n.seed, n.stream, n.step = options.Seed, uint64(nn.StreamModelNoise), options.NoiseStep(0)
	if sigma := m.shape.OutputNoise(options.Noise, m.out.scale); sigma != nil {
		n.sigma = uploaded(q, a, sigma).Ptr
	}
	return n
}

// ownNoise mirrors the members' own noise, times a factor.
func (m *ensemble) ownNoise(times float64) *noise {
	n := &noise{times: times, apart: int64(m.network.size)}
	if g := m.shape.Gaussian; g != nil && !g.ByState {
		n.own = m.parameters.At(m.shape.MLP().Parameters())
	}
	return n
}

var _ nn.MachineGaussian[*ensemble] = (*machine)(nil)

// Noise is the standard deviation of every member's own noise.
func (b *machine) Noise(m *ensemble, t nn.Task, observations, acts *tensor.Dense) (*tensor.Dense, error) {
	return b.predict("noise", m, t, observations, acts, m.ownNoise(1))
}
