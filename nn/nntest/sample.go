package nntest

import (
	"math"
	"math/rand/v2"

	"github.com/palmal-rl/palmal/nn"
)

// source returns the random numbers of a case: its seed fixes them, the same on every machine.
func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x70616c6d616c)) }

func normals(random *rand.Rand, n int, scale float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = scale * random.NormFloat64()
	}
	return x
}

// observation draws a state of a task: angles on the circle, unit vectors of length 1, last
// actions inside the box, the others normal.
func observation(random *rand.Rand, task nn.Task, scale float64) []float64 {
	kinds := task.ObservationKinds()
	obs := normals(random, len(kinds), scale)
	lastActions := 0
	last := action(random, task, 1)
	for j, kind := range kinds {
		switch kind {
		case nn.KindAngle:
			obs[j] = math.Pi * (2*random.Float64() - 1)
		case nn.KindLastAction:
			obs[j] = last[lastActions]
			lastActions++
		}
	}
	zero := make([]float64, len(kinds))
	return unitsOnly(kinds, obs, advance(kinds, obs, zero, make([]float64, len(last)), unbounded))
}

// unitsOnly combines the unit entries of next with the other entries of obs.
func unitsOnly(kinds []string, obs, next []float64) []float64 {
	for j, kind := range kinds {
		if kind == nn.KindUnit || kind == nn.KindNextUnit {
			obs[j] = next[j]
		}
	}
	return obs
}

// action draws an action uniformly from the box, stretched about its middle by the factor.
func action(random *rand.Rand, task nn.Task, stretch float64) []float64 {
	low, high := task.ActionBox()
	act := make([]float64, len(low))
	for k := range act {
		act[k] = (low[k]+high[k])/2 + stretch*(high[k]-low[k])/2*(2*random.Float64()-1)
	}
	return act
}

// experience draws n transitions of the bead: smooth in (obs, act) with some noise. One entry never
// changes, and angles cross ±π.
func experience(n int, seed uint64, reward bool) nn.Transitions {
	random, task := source(seed), bead{limit: 2}
	kinds := task.ObservationKinds()
	var obs, act, next, rewards []float32
	for range n {
		o, a := observation(random, task, 1), action(random, task, 1)
		o[beadStill] = 0.7
		difference := normals(random, len(o), 0.05)
		for j := range difference {
			difference[j] += 0.3 * math.Sin(o[j]+a[j%len(a)])
		}
		difference[beadStill] = 0
		to := advance(kinds, rounded(o), difference, a, unbounded)
		obs, act, next = append(obs, narrow(o)...), append(act, narrow(a)...), append(next, narrow(to)...)
		rewards = append(rewards, float32(o[beadSpeed]+a[0]))
	}
	data := nn.Transitions{
		Observations: nn.Matrix(obs, n, len(kinds)),
		Actions:      nn.Matrix(act, n, len(act)/n),
		Next:         nn.Matrix(next, n, len(kinds)),
	}
	if reward {
		data.Rewards = nn.Matrix(rewards, n)
	}
	return data
}

// beadModel is the shape of an ensemble for the bead.
func beadModel(members int, reward bool, hidden ...int) nn.EnsembleShape {
	task := bead{limit: 2}
	low, _ := task.ActionBox()
	kinds := task.ObservationKinds()
	return nn.EnsembleShape{Members: members, Observation: len(kinds), Action: len(low),
		Hidden: hidden, Reward: reward, Kinds: kinds}
}

// beadPolicy is the shape of a policy for the bead.
func beadPolicy(hidden ...int) nn.PolicyShape {
	shape := beadModel(1, false)
	return nn.PolicyShape{Observation: shape.Observation, Action: shape.Action, Hidden: hidden}
}

// beadValue is the shape of a value network for the bead that clips some observations.
func beadValue(hidden ...int) nn.ValueShape {
	return nn.ValueShape{Observation: beadModel(1, false).Observation, Hidden: hidden, Clip: 1.5, TimeScale: 40}
}

// spread gives log σ, the last entries, different values, so that no two actions weigh the same.
func spread(shape nn.PolicyShape, parameters []float32) []float32 {
	for k := range shape.Action {
		parameters[shape.LogStd()+k] = float32(-1 + 0.4*float64(k)/float64(shape.Action))
	}
	return parameters
}

// shaken returns parameters moved by normal noise of the given size.
func shaken(parameters []float32, size float64, seed uint64) []float32 {
	moved := make([]float32, len(parameters))
	for i, dx := range normals(source(seed), len(parameters), size) {
		moved[i] = float32(float64(parameters[i]) + dx)
	}
	return moved
}

// pathsOf holds the sizes of made-up paths.
type pathsOf struct {
	paths, horizon int
	seed           uint64
}

// columns makes up paths of uneven length, some without a step, that the policy played: rewards,
// advantages and returns are random. Numbers beyond the end of a path are NaN, because they are undefined.
func (o pathsOf) columns(task nn.Task, shape nn.PolicyShape, parameters []float32) *nn.PathColumns {
	c := o.empty(shape)
	copy(c.LogStd, parameters[shape.LogStd():])
	random := source(o.seed)
	shift, scale := make([]float32, shape.Observation), ones(shape.Observation)
	actor, err := nn.NewActor(shape, parameters, shift, scale)
	if err != nil {
		panic(err) // shape and parameters are this package's own
	}
	for i := range o.paths {
		if c.Lengths[i] = random.IntN(o.horizon + 1); i == 0 {
			c.Lengths[i] = o.horizon
		}
		c.Terminated[i] = c.Lengths[i] < o.horizon && random.IntN(2) == 0
		c.Times[i] = float32(random.IntN(50))
		for t := range c.Lengths[i] + 1 {
			obs := slot(c.Observations, i, t)
			copy(obs, narrow(observation(random, task, 0.5)))
			if t == c.Lengths[i] {
				break
			}
			o.act(c, actor, random, obs, i, t)
		}
	}
	return c
}

// act fills in the numbers of one step.
func (o pathsOf) act(c *nn.PathColumns, actor *nn.Actor, random *rand.Rand, obs []float32, i, t int) {
	mean, act := slot(c.Means, i, t), slot(c.Actions, i, t)
	actor.Mean(obs, mean)
	for k, z := range normals(random, len(act), 1) {
		act[k] = float32(float64(mean[k]) + math.Exp(float64(c.LogStd[k]))*z)
	}
	slot(c.Rewards, i, t)[0] = float32(random.NormFloat64())
	slot(c.Advantages, i, t)[0] = float32(random.NormFloat64())
	slot(c.Returns, i, t)[0] = float32(5 + 3*random.NormFloat64())
}

// unbounded keeps a prediction as it is.
func unbounded(_ int, x float64) float64 { return x }
