package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
)

const refitHelp = `Fits the model of a checkpoint once more to the episodes that the run has, with other values of its
keys, and compares the loss on rows that are held out. It takes no sample of the world and changes
nothing of the run: so the learning rate and the length of fits are found for a robot of your own.

Each --try is one fit, of one or several keys. Without any there are five: as it is, a half, twice and
four times the learning rate, and twice the minibatches. All begin with the same networks and hold the
same rows out; every member keeps the state that was best on them. Lower is better.

With --new the fits are the first of new networks, which may have another size, too. So are those of a run
that holds no rows out (model.hold_out=0), since it has learned from all: here a tenth is held out. One
first fit is short of what many in turn have learned; model.max_steps lets it come nearer.

Examples:
  palmal refit runs/ant-pal-seed1
  palmal refit runs/ant-pal-seed1 --try model.learning_rate=0.01 --try "model.epochs=30 model.max_steps=4400"
  palmal refit runs/my_robot-pal-seed1 --new --try model.hidden=128,128 --try model.hidden=512,512`

func (p *program) refit() *cli.Command {
	return &cli.Command{
		Name: "refit", ArgsUsage: "RUN [flags]", Usage: "compare settings of the model's fit on the episodes of a run", Description: refitHelp,
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "try", Usage: `keys of the model, "key=value key=value"; may be repeated`},
			&cli.BoolFlag{Name: "new", Usage: "begin with new networks, not with those of the checkpoint"},
			&cli.StringFlag{Name: "checkpoint", Usage: "iteration whose checkpoint to take (default the last)"},
			&cli.StringFlag{Name: "backend", Usage: "auto, cpu or cuda", Value: "auto"},
			&cli.StringFlag{Name: "workers", Usage: "threads; no result depends on it"},
		}, deviceFlags()...),
		Action: func(c *cli.Context) error {
			args, err := positional(c, 1, 1, "a run directory")
			if err != nil {
				return err
			}
			return p.refitRun(c, args[0])
		},
	}
}

// trial is a fit with some values of the model's keys, and what came of it.
type trial struct {
	Try     string           `json:"try"`              // keys and values; "" for those of the run
	Failed  string           `json:"failed,omitempty"` // why it ended without a model
	Rows    int              `json:"rows"`
	Steps   int              `json:"steps"`
	Loss    algo.Number      `json:"loss_last"`
	Held    *algo.HeldRecord `json:"held,omitempty"` // rows held out
	Seconds float64          `json:"seconds"`
	config  run.Config
}

func (t trial) name() string { return cmp.Or(t.Try, "as it is") }

func (p *program) refitRun(c *cli.Context, path string) (err error) {
	directory, config, err := openRun(path)
	if err != nil {
		return err
	}
	if err := overrideByFlags(c, &config, "workers"); err != nil {
		return err
	}
	p.warnOfTask(directory, config)
	fresh := c.Bool("new") || config.Model.HoldOut == 0
	trials, err := trialsOf(config, c.StringSlice("try"), fresh)
	if err != nil {
		return err
	}
	iteration, err := evaluated(directory, c)
	if err != nil {
		return err
	}
	manifest, snapshot, err := directory.Read(iteration, algo.GroupModel, algo.GroupReplay, algo.GroupGame)
	if err != nil {
		return adviseOther(directory, iteration, err)
	}
	section, err := sectionOf(c, config.Run.Workers)
	if err != nil {
		return err
	}
	p.printf("%s, %s samples: %s\n\n", path, run.Thousands(manifest.Samples), map[bool]string{false: "one more fit of the model", true: "first fits of new models"}[fresh])
	if err := p.tryAll(trials, snapshot, section, fresh); err != nil {
		return err
	}
	p.adviseFit(path, trials, fresh)
	if p.json {
		p.printJSON(map[string]any{"run": path, "checkpoint": iteration, "samples": manifest.Samples, "new": fresh, "fits": trials})
	}
	return nil
}

// trialsOf reads the trials that a user asks for, or makes the usual ones; the run's own values come first.
func trialsOf(config run.Config, asked []string, fresh bool) ([]trial, error) {
	if config.Model.HoldOut == 0 {
		if err := config.Override(run.Typed("model.hold_out", "0.1", "refit")); err != nil {
			return nil, err
		}
	}
	trials := []trial{{config: config}}
	if len(asked) == 0 {
		m := config.Model
		for _, factor := range []float64{0.5, 2, 4} {
			asked = append(asked, fmt.Sprintf("model.learning_rate=%g", factor*m.LearningRate))
		}
		asked = append(asked, fmt.Sprintf("model.epochs=%d model.min_steps=%d model.max_steps=%d", 2*m.Epochs, 2*m.MinSteps, 2*m.MaxSteps))
	}
	for _, text := range asked {
		one := trial{Try: strings.Join(strings.Fields(text), " "), config: config}
		if err := one.read(triable(fresh)); err != nil {
			return nil, err
		}
		trials = append(trials, one)
	}
	return trials, nil
}

