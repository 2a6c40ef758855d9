//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// ActorGradient writes the gradient through paths to the critics at their ends; see cuda/critics.cu and cuda/pathwise.cu.
func (b *machine) ActorGradient(gradient []float64, p *paths, pi *policy, given nn.Stored, m *ensemble, t nn.Task, options nn.ActorOptions) error {
	return b.goBack("actor's gradient", p, pi, m, t, options.PathwiseOptions, func(r *reversal) {
		c := given.(*critics)
		running := uploaded(r.q, r.scratch, p.numbers(func(i int) bool { return p.terminated[i] == 0 }))
		driver.Zero(r.q, r.course.slopes, p.n*p.observation)
		last := r.judge(t, c, running, options)
		r.fold(t, &ends{}, 0)
		r.sum(gradient, 0, p.n)
		r.addLast(gradient, last)
		p.addEntropy(gradient[pi.shape.LogStd():], options)
	})
}

// lastDecisions are the decisions of the policy at the ends of paths, as paths of one decision.
type lastDecisions struct {
	tail   *tail
	deltas array[float32] // [N,A] derivatives by the actions
}

// judge sets the derivatives by the last states of the running paths, and returns those by the actions there.
func (r *reversal) judge(t nn.Task, c *critics, running array[int32], options nn.ActorOptions) lastDecisions {
	p, pi := r.paths, r.policy
	d := lastDecisions{p.tail(r.q, r.scratch, pi, running, options.Rollout), take[float32](r.scratch, p.n*p.action)}
	if running.n == 0 {
		return d
	}
	d.tail.states = take[float32](r.scratch, p.n*2*p.observation).Ptr
	d.tail.actions, d.tail.means = take[float32](r.scratch, p.n*p.action).Ptr, take[float32](r.scratch, p.n*p.action).Ptr
	tape := max(pi.network.rowsTape(), c.network.rowsTape())
	one := r.course
	one.actions, one.deltas, one.horizon = d.tail.actions, d.deltas.Ptr, 1
	launchCriticEnds(r.q, d.tail.over(p.foldShared(r.q, tape, 0, "policy or critics")), &one, d.tail,
		r.actor, r.reverse(&c.network, c.parameters, c.shape.Critics), c.dynamics(r.q, r.scratch, t),
		int64(c.shape.Critics), (options.High-options.Low)/2, int64(tape))
	return d
}

// addLast adds what the last decisions contribute.
func (r *reversal) addLast(gradient []float64, d lastDecisions) {
	p := r.paths
	if d.tail.count == 0 {
		return
	}
	s := &steps{observations: d.tail.states, steps: d.tail.paths, horizon: 1, observation: int64(p.observation), stride: 1, count: d.tail.count}
	acted := &gaussians{actions: d.tail.actions, means: d.tail.means, action: int64(p.action)}
	last := make([]float64, len(gradient))
	r.gradient(r.q, r.scratch, last, r.policy, s, acted, d.deltas.Ptr, p.n)
	for i, x := range last {
		gradient[i] += x
	}
}

// addEntropy adds the gradient of the entropy by log σ, which is 1 in every decision.
func (p *paths) addEntropy(logStd []float64, options nn.ActorOptions) {
	sum := 0.0
	for i, length := range p.lengths {
		discount := 1.0
		for range int(length) + 1 - int(p.terminated[i]) {
			sum += discount
			discount *= options.Gamma
		}
	}
	for k := range logStd {
		logStd[k] += options.Entropy * sum / float64(p.n)
	}
}
