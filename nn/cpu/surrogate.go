package cpu

import (
	"fmt"
)

// surrogateJob sums (ratio - 1) · advantage and KL over the chunks of a segment; a task is a segment.
type surrogateJob struct {
	policy    *policy
	gaussians gaussians
	pass      activations // keeps nothing: the policy changes with every call
	partials  partials    // [segments,2]
}

// Surrogate compares the policy with the policy that acted: the gain of the surrogate and the mean
// KL(acted ‖ policy).
func (b *machine) Surrogate(p *paths, pi *policy) (gain, kl float64, err error) {
	s := newSweep(p, 1)
	job := &b.jobs.surrogate
	job.policy = pi
	job.gaussians.begin(p.logStd, pi.logStd())
	job.pass = activations{policy: pi, sweep: s}
	job.partials.begin(s.segments, 2)
	err = b.workers.each(s.segments, job)
	job.pass = activations{}
	if err != nil {
		return 0, 0, fmt.Errorf("surrogate: %w", err)
	}
	var sums [2]float64
	if err := job.partials.total(sums[:]); err != nil {
		return 0, 0, fmt.Errorf("surrogate: %w", err)
	}
	return sums[0] / float64(s.count), sums[1] / float64(s.count), nil
}

func (j *surrogateJob) run(w *worker, task int) error {
	first, end := j.pass.sweep.segment(task)
	sums := j.partials.segment(task)
	for chunk := first; chunk < end; chunk++ {
		floats, lists := w.floats.mark(), w.lists.mark()
		j.compare(sums, j.pass.pass(w, chunk, true))
		w.floats.release(floats)
		w.lists.release(lists)
	}
	return nil
}

// compare adds the steps of a chunk.
func (j *surrogateJob) compare(sums []float64, c policyChunk) {
	p, action := j.pass.sweep.paths, j.policy.shape.Action
	at := j.pass.sweep.from(c.first)
	for row := range c.rows {
		mean, acted := c.mean[row*action:(row+1)*action], p.row(p.means, at.path, at.t)
		ratio := j.gaussians.ratio(p.row(p.actions, at.path, at.t), mean, acted)
		sums[0] += (ratio - 1) * float64(p.advantages[at.path*p.horizon+at.t])
		sums[1] += j.gaussians.divergence(mean, acted)
		at.advance()
	}
}
