package algo_test

import (
	"context"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// pathwise is a configuration of the player for a world of some hundred samples.
func pathwise(t *testing.T, task string) algo.Config {
	t.Helper()
	one := builtin(t, task)
	c, err := algo.Preset(algo.PresetPathwise, algo.PAL, one.Horizon, one.Presets)
	if err != nil {
		t.Fatal(err)
	}
	c.InitialSamples, c.SamplesPerIteration, c.Samples = 500, 250, 2000
	c.Model.Members, c.Model.Hidden, c.Model.MinSteps, c.Model.MaxSteps, c.Model.Batch = 3, []int{32, 32}, 300, 300, 64
	c.Policy.Hidden, c.Value.Hidden, c.Value.Batch = []int{16}, []int{32}, 256
	c.NPG.Steps, c.NPG.FisherStride, c.NPG.Horizon = 10, 4, 50
	c.NPG.Gamma = 0.9
	c.Pathwise.Starts, c.Pathwise.Horizon, c.Pathwise.Age = 200, 20, 20
	c.Pathwise.ValueRolls, c.Pathwise.ValueStarts, c.Pathwise.ValueHorizon = 12, 100, 20
	c.Evaluation.Episodes, c.Diagnostics = 10, 4
	return c
}

// Three iterations bring the mass near its goal: at rest the return is -38 on average, and noise alone drifts away.
func TestPathwiseMovesTheMass(t *testing.T) {
	c := pathwise(t, "pointmass")
	c.Policy.Average = 0 // an average of fifty steps still lags
	g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
	var last algo.Record
	for range 3 {
		var err error
		if last, err = g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := float64(last.Evaluation.Return); !(got >= -14) {
		t.Errorf("return %g after %d samples, want -14", got, last.Evaluation.Samples)
	}
	if p := last.Policy; !(p.Cosine > 0 && p.Cosine <= 1) || p.PathSteps == 0 || !(p.KL > 0) {
		t.Errorf("implausible record %+v", p)
	}
}

// An iteration ends where the policy is too far from its first one: in one step by a tiny bound, by another bound in
// the first iteration and from a number of samples on, and else after K steps.
func TestPathwiseStopsAtItsBound(t *testing.T) {
	const never, always = 1e9, 1e-9
	for name, one := range map[string]struct {
		first, usual, late float64
		from, buffer       int // samples
		earned             float64
		want               [2]int
	}{
		"the first iteration's": {always, never, never, 0, 0, 0, [2]int{1, 3}}, "the others'": {never, always, never, 0, 0, 0, [2]int{3, 1}},
		"the late one": {never, never, always, 120, 0, 0, [2]int{3, 1}}, "not yet late": {never, never, always, 100000, 0, 0, [2]int{3, 3}},
		"the late one, where data are forgotten": {never, never, always, 120, 100, 0, [2]int{3, 1}},
		"the late one, which earned it":          {never, never, always, 120, 0, -1000, [2]int{3, 1}},
		"the late one, which earns too little":   {never, never, always, 120, 0, 1000, [2]int{3, 3}},
	} {
		c := pathwise(t, "pointmass")
		c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, 50, 3, 10, 10
		c.Pathwise.KLFirst, c.Pathwise.KL, c.Pathwise.KLLate, c.Pathwise.Late = one.first, one.usual, one.late, one.from
		c.Pathwise.LateReward = one.earned
		c.Buffer = one.buffer
		g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
		for i, want := range one.want {
			r, err := g.Iterate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if r.Policy.Steps != want {
				t.Errorf("%s: iteration %d has %d steps, want %d", name, i+1, r.Policy.Steps, want)
			}
			if moved := r.Policy.Moved; moved == nil || !(*moved > always && *moved < never) {
				t.Errorf("%s: iteration %d moved the policy by %v, want a KL above %g", name, i+1, moved, always)
			} else if want == 1 && *moved != r.Policy.KL {
				t.Errorf("%s: the one step of iteration %d has a KL of %g, and moved the policy by %g", name, i+1, r.Policy.KL, *moved)
			}
		}
	}
}

// Where the halves of the paths disagree, a step is shorter, and the iteration ends.
func TestPathwiseTrustsWhatHalvesAgreeOn(t *testing.T) {
	first := func(full, least float64) algo.PolicyRecord {
		c := pathwise(t, "pointmass")
		c.InitialSamples, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, 3, 10, 10
		c.Pathwise.FullCosine, c.Pathwise.LeastCosine = full, least
		g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
		r, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return r.Policy
	}
	plain, strict, wary := first(0, 0), first(0, 1), first(1, 0)
	if plain.Steps != 3 || strict.Steps != 1 {
		t.Errorf("%d steps, and %d where halves must agree wholly; want 3 and 1", plain.Steps, strict.Steps)
	}
	if !(wary.KL < plain.KL) {
		t.Errorf("KL %g of a step, and %g where it must be sure", plain.KL, wary.KL)
	}
}

// Where the halves of the first step's paths agree enough, later steps take fewer paths, and only they.
func TestPathwiseSparesPathsWhereHalvesAgree(t *testing.T) {
	first := func(steps int, enough float64) algo.PolicyRecord {
		c := pathwise(t, "pointmass")
		c.InitialSamples, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, steps, 10, 10
		c.Pathwise.EnoughCosine, c.Pathwise.KLFirst, c.Measure = enough, 1e9, enough == 0
		return iterateOnce(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))).Policy
	}
	if one, spared := first(1, 0), first(1, 0.01); one.Paths != 200 || spared.Paths != 200 || one.KL != spared.KL || one.Cosine != spared.Cosine {
		t.Errorf("a first step of %d paths with a KL of %g, want all 200 and that of a run that spares none, %g", spared.Paths, spared.KL, one.KL)
	}
	all, strict, spared := first(3, 0), first(3, 1), first(3, 0.01)
	if strict.Paths != 200 || strict.KL != all.KL {
		t.Errorf("%d paths where no cosine is enough, want all 200", strict.Paths)
	}
	// The last two of three steps have a quarter of the paths, as their halves agree by far more than 0.01. Some paths that are spared
	// would have been shortened by the ends of episodes.
	const most = 2 * 150 * 20
	if used := all.PathSteps - spared.PathSteps; spared.Steps != 3 || spared.Paths != 50 || used > most || used < most/2 {
		t.Errorf("%d steps, the last of %d paths, %d path steps fewer; want 3, 50 and %d or somewhat less", spared.Steps, spared.Paths, used, most)
	}
}

