package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// member is the member of path i of n in decision t.
func member(o nn.RolloutOptions, t, i, n, members int) int {
	if o.Draw != nn.DrawAll {
		if o.Draw == nn.DrawPath {
			t = 0
		}
		order := nn.NewPermutation(n, nn.Key{Seed: o.Seed, Stream: nn.StreamMember}, o.NoiseStep(t), 0)
		i = order.At(i)
	}
	return i * members / n
}

// course is what the return of a path depends on.
type course struct {
	policy  *policy
	theta   []float64 // parameters of the policy
	model   *ensemble
	value   *value
	task    nn.Task
	options nn.PathwiseOptions
	paths   *paths
}

// z is the noise of decision t of a path, which its mean and its action tell.
func (c course) z(at *path, t, k int) float64 {
	return (at.actions[t][k] - at.means[t][k]) / math.Exp(float64(c.paths.logStd[k]))
}

// features is the input of the value network, in float64, and the derivative of its observation entries.
func (c course) features(obs []float64, time float64) (features, slopes []float64) {
	shape := c.value.shape
	for i, x := range obs {
		slope := 1 / shape.Clip
		if shape.Shift != nil {
			x = (x - float64(shape.Shift[i])) / float64(shape.Scale[i])
			slope /= float64(shape.Scale[i])
		}
		if math.Abs(x) > shape.Clip {
			slope = 0
		}
		features, slopes = append(features, math.Max(-shape.Clip, math.Min(shape.Clip, x))/shape.Clip), append(slopes, slope)
	}
	tau := time / shape.TimeScale
	for i := range nn.ValueTimePowers {
		features = append(features, math.Pow(tau, float64(i+1)))
	}
	return features, slopes
}

// end is V at a state and its derivative.
func (c course) end(obs []float64, time float64) (v float64, slope []float64) {
	slope = make([]float64, len(obs))
	if c.value.shape.Over(float32(time)) {
		return 0, slope
	}
	net, parameters := newNetwork(c.value.shape.MLP()), widen(c.value.parameters)
	features, slopes := c.features(obs, time)
	values := net.forward(parameters, features)
	inward := net.backward(make([]float64, len(parameters)), parameters, values, []float64{1})
	for i := range slope {
		slope[i] = inward[i] * slopes[i]
	}
	return values[len(values)-1][0], slope
}

// gradient adds the gradient of the return of path i to sum [P], from its end to its start.
func (c course) gradient(sum []float64, i int) {
	at := &c.paths.path[i]
	slope, discount := make([]float64, c.paths.observation), math.Pow(c.options.Gamma, float64(at.length()))
	if !at.terminated {
		_, slope = c.end(at.obs[at.length()], float64(at.time)+float64(at.length()))
	}
	for k := range slope {
		slope[k] *= discount
	}
	for t := at.length() - 1; t >= 0; t-- {
		slope = c.back(sum, at, i, t, slope)
	}
}

// back returns the derivatives by the state of decision t, given those by the next state.
func (c course) back(sum []float64, at *path, i, t int, after []float64) []float64 {
	obs, clipped := at.obs[t], clipAction(c.task, at.actions[t])
	dObs, dAct, dNext := make([]float64, len(obs)), make([]float64, len(clipped)), append([]float64(nil), after...)
	weight := math.Pow(c.options.Gamma, float64(t)) * c.options.Score.RewardScale
	if !c.options.Score.Learned {
		task := c.task.(nn.Differentiable) // as the guard has made sure
		scratch, _ := task.RewardScratch()
		task.RewardGradient(dObs, dAct, dNext, weight, c.options.Smooth, obs, clipped, at.obs[t+1], make([]float64, scratch))
		weight = 0
	}
	c.backModel(dObs, dAct, dNext, obs, clipped, weight, i, t)
	c.backDisagreement(dObs, dAct, obs, clipped, -math.Pow(c.options.Gamma, float64(t))*c.options.Score.RewardScale*c.options.Score.Disagreement)
	low, high := c.task.ActionBox()
	for k, a := range at.actions[t] {
		if a > float64(float32(high[k])) && dAct[k] > 0 || a < float64(float32(low[k])) && dAct[k] < 0 {
			dAct[k] = 0
		}
		sum[c.policy.shape.LogStd()+k] += dAct[k] * math.Exp(c.theta[c.policy.shape.LogStd()+k]) * c.z(at, t, k)
	}
	net := newNetwork(c.policy.shape.MLP())
	inward := net.backward(sum, c.theta, net.forward(c.theta, c.policy.input(obs)), dAct)
	for k := range dObs {
		dObs[k] += inward[k] / float64(c.policy.scale[k])
	}
	return dObs
}

