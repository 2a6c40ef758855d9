package cpu

import (
	"fmt"
	"math"
)

// fisherJob sums Jᵀ Σ⁻¹ J v over the chunks of a segment; a task is a segment.
type fisherJob struct {
	backend  *machine
	policy   *policy
	vector   []float32 // [P of the mean's network] v
	inverse  []float32 // [A] 1/σ²
	partials partials  // [segments,P]
}

// FisherVector writes F·v. The part of the mean is a forward-mode pass along v, a product with the inverse
// variances and a reverse-mode pass, which is exact for a Gaussian (Gauss-Newton); the part of log σ is 2·v.
func (b *machine) FisherVector(product, v []float64, p *paths, pi *policy, stride int) error {
	s := newSweep(p, stride)
	network := pi.network.parameters()
	job := &b.jobs.fisher
	job.begin(b, pi, v[:network], s)
	b.cache.begin(pi, s)
	if err := b.workers.each(s.segments, job); err != nil {
		return fmt.Errorf("fisher: %w", err)
	}
	b.cache.ready = true
	for i := network; i < len(v); i++ {
		product[i] = 2 * v[i]
	}
	if err := job.partials.total(product[:network]); err != nil {
		return fmt.Errorf("fisher: %w", err)
	}
	for i := range network {
		product[i] /= float64(s.count)
	}
	return nil
}

func (j *fisherJob) begin(b *machine, pi *policy, v []float64, s sweep) {
	j.backend, j.policy = b, pi
	j.vector, j.inverse = j.vector[:0], j.inverse[:0]
	for _, x := range v {
		j.vector = append(j.vector, float32(x))
	}
	for _, logStd := range pi.logStd() {
		j.inverse = append(j.inverse, float32(math.Exp(-2*float64(logStd))))
	}
	j.partials.begin(s.segments, len(v))
}

func (j *fisherJob) run(w *worker, task int) error {
	cache, sums, net := &j.backend.cache, j.partials.segment(task), &j.policy.network
	gradient := w.floats.take(len(j.vector))
	first, end := cache.sweep.segment(task)
	for chunk := first; chunk < end; chunk++ {
		floats, lists := w.floats.mark(), w.lists.mark()
		c := cache.pass(w, chunk, false)
		delta := w.tangent(net, j.policy.parameters, j.vector, c.x, c.tape, c.rows)
		for row := 0; row < len(delta); row += len(j.inverse) {
			for k, inverse := range j.inverse {
				delta[row+k] *= inverse
			}
		}
		w.backward(net, j.policy.parameters, gradient, c.x, c.tape, delta, c.rows)
		accumulate(sums, gradient)
		w.floats.release(floats)
		w.lists.release(lists)
	}
	return nil
}
