package algo

import (
	"fmt"
	"math"
)

// Forecast estimates how long a run will take whose episodes and model paths last to their limits. An iteration takes less
// where they end before, and there are more iterations.
type Forecast struct {
	Iterations int     `json:"iterations"`
	Most       int     `json:"most_iterations"` // where every episode ends after its first step
	First      float64 `json:"first_iteration_seconds"`
	Whole      float64 `json:"seconds"`
}

// Sizes of a trial iteration.
const (
	trialSamples = 200 // environment steps, at least an episode
	trialFits    = 30  // minibatches
	trialStarts  = 8   // model paths per member
	trialHorizon = 25  // decisions of a model path
	trialPaths   = 200 // model paths of the pathwise player
	trialUpdates = 40  // policy updates of the actor-critic player
)

// Trial is the configuration of a short iteration whose parts cost the same as in a run of c: the same
// networks and minibatches, less of everything else. [Work.Forecast] needs its record.
func (c Config) Trial() Config {
	critics, both := c.updates(false)
	c.ActorCritic.Ratio, c.ActorCritic.First = trialUpdates, 1
	c.ActorCritic.CriticFirst = min(trialUpdates*critics/both, 10*trialUpdates)
	c.Algorithm, c.Samples, c.InitialSamples, c.SamplesPerIteration = PAL, 1, trialSamples, 1
	c.Buffer, c.Relabel, c.Diagnostics, c.Measure, c.Promise.Starts = 0, 0, 0, false, 0
	c.Evaluation.Every, c.Evaluation.StopAt = 0, math.Inf(1)
	c.Model.Epochs, c.Model.MinSteps, c.Model.MaxSteps, c.Model.FirstFit = 1, trialFits, trialFits, 1
	c.NPG.Steps, c.NPG.MinPathLength = 1, 0
	c.NPG.StartsPerMember, c.NPG.Horizon = min(c.NPG.StartsPerMember, trialStarts), min(c.NPG.Horizon, trialHorizon)
	c.Value.Epochs, c.Value.MinSteps = 1, 0
	c.Pathwise.Starts, c.Pathwise.Horizon = min(c.Pathwise.Starts, trialPaths), min(c.Pathwise.Horizon, trialHorizon)
	c.Pathwise.ValueRolls, c.Pathwise.ValueFirst = 0, 1
	return c
}

// Forecast scales the times of a trial iteration's parts to the work of the run.
func (w Work) Forecast(trial Record) (Forecast, error) {
	stage := trial.Timing.Stages
	if trial.Model.Steps < 1 || w.PolicySteps > 0 && trial.Policy.PathSteps < 1 || trial.Samples < 1 {
		return Forecast{}, fmt.Errorf("forecast: the trial made %d minibatches, %d model steps and %d samples", trial.Model.Steps,
			trial.Policy.PathSteps, trial.Samples)
	}
	path := 0.0
	for _, name := range []Stage{StageRollout, StageAdvantage, StageGradient, StageCG, StageStep} {
		path += stage[string(name)]
	}
	minibatch := stage[string(StageFit)] / float64(trial.Model.Steps)
	steps := float64(max(1, trial.Policy.PathSteps))
	path /= steps
	row := stage[string(StageValue)] / steps
	sample := stage[string(StageWorld)] / float64(trial.Samples)
	step := path*float64(w.PathSteps) + row*float64(w.ValueRows)
	rest, more := float64(w.PolicySteps)*step+sample*float64(w.Samples), float64(w.FirstMore)*step
	more += float64(w.FirstPaths) * step / float64(max(1, w.PathSteps))
	return Forecast{Iterations: w.Iterations, Most: w.Most, First: rest + more + minibatch*float64(w.fits(1)),
		Whole: float64(w.Iterations)*rest + more + minibatch*w.AllFits()}, nil
}
