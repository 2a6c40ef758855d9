package algo_test

import (
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// warden notes what the rollouts and scores of a game were given.
type warden struct {
	nn.Backend
	nn.Disagreeing
	nn.Differentiator
	nn.GaussianMembers
	cuts, costs, rewardScales []float64
	asked                     []bool
}

func newWarden(b nn.Backend) *warden {
	return &warden{Backend: b, Disagreeing: b.(nn.Disagreeing), Differentiator: b.(nn.Differentiator), GaussianMembers: b.(nn.GaussianMembers)}
}

func (w *warden) Rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, o nn.RolloutOptions) (nn.Paths, error) {
	w.cuts, w.asked = append(w.cuts, o.Cut), append(w.asked, o.Disagreement)
	return w.Backend.Rollout(p, m, task, starts, o)
}

func (w *warden) Score(paths nn.Paths, task nn.Task, o nn.ScoreOptions) (nn.ScoreReport, error) {
	w.costs, w.rewardScales = append(w.costs, o.Disagreement), append(w.rewardScales, o.RewardScale)
	return w.Backend.Score(paths, task, o)
}

// cautious is a small configuration of a player.
func cautious(t *testing.T, player string) algo.Config {
	t.Helper()
	if player == algo.PlayerNPG {
		return tinyOn(t, algo.PAL, "pointmass", 50)
	}
	c := pathwise(t, "pointmass")
	c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, 50, 2, 10, 10
	c.Evaluation.Episodes, c.Diagnostics = 2, 2
	return c
}

// Paths of policy steps end where the members disagree more than on most real states; what the model is judged by does not. A
// factor beyond every disagreement cuts nothing, and the less is allowed the more is cut.
func TestPathsAreCutWhereMembersDisagree(t *testing.T) {
	for _, player := range []string{algo.PlayerNPG, algo.PlayerPathwise} {
		shares := map[float64]float64{}
		for _, quantile := range []float64{2, 0.9, 0.4} {
			c := cautious(t, player)
			c.NPG.Cut, c.NPG.CutQuantile, c.NPG.MinPathLength = 1, quantile, 0
			if quantile > 1 {
				c.NPG.Cut, c.NPG.CutQuantile = 1e6, 1
			}
			w := newWarden(cpuBackend(t))
			r := iterateOnce(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, w))
			if r.Policy.Cut == nil || r.Policy.CutAt == nil || !(*r.Policy.CutAt > 0) {
				t.Fatalf("%s: cut at %v, share %v", player, r.Policy.CutAt, r.Policy.Cut)
			}
			shares[quantile] = float64(*r.Policy.Cut)
			last := len(w.cuts) - 1
			if w.cuts[0] != 0 || !w.asked[0] || w.cuts[1] != float64(*r.Policy.CutAt) || w.cuts[last] != 0 {
				t.Errorf("%s: rollouts cut at %v, want 0 where it is measured, %g in policy steps and 0 where the return is predicted", player, w.cuts, *r.Policy.CutAt)
			}
		}
		if shares[2] != 0 || !(shares[0.9] > 0 && shares[0.9] < shares[0.4] && shares[0.4] < 1) {
			t.Errorf("%s: shares %v of the decisions are cut, want none, some, more", player, shares)
		}
		c := cautious(t, player)
		if r := iterateOnce(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))); r.Policy.Cut != nil || r.Policy.CutAt != nil {
			t.Errorf("%s: a share is told where nothing is cut", player)
		}
	}
}

