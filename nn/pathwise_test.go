package nn_test

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// wooden is a task without derivatives, stubborn one that says so.
type (
	wooden   struct{ nn.Task }
	stubborn struct{ toy }
)

func (stubborn) RewardScratch() (n int, ok bool) { return 0, false }

func refuseDerivatives(c *stage) {
	p, closed := newProps(c), newProps(c)
	closeAll(c, closed)
	size := p.Policy.Shape().Parameters()
	good := nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: p.Rollout}
	call := func(p nntest.Props, room int, o nn.PathwiseOptions) func() error {
		return func() error {
			first, second := make([]float64, room), make([]float64, size)
			return c.Guarded.(nn.Differentiator).PathwiseGradient(first, second, p.Paths, p.Policy, p.Model, p.Value, p.Task, o)
		}
	}
	c.need("PathwiseGradient", call(p, size, good)())
	for handle, given := range p.Substitutes(strangerModel{p.Model}, strangerPolicy{p.Policy}, strangerValue{p.Value}, strangerPaths{p.Paths}) {
		nntest.Refused(c, "a foreign "+handle, call(given.Props, size, good), elsewhere, c.Name())
	}
	for handle, given := range p.Substitutes(nil, nil, nil, nil) {
		nntest.Refused(c, "no "+handle, call(given.Props, size, good), c.Name())
	}
	for handle, given := range p.Substitutes(closed.Model, closed.Policy, closed.Value, closed.Paths) {
		nntest.Refused(c, "a closed "+handle, call(given.Props, size, good), "closed")
	}
	with := func(change func(*nntest.Props)) nntest.Props { q := p; change(&q); return q }
	nntest.Refused(c, "a task without derivatives", call(with(func(q *nntest.Props) { q.Task = wooden{q.Task} }), size, good), "toy", "derivatives")
	nntest.Refused(c, "a task whose reward is no formula", call(with(func(q *nntest.Props) { q.Task = stubborn{toyTask()} }), size, good), "toy", "derivatives")
	nntest.Refused(c, "no task", call(with(func(q *nntest.Props) { q.Task = plainTask(3, 2) }), size, good), "plain")
	nntest.Refused(c, "too little room", call(p, size-1, good), "want")
	nntest.Refused(c, "a model of other sizes", call(with(func(q *nntest.Props) {
		q.Model = c.ensemble(nn.EnsembleShape{Members: 2, Observation: 3, Action: 2, Hidden: []int{4}, Kinds: plainTask(3, 2).kinds})
	}), size, good), "model of 3")
	nntest.Refused(c, "a value network of other sizes", call(with(func(q *nntest.Props) { q.Value = c.value(toyValue(3)) }), size, good), "value network of 3")
	nntest.Refused(c, "one path", call(with(func(q *nntest.Props) { q.Paths = c.upload(pathColumns(1, 4, 12, 5)) }), size, good), "halves")
	nntest.Refused(c, "paths that the members do not share", call(with(func(q *nntest.Props) { q.Paths = c.upload(pathColumns(3, 4, 12, 5)) }), size, good), "3 paths")
	bad := good
	bad.Score.Learned = true
	nntest.Refused(c, "a reward that nothing learned", call(p, size, bad), "did not learn")
	bad = good
	bad.Smooth = math.NaN()
	nntest.Refused(c, "a width that is no number", call(p, size, bad), "smooth")
	bad = good
	bad.Rollout.Horizon = 0
	nntest.Refused(c, "no horizon", call(p, size, bad), "horizon")
	bad.Rollout = good.Rollout
	bad.Rollout.Noise = []float32{1}
	nntest.Refused(c, "noise of another size", call(p, size, bad), "noise")
}

// Backends that do not draw members say so.
func TestGuardRefusesDrawsWhereNothingDraws(t *testing.T) {
	c := &stage{T: t, Guarded: nn.Guard[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]("stub", new(stub))}
	p := newProps(c)
	p.Rollout.Draw = nn.DrawStep
	nntest.Refused(t, "Rollout", p.Uses(c.Guarded)["Rollout"], "stub", "draw")
	p.Rollout.Draw = nn.DrawStep + 1
	nntest.Refused(t, "Rollout", p.Uses(c.Guarded)["Rollout"], "out of range")
}

// Every member plays as many paths as every other, for each decision in another order, or for the whole path.
func TestMembersAreDrawnEvenly(t *testing.T) {
	const paths, members, steps = 60, 4, 200
	for draw, changes := range map[nn.Draw]bool{nn.DrawAll: false, nn.DrawPath: false, nn.DrawStep: true} {
		o := nn.RolloutOptions{Seed: 5, Index: 7, Draw: draw}
		changed := 0
		visits := make([]float64, members) // members that path 0 visits
		for step := range steps {
			count := make([]int, members)
			now, before := o.Members(step, paths, members), o.Members(0, paths, members)
			for i := range paths {
				count[now.Of(i)]++
				if now.Of(i) != before.Of(i) {
					changed++
				}
			}
			visits[now.Of(0)]++
			for member, n := range count {
				if n != paths/members {
					t.Fatalf("draw %d, decision %d: member %d plays %d of %d paths", draw, step, member, n, paths)
				}
			}
		}
		if (changed > 0) != changes {
			t.Errorf("draw %d changes %d members", draw, changed)
		}
		for member, n := range visits {
			// 200 draws of 1 in 4: 50 ± 6 in a standard deviation.
			if changes && !(math.Abs(n-steps/members) <= 25) {
				t.Errorf("path 0 is in member %d for %g of %d decisions", member, n, steps)
			}
		}
	}
	if n := (nn.RolloutOptions{}).Paths(5, 3); n != 15 {
		t.Errorf("5 starts in all of 3 members are %d paths", n)
	}
	if n := (nn.RolloutOptions{Draw: nn.DrawStep}).Paths(5, 3); n != 5 {
		t.Errorf("5 starts in drawn members are %d paths", n)
	}
}
