//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	registry "github.com/palmal-rl/palmal/physics/tasks"
)

// trial is a journey whose ends critics judge, on one backend.
type trial struct {
	journey
	backend nn.Backend
	critics nn.Critics
	paths   nn.Paths
	actor   nn.ActorOptions
}

// trials are the same on both backends: paths that the oracle played, and critics whose last layers and normaliser matter.
func (p *pair) trials(one nn.Task, model, policy, hidden []int, starts nn.Starts, change func(*nn.PathColumns)) (both []trial) {
	p.t.Helper()
	options := nn.PathwiseOptions{Gamma: 0.97, Smooth: 0.2, Score: nn.ScoreOptions{RewardScale: 0.05},
		Rollout: nn.RolloutOptions{Horizon: 5, TimeLimit: 1000, Terminate: true, Seed: 5, Index: 9, Draw: nn.DrawStep, ClampSpread: 10, OwnNoise: 1}}
	journeys := p.journeys(one, &nn.Gaussian{Activation: nn.SiLU, LayerNorm: true}, model, policy, []int{4}, options)
	j := journeys[1]
	played := must[nn.Paths](p.t)(p.cpu.Rollout(j.policy, j.model, j.task, starts, options.Rollout))
	must[nn.ScoreReport](p.t)(p.cpu.Score(played, one, options.Score))
	columns := must[*nn.PathColumns](p.t)(played.Download())
	shut(p.t, played)
	change(columns)
	o, a := len(one.ObservationKinds()), actionsOf(one)
	shape := nn.CriticShape{Critics: 2, Observation: o, Action: a, Hidden: hidden}
	parameters := shape.Init(6)
	for i, x := range normal(41, len(parameters), 0.05) {
		parameters[i] += x
	}
	for i, b := range p.both() {
		t := trial{journey: journeys[i], backend: b, paths: must[nn.Paths](p.t)(b.UploadPaths(columns)),
			critics: must[nn.Critics](p.t)(b.(nn.ActorCritic).NewCritics(shape, parameters)),
			actor:   nn.ActorOptions{PathwiseOptions: options, Entropy: 0.3, Low: -4, High: 9}}
		state := must[nn.State](p.t)(t.critics.Save())
		copy(must[[]float32](p.t)(state.Float32s(nn.StateInShift, o+a)), normal(42, o+a, 0.3))
		copy(must[[]float32](p.t)(state.Float32s(nn.StateSlow, shape.Critics, len(parameters)/shape.Critics)), shape.Init(7))
		if err := t.critics.Load(state); err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { shut(p.t, t.critics, t.paths) })
		both = append(both, t)
	}
	return both
}

// fit takes a step of the critics and returns its report.
func (t trial) fit(tb *testing.T) []float64 {
	tb.Helper()
	adam := nn.DefaultAdam()
	adam.Epsilon = 1e-4 // see TestFitAtFullWidth
	r := must[nn.CriticReport](tb)(t.backend.(nn.ActorCritic).FitCritics(t.critics, t.paths, t.policy, t.task, nn.CriticOptions{
		Gamma: t.actor.Gamma, Bonus: 0.2, Low: -1, High: 1, Slow: 0.1, Adam: adam, Rollout: t.actor.Rollout}))
	return []float64{r.Loss, r.Target, r.Value}
}

func (t trial) gradient(tb *testing.T) []float64 {
	tb.Helper()
	gradient := make([]float64, t.policy.Shape().Parameters())
	if err := t.backend.(nn.ActorCritic).ActorGradient(gradient, t.paths, t.policy, t.critics, t.model, t.task, t.actor); err != nil {
		tb.Fatal(err)
	}
	return gradient
}

// compare holds three steps of the critics, and the policy's gradient with the critics of the oracle, to the oracle.
func compare(t *testing.T, got, want trial) {
	t.Helper()
	for range 3 {
		near(t, "report", got.fit(t), want.fit(t), 1e-5) // means over rows of sums in float32, each good to some 1e-6
	}
	for _, array := range []string{nn.StateParameters, nn.StateSlow, nn.StateMoment1, nn.StateMoment2} {
		near(t, array, arrayOf(t, got.critics, array), arrayOf(t, want.critics, array), 1e-4) // that of TestFitAtFullWidth
	}
	if err := got.critics.Load(must[nn.State](t)(want.critics.Save())); err != nil {
		t.Fatal(err)
	}
	near(t, "gradient", got.gradient(t), want.gradient(t), pathwiseBound)
}

// late are starts of which one is at the time limit, so that its path has no decision.
func late(n, observation int) nn.Starts {
	starts := startsNear(n, observation)
	starts.Times[1] = 1000
	return starts
}

// someEnd says of every third path that a terminal state ended it: random states of a task may all be terminal, or none.
func someEnd(c *nn.PathColumns) {
	for i := range c.Terminated {
		c.Terminated[i] = i%3 == 0
	}
}

// TestCriticsAtFullWidth: the sizes of the preset actor-critic, on tasks of all kinds of entries.
func TestCriticsAtFullWidth(t *testing.T) {
	names := []string{"hopper", "ant", "pen"}
	if testing.Short() { // the conformance suite has small widths
		names = names[:1]
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			one, err := registry.Get(name)
			if err != nil {
				t.Fatal(err)
			}
			both := newPair(t).trials(one, []int{256, 256, 256}, []int{256, 256}, []int{256, 256}, late(21, len(one.ObservationKinds())), someEnd)
			compare(t, both[0], both[1])
		})
	}
}

// TestCriticsWithoutHiddenLayers: critics that are affine.
func TestCriticsWithoutHiddenLayers(t *testing.T) {
	both := newPair(t).trials(hopper(t), []int{9}, []int{5}, nil, late(10, 12), someEnd)
	compare(t, both[0], both[1])
}

// TestCriticsOfPathsThatAllEnd: no critic judges a path that a terminal state ended.
func TestCriticsOfPathsThatAllEnd(t *testing.T) {
	both := newPair(t).trials(hopper(t), []int{9}, []int{5}, []int{7}, startsNear(10, 12), func(c *nn.PathColumns) {
		for i := range c.Terminated {
			c.Terminated[i] = true
		}
	})
	compare(t, both[0], both[1])
}

// TestCriticsThatDoNotFit: the message says what to lower.
func TestCriticsThatDoNotFit(t *testing.T) {
	p := newPair(t)
	width := p.cuda.d.Properties.Shared / (4 * deviceRows)
	both := p.trials(hopper(t), []int{9}, []int{5}, []int{width}, startsNear(4, 12), someEnd)
	cuda := both[0]
	for what, err := range map[string]error{
		"fit": func() error {
			_, err := p.cuda.FitCritics(cuda.critics, cuda.paths, cuda.policy, cuda.task, nn.CriticOptions{Gamma: 0.9, High: 1, Adam: nn.DefaultAdam(), Rollout: cuda.actor.Rollout})
			return err
		}(),
		"gradient": p.cuda.ActorGradient(make([]float64, cuda.policy.Shape().Parameters()), cuda.paths, cuda.policy, cuda.critics, cuda.model, cuda.task, cuda.actor),
	} {
		if !errors.Is(err, nn.ErrMemory) || !strings.Contains(fmt.Sprint(err), "lower the units of policy or critics") || !advised(err) {
			t.Errorf("%s: error %v", what, err)
		}
	}
}
