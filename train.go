package palmal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
	"github.com/palmal-rl/palmal/physics/task"
)

// Train learns a policy for an environment and returns its run. newEnv makes instances; Train closes those that
// are Closers.
//
// When ctx is cancelled, Train finishes the iteration under way, writes a checkpoint and returns an error that
// wraps the context's; [Resume] continues from there. Other errors leave the last checkpoint too.
func Train(ctx context.Context, newEnv func() (Env, error), o Options) (*Run, error) {
	s, err := open(newEnv, o, func(t *task.Task, backend nn.Backend) (run.Config, error) {
		return o.resolve(ctx, t, backend.Name())
	})
	if err != nil {
		return nil, err
	}
	out := o.Out
	if out == "" {
		out = session.DefaultOut(s.config)
	}
	err = func() error {
		directory, unlock, err := session.Begin(out, s.config)
		if err != nil {
			return err
		}
		return errors.Join(s.play(ctx, session.Session{Directory: directory, Config: s.config}, o), unlock())
	}()
	return finish(out, errors.Join(err, s.Close()))
}

// Resume continues the run of a directory from its newest checkpoint, exactly as if it had never stopped. Of the
// options, Set and Samples may change what [the program's resume] lets change; Out, Algorithm, Preset, Seed, From, Data
// and Config must be empty.
//
// [the program's resume]: https://pkg.go.dev/github.com/palmal-rl/palmal/cmd/palmal
func Resume(ctx context.Context, path string, newEnv func() (Env, error), o Options) (_ *Run, err error) {
	if o.Out != "" || o.Algorithm != "" || o.Preset != "" || o.Seed != 0 || o.Config != "" || o.From != "" || len(o.Data) > 0 {
		return nil, errors.New("resume: Out, Algorithm, Preset, Seed, Config, From and Data are those of the run: leave them empty")
	}
	directory, config, err := run.Open(path)
	if err != nil {
		return nil, err
	}
	unlock, err := directory.Lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	stored := config.Values()
	if err := o.override(&config); err != nil {
		return nil, err
	}
	checkpoint, drifts, err := session.Start(directory, config, "", o.warn)
	if err != nil {
		return nil, err
	}
	s, err := open(newEnv, o, func(t *task.Task, backend nn.Backend) (run.Config, error) {
		config.Run.Backend = backend.Name()
		return config, sameTask(path, config, t)
	})
	if err != nil {
		return nil, err
	}
	changes, err := session.Changes(directory, s.machine())
	if len(changes) > 0 {
		o.warn("the rest of this run may differ in its last bits from what it would have been: " + strings.Join(changes, "; "))
	}
	if err == nil {
		err = s.play(ctx, session.Session{Directory: directory, Config: config, Checkpoint: checkpoint, Drifts: drifts,
			Rewrite: !maps.Equal(stored, config.Values())}, o)
	}
	if errors.Is(err, session.ErrNothingLeft) {
		o.warn(path + ": " + err.Error())
		err = nil
	}
	return finish(path, errors.Join(err, s.Close()))
}

// override changes the keys that the options name.
func (o Options) override(config *run.Config) error {
	request := run.Request{Sets: o.Set, SetsFrom: "Options.Set"}
	if o.Samples != 0 {
		request.Flags = append(request.Flags, run.Typed("samples", fmt.Sprint(o.Samples), "Options.Samples"))
	}
	if o.Workers != 0 {
		request.Flags = append(request.Flags, run.Typed("run.workers", fmt.Sprint(o.Workers), "Options.Workers"))
	}
	_, err := config.Change(request)
	return cmp.Or(err, ownWorld(*config))
}

// sameTask refuses an environment that is described otherwise than that of the run.
func sameTask(path string, config run.Config, t *task.Task) error {
	of, err := config.LoadTask()
	if err == nil && of.Digest != t.Digest {
		err = fmt.Errorf("%s: the environment is not that of the run: its Spec, its kind of reward or its type changed; "+
			"%s/task/task.yaml describes the run's", path, path)
	}
	return err
}

