package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics/task"
)

// answer is what eval prints, for programs as it stands.
type answer struct {
	Run        string         `json:"run"`
	Task       string         `json:"task"`
	Checkpoint int            `json:"checkpoint"`
	Seed       uint64         `json:"seed"`
	Stochastic bool           `json:"stochastic"`
	Dropped    uint64         `json:"dropped"`
	Better     *run.Best      `json:"better,omitempty"` // the run's best checkpoint, where it is much better
	File       string         `json:"file,omitempty"`
	Written    int            `json:"written,omitempty"`
	Averaged   []int          `json:"averaged,omitempty"`
	Broken     map[string]int `json:"broken_limits,omitempty"`
	algo.Evaluation
}

// showAnswer prints it for people.
func (p *program) showAnswer(a answer, config run.Config, manifest run.Manifest, t *task.Task) {
	if a.Averaged != nil {
		p.printf("mean of the policies of checkpoints %s\n", averagedNames(a.Averaged))
	}
	p.showEvaluation(a, config, manifest, t)
	if a.Better != nil {
		p.printf("checkpoint %06d was much better when the run evaluated it: return %s, at least %s; take it by %s\n",
			a.Better.Iteration, run.Figure(a.Better.Return), run.Figure(a.Better.CILow), usage.Line("eval", []string{a.Run}, "--best"))
	}
	if a.Dropped > 0 {
		p.printf("%s broke down and had to be replaced\n", usage.Count(a.Dropped, "episode"))
	}
	if a.File != "" {
		p.printf("%s written to %s\n", usage.Count(a.Written, "episode"), a.File)
	}
}

// showEvaluation prints returns, success, limits and measures.
func (p *program) showEvaluation(a answer, config run.Config, manifest run.Manifest, t *task.Task) {
	action := "mean action"
	if a.Stochastic {
		action = "random action"
	}
	p.printf("%s, checkpoint %06d (%s samples), %s, %s, seed %d\n", a.Task, a.Checkpoint,
		run.Thousands(a.Samples), usage.Count(a.Episodes, "episode"), action, a.Seed)
	p.showReturn(a.Evaluation)
	p.printf("length   %s environment steps, %.3g s\n", run.Figure(a.Length), float64(a.Length)*t.Dt())
	if a.Success == a.Success {
		p.printf("success  %.1f %%\n", 100*float64(a.Success))
	}
	for _, name := range t.LimitNames() {
		p.printf("limit %s: broken in %d of %s\n", name, a.Broken[name], usage.Count(a.Episodes, "episode"))
	}
	for _, m := range t.Measures {
		if found, known := a.Measures[m.Name]; known {
			unit := strings.TrimRight(" "+m.Unit, " ")
			p.printf("%s: %s%s in the mean, %s%s over the second half, %s%s at the end of an episode\n", m.Name, run.Figure(found.Mean), unit,
				run.Figure(found.SecondHalf), unit, run.Figure(found.Final), unit)
		}
	}
	if schedule, err := config.Schedule(); err == nil && manifest.Changes > 0 { // else it could not be opened
		p.printf("in the world after %s\n", schedule[manifest.Changes-1])
	}
}

// showReturn prints the returns of an evaluation. One episode says nothing of how far others are from it.
func (p *program) showReturn(result algo.Evaluation) {
	if result.Episodes == 1 {
		p.printf("return   %s (sum of rewards of the episode); one episode has no confidence interval\n", run.Figure(result.Return))
		return
	}
	p.printf("return   %s (sum of rewards of an episode), 95 %% confidence interval %s to %s\n", run.Figure(result.Return),
		run.Figure(result.CILow), run.Figure(result.CIHigh))
	p.printf("         lowest %s, highest %s, standard deviation %s\n", run.Figure(result.Min), run.Figure(result.Max), run.Figure(result.Std))
}

// showBest prints the best evaluation of a run.
func (p *program) showBest(best run.Best) {
	sure := "in one episode"
	if best.CILow == best.CILow {
		sure = fmt.Sprintf("at least %s with 97.5 %% confidence", run.Figure(best.CILow))
	}
	p.printf("best evaluation: return %s by the mean action, %s, by %s samples (checkpoint %06d)\n",
		run.Figure(best.Return), sure, run.Thousands(best.Samples), best.Iteration)
}

// decimal shows a number to a hundredth.
func decimal(n algo.Number) string {
	if n != n {
		return "unknown"
	}
	return strconv.FormatFloat(float64(n), 'f', 2, 64)
}
