package nn

import (
	"fmt"
	"math"
)

// ValueShape is the shape of the value network V(s, t), the baseline of the advantages.
//
// Its input is [ValueFeatures]: the observation, clipped and scaled, and powers of the time in the
// episode, since the return of a finite episode depends on the time that is left. Source: the
// reference implementation's MLP baseline.
type ValueShape struct {
	Observation int
	Hidden      []int
}

// Constants of the value network's input. Source: the reference implementation.
const (
	ValueClip       = 10   // observations beyond this are clipped; the rest is divided by it
	ValueTimeScale  = 1000 // decisions
	ValueTimePowers = 4    // t, t², t³, t⁴
)

// Features is the size of the network's input.
func (s ValueShape) Features() int { return s.Observation + ValueTimePowers }

// MLP is the shape of the network.
func (s ValueShape) MLP() MLP { return NewMLP(s.Features(), s.Hidden, 1, ReLU) }

// Check refuses impossible shapes.
func (s ValueShape) Check() error { return s.MLP().Check() }

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

// ValueFeatures fills features [O+4] for an observation [O] at a time in its episode, counted in
// decisions: clip(obs, ±10)/10, then τ, τ², τ³, τ⁴ with τ = time/1000.
func ValueFeatures(features, obs []float32, time float32) {
	for i, x := range obs {
		features[i] = float32(math.Max(-ValueClip, math.Min(ValueClip, float64(x)))) / ValueClip
	}
	tau := time / ValueTimeScale
	power := tau
	for i := range ValueTimePowers {
		features[len(obs)+i] = power
		power *= tau
	}
}

// Value is a handle to a value network on a backend.
type Value interface {
	Network
	Shape() ValueShape
}