// read gives the trial's configuration the values that it tries, of keys that it may.
func (t *trial) read(may []string) error {
	words := strings.Fields(t.Try)
	if len(words) == 0 {
		return usage.Mistakef("--try: want keys and values, as in model.learning_rate=0.002")
	}
	for _, word := range words {
		if key, _, _ := strings.Cut(word, "="); !slices.Contains(may, key) {
			return usage.Mistakef("--try %s: want some of %s", usage.Word(word), strings.Join(may, ", "))
		}
	}
	_, err := t.config.Change(run.Request{Sets: words, SetsFrom: "--try"})
	return err
}

// triable lists the keys of the model that fits can be compared by: they change neither which rows are held out nor what the
// loss on them means. Networks that a checkpoint holds have their sizes.
func triable(fresh bool) []string {
	names := "epochs batch min_steps max_steps learning_rate anneal weight_decay layer_decay warm_up anneal_floor restart weigh_rows dropout beta"
	if fresh {
		names += " first_fit members hidden activation layer_norm state_noise"
	}
	keys := strings.Fields(names)
	for i := range keys {
		keys[i] = "model." + keys[i]
	}
	return keys
}

// tryAll runs the trials and prints each.
func (p *program) tryAll(trials []trial, snapshot algo.Snapshot, section run.Section, fresh bool) (err error) {
	backend, err := p.openBackend(section)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	width := 0
	for _, one := range trials {
		width = max(width, len(one.name()))
	}
	p.printf("%-*s  %11s  %13s  %13s  %7s\n", width, "FIT", "MINIBATCHES", "LOSS HELD OUT", "TRAINING LOSS", "SECONDS")
	for i := range trials {
		if err := p.stops.ctx.Err(); err != nil {
			return err
		}
		if err := trials[i].fit(backend, snapshot, fresh); err != nil {
			return fmt.Errorf("%s: %w", trials[i].name(), err)
		}
		p.showTrial(trials[i], width)
	}
	return nil
}

// fit runs the trial. Numbers that grow beyond all bounds are a result, too.
func (t *trial) fit(backend nn.Backend, snapshot algo.Snapshot, fresh bool) error {
	own, err := t.config.LoadTask()
	if err != nil {
		return err
	}
	if err := session.EnoughFor("this fit", float64(t.config.MemoryNeeded(own, own.Horizon)), "model.hidden, model.members or model.batch"); err != nil {
		return err
	}
	data, err := session.Recorded(t.config, own)
	if err != nil {
		return err
	}
	start := time.Now()
	fit, err := algo.Refit(t.config.Config, backend, own, data, snapshot, fresh)
	t.Rows, t.Steps, t.Loss, t.Held, t.Seconds = fit.Rows, fit.Steps, fit.LossLast, fit.Held, time.Since(start).Seconds()
	switch {
	case errors.Is(err, nn.ErrDiverged):
		t.Failed = err.Error()
		return nil
	case err == nil && t.Held == nil:
		return usage.Exit(usage.Failure, "no row was held out: the run has too few")
	}
	return err
}

func (p *program) showTrial(t trial, width int) {
	if t.Failed != "" {
		p.printf("%-*s  %s\n", width, t.name(), t.Failed)
		return
	}
	p.printf("%-*s  %11d  %13.4g  %13.4g  %7.1f\n", width, t.name(), t.Steps, t.Held.Loss, t.Loss, t.Seconds)
}

// adviseFit names the best trial.
func (p *program) adviseFit(path string, trials []trial, fresh bool) {
	best := trials[0]
	for _, one := range trials[1:] {
		if one.Failed == "" && (best.Failed != "" || one.Held.Loss < best.Held.Loss) {
			best = one
		}
	}
	if best.Held != nil {
		p.printf("\n%s of %s rows are held out: ", run.Thousands(best.Held.Rows), run.Thousands(best.Rows))
	}
	switch sets := strings.ReplaceAll(" "+best.Try, " ", " --set "); {
	case best.Try == "":
		p.printf("on them none has a lower loss than the run's own values\n")
	case fresh:
		p.printf("lowest on them is %s; a new run takes it by palmal train --config %s%s\n", best.Try, usage.Word(path), sets)
	default:
		p.printf("lowest on them is %s; the run goes on with it by palmal resume %s%s\n", best.Try, usage.Word(path), sets)
	}
}
