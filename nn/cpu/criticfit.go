package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// criticJob takes a step of critics, in three rounds: the targets of a part of the paths, the gradient of one critic on
// a part of them, the update of one critic.
type criticJob struct {
	round    int
	paths    *paths
	policy   *policy
	critics  *critics
	dynamics dynamics // its box alone is used
	options  nn.CriticOptions
	step     adamStep

	rows      []int                   // paths that count
	x         []float32               // [rows,O+A] inputs of the first decisions
	targets   []float32               // [rows] (y - c)/w
	gradients [descentParts][]float32 // [M,P]
	sums      []criticSums            // [M·parts]
}

// criticSums are sums over some rows.
type criticSums struct{ loss, value float64 }

// The rounds.
const (
	criticTargets = iota
	criticGradients
	criticUpdates
)

// FitCritics takes one Adam step of every critic.
func (b *machine) FitCritics(given nn.Stored, p *paths, pi *policy, task nn.Task, options nn.CriticOptions) (nn.CriticReport, error) {
	j := &b.jobs.critics
	c := given.(*critics)
	b.packPolicy(pi)
	b.packSlow(c)
	j.begin(p, pi, c, task, options)
	defer func() { j.paths, j.policy, j.critics = nil, nil, nil }()
	var report nn.CriticReport
	var err error
	for round, tasks := range [...]int{criticTargets: descentParts, criticGradients: c.shape.Critics * descentParts, criticUpdates: c.shape.Critics} {
		j.round = round
		if err = b.workers.each(tasks, j); err != nil {
			break
		}
		if round == criticGradients {
			if report = j.report(); bad(report.Loss) {
				err = fmt.Errorf("loss %g: %w", report.Loss, nn.ErrDiverged)
				break
			}
		}
	}
	if err != nil {
		return nn.CriticReport{}, fmt.Errorf("fit of critics: %w", err)
	}
	c.optimiser.steps++
	c.version++
	return report, nil
}

func (j *criticJob) begin(p *paths, pi *policy, c *critics, task nn.Task, options nn.CriticOptions) {
	j.paths, j.policy, j.critics, j.options = p, pi, c, options
	low, high := task.ActionBox()
	j.dynamics.low, j.dynamics.high = nn.Rounded(low), nn.Rounded(high)
	j.step = newAdamStep(options.Adam, c.optimiser.steps+1)
	j.rows = j.rows[:0]
	for i, length := range p.lengths {
		if length > 0 {
			j.rows = append(j.rows, i)
		}
	}
	j.x, j.targets = resized(j.x, len(j.rows)*(p.observation+p.action)), resized(j.targets, len(j.rows))
	for part := range j.gradients {
		j.gradients[part] = resized(j.gradients[part], len(c.parameters))
	}
	j.sums = resized(j.sums, c.shape.Critics*descentParts)
}

// centre and width describe the range of returns.
func (j *criticJob) centre() float64 { return (j.options.Low + j.options.High) / 2 }
func (j *criticJob) width() float64  { return (j.options.High - j.options.Low) / 2 }

func (j *criticJob) run(w *worker, task int) error {
	switch j.round {
	case criticTargets:
		j.aim(w, task)
	case criticGradients:
		j.differentiate(w, task/descentParts, task%descentParts)
	default:
		j.update(task)
	}
	return nil
}

// aim writes inputs and targets of a part of the paths.
func (j *criticJob) aim(w *worker, part int) {
	first, end := descentPart(part, len(j.rows))
	rows, p, c := end-first, j.paths, j.critics
	if rows == 0 {
		return
	}
	observation, action := p.observation, p.action
	obs, clipped := w.floats.take(rows*observation), w.floats.take(rows*action)
	for row, i := range j.rows[first:end] {
		copy(obs[row*observation:(row+1)*observation], p.state(i, 0))
		j.dynamics.clip(clipped[row*action:(row+1)*action], p.row(p.actions, i, 0))
	}
	c.inputs(j.x[first*(observation+action):end*(observation+action)], obs, clipped, rows)
	least := j.ends(w, j.rows[first:end])
	for row, i := range j.rows[first:end] {
		y := (j.target(i, float64(least[row])) - j.centre()) / j.width()
		j.targets[first+row] = float32(math.Max(-1, math.Min(1, y)))
	}
}

