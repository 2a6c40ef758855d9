package algo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/nn"
)

// Pair is a policy and a model of the same moment of a game.
type Pair struct {
	Backend nn.Backend // backend that holds the model
	Model   nn.Ensemble
	Policy  Policy
}

// Quantity is a part of a state whose prediction is compared with the world's: a measure of the task or a
// group of observation entries.
type Quantity struct {
	Name, Unit string
	Main       bool // a measure of the task, not a part of its observation
	// Distance is that of a predicted observation [O] from the true one, ≥ 0.
	Distance func(truth, predicted []float64) float64
}

// DiagnoseOptions say over what a model is compared with the world.
type DiagnoseOptions struct {
	Episodes int
	Horizon  int     // decisions to look ahead, at most the world's
	Seed     uint64  // seed of the initial states: those of an evaluation with this seed
	Clamp    float64 // bound on predicted observations, as in model rollouts
	// Low and High [O] are the ranges of predicted observations, see [Config.Ranges]; nil: none.
	Low, High  []float32
	Quantities []Quantity
}

// Diagnosis compares a model with the world under the mean action of a policy (paper, appendix B.3).
type Diagnosis struct {
	Episodes     int          `json:"episodes"`
	Horizon      int          `json:"horizon"` // H, decisions
	Members      int          `json:"members"` // members of the ensemble
	Alive        []int        `json:"alive"`   // [H+1] episodes that are not over after t decisions
	Errors       []ModelError `json:"errors"`
	Returns      Returns      `json:"returns"`
	Disagreement Disagreement `json:"disagreement"`
	Calibration  Calibration  `json:"calibration"`
	Clamps       Clamps       `json:"clamps"`
}

// Clamps counts the model paths that reached the bound on observations. After that their error measures
// the bound, not the model.
type Clamps struct {
	Bound  float64 `json:"bound"`  // largest magnitude of an observation entry, 0 for none
	Paths  int     `json:"paths"`  // model paths, one for each member and episode
	Open   Clamped `json:"open"`   // paths under the world's actions
	Closed Clamped `json:"closed"` // paths under the policy's own actions
}

// Clamped are the paths of one kind that reached the bound while the world's episode lasted.
type Clamped struct {
	Paths int `json:"paths"`
	First int `json:"first"` // decisions before the first of them reached it, 0 for none
}

// Text describes the clamps; "" where no path reached the bound.
func (c Clamps) Text() string {
	var parts []string
	for _, kind := range []struct {
		name string
		Clamped
	}{{"open", c.Open}, {"closed", c.Closed}} {
		if kind.Paths > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d in %s loop, first after %d decisions", kind.Paths, c.Paths, kind.name, kind.First))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("predicted paths reached the clamp of ±%g: %s", c.Bound, strings.Join(parts, "; "))
}

// ModelError is the error of a quantity after t decisions in the model, t = 0 to H: the mean over
// the episodes that are not over in the world by then, and over members.
type ModelError struct {
	Name   string   `json:"name"`
	Unit   string   `json:"unit"`
	Main   bool     `json:"main"`
	Open   []Number `json:"open"`   // [H+1] the world's actions are applied in the model
	Closed []Number `json:"closed"` // [H+1] the policy acts on what the model predicts
}

// Returns compares returns over the first H decisions, without discount: in the model, by the
// task's reward of the predicted states, and in the world.
type Returns struct {
	Predicted     []Number `json:"predicted"` // [episodes] mean over members
	Realised      []Number `json:"realised"`  // [episodes]
	MeanPredicted Number   `json:"mean_predicted"`
	MeanRealised  Number   `json:"mean_realised"`
	Correlation   Number   `json:"correlation"` // correlation over episodes; null where one of the two is constant
}

// realEpisodes are the episodes of the world that a diagnosis compares with the model.
type realEpisodes struct {
	rows    int // n, episodes
	task    nn.Task
	played  []episode
	returns []float64 // [n] sums over the first Horizon decisions
}

// Diagnose samples episodes in the world and rolls the model out from their initial states.
func Diagnose(ctx context.Context, world World, task nn.Task, pair Pair, o DiagnoseOptions) (Diagnosis, error) {
	if o.Episodes < 1 || o.Horizon < 1 {
		return Diagnosis{}, fmt.Errorf("diagnosis of %d episodes over %d decisions: needs at least one of each", o.Episodes, o.Horizon)
	}
	o.Horizon = min(o.Horizon, world.Horizon())
	real, err := sampleEpisodes(ctx, world, task, pair.Policy, o)
	if err != nil {
		return Diagnosis{}, err
	}
	ahead := &lookahead{Pair: pair, realEpisodes: real, options: o, members: pair.Model.Shape().Members, repeat: float64(world.ActionRepeat())}
	open, err := ahead.run(ctx, ahead.worldActions)
	if err != nil {
		return Diagnosis{}, fmt.Errorf("open loop: %w", err)
	}
	choose, err := ahead.policyActions()
	if err != nil {
		return Diagnosis{}, err
	}
	closed, err := ahead.run(ctx, choose)
	if err != nil {
		return Diagnosis{}, fmt.Errorf("closed loop: %w", err)
	}
	d := Diagnosis{Episodes: o.Episodes, Horizon: o.Horizon, Members: ahead.members, Alive: real.alive(o.Horizon),
		Returns: compareReturns(closed.returns, real.returns),
		Clamps:  Clamps{Bound: o.Clamp, Paths: o.Episodes * ahead.members, Open: open.clamped, Closed: closed.clamped}}
	for i, q := range o.Quantities {
		d.Errors = append(d.Errors, ModelError{Name: q.Name, Unit: q.Unit, Main: q.Main, Open: open.errors[i], Closed: closed.errors[i]})
	}
	d.Disagreement, d.Calibration, err = disagree(pair, real, o.Horizon)
	return d, err
}

// sampleEpisodes samples episodes of the world by the mean action.
func sampleEpisodes(ctx context.Context, world World, task nn.Task, policy Policy, o DiagnoseOptions) (*realEpisodes, error) {
	newActor, err := policy.Mean()
	if err != nil {
		return nil, err
	}
	t, sampled := &realEpisodes{rows: o.Episodes, task: task}, newStatistics(task)
	err = world.Sample(ctx, resetSeed(o.Seed, nn.StreamEvaluation), 0, newActor,
		func(e Episode) bool {
			sampled.add(e, o.Horizon)
			t.played = append(t.played, episode{observations: slices.Clone(e.Observations), actions: slices.Clone(e.Actions),
				rewards: sampled.perDecision(e.Rewards)})
			return len(t.played) < o.Episodes
		})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWorld, err)
	}
	t.returns = sampled.partial
	return t, nil
}

// alive counts the episodes that are not over after t decisions, t = 0 to horizon.
func (t *realEpisodes) alive(horizon int) []int {
	alive := make([]int, horizon+1)
	for _, e := range t.played {
		for i := range min(e.decisions(), horizon) + 1 {
			alive[i]++
		}
	}
	return alive
}

func compareReturns(predicted, realised []float64) Returns {
	return Returns{Predicted: numbers(predicted), Realised: numbers(realised), MeanPredicted: Number(mean(predicted)),
		MeanRealised: Number(mean(realised)), Correlation: Number(correlation(predicted, realised))}
}

func numbers(values []float64) []Number {
	all := make([]Number, len(values))
	for i, x := range values {
		all[i] = Number(x)
	}
	return all
}
