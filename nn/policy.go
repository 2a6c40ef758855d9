package nn

import (
	"fmt"
	"math"
)

// PolicyShape is the shape of a Gaussian policy: the mean is a tanh MLP of the normalised
// observation, the standard deviation is exp of a free vector (paper, appendix B: diagonal
// covariance, learned, independent of the state).
type PolicyShape struct {
	Observation int
	Action      int
	Hidden      []int
}

// MLP is the shape of the network of the mean.
func (s PolicyShape) MLP() MLP { return NewMLP(s.Observation, s.Hidden, s.Action, Tanh) }

// LogStd is the offset of log σ [A] in the parameter vector: it follows the network of the mean.
func (s PolicyShape) LogStd() int { return countParameters(s.Observation, s.Hidden, s.Action) }

// Parameters is P: the network of the mean and log σ.
func (s PolicyShape) Parameters() int { return s.LogStd() + s.Action }

// Check refuses impossible shapes.
func (s PolicyShape) Check() error { return s.MLP().Check() }

// CheckParameters refuses an impossible shape, and parameters that are not [P].
func (s PolicyShape) CheckParameters(parameters []float32) error {
	if err := s.Check(); err != nil {
		return err
	}
	if want := s.Parameters(); len(parameters) != want {
		return fmt.Errorf("policy: %d parameters, want %d", len(parameters), want)
	}
	return nil
}

// CheckNormaliser refuses shifts and scales that are not [O], and a scale of 0 or NaN.
func (s PolicyShape) CheckNormaliser(shift, scale []float32) error {
	if len(shift) != s.Observation || len(scale) != s.Observation {
		return fmt.Errorf("normaliser of %d shifts and %d scales, want %d", len(shift), len(scale), s.Observation)
	}
	for i, x := range scale {
		if !(math.Abs(float64(x)) > 0) {
			return fmt.Errorf("normaliser: scale %g of observation %d: must not be 0", x, i)
		}
	}
	return nil
}

// Init returns initial parameters [P]. The last layer is scaled by outputScale (the reference
// implementation uses 0.01), so that the first mean action is close to 0, and log σ is logStd.
func (s PolicyShape) Init(seed uint64, logStd, outputScale float64) []float32 {
	parameters := make([]float32, s.Parameters())
	net := s.MLP()
	net.Init(parameters[:s.LogStd()], Key{Seed: seed, Stream: StreamPolicyInit}, 0)
	layers := net.Layers()
	last := layers[len(layers)-1]
	for i := last.Weights; i < last.End(); i++ {
		parameters[i] = float32(float64(parameters[i]) * outputScale)
	}
	for i := s.LogStd(); i < len(parameters); i++ {
		parameters[i] = float32(logStd)
	}
	return parameters
}

// Policy is a handle to a policy on a backend.
type Policy interface {
	Network
	Shape() PolicyShape
	// Parameters downloads θ, [P].
	Parameters() ([]float32, error)
	// SetParameters uploads θ, [P].
	SetParameters(parameters []float32) error
	// SetNormaliser sets shift and scale of the observation entries, [O] each: the network sees
	// (obs − shift)/scale. A new policy has 0 and 1.
	SetNormaliser(shift, scale []float32) error
}

// Actor is a policy on the host that acts in the world. The pure Go code is the same for every backend,
// so that equal parameters give equal actions. One actor serves one goroutine.
type Actor struct {
	network      hostNetwork
	logStd       []float32 // [A], a slice of the parameters
	shift, scale []float32
}

// NewActor returns an actor. It keeps the slices, which must not change while it acts.
func NewActor(shape PolicyShape, parameters, shift, scale []float32) (*Actor, error) {
	if len(parameters) != shape.Parameters() || len(shift) != shape.Observation || len(scale) != shape.Observation {
		return nil, fmt.Errorf("actor: %d parameters, %d shifts, %d scales; want %d, %d, %d", len(parameters),
			len(shift), len(scale), shape.Parameters(), shape.Observation, shape.Observation)
	}
	return &Actor{network: newHostNetwork(shape.MLP(), parameters), logStd: parameters[shape.LogStd():], shift: shift, scale: scale}, nil
}

// Mean writes the mean action for obs [O] to action [A]. It does not allocate.
func (a *Actor) Mean(obs, action []float32) {
	in := a.network.input(len(obs))
	for i, x := range obs {
		in[i] = (x - a.shift[i]) / a.scale[i]
	}
	a.network.forward(action, len(obs))
}

// Sample writes a random action for obs [O] to action [A]: mean + σ·z, with z drawn at (key, step) on
// NormalBlocks(A) lanes from lane, four actions to a lane.
func (a *Actor) Sample(obs, action []float32, key Key, step uint64, lane uint32) {
	a.Mean(obs, action)
	for block := range NormalBlocks(len(action)) {
		noise := key.Normals(step, lane+uint32(block))
		for j := block * 4; j < min(len(action), block*4+4); j++ {
			action[j] += float32(math.Exp(float64(a.logStd[j]))) * noise[j-block*4]
		}
	}
}
