package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/task"
)

// players are what a run is played by.
type players struct {
	world   *physics.World
	backend nn.Backend
	game    *algo.Game
	watcher run.Watcher // told of stages; nil until the process begins
}

// openPlayers opens world, backend and game of a configuration; the world as it is after so many
// of its perturbations.
func (p *program) openPlayers(config run.Config, changes int) (_ *players, err error) {
	s := &players{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.world, err = openWorld(config, changes); err != nil {
		return nil, err
	}
	if s.backend, err = p.openBackend(config.Run); err != nil {
		return nil, err
	}
	there := host.Least(host.Memory()) // now that BLAS and simulator have taken theirs
	if err := enoughMemory(config, s.world, there.Bytes); err != nil {
		return nil, limitedBy(there, err)
	}
	s.game, err = algo.New(config.Config, s.backend, s.world, s.world.Task(), algo.Options{OnStage: func(stage algo.Stage) {
		if s.watcher != nil {
			s.watcher.Stage(stage)
		}
	}, Around: func(stage algo.Stage) func() { return around(s.backend, string(stage)) }})
	return s, adviseMemory(err)
}

// analyticTasks names the tasks that every build can simulate.
func analyticTasks() string {
	names := ""
	for _, name := range task.Names() {
		if t, err := task.Get(name); err == nil && t.Simulator != task.MuJoCo {
			names += ", " + name
		}
	}
	return names[len(", "):]
}

// enoughMemory refuses a run that needs more memory than there is, before it takes all of it, and names
// what makes it smaller; total is 0 where that is unknown.
func enoughMemory(config run.Config, world *physics.World, total int64) error {
	needed := config.MemoryNeeded(world.Task(), world.Task().Horizon)
	if total == 0 || needed <= total {
		return nil
	}
	largest := config.MemoryParts(world.Task(), world.Task().Horizon)[0]
	return &tooLarge{fmt.Errorf("this run needs about %s of memory, most of it for %s; there are %s: %w; lower %s (--set)",
		mebibytes(needed), largest.Name, mebibytes(total), nn.ErrMemory, largest.Keys)}
}

// enoughToCompute refuses the verbs that compute where even the smallest of what they do does not fit.
func enoughToCompute(verb string, there host.Limit) error {
	switch verb {
	case "version", "tasks", "completion", "__complete", "doctor": // which tells of the limit
		return nil
	}
	if there.By == "" || there.Bytes >= run.ProgramMemory {
		return nil
	}
	return limitedBy(there, &tooLarge{fmt.Errorf("palmal %s needs %s of memory at least, there are %s: %w", verb,
		mebibytes(run.ProgramMemory), mebibytes(there.Bytes), nn.ErrMemory)})
}

// enoughFor refuses work that needs more bytes than there are.
func enoughFor(what string, needed float64, lower string) error {
	there := host.Least(host.Memory())
	if there.By == "" || needed <= float64(there.Bytes) {
		return nil
	}
	return limitedBy(there, &tooLarge{fmt.Errorf("%s needs about %s of memory, there are %s: %w; lower %s", what,
		mebibytes(int64(min(needed, math.MaxInt64/2))), mebibytes(there.Bytes), nn.ErrMemory, lower)})
}

// tooLarge is an error of memory that says what to do.
type tooLarge struct{ error }

// Unwrap returns the error inside.
func (e *tooLarge) Unwrap() error { return e.error }

// limitedBy says what sets the limit that something is beyond; the computer itself need not be named.
func limitedBy(limit host.Limit, err error) error {
	if err == nil || limit.By == host.Computer {
		return err
	}
	return fmt.Errorf("%w; what binds is %s", err, limit.By)
}

// adviseMemory says what to lower when memory is short, unless that is said.
func adviseMemory(err error) error {
	var advised *tooLarge
	if errors.Is(err, nn.ErrMemory) && !errors.As(err, &advised) {
		return fmt.Errorf("%w; lower npg.starts_per_member first, then npg.horizon or model.hidden (--set)", err)
	}
	return err
}

// Close frees all.
func (s *players) Close() error {
	var failures []error
	if s.game != nil {
		failures = append(failures, s.game.Close())
	}
	if s.backend != nil {
		failures = append(failures, s.backend.Close())
	}
	if s.world != nil {
		failures = append(failures, s.world.Close())
	}
	return errors.Join(failures...)
}

// process plays a run from a checkpoint, or from its beginning if that is 0, until it is done or
// something ends it, and books both in run.json. The directory must be locked.
func (p *program) process(d *run.Directory, config run.Config, s *players, checkpoint int, quiet bool) error {
	signals, release := p.stops.take()
	defer release()
	if cause := p.stops.cause(); cause != nil { // before there was anything to write down
		return cause
	}
	facts, err := p.bookStart(d, s, checkpoint)
	if err != nil {
		return err
	}
	samples := 0
	if checkpoint > 0 {
		manifest, err := d.Manifest(checkpoint)
		if err != nil {
			return err
		}
		samples = manifest.Samples
	}
	s.watcher = p.watcher(quiet, samples, config.Samples)
	changing, err := newChangingGame(config, s)
	if err != nil {
		return err
	}
	game, err := newDeviceGame(changing, s, checkpoint, p.profile)
	if err != nil {
		return err
	}
	loop, err := run.Begin(d, checkpoint, game, config.Run, s.watcher, signals)
	if err == nil {
		err = loop.Play(context.Background())
		err = errors.Join(adviseMemory(err), loop.Close())
	}
	s.watcher.Close()
	if stopped := new(run.Stopped); !errors.As(err, &stopped) || !stopped.AtOnce { // else the device is busy still
		facts.Processes[len(facts.Processes)-1].DevicePeak = devicePeak(s.backend)
		err = errors.Join(err, game.collector.end())
	}
	if bookErr := p.bookEnd(d, facts, s.game, err); bookErr != nil {
		err = errors.Join(err, bookErr)
	}
	if last := s.game.Iteration(); p.profile.first > last {
		p.warn("--profile %d:%d: the last iteration played is %d, so nothing was profiled", p.profile.first, p.profile.last, last)
	}
	if !quiet {
		p.conclude(d, facts, s.game, err)
	}
	return nextStep(d, err)
}

// nextStep tells the user of a run that stopped how to go on.
func nextStep(d *run.Directory, err error) error {
	var stopped *run.Stopped
	if errors.As(err, &stopped) {
		return fmt.Errorf("%w; go on with %s", err, usage.Line("resume", []string{d.Path}))
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w; make room, then go on with %s", err, usage.Line("resume", []string{d.Path}))
	}
	return err
}

// watcher chooses how a run is shown.
func (p *program) watcher(quiet bool, samples, total int) run.Watcher {
	terminal, ok := p.out.Under().(*os.File)
	switch {
	case quiet:
		return run.Quiet{}
	case p.json:
		return run.NewJSON(p.out.JSON())
	case ok && term.IsTerminal(int(terminal.Fd())):
		width := func() int {
			width, _, err := term.GetSize(int(terminal.Fd()))
			if err != nil || width < 1 {
				return 80
			}
			return width
		}
		return run.NewLive(p.out.Raw(), width, samples, total)
	}
	return run.NewPlain(p.out, samples, total)
}

// bookStart adds this process to run.json.
func (p *program) bookStart(d *run.Directory, s *players, checkpoint int) (*run.Facts, error) {
	facts, err := d.Facts()
	if err != nil {
		return nil, err
	}
	facts.Status = run.StatusRunning
	facts.Processes = append(facts.Processes, run.Process{Command: p.args, Start: time.Now().UTC().Truncate(time.Millisecond),
		Status: run.StatusRunning, First: checkpoint + 1, Last: checkpoint, Machine: machineOf(s.backend)})
	return &facts, d.WriteFacts(facts)
}

// machineOf describes this program and this computer.
func machineOf(backend nn.Backend) run.Machine {
	m := buildFacts()
	m.Backend, m.Device, m.Accelerator = backend.Name(), backend.Describe(), accelerator(backend)
	m.FillHost()
	return m
}

// bookEnd closes this process in run.json.
func (p *program) bookEnd(d *run.Directory, facts *run.Facts, game *algo.Game, err error) error {
	var stopped *run.Stopped
	process := &facts.Processes[len(facts.Processes)-1]
	process.End = time.Now().UTC().Truncate(time.Millisecond)
	process.Peak = run.PeakMemory()
	switch {
	case err == nil:
		process.Status = run.StatusDone
	case errors.As(err, &stopped):
		process.Status = run.StatusInterrupted
	case errors.Is(err, nn.ErrDiverged):
		process.Status = run.StatusDiverged
	default:
		process.Status = run.StatusFailed
	}
	if err != nil {
		process.Error = err.Error()
	}
	if stopped == nil || !stopped.AtOnce { // else the game is still in the middle of an iteration
		process.Last = game.Iteration()
	}
	facts.Status = process.Status
	return d.WriteFacts(*facts)
}

// conclude prints how the process went.
func (p *program) conclude(d *run.Directory, facts *run.Facts, game *algo.Game, err error) {
	process := facts.Processes[len(facts.Processes)-1]
	best, found, bestErr := d.Best()
	if bestErr != nil {
		p.warn("%v", bestErr)
	}
	seconds := process.End.Sub(process.Start).Seconds()
	if p.json {
		end := map[string]any{"event": "end", "run": d.Path, "status": process.Status, "iterations": process.Last,
			"seconds": seconds, "peak_memory_bytes": process.Peak, "dropped": game.Dropped()}
		if found {
			end["best"] = best
		}
		p.printJSON(end)
		return
	}
	if found {
		p.printf("best evaluation: return %.4g, at least %.4g with 97.5 %% confidence, by %s samples (checkpoint %06d)\n",
			float64(best.Return), float64(best.CILow), run.Thousands(best.Samples), best.Iteration)
	}
	if n := game.Dropped(); n > 0 {
		p.printf("%d episodes broke down and were replaced by others\n", n)
	}
	p.printf("%s after %d iterations, %.1f s, peak memory %s\n", process.Status, process.Last, seconds, mebibytes(process.Peak))
	if err == nil {
		p.printf("next: %s, %s\n", usage.Line("eval", []string{d.Path}), usage.Line("plot", []string{d.Path}))
	}
}
