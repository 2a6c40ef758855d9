package algo

import "github.com/palmal-rl/palmal/nn"

// GaussianPolicy is a trained policy network: the mean action is a function of the observation, the
// noise about it is not.
type GaussianPolicy struct {
	Shape        nn.PolicyShape
	Parameters   []float32 // θ [P]
	Shift, Scale []float32 // normaliser [O]
}

// gaussianFromState reads a policy from its saved state.
func gaussianFromState(shape nn.PolicyShape, state nn.State) (GaussianPolicy, error) {
	policy := GaussianPolicy{Shape: shape}
	var err error
	if policy.Parameters, err = state.Float32s(nn.StateParameters, shape.Parameters()); err != nil {
		return policy, err
	}
	if policy.Shift, err = state.Float32s(nn.StateInShift, shape.Observation); err != nil {
		return policy, err
	}
	policy.Scale, err = state.Float32s(nn.StateInScale, shape.Observation)
	return policy, err
}

// Mean acts with the mean action.
func (p GaussianPolicy) Mean() (func() ActFunc, error) {
	return p.actors(func(a *nn.Actor, _ uint64, _ int, obs, action []float32) { a.Mean(obs, action) })
}

// Explore acts with the policy's noise, which (key, t, episode) names.
func (p GaussianPolicy) Explore(key nn.Key) (func() ActFunc, error) {
	blocks := uint32(nn.NormalBlocks(p.Shape.Action))
	return p.actors(func(a *nn.Actor, episode uint64, t int, obs, action []float32) {
		a.Sample(obs, action, key, uint64(t), uint32(episode)*blocks)
	})
}

// actors returns a maker of actors that act by write.
func (p GaussianPolicy) actors(write func(a *nn.Actor, episode uint64, t int, obs, action []float32)) (func() ActFunc, error) {
	if _, err := nn.NewActor(p.Shape, p.Parameters, p.Shift, p.Scale); err != nil {
		return nil, err
	}
	return func() ActFunc {
		actor, _ := nn.NewActor(p.Shape, p.Parameters, p.Shift, p.Scale) // checked above
		return func(episode uint64, t int, obs, action []float32) { write(actor, episode, t, obs, action) }
	}, nil
}
