package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// rolloutRows is the largest number of paths in a task, all in one member. It is large enough for
// products with the widest layer at full speed, and small enough for the usual 800 paths to keep 8
// workers busy with the products of any library.
const rolloutRows = 128

// drawnRows is that where members are drawn: a task then divides its paths among all members.
const drawnRows = 512

// rolloutJob rolls out the policy in an ensemble. A task is a piece of the starts in one member, or in all
// where they are drawn.
type rolloutJob struct {
	policy   *policy
	dynamics *dynamics
	task     nn.Task
	options  nn.RolloutOptions
	starts   []float32 // [starts,O]
	count    int       // number of starts
	pieces   int       // number of pieces of the starts
	paths    *paths
	sigma    []float32 // [A] σ
	noise    []float32 // [O] σ of the model noise at the network's outputs; nil: none
	own      *ownNoise // the members' own; nil: none
}

// Rollout plays the policy in every member from every start.
func (b *machine) Rollout(pi *policy, m *ensemble, task nn.Task, starts nn.Starts, options nn.RolloutOptions) (*paths, error) {
	b.packModel(m)
	b.packPolicy(pi)
	job := b.newRolloutJob(pi, m, task, starts, options)
	tasks := job.pieces
	if options.Draw == nn.DrawAll {
		tasks *= m.shape.Members
	}
	if err := b.workers.each(tasks, job); err != nil {
		_ = job.paths.Close() // never fails
		return nil, fmt.Errorf("rollout: %w", err)
	}
	copy(job.paths.lengths, job.paths.rolled)
	job.paths.pool()
	return job.paths, nil
}

func (b *machine) newRolloutJob(pi *policy, m *ensemble, task nn.Task, starts nn.Starts, options nn.RolloutOptions) *rolloutJob {
	count := len(starts.Times)
	dynamics := newDynamics(m, task, options)
	job := &rolloutJob{policy: pi, dynamics: dynamics, task: task, options: options,
		starts: nn.RowMajor(starts.Observations), count: count, pieces: b.pieces(count, m.shape.Members, options.Draw)}
	job.paths = b.newPaths(options.Paths(count, m.shape.Members), options.Horizon, m.shape.Observation, m.shape.Action)
	if m.shape.Reward {
		job.paths.learned = job.paths.column(nil, options.Horizon)
	}
	if options.Disagreement {
		job.paths.disagreement = job.paths.column(nil, options.Horizon)
	}
	for i := range job.paths.times {
		job.paths.times[i] = starts.Times[i%count]
	}
	copy(job.paths.logStd, pi.logStd())
	for _, logStd := range pi.logStd() {
		job.sigma = append(job.sigma, float32(math.Exp(float64(logStd))))
	}
	job.noise, job.own = m.shape.OutputNoise(options.Noise, m.out.scale), newOwnNoise(m, options.OwnNoise)
	return job
}

// pieces is the number of pieces of the starts. Own products give a path the same bits in any piece, so more workers get more
// and smaller ones; where several paths diverge, the error may then name another of them.
func (b *machine) pieces(starts, members int, draw nn.Draw) int {
	most, tasks := rolloutRows, members
	if draw != nn.DrawAll {
		most, tasks = drawnRows, 1
	}
	pieces := (starts + most - 1) / most
	if u := b.library.units; u != nil {
		pieces = max(pieces, min((len(b.workers.all)+tasks-1)/tasks, starts/u.rows))
	}
	return pieces
}

// limit is the largest number of steps of path i.
func (j *rolloutJob) limit(i int) int {
	limit := j.options.Horizon
	if j.options.TimeLimit > 0 {
		limit = min(limit, j.options.TimeLimit-int(j.paths.times[i]))
	}
	return max(limit, 0)
}

// rollout is the work of one task. The active paths fill the first rows, so that paths that ended cost
// nothing.
type rollout struct {
	*rolloutJob
	w         *worker
	network   prepared  // of the member, where none is drawn
	drawn     drawn     // where members are drawn
	member    int       // where they are not; -1 where they are
	means     prepared  // network of the policy
	active    int       // number of active paths
	path      []int     // [rows] number of the path in a row
	obs, next []float32 // [rows,O]
	policyIn  []float32 // [rows,O]
	clipped   []float32 // [rows,A]
	modelIn   []float32 // [rows,O+A]
	wide      []float64 // [O]
	added     []float32 // [O] noise of one row
	out       []float32 // [rows,width] of drawn members
	doubts    doubts    // where the disagreement of the members is measured
}

