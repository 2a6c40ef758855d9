package algo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// naturalGradient is the paper's policy player: a Gaussian policy, improved by K steps of model-based
// natural policy gradient (subroutine 1) with a value network as baseline.
type naturalGradient struct {
	config  Config
	backend nn.Backend
	policy  nn.Policy
	value   nn.Value

	// theta is the policy's parameters [P] on the host; shift and scale [O] its normaliser.
	theta        []float32
	average      []float32 // [P] of the averaged policy
	from         []float32 // parameters that the present improvement began with
	shift, scale []float32
	tie          *tie      // keeps the policy symmetric
	unit         []float64 // [A] added to log σ and its bounds
	floor        float64   // least log σ in this iteration

	mean meanStep   // the mean of the iteration's steps
	sums policySums // sums over the current iteration's policy steps
}

// policySums adds up what the policy steps of an iteration report.
type policySums struct {
	steps, pathSteps, fits                int // fits of the value network that were judged
	gain, kl, residual, cg, before, after float64
	cosine, explained                     float64 // measures of the first step; NaN: not measured
	moved                                 float64 // KL of the latest policy to the first, where the player looks
	spared                                float64 // share of the paths that steps after the first do without
	through                               float64 // share of the gradient through the model where gradients are mixed
}

// newPolicySums is no step.
func newPolicySums() policySums { return policySums{cosine: math.NaN(), explained: math.NaN()} }

func newNaturalGradient(c Config, backend nn.Backend, model *modelPlayer) (_ *naturalGradient, err error) {
	shapes := ShapesOf(c, model.task)
	tie, err := c.tie(model.task)
	if err != nil {
		return nil, err
	}
	p := &naturalGradient{config: c, backend: tied(backend, tie), tie: tie, unit: c.stdUnit(model.task), floor: c.Policy.MinLogStd}
	p.theta = shapes.Policy.Init(c.Seed, c.Policy.InitialLogStd, c.Policy.OutputScale)
	p.tie.begin(p.theta)
	for j, unit := range p.unit {
		p.theta[shapes.Policy.LogStd()+j] += float32(unit)
	}
	p.average = slices.Clone(p.theta)
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if p.policy, err = backend.NewPolicy(shapes.Policy, p.theta); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if c.Value.Finite {
		shapes.Value.Limit = model.limit
	}
	if err := p.openValue(shapes.Value); err != nil {
		return nil, err
	}
	p.shift, p.scale = make([]float32, shapes.Policy.Observation), make([]float32, shapes.Policy.Observation)
	for i := range p.scale {
		p.scale[i] = 1
	}
	return p, nil
}

// stdUnit is the offset of log σ and its bounds, [A]: the logarithm of half the action box where they are
// relative to it, else 0.
func (c Config) stdUnit(task nn.Task) []float64 {
	low, high := task.ActionBox()
	unit := make([]float64, len(low))
	for j := range unit {
		if c.Policy.RelativeStd {
			unit[j] = math.Log((high[j] - low[j]) / 2)
		}
	}
	return unit
}

// Close frees the networks.
func (p *naturalGradient) Close() error {
	var failures []error
	if p.policy != nil {
		failures = append(failures, p.policy.Close())
	}
	if p.value != nil {
		failures = append(failures, p.value.Close())
	}
	return errors.Join(failures...)
}

// settle fixes the policy's normaliser from the first data, if the configuration asks for it.
func (p *naturalGradient) settle(observations *tensor.Dense) error {
	if !p.config.Policy.Normalise {
		return nil
	}
	p.shift, p.scale = p.normaliser(observations)
	return cmp.Or(p.policy.SetNormaliser(p.shift, p.scale), p.normaliseValue())
}

// normaliser measures observations [n,O], and their images where the policy keeps a symmetry.
func (p *naturalGradient) normaliser(observations *tensor.Dense) (shift, scale []float32) {
	means, variances := columnMoments(observations)
	p.tie.spread(means, variances)
	return normaliserOf(means, variances)
}

func (p *naturalGradient) acting() (Policy, error) { return p.gaussian(), nil }

// gaussian copies the present policy.
func (p *naturalGradient) gaussian() GaussianPolicy {
	return GaussianPolicy{Shape: p.policy.Shape(), Parameters: append([]float32(nil), p.theta...),
		Shift: append([]float32(nil), p.shift...), Scale: append([]float32(nil), p.scale...)}
}

// improve makes K steps of subroutine 1, then predicts the new policy's return in the model.
func (p *naturalGradient) improve(ctx context.Context, t turn) error {
	p.begin()
	p.depart()
	if err := t.stage(StageRollout, func() error { return t.model.beware(p.policy, t.data) }); err != nil {
		return err
	}
	for range p.config.NPG.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.step(t); err != nil {
			return err
		}
		t.meter.advance(func(p *Progress) { p.PolicyStep++ })
	}
	t.model.caution.record(&t.record.Policy)
	return p.predictReturn(t)
}

// begin forgets the iteration before.
func (p *naturalGradient) begin() { p.sums, p.mean = newPolicySums(), meanStep{} }

