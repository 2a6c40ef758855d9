package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// critics are critics with their slow copies.
type critics struct {
	optimised
	shape        nn.CriticShape
	slow         []float32 // [M,P]
	shift, scale []float32 // [O+A]
}

// NewCritics implements [nn.MachineActorCritic].
func (r *reference) NewCritics(shape nn.CriticShape, parameters []float32) (nn.Stored, error) {
	inputs := shape.Observation + shape.Action
	return &critics{optimised: newOptimised(parameters), shape: shape, slow: append([]float32(nil), parameters...),
		shift: make([]float32, inputs), scale: ones(inputs)}, nil
}

func (c *critics) fields() []field {
	shape, inputs := []int{c.shape.Critics, c.shape.MLP().Parameters()}, []int{len(c.shift)}
	return append(c.optimised.fields(shape...), field{nn.StateSlow, c.slow, shape},
		field{nn.StateInShift, c.shift, inputs}, field{nn.StateInScale, c.scale, inputs})
}

// Save implements [nn.Network].
func (c *critics) Save() (nn.State, error) {
	return append(saveFields(c.fields()), c.counters()), nil
}

// Load implements [nn.Network].
func (c *critics) Load(state nn.State) error { return c.optimised.load(state, c.fields()) }

// of are those of critic j among parameters [M,P], in float64.
func (c *critics) of(parameters []float32, j int) []float64 {
	size := c.shape.MLP().Parameters()
	return widen(parameters[j*size : (j+1)*size])
}

// input is what a critic sees.
func (c *critics) input(obs, clipped []float64) []float64 {
	in := append(append([]float64(nil), obs...), clipped...)
	for i := range in {
		in[i] = (in[i] - float64(c.shift[i])) / float64(c.scale[i])
	}
	return in
}

// verdict is what critics say of some paths.
type verdict struct {
	course
	critics   *critics
	entropy   float64
	low, high float64
}

func (v verdict) centre() float64 { return (v.low + v.high) / 2 }
func (v verdict) width() float64  { return (v.high - v.low) / 2 }

// last is the action that the policy of parameters θ draws in the last state, or in a state that took its place.
func (v verdict) last(theta, obs []float64, i int) (action, z []float64) {
	action = newNetwork(v.policy.shape.MLP()).output(theta, v.policy.input(obs))
	z = noise(nn.StreamRollout, v.options.Rollout, v.paths.path[i].length(), i, len(action))
	for k := range action {
		action[k] += math.Exp(theta[v.policy.shape.LogStd()+k]) * z[k]
	}
	return action, z
}

// target is y of path i, in units of the range.
func (v verdict) target(bonus float64, i int) float64 {
	at, y, discount := &v.paths.path[i], 0.0, 1.0
	for t := range at.length() {
		y += discount * at.rewards[t]
		if t > 0 {
			y += discount * bonus
		}
		discount *= v.options.Gamma
	}
	if !at.terminated {
		obs := at.obs[at.length()]
		action, _ := v.last(v.theta, obs, i)
		in, least := v.critics.input(obs, clipAction(v.task, action)), math.Inf(1)
		for j := range v.critics.shape.Critics {
			least = math.Min(least, newNetwork(v.critics.shape.MLP()).output(v.critics.of(v.critics.slow, j), in)[0])
		}
		y += discount * (v.centre() + v.width()*least + bonus)
	}
	return (math.Max(v.low, math.Min(v.high, y)) - v.centre()) / v.width()
}

// loss is the mean squared error of a critic of some parameters and its gradient, and the mean of its values.
func (v verdict) loss(parameters, targets []float64) (loss, mean float64, gradient []float64) {
	net := newNetwork(v.critics.shape.MLP())
	gradient = make([]float64, len(parameters))
	n := 0.0
	for _, at := range v.paths.path {
		if at.length() > 0 {
			n++
		}
	}
	for i, y := range targets {
		at := &v.paths.path[i]
		if at.length() == 0 {
			continue
		}
		values := net.forward(parameters, v.critics.input(at.obs[0], clipAction(v.task, at.actions[0])))
		q := values[len(values)-1][0]
		loss += (q - y) * (q - y) / n
		mean += q / n
		net.backward(gradient, parameters, values, []float64{2 * (q - y) / n})
	}
	return loss, mean, gradient
}

func (r *reference) verdict(given nn.Stored, p *paths, acting *policy, task nn.Task) verdict {
	return verdict{course: course{policy: acting, theta: widen(acting.parameters), task: task, paths: p}, critics: given.(*critics)}
}

