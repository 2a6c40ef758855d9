package run

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/palmal-rl/palmal/algo"
)

// Plain prints a line for every iteration, and one now and then while an iteration lasts, for logs.
type Plain struct {
	mu sync.Mutex
	progress
	out   io.Writer
	said  time.Time // time of the last line
	quit  chan struct{}
	ended sync.WaitGroup
}

// NewPlain returns a status of plain lines for a run that continues after an iteration, 0 for none, from samples to total.
func NewPlain(out io.Writer, iteration, samples, total int) *Plain {
	p := &Plain{progress: newProgress(iteration, samples, total), out: out, said: time.Now(), quit: make(chan struct{})}
	p.ended.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-p.quit:
				return
			case <-ticker.C:
				p.remind()
			}
		}
	})
	return p
}

// Expect sets the work of the run.
func (p *Plain) Expect(work algo.Work) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.work = work
}

// Stage records the stage that begins.
func (p *Plain) Stage(stage algo.Stage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage, p.entered = stage, time.Now()
}

// Progress records the progress of the iteration.
func (p *Plain) Progress(done algo.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = done
}

// Stopping prints what a signal does.
func (p *Plain) Stopping() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say(stoppingNote)
}

// Iteration prints the record of an iteration.
func (p *Plain) Iteration(record algo.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(record)
	line := fmt.Sprintf("%s  %s", p.describe(), seconds(record.Timing.Iteration))
	if left := p.left(); left > 0 {
		line += "  left " + Brief(left)
	}
	p.say(line)
}

// remind prints a line after a long silence.
func (p *Plain) remind() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stage == "" || time.Since(p.said) < plainEvery {
		return
	}
	line := fmt.Sprintf("  iteration %d, %s: %s", p.last.Iteration+1, Brief(time.Since(p.began)), p.now())
	if left := p.left(); left > 0 {
		line += ", left about " + Brief(left)
	}
	p.say(line)
}

func (p *Plain) say(line string) {
	fmt.Fprintln(p.out, line)
	p.said = time.Now()
}

// Close ends the reminders.
func (p *Plain) Close() {
	close(p.quit)
	p.ended.Wait()
}

// seconds writes a time for people.
func seconds(s float64) string {
	if s < 10 {
		return fmt.Sprintf("%.2g s", s)
	}
	return Brief(time.Duration(s * float64(time.Second)))
}
