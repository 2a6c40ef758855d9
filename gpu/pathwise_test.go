//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	registry "github.com/palmal-rl/palmal/physics/tasks"
)

// journey is what TestPathwiseAtFullWidth differentiates, on one backend.
type journey struct {
	policy  nn.Policy
	model   nn.Ensemble
	value   nn.Value
	task    nn.Task
	options nn.PathwiseOptions
}

// journeys are the same networks on both backends, fitted a little, with normalisers.
func (p *pair) journeys(one nn.Task, kind *nn.Gaussian, model, policy, value []int, options nn.PathwiseOptions) (both []journey) {
	kinds := one.ObservationKinds()
	o, a := len(kinds), actionsOf(one)
	shape := nn.EnsembleShape{Members: 5, Observation: o, Action: a, Hidden: model, Kinds: kinds, Gaussian: kind}
	fit := nn.FitOptions{Epochs: 1, Batch: 40, MaxSteps: 1, Adam: nn.DefaultAdam()}
	models, _ := p.fit(shape, transitions(70, o, a), fit)
	if err := models[0].Load(must[nn.State](p.t)(models[1].Save())); err != nil {
		p.t.Fatal(err)
	}
	shift, scale := normal(31, o, 0.1), normal(32, o, 0.1)
	for i := range scale {
		scale[i] = 1 + float32(math.Abs(float64(scale[i])))
	}
	pshape := nn.PolicyShape{Observation: o, Action: a, Hidden: policy}
	vshape := nn.ValueShape{Observation: o, Hidden: value, Clip: 3, TimeScale: 1e9, Shift: shift, Scale: scale}
	for i, b := range p.both() {
		j := journey{policy: must[nn.Policy](p.t)(b.NewPolicy(pshape, pshape.Init(3, -0.5, 0.5))), model: models[i],
			value: must[nn.Value](p.t)(b.NewValue(vshape, vshape.Init(5))), task: one, options: options}
		if err := j.policy.SetNormaliser(shift, scale); err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { shut(p.t, j.policy, j.value) })
		both = append(both, j)
	}
	return both
}

// gradient is that of both halves of paths.
func (j journey) gradient(t *testing.T, b nn.Backend, paths nn.Paths) []float64 {
	t.Helper()
	size := j.policy.Shape().Parameters()
	both := make([]float64, 2*size)
	if err := b.(nn.Differentiator).PathwiseGradient(both[:size], both[size:], paths, j.policy, j.model, j.value, j.task, j.options); err != nil {
		t.Fatal(err)
	}
	return both
}

// pathwise plays on the oracle, and differentiates the same paths on both backends.
func (p *pair) pathwise(both []journey, starts nn.Starts) (gradients [][]float64) {
	j := both[1]
	played := must[nn.Paths](p.t)(p.cpu.Rollout(j.policy, j.model, j.task, starts, j.options.Rollout))
	columns := must[*nn.PathColumns](p.t)(played.Download())
	shut(p.t, played)
	for i, b := range p.both() {
		paths := must[nn.Paths](p.t)(b.UploadPaths(columns))
		gradients = append(gradients, both[i].gradient(p.t, b, paths))
		shut(p.t, paths)
	}
	return gradients
}

// startsNear are random states.
func startsNear(n, observation int) nn.Starts {
	return nn.Starts{Observations: nn.Matrix(normal(11, n*observation, 0.5), n, observation), Times: make([]float32, n)}
}

// pathwiseBound: sums of hundreds of products in each of nine layers of a decision, over five decisions: as in the
// conformance suite.
const pathwiseBound = 3e-5

