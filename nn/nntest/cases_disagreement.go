package nntest

import (
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// toCut asks a case to choose a disagreement at which to cut.
const toCut = 1

func disagreementCases() []Case {
	const reason = "members' outputs, sums of tens of products through three layers in float32, and what is left of their differences"
	rollout := func(name, what string, change func(*nn.RolloutOptions)) Case {
		return Case{Name: "disagreement/" + name, What: what, Optional: "Disagreeing, Differentiator", Methods: []string{"Rollout"}, Bound: 3e-5, Reason: reason,
			holds: func(c *check) { followDoubts(c, change) }}
	}
	pathwise := func(name, what string, change func(*nn.PathwiseOptions)) Case {
		return Case{Name: "disagreement/" + name, What: what, Optional: "Disagreeing, Differentiator", Methods: []string{"UploadPaths"}, Bound: 5e-5,
			Reason: reason + ", averaged over paths", agree: func(d *driver) results { return differentiated(d, change) }}
	}
	costly := func(o *nn.PathwiseOptions) { o.Score.Disagreement = 3 }
	differences := Case{Name: "disagreement/finite-differences", Optional: "Disagreeing, Differentiator", Methods: []string{"UploadPaths"}, Bound: 2e-4,
		What:   "the gradient is the central difference of the paths' returns less what disagreement costs, of both kinds of members",
		Reason: reason + "; the states of the paths are rounded, those of the differences are not, and may lie on the other side of a kink of a unit"}
	differences.holds = func(c *check) {
		fits := []func(*driver, bool) nn.Ensemble{fittedModel}
		if offers(c.Backend, "GaussianMembers") {
			fits = append(fits, fittedGaussian(gaussianKinds()["by-state"]))
		}
		for _, fitted := range fits {
			comparePathwise(c, calmFlightIn(c.driver, fitted, costly), calmFlightIn(c.oracle, fitted, costly))
		}
	}
	return []Case{
		rollout("all", "the disagreement on every decision, where every start is played in every member", func(o *nn.RolloutOptions) { o.Draw = nn.DrawAll }),
		rollout("drawn", "the same where members are drawn; the model's noise is no part of it", func(o *nn.RolloutOptions) { o.Noise = beadNoise() }),
		rollout("cut", "a path ends before the first decision on which the members disagree too much, and the others go on as they were",
			func(o *nn.RolloutOptions) { o.Cut = toCut }),
		rollout("cut-all", "the same in every member, with ends by the task and the time limit", func(o *nn.RolloutOptions) {
			o.Cut, o.Draw, o.Terminate, o.TimeLimit = toCut, nn.DrawAll, true, 10
		}),
		{Name: "disagreement/cut-at-once", Optional: "Disagreeing, Differentiator", Methods: []string{"Rollout"}, Reason: "decisions", holds: cutAtOnce,
			What: "where the members disagree too much on every first decision, no path has a step, and none is terminated"},
		{Name: "disagreement/score", Optional: "Disagreeing", Methods: []string{"Rollout", "Score"}, Bound: 3e-5, Reason: reason, holds: scoreDoubts,
			What: "the rewards of the paths are less by what disagreement costs, the report's returns are not"},
		pathwise("cost", "what disagreement costs has derivatives by every member", costly),
		pathwise("bonus", "what it earns too, beside a learned reward, every start in every member", func(o *nn.PathwiseOptions) {
			o.Score.Disagreement, o.Score.Learned, o.Rollout.Draw = -2, true, nn.DrawAll
		}),
		differences,
	}
}

// followDoubts follows the paths of a rollout from their own states, by the members' disagreement on each decision.
func followDoubts(c *check, change func(*nn.RolloutOptions)) {
	s := newScenario(c, false)
	options := nn.RolloutOptions{Horizon: c.pick(10, 4), Seed: 1<<40 + 3, Index: 2, Draw: nn.DrawStep, Disagreement: true}
	if change(&options); options.Cut == toCut {
		options.Cut = 0
		options.Cut = someCut(s, c.download(c.rollout(s.policy, s.model, s.task, s.starts, options)))
	}
	columns := c.download(c.rollout(s.policy, s.model, s.task, s.starts, options))
	if columns.Disagreement == nil {
		c.Fatalf("the rollout kept no disagreement")
	}
	early, cut, whole := 0, 0, 0
	for i, length := range columns.Lengths {
		end, terminated := doubtedEnd(c, s, columns, i, options)
		if length != end || columns.Terminated[i] != terminated {
			c.Errorf("path %d: length %d, terminated %v; want %d, %v", i, length, columns.Terminated[i], end, terminated)
		}
		for t := range length {
			obs, act := widen(slot(columns.Observations, i, t)), widen(slot(columns.Actions, i, t))
			want, _, _ := s.twin.step(member(options, t, i, len(columns.Lengths), s.model.Shape().Members), s.task, obs, act, s.twin.modelNoise(options, t, i), boundsOf(options))
			c.near("next state", unwound(widen(slot(columns.Observations, i, t+1))), unwound(want))
		}
		switch {
		case length == 0:
			early++
		case length < options.Horizon:
			cut++
		default:
			whole++
		}
	}
	if options.Cut > 0 && (early == 0 || cut == 0 || whole == 0) {
		c.Errorf("%d paths of no step, %d others that ended early, %d whole ones: the case needs some of each", early, cut, whole)
	}
}

// doubtedEnd compares the disagreement on the decisions of a path, and is where the path must end.
func doubtedEnd(c *check, s scenario, columns *nn.PathColumns, i int, options nn.RolloutOptions) (end int, terminated bool) {
	length := columns.Lengths[i]
	end, terminated = wantedEnd(s, columns, i, options)
	for t := range min(length, end) {
		u := s.twin.disagreement(widen(slot(columns.Observations, i, t)), clipAction(s.task, widen(slot(columns.Actions, i, t))))
		c.near("disagreement", []float64{float64(slot(columns.Disagreement, i, t)[0])}, []float64{u})
		if options.Cut > 0 && u > options.Cut {
			return t, false
		}
	}
	if options.Cut > 0 && length < end { // the decision that was not taken, whose columns are not defined
		obs := widen(slot(columns.Observations, i, length))
		if s.twin.disagreement(obs, clipAction(s.task, noisy(s, s.actor.mean(obs), options, length, i))) > options.Cut {
			return length, false
		}
	}
	return end, terminated
}

// cutAtOnce cuts every path before its first decision, in every kind of rollout.
func cutAtOnce(c *check) {
	for _, draw := range []nn.Draw{nn.DrawAll, nn.DrawPath, nn.DrawStep} {
		s := newScenario(c, false)
		columns := c.download(c.rollout(s.policy, s.model, s.task, s.starts, nn.RolloutOptions{Horizon: 3, Seed: 4, Draw: draw, Terminate: true, Cut: 1e-12}))
		if slices.ContainsFunc(columns.Lengths, func(n int) bool { return n != 0 }) || slices.Contains(columns.Terminated, true) {
			c.Errorf("draw %d: lengths %v, terminated %v: want no step", draw, columns.Lengths, columns.Terminated)
		}
	}
}

// someCut is a disagreement, midway between two that the paths show, that as many paths as possible exceed at once, later and
// never.
func someCut(s scenario, columns *nn.PathColumns) (cut float64) {
	var all, first, most []float64
	for i, length := range columns.Lengths {
		for t := range length {
			u := s.twin.disagreement(widen(slot(columns.Observations, i, t)), clipAction(s.task, widen(slot(columns.Actions, i, t))))
			if t == 0 {
				first, most = append(first, u), append(most, u)
			}
			all, most[len(most)-1] = append(all, u), max(u, most[len(most)-1])
		}
	}
	slices.Sort(all)
	best := -1
	for k := range all[1:] {
		middle := (all[k] + all[k+1]) / 2
		early, never := 0, 0
		for i := range first {
			if first[i] > middle {
				early++
			}
			if most[i] <= middle {
				never++
			}
		}
		if least := min(early, never, len(first)-early-never); least > best {
			best, cut = least, middle
		}
	}
	return cut
}

// scoreDoubts scores the paths of a rollout with and without a price of disagreement.
func scoreDoubts(c *check) {
	s := newScenario(c, false)
	paths := c.rollout(s.policy, s.model, s.task, s.starts, nn.RolloutOptions{Horizon: c.pick(10, 4), Seed: 3, Disagreement: true})
	plain := c.score(paths, s.task, nn.ScoreOptions{RewardScale: 2})
	before := c.download(paths)
	for _, cost := range []float64{1.5, -0.5} {
		priced := c.score(paths, s.task, nn.ScoreOptions{RewardScale: 2, Disagreement: cost})
		near(c, "returns", priced.Returns, plain.Returns, exact("the report tells the reward alone"))
		after := c.download(paths)
		var got, want []float64 // all at once: a reward may be near 0, where its parts are not
		for i, length := range after.Lengths {
			for t := range length {
				obs, act := widen(slot(after.Observations, i, t)), clipAction(s.task, widen(slot(after.Actions, i, t)))
				got = append(got, float64(slot(after.Rewards, i, t)[0]))
				want = append(want, float64(slot(before.Rewards, i, t)[0])-2*cost*s.twin.disagreement(obs, act))
			}
		}
		c.near("rewards", got, want)
	}
}
