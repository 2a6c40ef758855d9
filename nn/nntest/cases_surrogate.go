package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func surrogateCases() []Case {
	methods := []string{"Surrogate"}
	return []Case{
		{Name: "surrogate/moved", Methods: methods, Bound: 2e-5, Reason: policyReason, What: "gain and KL of a policy that moved",
			agree: func(d *driver) (r results) {
				s := newScene(d, 0.05)
				gain, kl := d.surrogate(s.paths, s.policy)
				bound := tolerance{absolute: 2e-6, reason: "the mean of terms of both signs, each good to a few 1e-6"}
				r = append(r, result{"gain", []float64{gain}, &bound})
				r.add("KL", []float64{kl})
				return r
			}},
		{Name: "surrogate/identical", Methods: []string{"Surrogate", "Rollout", "Advantages"}, Bound: 0, holds: surrogateIdentical,
			What: "of the policy that acted, gain and KL are 0", Reason: "see the absolute bounds in the case"},
		{Name: "surrogate/log-std", Methods: methods, Bound: 2e-5, holds: surrogateLogStd,
			What:   "where log σ alone moved by δ, the KL is Σ δ + (e^(-2δ) - 1)/2",
			Reason: "sums of differences of float32 numbers of size 1, against a KL of 0.05"},
	}
}

// surrogateIdentical plays the policy and compares it with itself.
func surrogateIdentical(c *check) {
	s := newScenario(c, false)
	paths := c.rollout(s.policy, s.model, s.task, s.starts, nn.RolloutOptions{Horizon: 5, Seed: 9})
	c.score(paths, s.task, nn.ScoreOptions{RewardScale: 1})
	critic := beadValue(6)
	c.advantages(paths, c.value(critic, critic.Init(1)), nn.AdvantageOptions{Gamma: 0.9, Lambda: 0.9, Whiten: true})
	gain, kl := c.surrogate(paths, s.policy)
	near(c, "gain", []float64{gain}, []float64{0},
		c.scaled(tolerance{absolute: 1e-5, reason: "log densities of size 10 in float32, advantages of size 1"}))
	near(c, "KL", []float64{kl}, []float64{0},
		c.scaled(tolerance{absolute: 1e-6, reason: "terms of size 1 that cancel, in float32"}))
}

func surrogateLogStd(c *check) {
	s := smallScene(c.driver, 0)
	shape := s.policy.Shape()
	moved, want := append([]float32(nil), s.theta...), 0.0
	for k := range shape.Action {
		moved[shape.LogStd()+k] += 0.1 * float32(k+1)
		delta := float64(moved[shape.LogStd()+k]) - float64(s.theta[shape.LogStd()+k])
		want += delta + (math.Exp(-2*delta)-1)/2
	}
	c.need("SetParameters", s.policy.SetParameters(moved))
	_, kl := c.surrogate(s.paths, s.policy)
	c.near("KL", []float64{kl}, []float64{want})
}
