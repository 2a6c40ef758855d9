//go:build cuda

package gpu

import (
	"slices"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

// smoke is what TestSmoke computes with: widths of the model, the policy and the value network.
type smoke struct {
	*pair
	model, policy, value int
	columns              *nn.PathColumns
}

// TestSmoke is the first thing to run on a new device: one context, every kernel of the image launched at least
// once, and each operation held to the CPU, at the widths that are used. It takes seconds on a GPU. With -short, for
// tools that slow a kernel down, it is narrow. Bounds are those of the tests of one operation each at full width.
func TestSmoke(t *testing.T) {
	s := &smoke{pair: &pair{t: t}, model: 512, policy: 64, value: 128, columns: madeUp(9, 23, 12, 3)}
	if testing.Short() {
		s.model, s.policy, s.value = 24, 9, 20
	}
	s.cuda = openWith(t, Options{Strict: true, Sync: true})
	s.cpu = must[*cpu.Backend](t)(cpu.New(cpu.Options{Workers: 2}))
	t.Cleanup(func() { shut(t, s.cuda, s.cpu) })
	s.ensemble()
	s.natural()
	s.critic()
	s.pathwise(nil)
	s.pathwise(&nn.Gaussian{Activation: nn.SiLU, LayerNorm: true, ByState: true})
	s.careful()
	s.actorCritic()
	if rate, err := s.cuda.SGEMMRate(nil, time.Millisecond); err != nil || !(rate > 0) {
		t.Errorf("rate %g, %v", rate, err)
	}
	s.everyKernel()
}

// ensemble fits a model and rolls out in it.
func (s *smoke) ensemble() {
	o := nn.FitOptions{Epochs: 3, Batch: 40, MaxSteps: 3, Adam: nn.DefaultAdam(), Seed: 3}
	o.Adam.Epsilon = 1e-4 // see TestFitAtFullWidth
	m, reports := s.fit(hopperModel(s.t, 2, s.model, s.model), transitions(70, 12, 3), o)
	near(s.t, "loss", reports[0].Last, reports[1].Last, 1e-4)
	near(s.t, "parameters of the model", arrayOf(s.t, m[0], nn.StateParameters), arrayOf(s.t, m[1], nn.StateParameters), 1e-4)
	if err := m[1].Load(must[nn.State](s.t)(m[0].Save())); err != nil {
		s.t.Fatal(err)
	}
	s.rollout(m)
}

// rollout compares the first actions, and every state of a path, with the oracle.
func (s *smoke) rollout(m []nn.Ensemble) {
	shape, one := s.policyShape(), hopper(s.t)
	var columns []*nn.PathColumns
	for i, b := range s.both() {
		pi := must[nn.Policy](s.t)(b.NewPolicy(shape, shape.Init(3, -0.5, 0.5)))
		paths := must[nn.Paths](s.t)(b.Rollout(pi, m[i], one, startsOf(11), nn.RolloutOptions{Horizon: 6, TimeLimit: 1000, Terminate: true, Seed: 5}))
		must[nn.ScoreReport](s.t)(b.Score(paths, one, nn.ScoreOptions{RewardScale: 1}))
		columns = append(columns, must[*nn.PathColumns](s.t)(paths.Download()))
		shut(s.t, paths, pi)
	}
	got, want := columns[0], columns[1]
	near(s.t, "first action", widened(rowOf(got.Actions.Data().([]float32), 0, 3)), widened(rowOf(want.Actions.Data().([]float32), 0, 3)), 5e-6)
	s.follow(m[1], one, got, 0)
	predicted := make([][]float64, 2)
	for i, b := range s.both() {
		y := must[interface{ Data() any }](s.t)(predictOne(b, m[i], one, normal(8, 12, 1), normal(9, 3, 0.4)))
		predicted[i] = widened(y.Data().([]float32))
	}
	near(s.t, "prediction", predicted[0], predicted[1], 5e-6)
}

func (s *smoke) policyShape() nn.PolicyShape {
	return nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{s.policy, s.policy}}
}

// natural compares the parts of a policy step, and puts the device's natural gradient into the oracle's equation.
func (s *smoke) natural() {
	shape := s.policyShape()
	v := widened(normal(26, shape.Parameters(), 1))
	options := nn.CGOptions{Iterations: 10, Damping: 10, Stride: 1}
	direction := make([]float64, len(v))
	var found [2][4][]float64
	for i, b := range s.both() {
		pi := must[nn.Policy](s.t)(b.NewPolicy(shape, shape.Init(4, -0.2, 0.3)))
		paths := must[nn.Paths](s.t)(b.UploadPaths(s.columns))
		gradient, product, image := make([]float64, len(v)), make([]float64, len(v)), make([]float64, len(v))
		s.check(b.PolicyGradient(gradient, paths, pi))
		s.check(b.FisherVector(product, v, paths, pi, 1))
		gain, kl, err := b.Surrogate(paths, pi)
		s.check(err)
		if b == nn.Backend(s.cuda) {
			must[nn.CGReport](s.t)(s.cuda.SolveFisher(direction, gradient, paths, pi, options))
		}
		s.check(b.FisherVector(image, direction, paths, pi, 1))
		for k := range image {
			image[k] += options.Damping * direction[k]
		}
		found[i] = [4][]float64{gradient, product, {gain, kl}, image}
		shut(s.t, paths, pi)
	}
	for k, what := range []string{"gradient", "Fisher product", "surrogate"} {
		near(s.t, what, found[0][k], found[1][k], 1e-5)
	}
	// The damping is above most eigenvalues of F, so that ten iterations come down to rounding.
	near(s.t, "(F + 10 I) times the natural gradient", found[1][3], found[1][0], 1e-4)
}

