package run

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// plainEvery is the longest time between two lines of a status that nobody watches live.
const plainEvery = 15 * time.Second

// stoppingNote is the answer to the first signal.
const stoppingNote = "finishing this iteration and its checkpoint; the same signal again stops at once"

// progress is the state of every status: the progress of the run and the pace of its iterations.
type progress struct {
	total   int // samples at which the run ends; 0 if it collects none and ends by its iterations
	begin   time.Time
	samples int // samples so far
	first   int
	last    algo.Record // record of the last iteration; before the first one of this process only its number is known
	stage   algo.Stage
	entered time.Time     // begin of the present stage
	began   time.Time     // begin of the present iteration
	work    algo.Work     // work of the whole run; zero if unknown
	done    algo.Progress // progress of the present iteration
	played  int           // iterations of this process

	overPromised int // iterations in a row, of this process, in which the model promised too much
}

// newProgress is the progress of a process that continues after an iteration, 0 for none, and its samples.
func newProgress(iteration, samples, total int) progress {
	now := time.Now()
	return progress{total: total, begin: now, entered: now, began: now, samples: samples, first: samples, last: algo.Record{Iteration: iteration}}
}

func (p *progress) take(record algo.Record) {
	p.last, p.samples = record, record.Samples
	p.done, p.began = algo.Progress{}, time.Now()
	p.played++
	if p.overPromised++; !record.Model.OverPromised {
		p.overPromised = 0
	}
}

// left estimates the time until the run ends, from the pace of this process's iterations; 0 if unknown.
// It is never less than the rest of the current iteration. During the first iteration it uses the
// completed share of the whole run's work.
func (p *progress) left() time.Duration {
	inside := time.Since(p.began)
	if begun, now, end := p.reach(); now > begun {
		pace := float64(p.began.Sub(p.begin)) / float64(now-begun)
		left := time.Duration(pace*float64(max(0, end-now))) - inside
		if share := p.share(); share > 0.01 {
			left = max(left, time.Duration(float64(inside)*(1/share-1)))
		}
		return max(left, 0)
	}
	if share := p.firstShare(); share > 0.01 { // a smaller share makes it a guess
		return time.Duration(float64(time.Since(p.begin)) * (1/share - 1))
	}
	return 0
}

// reach is where the process began, where the run is now, and where it ends: in samples, or in iterations if it collects none.
func (p *progress) reach() (begun, now, end int) {
	if p.total == 0 {
		return p.last.Iteration - p.played, p.last.Iteration, p.work.Iterations
	}
	return p.first, p.samples, p.total
}

// share is the completed share of the current iteration, 0 if unknown.
func (p *progress) share() float64 {
	if len(p.work.FitSteps) == 0 {
		return 0
	}
	return p.work.Share(p.last.Iteration+1, p.done)
}

// firstShare is the completed share of the whole run during its first iteration, 0 if unknown.
func (p *progress) firstShare() float64 {
	if p.last.Iteration > 0 || len(p.work.FitSteps) == 0 {
		return 0
	}
	fits := p.work.AllFits()
	whole := p.work.FitFLOPs*fits + p.work.PolicyFLOPs*float64(p.work.PolicySteps*p.work.Iterations+p.work.FirstMore)
	one := p.work.FitFLOPs*float64(p.work.FitSteps[0]) + p.work.PolicyFLOPs*float64(p.work.PolicySteps+p.work.FirstMore)
	return p.work.Share(1, p.done) * one / whole
}

// now describes the current step of the iteration.
func (p *progress) now() string {
	if p.stage == "" {
		return ""
	}
	text := stageNames(p.stage)
	switch {
	case p.stage == algo.StageFit && p.done.FitEnd > 0:
		text += fmt.Sprintf(" %s of %s minibatches", Thousands(p.done.Fit), Thousands(p.done.FitEnd))
	case isPolicy(p.stage) && p.done.PolicySteps > 0:
		text = fmt.Sprintf("policy step %d of %d", min(p.done.PolicyStep+1, p.done.PolicySteps), p.done.PolicySteps)
	}
	return text
}

// isPolicy reports whether a stage is part of a policy step.
func isPolicy(stage algo.Stage) bool {
	switch stage {
	case algo.StageRollout, algo.StageAdvantage, algo.StageGradient, algo.StageCG, algo.StageStep, algo.StageValue:
		return true
	}
	return false
}

// stageNames describes what a stage does.
func stageNames(stage algo.Stage) string {
	switch stage {
	case algo.StageFit:
		return "model fit"
	case algo.StageWorld:
		return "sampling the world"
	case algo.StageEvaluate:
		return "evaluation"
	case algo.StageDiagnose:
		return "model against world"
	case algo.StagePromise:
		return "foreseeing the new policy"
	}
	return string(stage)
}