// FitCritics implements [nn.MachineActorCritic].
func (r *reference) FitCritics(given nn.Stored, p *paths, acting *policy, task nn.Task, options nn.CriticOptions) (report nn.CriticReport, err error) {
	v := r.verdict(given, p, acting, task)
	v.options.Gamma, v.options.Rollout, v.low, v.high = options.Gamma, options.Rollout, options.Low, options.High
	c := v.critics
	var targets []float64
	counted := 0.0
	for i := range p.path {
		targets = append(targets, v.target(options.Bonus, i))
		if p.path[i].length() > 0 {
			counted++
			report.Target += targets[i]
		}
	}
	report.Target = v.centre() + v.width()*report.Target/counted
	c.steps++
	size, m := c.shape.MLP().Parameters(), float64(c.shape.Critics)
	for j := range c.shape.Critics {
		loss, mean, gradient := v.loss(c.of(c.parameters, j), targets)
		report.Loss += loss / m
		report.Value += (v.centre() + v.width()*mean) / m
		first, end := j*size, (j+1)*size
		adamStep(c.parameters[first:end], c.m[first:end], c.v[first:end], gradient, c.steps, options.Adam)
	}
	for i, x := range c.parameters {
		c.slow[i] = float32(float64(c.slow[i]) + options.Slow*(float64(x)-float64(c.slow[i])))
	}
	return report, finite("fit of critics", []float64{report.Loss, report.Target, report.Value})
}

// ends returns the derivatives of the mean of the critics by the last state of path i, and adds what its action contributes to the
// gradient.
func (v verdict) ends(sum []float64, i int) []float64 {
	at, c := &v.paths.path[i], v.critics
	obs := at.obs[at.length()]
	action, z := v.last(v.theta, obs, i)
	in, net := c.input(obs, clipAction(v.task, action)), newNetwork(c.shape.MLP())
	weight := math.Pow(v.options.Gamma, float64(at.length())) * v.width() / float64(c.shape.Critics)
	slopes := make([]float64, len(in))
	for j := range c.shape.Critics {
		parameters := c.of(c.parameters, j)
		inward := net.backward(make([]float64, len(parameters)), parameters, net.forward(parameters, in), []float64{weight})
		for k := range slopes {
			slopes[k] += inward[k] / float64(c.scale[k])
		}
	}
	low, high := v.task.ActionBox()
	dObs, dAct := slopes[:len(obs)], slopes[len(obs):]
	for k, a := range action {
		if a > float64(float32(high[k])) && dAct[k] > 0 || a < float64(float32(low[k])) && dAct[k] < 0 {
			dAct[k] = 0
		}
		sum[v.policy.shape.LogStd()+k] += dAct[k] * math.Exp(v.theta[v.policy.shape.LogStd()+k]) * z[k]
	}
	policy := newNetwork(v.policy.shape.MLP())
	inward := policy.backward(sum, v.theta, policy.forward(v.theta, v.policy.input(obs)), dAct)
	for k := range dObs {
		dObs[k] += inward[k] / float64(v.policy.scale[k])
	}
	return dObs
}

// gradientOf adds the gradient of path i to sum [P].
func (v verdict) gradientOf(sum []float64, i int) {
	at := &v.paths.path[i]
	slope, decisions := make([]float64, v.paths.observation), at.length()
	if !at.terminated {
		slope = v.ends(sum, i)
		decisions++
	}
	for t := range decisions {
		for k := range v.policy.shape.Action {
			sum[v.policy.shape.LogStd()+k] += v.entropy * math.Pow(v.options.Gamma, float64(t))
		}
	}
	for t := at.length() - 1; t >= 0; t-- {
		slope = v.back(sum, at, i, t, slope)
	}
}

// ActorGradient implements [nn.MachineActorCritic].
func (r *reference) ActorGradient(gradient []float64, p *paths, acting *policy, given nn.Stored, m *ensemble, task nn.Task, options nn.ActorOptions) error {
	v := r.verdict(given, p, acting, task)
	v.model, v.options, v.entropy, v.low, v.high = m, options.PathwiseOptions, options.Entropy, options.Low, options.High
	clear(gradient)
	for i := range p.path {
		v.gradientOf(gradient, i)
	}
	for k := range gradient {
		gradient[k] /= float64(len(p.path))
	}
	if err := finite("actor's gradient", gradient); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	return nil
}
