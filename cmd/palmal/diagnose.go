package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
)

const diagnoseHelp = `Samples episodes in the world by the mean action, and rolls the learned model out from their initial
states: in open loop with the world's actions, in closed loop with the policy's own. Reports
  the model's error against look-ahead, for each task measure and each group of observations;
  predicted against realised return;
  whether the disagreement of the ensemble's members predicts the error;
  how many predicted paths reached the bound on observations (npg.clamp).
It needs only the run directory. Errors are drawn on a log scale where curves differ by more than a
decade.

Examples:
  palmal diagnose runs/dclaw_turn-pal-seed1
  palmal diagnose runs/dclaw_turn-pal-seed1 --kept -o dclaw.svg
  palmal diagnose runs/dclaw_turn-pal-seed1 runs/dclaw_turn-mal-seed1 --kept --quantity "valve angle"
  palmal diagnose runs/hopper-pal-seed1 --checkpoint 20 --checkpoint 40 --horizon 100`

func (p *program) diagnose() *cli.Command {
	return &cli.Command{
		Name: "diagnose", ArgsUsage: "RUN... [flags]", Usage: "compare the learned model with the world", Description: diagnoseHelp,
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "checkpoint", Usage: "iteration whose checkpoint to take (default the last); may be repeated"},
			&cli.BoolFlag{Name: "kept", Usage: "take the checkpoints that train --keep-at kept"},
			&cli.StringFlag{Name: "episodes", Usage: "episodes to sample (default as in evaluations)"},
			&cli.StringFlag{Name: "horizon", Usage: "decisions to look ahead, at most an episode's (default as in training)"},
			&cli.StringFlag{Name: "seed", Usage: "seed of the initial states (default as in evaluations)"},
			&cli.StringSliceFlag{Name: "quantity", Usage: "quantity to draw (default the task's measures), or all; may be repeated"},
			&cli.StringFlag{Name: "backend", Usage: "auto, cpu or cuda", Value: "auto"},
			&cli.StringFlag{Name: "workers", Usage: "threads; no result depends on it"},
			precisionFlag(), pythonFlag(), envWorkersFlag(),
			&cli.StringFlag{Name: "o", Usage: "picture to write, .svg, .png or .pdf (default RUN/plots/diagnosis.svg, of several runs diagnosis.svg)"},
		}, deviceFlags()...),
		Action: func(c *cli.Context) error {
			paths, err := positional(c, 1, -1, "a run directory")
			if err != nil {
				return err
			}
			return p.diagnoseRuns(c, paths)
		},
	}
}

// diagnoseRuns diagnoses checkpoints of runs of one task and draws them into one picture.
func (p *program) diagnoseRuns(c *cli.Context, paths []string) error {
	only := ""
	if len(paths) == 1 {
		only = paths[0]
	}
	out := pictureFile(c.String("o"), "diagnosis.svg", only)
	if err := checkPicture(out); err != nil {
		return err
	}
	chosen, err := chooseSubjects(c, paths)
	if err != nil {
		return err
	}
	for _, one := range chosen {
		p.warnOfSubject(one, c.IsSet("horizon"))
	}
	section, err := sectionOf(c, 0)
	if err != nil {
		return err
	}
	quantities, err := quantitiesOf(chosen, c.StringSlice("quantity"))
	if err != nil {
		return err
	}
	if err := out.Check(); err != nil { // fails before the work
		return err
	}
	var all []plot.Diagnosed
	for _, one := range chosen {
		diagnosis, err := p.examine(one, section)
		if err != nil {
			return fmt.Errorf("%s, checkpoint %06d: %w", one.directory.Path, one.manifest.Iteration, err)
		}
		all = append(all, plot.Diagnosed{Label: one.label(len(paths) > 1), Diagnosis: diagnosis})
		p.showDiagnosis(one, diagnosis)
	}
	picture, err := plot.DrawDiagnoses(quantities, all, strings.ToLower(filepath.Ext(out.Path)))
	if err != nil {
		return err
	}
	if err := writePicture(out, picture); err != nil {
		return err
	}
	p.printf("\nwritten to %s\n", out.Path)
	if p.json {
		p.printJSON(map[string]any{"file": out.Path, "quantities": quantities})
	}
	return nil
}

// subject is a checkpoint to be diagnosed.
type subject struct {
	directory *run.Directory
	config    run.Config // configuration with the user's overrides
	manifest  run.Manifest
	trained   int // samples that produced the policy
}

// label names a checkpoint among others.
func (one subject) label(several bool) string {
	text := run.Thousands(one.trained) + " samples"
	if several {
		return filepath.Base(one.directory.Path) + ", " + text
	}
	return text
}

// chooseSubjects finds the checkpoints of runs that the user wants diagnosed.
func chooseSubjects(c *cli.Context, paths []string) ([]subject, error) {
	var chosen []subject
	for _, path := range paths {
		subjects, err := subjectsOf(c, path)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, subjects...)
	}
	return chosen, nil
}

