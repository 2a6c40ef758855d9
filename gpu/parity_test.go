//go:build cuda

package gpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
	registry "github.com/palmal-rl/palmal/physics/tasks"
)

// These tests hold the backend to nn/cpu at the widths that are used: 512 units in the ensemble, 64 in
// the policy, 128 in the value network, on the sizes of hopper.

func hopper(t *testing.T) nn.Task {
	t.Helper()
	one, err := registry.Get("hopper")
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// pair is the same thing on both backends.
type pair struct {
	t    *testing.T
	cuda *Backend
	cpu  *cpu.Backend
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, cuda: open(t)}
	var err error
	if p.cpu, err = cpu.New(cpu.Options{Workers: 2}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, p.cuda, p.cpu) })
	return p
}

// both lists the backends, the oracle last.
func (p *pair) both() []nn.Backend { return []nn.Backend{p.cuda, p.cpu} }

func must[T any](t *testing.T) func(T, error) T {
	return func(x T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

// near fails where an entry is off by more than bound · (|want| + rms of all wanted); a NaN is.
func near(t *testing.T, what string, got, want []float64, bound float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d entries, want %d and at least one", what, len(got), len(want))
	}
	square := 0.0
	for _, w := range want {
		square += w * w / float64(len(want))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= bound*(math.Abs(w)+math.Sqrt(square))) {
			t.Errorf("%s [%d] = %g, want %g within %g", what, i, got[i], w, bound)
			return
		}
	}
}

func widened(x []float32) []float64 {
	wide := make([]float64, len(x))
	for i := range x {
		wide[i] = float64(x[i])
	}
	return wide
}

func arrayOf(t *testing.T, network nn.Network, name string) []float64 {
	t.Helper()
	state, err := network.Save()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range state {
		if a.Name == name {
			return widened(a.Value.Data().([]float32))
		}
	}
	t.Fatalf("no array %s", name)
	return nil
}

func normal(seed uint64, n int, scale float64) []float32 {
	random, x := rand.New(rand.NewPCG(seed, 1)), make([]float32, n)
	for i := range x {
		x[i] = float32(scale * random.NormFloat64())
	}
	return x
}

// hopperModel is an ensemble shape for the hopper.
func hopperModel(t *testing.T, members int, hidden ...int) nn.EnsembleShape {
	kinds := hopper(t).ObservationKinds()
	return nn.EnsembleShape{Members: members, Observation: len(kinds), Action: 3, Hidden: hidden, Kinds: kinds}
}

// transitions are made up: small smooth steps and noise.
func transitions(n, observation, action int) nn.Transitions {
	obs, act := normal(1, n*observation, 1), normal(2, n*action, 0.4)
	next := normal(3, n*observation, 0.01)
	for i := range next {
		next[i] += obs[i] + 0.1*float32(math.Sin(float64(obs[i])+float64(act[i/observation*action])))
	}
	return nn.Transitions{Observations: nn.Matrix(obs, n, observation), Actions: nn.Matrix(act, n, action), Next: nn.Matrix(next, n, observation)}
}

func (p *pair) fit(shape nn.EnsembleShape, data nn.Transitions, o nn.FitOptions) (models []nn.Ensemble, reports []nn.FitReport) {
	p.t.Helper()
	for _, b := range p.both() {
		m := must[nn.Ensemble](p.t)(b.NewEnsemble(shape, shape.Init(7)))
		p.t.Cleanup(func() { shut(p.t, m) })
		models = append(models, m)
		reports = append(reports, must[nn.FitReport](p.t)(b.Fit(m, data, o)))
	}
	return models, reports
}

// TestFitAtFullWidth: sums of 512 products, 512·2⁻²⁴ = 3e-5 at worst and a tenth of it as a rule. A step
// moves a parameter by rate·m/(√v+ε): with ε = 1e-4 an error of the gradient moves it no further than the
// error counts; the published 1e-8 would make a whole step of any rounding near 0.
func TestFitAtFullWidth(t *testing.T) {
	p := newPair(t)
	shape := hopperModel(t, 2, 512, 512)
	data := transitions(70, 12, 3)
	for _, steps := range []int{1, 5} {
		o := nn.FitOptions{Epochs: 3, Batch: 40, MaxSteps: steps, Adam: nn.DefaultAdam(), Seed: 3}
		o.Adam.Epsilon = 1e-4
		m, report := p.fit(shape, data, o)
		bound := map[int]float64{1: 2e-5, 5: 1e-4}[steps]
		for _, name := range []string{nn.StateParameters, nn.StateMoment1, nn.StateMoment2} {
			near(t, fmt.Sprintf("%s after %d minibatches", name, steps), arrayOf(t, m[0], name), arrayOf(t, m[1], name), bound)
		}
		near(t, "loss", report[0].Last, report[1].Last, bound)
	}
}

