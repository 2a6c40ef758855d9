package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
)

// span is the range of numbered pieces of work that a profiler collects; 0 for none.
type span struct{ first, last int }

func (s span) asked() bool { return s.first > 0 }

// profileFlag is the flag of verbs that compute on a backend.
func profileFlag(what string) cli.Flag {
	return &cli.StringFlag{Name: "profile", Usage: "cuda only: FIRST:LAST " + what + " that a profiler collects, as nsys --capture-range=cudaProfilerApi does"}
}

// readProfile reads the flag and refuses it for a backend without a profiler.
func (p *program) readProfile(c *cli.Context, backend string) error {
	if !c.IsSet("profile") {
		return nil
	}
	text := c.String("profile")
	first, last, _ := strings.Cut(text, ":")
	from, err := strconv.Atoi(first)
	to, also := strconv.Atoi(last)
	if err != nil || also != nil || from < 1 || to < from {
		return usage.Mistakef("--profile %s: want FIRST:LAST, counted from 1, as in 3:5", text)
	}
	p.profile = span{from, to}
	switch {
	case backend == "cpu":
		return usage.Mistakef("--profile is for profilers of backend cuda; backend cpu has none: leave --profile out, or use --backend cuda")
	case backend == "auto" && !slices.ContainsFunc(backends(), backendKind.choosable):
		return usage.Mistakef("--profile is for profilers of backend cuda, which this program was built without: leave --profile out, or use a build with -tags cuda")
	}
	return nil
}

// profiled is a backend that starts and stops the collection of profilers.
type profiled interface{ Profile(on bool) error }

// ranged is a backend that marks ranges for tools that show them.
type ranged interface {
	Range(name string) (end func())
}

// around marks a range where the backend does.
func around(b nn.Backend, name string) (end func()) {
	if r, ok := b.(ranged); ok {
		return r.Range(name)
	}
	return func() {}
}

// collector starts and stops the collection of a profiler.
type collector struct {
	device     profiled // nil: no profiler
	wanted     span
	collecting bool
}

func newCollector(b nn.Backend, wanted span) *collector {
	device, _ := b.(profiled)
	return &collector{device: device, wanted: wanted}
}

// collect runs a numbered piece of work. Collection begins before the first piece of the span and ends after its last one,
// or after one that fails.
func (c *collector) collect(number int, work func() error) error {
	if c.device == nil || number < c.wanted.first || number > c.wanted.last {
		return work()
	}
	if !c.collecting {
		if err := c.device.Profile(true); err != nil {
			return err
		}
		c.collecting = true
	}
	err := work()
	if err != nil || number == c.wanted.last {
		err = errors.Join(err, c.end())
	}
	return err
}

// end ends the collection.
func (c *collector) end() error {
	if !c.collecting {
		return nil
	}
	c.collecting = false
	return c.device.Profile(false)
}

// deviceGame is a game whose iterations are marked for profilers, and whose records describe its device.
type deviceGame struct {
	run.Game
	iteration func() int // number of iterations so far
	backend   nn.Backend
	device    *run.Accelerator // nil: the CPU
	collector *collector
}

// newDeviceGame wraps the game of a setup. It refuses to profile past iterations.
func newDeviceGame(game run.Game, s *setup, played int, wanted span) (*deviceGame, error) {
	if wanted.asked() && wanted.last <= played {
		return nil, usage.Mistakef("--profile %d:%d: the first iteration of this process is %d", wanted.first, wanted.last, played+1)
	}
	return &deviceGame{Game: game, iteration: s.game.Iteration, backend: s.backend, device: accelerator(s.backend),
		collector: newCollector(s.backend, wanted)}, nil
}

// Iterate runs one iteration.
func (g *deviceGame) Iterate(ctx context.Context) (record algo.Record, err error) {
	next := g.iteration() + 1
	err = g.collector.collect(next, func() (err error) {
		defer around(g.backend, fmt.Sprintf("iteration %d", next))()
		record, err = g.Game.Iterate(ctx)
		return err
	})
	if g.device != nil {
		record.Timing.Device = &algo.DeviceRecord{Name: g.device.Name, UUID: g.device.UUID, Driver: g.device.Driver,
			Toolkit: g.device.Toolkit, Peak: devicePeak(g.backend)}
	}
	return record, err
}

// Outside reports whether a robot plays the episodes.
func (g *deviceGame) Outside() bool {
	outsider, ok := g.Game.(run.Outsider)
	return ok && outsider.Outside()
}
