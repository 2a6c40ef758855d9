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

// gauge shows how far something is: on a terminal by a line that is kept up to date, else by a line now
// and then. It says nothing to programs.
type gauge struct {
	out  *usage.Output // nil for nobody
	live bool
	said time.Time
}

// newGauge shows progress beside the result: on the error output, unless only the other is a terminal.
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

// isTerminal reports whether a terminal that can move its cursor reads what is written.
func isTerminal(out *usage.Output) bool {
	f, ok := out.Under().(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// show says how far it is.
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

// clear leaves nothing of the line.
func (g *gauge) clear() {
	if g.live {
		fmt.Fprint(g.out.Raw(), "\r\x1b[K")
	}
}
