package algo

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// CriticRecord describes the critics of the actor-critic player: means over the updates of an iteration unless said otherwise.
type CriticRecord struct {
	Updates  int    `json:"updates"`       // updates of the critics
	Loss     Number `json:"loss"`          // squared error over half the range of returns, squared
	Target   Number `json:"target"`        // return that they should have predicted
	Value    Number `json:"value"`         // return that they predicted
	Gradient Number `json:"gradient_norm"` // norm of the policy's gradient, after clipping, with rewards times value.reward_scale
	Alpha    Number `json:"alpha"`         // price of entropy at the end
	Low      Number `json:"low"`           // range of what a decision earns at the end
	High     Number `json:"high"`
}

// criticSums add up what the updates of an iteration report.
type criticSums struct {
	updates                   int
	loss, target, value, norm float64
}

func (s *criticSums) add(r nn.CriticReport) {
	s.updates++
	s.loss += r.Loss
	s.target += r.Target
	s.value += r.Value
}

// describe records the critics, in units of the task's reward. The player takes no natural steps and fits no value network.
func (p *actorCriticPlayer) describe(r *Record) {
	p.naturalGradient.describe(r)
	none := Number(math.NaN())
	r.Policy.Gain, r.Policy.KL, r.Policy.CGSteps, r.Policy.CGResidual = none, none, none, none
	n, scale := float64(p.report.updates), p.config.Value.RewardScale
	r.Critic = &CriticRecord{Updates: p.report.updates, Loss: Number(p.report.loss / n), Target: Number(p.report.target / n / scale), Value: Number(p.report.value / n / scale),
		Gradient: Number(p.report.norm / float64(p.sums.steps)), Alpha: Number(math.Exp(p.logAlpha) / scale), Low: Number(p.low / scale), High: Number(p.high / scale)}
}

// actorArray is int64 [4] in GroupCritics: the bits of the logarithm of the price of entropy, the range of returns, and
// the running norm.
const actorArray = "actor"

// inOrder lists the numbers that a snapshot holds besides networks.
func (p *actorCriticPlayer) inOrder() []*float64 {
	return []*float64{&p.logAlpha, &p.low, &p.high, &p.norm}
}

func (p *actorCriticPlayer) save() (map[string]nn.State, error) {
	groups, err := p.naturalGradient.save()
	if err != nil {
		return nil, err
	}
	state, err := p.critics.Save()
	if err != nil {
		return nil, fmt.Errorf("save %s: %w", GroupCritics, err)
	}
	var bits []int64
	for _, x := range p.inOrder() {
		bits = append(bits, int64(math.Float64bits(*x)))
	}
	groups[GroupCritics] = append(state, nn.Array{Name: actorArray, Value: nn.Integers(bits)})
	return groups, nil
}

// load begins with new critics where the networks are those of another player.
func (p *actorCriticPlayer) load(groups map[string]nn.State) error {
	if err := p.naturalGradient.load(groups); err != nil {
		return err
	}
	state := groups[GroupCritics]
	if p.began = state != nil; !p.began {
		return p.scaleCritics(nil)
	}
	if err := p.critics.Load(state); err != nil {
		return fmt.Errorf("restore %s: %w", GroupCritics, err)
	}
	bits, err := state.Counters(actorArray, len(p.inOrder()))
	if err != nil {
		return fmt.Errorf("restore %s: %w", GroupCritics, err)
	}
	for i, x := range p.inOrder() {
		*x = math.Float64frombits(uint64(bits[i]))
	}
	return nil
}
