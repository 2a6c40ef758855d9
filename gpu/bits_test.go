//go:build cuda

package gpu

import (
	"math"
	"strconv"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

// results computes everything that adds up over samples, in order, on a device of sms multiprocessors, with at most
// partials partial sums.
func results(t *testing.T, sms, partials int) map[string][]float64 {
	t.Helper()
	t.Setenv("PALMAL_EMU_SMS", strconv.Itoa(sms))
	b := open(t)
	if emulated(b) && b.d.Properties.SMs != sms {
		t.Fatalf("the device has %d multiprocessors, want %d", b.d.Properties.SMs, sms)
	}
	b.machine.partials = partials
	found := map[string][]float64{}
	policyResults(t, b, found)
	valueResults(t, b, found)
	modelResults(t, b, found)
	pathwiseResults(t, b, found)
	criticResults(t, b, found)
	shut(t, b)
	return found
}

func policyResults(t *testing.T, b *Backend, found map[string][]float64) {
	t.Helper()
	shape := nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{64, 64}}
	pi := must[nn.Policy](t)(b.NewPolicy(shape, shape.Init(4, -0.2, 0.3)))
	paths := must[nn.Paths](t)(b.UploadPaths(madeUp(30, 60, 12, 3)))
	gradient, product, direction := make([]float64, shape.Parameters()), make([]float64, shape.Parameters()), make([]float64, shape.Parameters())
	if err := b.PolicyGradient(gradient, paths, pi); err != nil {
		t.Fatal(err)
	}
	if err := b.FisherVector(product, gradient, paths, pi, 1); err != nil {
		t.Fatal(err)
	}
	o := nn.CGOptions{Iterations: 3, Damping: 1e-2, Tolerance: 1e-10, Stride: 1}
	must[nn.CGReport](t)(b.SolveFisher(direction, gradient, paths, pi, o))
	gain, kl, err := b.Surrogate(paths, pi)
	if err != nil {
		t.Fatal(err)
	}
	found["gradient"], found["Fisher product"], found["direction"], found["surrogate"] = gradient, product, direction, []float64{gain, kl}
	shut(t, paths, pi)
}

func valueResults(t *testing.T, b *Backend, found map[string][]float64) {
	t.Helper()
	shape := nn.ValueShape{Observation: 12, Hidden: []int{40, 33}, Clip: nn.ValueClip, TimeScale: nn.ValueTimeScale}
	v := must[nn.Value](t)(b.NewValue(shape, shape.Init(5)))
	paths := must[nn.Paths](t)(b.UploadPaths(madeUp(30, 60, 12, 3)))
	if err := b.Advantages(paths, v, nn.AdvantageOptions{Gamma: 0.99, Lambda: 0.97, Whiten: true}); err != nil {
		t.Fatal(err)
	}
	must[nn.ValueReport](t)(b.FitValue(v, paths, nn.ValueFitOptions{Epochs: 1, Batch: 100, Adam: nn.DefaultAdam(), Seed: 6}))
	c := must[*nn.PathColumns](t)(paths.Download())
	found["advantages"], found["values' parameters"] = kept(c, c.Advantages.Data().([]float32)), arrayOf(t, v, nn.StateParameters)
	shut(t, paths, v)
}

func modelResults(t *testing.T, b *Backend, found map[string][]float64) {
	t.Helper()
	shape := hopperModel(t, 2, 40, 40)
	fit := func(shape nn.EnsembleShape, o nn.FitOptions) []float64 {
		m := must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(7)))
		defer shut(t, m)
		must[nn.FitReport](t)(b.Fit(m, transitions(200, 12, 3), o))
		return arrayOf(t, m, nn.StateParameters)
	}
	found["ensemble's parameters"] = fit(shape, nn.FitOptions{Epochs: 1, Batch: 70, MaxSteps: 3, Adam: nn.DefaultAdam(), Seed: 3})
	shape.Gaussian = &nn.Gaussian{Activation: nn.SiLU, LayerNorm: true}
	found["gaussian members' parameters"] = fit(shape, carefulOptions(3))
}

func pathwiseResults(t *testing.T, b *Backend, found map[string][]float64) {
	t.Helper()
	shape, pshape := hopperModel(t, 3, 40, 40), nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{64, 64}}
	vshape := nn.ValueShape{Observation: 12, Hidden: []int{40}, Clip: nn.ValueClip, TimeScale: nn.ValueTimeScale}
	j := journey{policy: must[nn.Policy](t)(b.NewPolicy(pshape, pshape.Init(4, -0.2, 0.3))), model: must[nn.Ensemble](t)(b.NewEnsemble(shape, shape.Init(7))),
		value: must[nn.Value](t)(b.NewValue(vshape, vshape.Init(5))), task: hopper(t),
		options: nn.PathwiseOptions{Gamma: 0.99, Score: nn.ScoreOptions{RewardScale: 1},
			Rollout: nn.RolloutOptions{Horizon: 9, Seed: 5, Draw: nn.DrawStep, Disagreement: true}}}
	paths := must[nn.Paths](t)(b.Rollout(j.policy, j.model, j.task, startsNear(150, 12), j.options.Rollout))
	found["pathwise gradient"] = j.gradient(t, b, paths)
	j.options.Score.Disagreement = 0.5
	found["gradient of what disagreement costs"] = j.gradient(t, b, paths)
	c := must[*nn.PathColumns](t)(paths.Download())
	found["disagreement"] = kept(c, c.Disagreement.Data().([]float32))
	shut(t, paths, j.policy, j.model, j.value)
}

// criticResults are those of a test of its own, whose end frees what they need.
func criticResults(t *testing.T, b *Backend, found map[string][]float64) {
	t.Run("critics", func(t *testing.T) {
		p := &pair{t: t, cuda: b, cpu: must[*cpu.Backend](t)(cpu.New(cpu.Options{Workers: 1}))}
		t.Cleanup(func() { shut(t, p.cpu) })
		one := p.trials(hopper(t), []int{40}, []int{64, 64}, []int{40, 33}, late(150, 12), someEnd)[0]
		found["report of critics"], found["actor's gradient"] = one.fit(t), one.gradient(t)
		found["critics' parameters"] = arrayOf(t, one.critics, nn.StateParameters)
	})
}

// TestBitsDoNotDependOnTheNumberOfMultiprocessors: models of GPU with the same kernels and the same shared memory
// compute the same numbers to the last bit. There are more tiles of samples than the smaller device holds blocks, and
// more partial sums than tiles, or fewer.
func TestBitsDoNotDependOnTheNumberOfMultiprocessors(t *testing.T) {
	b := open(t)
	emulator := emulated(b)
	shut(t, b)
	if !emulator {
		t.Skip("NOT TESTED: only the emulator pretends to have other multiprocessors")
	}
	for _, partials := range []int{mostPartials, 5} {
		small, large := results(t, 3, partials), results(t, 13, partials)
		for what, want := range small {
			got := large[what]
			if len(got) != len(want) || len(want) == 0 {
				t.Fatalf("%s: %d numbers on one device, %d on the other", what, len(want), len(got))
			}
			for i := range want {
				if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
					t.Errorf("%d partial sums: %s [%d] is %.17g with 3 multiprocessors and %.17g with 13", partials, what, i, want[i], got[i])
					break
				}
			}
		}
	}
}