// ends returns the least of the slow critics in the last states of some paths, in units of the range.
func (j *criticJob) ends(w *worker, paths []int) []float32 {
	rows, c := len(paths), j.critics
	t := newTail(w, j.paths, j.policy, &j.dynamics, j.options.Rollout, paths)
	x, least := w.floats.take(rows*(c.shape.Observation+c.shape.Action)), w.floats.take(rows)
	c.inputs(x, t.obs, t.clipped, rows)
	pass := w.prepare(&c.network, nil, nil, rows, forth)
	for k := range c.shape.Critics {
		pass.layers, pass.parameters = c.slowForms.of(k), c.of(c.slow, k)
		for row, q := range pass.forward(x, rows) {
			if k == 0 || q < least[row] || q != q {
				least[row] = q
			}
		}
	}
	return least
}

// target is y of path i, given the least of the slow critics at its end.
func (j *criticJob) target(i int, least float64) float64 {
	p, gamma, discount, y := j.paths, j.options.Gamma, 1.0, 0.0
	for t, reward := range p.rewards[i*p.horizon : i*p.horizon+p.lengths[i]] {
		if t > 0 {
			y += discount * j.options.Bonus
		}
		y += discount * float64(reward)
		discount *= gamma
	}
	if p.terminated[i] {
		return y
	}
	return y + discount*(j.centre()+j.width()*least+j.options.Bonus)
}

// differentiate writes the gradient of critic k on a part of the paths.
func (j *criticJob) differentiate(w *worker, k, part int) {
	c := j.critics
	first, end := descentPart(part, len(j.rows))
	rows, width := end-first, c.shape.Observation+c.shape.Action
	gradient, sum := c.of(j.gradients[part], k), criticSums{}
	if rows == 0 {
		clear(gradient)
		j.sums[k*descentParts+part] = sum
		return
	}
	x, delta := j.x[first*width:end*width], w.floats.take(rows)
	tape := w.tape(&c.network, rows)
	for row, q := range w.forward(&c.network, c.of(c.parameters, k), x, tape, rows) {
		difference := q - j.targets[first+row]
		delta[row] = float32(2/float64(len(j.rows))) * difference
		sum.loss += float64(difference) * float64(difference)
		sum.value += float64(q)
	}
	w.backward(&c.network, c.of(c.parameters, k), gradient, x, tape, delta, rows)
	j.sums[k*descentParts+part] = sum
}

// report sums up the gradients' round.
func (j *criticJob) report() (r nn.CriticReport) {
	n := float64(len(j.rows))
	for _, sum := range j.sums {
		r.Loss += sum.loss / n / float64(j.critics.shape.Critics)
		r.Value += sum.value / n / float64(j.critics.shape.Critics)
	}
	for _, y := range j.targets {
		r.Target += float64(y) / n
	}
	r.Target, r.Value = j.centre()+j.width()*r.Target, j.centre()+j.width()*r.Value
	return r
}

// update moves critic k, and its slow copy after it.
func (j *criticJob) update(k int) {
	c, o, share := j.critics, &j.critics.optimiser, float32(j.options.Slow)
	parameters := c.of(c.parameters, k)
	adamUpdate(parameters, c.of(j.gradients[0], k), c.of(j.gradients[1], k), c.of(o.moment1, k), c.of(o.moment2, k), &j.step)
	slow := c.of(c.slow, k)
	for i, x := range parameters {
		slow[i] += float32(share * (x - slow[i]))
	}
}