// The record tells the share of the gradient through the model where gradients are mixed, and what a step explains; V is fitted
// to the same targets.
func TestMixedGradientsAreRecorded(t *testing.T) {
	first := func(mix string) algo.Record {
		c := pathwise(t, "pointmass")
		c.InitialSamples, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, 1, 10, 10
		c.Pathwise.Mix, c.Measure = mix, true
		return iterateOnce(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t)))
	}
	plain := first("none")
	if !(math.Abs(float64(plain.Policy.Explained)) <= 1) || plain.Policy.Through != nil {
		t.Errorf("a step explains %g; the share is %v, want none", plain.Policy.Explained, plain.Policy.Through)
	}
	for _, mix := range []string{"variance", "error"} {
		mixed := first(mix)
		if w := mixed.Policy.Through; w == nil || !(*w > 0 && *w < 1) {
			t.Errorf("%s: share %v, want one of both gradients", mix, w)
		}
		if mixed.Policy.KL == plain.Policy.KL || mixed.Value != plain.Value {
			t.Errorf("%s: KL %g, and %g without; fits of V %v and %v", mix, mixed.Policy.KL, plain.Policy.KL, mixed.Value, plain.Value)
		}
	}
}

// A game whose player differentiates through the model resumes to the same records.
func TestPathwiseGameIsRestored(t *testing.T) {
	c := pathwise(t, "pointmass")
	c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, 50, 2, 20, 20
	c.Evaluation.Episodes, c.Pathwise.EnoughCosine = 2, 0.1
	backend := cpuBackend(t)
	whole, resumed := newGameIn(t, openWorld(t, "pointmass", c, 2), c, backend), newGameIn(t, openWorld(t, "pointmass", c, 1), c, backend)
	checkRestored(t, whole, resumed, 2)
}

// plodder is a backend without derivatives.
type plodder struct{ nn.Backend }

func (plodder) Name() string { return "plodder" }

func TestPathwiseNamesTheBackendWithoutDerivatives(t *testing.T) {
	c := pathwise(t, "pointmass")
	c.Model = tiny(t, algo.PAL).Model // members that the backend has
	world := openWorld(t, "pointmass", c, 1)
	g, err := algo.New(c, plodder{nntest.Reference()}, world, world.Task(), algo.Options{})
	if err == nil {
		g.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "plodder") || !strings.Contains(err.Error(), algo.PlayerPathwise) {
		t.Errorf("error %v, want one that names the backend and the player", err)
	}
}

