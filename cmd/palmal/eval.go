package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
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
			asked, err := p.newEvaluation(c)
			if err != nil {
				return err
			}
			return p.evaluate(asked)
		},
	}
}

// evaluation is what eval is asked for.
type evaluation struct {
	directory  *run.Directory
	config     run.Config
	iteration  int   // whose checkpoint is judged
	averaged   []int // checkpoints the mean of whose policies acts; nil: the policy of iteration
	stochastic bool
	section    run.Section // what the policy acts on
	kept       *kept
}

// newEvaluation reads the flags.
func (p *program) newEvaluation(c *cli.Context) (e evaluation, err error) {
	args, err := positional(c, 1, 1, "a run directory")
	if err != nil {
		return e, err
	}
	if e.directory, e.config, err = openRun(args[0]); err != nil {
		return e, err
	}
	p.warnOfTask(e.directory, e.config)
	if e.kept, err = newKept(c.String("o"), c.Bool("successful")); err != nil {
		return e, err
	}
	e.stochastic = c.Bool("stochastic")
	if c.String("player") == algo.PlayerPlan {
		e.config.Config = e.config.Planning()
	}
	if err := overrideBy(c, &e.config, map[string]string{"episodes": "evaluation.episodes", "seed": "evaluation.seed", "workers": "run.workers", "python": "run.python",
		"env-workers": "run.env_workers", "precision": "model.precision", "player": "policy.player"}); err != nil {
		return e, err
	}
	if e.iteration, err = evaluated(e.directory, c); err != nil {
		return e, err
	}
	if e.averaged, err = averaged(e.directory, e.config, c, e.iteration); err != nil {
		return e, err
	}
	if e.section, err = actingSection(c, e.config); err != nil {
		return e, err
	}
	return e, e.kept.check()
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

// evaluate plays the episodes, writes those that are kept, and prints what came of them.
func (p *program) evaluate(asked evaluation) (err error) {
	d, config := asked.directory, asked.config
	manifest, err := d.Manifest(asked.iteration)
	if err != nil {
		return adviseOther(d, asked.iteration, err)
	}
	if err := p.warnOfDrifts(d, config, manifest); err != nil {
		return err
	}
	world, err := openWorld(config, manifest.Changes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	policy, closer, err := p.judgedPolicy(asked, world)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closer()) }()
	breaks := algo.NewBreaks(world.Task())
	result, err := algo.Evaluate(p.stops.ctx, world, world.Task(), policy, algo.EvaluateOptions{
		Episodes: config.Evaluation.Episodes, Seed: config.Evaluation.Seed, Stochastic: asked.stochastic, Record: func(e algo.Episode) {
			asked.kept.add(e)
			breaks.Add(e)
		}})
	if err == nil {
		err = asked.kept.write(world.Task(), d.Path, config, asked.iteration)
	}
	if err != nil {
		return err
	}
	result.Samples = d.TrainedBy(manifest)
	better, err := bestBeyond(d, asked.iteration, result)
	if err != nil { // the answer does not depend on it
		p.warn("no other checkpoint is compared: %v", err)
	}
	answer := answer{d.Path, config.TaskName(), asked.iteration, config.Evaluation.Seed, asked.stochastic, world.Dropped(), better,
		asked.kept.path, len(asked.kept.episodes), asked.averaged, breaks.ByName(), result}
	if p.json {
		p.printJSON(answer)
		return nil
	}
	p.showAnswer(answer, config, manifest, world.Task())
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
