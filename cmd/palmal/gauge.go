package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// gaugeEvery is the time between two lines of a gauge that nobody watches live.
const gaugeEvery = 10 * time.Second

// gauge shows progress: on a terminal in a line that is kept up to date, else in a new line now and then.
// It prints nothing for programs.
type gauge struct {
	out  *usage.Output // nil: no progress is shown
	live bool
	said time.Time
}

// newGauge shows progress on the error output, unless only the standard output is a terminal.
func (p *program) newGauge() *gauge {
	g := &gauge{out: p.err, said: time.Now()}
	switch {
	case p.json:
		g.out = nil
	case isTerminal(p.err):
		g.live = true
	case isTerminal(p.out):
		g.out, g.live = p.out, true
	}
	return g
}

// isTerminal reports whether the output goes to a terminal that can move its cursor.
func isTerminal(out *usage.Output) bool {
	f, ok := out.Under().(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// show prints the progress.
func (g *gauge) show(format string, args ...any) {
	switch {
	case g.out == nil:
	case g.live:
		fmt.Fprintf(g.out.Raw(), "\r"+format+"\x1b[K", args...)
	case time.Since(g.said) >= gaugeEvery:
		fmt.Fprintf(g.out, format+"\n", args...)
		g.said = time.Now()
	}
}

// clear erases the line.
func (g *gauge) clear() {
	if g.live {
		fmt.Fprint(g.out.Raw(), "\r\x1b[K")
	}
}
