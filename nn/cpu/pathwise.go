package cpu

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// pathwiseRows is the largest number of paths in a task of PathwiseGradient. Fewer would keep more workers busy, but
// leave each member too few rows for products at full speed.
const pathwiseRows = 256

// pathwiseJob differentiates paths in reverse, from their ends to their starts. Nothing of the rollout was kept
// but its states and actions: every decision is computed again. A task is a piece of the paths of one half.
type pathwiseJob struct {
	paths    *paths
	policy   *policy
	dynamics *dynamics
	value    *value            // judges the ends of the paths; nil where critics do
	critics  *critics          // nil where the value network does
	task     nn.Differentiable // nil where the reward is learned
	options  nn.PathwiseOptions
	noise    []float32   // [O] σ of the model noise at the network's outputs; nil: none
	own      *ownNoise   // the members' own; nil: none
	entropy  float64     // price of the policy's entropy
	width    float64     // of the critics' range
	middle   int         // first path of the second half
	pieces   [2]int      // number in each half
	partials [2]partials // [pieces,P]
}

// PathwiseGradient writes the gradients of the two halves of the paths.
func (b *machine) PathwiseGradient(first, second []float64, p *paths, pi *policy, m *ensemble, v *value, task nn.Task, options nn.PathwiseOptions) error {
	b.packModel(m)
	b.packPolicy(pi)
	b.packValue(v)
	job := &b.jobs.pathwise
	job.begin(p, pi, m, task, options, p.n/2, pathwiseRows)
	job.value = v
	if err := b.goBack(first, second); err != nil {
		return fmt.Errorf("pathwise gradient: %w", err)
	}
	return nil
}

// goBack writes the gradients of the two halves of the job's paths, and ends the job.
func (b *machine) goBack(first, second []float64) error {
	job := &b.jobs.pathwise
	err := b.workers.each(job.pieces[0]+job.pieces[1], job)
	for half, gradient := range [2][]float64{first, second} {
		if err == nil {
			err = job.partials[half].total(gradient)
		}
		from, to := job.half(half)
		for i := range gradient {
			gradient[i] /= float64(to - from)
		}
	}
	job.paths, job.policy, job.dynamics, job.value, job.critics, job.task, job.own = nil, nil, nil, nil, nil, nil, nil
	return err
}

func (j *pathwiseJob) begin(p *paths, pi *policy, m *ensemble, task nn.Task, options nn.PathwiseOptions, middle, rows int) {
	j.paths, j.policy, j.options, j.middle = p, pi, options, middle
	j.task, _ = task.(nn.Differentiable)
	j.dynamics = newDynamics(m, task, options.Rollout)
	j.noise, j.own = m.shape.OutputNoise(options.Rollout.Noise, m.out.scale), newOwnNoise(m, options.Rollout.OwnNoise)
	for half := range j.pieces {
		from, to := j.half(half)
		j.pieces[half] = (to - from + rows - 1) / rows
		j.partials[half].begin(j.pieces[half], len(pi.parameters))
	}
}

// half returns the paths [from, to) of a half.
func (j *pathwiseJob) half(half int) (from, to int) {
	if half == 0 {
		return 0, j.middle
	}
	return j.middle, j.paths.n
}

func (j *pathwiseJob) run(w *worker, task int) error {
	half, piece := 0, task
	if piece >= j.pieces[0] {
		half, piece = 1, piece-j.pieces[0]
	}
	from, to := j.half(half)
	size := to - from
	r := reversal{pathwiseJob: j, w: w, sums: j.partials[half].segment(piece),
		first: from + piece*size/j.pieces[half], end: from + (piece+1)*size/j.pieces[half]}
	r.begin()
	for t := r.longest - 1; t >= 0; t-- {
		mark := w.mark()
		r.step(t)
		w.release(mark)
	}
	r.finish()
	return nil
}
