package nntest

import "github.com/palmal-rl/palmal/nn"

func scoreCases() []Case {
	methods := []string{"UploadPaths", "Score"}
	const reason = "terms are float64 on both sides and the reward is rounded once"
	return []Case{
		{Name: "score/task", Methods: methods, Bound: 1e-6, Reason: reason,
			What: "rewards of the clipped action times RewardScale, truncation at the first termination, means of the terms, which add up to the mean reward",
			agree: func(d *driver) results {
				return scored(d, nn.ScoreOptions{RewardScale: 2.5})
			}},
		{Name: "score/min-length", Methods: methods, Bound: 1e-6, Reason: reason,
			What: "shorter paths are dropped: length 0, counted in no mean",
			agree: func(d *driver) results {
				return scored(d, nn.ScoreOptions{RewardScale: 1, MinLength: 4})
			}},
		{Name: "score/pessimism", Methods: methods, Bound: 1e-6, Reason: reason,
			What: "only the paths of the members with the lowest mean returns count",
			agree: func(d *driver) results {
				return scored(d, nn.ScoreOptions{RewardScale: 1, Pessimism: 0.5, Members: 4})
			}},
		{Name: "score/optimism", Methods: methods, Bound: 1e-6, Reason: reason,
			What: "only the paths of the member with the highest mean return count, after short ones are dropped",
			agree: func(d *driver) results {
				return scored(d, nn.ScoreOptions{RewardScale: 1, MinLength: 4, Pessimism: -1, Members: 4})
			}},
		{Name: "score/twice", Methods: methods, Bound: 1e-6, Reason: reason,
			What: "scoring again forgets the last time, and what it dropped",
			agree: func(d *driver) (r results) {
				paths := beadPaths(d, 60)
				d.score(paths, bead{limit: 0.8}, nn.ScoreOptions{RewardScale: 7, MinLength: 5})
				r.score(d.score(paths, bead{limit: 0.8}, nn.ScoreOptions{RewardScale: 0.5}))
				r.columns(d.download(paths))
				return r
			}},
		{Name: "score/learned", Methods: []string{"Rollout", "Score"}, Bound: 1e-5, Reason: sumReason, holds: scoreLearned,
			What: "with Learned the reward is the member's own output in each step, termination is still the task's"},
		{Name: "score/rollout", Methods: []string{"Rollout", "Score"}, Bound: 1e-6, Reason: reason, holds: scoreRollout,
			What: "paths of a rollout, stopped at termination or not, score as the Go functions say on their own states"},
	}
}

// beadPaths uploads made-up paths of a bead without rewards.
func beadPaths(d *driver, seed uint64) nn.Paths {
	shape := beadPolicy(8)
	columns := pathsOf{paths: d.pick(40, 12), horizon: 9, seed: seed}.columns(bead{limit: 0.8}, shape, shape.Init(seed, -0.5, 1))
	for i := range columns.Terminated {
		columns.Terminated[i] = false
	}
	columns.Rewards, columns.Advantages, columns.Returns = nil, nil, nil
	return d.upload(columns)
}

func scored(d *driver, options nn.ScoreOptions) (r results) {
	paths := beadPaths(d, 61)
	r.score(d.score(paths, bead{limit: 0.8}, options))
	r.columns(d.download(paths))
	return r
}

// score adds a report. The return of a dropped path is not compared.
func (r *results) score(report nn.ScoreReport) {
	returns := append([]float64(nil), report.Returns...)
	for i, length := range report.Lengths {
		if length == 0 {
			returns[i] = 0
		}
	}
	r.add("returns", returns)
	r.addExact("lengths", widen(report.Lengths))
	r.addExact("terminated", flags(report.Terminated))
	r.addExact("steps", []float64{float64(report.Steps)})
	r.add("means of the terms", report.TermMeans)
}

// columns adds the computed columns of paths as far as they are defined.
func (r *results) columns(c *nn.PathColumns) {
	gathered := validColumns(c)
	r.addExact("lengths of the paths", widen(c.Lengths))
	for _, name := range []string{"rewards", "advantages", "returns"} {
		if numbers, ok := gathered[name]; ok {
			r.add(name, widen(numbers))
		}
	}
}

func scoreLearned(c *check) {
	s := newScenario(c, true)
	paths := c.rollout(s.policy, s.model, s.task, s.starts, nn.RolloutOptions{Horizon: 6, Seed: 5})
	report := c.score(paths, s.task, nn.ScoreOptions{RewardScale: 3, Learned: true})
	if report.TermMeans != nil {
		c.Errorf("means of terms %v of a learned reward, want nil", report.TermMeans)
	}
	columns := c.download(paths)
	var got, want []float64
	for i, length := range columns.Lengths {
		for t := range length {
			obs, act := widen(slot(columns.Observations, i, t)), widen(slot(columns.Actions, i, t))
			_, reward, _ := s.twin.step(i/len(s.starts.Times), s.task, obs, act, shaking{}, bounds{})
			want = append(want, 3*reward)
			got = append(got, float64(slot(columns.Rewards, i, t)[0]))
		}
	}
	c.near("learned rewards", got, want)
	checkEnds(c, columns, report, s.task)
}

func scoreRollout(c *check) {
	s := newScenario(c, false)
	for _, terminate := range []bool{false, true} {
		options := nn.RolloutOptions{Horizon: 8, Seed: 6, Terminate: terminate}
		paths := c.rollout(s.policy, s.model, s.task, s.starts, options)
		report := c.score(paths, s.task, nn.ScoreOptions{RewardScale: 1})
		columns := c.download(paths)
		var got, want []float64
		for i, length := range columns.Lengths {
			for t := range length {
				obs, next := widen(slot(columns.Observations, i, t)), widen(slot(columns.Observations, i, t+1))
				terms := make([]float64, 2)
				s.task.Rewards(terms, obs, clipAction(s.task, widen(slot(columns.Actions, i, t))), next)
				want = append(want, terms[0]+terms[1])
				got = append(got, float64(slot(columns.Rewards, i, t)[0]))
			}
		}
		c.near("rewards", got, want)
		checkEnds(c, columns, report, s.task)
	}
}

// checkEnds checks lengths and endings of scored paths against the task: only the last state of a
// terminated path is terminal.
func checkEnds(c *check, columns *nn.PathColumns, report nn.ScoreReport, task nn.Task) {
	near(c, "lengths", widen(columns.Lengths), widen(report.Lengths), exact("counts"))
	near(c, "terminated", flags(columns.Terminated), flags(report.Terminated), exact("decisions"))
	for i, length := range columns.Lengths {
		for t := range length {
			terminal := task.Terminated(widen(slot(columns.Observations, i, t+1)))
			if terminal != (columns.Terminated[i] && t == length-1) {
				c.Errorf("path %d of %d steps, terminated %v: terminal state after step %d: %v",
					i, length, columns.Terminated[i], t, terminal)
			}
		}
	}
}
