package nn

import (
	"math"
	"testing"
)

// wooden is a task without derivatives, stubborn one that says so.
type (
	wooden   struct{ Task }
	stubborn struct{ toy }
)

func (stubborn) RewardScratch() (n int, ok bool) { return 0, false }

func refuseDerivatives(c *stage) {
	p, closed := newProps(c), newProps(c)
	closed.close(c)
	size := p.actor.Shape().Parameters()
	good := PathwiseOptions{Gamma: 0.9, Score: ScoreOptions{RewardScale: 1}, Rollout: p.rollout}
	call := func(p props, room int, o PathwiseOptions) func() error {
		return func() error {
			first, second := make([]float64, room), make([]float64, size)
			return c.Guarded.(Differentiator).PathwiseGradient(first, second, p.paths, p.actor, p.model, p.critic, p.task, o)
		}
	}
	c.need("PathwiseGradient", call(p, size, good)())
	for handle, given := range p.substitutes(strangerModel{p.model}, strangerPolicy{p.actor}, strangerValue{p.critic}, strangerPaths{p.paths}) {
		refused(c, "a foreign "+handle, call(given.props, size, good), elsewhere, c.Name())
	}
	for handle, given := range p.substitutes(nil, nil, nil, nil) {
		refused(c, "no "+handle, call(given.props, size, good), c.Name())
	}
	for handle, given := range p.substitutes(closed.model, closed.actor, closed.critic, closed.paths) {
		refused(c, "a closed "+handle, call(given.props, size, good), "closed")
	}
	with := func(change func(*props)) props { q := p; change(&q); return q }
	refused(c, "a task without derivatives", call(with(func(q *props) { q.task = wooden{q.task} }), size, good), "toy", "derivatives")
	refused(c, "a task whose reward is no formula", call(with(func(q *props) { q.task = stubborn{toyTask()} }), size, good), "toy", "derivatives")
	refused(c, "no task", call(with(func(q *props) { q.task = plainTask(3, 2) }), size, good), "plain")
	refused(c, "too little room", call(p, size-1, good), "want")
	refused(c, "a model of other sizes", call(with(func(q *props) {
		q.model = c.ensemble(EnsembleShape{Members: 2, Observation: 3, Action: 2, Hidden: []int{4}, Kinds: plainTask(3, 2).kinds})
	}), size, good), "model of 3")
	refused(c, "a value network of other sizes", call(with(func(q *props) { q.critic = c.value(toyValue(3)) }), size, good), "value network of 3")
	refused(c, "one path", call(with(func(q *props) { q.paths = c.upload(pathColumns(1, 4, 12, 5)) }), size, good), "halves")
	refused(c, "paths that the members do not share", call(with(func(q *props) { q.paths = c.upload(pathColumns(3, 4, 12, 5)) }), size, good), "3 paths")
	bad := good
	bad.Score.Learned = true
	refused(c, "a reward that nothing learned", call(p, size, bad), "did not learn")
	bad = good
	bad.Smooth = math.NaN()
	refused(c, "a width that is no number", call(p, size, bad), "smooth")
	bad = good
	bad.Rollout.Horizon = 0
	refused(c, "no horizon", call(p, size, bad), "horizon")
	bad.Rollout = good.Rollout
	bad.Rollout.Noise = []float32{1}
	refused(c, "noise of another size", call(p, size, bad), "noise")
}

// Backends that do not draw members say so.
func TestGuardRefusesDrawsWhereNothingDraws(t *testing.T) {
	c := &stage{T: t, Guarded: Guard[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]("stub", new(stub))}
	p := newProps(c)
	p.rollout.Draw = DrawStep
	refused(t, "Rollout", p.uses(c.Guarded)["Rollout"], "stub", "draw")
	p.rollout.Draw = DrawStep + 1
	refused(t, "Rollout", p.uses(c.Guarded)["Rollout"], "out of range")
}

// Every member plays as many paths as every other, for each decision in another order, or for the whole path.
func TestMembersAreDrawnEvenly(t *testing.T) {
	const paths, members, steps = 60, 4, 200
	for draw, changes := range map[Draw]bool{DrawAll: false, DrawPath: false, DrawStep: true} {
		o := RolloutOptions{Seed: 5, Index: 7, Draw: draw}
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
	if n := (RolloutOptions{}).Paths(5, 3); n != 15 {
		t.Errorf("5 starts in all of 3 members are %d paths", n)
	}
	if n := (RolloutOptions{Draw: DrawStep}).Paths(5, 3); n != 5 {
		t.Errorf("5 starts in drawn members are %d paths", n)
	}
}