// subjectsOf finds those of one run.
func subjectsOf(c *cli.Context, path string) ([]subject, error) {
	directory, config, err := openRun(path)
	if err != nil {
		return nil, err
	}
	if err := overrideBy(c, &config, map[string]string{"episodes": "evaluation.episodes", "seed": "evaluation.seed", "workers": "run.workers",
		"python": "run.python", "env-workers": "run.env_workers", "precision": "model.precision", "horizon": "npg.horizon"}); err != nil {
		return nil, err
	}
	iterations, err := diagnosed(directory, config, c)
	if err != nil {
		return nil, err
	}
	var subjects []subject
	for _, iteration := range iterations {
		manifest, err := directory.Manifest(iteration)
		if err != nil {
			return nil, adviseOther(directory, iteration, err)
		}
		subjects = append(subjects, subject{directory, config, manifest, directory.TrainedBy(manifest)})
	}
	return subjects, nil
}

// diagnosed lists the iterations of the checkpoints that the flags name.
func diagnosed(d *run.Directory, config run.Config, c *cli.Context) ([]int, error) {
	names := c.StringSlice("checkpoint")
	if c.Bool("kept") && len(names) > 0 {
		return nil, usage.Mistakef("--kept and --checkpoint exclude each other")
	}
	all, err := d.Checkpoints()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, usage.Exit(usage.Failure, "%s has no checkpoint yet", d.Path)
	}
	if c.Bool("kept") {
		kept := slices.Compact(d.KeptAt(all, config.Run.KeepAt))
		if len(kept) == 0 {
			return nil, usage.Mistakef("%s keeps no checkpoints at sample counts: train with --keep-at, or name some by --checkpoint", d.Path)
		}
		return kept, nil
	}
	if len(names) == 0 {
		return all[len(all)-1:], nil
	}
	var chosen []int
	for _, name := range names {
		iteration, err := session.Pick(all, name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, iteration)
	}
	return chosen, nil
}

// quantitiesOf names the quantities to draw of runs, which must be of one task: the user's choice, or the
// task's measures, or all of a task without measures.
func quantitiesOf(chosen []subject, asked []string) ([]string, error) {
	t, err := chosen[0].config.LoadTask()
	if err != nil {
		return nil, err
	}
	for _, one := range chosen {
		if one.config.TaskName() != t.Name {
			return nil, usage.Mistakef("%s is of task %s, %s of %s: one picture shows one task", chosen[0].directory.Path, t.Name,
				one.directory.Path, one.config.TaskName())
		}
	}
	var every, measures []string
	for _, q := range t.Quantities() {
		every = append(every, q.Name)
		if q.Main {
			measures = append(measures, q.Name)
		}
	}
	if slices.Equal(asked, []string{"all"}) || len(asked)+len(measures) == 0 {
		return every, nil
	}
	for _, name := range asked {
		if err := usage.OneOf("quantity", name, every); err != nil {
			return nil, err
		}
	}
	if len(asked) > 0 {
		return asked, nil
	}
	return measures, nil
}

// examine diagnoses one checkpoint in the world as it was at that time.
func (p *program) examine(one subject, section run.Section) (_ algo.Diagnosis, err error) {
	var d algo.Diagnosis
	config := one.config
	if err := p.warnOfDrifts(one.directory, config, one.manifest); err != nil {
		return d, err
	}
	world, err := openWorld(config, one.manifest.Changes)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	shapes := algo.ShapesOf(config.Config, world.Task())
	section.Workers = config.Run.Workers
	policy, closer, err := p.readPolicy(one.directory, config, world, one.manifest.Iteration, section)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, closer()) }()
	backend, err := p.openBackend(section)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	model, err := readModel(one.directory, backend, shapes.Model, one.manifest.Iteration)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	if err := session.EnoughFor("this diagnosis", diagnosisMemory(config, shapes), "--episodes or --horizon"); err != nil {
		return d, err
	}
	options := algo.DiagnoseOptions{Episodes: config.Evaluation.Episodes, Horizon: config.NPG.Horizon, Seed: config.Evaluation.Seed, Clamp: config.NPG.Clamp}
	options.Low, options.High = config.Ranges(world.Task())
	for _, q := range world.Task().Quantities() {
		options.Quantities = append(options.Quantities, algo.Quantity{Name: q.Name, Unit: q.Unit, Main: q.Main, Distance: q.Distance})
	}
	return algo.Diagnose(p.stops.ctx, world, world.Task(), algo.Pair{Backend: backend, Model: model, Policy: policy}, options)
}

// diagnosisMemory estimates the memory of a diagnosis: observations and actions of the world's episodes,
// and of as many paths of each member in open and in closed loop.
func diagnosisMemory(config run.Config, shapes algo.Shapes) float64 {
	const word = 4
	decisions := float64(config.Evaluation.Episodes) * float64(config.NPG.Horizon+1)
	return run.ProgramMemory + word*decisions*float64(1+2*shapes.Model.Members)*float64(shapes.Policy.Observation+shapes.Policy.Action)
}

// readModel loads the model of a checkpoint into a backend.
func readModel(d *run.Directory, backend nn.Backend, shape nn.EnsembleShape, iteration int) (nn.Ensemble, error) {
	_, snapshot, err := d.Read(iteration, algo.GroupModel)
	if err != nil {
		return nil, adviseOther(d, iteration, err)
	}
	model, err := backend.NewEnsemble(shape, shape.Init(0))
	if err != nil {
		return nil, err
	}
	if err := model.Load(snapshot.Groups[algo.GroupModel]); err != nil {
		return nil, errors.Join(err, model.Close())
	}
	return model, nil
}
