package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
)

const trainHelp = `A preset gives every value; a configuration file changes some, --set changes single ones, the
other flags come last. The configuration that results stands in RUN/config.yaml.

--perturb changes the world at the end of the iteration that reaches a number of samples; data and
networks stay. CHANGE is one of the task's perturbations (forearm=0.421), bounds of a uniform draw of
its reset, as a goal box (target_z=0.3:0.45), or any attribute of a named element of the MJCF
(geom.fa.density=2000, option.gravity=0 0 -1). palmal tasks T lists the first two.

Examples:
  palmal train cartpole
  palmal train --task ./my_robot
  palmal train --task gym:Pendulum-v1 --env-set g=9.81   # an environment of Gymnasium
  palmal train --task ./arm.yaml --world inbox:episodes   # a robot, by files
  palmal train --task hopper --preset paper
  palmal train --task hopper --algo mal --seed 2 --out runs/mal2
  palmal train --task hopper --set npg.steps=8 --set model.hidden=256,256
  palmal train --config my.yaml --samples 20000 --keep-at 5000,10000
  palmal train --config runs/hopper-pal-seed1 --seed 2   # another run's configuration
  palmal train --task reacher7dof --perturb 10000:forearm=0.421
  palmal train --task reacher7dof --perturb 8000:target_y=-0.4:-0.1,target_z=0.3:0.45
  palmal train --task pen --data demonstrations.npz --set npg.data_starts=0.2
  palmal train --task hopper --data runs/hopper-mal-seed1 --samples 0   # from recorded data alone
  palmal train --task hopper --from runs/hopper-mal-seed1 --take networks --config runs/hopper-mal-seed1
  palmal train --task hopper --dry-run`

// keysHelp lists the keys of the configuration, with where they come from.
func keysHelp() string {
	var text strings.Builder
	text.WriteString("\n\nKeys of --set and --config, from the paper, from its reference implementation where the paper is\nsilent, ours, or there as an ablation, to see what a choice is worth:\n")
	for _, key := range run.Described() {
		fmt.Fprintf(&text, "  %-26s %-10s %s\n", key.Name, key.Source, key.Meaning)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// overridingFlags are the flags of train that stand for a key of the configuration. They take text,
// which is read like the configuration file: "1.5" samples are refused in the same words.
func overridingFlags() map[string]string {
	return map[string]string{"task": "task", "algo": "algo", "preset": "preset", "backend": "run.backend", "world": "world", "seed": "seed",
		"samples": "samples", "workers": "run.workers", "keep-at": "run.keep_at", "device": "run.device",
		"device-memory": "run.device_memory", "python": "run.python", "env-workers": "run.env_workers", "precision": "model.precision"}
}

func (p *program) train() *cli.Command {
	return &cli.Command{
		Name: "train", ArgsUsage: "TASK | --task T [flags]", Usage: "train a policy", Description: trainHelp + keysHelp(),
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "task", Usage: "what to learn: one that palmal tasks lists, a folder or file of your own, as ./my_robot, or gym:ID"},
			&cli.StringFlag{Name: "world", Usage: "robot that plays the episodes instead of a simulator: a command, unix:PATH, tcp:PORT or inbox:FOLDER"},
			&cli.StringFlag{Name: "algo", Usage: "pal, mal, gda or br (default pal)"},
			&cli.StringFlag{Name: "preset", Usage: "tuned: few samples and little time, for a task that brings none the general one; paper: the paper's tables; general; pathwise: derivatives of model paths; actor-critic: these and critics; npg: tuned for the natural policy gradient (default tuned)"},
			&cli.StringFlag{Name: "backend", Usage: "auto, cpu or cuda (default auto)"},
			&cli.StringFlag{Name: "seed", Usage: "random seed of the whole run (default 1)"},
			&cli.StringFlag{Name: "samples", Usage: "environment steps to stop at"},
			&cli.StringFlag{Name: "out", Usage: "run directory (default runs/TASK-ALGO-seedN)"},
			&cli.StringFlag{Name: "config", Usage: "configuration file in YAML, or a run directory to take it from"},
			&cli.StringSliceFlag{Name: "set", Usage: "one key of the configuration, key=value; may be repeated"},
			&cli.StringFlag{Name: "workers", Usage: "threads; no result depends on it (default one per core)"},
			precisionFlag(),
			envSetFlag(),
			pythonFlag(), envWorkersFlag(),
			&cli.StringSliceFlag{Name: "perturb", Usage: "change of the world, SAMPLES:CHANGE[,CHANGE...]; may be repeated"},
			&cli.StringFlag{Name: "from", Usage: "run to begin from: with its networks, its data, or both, as --take says"},
			&cli.StringFlag{Name: "take", Usage: "networks, data or both: what --from takes (default both)"},
			&cli.StringSliceFlag{Name: "data", Usage: "recorded episodes to learn from too: a file (.npz, .jsonl, .parquet), the folder of a LeRobotDataset, a run, minari:ID or d4rl:FILE.hdf5; may be repeated"},
			&cli.StringFlag{Name: "keep-at", Usage: "sample counts whose checkpoints are kept, as in 5000,10000"},
			p.syncFlag(),
			profileFlag("iterations"),
			&cli.BoolFlag{Name: "quiet", Usage: "print errors only"},
			&cli.BoolFlag{Name: "dry-run", Usage: "print the whole configuration, and what time and memory it needs by a trial of some seconds, and stop"},
		}, deviceFlags()...),
		Action: func(c *cli.Context) error {
			asked, err := request(c)
			if err != nil {
				return err
			}
			resolved, err := run.Resolve(asked)
			if err != nil || p.misread {
				return err
			}
			for _, warning := range resolved.Warnings() {
				p.warn("%s", warning)
			}
			if err := checkFrom(c); err != nil {
				return err
			}
			if err := session.TakeNetworks(&resolved.Config, func(text string) { p.warn("%s", text) }); err != nil { // before the data, whose refusal would not name --from
				return err
			}
			if err := session.TakeData(p.stops.ctx, &resolved.Config); err != nil {
				return err
			}
			out := c.String("out")
			if out == "" {
				out = session.DefaultOut(resolved.Config)
			}
			if err := p.checkPerturbations(resolved.Config); err != nil {
				return err
			}
			section := resolved.Config.Run
			if err := errors.Join(p.checkSync(section.Backend), p.readProfile(c, section.Backend), checkChoice(section)); err != nil {
				return err
			}
			if c.Bool("dry-run") {
				return p.dryRun(resolved, out)
			}
			return p.startRun(resolved, out, c.Bool("quiet"))
		},
	}
}

