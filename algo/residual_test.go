package algo_test

import (
	"context"
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/task"
)

// forecaster is a backend whose members err by a known amount: member e by error[j]·(1 or 3) in entry j.
// It notes the noise that rollouts are given.
type forecaster struct {
	nn.Backend
	errors []float32 // [O]
	truth  nn.Transitions
	noise  [][]float32
}

func (f *forecaster) ModelLoss(m nn.Ensemble, data nn.Transitions) ([]float64, error) {
	f.truth = data
	return f.Backend.ModelLoss(m, data)
}

func (f *forecaster) Predict(m nn.Ensemble, task nn.Task, obs, act *tensor.Dense) (*tensor.Dense, error) {
	next := f.truth.Next.Data().([]float32)
	predicted := make([]float32, 2*len(next))
	for i := range predicted {
		member := float32(2*(i/len(next)) + 1)
		predicted[i] = next[i%len(next)] + member*f.errors[i%len(f.errors)]
	}
	return nn.Matrix(predicted, 2, obs.Shape()[0], len(f.errors)), nil
}

func (f *forecaster) Rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, o nn.RolloutOptions) (nn.Paths, error) {
	f.noise = append(f.noise, o.Noise)
	return f.Backend.Rollout(p, m, task, starts, o)
}

// The noise of model paths is the model's residual times model.noise: none before the first fit on
// record, then the first error, later an average over 2,000 decisions.
func TestModelPathsAreAsNoisyAsTheModelWasWrong(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Model.Noise, c.NPG.Steps, c.Diagnostics = 2, 1, 0
	f := &forecaster{Backend: nntest.Reference(), errors: []float32{0.01, 0.02, 0.03, 0.04}}
	g := newGame(t, c, f, 1)
	iterate := func() int {
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return record.Samples
	}
	before := iterate()
	if f.noise[0] != nil {
		t.Errorf("noise %v before anything was foreseen", f.noise[0])
	}
	after := iterate()
	f.errors = []float32{0.02, 0.04, 0.06, 0.08}
	iterate()
	// Members err by 1 and 3 times the error: the mean square is 5 times its square.
	for j, unit := range []float64{0.01, 0.02, 0.03, 0.04} {
		first := 5 * unit * unit
		second := first + float64(after-before)/2000*(4*first-first) // cartpole's decisions are its samples
		for i, square := range []float64{first, second} {
			want := 2 * math.Sqrt(square)
			if got := float64(f.noise[i+1][j]); !(math.Abs(got-want) <= 1e-4*want) { // truth + error in float32
				t.Errorf("iteration %d, entry %d: noise %g, want %g", i+2, j, got, want)
			}
		}
	}
}

// No residual is measured where model.noise is 0.
func TestNoNoiseUnlessAskedFor(t *testing.T) {
	f := &forecaster{Backend: nntest.Reference(), errors: []float32{1, 1, 1, 1}}
	g := newGame(t, tiny(t, algo.PAL), f, 1)
	for range 2 {
		if _, err := g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for i, noise := range f.noise {
		if noise != nil {
			t.Errorf("rollout %d has noise %v", i, noise)
		}
	}
}

// winding is pointmass with an entry that is an angle.
type winding struct{ *task.Task }

func (w winding) ObservationKinds() []string {
	kinds := w.Task.ObservationKinds()
	kinds[0] = nn.KindAngle
	return kinds
}

// An angle that was predicted a whole turn away counts as predicted.
func TestErrorsOfAnglesAreMeasuredOnTheCircle(t *testing.T) {
	c := tinyOn(t, algo.PAL, "pointmass", 50)
	c.Model.Noise, c.NPG.Steps, c.Diagnostics = 1, 1, 0
	f := &forecaster{Backend: nntest.Reference(), errors: []float32{2 * math.Pi, 0.1, 0, 0, 0, 0}}
	world, err := physics.Open(builtin(t, "pointmass"), physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	g, err := algo.New(c, f, world, winding{world.Task()}, algo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for range 2 {
		if _, err := g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	// Three turns in float32 are good to 2e-6.
	if noise := f.noise[1]; !(noise[0] <= 1e-5) || !(math.Abs(float64(noise[1])-0.1*math.Sqrt(5)) <= 1e-5) {
		t.Errorf("noise %v, want none at an angle that is off by whole turns, and 0.2236 at the next", noise[:2])
	}
}
