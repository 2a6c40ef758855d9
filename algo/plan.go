package algo

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// Plan says how much work a run is if episodes and model paths last to their limits: less where they
// end before.
type Plan struct {
	Iterations  int
	FitSteps    []int // minibatches, by iteration
	PolicySteps int   // of one iteration
	PathSteps   int   // model decisions of one policy step
	ValueRows   int   // that the value network is fitted to in one policy step, all epochs together
	Samples     int   // environment steps of one iteration, its evaluation included

	// FLOPs of the matrix products of a minibatch and of a policy step, to weigh one with the other.
	FitFLOPs, PolicyFLOPs float64
}

// mostPlanned iterations are counted one by one; a run of more is planned as if all that follow were alike.
const mostPlanned = 100_000

// Plan plans a run of the configuration in episodes of a horizon, environment steps.
func (c Config) Plan(task nn.Task, horizon int) Plan {
	decisions := max(1, horizon/max(1, c.Repeat))
	each := max(1, c.SamplesPerIteration)
	rest := max(0, c.Samples-c.InitialSamples-each)
	p := Plan{Iterations: 1 + (rest+each-1)/each, PolicySteps: c.NPG.Steps}
	shapes := ShapesOf(c, task)
	p.PathSteps = shapes.Model.Members * c.NPG.StartsPerMember * min(c.NPG.Horizon, decisions)
	p.ValueRows = p.PathSteps * c.valueOptions(p.PathSteps).Epochs
	p.Samples = each
	if c.Evaluation.Every > 0 {
		p.Samples += c.Evaluation.Episodes * horizon / c.Evaluation.Every
	}
	episodes := func(samples int) int { return (samples + horizon - 1) / horizon * horizon } // whole ones
	fit := func(held int) int {
		if c.Buffer > 0 {
			held = min(held, max(c.Buffer, horizon))
		}
		return c.fitOptions().Steps(max(1, held/max(1, c.Repeat)))
	}
	for k := range min(p.Iterations, mostPlanned) {
		held := episodes(c.InitialSamples) + k*episodes(each)
		if c.Algorithm == MAL {
			held += episodes(each) // collected before the fit
		}
		steps := fit(held)
		if k == 0 && c.Algorithm != PAL {
			steps += fit(episodes(c.InitialSamples)) // before the loop
		}
		p.FitSteps = append(p.FitSteps, steps)
	}
	p.FitFLOPs = shapes.Model.FitStep(c.Model.Batch).FLOPs()
	p.PolicyFLOPs = p.policyFLOPs(c, shapes)
	return p
}

// policyFLOPs counts the products of rollout, gradient, Fisher products and value fit.
func (p Plan) policyFLOPs(c Config, shapes Shapes) float64 {
	const chunk = 1000 // rows; what a row costs does not depend on it
	rows := float64(p.PathSteps) / chunk
	flops := float64(p.PathSteps) * shapes.Model.RolloutStep(shapes.Policy, 1).FLOPs() / float64(shapes.Model.Members)
	flops += rows * shapes.Policy.GradientStep(chunk).FLOPs()
	flops += rows * float64(c.NPG.CGIterations) / float64(c.NPG.FisherStride) * shapes.Policy.FisherStep(chunk).FLOPs()
	return flops + float64(p.ValueRows)/chunk*shapes.Value.ValueStep(chunk).FLOPs()
}

// fits is the number of minibatches of an iteration, from 1.
func (p Plan) fits(iteration int) int {
	return p.FitSteps[max(0, min(iteration, len(p.FitSteps))-1)]
}

// AllFits is the number of minibatches of the whole run.
func (p Plan) AllFits() float64 {
	sum := 0.0
	for _, n := range p.FitSteps {
		sum += float64(n)
	}
	return sum + float64(p.Iterations-len(p.FitSteps))*float64(p.fits(p.Iterations))
}

// Share is how much of an iteration is done, 0 to 1, by the matrix products of fits and policy steps.
func (p Plan) Share(iteration int, done Progress) float64 {
	whole := p.FitFLOPs*float64(p.fits(iteration)) + p.PolicyFLOPs*float64(p.PolicySteps)
	share := (p.FitFLOPs*float64(done.Fit) + p.PolicyFLOPs*float64(done.PolicyStep)) / whole
	if math.IsNaN(share) {
		return 0
	}
	return min(1, share)
}

// Progress is how far an iteration is.
type Progress struct {
	Fit         int // minibatches so far, of all fits
	FitEnd      int // minibatches so far when the fit under way ends
	PolicyStep  int // whole policy steps so far
	PolicySteps int // of the iteration
}

// advance tells whoever watches how far the iteration is.
func (g *Game) advance(change func(*Progress)) {
	if g.options.OnProgress == nil {
		return
	}
	g.progressing.Lock()
	change(&g.progress)
	now := g.progress
	g.progressing.Unlock()
	g.options.OnProgress(now)
}
