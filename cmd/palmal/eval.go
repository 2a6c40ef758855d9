package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/physics/task"
)

const evalHelp = `Samples whole episodes with the policy of a checkpoint, by its mean action unless --stochastic is
given. It needs only the run directory, and says so where the best checkpoint of the run did much
better than this one. Where the task names limits, it counts the episodes that broke each. --average acts
by the mean of the policies of several kept checkpoints. -o writes the episodes to a file that --data reads, --successful those alone that succeeded.

Examples:
  palmal eval runs/hopper-pal-seed1
  palmal eval runs/hopper-pal-seed1 --best --episodes 100
  palmal eval runs/hopper-pal-seed1 --average 5
  palmal eval runs/reacher7dof-pal-seed1 --player plan --episodes 5
  palmal eval runs/hopper-pal-seed1 --stochastic --seed 7 --json
  palmal eval runs/pen-pal-seed1 --best --episodes 40 --successful -o demonstrations.npz`

func (p *program) eval() *cli.Command {
	return &cli.Command{
		Name: "eval", ArgsUsage: "RUN [flags]", Usage: "evaluate the policy of a run", Description: evalHelp,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "episodes", Usage: "episodes to sample (default as in training)"},
			&cli.StringFlag{Name: "seed", Usage: "seed of the initial states (default as in training)"},
			&cli.BoolFlag{Name: "stochastic", Usage: "act with the policy's noise"},
			&cli.BoolFlag{Name: "best", Usage: "take the checkpoint with the highest lower confidence bound instead of the last"},
			&cli.StringFlag{Name: "checkpoint", Usage: "take the checkpoint of this iteration"},
			&cli.StringFlag{Name: "average", Usage: "act by the mean of the policies of this checkpoint and the kept ones before it, so many in all"},
			&cli.StringFlag{Name: "player", Usage: "npg: the trained policy; plan: planning in the learned model about it (default as in training)"},
			&cli.StringFlag{Name: "o", Usage: "file that the episodes are written to, .npz or .jsonl"},
			&cli.BoolFlag{Name: "successful", Usage: "with -o: write only the episodes that succeeded"},
			&cli.StringFlag{Name: "workers", Usage: "threads; no result depends on it"},
			precisionFlag(), pythonFlag(), envWorkersFlag(),
		}, deviceFlags()...),
		Action: func(c *cli.Context) error {
			args, err := positional(c, 1, 1, "a run directory")
			if err != nil {
				return err
			}
			directory, config, err := openRun(args[0])
			if err != nil {
				return err
			}
			p.warnOfTask(directory, config)
			kept, err := newKept(c.String("o"), c.Bool("successful"))
			if err != nil {
				return err
			}
			if c.String("player") == algo.PlayerPlan {
				config.Config = config.Planning()
			}
			for flag, key := range map[string]string{"episodes": "evaluation.episodes", "seed": "evaluation.seed", "workers": "run.workers", "python": "run.python", "env-workers": "run.env_workers", "precision": "model.precision", "player": "policy.player"} {
				if c.IsSet(flag) {
					if err := config.Override(run.Typed(key, c.String(flag), "--"+flag)); err != nil {
						return err
					}
				}
			}
			iteration, err := evaluated(directory, c)
			if err != nil {
				return err
			}
			checkpoints, err := averaged(directory, config, c, iteration)
			if err != nil {
				return err
			}
			section, err := actingSection(c, config)
			if err != nil {
				return err
			}
			return p.evaluate(directory, config, iteration, c.Bool("stochastic"), section, kept, checkpoints)
		},
	}
}

// evaluated finds the checkpoint that the user wants evaluated.
func evaluated(d *run.Directory, c *cli.Context) (int, error) {
	if c.Bool("best") && c.IsSet("checkpoint") {
		return 0, usage.Mistakef("--best and --checkpoint exclude each other")
	}
	all, err := d.Checkpoints()
	if err != nil {
		return 0, err
	}
	if c.IsSet("checkpoint") {
		return session.Pick(all, c.String("checkpoint"))
	}
	if len(all) == 0 {
		return 0, usage.Exit(usage.Failure, "%s has no checkpoint yet", d.Path)
	}
	if !c.Bool("best") {
		return all[len(all)-1], nil
	}
	best, found, err := d.Best()
	if err == nil && !found {
		err = usage.Exit(usage.Failure, "%s has no evaluated checkpoint; without --best the last one is taken", d.Path)
	}
	return best.Iteration, err
}

