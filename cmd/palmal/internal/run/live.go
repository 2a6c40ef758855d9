package run

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/palmal-rl/palmal/algo"
)

// liveEvery is the time between two pictures of a live status.
const liveEvery = 500 * time.Millisecond

// Live keeps two lines of a terminal up to date.
type Live struct {
	mu sync.Mutex
	progress
	out     io.Writer
	width   func() int // of the terminal, now
	entered time.Time  // the present stage
	drawn   bool
	stop    bool // a signal came
	quit    chan struct{}
	ended   sync.WaitGroup
}

// NewLive returns a status of two lines on a terminal for a run from samples to total.
func NewLive(out io.Writer, width func() int, samples, total int) *Live {
	l := &Live{progress: newProgress(samples, total), out: out, width: width, entered: time.Now(), quit: make(chan struct{})}
	l.ended.Go(func() {
		ticker := time.NewTicker(liveEvery)
		defer ticker.Stop()
		for {
			select {
			case <-l.quit:
				return
			case <-ticker.C:
				l.draw()
			}
		}
	})
	return l
}

// Stage shows what begins.
func (l *Live) Stage(stage algo.Stage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stage, l.entered = stage, time.Now()
}

// Iteration shows how it went.
func (l *Live) Iteration(record algo.Record) {
	l.mu.Lock()
	l.take(record)
	l.mu.Unlock()
	l.draw()
}

// Stopping shows that a signal came.
func (l *Live) Stopping() {
	l.mu.Lock()
	l.stop = true
	l.mu.Unlock()
	l.draw()
}

// Close leaves the last picture where it is.
func (l *Live) Close() {
	close(l.quit)
	l.ended.Wait()
	l.draw()
}

// draw paints over the two lines of the last picture.
func (l *Live) draw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := "collecting the initial data, first iteration"
	if l.last.Iteration > 0 {
		first = l.outcome()
	}
	up := ""
	if l.drawn {
		up = "\x1b[2A"
	}
	l.drawn = true
	width := max(20, l.width()) - 1
	// \x1b[2A goes up two lines, \x1b[K clears to the end of one.
	fmt.Fprintf(l.out, "%s\r%s\x1b[K\n%s\x1b[K\n", up, cut(first, width), cut(l.gauge(), width))
}

// gauge is the second line: how far, how long yet, the losses, and what a wide terminal has room for.
func (l *Live) gauge() string {
	if l.stop {
		return stoppingNote
	}
	const cells = 10
	share := min(1, float64(l.samples)/float64(max(1, l.total)))
	full := int(share * cells)
	text := fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("#", full), strings.Repeat(".", cells-full), 100*share)
	if left := l.left(); left > 0 {
		text += "  left " + brief(left)
	}
	if l.last.Iteration > 0 {
		text += "  " + l.losses()
	}
	if l.stage != "" {
		text += fmt.Sprintf("  %s %s", l.stage, brief(time.Since(l.entered)))
	}
	return text + "  run " + brief(time.Since(l.begin))
}

// cut shortens a line to a number of characters.
func cut(line string, width int) string {
	if letters := []rune(line); len(letters) > width {
		return string(letters[:width])
	}
	return line
}
