package palmal

import (
	"errors"
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// Policy is a trained policy that acts without anything else: no environment, no model, no device. One goroutine
// uses it; [Policy.Clone] makes one for another.
type Policy struct {
	low, high   []float32
	observation int
	newActor    func() algo.ActFunc
	act         algo.ActFunc
}

// Load takes the policy of the newest checkpoint out of a run directory, of this package or of the program.
func Load(path string) (*Policy, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	return r.Policy()
}

// errPlans refuses policies that compute on a device.
var errPlans = errors.New("its policy plans in the learned model at every decision, so it does not act by itself")

// policy reads the policy of a checkpoint.
func (r *Run) policy(iteration int) (*Policy, error) {
	if slices.Contains(r.config.ActingGroups(), algo.GroupModel) {
		return nil, fmt.Errorf("%s: %w", r.Path, errPlans)
	}
	_, snapshot, err := r.directory.Read(iteration, r.config.ActingGroups()...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Path, err)
	}
	t, err := r.config.LoadTask()
	if err != nil {
		return nil, err
	}
	acting, _, err := algo.OpenPolicy(r.config.Config, t, t.Horizon/r.config.Repeat, snapshot.Groups, func() (nn.Backend, error) { return nil, errPlans })
	if err != nil {
		return nil, fmt.Errorf("%s: checkpoint %06d: %w", r.Path, iteration, err)
	}
	newActor, err := acting.Mean()
	if err != nil {
		return nil, fmt.Errorf("%s: checkpoint %06d: %w", r.Path, iteration, err)
	}
	p := &Policy{observation: len(t.Observation), newActor: newActor, act: newActor()}
	low, high := t.ActionBox()
	for i := range low {
		p.low, p.high = append(p.low, float32(low[i])), append(p.high, float32(high[i]))
	}
	return p, nil
}

// Size is the number of entries of an observation and of an action.
func (p *Policy) Size() (observation, action int) { return p.observation, len(p.low) }

// Act writes the mean action [A] for an observation [O], inside its bounds. It refuses
// slices of another size and observations that are not finite, for which there is no action.
func (p *Policy) Act(obs, action []float32) error {
	if len(obs) != p.observation || len(action) != len(p.low) {
		return fmt.Errorf("act: an observation of %d entries and an action of %d, want %d and %d", len(obs), len(action), p.observation, len(p.low))
	}
	for i, x := range obs {
		if x-x != 0 {
			return fmt.Errorf("act: entry %d of the observation is %v", i, x)
		}
	}
	p.act(0, 0, obs, action)
	for i, a := range action {
		action[i] = min(max(a, p.low[i]), p.high[i])
	}
	return nil
}

// Clone returns a policy that acts the same, for another goroutine.
func (p *Policy) Clone() *Policy {
	c := *p
	c.act = c.newActor()
	return &c
}