// step is subroutine 1 of the paper: one step of model-based natural policy gradient and one fit of
// the baseline.
func (p *naturalGradient) step(t turn) (err error) {
	var paths nn.Paths
	var report nn.ScoreReport
	if err := t.stage(StageRollout, func() (err error) { // lines 4 to 10
		paths, report, err = t.model.practise(p.policy, t.data.starts(p.config, t.model.rollouts))
		return err
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, paths.Close()) }()
	p.sums.pathSteps += report.Steps
	p.recordPaths(report, &t.record.Policy)
	if err := t.model.recordFalls(paths, &t.record.Policy); err != nil {
		return err
	}
	if err := t.stage(StageAdvantage, func() error { // line 11
		return p.backend.Advantages(paths, p.value, nn.AdvantageOptions{Gamma: t.gamma,
			Lambda: p.config.NPG.Lambda, Whiten: true, CutToZero: !p.config.Value.Bootstrap})
	}); err != nil {
		return err
	}
	if err := p.climb(t, paths); err != nil { // lines 12 and 13
		return err
	}
	return t.stage(StageValue, func() error { // line 14
		fit, err := p.backend.FitValue(p.value, paths, p.config.valueOptions(report.Steps))
		p.sums.fits++
		p.sums.before += fit.Before
		p.sums.after += fit.After
		return err
	})
}

// climb is θ ← θ + √(δ / gᵀF⁻¹g) F⁻¹g, with the gradient of the entropy in g.
func (p *naturalGradient) climb(t turn, paths nn.Paths) error {
	gradient := make([]float64, len(p.theta))
	direction := make([]float64, len(p.theta))
	if err := t.stage(StageGradient, func() error {
		if err := p.backend.PolicyGradient(gradient, paths, p.policy); err != nil {
			return err
		}
		// The entropy of the policy is Σ log σ and a constant, in every state.
		floats.AddConst(p.config.NPG.Entropy, gradient[p.policy.Shape().LogStd():])
		return nil
	}); err != nil {
		return err
	}
	if err := t.stage(StageCG, func() error {
		report, err := p.solveFisher(direction, gradient, paths)
		p.sums.cg += float64(report.Iterations)
		p.sums.residual += report.Residual
		return err
	}); err != nil {
		return err
	}
	if p.sums.steps == 0 {
		if err := p.measureGradient(t, paths, gradient, direction); err != nil {
			return err
		}
	}
	return t.stage(StageStep, func() error {
		if err := p.makeStep(direction, gradient, p.config.NPG.StepSize); err != nil {
			return err
		}
		if err := p.moveTheta(direction, 1); err != nil {
			return err
		}
		p.followAverage()
		gain, kl, err := p.backend.Surrogate(paths, p.policy)
		p.sums.steps++
		p.sums.gain += gain
		p.sums.kl += kl
		return err
	})
}

// solveFisher computes direction = (F + λI)⁻¹ gradient, with F of as many states as the configuration asks for.
func (p *naturalGradient) solveFisher(direction, gradient []float64, paths nn.Paths) (nn.CGReport, error) {
	return p.solveFisherOf(direction, gradient, paths, p.stride())
}

// solveFisherOf is that with F of every stride-th step, on the backend where it offers that.
func (p *naturalGradient) solveFisherOf(direction, gradient []float64, paths nn.Paths, stride int) (nn.CGReport, error) {
	c := p.config.NPG
	options := nn.CGOptions{Iterations: c.CGIterations, Damping: c.CGDamping, Tolerance: c.CGTolerance,
		FromGradient: c.CGFromGradient, Stride: stride}
	if size := floats.Norm(gradient, 2); size > 0 && size*size <= c.CGTolerance { // small as rewards may be; it would not be solved for at all
		unit := slices.Clone(gradient)
		floats.Scale(1/size, unit)
		defer func() { floats.Scale(size, direction) }()
		gradient = unit
	}
	if solver, ok := p.backend.(nn.FisherSolver); ok {
		return solver.SolveFisher(direction, gradient, paths, p.policy, options)
	}
	return conjugateGradient(direction, gradient, options, func(product, v []float64) error {
		return p.backend.FisherVector(product, v, paths, p.policy, options.Stride)
	})
}

// makeStep makes a natural direction the normalised step of size δ, in the mean with those before. It is 0 where the gradient is
// exactly 0, because all advantages are equal.
func (p *naturalGradient) makeStep(direction, gradient []float64, delta float64) error {
	slope := floats.Dot(gradient, direction)
	switch {
	case slope == 0 && floats.Norm(gradient, math.Inf(1)) == 0:
		clear(direction)
	case !(slope > 0) || math.IsInf(slope, 0):
		return fmt.Errorf("natural gradient: gᵀF⁻¹g is %g: %w", slope, nn.ErrDiverged)
	default:
		floats.Scale(math.Sqrt(delta/slope), direction)
	}
	p.mean.add(direction, p.config.NPG.Momentum)
	return nil
}

// bounded is a value of parameter i: a log σ is kept within its bounds.
func (p *naturalGradient) bounded(i int, x float64) float64 {
	action := i - p.policy.Shape().LogStd()
	if action < 0 {
		return x
	}
	unit := p.unit[action]
	return max(p.floor+unit, min(p.config.Policy.MaxLogStd+unit, x))
}

// moveTheta takes a share of a step and keeps log σ within its bounds.
func (p *naturalGradient) moveTheta(step []float64, share float64) error {
	for i := range p.theta {
		p.theta[i] = float32(p.bounded(i, float64(p.theta[i])+share*step[i]))
	}
	p.tie.keep(p.theta)
	return p.policy.SetParameters(p.theta)
}