// request collects the values of the flags.
func request(c *cli.Context) (run.Request, error) {
	named, err := positional(c, 0, 1, "")
	r := run.Request{File: c.String("config"), Sets: c.StringSlice("set"), EnvSets: c.StringSlice("env-set"), Backends: backendNames()}
	if c.IsSet("perturb") {
		r.Flags = append(r.Flags, run.TypedList("perturbations", c.StringSlice("perturb"), "--perturb"))
	}
	takeFlags, takeErr := takenFlags(c)
	r.Flags = append(r.Flags, takeFlags...)
	err = errors.Join(err, takeErr)
	flags := overridingFlags()
	for _, flag := range slices.Sorted(maps.Keys(flags)) {
		if c.IsSet(flag) {
			r.Flags = append(r.Flags, run.Typed(flags[flag], c.String(flag), "--"+flag))
		}
	}
	if len(named) == 1 && c.IsSet("task") {
		err = usage.Mistakef("train: a task is named twice, %s and --task %s", usage.Word(named[0]), usage.Word(c.String("task")))
	} else if len(named) == 1 {
		r.Flags = append(r.Flags, run.TypedWord("task", named[0], "train TASK"))
	}
	return r, err
}

// startRun begins a new run.
func (p *program) startRun(resolved run.Resolved, out string, quiet bool) (err error) {
	config := resolved.Config
	if err := run.Vacant(out); err != nil {
		return refuseExisting(out, err)
	}
	setup, err := p.openBeginning(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.closeTimed(setup.backend, setup)) }()
	config.Run.Backend = setup.backend.Name()
	resolved.Config = config
	directory, unlock, err := session.Begin(out, config)
	if err != nil {
		return refuseExisting(out, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return p.process(job{directory: directory, config: config, setup: setup, quiet: quiet,
		announce: func() { p.announce(resolved, out, setup) }})
}

// refuseExisting says what to do about a run directory that exists.
func refuseExisting(out string, err error) error {
	if errors.Is(err, run.ErrExists) {
		return usage.Mistakef("%w: continue with %s, or choose another --out", err, usage.Line("resume", []string{out}))
	}
	return err
}

// presetSource says which preset the one that was asked for stands for; empty if for itself.
func presetSource(config run.Config) string {
	switch effective := config.EffectivePreset(); effective {
	case config.Preset:
		return ""
	case algo.PresetGeneral:
		return fmt.Sprintf("no preset %s for this task: the %s one", config.Preset, effective)
	default:
		return fmt.Sprintf("preset %s of this task and algorithm: %s", config.Preset, effective)
	}
}

// announce prints what begins.
func (p *program) announce(resolved run.Resolved, out string, setup *setup) {
	config := resolved.Config
	if p.json {
		p.printJSON(map[string]any{"event": "start", "run": out, "config": config.Map(), "effective_preset": config.EffectivePreset(), "device": setup.backend.Describe()})
		return
	}
	summary, err := resolved.Summary()
	if err != nil {
		p.warn("%v", err)
	}
	p.printf("%s on %s, preset %s, seed %d, %s samples, in %s\n", config.Algorithm, config.TaskName(), config.Preset, config.Seed,
		run.Thousands(config.Samples), out)
	if source := presetSource(config); source != "" {
		p.printf("%s\n", source)
	}
	if setup.world.Task().HasFall() && config.Fallen {
		p.printf("a fall ends episodes of training, not of evaluations: %s\n", setup.world.Task().Fall)
	}
	if steps, most := config.TrainingHorizon, setup.world.Task().Horizon; steps > 0 && steps < most {
		p.printf("episodes of training end after %s steps, those of evaluations after %s\n", run.Thousands(steps), run.Thousands(most))
	}
	p.printf("%s\n%s", setup.backend.Describe(), summary)
}
