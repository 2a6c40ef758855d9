package algo_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// tiedConfigs are small runs of both players that keep a symmetry, with normalisers of observations and an averaged policy.
func tiedConfigs(t *testing.T) map[string]algo.Config {
	npg, path := tiny(t, algo.PAL), pathwise(t, "pointmass")
	npg.Policy.Normalise, npg.Value.Normalise, npg.Policy.Symmetry = true, true, "mirror"
	npg.Policy.Hidden = []int{5} // one unit is in no cycle
	path.InitialSamples, path.SamplesPerIteration, path.NPG.Steps, path.Model.MinSteps, path.Model.MaxSteps = 100, 50, 3, 10, 10
	path.Policy.Symmetry, path.Policy.Average, path.Policy.Hidden = "quarter of a turn", 0.5, []int{9}
	return map[string]algo.Config{"cartpole": npg, "pointmass": path}
}

// Whatever the players learn, and whatever observations are normalised by, the image of a state has the image of its action.
func TestALearnedPolicyKeepsItsSymmetry(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for name, c := range tiedConfigs(t) {
		g, one := newGameIn(t, openWorld(t, name, c, 1), c, cpuBackend(t)), builtin(t, name)
		for range 2 {
			iterateOnce(t, g)
		}
		s, err := g.Save()
		if err != nil {
			t.Fatal(err)
		}
		policy, err := algo.LatestPolicy(c, one, s.Groups)
		if err != nil {
			t.Fatal(err)
		}
		actor, err := nn.NewActor(policy.Shape, policy.Parameters, policy.Shift, policy.Scale)
		if err != nil {
			t.Fatal(err)
		}
		act := func(obs []float64) []float64 {
			in, out, wide := make([]float32, len(obs)), make([]float32, policy.Shape.Action), make([]float64, policy.Shape.Action)
			for i, x := range obs {
				in[i] = float32(x)
			}
			actor.Mean(in, out)
			for i, x := range out {
				wide[i] = float64(x)
			}
			return wide
		}
		obs := make([]float64, policy.Shape.Observation)
		for i := range obs {
			obs[i] = random.NormFloat64()
		}
		before := act(obs)
		want := append([]float64(nil), before...)
		one.ImageUnder(c.Policy.Symmetry, nil, want)
		one.ImageUnder(c.Policy.Symmetry, obs, nil)
		for i, x := range act(obs) {
			// Sums of some ten products of 32 bits, of observations that small scales make large.
			if !(math.Abs(x-want[i]) <= 1e-4*(1+math.Abs(x))) || before[i] == 0 {
				t.Errorf("%s: action %d in the image is %g, want %g", name, i, x, want[i])
			}
		}
	}
}

func TestARestoredGameKeepsItsSymmetry(t *testing.T) {
	for name, c := range tiedConfigs(t) {
		checkRestored(t, newGameIn(t, openWorld(t, name, c, 1), c, cpuBackend(t)), newGameIn(t, openWorld(t, name, c, 1), c, cpuBackend(t)), 2)
	}
}