// The player continues from networks of another player, whose run has no slow copy and no average.
func TestPathwiseContinuesFromAnotherPlayer(t *testing.T) {
	c := pathwise(t, "pointmass")
	c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, 50, 2, 20, 20
	c.Evaluation.Episodes, c.NPG.StartsPerMember = 2, 4
	other := c
	other.Policy.Player, other.Policy.Average = algo.PlayerNPG, 0
	backend := cpuBackend(t)
	first := newGameIn(t, openWorld(t, "pointmass", other, 1), other, backend)
	record(t, first)
	snapshot, err := first.Save()
	if err != nil {
		t.Fatal(err)
	}
	g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, backend)
	if err := g.Adopt(snapshot.Groups); err != nil {
		t.Fatal(err)
	}
	record(t, g)
}

// A value network that did not learn for this player's returns practises as long as a new one, one of the player itself
// does not. Where there is none the game keeps its own; a snapshot to continue from must have one.
func TestPathwisePractisesAValueNetworkFromElsewhere(t *testing.T) {
	c := pathwise(t, "pointmass")
	c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, 50, 2, 20, 20
	c.Evaluation.Episodes, c.Pathwise.ValueRolls, c.Pathwise.ValueFirst = 2, 3, 10
	backend := cpuBackend(t)
	open := func() *algo.Game { return newGameIn(t, openWorld(t, "pointmass", c, 1), c, backend) }
	first := open()
	record(t, first)
	snapshot, err := first.Save()
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]int{}
	for name, without := range map[string][]string{"own": nil, "another player's": {algo.GroupSlow}, "none": {algo.GroupSlow, algo.GroupValue}} {
		groups := maps.Clone(snapshot.Groups)
		for _, group := range without {
			delete(groups, group)
		}
		g := open()
		if err := g.Adopt(groups); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		steps[name] = r.Policy.PathSteps
	}
	// 30 long rolls instead of 3 are more than half of the steps of an iteration.
	for _, name := range []string{"another player's", "none"} {
		if !(steps[name] > 2*steps["own"]) {
			t.Errorf("%s: %d steps of model paths in the first iteration, where the player's own value network has %d", name, steps[name], steps["own"])
		}
	}
	delete(snapshot.Groups, algo.GroupValue)
	if err := open().Restore(snapshot); err == nil || !strings.Contains(err.Error(), "restore value: there is none") {
		t.Errorf("error %v, want one that misses the value network", err)
	}
}

// The floor of log σ is lower from a number of samples on, for both players that differentiate through the model. Noise costs a
// point mass its return, so that σ lies on the floor.
func TestLateStepsMayHaveLessNoise(t *testing.T) {
	natural := pathwise(t, "pointmass")
	natural.InitialSamples, natural.SamplesPerIteration, natural.NPG.Steps, natural.Model.MaxSteps, natural.Model.MinSteps = 100, 50, 12, 10, 10
	natural.Pathwise.KL, natural.Pathwise.KLFirst, natural.Pathwise.KLLate = 1e9, 1e9, 1e9
	critics := briefActorCritic(t)
	critics.ActorCritic.Alpha = 1e-9 // entropy is worth nothing
	for player, c := range map[string]algo.Config{"pathwise": natural, "actor-critic": critics} {
		c.Policy.RelativeStd, c.Policy.InitialLogStd, c.Policy.MinLogStd, c.Policy.MaxLogStd, c.Pathwise.LateLogStd = true, -1, -1, 0, -0.01
		for name, one := range map[string]struct {
			late int // samples
			want [2]float64
		}{"never": {0, [2]float64{-1, -1}}, "from the second iteration on": {120, [2]float64{-1, -1.01}}} {
			c.Pathwise.Late = one.late
			g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
			for i, want := range one.want {
				r, err := g.Iterate(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				for k, std := range r.Policy.Std {
					if got := math.Log(float64(std)); !(math.Abs(got-want) < 1e-5) { // float32 rounds to less; half of the box is 1
						t.Errorf("%s, %s: log σ of entry %d is %g after iteration %d, want %g", player, name, k, got, i+1, want)
					}
				}
			}
		}
	}
}