// setup is what a run runs on.
type setup struct {
	config  run.Config
	world   *world
	backend nn.Backend
	game    *algo.Game
}

// open opens world, backend and game of the configuration that configure makes.
func open(newEnv func() (Env, error), o Options, configure func(*task.Task, nn.Backend) (run.Config, error)) (_ *setup, err error) {
	s := &setup{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	var env Env
	if newEnv != nil {
		env, err = newEnv()
	}
	if err == nil && env == nil {
		err = errors.New("newEnv returned nil")
	}
	if err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	s.world = &world{instances: []Env{env}} // s.Close closes env until the world is whole
	t, err := outline(env)
	if err != nil {
		return nil, err
	}
	backend, err := o.open()
	if err != nil {
		return nil, err
	}
	s.backend = backend
	if s.config, err = configure(t, s.backend); err != nil {
		return nil, err
	}
	of := newEnvTask(env, t)
	there := host.Least(host.Memory())
	if err := session.EnoughMemory(s.config, of, t.Horizon, there.Bytes); err != nil {
		return nil, session.LimitedBy(there, err)
	}
	s.world = nil // openWorld closes what it cannot use
	if s.world, err = openWorld(env, newEnv, of, s.config.Repeat, s.config.Run.Workers); err != nil {
		return nil, err
	}
	data, err := session.Recorded(s.config, of)
	if err != nil {
		return nil, err
	}
	s.game, err = algo.New(s.config.Config, s.backend, s.world, of, algo.Options{Data: data})
	return s, session.AdviseMemory(err)
}

// open opens the backend. Workers out of their bounds are one here: the configuration refuses them, beside all other mistakes.
func (o Options) open() (nn.Backend, error) {
	if o.Backend == nil {
		workers := o.Workers
		if workers < 0 || workers > run.MostWorkers {
			workers = 1
		}
		return cpu.New(cpu.Options{Workers: workers})
	}
	backend, err := o.Backend()
	if err == nil && backend == nil {
		err = errors.New("Options.Backend returned nil")
	}
	return backend, err
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
	return errors.Join(failures...)
}

// machine describes the program and the computer.
func (s *setup) machine() run.Machine {
	m := session.Build("development")
	m.Backend, m.Device = s.backend.Name(), s.backend.Describe()
	m.FillHost()
	return m
}

// play plays a run until it is done, fails, or ctx is cancelled.
func (s *setup) play(ctx context.Context, of session.Session, o Options) error {
	if err := ctx.Err(); err != nil { // nothing was played yet
		return err
	}
	signals := make(chan os.Signal, 1)
	stop := context.AfterFunc(ctx, func() { signals <- cancelled{} })
	defer stop()
	of.Directory.WarnBy(o.warn)
	if of.Checkpoint == 0 {
		if err := session.Adopt(s.game, of.Config); err != nil {
			return err
		}
	}
	of.Game, of.Played, of.Signals, of.Command, of.Machine = s.game, s.game, signals, os.Args[:1], s.machine()
	of.Begin = func(*run.Loop) run.Watcher { return watcher{o.Progress} }
	_, err := of.Play(context.WithoutCancel(ctx))
	if stopped := new(run.Stopped); errors.As(err, &stopped) {
		return fmt.Errorf("%w after a whole iteration; Resume continues from checkpoint %d", context.Cause(ctx), stopped.Checkpoint)
	}
	return err
}

// cancelled stands for a cancelled context among the signals that end a run.
type cancelled struct{}

// Signal makes it an os.Signal.
func (cancelled) Signal() {}

// String says what came.
func (cancelled) String() string { return "cancelled context" }

// finish opens the run that was played; an error of the play comes with the run where there is one.
func finish(path string, err error) (*Run, error) {
	r, openErr := Open(path)
	if err != nil {
		return r, err
	}
	return r, openErr
}
