package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// setup is what a run runs on: world, backend and game.
type setup struct {
	world    *physics.World
	unlock   func() error  // lets other runs take from the inbox
	episodes *run.Episodes // a robot's episodes
	backend  nn.Backend
	game     *algo.Game
	watcher  run.Watcher // learns about stages; nil until the process begins
}

// openSetup opens world, backend and game of a configuration, after a number of changes of the
// world.
func (p *program) openSetup(config run.Config, changes int) (_ *setup, err error) {
	s := &setup{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.unlock, err = p.lockInbox(config); err != nil {
		return nil, err
	}
	s.episodes = &run.Episodes{}
	if s.world, err = p.openPlaying(config, changes, s.episodes); err != nil {
		return nil, err
	}
	if s.backend, err = p.openBackend(config.Run); err != nil {
		return nil, err
	}
	there := host.Least(host.Memory()) // read now that BLAS and simulator have taken theirs
	if err := session.EnoughMemory(config, s.world.Task(), s.world.Task().Horizon, there.Bytes); err != nil {
		return nil, session.LimitedBy(there, err)
	}
	p.warnOfHost(s.backend, s.world.Task())
	data, err := session.Recorded(config, s.world.Task())
	if err != nil {
		return nil, err
	}
	s.game, err = algo.New(config.Config, s.backend, asPlayed(s.world, config), s.world.Task(), algo.Options{OnStage: func(stage algo.Stage) {
		if s.watcher != nil {
			s.watcher.Stage(stage)
		}
	}, OnProgress: func(done algo.Progress) {
		if w, ok := s.watcher.(progressWatcher); ok {
			w.Progress(done)
		}
	}, Data: data, Around: func(stage algo.Stage) func() { return around(s.backend, string(stage)) }})
	if problem := (algo.Problem{}); errors.As(err, &problem) { // the configuration does not fit this task or world
		err = &usage.Error{Code: usage.Mistake, Err: err}
	}
	return s, session.AdviseMemory(err)
}

// progressWatcher is a watcher that shows the progress of an iteration.
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

// Close frees all parts.
func (s *setup) Close() error {
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
	if s.unlock != nil {
		failures = append(failures, s.unlock())
	}
	return errors.Join(failures...)
}

// job is what this process does on a run, whose directory it has locked.
type job struct {
	directory  *run.Directory
	config     run.Config
	setup      *setup
	checkpoint int         // checkpoint to continue from; 0 is the beginning
	drifts     []run.Drift // differences from the configuration of the checkpoint
	quiet      bool
	rewrite    bool     // config.yaml differs
	warnings   []string // warnings of what begins
	announce   func()   // prints what begins
}

// process runs a run until it is done or something ends it, and records its start and end in run.json. A
// run that cannot continue is refused before anything is written.
func (p *program) process(r job) error {
	d, s := r.directory, r.setup
	signals, release := p.stops.take()
	defer release()
	if cause := p.stops.cause(); cause != nil { // nothing was written yet
		return cause
	}
	s.episodes.KeepIn(d)
	if r.config.World != "" {
		var end func()
		signals, end = p.pausing(signals, s.world)
		defer end()
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
	facts, err := session.Session{
		Directory: d, Config: r.config, Game: s.game, Played: game, Checkpoint: r.checkpoint, Drifts: r.drifts, Rewrite: r.rewrite,
		Signals: signals, Command: p.args, Machine: machineOf(s),
		Begin: func(loop *run.Loop) run.Watcher {
			for _, text := range r.warnings {
				p.warn("%s", text)
			}
			if !r.quiet {
				r.announce()
			}
			s.watcher = p.watcher(r.quiet || game.Done(), r.checkpoint, loop.Samples(), r.config.Samples)
			if w, ok := s.watcher.(progressWatcher); ok {
				w.Expect(r.config.Work(s.world.Task(), s.world.Task().Horizon, s.game.Recorded()))
			}
			return s.watcher
		},
		End: func(process *run.Process) error {
			process.DevicePeak = devicePeak(s.backend)
			return game.collector.end()
		},
	}.Play(context.Background())
	if errors.Is(err, session.ErrNothingLeft) {
		p.sayNothingLeft(r, err)
		return nil
	}
	if facts == nil {
		return nextStep(d, err)
	}
	if last := s.game.Iteration(); p.profile.first > last {
		p.warn("--profile %d:%d: the last iteration played is %d, so nothing was profiled", p.profile.first, p.profile.last, last)
	}
	if !r.quiet {
		p.conclude(r, facts, err)
	}
	return nextStep(d, err)
}

// nextStep adds how to continue to the error of a run that stopped.
func nextStep(d *run.Directory, err error) error {
	var stopped *run.Stopped
	if errors.As(err, &stopped) {
		return fmt.Errorf("%w; continue with %s", err, usage.Line("resume", []string{d.Path}))
	}
	if disk.IsFull(err) {
		return fmt.Errorf("%w; make room, then continue with %s", err, usage.Line("resume", []string{d.Path}))
	}
	return err
}

// watcher chooses how a run is shown that continues after an iteration.
func (p *program) watcher(quiet bool, iteration, samples, total int) run.Watcher {
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
		return run.NewLive(p.out.Raw(), width, iteration, samples, total)
	}
	return run.NewPlain(p.out, iteration, samples, total)
}

// whyOver says what ended a run, and how to continue it nevertheless.
func whyOver(r job) string {
	on := func(flag, value string) string { return usage.Line("resume", []string{r.directory.Path}, flag, value) }
	if r.setup.game.StoppedEarly() {
		return fmt.Sprintf("its stopping rule ended the run: two successive evaluations reached evaluation.stop_at %g; "+
			"%s continues", r.config.Evaluation.StopAt, on("--set", "evaluation.stop_at=.inf"))
	}
	if r.config.Samples == 0 {
		return fmt.Sprintf("the run has its %d iterations of offline learning; %s continues to N, %s collects N samples", r.config.OfflineIterations,
			on("--set", "offline_iterations=N"), on("--samples", "N"))
	}
	return fmt.Sprintf("the run has its %s samples; %s continues to N", run.Thousands(r.config.Samples), on("--samples", "N"))
}

// sayNothingLeft says that a run has nothing left to play with other values, and how to continue it.
func (p *program) sayNothingLeft(r job, why error) {
	p.warn("%s: %v: %s", r.directory.Path, why, whyOver(r))
	if p.json {
		p.printJSON(map[string]any{"event": "end", "run": r.directory.Path, "status": run.StatusDone, "iterations": r.setup.game.Iteration(),
			"dropped": r.setup.game.Dropped(), "stopped_early": r.setup.game.StoppedEarly()})
	}
}

// machineOf describes this program and this computer.
func machineOf(s *setup) run.Machine {
	m := session.Build(version)
	m.Backend, m.Device, m.Accelerator = s.backend.Name(), s.backend.Describe(), accelerator(s.backend)
	m.Environment = s.world.Versions()
	if s.world.Task().Simulator == task.MuJoCo {
		if l, err := mujoco.InUse(); err == nil { // its world is open, so there is one
			m.MuJoCo = &run.MuJoCo{Version: l.Version, Path: l.Path, SHA256: l.SHA256}
		}
	}
	m.FillHost()
	return m
}

// conclude prints how the process went.
func (p *program) conclude(r job, facts *run.Facts, err error) {
	d, game := r.directory, r.setup.game
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
		p.showBest(best)
	}
	if n := game.Dropped(); n > 0 {
		p.printf("%s broke down and had to be replaced\n", usage.Count(n, "episode"))
	}
	p.printf("%s after %s, %s samples collected, %s, peak memory %s\n", process.Status, usage.Count(process.Last, "iteration"), run.Thousands(game.Samples()),
		duration(seconds), run.Mebibytes(process.Peak))
	if err == nil {
		p.printf("%s\n", whyOver(r))
		next := usage.Line("plot", []string{d.Path})
		if r.config.World == "" {
			next = usage.Line("eval", []string{d.Path}) + ", " + next
		}
		p.printf("next: %s\n", next)
	}
}
