//go:build cuda

package gpu

import (
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// policy is a Gaussian policy with its input normaliser. Only the host changes its parameters, so the host
// keeps a copy.
type policy struct {
	handle
	shape      nn.PolicyShape
	network    mlp
	theta      []float32      // [P] copy of parameters
	parameters array[float32] // [P]
	packed     array[float32] // packed network of the mean, see cuda/pack.cu
	in         affine         // [O]
}

// NewPolicy makes a policy of parameters [P].
func (b *machine) NewPolicy(shape nn.PolicyShape, parameters []float32) (*policy, error) {
	if shape.Action > deviceSampleThreads {
		return nil, fmt.Errorf("policy: %d actions: the cuda backend takes at most %d", shape.Action, deviceSampleThreads)
	}
	p := &policy{handle: b.newHandle(forNetworks), shape: shape, network: newMLP(shape.MLP()), theta: slices.Clone(parameters)}
	err := b.d.do("new policy", func(q *driver.Queue) {
		p.network.upload(q, p.memory)
		p.parameters = take[float32](p.memory, len(parameters))
		p.packed = take[float32](p.memory, p.network.packed)
		p.in = newAffine(p.memory, shape.Observation)
		p.upload(q)
	})
	if err != nil {
		return nil, closed(err, p)
	}
	return p, nil
}

// upload copies the parameters to the device.
func (p *policy) upload(q *driver.Queue) {
	driver.Upload(q, p.parameters.Ptr, p.theta)
	p.network.pack(q, p.packed, p.parameters, true)
	p.in.upload(q)
}

// logStd is log σ [A].
func (p *policy) logStd() []float32 { return p.theta[p.shape.LogStd():] }

// Parameters copies θ.
func (p *policy) Parameters() ([]float32, error) {
	return slices.Clone(p.theta), nil
}

// SetParameters replaces θ.
func (p *policy) SetParameters(parameters []float32) error {
	copy(p.theta, parameters)
	return p.machine.d.do("setting a policy", p.upload)
}

// SetNormaliser sets shift and scale of the observation entries.
func (p *policy) SetNormaliser(shift, scale []float32) error {
	copy(p.in.shift, shift)
	copy(p.in.scale, scale)
	return p.machine.d.do("setting a normaliser", p.in.upload)
}

// places returns the arrays in the order of the layout.
func (p *policy) places() []place {
	return []place{{here: p.theta}, {here: p.in.shift}, {here: p.in.scale}}
}

// Save copies the state.
func (p *policy) Save() (nn.State, error) {
	return p.machine.d.save(p.shape.Layout(), p.places(), nil)
}

// Load replaces the state.
func (p *policy) Load(state nn.State) error {
	if err := p.machine.d.load(p.shape.Layout(), state, p.places(), nil); err != nil {
		return err
	}
	return p.machine.d.do("loading a policy", p.upload)
}
