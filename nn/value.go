package nn

import (
	"fmt"
	"math"
)

// ValueShape is the shape of the value network V(s, t), the baseline of the advantages.
//
// Its input is [ValueShape.Inputs]: the observation, normalised, clipped and scaled, and powers of the time in the
// episode, because the return of a finite episode depends on the remaining time. Source: the
// reference implementation's MLP baseline.
type ValueShape struct {
	Observation int
	Hidden      []int
	Clip        float64 // bound of the absolute observation entries, which are then divided by it
	TimeScale   float64 // divisor of the time in the episode, decisions
	// Shift and Scale normalise the observation before it is clipped, [O] each; nil: no normalisation.
	Shift, Scale []float32
	Limit        int // longest episode, decisions: V is 0 from this time, because no reward is left; 0: none
}

// Constants of the value network's input. Source: the reference implementation.
const (
	ValueClip       = 10
	ValueTimeScale  = 1000
	ValueTimePowers = 4 // t, t², t³, t⁴
)

// Features is the size of the network's input.
func (s ValueShape) Features() int { return s.Observation + ValueTimePowers }

// MLP is the shape of the network.
func (s ValueShape) MLP() MLP { return NewMLP(s.Features(), s.Hidden, 1, ReLU) }

// Check refuses impossible shapes.
func (s ValueShape) Check() error {
	positive := func(x float64) bool { return float32(x) > 0 && !math.IsInf(x, 0) }
	if !positive(s.Clip) || !positive(s.TimeScale) {
		return fmt.Errorf("value network: clip %g and time scale %g must be positive", s.Clip, s.TimeScale)
	}
	if s.Shift != nil || s.Scale != nil {
		if err := (PolicyShape{Observation: s.Observation}).CheckNormaliser(s.Shift, s.Scale); err != nil {
			return fmt.Errorf("value network: %w", err)
		}
	}
	if s.Limit < 0 {
		return fmt.Errorf("value network: an episode of %d decisions", s.Limit)
	}
	return s.MLP().Check()
}

// CheckParameters refuses an impossible shape, and parameters that are not [P].
func (s ValueShape) CheckParameters(parameters []float32) error {
	if err := s.Check(); err != nil {
		return err
	}
	if want := s.MLP().Parameters(); len(parameters) != want {
		return fmt.Errorf("value network: %d parameters, want %d", len(parameters), want)
	}
	return nil
}

// Init returns initial parameters [P].
func (s ValueShape) Init(seed uint64) []float32 {
	net := s.MLP()
	parameters := make([]float32, net.Parameters())
	net.Init(parameters, Key{Seed: seed, Stream: StreamValueInit}, 0)
	return parameters
}

// Inputs fills features [O+4] for an observation [O] at a time in its episode, in decisions:
// clip((obs − Shift)/Scale, ±Clip)/Clip, then τ, τ², τ³, τ⁴ with τ = time/TimeScale.
func (s ValueShape) Inputs(features, obs []float32, time float32) {
	clip := float32(s.Clip)
	for i, x := range obs {
		if s.Shift != nil {
			x = (x - s.Shift[i]) / s.Scale[i]
		}
		features[i] = float32(math.Max(-float64(clip), math.Min(float64(clip), float64(x)))) / clip
	}
	tau := time / float32(s.TimeScale)
	power := tau
	for i := range ValueTimePowers {
		features[len(obs)+i] = power
		power *= tau
	}
}

// Over reports whether the time is past Limit, where V is 0 whatever the network says.
func (s ValueShape) Over(time float32) bool { return s.Limit > 0 && time >= float32(s.Limit) }

// Value is a handle to a value network on a backend.
type Value interface {
	Network
	Shape() ValueShape
}
