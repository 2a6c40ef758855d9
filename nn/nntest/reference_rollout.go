package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// step is one step of one member: the next observation, and the reward if it is learned.
func (m *ensemble) step(member int, task nn.Task, obs, action []float64, noise shaking, bound bounds) (next []float64, reward float64, ends bool) {
	clipped := clipAction(task, action)
	input := append(append([]float64(nil), obs...), clipped...)
	raw := newNetwork(m.shape.MLP()).output(m.memberParameters(member), m.input(input))
	output := append([]float64(nil), raw[:m.shape.Outputs()]...)
	if last := len(output) - 1; m.shape.Termination {
		ends = m.predicts(last) && output[last] > 0
	}
	for j, z := range noise.own {
		output[j] += m.sigma(member, raw, j) * z
	}
	for j := range output {
		output[j] = float64(m.outShift[j]) + float64(m.outScale[j])*output[j]
	}
	if m.shape.Reward {
		reward = output[m.shape.Observation]
	}
	for j, x := range noise.added {
		output[j] += x
	}
	kinds := task.ObservationKinds()
	for j, kind := range kinds {
		if predicted(kind) && !m.predicts(j) {
			output[j] = 0
		}
	}
	return advance(kinds, obs, output, clipped, func(j int, x float64) float64 { return m.keep(bound, j, x) }), reward, ends
}

// bounds are the bounds of a rollout on predicted entries; 0 and nil: none.
type bounds struct {
	clamp, spread float64
	low, high     []float32 // [O]
}

func boundsOf(o nn.RolloutOptions) bounds { return bounds{o.Clamp, o.ClampSpread, o.Low, o.High} }

// keep brings the prediction x of entry j within bounds.
func (m *ensemble) keep(b bounds, j int, x float64) float64 {
	within := func(low, x, high float64) float64 { return math.Max(low, math.Min(high, x)) }
	if b.clamp > 0 {
		x = within(-b.clamp, x, b.clamp)
	}
	if b.spread > 0 {
		centre, most := float64(m.inShift[j]), b.spread*float64(m.inScale[j])
		x = within(centre-most, x, centre+most)
	}
	if b.low != nil {
		x = within(float64(b.low[j]), x, float64(b.high[j]))
	}
	return x
}

// advance adds the predicted differences to obs according to the kinds: it wraps angles, clamps
// predicted entries and scales unit vectors, in this order.
func advance(kinds []string, obs, difference, clipped []float64, keep func(entry int, x float64) float64) []float64 {
	next := append([]float64(nil), obs...)
	lastActions := 0
	for j, kind := range kinds {
		switch {
		case kind == nn.KindLastAction:
			next[j] = clipped[lastActions]
			lastActions++
		case kind == nn.KindAngle:
			next[j] = wrap(obs[j] + difference[j])
		case predicted(kind):
			next[j] = obs[j] + difference[j]
		}
		if predicted(kind) {
			next[j] = keep(j, next[j])
		}
	}
	for from := 0; from < len(kinds); from++ {
		to := from
		for to < len(kinds) && (kinds[to] == nn.KindUnit || to == from && kinds[to] == nn.KindNextUnit) {
			to++
		}
		if to > from {
			scaleToUnit(next[from:to])
			from = to - 1
		}
	}
	return next
}

func scaleToUnit(x []float64) {
	length := math.Sqrt(dot(x, x))
	for i := range x {
		if length > 0 {
			x[i] /= length
		}
	}
}

// clipAction clips an action to the box of the task, both rounded to float32.
func clipAction(task nn.Task, action []float64) []float64 {
	low, high := task.ActionBox()
	clipped := make([]float64, len(action))
	for i, a := range action {
		clipped[i] = math.Max(float64(float32(low[i])), math.Min(float64(float32(high[i])), a))
	}
	return clipped
}

// mean is the mean action for one observation.
func (p *policy) mean(obs []float64) []float64 {
	return newNetwork(p.shape.MLP()).output(widen(p.parameters), p.input(obs))
}

