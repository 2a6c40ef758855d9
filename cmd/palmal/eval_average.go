package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/internal/number"
	"github.com/palmal-rl/palmal/physics"
)

// averaged finds the checkpoints whose policies --average wants the mean of: the given one and the kept ones before it; nil without
// the flag.
func averaged(d *run.Directory, config run.Config, c *cli.Context, iteration int) ([]int, error) {
	if !c.IsSet("average") {
		return nil, nil
	}
	whole, err := number.ParseWhole(c.String("average"))
	if err != nil || whole.Negative || whole.Size < 1 {
		return nil, usage.Mistakef("--average %s: want a number of checkpoints, 1 or more", usage.Word(c.String("average")))
	}
	if config.Policy.Player == algo.PlayerPlan {
		instead := "add --player " + algo.PlayerNPG
		if c.String("player") == algo.PlayerPlan {
			instead = "leave out --player"
		}
		return nil, usage.Mistakef("--average is for policies that are a network, and this one plans in the model: %s", instead)
	}
	all, err := d.Checkpoints()
	if err != nil {
		return nil, err
	}
	all = all[:slices.Index(all, iteration)+1]
	if whole.Size > uint64(len(all)) {
		return nil, usage.Mistakef("--average %d: %s has %s up to %06d; run.keep_last says how many a run keeps",
			whole.Size, d.Path, usage.Count(len(all), "checkpoint"), iteration)
	}
	return all[len(all)-int(whole.Size):], nil
}

// judgedPolicy reads the policy that eval judges: that of a checkpoint or, where there are some to average, the mean of their latest
// policies, whatever average the run itself hands on.
func (p *program) judgedPolicy(asked evaluation, world *physics.World) (algo.Policy, func() error, error) {
	d, config := asked.directory, asked.config
	if asked.averaged == nil {
		return p.readPolicy(d, config, world, asked.iteration, asked.section)
	}
	var policies []algo.GaussianPolicy
	for _, one := range asked.averaged {
		_, snapshot, err := d.Read(one, algo.GroupPolicy)
		if err != nil {
			return nil, nil, adviseOther(d, one, err)
		}
		policy, err := algo.LatestPolicy(config.Config, world.Task(), snapshot.Groups)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: checkpoint %06d: %w", d.Path, one, err)
		}
		policies = append(policies, policy)
	}
	return algo.MeanPolicy(policies), func() error { return nil }, nil
}

// averagedNames names the checkpoints that were averaged.
func averagedNames(checkpoints []int) string {
	var names []string
	for _, one := range checkpoints {
		names = append(names, strconv.Itoa(one))
	}
	return strings.Join(names, ", ")
}