// backModel adds the derivatives by a state and a clipped action, given those by the next state and weight, the
// derivative by the learned reward.
func (c course) backModel(dObs, dAct, dNext, obs, clipped []float64, weight float64, i, t int) {
	m := c.model
	parameters := m.memberParameters(member(c.options.Rollout, t, i, len(c.paths.path), m.shape.Members))
	net := newNetwork(m.shape.MLP())
	values := net.forward(parameters, m.input(append(append([]float64(nil), obs...), clipped...)))
	output := values[len(values)-1]
	dOut := make([]float64, len(output))
	if m.shape.Reward {
		dOut[m.shape.Observation] = weight * float64(m.outScale[m.shape.Observation])
	}
	c.scaleBack(dNext, obs, output, i, t)
	z := m.modelNoise(c.options.Rollout, t, i).own
	lastActions := 0
	for j, kind := range m.shape.Kinds {
		switch x, free := c.predict(obs, output, j, i, t); {
		case kind == nn.KindLastAction:
			dAct[lastActions] += dNext[j]
			lastActions++
		case !m.predicts(j):
			dObs[j] += dNext[j]
		case x == free:
			dObs[j] += dNext[j]
			dOut[j] = float64(m.outScale[j]) * dNext[j]
			if z != nil && m.shape.Gaussian.ByState {
				dOut[m.shape.Outputs()+j] = dOut[j] * m.sigmaSlope(output, j) * z[j]
			}
		}
	}
	inward := net.backward(make([]float64, len(parameters)), parameters, values, dOut)
	for j := range inward {
		slope := inward[j] / float64(m.inScale[j])
		if j < len(obs) {
			dObs[j] += slope
		} else {
			dAct[j-len(obs)] += slope
		}
	}
}

// predict is the prediction of entry j within its bounds, and before them.
func (c course) predict(obs, output []float64, j, i, t int) (bounded, free float64) {
	m := c.model
	free = obs[j]
	if m.predicts(j) {
		free += float64(m.outShift[j]) + float64(m.outScale[j])*output[j]
		noise := m.modelNoise(c.options.Rollout, t, i)
		if noise.added != nil {
			free += noise.added[j]
		}
		if noise.own != nil {
			drawn := member(c.options.Rollout, t, i, len(c.paths.path), m.shape.Members)
			free += float64(m.outScale[j]) * m.sigma(drawn, output, j) * noise.own[j]
		}
	}
	if m.shape.Kinds[j] == nn.KindAngle {
		free = wrap(free)
	}
	if !m.predicts(j) {
		return free, free
	}
	return m.keep(boundsOf(c.options.Rollout), j, free), free
}

// scaleBack turns derivatives by unit vectors into those by the vectors before they were scaled.
func (c course) scaleBack(slope, obs, output []float64, i, t int) {
	kinds := c.model.shape.Kinds
	for from := 0; from < len(kinds); from++ {
		to, moves := from, false
		var vector []float64
		for ; to < len(kinds) && kinds[to] == nn.KindUnit; to++ {
			x, _ := c.predict(obs, output, to, i, t)
			vector, moves = append(vector, x), moves || c.model.predicts(to)
		}
		length := math.Sqrt(dot(vector, vector))
		if moves && length > 0 {
			along := dot(vector, slope[from:to]) / (length * length)
			for k, x := range vector {
				slope[from+k] = (slope[from+k] - x*along) / length
			}
		}
		from = max(from, to)
	}
}

// PathwiseGradient implements [nn.MachineDifferentiator].
func (r *reference) PathwiseGradient(first, second []float64, p *paths, acting *policy, m *ensemble, v *value, task nn.Task, options nn.PathwiseOptions) error {
	c := course{policy: acting, theta: widen(acting.parameters), model: m, value: v, task: task, options: options, paths: p}
	middle := len(p.path) / 2
	for half, gradient := range [][]float64{first, second} {
		clear(gradient)
		from, to := half*middle, middle+half*(len(p.path)-middle)
		for i := from; i < to; i++ {
			c.gradient(gradient, i)
		}
		for k := range gradient {
			gradient[k] /= float64(to - from)
		}
	}
	return finite("pathwise gradient", append(append([]float64(nil), first...), second...))
}