func (j *rolloutJob) run(w *worker, task int) error {
	m := j.dynamics.model
	member, piece := task/j.pieces, task%j.pieces // member 0 where members are drawn
	first, end := piece*j.count/j.pieces, (piece+1)*j.count/j.pieces
	rows, observation, action := end-first, m.shape.Observation, m.shape.Action
	p := rollout{
		rolloutJob: j, w: w,
		path:     w.counts.take(rows),
		obs:      w.floats.take(rows * observation),
		next:     w.floats.take(rows * observation),
		policyIn: w.floats.take(rows * observation),
		clipped:  w.floats.take(rows * action),
		modelIn:  w.floats.take(rows * (observation + action)),
		wide:     w.wides.take(observation),
		added:    w.floats.take(observation),
		means:    w.prepare(&j.policy.network, j.policy.forms.of(0), j.policy.parameters, rows, forth),
	}
	if p.member = member; j.options.Draw == nn.DrawAll {
		p.network = w.prepare(&m.network, m.forms.of(member), m.member(member), rows, forth)
	} else {
		p.member, p.drawn, p.out = -1, newDrawn(w, m, rows, forth), w.floats.take(rows*m.shape.Width())
	}
	if j.options.Wary() {
		p.doubts = newDoubts(w, m, rows, forth)
	}
	for start := first; start < end; start++ {
		p.begin(member*j.count+start, start)
	}
	for t := 0; p.active > 0; t++ {
		if err := p.step(t); err != nil && p.member < 0 {
			return fmt.Errorf("step %d: %w", t, err)
		} else if err != nil {
			return fmt.Errorf("member %d: step %d: %w", member, t, err)
		}
	}
	return nil
}

// begin puts path i at its start and activates it, unless the time limit leaves no step.
func (p *rollout) begin(i, start int) {
	observation := p.paths.observation
	state := p.starts[start*observation : (start+1)*observation]
	copy(p.paths.state(i, 0), state)
	p.paths.rolled[i], p.paths.terminated[i], p.paths.ended[i] = 0, false, false
	if p.limit(i) == 0 {
		return
	}
	copy(p.obs[p.active*observation:], state)
	p.path[p.active] = i
	p.active++
}

// step takes decision t of all active paths.
func (p *rollout) step(t int) error {
	p.act(t)
	m := p.dynamics.model
	observation, action, width := m.shape.Observation, m.shape.Action, m.shape.Width()
	p.dynamics.inputRows(p.modelIn, p.obs, p.clipped, p.active)
	if p.options.Wary() {
		if p.doubt(t); p.active == 0 {
			return nil
		}
	}
	out := p.predict(t)
	p.addNoise(out, t)
	still := 0
	for row := range p.active {
		obs := p.obs[row*observation : (row+1)*observation]
		next := p.next[still*observation : (still+1)*observation]
		raw := out[row*width : (row+1)*width]
		p.dynamics.next(next, obs, p.clipped[row*action:(row+1)*action], raw)
		if err := checkFinite("observation", next); err != nil {
			return fmt.Errorf("path %d: %w", p.path[row], err)
		}
		if p.record(p.path[row], t, next, raw) {
			p.path[still] = p.path[row]
			still++
		}
	}
	p.active = still
	p.obs, p.next = p.next, p.obs
	return nil
}

// predict returns the outputs [active,width] of the paths' members.
func (p *rollout) predict(t int) []float32 {
	if p.member >= 0 {
		return p.network.forward(p.modelIn, p.active)
	}
	shape := &p.dynamics.model.shape
	width := shape.Width()
	p.drawn.sort(p.options.Members(t, p.paths.n, shape.Members), p.path[:p.active])
	for p.drawn.next() {
		out := p.drawn.forward(p.modelIn)
		for i, row := range p.drawn.rows() {
			copy(p.out[row*width:(row+1)*width], out[i*width:])
		}
	}
	return p.out
}

// act samples the actions of all active paths.
func (p *rollout) act(t int) {
	observation, action := p.paths.observation, p.paths.action
	for row := range p.active {
		at := row * observation
		normalise(p.policyIn[at:at+observation], p.obs[at:at+observation], p.policy.in.shift, p.policy.in.scale)
	}
	means := p.means.forward(p.policyIn, p.active)
	key := nn.Key{Seed: p.options.Seed, Stream: nn.StreamRollout}
	blocks, step := nn.NormalBlocks(action), p.options.NoiseStep(t)
	for row := range p.active {
		i, mean := p.path[row], means[row*action:(row+1)*action]
		copy(p.paths.row(p.paths.means, i, t), mean)
		sampled := p.paths.row(p.paths.actions, i, t)
		p.w.normals(sampled, key, step, uint32(i*blocks))
		for k, z := range sampled {
			sampled[k] = mean[k] + float32(p.sigma[k]*z)
		}
		p.dynamics.clip(p.clipped[row*action:(row+1)*action], sampled)
	}
}

// record stores the outcome of decision t of path i and reports whether the path continues.
func (p *rollout) record(i, t int, next, out []float32) bool {
	copy(p.paths.state(i, t+1), next)
	p.paths.rolled[i] = t + 1
	if p.paths.learned != nil {
		p.paths.learned[i*p.paths.horizon+t] = p.dynamics.reward(out)
	}
	if p.dynamics.ends(out) {
		p.paths.terminated[i], p.paths.ended[i] = true, true
		return false
	}
	if p.options.Terminate {
		if p.task.Terminated(nn.Widen(p.wide, next)) {
			p.paths.terminated[i] = true
			return false
		}
	}
	return t+1 < p.limit(i)
}
