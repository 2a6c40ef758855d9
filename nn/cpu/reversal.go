package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// reversal is the work of one task.
type reversal struct {
	*pathwiseJob
	w          *worker
	sums       []float64 // [P]
	first, end int       // paths
	longest    int       // steps of the longest path
	slope      []float32 // [paths,O] derivatives by the state that the reversal has reached
	gradient   []float32 // [P of the mean's network]
	members    drawn
	kept       kept // passes through the policy, where critics judge the ends

	obs, act, next, dObs, dAct, dNext, scratch []float64 // one row each
}

// begin takes memory and puts every path at its end, where its derivative is that of the value.
func (r *reversal) begin() {
	p, w, rows := r.paths, r.w, r.end-r.first
	r.slope = w.floats.take(rows * p.observation)
	r.gradient = w.floats.take(r.policy.network.parameters())
	r.obs, r.next, r.act = w.wides.take(p.observation), w.wides.take(p.observation), w.wides.take(p.action)
	r.dObs, r.dNext, r.dAct = w.wides.take(p.observation), w.wides.take(p.observation), w.wides.take(p.action)
	if r.task != nil {
		n, _ := r.task.RewardScratch()
		r.scratch = w.wides.take(n)
	}
	for i := r.first; i < r.end; i++ {
		r.longest = max(r.longest, p.lengths[i])
	}
	if r.critics != nil {
		r.kept = w.keep(&r.policy.network, r.policy.forms.of(0), r.decisions())
	}
	mark := w.mark()
	if r.critics != nil {
		r.judgedEnds()
	} else {
		r.ends()
	}
	w.release(mark)
	r.members = newDrawn(w, r.dynamics.model, rows, forthBack)
}

// decisions is the number of decisions of all paths, with those in their last states.
func (r *reversal) decisions() (n int) {
	for i := r.first; i < r.end; i++ {
		n += r.paths.lengths[i] + 1
	}
	return n
}

// finish adds the gradient of the passes that were kept.
func (r *reversal) finish() {
	if r.kept.layers != nil {
		r.kept.gradient(r.gradient)
		accumulate(r.sums[:len(r.gradient)], r.gradient)
	}
}

// ends writes γᵀ ∂V/∂s at the last states to slope; 0 after a termination.
func (r *reversal) ends() {
	p, v, rows := r.paths, r.value, r.end-r.first
	features := v.shape.Features()
	x, ones := r.w.floats.take(rows*features), r.w.floats.take(rows)
	for row := range rows {
		i := r.first + row
		v.inputs(x[row*features:(row+1)*features], p.state(i, p.lengths[i]), p.times[i]+float32(p.lengths[i]))
		ones[row] = 1
	}
	pass := r.w.prepare(&v.network, v.forms.of(0), v.parameters, rows, forthBack)
	pass.forward(x, rows)
	pass.inward(x, ones, rows)
	for row := range rows {
		i := r.first + row
		slope := r.slope[row*p.observation : (row+1)*p.observation]
		length := p.lengths[i]
		if p.terminated[i] || v.shape.Over(p.times[i]+float32(length)) {
			clear(slope)
			continue
		}
		v.inputSlopes(slope, x[row*features:(row+1)*features], p.state(i, length), math.Pow(r.options.Gamma, float64(length)))
	}
}

// inputSlopes turns derivatives by the features into those by the observation, times a factor.
func (v *value) inputSlopes(slope, inward, obs []float32, factor float64) {
	clip := float32(v.shape.Clip)
	for i, x := range obs {
		scale := float32(1)
		if v.shape.Shift != nil {
			x, scale = (x-v.shape.Shift[i])/v.shape.Scale[i], v.shape.Scale[i]
		}
		slope[i] = 0
		if x <= clip && x >= -clip {
			slope[i] = float32(factor * float64(inward[i]/(clip*scale)))
		}
	}
}

// step goes back over decision t of all paths that made it.
func (r *reversal) step(t int) {
	d, p, w := r.dynamics, r.paths, r.w
	observation, action := p.observation, p.action
	s := decision{reversal: r, t: t, paths: w.counts.take(r.end - r.first)[:0]}
	for i := r.first; i < r.end; i++ {
		if p.lengths[i] > t {
			s.paths = append(s.paths, i)
		}
	}
	rows := len(s.paths)
	s.obs, s.clipped = w.floats.take(rows*observation), w.floats.take(rows*action)
	s.sampled, s.mean = w.floats.take(rows*action), w.floats.take(rows*action)
	for row, i := range s.paths {
		copy(s.obs[row*observation:(row+1)*observation], p.state(i, t))
		copy(s.sampled[row*action:(row+1)*action], p.row(p.actions, i, t))
		copy(s.mean[row*action:(row+1)*action], p.row(p.means, i, t))
	}
	d.clipRows(s.clipped, s.sampled)
	s.back()
}

// decision is one decision of some paths, to be differentiated.
type decision struct {
	*reversal
	t             int
	paths         []int     // [rows]
	obs, clipped  []float32 // [rows,O], [rows,A]
	sampled, mean []float32 // [rows,A]

	before, added []float32 // [O] scratch of a row
}

// back replaces the derivatives by the next states by those by the states, and adds to the gradient.
func (s *decision) back() {
	r, w, d, m := s.reversal, s.w, s.dynamics, s.dynamics.model
	rows, observation, action := len(s.paths), r.paths.observation, r.paths.action
	x := w.floats.take(rows * (observation + action))
	d.inputRows(x, s.obs, s.clipped, rows)
	members := &r.members
	dOut, dObs, dAct := w.floats.take(min(rows, passRows)*m.shape.Width()), w.floats.take(rows*observation), w.floats.take(rows*action)
	s.before, s.added = w.floats.take(observation), w.floats.take(observation)
	members.sort(r.options.Rollout.Members(s.t, r.paths.n, m.shape.Members), s.paths)
	for members.next() {
		s.block(dOut, dObs, dAct, members.forward(x))
		members.inward(x, dOut)
	}
	s.doubt(x)
	s.spread(dObs, dAct, x)
	s.act(dObs, dAct)
}

