package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
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
	"github.com/palmal-rl/palmal/physics/tasks"
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
	p.warnOfHost(s.backend, s.world.Task())
	s.game, err = algo.New(config.Config, s.backend, s.world, s.world.Task(), algo.Options{OnStage: func(stage algo.Stage) {
		if s.watcher != nil {
			s.watcher.Stage(stage)
		}
	}, OnProgress: func(done algo.Progress) {
		if w, ok := s.watcher.(progressWatcher); ok {
			w.Progress(done)
		}
	}, Around: func(stage algo.Stage) func() { return around(s.backend, string(stage)) }})
	return s, adviseMemory(err)
}

// progressWatcher is a watcher that shows what goes on inside an iteration.
type progressWatcher interface {
	Expect(algo.Work)
	Progress(algo.Progress)
}

// analyticTasks names the tasks that every build can simulate.
func analyticTasks() string {
	names := ""
	for _, name := range tasks.Names() {
		if t, err := tasks.Get(name); err == nil && t.Simulator != task.MuJoCo {
			names += ", " + name
		}
	}
	return names[len(", "):]
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

// session is one process at work on a run, whose directory is locked.
type session struct {
	directory  *run.Directory
	config     run.Config
	players    *players
	checkpoint int         // to go on from; 0 is the beginning
	drifts     []run.Drift // from what the checkpoint was made with
	quiet      bool
	rewrite    bool   // config.yaml says something else
	announce   func() // what begins
}

// process plays a run until it is done or something ends it, and books both in run.json. A run that
// cannot go on is refused before anything is written.
func (p *program) process(r session) error {
	d, s := r.directory, r.players
	signals, release := p.stops.take()
	defer release()
	if cause := p.stops.cause(); cause != nil { // before there was anything to write down
		return cause
	}
	d.WarnBy(func(text string) { p.warn("%s", text) })
	changing, err := newChangingGame(r.config, s)
	if err != nil {
		return err
	}
	game, err := newDeviceGame(changing, s, r.checkpoint, p.profile)
	if err != nil {
		return err
	}
	loop, err := run.Begin(d, r.checkpoint, game, r.config, signals)
	if err != nil {
		return adviseOlder(d, r.checkpoint, err)
	}
	if slices.ContainsFunc(r.drifts, func(drift run.Drift) bool { return drift.Key == "evaluation.stop_at" }) {
		s.game.ForgetReached()
	}
	facts, err := p.bookStart(r)
	if err != nil {
		return nextStep(d, err)
	}
	if !r.quiet {
		r.announce()
	}
	s.watcher = p.watcher(r.quiet || game.Done(), loop.Samples(), r.config.Samples)
	if w, ok := s.watcher.(progressWatcher); ok {
		w.Expect(r.config.Work(s.world.Task(), s.world.Task().Horizon))
	}
	err = loop.Play(context.Background(), s.watcher)
	err = errors.Join(adviseMemory(err), loop.Close())
	s.watcher.Close()
	if stopped := new(run.Stopped); !errors.As(err, &stopped) || !stopped.AtOnce { // else the device is busy still
		facts.Processes[len(facts.Processes)-1].DevicePeak = devicePeak(s.backend)
		err = errors.Join(err, game.collector.end())
	}
	if errors.Is(err, run.ErrTaken) { // whose run.json is not ours to write
		return err
	}
	if bookErr := p.bookEnd(d, facts, s.game, err); bookErr != nil {
		err = errors.Join(err, bookErr)
	}
	if last := s.game.Iteration(); p.profile.first > last {
		p.warn("--profile %d:%d: the last iteration played is %d, so nothing was profiled", p.profile.first, p.profile.last, last)
	}
	if !r.quiet {
		p.conclude(r, facts, err)
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
	switch {
	case quiet:
		return run.Quiet{}
	case p.json:
		return run.NewJSON(p.out.JSON())
	case isTerminal(p.out):
		terminal := p.out.Under().(*os.File)
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

// whyOver says what ended a run, and how it goes on all the same.
func whyOver(r session) string {
	on := func(flag, value string) string { return usage.Line("resume", []string{r.directory.Path}, flag, value) }
	if r.players.game.StoppedEarly() {
		return fmt.Sprintf("its stopping rule ended the run: two successive evaluations reached evaluation.stop_at %g; "+
			"%s goes on", r.config.Evaluation.StopAt, on("--set", "evaluation.stop_at=.inf"))
	}
	return fmt.Sprintf("the run has its %s samples; %s goes on to N", run.Thousands(r.config.Samples), on("--samples", "N"))
}

// bookStart writes who works on the run, and with what.
func (p *program) bookStart(r session) (*run.Facts, error) {
	d := r.directory
	facts, err := d.Facts()
	if err != nil {
		return nil, err
	}
	if err := d.Claim(); err != nil {
		return nil, err
	}
	if r.rewrite {
		if err := d.WriteConfig(r.config); err != nil {
			return nil, err
		}
	}
	facts.Status = run.StatusRunning
	facts.Processes = append(facts.Processes, run.Process{Command: p.args, Start: time.Now().UTC().Truncate(time.Millisecond),
		Status: run.StatusRunning, First: r.checkpoint + 1, Last: r.checkpoint, Machine: machineOf(r.players.backend)})
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
func (p *program) conclude(r session, facts *run.Facts, err error) {
	d, game := r.directory, r.players.game
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
		if err == nil {
			end["stopped_early"] = game.StoppedEarly()
		}
		p.printJSON(end)
		return
	}
	if found {
		p.printf("best evaluation: return %s by the mean action, at least %s with 97.5 %% confidence, by %s samples (checkpoint %06d)\n",
			run.Figure(best.Return), run.Figure(best.CILow), run.Thousands(best.Samples), best.Iteration)
	}
	if n := game.Dropped(); n > 0 {
		p.printf("%d episodes broke down and were replaced by others\n", n)
	}
	p.printf("%s after %d iterations, %s samples collected, %s, peak memory %s\n", process.Status, process.Last, run.Thousands(game.Samples()),
		duration(seconds), mebibytes(process.Peak))
	if err == nil {
		p.printf("%s\n", whyOver(r))
		p.printf("next: %s, %s\n", usage.Line("eval", []string{d.Path}), usage.Line("plot", []string{d.Path}))
	}
}
