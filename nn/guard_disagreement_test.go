package nn_test

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// disagreeingStub also measures disagreement.
type disagreeingStub struct{ stub }

func (*disagreeingStub) MeasuresDisagreement() {}

// wary are rollouts that need the members' disagreement.
func wary() map[string]func(*nn.RolloutOptions) {
	return map[string]func(*nn.RolloutOptions){"a cut": func(o *nn.RolloutOptions) { o.Cut = 0.5 }, "a measurement": func(o *nn.RolloutOptions) { o.Disagreement = true }}
}

func TestBackendsThatMeasureNoDisagreementSaySo(t *testing.T) {
	c := newStage(t)
	unsupported(t, "Disagreeing", c.Guarded.Disagreement())
	for name, change := range wary() {
		p := newProps(c)
		change(&p.Rollout)
		nntest.Refused(t, "Rollout with "+name, func() error {
			err := p.Uses(c.Guarded)["Rollout"]()
			unsupported(t, name, err)
			return err
		}, c.Name(), "disagree")
	}
}

func TestBackendsThatMeasureDisagreementAreAsked(t *testing.T) {
	machine := new(disagreeingStub)
	c := &stage{t, nn.Guard[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]("stub", machine), nil}
	c.need("Disagreeing", c.Guarded.Disagreement())
	p := newProps(c)
	for name, change := range wary() {
		calls, q := machine.calls, p
		change(&q.Rollout)
		c.need(name, q.Uses(c.Guarded)["Rollout"]())
		if machine.calls != calls+1 {
			t.Errorf("%s: the machine was not asked", name)
		}
	}
	nntest.Refused(t, "a price of what no rollout measured", func() error {
		_, err := c.Score(p.Paths, p.Task, nn.ScoreOptions{RewardScale: 1, Disagreement: -1})
		return err
	}, "did not measure how far members disagree")
}