// Disagreement costs in policy steps alone: the returns of the record are those of the reward.
func TestDisagreementCostsInPolicySteps(t *testing.T) {
	for _, player := range []string{algo.PlayerNPG, algo.PlayerPathwise} {
		first := func(cost float64) (algo.Record, *warden) {
			c := cautious(t, player)
			c.NPG.Disagreement, c.NPG.Steps = cost, 1
			w := newWarden(cpuBackend(t))
			return iterateOnce(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, w)), w
		}
		plain, _ := first(0)
		for _, cost := range []float64{50, -50} {
			r, w := first(cost)
			if last := len(w.costs) - 1; w.costs[0] != cost || w.costs[last] != 0 {
				t.Errorf("%s: costs %v, want %g in policy steps and 0 where the return is predicted", player, w.costs, cost)
			}
			if r.Policy.KL == plain.Policy.KL || r.Policy.ModelReturn != plain.Policy.ModelReturn {
				t.Errorf("%s, cost %g: KL %g and return %g, without %g and %g: want another step and the same return", player, cost,
					r.Policy.KL, r.Policy.ModelReturn, plain.Policy.KL, plain.Policy.ModelReturn)
			}
		}
	}
}

// Disagreement costs as much where the model learns the reward as where a formula gives it, also where a decision is several
// environment steps.
func TestDisagreementCostsAlikeWhereTheRewardIsLearned(t *testing.T) {
	for _, learned := range []bool{false, true} {
		c := cautious(t, algo.PlayerNPG)
		c.NPG.Disagreement, c.NPG.Steps, c.Repeat, c.Model.LearnReward, c.Value.RewardScale = 3, 1, 2, learned, 0.5
		w := newWarden(cpuBackend(t))
		iterateOnce(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, w))
		if got := w.costs[0] * w.rewardScales[0]; got != 3*2*0.5 {
			t.Errorf("learned reward %v: a unit of disagreement costs %g in the scale of the value network, want 3", learned, got)
		}
	}
}

// A game that cuts and charges resumes to the same records.
func TestCautiousGameIsRestored(t *testing.T) {
	for _, player := range []string{algo.PlayerNPG, algo.PlayerPathwise} {
		c := cautious(t, player)
		c.NPG.Cut, c.NPG.Disagreement, c.NPG.MinPathLength = 1, 0.5, 0
		backend := cpuBackend(t)
		whole, resumed := newGameIn(t, openWorld(t, "pointmass", c, 2), c, backend), newGameIn(t, openWorld(t, "pointmass", c, 1), c, backend)
		checkRestored(t, whole, resumed, 2)
	}
}

// A backend that does not measure disagreement is named with the key, and so is a single member.
func TestCautionNamesWhatLacksIt(t *testing.T) {
	for key, set := range map[string]func(*algo.Config){
		"npg.cut": func(c *algo.Config) { c.NPG.Cut = 2 }, "npg.disagreement": func(c *algo.Config) { c.NPG.Disagreement = -1 },
	} {
		c := tiny(t, algo.PAL)
		set(&c)
		world := openWorld(t, "cartpole", c, 1)
		g, err := algo.New(c, plodder{nntest.Reference()}, world, world.Task(), algo.Options{})
		if err == nil {
			g.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "plodder") || !strings.Contains(err.Error(), key) {
			t.Errorf("error %v, want one that names the backend and %s", err, key)
		}
		c.Policy.Player = algo.PlayerActorCritic
		if g, err := algo.New(c, nntest.Reference(), world, world.Task(), algo.Options{}); err == nil || !strings.Contains(err.Error(), key) ||
			!strings.Contains(err.Error(), algo.PlayerActorCritic) {
			t.Errorf("game %v, error %v, want one that names the player and %s", g, err, key)
		}
		c.Policy.Player = algo.PlayerNPG
		c.Model.Members = 1
		if problems := c.Validate(); len(problems) != 1 || problems[0].Key != key {
			t.Errorf("problems %v of one member, want one of %s", problems, key)
		}
	}
	for _, bad := range []func(*algo.Config){
		func(c *algo.Config) { c.NPG.Cut = -1 }, func(c *algo.Config) { c.NPG.CutQuantile = 1.1 }, func(c *algo.Config) { c.NPG.Disagreement = math.Inf(1) },
	} {
		c := tiny(t, algo.PAL)
		if bad(&c); len(c.Validate()) == 0 {
			t.Errorf("nothing is wrong with %+v", c.NPG)
		}
	}
}
