package nntest

import "github.com/palmal-rl/palmal/nn"

// doubting is a backend that measures disagreement, with a fault of change.
type doubting struct {
	differing
	nn.Disagreeing
	score func(*nn.ScoreOptions)
}

func (d doubting) Score(paths nn.Paths, task nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	d.score(&options)
	return d.Backend.Score(paths, task, options)
}

func disagreementFaults() map[string]fault {
	faulty := func(change func(*doubting), found ...string) fault {
		return fault{func(b nn.Backend) nn.Backend {
			d := doubting{newDiffering(b), b.(nn.Disagreeing), func(*nn.ScoreOptions) {}}
			change(&d)
			return d
		}, found}
	}
	return map[string]fault{
		"no path is cut": faulty(func(d *doubting) { d.rollout = func(o *nn.RolloutOptions) { o.Cut = 0 } },
			"disagreement/cut", "disagreement/cut-all"),
		"paths are cut later": faulty(func(d *doubting) { d.rollout = func(o *nn.RolloutOptions) { o.Cut *= 1.5 } },
			"disagreement/cut", "disagreement/cut-all"),
		"disagreement is not kept": faulty(func(d *doubting) { d.rollout = func(o *nn.RolloutOptions) { o.Disagreement = false } },
			"disagreement/all", "disagreement/drawn"),
		"disagreement costs nothing": faulty(func(d *doubting) { d.score = func(o *nn.ScoreOptions) { o.Disagreement = 0 } },
			"disagreement/score"),
		"disagreement always costs": faulty(func(d *doubting) {
			d.score = func(o *nn.ScoreOptions) { o.Disagreement = max(o.Disagreement, -o.Disagreement) }
		}, "disagreement/score"),
		"what disagreement costs has no derivative": faulty(func(d *doubting) { d.change = func(o *nn.PathwiseOptions) { o.Score.Disagreement = 0 } },
			"disagreement/cost", "disagreement/bonus", "disagreement/finite-differences"),
	}
}