func (p *policy) input(obs []float64) []float64 {
	in := make([]float64, len(obs))
	for i, x := range obs {
		in[i] = (x - float64(p.shift[i])) / float64(p.scale[i])
	}
	return in
}

func (p *policy) logStd() []float64 { return widen(p.parameters[p.shape.LogStd():]) }

// noise returns the n standard normal numbers of decision t of path i in a stream.
func noise(stream nn.Stream, options nn.RolloutOptions, t, path, n int) []float64 {
	key := nn.Key{Seed: options.Seed, Stream: stream}
	var z []float64
	for block := range nn.NormalBlocks(n) {
		four := key.Normals(options.NoiseStep(t), uint32(path*nn.NormalBlocks(n)+block))
		z = append(z, widen(four[:])...)
	}
	return z[:n]
}

// shaking is the noise of one step: added to the differences [O], and in units of the member's own noise [O]; nil: none.
type shaking struct{ added, own []float64 }

// modelNoise is the noise of the model on path i in decision t.
func (m *ensemble) modelNoise(options nn.RolloutOptions, t, path int) (s shaking) {
	z := noise(nn.StreamModelNoise, options, t, path, m.shape.Observation)
	for j, sigma := range options.Noise {
		s.added = append(s.added, z[j]*float64(sigma))
	}
	if options.OwnNoise == 0 {
		return s
	}
	for j := range z {
		s.own = append(s.own, z[j]*options.OwnNoise)
	}
	return s
}

// Rollout implements [nn.Machine].
func (r *reference) Rollout(p *policy, m *ensemble, task nn.Task, starts nn.Starts, options nn.RolloutOptions) (*paths, error) {
	n := len(starts.Times)
	count := n
	if options.Draw == nn.DrawAll {
		count *= m.shape.Members
	}
	result := newPaths(count, options.Horizon, m.shape.Observation, m.shape.Action)
	result.logStd = narrow(p.logStd())
	result.learned, result.doubted = m.shape.Reward, options.Disagreement
	for i := range count {
		one := rollout{result, i, starts.Times[i%n]}
		if err := one.run(p, m, task, row(starts.Observations, i%n), options); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// rollout is the rollout of one path.
type rollout struct {
	paths *paths
	path  int
	time  float32
}

func (g rollout) run(p *policy, m *ensemble, task nn.Task, obs []float64, options nn.RolloutOptions) error {
	steps := options.Horizon
	if options.TimeLimit > 0 {
		steps = min(steps, max(0, options.TimeLimit-int(g.time)))
	}
	path := &g.paths.path[g.path]
	path.time, path.obs = g.time, [][]float64{obs}
	for t := range steps {
		mean := p.mean(obs)
		action := make([]float64, len(mean))
		for k, z := range noise(nn.StreamRollout, options, t, g.path, len(mean)) {
			action[k] = mean[k] + math.Exp(p.logStd()[k])*z
		}
		mean, action = rounded(mean), rounded(action)
		if options.Wary() {
			u := m.disagreement(obs, clipAction(task, action))
			path.doubts = append(path.doubts, u)
			if options.Cut > 0 && u > options.Cut {
				break
			}
		}
		next, reward, ends := m.step(member(options, t, g.path, len(g.paths.path), m.shape.Members), task, obs, action, m.modelNoise(options, t, g.path), boundsOf(options))
		obs = rounded(next)
		if !allFinite(mean, action, obs) {
			return fmt.Errorf("rollout: path %d, step %d: %w", g.path, t, nn.ErrDiverged)
		}
		path.add(mean, action, obs, reward)
		if path.ended = ends; ends || options.Terminate && task.Terminated(obs) {
			path.terminated = true
			break
		}
	}
	return nil
}

// rounded rounds x to float32.
func rounded(x []float64) []float64 { return widen(narrow(x)) }
