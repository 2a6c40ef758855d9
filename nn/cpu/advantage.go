package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// valuesJob computes V of all states; a task takes a number of paths.
type valuesJob struct {
	paths *paths
	value *value
	each  int  // paths of a task
	own   bool // own products give a state the same bits beside any others
}

// valuePaths is the least number of paths in a task of values and advantages.
const valuePaths = 4

// evaluate computes V of every state of the paths, unless this network's values are already stored.
func (b *machine) evaluate(p *paths, v *value) error {
	if p.values != nil && p.valued == v && p.valuedVersion == v.version {
		return nil
	}
	b.packValue(v)
	p.values = p.column(p.values, p.horizon+1)
	p.valued = nil
	b.jobs.values = valuesJob{p, v, max(valuePaths, chunkRows/(p.horizon+1)), b.library.units != nil}
	each := b.jobs.values.each
	err := b.workers.each((p.n+each-1)/each, &b.jobs.values)
	b.jobs.values = valuesJob{}
	if err != nil {
		return err
	}
	p.valued, p.valuedVersion = v, v.version
	return nil
}

// run evaluates chunks of states: of one path, so that a state's value depends on its path alone, or of several where the products are
// own. It includes all states of the rollout, so that a later score may truncate the path elsewhere.
func (j *valuesJob) run(w *worker, task int) error {
	p, n, most := j.paths, &j.value.network, chunkRows
	if j.own {
		most = passRows
	}
	features := j.value.shape.Features()
	pass := w.prepare(n, j.value.forms.of(0), j.value.parameters, most, forth)
	x, places := w.floats.take(most*features), w.counts.take(most)[:0]
	for i := task * j.each; i < min(p.n, (task+1)*j.each); i++ {
		for t := range p.rolled[i] + 1 {
			row := len(places)
			j.value.inputs(x[row*features:(row+1)*features], p.state(i, t), p.times[i]+float32(t))
			if places = append(places, i*(p.horizon+1)+t); len(places) == most || t == p.rolled[i] && !j.own {
				j.store(places, pass.forward(x, len(places)))
				places = places[:0]
			}
		}
	}
	if len(places) > 0 {
		j.store(places, pass.forward(x, len(places)))
	}
	return nil
}

// store stores values at their places; those beyond an episode's end are 0.
func (j *valuesJob) store(places []int, values []float32) {
	p := j.paths
	for row, place := range places {
		p.values[place] = values[row]
		if i, t := place/(p.horizon+1), place%(p.horizon+1); j.value.shape.Over(p.times[i] + float32(t)) {
			p.values[place] = 0
		}
	}
}

// Advantages estimates advantages and returns with the value network.
func (b *machine) Advantages(p *paths, v *value, options nn.AdvantageOptions) error {
	if err := b.evaluate(p, v); err != nil {
		return fmt.Errorf("advantages: %w", err)
	}
	p.advantages = p.column(p.advantages, p.horizon)
	p.returns = p.column(p.returns, p.horizon)
	job := &b.jobs.advantages
	job.paths, job.options, job.wide = p, options, resized(job.wide, p.steps())
	err := b.workers.each((p.n+valuePaths-1)/valuePaths, job)
	if err == nil {
		err = job.finish()
	}
	job.paths = nil
	if err != nil {
		return fmt.Errorf("advantages: %w", err)
	}
	return nil
}

// advantageJob runs backwards along the paths of a task.
type advantageJob struct {
	paths   *paths
	options nn.AdvantageOptions
	wide    []float64 // [steps] advantages before they are whitened and rounded
}

func (j *advantageJob) run(_ *worker, task int) error {
	for i := task * valuePaths; i < min(j.paths.n, (task+1)*valuePaths); i++ {
		j.path(i)
	}
	return nil
}

// path estimates, from the last step to the first, δ = r + γ·V' - V, the advantage δ + γλ·A' and
// the return r + γ·G', where primes denote the next step. After the end of a terminated path V', A' and
// G' are 0; after the end of a path that was cut, V' and G' are V of the last state, or G' is 0 with
// CutToZero. With LambdaReturns the return is V + A.
func (j *advantageJob) path(i int) {
	p, gamma := j.paths, j.options.Gamma
	length := p.lengths[i]
	values := p.values[i*(p.horizon+1):][:p.horizon+1]
	after, total, advantage := 0.0, 0.0, 0.0 // V', G' and A'
	if !p.terminated[i] {
		after = float64(values[length])
		if !j.options.CutToZero {
			total = after
		}
	}
	for t := length - 1; t >= 0; t-- {
		reward, here := float64(p.rewards[i*p.horizon+t]), float64(values[t])
		advantage = reward + gamma*after - here + gamma*j.options.Lambda*advantage
		total = reward + gamma*total
		j.wide[p.offsets[i]+t] = advantage
		p.returns[i*p.horizon+t] = float32(total)
		if j.options.LambdaReturns {
			p.returns[i*p.horizon+t] = float32(here + advantage)
		}
		after = here
	}
}

// finish whitens the advantages over the pool and stores them.
func (j *advantageJob) finish() error {
	p := j.paths
	mean, scale := 0.0, 1.0
	if j.options.Whiten {
		var deviation float64
		mean, deviation = moments(len(j.wide), nn.StandardDeviation, func(row int) float64 { return j.wide[row] })
		scale = deviation + nn.WhitenFloor
	}
	for at, step := p.from(0, 1), 0; step < len(j.wide); step++ {
		advantage := (j.wide[step] - mean) / scale
		if math.IsNaN(advantage) || math.IsInf(advantage, 0) {
			return fmt.Errorf("path %d, step %d: advantage %g: %w", at.path, at.t, advantage, nn.ErrDiverged)
		}
		p.advantages[at.path*p.horizon+at.t] = float32(advantage)
		at.advance()
	}
	return nil
}
