package algo

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// policySums accumulates what the policy steps of an iteration tell.
type policySums struct {
	steps, pathSteps                      int
	gain, kl, residual, cg, before, after float64
}

// improvePolicy moves the policy player: K steps of subroutine 1, then the model's prediction of
// what the new policy will return.
func (g *Game) improvePolicy(ctx context.Context) error {
	for range g.config.NPG.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.naturalGradientStep(); err != nil {
			return err
		}
		g.advance(func(p *Progress) { p.PolicyStep++ })
	}
	return g.predictReturn(ctx)
}

// naturalGradientStep is subroutine 1 of the paper: one step of model-based natural policy gradient
// and one fit of the baseline.
func (g *Game) naturalGradientStep() (err error) {
	var paths nn.Paths
	var report nn.ScoreReport
	if err := g.stage(StageRollout, func() (err error) { // lines 4 to 10
		paths, report, err = g.rollOut(g.drawStarts(), g.config.NPG.MinPathLength)
		return err
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, paths.Close()) }()
	g.bookPaths(report)
	if err := g.stage(StageAdvantage, func() error { // line 11
		return g.backend.Advantages(paths, g.value, nn.AdvantageOptions{Gamma: g.config.NPG.Gamma,
			Lambda: g.config.NPG.Lambda, Whiten: true, CutToZero: !g.config.Value.Bootstrap})
	}); err != nil {
		return err
	}
	if err := g.stepPolicy(paths); err != nil { // lines 12 and 13
		return err
	}
	return g.stage(StageValue, func() error { // line 14
		fit, err := g.backend.FitValue(g.value, paths, g.config.valueOptions(report.Steps))
		g.sums.before += fit.Before
		g.sums.after += fit.After
		return err
	})
}

// rollOut plays the present policy in every member from starts and scores the paths; those shorter
// than least are dropped. The paths bear rewards in the value network's scale, the report the task's.
func (g *Game) rollOut(starts nn.Starts, least int) (nn.Paths, nn.ScoreReport, error) {
	c := g.config.NPG
	paths, err := g.backend.Rollout(g.policy, g.model, g.config.modelled(g.task), starts, nn.RolloutOptions{
		Horizon: min(c.Horizon, g.world.Horizon()), TimeLimit: g.world.Horizon(), Clamp: c.Clamp,
		Terminate: true, Seed: g.config.Seed, Index: g.rollouts, Noise: g.surprise.noise(g.config.Model.Noise),
	})
	g.rollouts++
	if err != nil {
		return nil, nn.ScoreReport{}, err
	}
	scale := float64(g.config.Repeat) * g.config.Value.RewardScale
	if g.config.Model.LearnReward {
		scale = g.config.Value.RewardScale // the model learns the reward of a decision, not of an environment step
	}
	report, err := g.backend.Score(paths, g.task, nn.ScoreOptions{RewardScale: scale,
		MinLength: least, Learned: g.config.Model.LearnReward})
	if err == nil && report.Steps == 0 {
		err = fmt.Errorf("all %d model paths are shorter than min_path_length %d", len(report.Lengths), least)
	}
	if err != nil {
		return nil, report, errors.Join(err, paths.Close())
	}
	floats.Scale(1/g.config.Value.RewardScale, report.Returns)
	floats.Scale(1/g.config.Value.RewardScale, report.TermMeans)
	return paths, report, nil
}

// stepPolicy is θ ← θ + √(δ / gᵀF⁻¹g) F⁻¹g, with the gradient of the entropy in g.
func (g *Game) stepPolicy(paths nn.Paths) error {
	gradient := make([]float64, len(g.theta))
	direction := make([]float64, len(g.theta))
	if err := g.stage(StageGradient, func() error {
		if err := g.backend.PolicyGradient(gradient, paths, g.policy); err != nil {
			return err
		}
		// The entropy of the policy is Σ log σ and a constant, in every state.
		floats.AddConst(g.config.NPG.Entropy, gradient[g.policy.Shape().LogStd():])
		return nil
	}); err != nil {
		return err
	}
	if err := g.stage(StageCG, func() error { return g.solveFisher(direction, gradient, paths) }); err != nil {
		return err
	}
	return g.stage(StageStep, func() error {
		if err := g.moveTheta(gradient, direction); err != nil {
			return err
		}
		gain, kl, err := g.backend.Surrogate(paths, g.policy)
		g.sums.steps++
		g.sums.gain += gain
		g.sums.kl += kl
		return err
	})
}

// solveFisher finds direction = (F + λI)⁻¹ gradient, on the backend where it offers that.
func (g *Game) solveFisher(direction, gradient []float64, paths nn.Paths) (err error) {
	c := g.config.NPG
	options := nn.CGOptions{Iterations: c.CGIterations, Damping: c.CGDamping, Tolerance: c.CGTolerance,
		FromGradient: c.CGFromGradient, Stride: c.FisherStride}
	var report nn.CGReport
	if solver, ok := g.backend.(nn.FisherSolver); ok {
		report, err = solver.SolveFisher(direction, gradient, paths, g.policy, options)
	} else {
		report, err = conjugateGradient(direction, gradient, options, func(product, v []float64) error {
			return g.backend.FisherVector(product, v, paths, g.policy, options.Stride)
		})
	}
	g.sums.cg += float64(report.Iterations)
	g.sums.residual += report.Residual
	return err
}

// moveTheta takes the normalised step and keeps log σ within its bounds. Where the gradient is
// exactly 0, all advantages being equal, there is nowhere to go and θ stays.
func (g *Game) moveTheta(gradient, direction []float64) error {
	slope := floats.Dot(gradient, direction)
	if slope == 0 && floats.Norm(gradient, math.Inf(1)) == 0 {
		return nil
	}
	if !(slope > 0) || math.IsInf(slope, 0) {
		return fmt.Errorf("natural gradient: gᵀF⁻¹g is %g: %w", slope, nn.ErrDiverged)
	}
	size := math.Sqrt(g.config.NPG.StepSize / slope)
	logStd := g.policy.Shape().LogStd()
	for i := range g.theta {
		x := float64(g.theta[i]) + size*direction[i]
		if i >= logStd {
			x = max(g.config.Policy.MinLogStd, min(g.config.Policy.MaxLogStd, x))
		}
		g.theta[i] = float32(x)
	}
	return g.policy.SetParameters(g.theta)
}

// valueOptions are the options of the baseline's fit to so many model steps, in the words of the
// backend.
func (c Config) valueOptions(rows int) nn.ValueFitOptions {
	options := nn.ValueFitOptions{Epochs: c.Value.Epochs, Batch: c.Value.Batch, Adam: nn.DefaultAdam(), Seed: c.Seed}
	perEpoch := (rows + c.Value.Batch - 1) / c.Value.Batch
	options.Epochs = max(options.Epochs, (c.Value.MinSteps+perEpoch-1)/perEpoch)
	options.Adam.Rate, options.Adam.Decay = c.Value.LearningRate, c.Value.WeightDecay
	return options
}

// bookPaths books what scoring told of the model paths that it kept.
func (g *Game) bookPaths(report nn.ScoreReport) {
	kept, terminated, total := 0, 0, 0.0
	for i, length := range report.Lengths {
		if length == 0 {
			continue
		}
		kept++
		total += report.Returns[i]
		if report.Terminated[i] {
			terminated++
		}
	}
	g.sums.pathSteps += report.Steps
	g.record.Policy.Paths = kept
	g.record.Policy.ModelReturn = Number(total / float64(kept))
	g.record.Policy.Terminated = Number(float64(terminated) / float64(kept))
}
