package bench

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Sizes are the numbers of observation and action entries of a task. They do not come from the task itself, so
// that a change of the task does not change the benchmark.
type Sizes struct {
	Name                string
	Observation, Action int
}

// AllSizes lists the sizes to choose from.
func AllSizes() []Sizes {
	return []Sizes{{"hopper", 12, 3}, {"ant", 28, 8}, {"pen", 45, 24}}
}

// Work is the work of one iteration.
type Work struct {
	Samples  int // samples of the real world
	Rows     int // transitions that the model is fitted to
	FitSteps int // minibatches
	NPGSteps int
	Starts   int // starts of each member
	Horizon  int // decisions of a model path
}

// Works lists the algorithms whose iteration can be timed, with the numbers of the paper's tables 1 to 3: PAL
// fits 100 epochs to 2,500 samples, MAL 10 epochs to 100,000, in minibatches of 200.
func Works() map[string]Work {
	return map[string]Work{
		"pal": {Samples: 1000, Rows: 2500, FitSteps: 1300, NPGSteps: 4, Starts: 200, Horizon: 500},
		"mal": {Samples: 3000, Rows: 100_000, FitSteps: 5000, NPGSteps: 25, Starts: 200, Horizon: 500},
	}
}

// Quick is a tenth of the work or less, for a first look. Its fractions are lower, because fixed costs of a
// stage weigh more.
func (w Work) Quick() Work {
	w.FitSteps, w.NPGSteps, w.Horizon = w.FitSteps/10, 1, w.Horizon/5
	return w
}

// Memory estimates the memory of the work on the cpu backend, in bytes: model paths with the values computed for
// each step, the data, and the networks with their gradients, moments and activations.
func (w Work) Memory(sizes Sizes) float64 {
	const word, copies, units = 4, 20, 512
	o, a := float64(sizes.Observation), float64(sizes.Action)
	paths := members * float64(w.Starts) * float64(w.Horizon) * (2*o + 2*a + 8)
	networks := members * copies * units * (units + 2*o + a)
	return word * (paths + networks + 3*float64(w.Rows)*(2*o+a+1))
}

// Divided is an n-th of everything but the networks, at least one of each, for slow devices such as the
// emulator.
func (w Work) Divided(n int) Work {
	for _, amount := range []*int{&w.Samples, &w.Rows, &w.FitSteps, &w.NPGSteps, &w.Starts, &w.Horizon} {
		*amount = max(1, *amount/n)
	}
	return w
}

// Constants of the paper's networks and of its optimisation.
const (
	members    = 4
	batch      = 200 // minibatch of the model
	valueBatch = 256
	cgSteps    = 10
	damping    = 1e-4 // damping of CG
	gamma      = 0.995
	lambda     = 0.97
	seed       = 1
)

// workload is the data and the networks of the stages.
type workload struct {
	backend nn.Backend
	work    Work
	task    glide
	model   nn.Ensemble
	policy  nn.Policy
	value   nn.Value
	data    nn.Transitions
	starts  nn.Starts
	rollout uint64 // rollouts so far
}

func newWorkload(backend nn.Backend, sizes Sizes, work Work, precision nn.Precision) (*workload, error) {
	task, err := newGlide(sizes)
	if err != nil {
		return nil, err
	}
	model := nn.EnsembleShape{Members: members, Observation: sizes.Observation, Action: sizes.Action,
		Hidden: []int{512, 512}, Kinds: task.ObservationKinds(), Precision: precision}
	policy := nn.PolicyShape{Observation: sizes.Observation, Action: sizes.Action, Hidden: []int{64, 64}}
	value := nn.ValueShape{Observation: sizes.Observation, Hidden: []int{128, 128}, Clip: nn.ValueClip, TimeScale: nn.ValueTimeScale}
	w := &workload{backend: backend, work: work, task: task, data: task.data(work.Rows)}
	w.starts = nn.Starts{Observations: nn.Matrix(uniform(work.Starts*sizes.Observation, 4), work.Starts, sizes.Observation),
		Times: make([]float32, work.Starts)}
	if w.model, err = backend.NewEnsemble(model, model.Init(seed)); err != nil {
		return nil, err
	}
	if w.policy, err = backend.NewPolicy(policy, policy.Init(seed, -1, 0.01)); err != nil {
		return nil, err
	}
	w.value, err = backend.NewValue(value, value.Init(seed))
	return w, err
}

// close frees the networks.
func (w *workload) close() error {
	for _, network := range []nn.Network{w.model, w.policy, w.value} {
		if err := network.Close(); err != nil {
			return err
		}
	}
	return nil
}

// glide is a task without termination whose state drifts with the action. It pays for the first entry and charges for
// the action.
type glide struct {
	Sizes
	rewards *formula.Program
}

func newGlide(sizes Sizes) (glide, error) {
	scope, problems := formula.NewScope(formula.Names{Observation: []formula.Entry{{Name: "first", Length: 1}}, Actions: sizes.Action})
	var terms []*formula.Program
	for _, source := range []string{"next.first", "-0.001*squares(action)"} {
		p, mistakes := scope.Compile(source, formula.Position{}, formula.Want{})
		terms, problems = append(terms, p), append(problems, mistakes...)
	}
	if len(problems) > 0 {
		return glide{}, problems[0]
	}
	rewards, err := formula.Join(terms...)
	return glide{sizes, rewards}, err
}

// Identity names the task.
func (g glide) Identity() (string, []float64) { return "bench-glide", nil }

// ObservationKinds: all entries are predicted.
func (g glide) ObservationKinds() []string {
	kinds := make([]string, g.Observation)
	for i := range kinds {
		kinds[i] = nn.KindPredicted
	}
	return kinds
}

// ActionBox is [-1, 1] for each action.
func (g glide) ActionBox() (low, high []float64) {
	for range g.Action {
		low, high = append(low, -1), append(high, 1)
	}
	return low, high
}

// RewardTerms: two, as most tasks have.
func (g glide) RewardTerms() []string { return []string{"position", "effort"} }

// Rewards runs the program of the terms.
func (g glide) Rewards(terms, _, act, next []float64) {
	g.rewards.Eval(terms, &formula.Inputs{formula.Action: act, formula.Next: next})
}

// Programs returns the program of the terms.
func (g glide) Programs() (rewards, terminated []uint32) { return g.rewards.Encode(), nil }

// Terminated: only where a number is not finite.
func (g glide) Terminated(next []float64) bool {
	for _, x := range next {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return true
		}
	}
	return false
}

// data makes transitions from random states and actions: each entry decays, and an action pushes it.
func (g glide) data(rows int) nn.Transitions {
	obs, act := uniform(rows*g.Observation, 2), uniform(rows*g.Action, 3)
	next := make([]float32, len(obs))
	for i := range next {
		row, column := i/g.Observation, i%g.Observation
		next[i] = 0.99*obs[i] + 0.01*act[row*g.Action+column%g.Action]
	}
	return nn.Transitions{Observations: nn.Matrix(obs, rows, g.Observation), Actions: nn.Matrix(act, rows, g.Action),
		Next: nn.Matrix(next, rows, g.Observation)}
}

// uniform draws n numbers in ±1; stream separates independent draws.
func uniform(n int, stream uint64) []float32 {
	key := nn.Key{Seed: stream, Stream: nn.StreamStarts}
	numbers := make([]float32, n)
	for i := range numbers {
		numbers[i] = float32(2*key.Uniform(0, uint32(i)) - 1)
	}
	return numbers
}
