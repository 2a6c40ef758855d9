package algo

import (
	"context"
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// fence is a task with one entry and one limit, which an entry above 0.5 breaks.
type fence struct{ nn.Task }

func (fence) ObservationKinds() []string       { return []string{nn.KindPredicted} }
func (fence) ActionBox() (low, high []float64) { return []float64{-1}, []float64{1} }
func (fence) LimitNames() []string             { return []string{"limit"} }
func (fence) AcceptedRisk() float64            { return 0.1 }
func (fence) Broken(broken []bool, _, _, next []float64) {
	broken[0] = next[0] > 0.5
}

// drawnPaths are paths of one decision.
type drawnPaths struct {
	nn.Paths
	ends []float32
}

func (p drawnPaths) Close() error { return nil }

func (p drawnPaths) Download() (*nn.PathColumns, error) {
	n := len(p.ends)
	observations := make([]float32, 2*n)
	for i, x := range p.ends {
		observations[2*i+1] = x
	}
	return &nn.PathColumns{Observations: nn.Matrix(observations, n, 2, 1), Actions: nn.Matrix(make([]float32, n), n, 1, 1)}, nil
}

// report is the score of paths of return 0.
func (p drawnPaths) report() nn.ScoreReport {
	r := nn.ScoreReport{Returns: make([]float64, len(p.ends)), Lengths: make([]int, len(p.ends))}
	for i := range r.Lengths {
		r.Lengths[i] = 1
	}
	return r
}

// knob is a policy of one parameter, which is the share of its model paths that break the limit.
type knob struct {
	policyPlayer
	from, share float32
}

func (k *knob) departed() []float32       { return []float32{k.from} }
func (k *knob) parameters() []float32     { return []float32{k.share} }
func (k *knob) moveTo(to []float32) error { k.share = to[0]; return nil }
func (k *knob) rollOut(m *modelPlayer, starts nn.Starts) (nn.Paths, nn.ScoreReport, error) {
	n := len(starts.Times)
	paths := drawnPaths{ends: make([]float32, m.config.Model.Members*n)}
	for i := range paths.ends {
		if float64(i%n) < math.Round(float64(k.share)*float64(n)) {
			paths.ends[i] = 1
		}
	}
	m.rollouts++
	return paths, paths.report(), nil
}

// A step is shortened only where it raises the risk above both what the task accepts, 0.1, and what the present policy
// does. The floor is an eighth.
func TestOnlyStepsThatRaiseTheRiskAreShortened(t *testing.T) {
	for _, one := range []struct {
		name       string
		from, to   float32
		past       int // broken episodes, out of 100, of a policy that was promised to break nothing
		step, ends float64
	}{
		{"within the accepted risk", 0, 0.09, 0, 1, 0.09},
		{"half of it is within", 0.02, 0.14, 0, 0.5, 0.08},
		{"only the floor remains", 0.09, 0.99, 0, 0.125, 0.2025},
		{"safer, though not safe", 0.8, 0.5, 0, 1, 0.5},
		{"as unsafe as before", 0.8, 0.8, 0, 1, 0.8},
		{"from unsafe to worse", 0.4, 0.8, 0, 0.125, 0.45},
		{"broken promises: what was accepted raises the risk", 0, 0.08, 50, 0.125, 0.01},
		{"broken promises: safer nevertheless", 0.08, 0.04, 50, 1, 0.04},
	} {
		task := fence{}
		g := &Game{config: Config{Promise: PromiseConfig{Starts: 1000, Floor: 0.125}, Model: ModelConfig{Members: 2}}, limits: newLimits(task), ledger: newLedger(1),
			data: newExperience(1, 1, 0), record: newRecord(1)}
		g.model.config = g.config
		g.data.initial.add([]float32{0})
		if one.past > 0 {
			g.ledger.promise(promise{paths: 1000, worst: []int{0}, episodes: 100, got: []int{one.past}})
		}
		k := &knob{from: one.from, share: one.to}
		if err := g.shorten(context.Background(), k); err != nil {
			t.Fatal(err)
		}
		if got := float64(g.record.Promise.Step); got != one.step {
			t.Errorf("%s: took %g of the step, want %g", one.name, got, one.step)
		}
		// float32 rounds the policy to half a unit in the last place of 1.
		if got := float64(k.share); !(math.Abs(got-one.ends) <= 6e-8) {
			t.Errorf("%s: ended at %g, want %g", one.name, got, one.ends)
		}
		if g.model.rollouts != 1 {
			t.Errorf("%s: the next rollout has number %d: all tries draw the same numbers", one.name, g.model.rollouts)
		}
	}
}
