package run

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/palmal-rl/palmal/algo"
)

// liveEvery is the time between two pictures of a live status.
const liveEvery = 500 * time.Millisecond

// liveLines is the number of lines that are kept up to date.
const liveLines = 3

// Live keeps three lines of a terminal up to date.
type Live struct {
	mu sync.Mutex
	progress
	out   io.Writer
	width func() int // present width of the terminal
	drawn bool
	stop  bool // a signal came
	quit  chan struct{}
	ended sync.WaitGroup
}

// NewLive returns a status of three lines on a terminal for a run that continues after an iteration, 0 for none, from
// samples to total.
func NewLive(out io.Writer, width func() int, iteration, samples, total int) *Live {
	l := &Live{progress: newProgress(iteration, samples, total), out: out, width: width, quit: make(chan struct{})}
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

// Stage shows the stage that begins.
func (l *Live) Stage(stage algo.Stage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stage, l.entered = stage, time.Now()
}

// Expect sets the work of the run.
func (l *Live) Expect(work algo.Work) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.work = work
}

// Progress shows the progress of the iteration.
func (l *Live) Progress(done algo.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = done
}

// Iteration shows the record of an iteration.
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

// Close keeps the last picture on the terminal.
func (l *Live) Close() {
	close(l.quit)
	l.ended.Wait()
	l.draw()
}

// draw overwrites the lines of the last picture. A run that had nothing left to do has none.
func (l *Live) draw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stage == "" && l.played == 0 && !l.stop {
		return
	}
	lines := []string{l.begins(), "", l.gauge()}
	if l.played > 0 {
		lines[0], lines[1] = l.outcome(), l.losses()
	}
	up := ""
	if l.drawn {
		up = fmt.Sprintf("\x1b[%dA", liveLines) // goes up
	}
	l.drawn = true
	width := max(20, l.width()) - 1
	fmt.Fprint(l.out, up)
	for _, line := range lines {
		fmt.Fprintf(l.out, "\r%s\x1b[K\n", cut(line, width)) // \x1b[K clears to the end of a line
	}
}

// gauge returns the last line: progress, time left, current step, and more on a wide terminal.
func (l *Live) gauge() string {
	if l.stop {
		return stoppingNote
	}
	const cells = 10
	_, now, end := l.reach()
	share := min(1, max(l.firstShare(), float64(now)/float64(max(1, end))))
	full := int(share * cells)
	text := fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("#", full), strings.Repeat(".", cells-full), math.Floor(100*share)) // 100 % is the end
	if left := l.left(); left > 0 {
		text += "  left " + Brief(left)
	}
	if now := l.now(); now != "" {
		text += fmt.Sprintf("  %s, %s", now, Brief(time.Since(l.entered)))
	}
	return text + "  run " + Brief(time.Since(l.begin))
}

// cut shortens a line to a number of characters.
func cut(line string, width int) string {
	if letters := []rune(line); len(letters) > width {
		return string(letters[:width])
	}
	return line
}