// critic fits the value network in one launch, and in launches of their own as devices do whose blocks cannot wait.
func (s *smoke) critic() {
	shape := nn.ValueShape{Observation: 12, Hidden: []int{s.value, s.value}, Clip: nn.ValueClip, TimeScale: nn.ValueTimeScale}
	o := nn.ValueFitOptions{Epochs: 2, Batch: 40, Adam: nn.DefaultAdam(), Seed: 6}
	o.Adam.Epsilon = 1e-4
	var found [3][]float64
	for i, b := range []nn.Backend{s.cpu, s.cuda, s.cuda} {
		s.cuda.machine.apart = i == 2 || !s.cuda.d.Properties.Cooperative
		v := must[nn.Value](s.t)(b.NewValue(shape, shape.Init(5)))
		paths := must[nn.Paths](s.t)(b.UploadPaths(s.columns))
		s.check(b.Advantages(paths, v, nn.AdvantageOptions{Gamma: 0.99, Lambda: 0.97, Whiten: true}))
		report := must[nn.ValueReport](s.t)(b.FitValue(v, paths, o))
		c := must[*nn.PathColumns](s.t)(paths.Download())
		found[i] = append(kept(c, c.Advantages.Data().([]float32)), report.Before, report.After)
		found[i] = append(found[i], arrayOf(s.t, v, nn.StateParameters)...)
		shut(s.t, paths, v)
	}
	near(s.t, "value fit", found[1], found[0], 1e-4)
	near(s.t, "value fit in launches of their own", found[2], found[0], 1e-4)
}

// careful fits gaussian members with everything that a fit may take care of.
func (s *smoke) careful() {
	shape := hopperModel(s.t, 2, s.model, s.model)
	shape.Gaussian = &nn.Gaussian{Activation: nn.SiLU, LayerNorm: true}
	models, reports := s.fit(shape, transitions(70, 12, 3), carefulOptions(5))
	near(s.t, "criterion on the rows held out", reports[0].Held, reports[1].Held, carefulBound)
	near(s.t, "parameters of gaussian members", arrayOf(s.t, models[0], nn.StateParameters), arrayOf(s.t, models[1], nn.StateParameters), carefulBound)
}

// pathwise differentiates paths in drawn members, with their own noise if they have any, and what their disagreement costs.
func (s *smoke) pathwise(kind *nn.Gaussian) {
	options := nn.PathwiseOptions{Gamma: 0.99, Score: nn.ScoreOptions{RewardScale: 1, Disagreement: 0.5},
		Rollout: nn.RolloutOptions{Horizon: 3, Seed: 5, Draw: nn.DrawStep, Disagreement: true}}
	if kind != nil {
		options.Rollout.OwnNoise = 1
	}
	both := s.journeys(hopper(s.t), kind, []int{s.model, s.model}, []int{s.policy, s.policy}, []int{s.value, s.value}, options)
	paths := must[nn.Paths](s.t)(s.cuda.Rollout(both[0].policy, both[0].model, both[0].task, startsOf(11), options.Rollout))
	c := must[*nn.PathColumns](s.t)(paths.Download())
	s.check(paths.Close())
	if length := c.Lengths[0]; length != 3 {
		s.t.Errorf("a path in drawn members has %d steps", length)
	}
	gradients := s.pair.pathwise(both, startsOf(11))
	near(s.t, "pathwise gradient", gradients[0], gradients[1], pathwiseBound)
}

// actorCritic takes steps of critics, and differentiates paths to them.
func (s *smoke) actorCritic() {
	both := s.trials(hopper(s.t), []int{s.model}, []int{s.policy, s.policy}, []int{s.value, s.value}, late(11, 12), someEnd)
	compare(s.t, both[0], both[1])
}

func (s *smoke) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// everyKernel holds what was launched to the list of the image's kernels. value_fit needs blocks that wait for
// each other, and is left out where a device cannot.
func (s *smoke) everyKernel() {
	timings, err := s.cuda.Timings()
	s.check(err)
	for _, name := range kernelNames() {
		launched := slices.ContainsFunc(timings, func(one driver.Timing) bool { return one.Kernel == name && one.Launches > 0 })
		if !launched && (name != "value_fit" || s.cuda.d.Properties.Cooperative) {
			s.t.Errorf("kernel %s was not launched", name)
		}
	}
	s.t.Logf("launched %d of the %d kernels of the image on %s", len(timings), len(kernelNames()), s.cuda.Describe())
}
