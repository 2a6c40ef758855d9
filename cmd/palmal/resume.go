package main

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
)

const resumeHelp = `Goes on from the newest checkpoint exactly as if the run had never stopped: same parameters, same
metrics. Lines of metrics.jsonl after that checkpoint are cut. What cannot continue is refused, and
nothing is changed.

The configuration must be the one that the checkpoint was made with. samples, evaluation,
diagnostic_starts, run and perturbations to come may be others; what only steers the rest, as a
learning rate, may change with a warning; task, seed, algorithm, discount and sizes may not. A run that
is finished keeps its values, unless --samples or another key lets it play on.

Examples:
  palmal resume runs/hopper-pal-seed1
  palmal resume runs/hopper-pal-seed1 --samples 100000
  palmal resume runs/hopper-pal-seed1 --set evaluation.stop_at=.inf
  palmal resume runs/hopper-pal-seed1 --from 12`

func (p *program) resume() *cli.Command {
	return &cli.Command{
		Name: "resume", ArgsUsage: "RUN [flags]", Usage: "continue a run that was stopped", Description: resumeHelp,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "samples", Usage: "environment steps to stop at, if others than before; at least those collected"},
			&cli.StringFlag{Name: "from", Usage: "iteration whose checkpoint to continue from (default the newest)"},
			&cli.StringSliceFlag{Name: "set", Usage: "one key of the configuration that may change, key=value; may be repeated"},
			&cli.StringFlag{Name: "backend", Usage: "auto, cpu or cuda, if another than before"},
			&cli.StringFlag{Name: "workers", Usage: "threads; no result depends on it"},
			precisionFlag(), pythonFlag(), envWorkersFlag(),
			p.syncFlag(),
			profileFlag("iterations"),
			&cli.BoolFlag{Name: "quiet", Usage: "print errors only"},
		}, deviceFlags()...),
		Action: func(c *cli.Context) error {
			args, err := positional(c, 1, 1, "a run directory")
			if err != nil {
				return err
			}
			return p.resumeRun(c, args[0])
		},
	}
}

func (p *program) resumeRun(c *cli.Context, path string) (err error) {
	directory, config, err := openRun(path)
	if err != nil {
		return err
	}
	p.warnOfTask(directory, config)
	unlock, err := directory.Lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	stored := config.Values()
	flags := []string{"samples", "backend", "workers", "device", "device-memory", "python", "env-workers", "precision"}
	overruled, err := config.Change(run.Request{Sets: c.StringSlice("set"), Flags: flagged(c, flags)})
	if err != nil {
		return err
	}
	for _, warning := range overruled {
		p.warn("%s", warning)
	}
	if err := p.readProfile(c, config.Run.Backend); err != nil {
		return err
	}
	if c.IsSet("device") || c.IsSet("device-memory") { // a run that continues on the CPU otherwise keeps them for later
		if err := checkChoice(config.Run); err != nil {
			return err
		}
	}
	var warnings []string // what the rest of the run is warned of, if there is one
	checkpoint, drifts, err := session.Start(directory, config, c.String("from"), func(text string) { warnings = append(warnings, text) })
	if err != nil {
		return err
	}
	setup, err := p.openSetupAt(directory, config, checkpoint)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.closeTimed(setup.backend, setup)) }()
	config.Run.Backend = setup.backend.Name()
	if len(directory.Missing) > 0 {
		p.warn("%s was written by another version of palmal; as in the paper are %s", path, strings.Join(directory.Missing, ", "))
	}
	if err := p.warnOfChanges(directory, setup); err != nil {
		return err
	}
	return p.process(job{directory: directory, config: config, setup: setup, checkpoint: checkpoint, drifts: drifts, quiet: c.Bool("quiet"),
		rewrite: !maps.Equal(stored, config.Values()), warnings: warnings, announce: func() { p.announceResume(directory, config, checkpoint, setup, drifts) }})
}

// openSetupAt opens the setup of a run in the world of a checkpoint.
func (p *program) openSetupAt(d *run.Directory, config run.Config, checkpoint int) (*setup, error) {
	if err := p.checkPerturbations(config); err != nil {
		return nil, err
	}
	if checkpoint == 0 {
		return p.openBeginning(config)
	}
	manifest, err := d.Manifest(checkpoint)
	if err != nil {
		return nil, err
	}
	return p.openSetup(config, manifest.Changes)
}

// warnOfTask warns that a user's task, or the run's copy of it, has changed since the run began.
func (p *program) warnOfTask(d *run.Directory, config run.Config) {
	if changed := d.TaskChanged(config); changed != "" {
		p.warn("%s", changed)
	}
}

// openRun opens a run directory that a user names. What is wrong with the name is the user's
// mistake; what is wrong inside is not.
func openRun(path string) (*run.Directory, run.Config, error) {
	directory, config, err := run.Open(path)
	if errors.Is(err, run.ErrNotRun) {
		return nil, config, &usage.Error{Code: usage.Mistake, Err: err}
	}
	return directory, config, err
}

// warnOfChanges warns of what may change the last bits of the rest of the run.
func (p *program) warnOfChanges(d *run.Directory, s *setup) error {
	now := machineOf(s)
	worlds, err := session.WorldChanges(d, now)
	if err != nil {
		return err
	}
	if len(worlds) > 0 {
		p.warn("the world of the rest of this run may not be the one that it learned from: %s", strings.Join(worlds, "; "))
	}
	changes, err := session.Changes(d, now)
	if len(changes) > 0 {
		p.warn("the rest of this run may differ in its last bits from what it would have been: %s", strings.Join(changes, "; "))
	}
	return err
}

// announceResume prints what continues.
func (p *program) announceResume(d *run.Directory, config run.Config, checkpoint int, s *setup, drifts []run.Drift) {
	if p.json {
		p.printJSON(map[string]any{"event": "start", "run": d.Path, "config": config.Map(), "device": s.backend.Describe(),
			"checkpoint": checkpoint})
		return
	}
	from := "its beginning: it has no checkpoint yet"
	if checkpoint > 0 {
		from = fmt.Sprintf("checkpoint %06d", checkpoint)
	}
	p.printf("%s on %s in %s, from %s\n%s\n", config.Algorithm, config.TaskName(), d.Path, from, s.backend.Describe())
	for _, drift := range drifts {
		if !strings.HasPrefix(drift.Key, "run.") {
			p.printf("%s\n", drift)
		}
	}
}

// readPolicy opens the policy of a checkpoint; one that computes on a backend uses the section's. closer frees
// it.
func (p *program) readPolicy(d *run.Directory, config run.Config, world *physics.World, iteration int, on run.Section) (_ algo.Policy, closer func() error, err error) {
	_, snapshot, err := d.Read(iteration, config.ActingGroups()...)
	if err != nil {
		return nil, nil, adviseOther(d, iteration, err)
	}
	policy, closer, err := algo.OpenPolicy(config.Config, world.Task(), world.Horizon(), snapshot.Groups,
		func() (nn.Backend, error) { return p.openBackend(on) })
	if err != nil {
		return nil, nil, fmt.Errorf("%s: checkpoint %06d: %w", d.Path, iteration, err)
	}
	return policy, closer, nil
}

// adviseOther adds the last good checkpoint to the error of another one's evaluation.
func adviseOther(d *run.Directory, iteration int, err error) error {
	good, found := d.LastGood(iteration)
	if !found || errors.Is(err, run.ErrNewer) {
		return fmt.Errorf("%s: %w", d.Path, err)
	}
	return fmt.Errorf("%s: %w; the last good checkpoint is %06d (--checkpoint %d)", d.Path, err, good, good)
}