// block writes the derivatives by the outputs [block,width] of a member, and those by states and clipped actions that do
// not go through the member.
func (s *decision) block(dOut, dObs, dAct, out []float32) {
	r, d, m := s.reversal, s.dynamics, s.dynamics.model
	observation, action, width := r.paths.observation, r.paths.action, m.shape.Width()
	for at, row := range r.members.rows() {
		i := s.paths[row]
		obs, act := dObs[row*observation:(row+1)*observation], dAct[row*action:(row+1)*action]
		s.reward(obs, act, row, i)
		raw, inward := out[at*width:(at+1)*width], dOut[at*width:(at+1)*width]
		if r.noise != nil {
			s.w.shake(raw, r.noise, s.added, r.options.Rollout, s.t, i)
		}
		if r.own != nil {
			r.own.shake(s.w, raw, s.added, r.members.now, r.options.Rollout, s.t, i)
		}
		clear(inward[observation:]) // a termination has no derivative
		if m.shape.Reward {
			inward[observation] = s.learned()
		}
		d.slope(obs, act, inward, r.slope[(i-r.first)*observation:(i-r.first+1)*observation], s.before,
			s.obs[row*observation:(row+1)*observation], s.clipped[row*action:(row+1)*action], raw)
		if r.own != nil {
			r.own.slope(inward, raw, s.added)
		}
	}
}

// spread adds the derivatives by the model's inputs x [rows,O+A] to those by states and actions.
func (s *decision) spread(dObs, dAct, x []float32) {
	observation, action, scale := s.reversal.paths.observation, s.reversal.paths.action, s.dynamics.model.in.scale
	for row := range s.paths {
		in := x[row*(observation+action) : (row+1)*(observation+action)]
		for k := range observation {
			dObs[row*observation+k] += in[k] / scale[k]
		}
		for k := range action {
			dAct[row*action+k] += in[observation+k] / scale[observation+k]
		}
	}
}

// discount is γᵗ times the scale of rewards.
func (s *decision) discount() float64 {
	return math.Pow(s.options.Gamma, float64(s.t)) * s.options.Score.RewardScale
}

// learned is the derivative by the network's output of a learned reward that counts.
func (s *decision) learned() float32 {
	if !s.options.Score.Learned {
		return 0
	}
	m := s.dynamics.model
	return float32(s.discount() * float64(m.out.scale[m.shape.Observation]))
}

// reward writes the derivatives of the reward of path i by its state and its clipped action, and adds those by
// the next state to its slope.
func (s *decision) reward(dObs, dAct []float32, row, i int) {
	r, p := s.reversal, s.reversal.paths
	clear(dObs)
	clear(dAct)
	if r.options.Score.Learned {
		return
	}
	nn.Widen(r.obs, s.obs[row*p.observation:(row+1)*p.observation])
	nn.Widen(r.next, p.state(i, s.t+1))
	nn.Widen(r.act, s.clipped[row*p.action:(row+1)*p.action])
	clear(r.dObs)
	clear(r.dAct)
	clear(r.dNext)
	r.task.RewardGradient(r.dObs, r.dAct, r.dNext, s.discount(), r.options.Smooth, r.obs, r.act, r.next, r.scratch)
	slope := r.slope[(i-r.first)*p.observation:]
	for k := range dObs {
		dObs[k] = float32(r.dObs[k])
		slope[k] += float32(r.dNext[k])
	}
	for k := range dAct {
		dAct[k] = float32(r.dAct[k])
	}
}

// act goes back from the clipped actions to the policy's parameters and the states.
func (s *decision) act(dObs, dAct []float32) {
	r, w, p, pi := s.reversal, s.w, s.reversal.paths, s.policy
	rows, observation, action := len(s.paths), p.observation, p.action
	logStd := r.sums[pi.network.parameters():]
	for row := range rows {
		sampled, mean, slope := s.sampled[row*action:(row+1)*action], s.mean[row*action:(row+1)*action], dAct[row*action:(row+1)*action]
		for k, a := range sampled {
			if a > s.dynamics.high[k] && slope[k] > 0 || a < s.dynamics.low[k] && slope[k] < 0 {
				slope[k] = 0 // further out of the box
			}
			logStd[k] += float64(slope[k]) * (float64(a) - float64(mean[k]))
		}
	}
	x, inward := w.floats.take(rows*observation), w.floats.take(rows*observation)
	for row := range rows {
		at := row * observation
		normalise(x[at:at+observation], s.obs[at:at+observation], pi.in.shift, pi.in.scale)
	}
	if r.kept.layers != nil {
		inward = r.kept.pass(x, dAct, rows)
	} else {
		tape := w.tape(&pi.network, rows)
		w.forward(&pi.network, pi.parameters, x, tape, rows)
		w.differentiate(&pi.network, pi.parameters, r.gradient, inward, x, tape, dAct, rows)
		accumulate(r.sums[:len(r.gradient)], r.gradient)
	}
	for row, i := range s.paths {
		slope := r.slope[(i-r.first)*observation : (i-r.first+1)*observation]
		for k := range slope {
			slope[k] = dObs[row*observation+k] + inward[row*observation+k]/pi.in.scale[k]
		}
	}
}
