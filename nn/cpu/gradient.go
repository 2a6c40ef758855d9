package cpu

import (
	"fmt"
	"math"
)

// gaussians compares the densities of a policy with those of the policy that acted. The means change
// from step to step, σ does not.
type gaussians struct {
	invActed, invPolicy []float64 // [A] 1/σ
	logRatio            float64   // Σ log σ acted - log σ policy
	spread              float64   // KL of equal means: Σ (σ²acted/σ²policy - 1)/2 - logRatio
}

func (g *gaussians) begin(acted, policy []float32) {
	g.invActed, g.invPolicy = g.invActed[:0], g.invPolicy[:0]
	g.logRatio, g.spread = 0, 0
	for k := range acted {
		a, p := float64(acted[k]), float64(policy[k])
		g.invActed, g.invPolicy = append(g.invActed, math.Exp(-a)), append(g.invPolicy, math.Exp(-p))
		g.logRatio += a - p
		g.spread += 0.5*math.Expm1(2*(a-p)) - (a - p)
	}
}

// ratio is π(action)/π_acted(action), given the means of the policy and of the policy that acted.
func (g *gaussians) ratio(action, mean, acted []float32) float64 {
	sum := 0.0
	for k, a := range action {
		z := (float64(a) - float64(mean[k])) * g.invPolicy[k]
		zActed := (float64(a) - float64(acted[k])) * g.invActed[k]
		sum += zActed*zActed - z*z
	}
	return math.Exp(0.5*sum + g.logRatio)
}

// divergence is KL(acted ‖ policy).
func (g *gaussians) divergence(mean, acted []float32) float64 {
	kl := g.spread
	for k, m := range mean {
		difference := (float64(m) - float64(acted[k])) * g.invPolicy[k]
		kl += 0.5 * difference * difference
	}
	return kl
}

// gradientJob sums advantage · ratio · ∇ log π over the chunks of a segment; a task is a segment.
type gradientJob struct {
	backend   *machine
	policy    *policy
	gaussians gaussians
	partials  partials // [segments,P]
}

// PolicyGradient writes the gradient of the surrogate at the policy's parameters.
func (b *machine) PolicyGradient(gradient []float64, p *paths, pi *policy) error {
	s := newSweep(p, 1)
	job := &b.jobs.gradient
	job.backend, job.policy = b, pi
	job.gaussians.begin(p.logStd, pi.logStd())
	job.partials.begin(s.segments, len(pi.parameters))
	b.cache.begin(pi, s)
	if err := b.workers.each(s.segments, job); err != nil {
		return fmt.Errorf("policy gradient: %w", err)
	}
	b.cache.ready = true
	if err := job.partials.total(gradient); err != nil {
		return fmt.Errorf("policy gradient: %w", err)
	}
	for i := range gradient {
		gradient[i] /= float64(s.count)
	}
	return nil
}

func (j *gradientJob) run(w *worker, task int) error {
	cache, sums := &j.backend.cache, j.partials.segment(task)
	network := j.policy.network.parameters()
	gradient := w.floats.take(network)
	first, end := cache.sweep.segment(task)
	for chunk := first; chunk < end; chunk++ {
		floats, lists := w.floats.mark(), w.lists.mark()
		c := cache.pass(w, chunk, true)
		delta := w.floats.take(c.rows * j.policy.shape.Action)
		j.differentiate(delta, sums[network:], c)
		w.backward(&j.policy.network, j.policy.parameters, gradient, c.x, c.tape, delta, c.rows)
		accumulate(sums[:network], gradient)
		w.floats.release(floats)
		w.lists.release(lists)
	}
	return nil
}

// differentiate writes advantage · ratio · ∂ log π/∂ mean to delta [rows,A] and adds
// advantage · ratio · ∂ log π/∂ log σ to logStd [A]. With z = (action - mean)/σ the derivatives of log π are
// z/σ and z² - 1.
func (j *gradientJob) differentiate(delta []float32, logStd []float64, c policyChunk) {
	p, action := j.backend.cache.sweep.paths, j.policy.shape.Action
	at := j.backend.cache.sweep.from(c.first)
	for row := range c.rows {
		mean := c.mean[row*action : (row+1)*action]
		taken := p.row(p.actions, at.path, at.t)
		weight := float64(p.advantages[at.path*p.horizon+at.t]) *
			j.gaussians.ratio(taken, mean, p.row(p.means, at.path, at.t))
		for k, a := range taken {
			z := (float64(a) - float64(mean[k])) * j.gaussians.invPolicy[k]
			delta[row*action+k] = float32(weight * z * j.gaussians.invPolicy[k])
			logStd[k] += weight * (z*z - 1)
		}
		at.advance()
	}
}