func (p *program) evaluate(d *run.Directory, config run.Config, iteration int, stochastic bool, on run.Section, kept *kept, checkpoints []int) (err error) {
	manifest, err := d.Manifest(iteration)
	if err != nil {
		return adviseOther(d, iteration, err)
	}
	if err := p.warnOfDrifts(d, config, manifest); err != nil {
		return err
	}
	world, err := openWorld(config, manifest.Changes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	policy, closer, err := p.judgedPolicy(d, config, world, iteration, on, checkpoints)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closer()) }()
	breaks := algo.NewBreaks(world.Task())
	result, err := algo.Evaluate(p.stops.ctx, world, world.Task(), policy, algo.EvaluateOptions{
		Episodes: config.Evaluation.Episodes, Seed: config.Evaluation.Seed, Stochastic: stochastic, Record: func(e algo.Episode) {
			kept.add(e)
			breaks.Add(e)
		}})
	if err == nil {
		err = kept.write(world.Task(), d.Path, config, iteration)
	}
	if err != nil {
		return err
	}
	result.Samples = d.TrainedBy(manifest)
	better, err := bestBeyond(d, iteration, result)
	if err != nil { // the answer does not depend on it
		p.warn("no other checkpoint is compared: %v", err)
	}
	if p.json {
		p.printJSON(struct {
			Run        string         `json:"run"`
			Task       string         `json:"task"`
			Checkpoint int            `json:"checkpoint"`
			Seed       uint64         `json:"seed"`
			Stochastic bool           `json:"stochastic"`
			Dropped    uint64         `json:"dropped"`
			Better     *run.Best      `json:"better,omitempty"`
			File       string         `json:"file,omitempty"`
			Written    int            `json:"written,omitempty"`
			Averaged   []int          `json:"averaged,omitempty"`
			Broken     map[string]int `json:"broken_limits,omitempty"`
			algo.Evaluation
		}{d.Path, config.TaskName(), iteration, config.Evaluation.Seed, stochastic, world.Dropped(), better, kept.path, len(kept.episodes), checkpoints, breaks.ByName(), result})
		return nil
	}
	if checkpoints != nil {
		p.printf("mean of the policies of checkpoints %s\n", averagedNames(checkpoints))
	}
	p.showEvaluation(config, manifest, world.Task(), result, breaks.ByName(), stochastic)
	if better != nil {
		p.printf("checkpoint %06d was much better when the run evaluated it: return %s, at least %s; take it by %s\n",
			better.Iteration, run.Figure(better.Return), run.Figure(better.CILow), usage.Line("eval", []string{d.Path}, "--best"))
	}
	if n := world.Dropped(); n > 0 {
		p.printf("%s broke down and had to be replaced\n", usage.Count(n, "episode"))
	}
	if kept.path != "" {
		p.printf("%s written to %s\n", usage.Count(len(kept.episodes), "episode"), kept.path)
	}
	return nil
}

// bestBeyond finds the best checkpoint of a run if it is much better than another one's result.
func bestBeyond(d *run.Directory, iteration int, result algo.Evaluation) (*run.Best, error) {
	best, found, err := d.Best()
	if err != nil || !found || !muchBetter(best, iteration, result) {
		return nil, err
	}
	return &best, nil
}

// muchBetter reports whether the confidence interval of the best checkpoint lies above that of another
// one's result. A result of one episode has no interval, and is compared by its return.
func muchBetter(best run.Best, iteration int, result algo.Evaluation) bool {
	high := result.CIHigh
	if high != high {
		high = result.Return
	}
	return best.Iteration != iteration && best.CILow > high
}

// showEvaluation prints an evaluation for people.
func (p *program) showEvaluation(config run.Config, manifest run.Manifest, t *task.Task, result algo.Evaluation, broken map[string]int, stochastic bool) {
	action := "mean action"
	if stochastic {
		action = "random action"
	}
	p.printf("%s, checkpoint %06d (%s samples), %s, %s, seed %d\n", config.TaskName(), manifest.Iteration,
		run.Thousands(result.Samples), usage.Count(result.Episodes, "episode"), action, config.Evaluation.Seed)
	p.showReturn(result)
	p.printf("length   %s environment steps, %.3g s\n", run.Figure(result.Length), float64(result.Length)*t.Dt())
	if result.Success == result.Success {
		p.printf("success  %.1f %%\n", 100*float64(result.Success))
	}
	for _, name := range t.LimitNames() {
		p.printf("limit %s: broken in %d of %s\n", name, broken[name], usage.Count(result.Episodes, "episode"))
	}
	for _, m := range t.Measures {
		if found, known := result.Measures[m.Name]; known {
			unit := strings.TrimRight(" "+m.Unit, " ")
			p.printf("%s: %s%s in the mean, %s%s over the second half, %s%s at the end of an episode\n", m.Name, run.Figure(found.Mean), unit,
				run.Figure(found.SecondHalf), unit, run.Figure(found.Final), unit)
		}
	}
	if schedule, err := config.Schedule(); err == nil && manifest.Changes > 0 { // else it could not be opened
		p.printf("in the world after %s\n", schedule[manifest.Changes-1])
	}
}

// showReturn prints the returns of an evaluation. One episode says nothing of how far others are from it.
func (p *program) showReturn(result algo.Evaluation) {
	if result.Episodes == 1 {
		p.printf("return   %s (sum of rewards of the episode); one episode has no confidence interval\n", run.Figure(result.Return))
		return
	}
	p.printf("return   %s (sum of rewards of an episode), 95 %% confidence interval %s to %s\n", run.Figure(result.Return),
		run.Figure(result.CILow), run.Figure(result.CIHigh))
	p.printf("         lowest %s, highest %s, standard deviation %s\n", run.Figure(result.Min), run.Figure(result.Max), run.Figure(result.Std))
}

// showBest prints the best evaluation of a run.
func (p *program) showBest(best run.Best) {
	sure := "in one episode"
	if best.CILow == best.CILow {
		sure = fmt.Sprintf("at least %s with 97.5 %% confidence", run.Figure(best.CILow))
	}
	p.printf("best evaluation: return %s by the mean action, %s, by %s samples (checkpoint %06d)\n",
		run.Figure(best.Return), sure, run.Thousands(best.Samples), best.Iteration)
}

// decimal shows a number to a hundredth.
func decimal(n algo.Number) string {
	if n != n {
		return "unknown"
	}
	return strconv.FormatFloat(float64(n), 'f', 2, 64)
}
