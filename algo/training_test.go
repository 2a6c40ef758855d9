package algo_test

import (
	"context"
	"errors"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
)

// longest notes the longest of the paths of each score.
type longest struct {
	nn.Backend
	decisions []int
}

func (l *longest) Score(paths nn.Paths, task nn.Task, o nn.ScoreOptions) (nn.ScoreReport, error) {
	report, err := l.Backend.Score(paths, task, o)
	if err != nil {
		return report, err
	}
	columns, err := paths.Download()
	most := 0
	for _, length := range columns.Lengths {
		most = max(most, length)
	}
	l.decisions = append(l.decisions, most)
	return report, err
}

// Episodes of training end after training_horizon steps, and so does what the model promises of them; evaluations and
// model paths of policy steps last on. The point mass never ends an episode before its 50 steps.
func TestATrainingHorizonEndsEpisodesOfTrainingAlone(t *testing.T) {
	c := tinyOn(t, algo.PAL, "pointmass", 50)
	c.Repeat, c.TrainingHorizon, c.SamplesPerIteration = 2, 9, 17 // four decisions of two steps; three episodes
	world, err := physics.Open(builtin(t, "pointmass"), physics.Options{Workers: 2, ActionRepeat: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	seen := &longest{Backend: nntest.Reference()}
	g := newGameOf(t, world, world.Task(), c, seen)
	iterateOnce(t, g)
	seen.decisions = nil
	r, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if r.Sampled.Length != 8 || r.Sampled.Episodes != 3 || r.Evaluation.Length != 50 {
		t.Errorf("%d episodes of training of %g steps, evaluations of %g; want 3 of 8, and 50", r.Sampled.Episodes, r.Sampled.Length, r.Evaluation.Length)
	}
	promised, steps := 0, 0
	for _, n := range seen.decisions {
		switch n {
		case 4:
			promised++
		case c.NPG.Horizon:
			steps++
		}
	}
	if promised != 1 || steps != c.NPG.Steps || promised+steps != len(seen.decisions) {
		t.Errorf("model paths of %v decisions; want one rollout of 4 and %d of %d", seen.decisions, c.NPG.Steps, c.NPG.Horizon)
	}
}

// outsider is a world outside this program.
type outsider struct{ *physics.World }

func (outsider) Hand(algo.Handout) error { return nil }
func (outsider) Missed() uint64          { return 0 }

func TestATrainingHorizonThatCannotBeKeptIsRefused(t *testing.T) {
	one := builtin(t, "pointmass")
	world, err := physics.Open(one, physics.Options{Workers: 1, ActionRepeat: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	for _, test := range []struct {
		name    string
		steps   int
		world   algo.World
		refused bool
	}{
		{"none", 0, world, false},
		{"one decision", 2, world, false},
		{"the task's", 50, world, false},
		{"less than a decision", 1, world, true},
		{"more than the task's", 51, world, false},
		{"negative", -1, world, true},
		{"a world that ends no episode early", 20, numb{world}, true},
		{"none there", 0, numb{world}, false},
		{"a robot", 20, outsider{world}, true},
		{"none on a robot", 0, outsider{world}, false},
	} {
		c := tinyOn(t, algo.PAL, "pointmass", 50)
		c.Repeat, c.TrainingHorizon = 2, test.steps
		g, err := algo.New(c, nntest.Reference(), test.world, one, algo.Options{})
		if err == nil {
			g.Close()
		}
		problem := algo.Problem{}
		if named := errors.As(err, &problem) && problem.Key == "training_horizon"; named != test.refused || !named && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// An episode of pointmass has 50 steps. Players whose paths are short by design drop none.
func TestPathsLongerThanAnEpisodeAreRefused(t *testing.T) {
	for _, test := range []struct {
		player       string
		least, steps int
		refused      bool
	}{
		{algo.PlayerNPG, 5, 10, false},
		{algo.PlayerNPG, 6, 10, true},
		{algo.PlayerPlan, 6, 10, true},
		{algo.PlayerPathwise, 6, 10, false},
	} {
		c := tinyOn(t, algo.PAL, "pointmass", 50)
		c.Policy.Player, c.NPG.MinPathLength, c.Repeat = test.player, test.least, test.steps
		world := openWorld(t, "pointmass", c, 1)
		g, err := algo.New(c, cpuBackend(t), world, world.Task(), algo.Options{})
		if err == nil {
			g.Close()
		}
		problem := algo.Problem{}
		if named := errors.As(err, &problem) && problem.Key == "npg.min_path_length"; named != test.refused || !named && err != nil {
			t.Errorf("%s, at least %d decisions of %d steps: %v", test.player, test.least, test.steps, err)
		}
	}
}
