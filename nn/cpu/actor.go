package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// actorRows is the largest number of paths in a task of ActorGradient. An update has some hundred paths, which two workers share.
const actorRows = 64

// ActorGradient writes the gradient through paths to the critics at their ends.
func (b *machine) ActorGradient(gradient []float64, p *paths, pi *policy, c nn.Stored, m *ensemble, task nn.Task, options nn.ActorOptions) error {
	b.packModel(m)
	b.packPolicy(pi)
	b.packCritics(c.(*critics))
	job := &b.jobs.pathwise
	job.begin(p, pi, m, task, options.PathwiseOptions, p.n, actorRows)
	job.critics, job.entropy, job.width = c.(*critics), options.Entropy, (options.High-options.Low)/2
	if err := b.goBack(gradient, nil); err != nil { // all paths are one half
		return fmt.Errorf("actor's gradient: %w", err)
	}
	return nil
}

// judgedEnds writes γᵀ d mean_j Q_j(s, a)/ds at the last states to slope, 0 after a termination, with a as the policy draws it. It adds
// to the gradient what the last action and the entropy contribute.
func (r *reversal) judgedEnds() {
	w, p := r.w, r.paths
	clear(r.slope)
	paths := w.counts.take(r.end - r.first)[:0]
	for i := r.first; i < r.end; i++ {
		if !p.terminated[i] {
			paths = append(paths, i)
		}
		r.addEntropy(i)
	}
	if len(paths) == 0 {
		return
	}
	t := newTail(w, p, r.policy, r.dynamics, r.options.Rollout, paths)
	s := decision{reversal: r, paths: paths, obs: t.obs, clipped: t.clipped, sampled: t.sampled, mean: t.mean}
	dObs, dAct := s.judge()
	s.act(dObs, dAct)
}

// addEntropy adds the gradient of the entropy along path i, which is that of the sum of log σ.
func (r *reversal) addEntropy(i int) {
	length, discount, sum := r.paths.lengths[i], 1.0, 0.0
	if !r.paths.terminated[i] {
		length++
	}
	for range length {
		sum += discount
		discount *= r.options.Gamma
	}
	logStd := r.sums[r.policy.network.parameters():]
	for k := range logStd {
		logStd[k] += r.entropy * sum
	}
}

// judge returns the derivatives of the mean of the critics by states [rows,O] and clipped actions [rows,A].
func (s *decision) judge() (dObs, dAct []float32) {
	r, w, c, p := s.reversal, s.w, s.critics, s.reversal.paths
	rows, observation, action := len(s.paths), p.observation, p.action
	width := observation + action
	x, one, delta := w.floats.take(rows*width), w.floats.take(rows*width), w.floats.take(rows)
	sum := w.floats.take(rows * width)
	pass := w.prepare(&c.network, nil, nil, rows, forthBack)
	dObs, dAct = w.floats.take(rows*observation), w.floats.take(rows*action)
	c.inputs(x, s.obs, s.clipped, rows)
	clear(sum)
	for row, i := range s.paths {
		delta[row] = float32(r.width * math.Pow(r.options.Gamma, float64(p.lengths[i])) / float64(c.shape.Critics))
	}
	for j := range c.shape.Critics {
		pass.layers, pass.parameters = c.forms.of(j), c.of(c.parameters, j)
		copy(one, x)
		pass.forward(one, rows)
		pass.inward(one, delta, rows)
		add(sum, one)
	}
	for row := range rows {
		in := sum[row*width : (row+1)*width]
		for k := range observation {
			dObs[row*observation+k] = in[k] / c.in.scale[k]
		}
		for k := range action {
			dAct[row*action+k] = in[observation+k] / c.in.scale[observation+k]
		}
	}
	return dObs, dAct
}
