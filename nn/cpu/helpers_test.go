package cpu

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// newBackend starts a backend that ends with the test.
func newBackend(t testing.TB, workers int) *Backend {
	t.Helper()
	b, err := New(Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// plane is a task of predicted entries without termination.
type plane struct {
	observation, action int
	limit               float64 // a path ends where |entry 0| exceeds it; 0: never
}

func (p plane) Identity() (string, []float64) { return "plane", []float64{p.limit} }

func (p plane) ObservationKinds() []string {
	kinds := make([]string, p.observation)
	for i := range kinds {
		kinds[i] = nn.KindPredicted
	}
	return kinds
}

func (p plane) ActionBox() (low, high []float64) {
	low, high = make([]float64, p.action), make([]float64, p.action)
	for i := range low {
		low[i], high[i] = -1, 1
	}
	return low, high
}

func (p plane) RewardTerms() []string { return []string{"position", "effort"} }

func (p plane) Rewards(terms, obs, act, next []float64) {
	terms[0], terms[1] = next[0], 0
	for _, a := range act {
		terms[1] -= 0.1 * a * a
	}
}

func (p plane) RewardScratch() (n int, ok bool) { return 0, true }

func (p plane) RewardGradient(_, dAct, dNext []float64, weight, _ float64, _, act, _, _ []float64) {
	dNext[0] += weight
	for k, a := range act {
		dAct[k] -= 0.2 * weight * a
	}
}

func (p plane) Terminated(next []float64) bool {
	return p.limit > 0 && !(next[0] <= p.limit && next[0] >= -p.limit)
}

// uniform fills an array with numbers in ±scale that depend on the seed.
func uniform(numbers []float32, seed uint64, scale float32) []float32 {
	key := nn.Key{Seed: seed, Stream: nn.StreamWorld}
	for i := range numbers {
		numbers[i] = scale * (2*float32(key.Uniform(1, uint32(i))) - 1)
	}
	return numbers
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is all that an iteration of the game needs.
type world struct {
	*Backend
	task    plane
	model   nn.Ensemble
	policy  nn.Policy
	value   nn.Value
	data    nn.Transitions
	starts  nn.Starts
	fit     nn.FitOptions
	rollout nn.RolloutOptions
	gae     nn.AdvantageOptions
	critic  nn.ValueFitOptions
}

// sizes of a world.
type sizes struct {
	members, observation, action, rows, starts, horizon int
	modelHidden, policyHidden, valueHidden              []int

	gaussian  *nn.Gaussian
	care      nn.Care
	precision nn.Precision
	units     *units // that multiply; nil: those of New, or for a reduced precision some that have it
}

// hopper is table 2 of the paper for Hopper, with 200 starts in every member.
func hopper() sizes {
	return sizes{
		members: 4, observation: 12, action: 3, rows: 2500, starts: 200, horizon: 500,
		modelHidden: []int{512, 512}, policyHidden: []int{64, 64}, valueHidden: []int{128, 128},
	}
}

// small is quick, with sizes that fill no vector register.
func small() sizes {
	return sizes{
		members: 2, observation: 5, action: 2, rows: 70, starts: 9, horizon: 30,
		modelHidden: []int{19, 13}, policyHidden: []int{11, 9}, valueHidden: []int{17, 10},
	}
}

func newWorld(t testing.TB, workers int, s sizes) *world {
	t.Helper()
	if s.units == nil && s.precision != nn.FP32 {
		s.units = halvedUnit()
	}
	backend := newBackend(t, workers)
	if s.units != nil {
		backend = newBackendBy(ownLibrary(*s.units), workers)
		t.Cleanup(func() { backend.Close() })
	}
	w := &world{Backend: backend, task: plane{observation: s.observation, action: s.action}}
	w.data = nn.Transitions{
		Observations: nn.Matrix(uniform(make([]float32, s.rows*s.observation), 1, 1), s.rows, s.observation),
		Actions:      nn.Matrix(uniform(make([]float32, s.rows*s.action), 2, 1), s.rows, s.action),
		Next:         nn.Matrix(uniform(make([]float32, s.rows*s.observation), 3, 1), s.rows, s.observation),
	}
	w.starts = nn.Starts{
		Observations: nn.Matrix(uniform(make([]float32, s.starts*s.observation), 4, 1), s.starts, s.observation),
		Times:        make([]float32, s.starts),
	}
	w.fit = nn.FitOptions{Epochs: 1, Batch: 200, Adam: nn.DefaultAdam(), Seed: 5}
	w.fit.Care = s.care
	w.rollout = nn.RolloutOptions{Horizon: s.horizon, Clamp: 100, Seed: 6}
	w.gae = nn.AdvantageOptions{Gamma: 0.995, Lambda: 0.97, Whiten: true}
	w.critic = nn.ValueFitOptions{Epochs: 1, Batch: 256, Adam: nn.DefaultAdam(), Seed: 7}
	w.critic.Adam.Decay = 1e-3
	if s.gaussian != nil {
		w.rollout.OwnNoise = 1
	}
	w.networks(t, s)
	return w
}

func (w *world) networks(t testing.TB, s sizes) {
	t.Helper()
	model := nn.EnsembleShape{
		Members: s.members, Observation: s.observation, Action: s.action,
		Hidden: s.modelHidden, Kinds: w.task.ObservationKinds(), Gaussian: s.gaussian, Precision: s.precision,
	}
	policy := nn.PolicyShape{Observation: s.observation, Action: s.action, Hidden: s.policyHidden}
	value := nn.ValueShape{Observation: s.observation, Hidden: s.valueHidden, Clip: nn.ValueClip, TimeScale: nn.ValueTimeScale}
	var err error
	w.model, err = w.NewEnsemble(model, model.Init(8))
	must(t, err)
	w.policy, err = w.NewPolicy(policy, policy.Init(9, -1, 0.5))
	must(t, err)
	w.value, err = w.NewValue(value, value.Init(10))
	must(t, err)
}

// sample rolls out, scores and estimates advantages.
func (w *world) sample(t testing.TB) nn.Paths {
	t.Helper()
	paths, err := w.Rollout(w.policy, w.model, w.task, w.starts, w.rollout)
	must(t, err)
	_, err = w.Score(paths, w.task, nn.ScoreOptions{RewardScale: 1})
	must(t, err)
	must(t, w.Advantages(paths, w.value, w.gae))
	return paths
}
