package algo

import (
	"context"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// fitModel moves the model player: it fits the ensemble to the replay buffer. Before that it
// measures how well the model foresaw what has been collected since its last fit.
func (g *Game) fitModel(context.Context) error {
	return g.stage(StageFit, func() error {
		if err := g.measureGeneralisation(); err != nil {
			return err
		}
		data := g.replay.transitions(g.config.Model.LearnReward)
		options := g.config.fitOptions()
		g.advance(func(p *Progress) { p.FitEnd = p.Fit + options.Steps(data.Rows()) })
		if g.options.OnProgress != nil {
			begun := g.progress.Fit
			options.OnStep = func(done int) { g.advance(func(p *Progress) { p.Fit = max(p.Fit, begun+done) }) }
		}
		report, err := g.backend.Fit(g.model, data, options)
		if err != nil {
			return err
		}
		g.advance(func(p *Progress) { p.Fit = p.FitEnd })
		g.fitted = true
		g.replay.fresh = 0
		g.record.Model.Rows = data.Rows()
		g.record.Model.Steps = report.Steps
		g.record.Model.LossFirst = Number(mean(report.First))
		g.record.Model.LossLast = Number(mean(report.Last))
		return nil
	})
}

// measureGeneralisation books ℓ(M_k, µ) on data that M_k has not seen; NaN before the first fit. Where
// model paths are to be noisy it learns from the same data how much.
func (g *Game) measureGeneralisation() error {
	g.record.Model.LossFresh = Number(math.NaN())
	if !g.fitted || g.replay.fresh == 0 {
		return nil
	}
	fresh := g.replay.freshTransitions(g.config.Model.LearnReward)
	losses, err := g.backend.ModelLoss(g.model, fresh)
	if err != nil {
		return err
	}
	if g.config.Model.Noise > 0 {
		if err := g.meetSurprise(fresh); err != nil {
			return err
		}
	}
	g.record.Model.LossFresh = Number(mean(losses))
	return nil
}

// fitOptions are the model player's options in the words of the backend.
func (c Config) fitOptions() nn.FitOptions {
	m := c.Model
	options := nn.FitOptions{
		Epochs: m.Epochs, Batch: m.Batch, MinSteps: m.MinSteps, MaxSteps: m.MaxSteps,
		Adam: nn.DefaultAdam(), NoShift: !m.Shift, RawLoss: m.Loss == lossRaw, Seed: c.Seed,
	}
	options.Adam.Rate, options.Adam.Decay, options.Anneal = m.LearningRate, m.WeightDecay, m.Anneal
	if m.Scaling == scalingMAD {
		options.Scaling = nn.MeanAbsoluteDeviation
	}
	return options
}

// predictReturn asks the model for the return of the present policy from initial states, over the
// decisions of a model path, and books it beside what the world gave the same policy.
func (g *Game) predictReturn(context.Context) error {
	if g.config.Diagnostics == 0 {
		return nil
	}
	return g.stage(StageDiagnose, func() error {
		starts := g.initial.draw(g.config.Diagnostics, nn.Key{Seed: g.config.Seed, Stream: nn.StreamStarts}, g.rollouts)
		paths, report, err := g.rollOut(starts, 0) // short paths count, as short episodes do
		if err != nil {
			return err
		}
		g.record.Model.Predicted = Number(mean(report.Returns))
		return paths.Close()
	})
}
