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

// plainEvery is the least time between two lines of a status that nobody watches live.
const plainEvery = 5 * time.Second

// stoppingNote is what the first signal is answered with.
const stoppingNote = "finishing this iteration and its checkpoint; the same signal again stops at once"

// progress is what every status knows: how far the run is and how long the rest will take.
type progress struct {
	total   int // samples at which the run ends
	begin   time.Time
	samples int // at the begin of this process, then so far
	first   int
	last    algo.Record
	stage   algo.Stage
}

func newProgress(samples, total int) progress {
	return progress{total: total, begin: time.Now(), samples: samples, first: samples}
}

func (p *progress) take(record algo.Record) {
	p.last, p.samples = record, record.Samples
}

// left estimates the time until the run ends, from the pace of this process; 0 if unknown.
func (p *progress) left() time.Duration {
	done := p.samples - p.first
	if done <= 0 {
		return 0
	}
	elapsed := time.Since(p.begin)
	return time.Duration(float64(elapsed) / float64(done) * float64(max(0, p.total-p.samples)))
}

// describe is one line on the last iteration.
func (p *progress) describe() string {
	text := p.outcome() + "  " + p.losses() + fmt.Sprintf("  value error %s", figure(p.last.Value.After))
	if p.last.Perturbation != nil {
		text += "  changed world: " + usage.Printable(strings.Join(p.last.Perturbation.Changes, "; "))
	}
	return text
}

// outcome is what the last iteration achieved.
func (p *progress) outcome() string {
	r := p.last
	text := fmt.Sprintf("iteration %d  samples %s  return %s", r.Iteration, Thousands(r.Samples), figure(r.Sampled.Return))
	if r.Evaluation != nil {
		text += fmt.Sprintf("  evaluation %s", figure(r.Evaluation.Return))
	}
	return text + successOf(r)
}

// losses are those of the last iteration's model.
func (p *progress) losses() string {
	m := p.last.Model
	text := fmt.Sprintf("model loss %s", figure(m.LossLast))
	if m.LossFresh == m.LossFresh {
		text += fmt.Sprintf(" (fresh %s)", figure(m.LossFresh))
	}
	return text
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
	return fmt.Sprintf("  success %.3g %%", 100*float64(e.Success))
}

// figure shows a number with four significant digits.
func figure(n algo.Number) string {
	if n != n {
		return "-"
	}
	return fmt.Sprintf("%.4g", float64(n))
}

// Thousands writes 12500 as 12,500.
func Thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// brief rounds a duration to what one wants to know of it.
func brief(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// Plain prints a line now and then, for logs.
type Plain struct {
	progress
	out     io.Writer
	printed time.Time
	pending bool // the last iteration is not printed
}

// NewPlain returns a status of plain lines for a run from samples to total.
func NewPlain(out io.Writer, samples, total int) *Plain {
	return &Plain{progress: newProgress(samples, total), out: out}
}

// Stage says nothing.
func (p *Plain) Stage(algo.Stage) {}

// Stopping says what a signal does.
func (p *Plain) Stopping() { fmt.Fprintln(p.out, stoppingNote) }

// Iteration prints a line if the last one is old enough.
func (p *Plain) Iteration(record algo.Record) {
	p.take(record)
	p.pending = true
	if time.Since(p.printed) >= plainEvery || record.Perturbation != nil {
		p.print()
	}
}

func (p *Plain) print() {
	fmt.Fprintf(p.out, "%s  (%.1f s)\n", p.describe(), p.last.Timing.Iteration)
	p.printed, p.pending = time.Now(), false
}

// Close prints the last iteration.
func (p *Plain) Close() {
	if p.pending {
		p.print()
	}
}

// JSON prints one object per iteration: its record, with the event's name.
type JSON struct {
	encoder *json.Encoder
}

// NewJSON returns a status for programs.
func NewJSON(out io.Writer) *JSON { return &JSON{json.NewEncoder(out)} }

// Stage says nothing.
func (j *JSON) Stage(algo.Stage) {}

// Iteration prints the record.
func (j *JSON) Iteration(record algo.Record) {
	// A reader that went away is no reason to end a run.
	_ = j.encoder.Encode(struct {
		Event string `json:"event"`
		algo.Record
	}{"iteration", record})
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
