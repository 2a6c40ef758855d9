package nn

import (
	"cmp"
	"fmt"
)

// EnsembleShape is the shape of an ensemble of dynamics models.
//
// Every member maps an observation and the clipped action to the change of the observation in one
// decision (paper, appendix B, model details):
//
//	next = obs + outShift + outScale · MLP((obs − inShift)/inScale, (act − inShift)/inScale)
//
// A member with Reward has one more output, the reward. Entries that are not predicted follow their
// kind. An output whose scale over the dataset is below [ScaleFloor] is not predicted either:
// an entry that never changed stays exactly as it was, and a reward that never changed is the shift of
// its output. From the first fit, a constant input has scale 1, an input that the network does not see
// has [BlindScale], and an output that is not predicted has shift and scale 0.
//
// A member with Termination has a last output, the logit of the probability that a step ends the episode. A rollout
// ends a path where it is above 0. It is fitted by the cross-entropy, to flags instead of normalised targets; terminal
// rows weigh more where they are few, see [EnsembleShape.OutputNormaliser]. Without terminal rows in the data nothing is
// predicted, and no path ends by it.
//
// A step in the model adds the predicted difference, wraps angles, clamps predicted entries and scales
// unit vectors to length 1, in this order.
type EnsembleShape struct {
	Members     int
	Observation int
	Action      int
	Hidden      []int
	Reward      bool     // learn the reward as one more output
	Termination bool     // learn what ends an episode as the last output
	Kinds       []string // kind of each observation entry, [O]
	Blind       []bool   // observation entries that the network does not see, [O]; nil: none

	Gaussian *Gaussian // members that predict a mean and a noise; nil: those that predict a number

	Precision Precision // what the members multiply in
}

// BlindScale is the scale of an input that the network does not see. The scaled input is below the last
// bit of every sum that it enters, and is still a normal float32.
const BlindScale = 1e30

// InputScale is the scale of input i. Inputs are the observation entries, then the actions; spread is
// the scale of the input over the data.
func (s EnsembleShape) InputScale(i int, spread float64) float32 {
	switch {
	case i < len(s.Blind) && s.Blind[i]:
		return BlindScale
	case spread < ScaleFloor:
		return 1
	}
	return float32(spread)
}

// ScaleFloor is the standard deviation below which a column counts as constant.
const ScaleFloor = 1e-8

// MLP is the shape of the network of one member.
func (s EnsembleShape) MLP() MLP {
	net := NewMLP(s.Observation+s.Action, s.Hidden, s.Width(), ReLU)
	if g := s.Gaussian; g != nil {
		net.Activation, net.Norm = g.Activation, g.LayerNorm
	}
	return net
}

// Outputs is the number of outputs of a member: O, plus one for a learned reward and one for a learned termination.
func (s EnsembleShape) Outputs() int {
	n := s.Observation
	if s.Reward {
		n++
	}
	if s.Termination {
		n++
	}
	return n
}

// TerminationOutput is the number of the output that is the logit of a termination; -1: none.
func (s EnsembleShape) TerminationOutput() int {
	if !s.Termination {
		return -1
	}
	return s.Outputs() - 1
}

// Predicts reports whether output i is predicted if it changes in the data. The kinds of constant and
// last-action entries exclude them; a learned reward and a learned termination are predicted.
func (s EnsembleShape) Predicts(i int) bool {
	return i >= s.Observation || s.Kinds[i] != KindConstant && s.Kinds[i] != KindLastAction
}

// OutputNoise divides the noise of a rollout [O] by the scale of the network's outputs, scale [outputs].
// An output that is not predicted, whose scale is 0, gets no noise. nil stays nil.
func (s EnsembleShape) OutputNoise(noise, scale []float32) []float32 {
	if noise == nil {
		return nil
	}
	scaled := make([]float32, s.Observation)
	for i := range scaled {
		if s.Predicts(i) && scale[i] != 0 {
			scaled[i] = noise[i] / scale[i]
		}
	}
	return scaled
}

// Check refuses impossible shapes.
func (s EnsembleShape) Check() error {
	if s.Members < 1 {
		return fmt.Errorf("ensemble of %d members: needs at least one", s.Members)
	}
	if len(s.Kinds) != s.Observation {
		return fmt.Errorf("ensemble: %d kinds for %d observation entries", len(s.Kinds), s.Observation)
	}
	if s.Blind != nil && len(s.Blind) != s.Observation {
		return fmt.Errorf("ensemble: blind has %d entries, an observation has %d", len(s.Blind), s.Observation)
	}
	return cmp.Or(s.Gaussian.check(), s.MLP().Check())
}

// CheckParameters refuses an impossible shape, and parameters that are not [E,P].
func (s EnsembleShape) CheckParameters(parameters []float32) error {
	if err := s.Check(); err != nil {
		return err
	}
	if size := s.Parameters(); len(parameters) != s.Members*size {
		return fmt.Errorf("ensemble: %d parameters, want %d members of %d", len(parameters), s.Members, size)
	}
	return nil
}

// Init returns initial parameters [E,P]. The last layer keeps its random values: an untrained member
// predicts small random differences. A noise of its own begins as the spread of the data.
func (s EnsembleShape) Init(seed uint64) []float32 {
	net := s.MLP()
	size := s.Parameters()
	parameters := make([]float32, s.Members*size)
	key := Key{Seed: seed, Stream: StreamEnsembleInit}
	for member := range s.Members {
		net.Init(parameters[member*size:], key, uint32(member*size))
	}
	return parameters
}

// Names of the arrays in a network's state. An ensemble has all of them, a policy the parameters and
// the normaliser of its input, a value network the parameters, moments and counters.
const (
	StateParameters = "parameters" // [E,P]; policy: [P]; value: [P]
	StateMoment1    = "adam.m"     // first moment, shape of the parameters
	StateMoment2    = "adam.v"     // second moment, shape of the parameters
	StateCounters   = "counters"   // int64: Adam steps, epochs
	StateInShift    = "in.shift"   // [O+A]; policy: [O]
	StateInScale    = "in.scale"   // [O+A]; policy: [O]
	StateOutShift   = "out.shift"  // [outputs]
	StateOutScale   = "out.scale"  // [outputs]; 0 where an output is not predicted; of a termination the weight of terminal rows
)

// Ensemble is a handle to an ensemble of dynamics models on a backend.
type Ensemble interface {
	Network
	Shape() EnsembleShape
}