// TestManyMinibatches: 100 steps on a narrow network, so that errors have time to add up.
func TestManyMinibatches(t *testing.T) {
	p := newPair(t)
	o := nn.FitOptions{Epochs: 100, Batch: 40, MaxSteps: 100, Adam: nn.DefaultAdam(), Seed: 4}
	o.Adam.Epsilon = 1e-4
	m, report := p.fit(hopperModel(t, 2, 24, 24), transitions(70, 12, 3), o)
	near(t, "parameters", arrayOf(t, m[0], nn.StateParameters), arrayOf(t, m[1], nn.StateParameters), 2e-4)
	near(t, "loss", report[0].Last, report[1].Last, 2e-4)
}

// startsOf are upright states near the hopper's own, some late in their episode.
func startsOf(n int) nn.Starts {
	states := normal(11, n*12, 0.05)
	times := make([]float32, n)
	for i := range n {
		states[i*12] += 1.2
		states[i*12+1] += float32(i%2) * 0.18 // half of them are about to fall
		times[i] = float32(i % 3 * 496)
	}
	return nn.Starts{Observations: nn.Matrix(states, n, 12), Times: times}
}

// TestRolloutAtFullWidth follows every path from the device's own states by the oracle's Predict, checks
// the endings by the Go functions, and the noise by the oracle's rollout of one step.
func TestRolloutAtFullWidth(t *testing.T) {
	p := newPair(t)
	one := hopper(t)
	shape, pshape := hopperModel(t, 2, 512, 512), nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{64, 64}}
	o := nn.FitOptions{Epochs: 1, Batch: 40, MaxSteps: 1, Adam: nn.DefaultAdam()}
	m, _ := p.fit(shape, transitions(70, 12, 3), o)
	if err := m[1].Load(must[nn.State](t)(m[0].Save())); err != nil {
		t.Fatal(err)
	}
	options := nn.RolloutOptions{Horizon: 6, TimeLimit: 1000, Terminate: true, Seed: 5, Index: 9}
	var columns []*nn.PathColumns
	for i, b := range p.both() {
		pi := must[nn.Policy](t)(b.NewPolicy(pshape, pshape.Init(3, -0.5, 0.5)))
		paths := must[nn.Paths](t)(b.Rollout(pi, m[i], one, startsOf(11), options))
		columns = append(columns, must[*nn.PathColumns](t)(paths.Download()))
		shut(t, paths, pi)
	}
	got, want := columns[0], columns[1]
	ended := 0
	for i := range got.Lengths {
		near(t, "first action", widened(rowOf(got.Actions.Data().([]float32), i*6, 3)), widened(rowOf(want.Actions.Data().([]float32), i*6, 3)), 5e-6)
		p.follow(m[1], one, got, i)
		if got.Terminated[i] {
			ended++
		}
	}
	if ended == 0 || ended == len(got.Lengths) {
		t.Errorf("%d of %d paths ended: the test needs some of both", ended, len(got.Lengths))
	}
}

func rowOf(x []float32, row, width int) []float32 { return x[row*width : (row+1)*width] }

// follow steps path i of a hopper with the oracle from the path's own states.
func (p *pair) follow(model nn.Ensemble, one nn.Task, c *nn.PathColumns, i int) {
	p.t.Helper()
	obs, act, horizon := c.Observations.Data().([]float32), c.Actions.Data().([]float32), c.Actions.Shape()[1]
	for t := range c.Lengths[i] {
		state, next := rowOf(obs, i*(horizon+1)+t, 12), rowOf(obs, i*(horizon+1)+t+1, 12)
		predicted := must[interface{ Data() any }](p.t)(predictOne(p.cpu, model, one, state, rowOf(act, i*horizon+t, 3)))
		members := predicted.Data().([]float32)
		starts := len(c.Lengths) / (len(members) / 12)
		near(p.t, fmt.Sprintf("path %d: state %d", i, t+1), widened(next), widened(rowOf(members, i/starts, 12)), 5e-6)
		if ends := one.Terminated(widened(next)); ends != (c.Terminated[i] && t == c.Lengths[i]-1) {
			p.t.Errorf("path %d: state %d is terminal: %v", i, t+1, ends)
		}
	}
}

func predictOne(b nn.Backend, m nn.Ensemble, one nn.Task, state, action []float32) (interface{ Data() any }, error) {
	return b.Predict(m, one, nn.Matrix(state, 1, len(state)), nn.Matrix(action, 1, len(action)))
}
