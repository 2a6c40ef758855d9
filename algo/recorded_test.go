package algo_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
)

// played plays episodes of the cart-pole by chance.
func played(t *testing.T, world *physics.World, n int) []algo.Episode {
	t.Helper()
	return recordedBy(t, world, n, 1)
}

// recordedBy plays episodes of a task of some actions by chance.
func recordedBy(t *testing.T, world *physics.World, n, actions int) []algo.Episode {
	t.Helper()
	var all []algo.Episode
	chance := func() algo.ActFunc {
		return func(episode uint64, step int, _, action []float32) {
			for k := range actions {
				action[k] = float32(math.Sin(float64(7*episode) + float64((13+k)*step)))
			}
		}
	}
	if err := world.Sample(context.Background(), 99, 0, chance, func(e algo.Episode) bool {
		all = append(all, e)
		return len(all) < n
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func rowsOf(all []algo.Episode) int {
	n := 0
	for _, e := range all {
		n += len(e.Actions)
	}
	return n
}

// fallen are episodes of a world with another gravity, whose pole falls up.
func fallen(all []algo.Episode) []algo.Episode {
	var other []algo.Episode
	for _, e := range all {
		was := e.Observations
		e.Observations = append([]float32(nil), was...)
		for i := 4; i < len(was); i++ {
			e.Observations[i] = e.Observations[i-4] - 20*(was[i]-was[i-4])
		}
		other = append(other, e)
	}
	return other
}

// TestRecordedDataJoinWhereTheyFit: at once where all data are kept, after a look at the model's loss where only recent
// data are, and not where they come from another world.
func TestRecordedDataJoinWhereTheyFit(t *testing.T) {
	for _, one := range []struct {
		name   string
		algo   algo.Algorithm
		buffer int
		other  bool
		joined []bool // whether the data have joined after iterations 1, 2
	}{
		{"MAL", algo.MAL, 0, false, []bool{true, true}},
		{"PAL", algo.PAL, 100_000, false, []bool{false, true}},
		{"PAL, data of another world", algo.PAL, 100_000, true, []bool{false, false}},
	} {
		t.Run(one.name, func(t *testing.T) {
			c := tiny(t, one.algo)
			c.Buffer, c.Samples = one.buffer, 1_000_000
			world := openWorld(t, "cartpole", c, 1)
			data := played(t, world, 5)
			if one.other {
				data = fallen(data)
			}
			g, err := algo.New(c, nntest.Reference(), world, world.Task(), algo.Options{Data: data})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			for i, joined := range one.joined {
				r, err := g.Iterate(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if r.Model.Data == nil || r.Model.Data.Joined != joined || r.Model.Data.Rows != rowsOf(data) {
					t.Errorf("iteration %d: %+v, want joined %v", i+1, r.Model.Data, joined)
				}
				if own := r.Model.Rows - rowsOf(data); joined && own < 1 {
					t.Errorf("iteration %d: fitted to %d rows, %d of them recorded", i+1, r.Model.Rows, rowsOf(data))
				}
			}
		})
	}
}

// TestOfflineLearningCollectsNothing: the world is not asked, and a game in two parts does the same as one.
func TestOfflineLearningCollectsNothing(t *testing.T) {
	c := tiny(t, algo.PAL)
	world := openWorld(t, "cartpole", c, 1)
	data := played(t, world, 5)
	c.Samples, c.OfflineIterations, c.Evaluation.Every, c.Evaluation.StopAt, c.NPG.DataStarts = 0, 3, 0, math.Inf(1), 0.25
	c.NPG.BufferStarts = 0.5
	begin := func() *algo.Game {
		g, err := algo.New(c, nntest.Reference(), closedWorld{world}, world.Task(), algo.Options{Data: data})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close() })
		return g
	}
	whole, parts := begin(), begin()
	var a, b []algo.Record
	for !whole.Done() {
		a = append(a, iterateOnce(t, whole))
	}
	for !parts.Done() {
		b = append(b, iterateOnce(t, parts))
		snapshot, err := parts.Save()
		if err != nil {
			t.Fatal(err)
		}
		parts = begin()
		if err := parts.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
	}
	if len(a) != 3 || a[2].Samples != 0 || !(a[2].Model.LossLast < a[0].Model.LossFirst) {
		t.Errorf("%d iterations, %d samples, loss from %v to %v", len(a), a[2].Samples, a[0].Model.LossFirst, a[2].Model.LossLast)
	}
	work := c.Work(world.Task(), world.Horizon(), whole.Recorded())
	if work.Iterations != len(a) || work.Most != len(a) || work.Samples != 0 {
		t.Errorf("planned %+v, played %d iterations", work, len(a))
	}
	for i := range a {
		if a[i].Model.Steps != work.FitSteps[i] {
			t.Errorf("iteration %d: %d minibatches, planned %d", i+1, a[i].Model.Steps, work.FitSteps[i])
		}
		a[i].Timing, b[i].Timing, a[i].Model.Data, b[i].Model.Data = algo.Timing{}, algo.Timing{}, nil, nil
		if x, y := fmt.Sprintf("%+v", a[i]), fmt.Sprintf("%+v", b[i]); x != y { // a NaN equals none
			t.Errorf("iteration %d in parts: %s, want %s", i+1, y, x)
		}
	}
}

// Every player learns from recorded data alone, and scales observations by them.
func TestOfflineLearningIsForEveryPlayer(t *testing.T) {
	for name, c := range map[string]algo.Config{"npg": tinyOn(t, algo.PAL, "pointmass", 50), "pathwise": pathwise(t, "pointmass"), "actor-critic": briefActorCritic(t)} {
		world := openWorld(t, "pointmass", c, 1)
		low, _ := world.Task().ActionBox()
		data := recordedBy(t, world, 5, len(low))
		c.Samples, c.OfflineIterations, c.Evaluation.Every, c.Evaluation.StopAt = 0, 2, 0, math.Inf(1)
		c.Model.MinSteps, c.Model.MaxSteps, c.NPG.Steps = 20, 20, 2
		g, err := algo.New(c, cpuBackend(t), closedWorld{world}, world.Task(), algo.Options{Data: data})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		for !g.Done() {
			if _, err := g.Iterate(context.Background()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		snapshot, err := g.Save()
		if err != nil {
			t.Fatal(err)
		}
		policy, err := algo.LatestPolicy(c, world.Task(), snapshot.Groups)
		if err != nil {
			t.Fatal(err)
		}
		if c.Policy.Normalise && policy.Scale[0] == 1 {
			t.Errorf("%s: the normaliser %v is not that of the data", name, policy.Scale)
		}
	}
}

// Paths start in any state of an episode that is longer than those of the task.
func TestRecordedEpisodesMayOutlastTheTask(t *testing.T) {
	for name, c := range map[string]algo.Config{"npg": tinyOn(t, algo.PAL, "pointmass", 50), "pathwise": pathwise(t, "pointmass")} {
		world := openWorld(t, "pointmass", c, 1)
		low, _ := world.Task().ActionBox()
		data := recordedBy(t, world, 5, len(low))
		long, width := data[0], len(world.Task().Observation)
		for _, e := range data[1:] {
			long.Observations, long.Actions, long.Samples = append(long.Observations, e.Observations[width:]...), append(long.Actions, e.Actions...), long.Samples+e.Samples
		}
		long.Rewards = nil
		c.Samples, c.OfflineIterations, c.Evaluation.Every, c.Evaluation.StopAt = 0, 1, 0, math.Inf(1)
		c.Model.MinSteps, c.Model.MaxSteps, c.NPG.Steps, c.NPG.BufferStarts, c.NPG.MinPathLength, c.Pathwise.Initial = 20, 20, 1, 1, 0, 0
		g, err := algo.New(c, cpuBackend(t), closedWorld{world}, world.Task(), algo.Options{Data: []algo.Episode{long}})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		want := c.Pathwise.Starts
		if c.Policy.Player == algo.PlayerNPG {
			want = c.NPG.StartsPerMember * c.Model.Members
		}
		if r := iterateOnce(t, g); r.Policy.Paths != want {
			t.Errorf("%s: %d paths have a decision, want all %d", name, r.Policy.Paths, want)
		}
	}
}

// closedWorld is a world that nobody may play in.
type closedWorld struct{ algo.World }

func (closedWorld) Sample(context.Context, uint64, uint64, func() algo.ActFunc, algo.KeepFunc) error {
	panic("played in the world")
}

func TestRecordedDataThatDoNotFitAreRefused(t *testing.T) {
	c := tiny(t, algo.MAL)
	world := openWorld(t, "cartpole", c, 1)
	data := played(t, world, 2)
	short := append([]algo.Episode(nil), data...)
	short[1].Observations = short[1].Observations[:len(short[1].Observations)-1]
	open := func(c algo.Config, data []algo.Episode) (*algo.Game, error) {
		g, err := algo.New(c, nntest.Reference(), world, world.Task(), algo.Options{Data: data})
		if g != nil {
			t.Cleanup(func() { g.Close() })
		}
		return g, err
	}
	offline, learned := c, c
	offline.Samples, learned.Model.LearnReward = 0, true
	bare := append([]algo.Episode(nil), data...)
	bare[1].Rewards = nil
	for want, one := range map[string]struct {
		config algo.Config
		data   []algo.Episode
	}{"recorded episode 1: ": {c, short}, "there are none": {offline, nil}, "recorded episode 1 holds no rewards": {learned, bare}} {
		if _, err := open(one.config, one.data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	g, err := open(c, data)
	if err != nil {
		t.Fatal(err)
	}
	iterateOnce(t, g)
	snapshot, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range [][]algo.Episode{nil, data[:1]} {
		h, err := open(c, other)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Restore(snapshot); err == nil || !strings.Contains(err.Error(), "recorded decisions, the game had") {
			t.Errorf("restored with %d of the 2 recorded episodes: %v", len(other), err)
		}
	}
}

// TestPessimismPractisesInTheWorstMember: of four members a step of the policy uses the paths of one, and what it
// promises is less than what the optimist's step promises of the same paths.
func TestPessimismPractisesInTheWorstMember(t *testing.T) {
	promised := map[float64]algo.Number{}
	for _, pessimism := range []float64{-1, 0, 1} {
		c := tinyOn(t, algo.PAL, "pointmass", 50)
		c.Model.Members, c.NPG.Pessimism, c.NPG.Steps = 4, pessimism, 1
		world := openWorld(t, "pointmass", c, 1)
		r := iterateOnce(t, newGameIn(t, world, c, nntest.Reference()))
		want := c.NPG.StartsPerMember
		if pessimism == 0 {
			want *= 4
		}
		if r.Policy.Paths != want {
			t.Errorf("pessimism %g: %d paths, want %d", pessimism, r.Policy.Paths, want)
		}
		promised[pessimism] = r.Policy.ModelReturn
	}
	if !(promised[1] < promised[0] && promised[0] < promised[-1]) {
		t.Errorf("the worst member promises %v, all %v, the best %v", promised[1], promised[0], promised[-1])
	}
}