// describe returns one line on the last iteration.
func (p *progress) describe() string {
	text := p.outcome() + "  " + p.losses()
	if p.last.Perturbation != nil {
		text += "  changed world: " + usage.Printable(strings.Join(p.last.Perturbation.Changes, "; "))
	}
	return text
}

// begins names the iteration under way.
func (p *progress) begins() string {
	switch number := p.last.Iteration + 1; {
	case p.total == 0:
		return fmt.Sprintf("iteration %d, from recorded data", number)
	case number == 1:
		return "iteration 1, from initial data of the untrained policy"
	default:
		return fmt.Sprintf("iteration %d, after %s samples", number, Thousands(p.first))
	}
}

// outcome is what the last iteration achieved, by the samples that produced its policy.
func (p *progress) outcome() string {
	r := p.last
	by := r.Sampled.Samples
	if r.Evaluation != nil {
		by = r.Evaluation.Samples
	}
	text := fmt.Sprintf("iteration %d", r.Iteration)
	if p.total > 0 {
		text += fmt.Sprintf("  by %s samples  return sampled %s", Thousands(by), Figure(r.Sampled.Return))
	}
	if r.Evaluation != nil {
		text += fmt.Sprintf("  mean action %s", Figure(r.Evaluation.Return))
	}
	return text
}

// losses are the success and the errors of the last iteration.
func (p *progress) losses() string {
	m := p.last.Model
	text := p.overPromise() + successOf(p.last) + fmt.Sprintf("model loss %s", Figure(m.LossLast))
	if m.LossFresh == m.LossFresh {
		text += fmt.Sprintf(" (fresh %s)", Figure(m.LossFresh))
	}
	return text + recordedData(m.Data) + fmt.Sprintf("  value error %s", Figure(p.last.Value.After))
}

// overPromisesWarned is the number of iterations in a row in which the model promised too much that is worth a warning: in one or
// two a policy may learn something new.
const overPromisesWarned = 3

// overPromise warns of a model that promises too much; "" if it does not. It comes first: a terminal shows no more than
// the beginning of a line.
func (p *progress) overPromise() string {
	if p.overPromised < overPromisesWarned {
		return ""
	}
	m := p.last.Model
	return fmt.Sprintf("too much promised for %d iterations: %s, got %s  ", p.overPromised, Figure(m.Predicted), Figure(m.Realised))
}

// recordedData says how recorded data stand with the model; "" where there are none.
func recordedData(d *algo.DataRecord) string {
	switch {
	case d == nil:
		return ""
	case d.Joined && d.Loss == d.Loss:
		return fmt.Sprintf("  recorded data join: loss %s", Figure(d.Loss))
	case d.Joined:
		return fmt.Sprintf("  with %s recorded rows", Thousands(d.Rows))
	case d.Loss == d.Loss:
		return fmt.Sprintf("  recorded data stay out: loss %s", Figure(d.Loss))
	}
	return "  recorded data wait for a model to judge them"
}

// successOf is the share of successful episodes of an iteration, of its evaluation if there is one.
func successOf(r algo.Record) string {
	e := r.Sampled
	if r.Evaluation != nil {
		e = *r.Evaluation
	}
	if e.Success != e.Success {
		return ""
	}
	return fmt.Sprintf("success %.3g %%  ", 100*float64(e.Success))
}

// Thousands writes 12500 as 12,500.
func Thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Brief rounds a duration for people.
func Brief(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// JSON prints one object per iteration: its record, with the event's name.
type JSON struct {
	encoder *json.Encoder
}

// NewJSON returns a status for programs.
func NewJSON(out io.Writer) *JSON { return &JSON{json.NewEncoder(out)} }

// Stage prints nothing.
func (j *JSON) Stage(algo.Stage) {}

// Iteration prints the record.
func (j *JSON) Iteration(record algo.Record) {
	// A reader that went away is no reason to end a run.
	_ = j.encoder.Encode(usage.WithLists(struct {
		Event string `json:"event"`
		algo.Record
	}{"iteration", record}))
}

// Stopping says nothing.
func (j *JSON) Stopping() {}

// Close does nothing.
func (j *JSON) Close() {}

// Quiet says nothing.
type Quiet struct{}

// Stage says nothing.
func (Quiet) Stage(algo.Stage) {}

// Iteration says nothing.
func (Quiet) Iteration(algo.Record) {}

// Stopping says nothing.
func (Quiet) Stopping() {}

// Close does nothing.
func (Quiet) Close() {}