// TestPathwiseAtFullWidth: the sizes of the pathwise preset, on tasks of all kinds of entries, for every draw.
func TestPathwiseAtFullWidth(t *testing.T) {
	names, draws := []string{"hopper", "ant", "pen"}, []nn.Draw{nn.DrawStep, nn.DrawPath, nn.DrawAll}
	if testing.Short() { // the conformance suite has all draws, at small widths
		names, draws = names[:1], draws[:1]
	}
	for _, name := range names {
		one, err := registry.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, draw := range draws {
			t.Run(fmt.Sprintf("%s-%d", name, draw), func(t *testing.T) {
				p := newPair(t)
				options := nn.PathwiseOptions{Gamma: 0.99, Smooth: 0.2, Score: nn.ScoreOptions{RewardScale: 0.05},
					Rollout: nn.RolloutOptions{Horizon: 5, TimeLimit: 1000, Terminate: true, Seed: 5, Index: 9, Draw: draw, ClampSpread: 10}}
				both := p.journeys(one, nil, []int{256, 256, 256}, []int{64, 64}, []int{256, 256}, options)
				gradients := p.pathwise(both, startsNear(13, len(one.ObservationKinds())))
				near(t, "gradient", gradients[0], gradients[1], pathwiseBound)
			})
		}
	}
}

// TestPathwiseWithoutTapeIsTheSame: the host differentiates the reward of a task without programs.
func TestPathwiseWithoutTapeIsTheSame(t *testing.T) {
	p := newPair(t)
	options := nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 1},
		Rollout: nn.RolloutOptions{Horizon: 4, Seed: 5, Draw: nn.DrawStep}}
	both := p.journeys(hopper(t), nil, []int{20}, []int{9}, []int{8}, options)
	j := both[0]
	paths := must[nn.Paths](t)(p.cuda.Rollout(j.policy, j.model, j.task, startsNear(7, 12), options.Rollout))
	defer shut(t, paths)
	with := j.gradient(t, p.cuda, paths)
	j.task = struct{ nn.Differentiable }{j.task.(nn.Differentiable)}
	if tape(j.task) != nil {
		t.Fatal("the device differentiates a task without programs")
	}
	near(t, "gradient", j.gradient(t, p.cuda, paths), with, 1e-6) // derivatives of rewards differ in a few bits
}

// TestPathwiseOfEmptyHalves: paths whose start is at the time limit have no decisions, and their half the gradient 0.
func TestPathwiseOfEmptyHalves(t *testing.T) {
	p := newPair(t)
	options := nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 1},
		Rollout: nn.RolloutOptions{Horizon: 3, TimeLimit: 1000, Seed: 5, Draw: nn.DrawStep}}
	both := p.journeys(hopper(t), nil, []int{20}, []int{9}, []int{8}, options)
	starts := startsNear(7, 12)
	for i := range 3 {
		starts.Times[i] = 1000
	}
	gradients := p.pathwise(both, starts)
	near(t, "gradient", gradients[0], gradients[1], 3e-5)
	for i, x := range gradients[0][:len(gradients[0])/2] {
		if x != 0 {
			t.Fatalf("entry %d of the first half is %g", i, x)
		}
	}
}

// TestPathwiseRefusesNetworksThatDoNotFit: the message names the network and what to lower; that of members who are compared
// stands alone.
func TestPathwiseRefusesNetworksThatDoNotFit(t *testing.T) {
	b := open(t)
	defer shut(t, b)
	most := b.d.Properties.Shared
	o, a := 12, 3
	shape, pshape := hopperModel(t, 1, most/(4*deviceRows)), nn.PolicyShape{Observation: o, Action: a, Hidden: []int{4}}
	vshape := nn.ValueShape{Observation: o, Clip: 1, TimeScale: 1}
	m, pi := must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(7))), must[nn.Policy](t)(b.NewPolicy(pshape, pshape.Init(3, -0.5, 0.5)))
	v, paths := must[nn.Value](t)(b.NewValue(vshape, vshape.Init(5))), must[nn.Paths](t)(b.UploadPaths(madeUp(4, 3, o, a)))
	defer shut(t, m, pi, v, paths)
	gradient := make([]float64, 2*pshape.Parameters())
	for cost, lower := range map[float64]string{0: "lower the units of model, policy or value network", 1: "lower the units of model:"} {
		err := b.PathwiseGradient(gradient[:pshape.Parameters()], gradient[pshape.Parameters():], paths, pi, m, v, hopper(t),
			nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 1, Disagreement: cost}, Rollout: nn.RolloutOptions{Horizon: 3, Draw: nn.DrawStep}})
		if !errors.Is(err, nn.ErrMemory) || !strings.Contains(fmt.Sprint(err), lower) || !advised(err) {
			t.Errorf("disagreement costs %g: error %v", cost, err)
		}
	}
}
