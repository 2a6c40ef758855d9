package main

import (
	"cmp"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
)

// takenFlags are the keys that --data, --from and --take stand for.
func takenFlags(c *cli.Context) ([]run.Assignment, error) {
	data, from, take := c.StringSlice("data"), c.String("from"), c.String("take")
	var flags []run.Assignment
	var err error
	switch {
	case c.IsSet("take") && !c.IsSet("from"):
		err = usage.Mistakef("--take %s: say by --from from which run", usage.Word(take))
	case c.IsSet("take"):
		err = usage.OneOf("part of --take", take, takes())
	}
	if c.IsSet("from") && take != "data" {
		flags = append(flags, run.TypedWord("from", from, "--from"))
	}
	if c.IsSet("from") && take != "networks" {
		data = append([]string{from}, data...)
	}
	if len(data) > 0 {
		flags = append(flags, run.TypedList("data", data, "--data"))
	}
	return flags, err
}

// checkFrom refuses a --from that names no run.
func checkFrom(c *cli.Context) error {
	if !c.IsSet("from") {
		return nil
	}
	if _, _, err := openRun(c.String("from")); err != nil {
		return usage.Mistakef("--from: %w", err)
	}
	return nil
}

// openBeginning opens the setup of a run that begins, with the networks that its configuration names.
func (p *program) openBeginning(config run.Config) (*setup, error) {
	s, err := p.openSetup(config, 0)
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(session.KeepTime(config, s.world.Task()), session.Adopt(s.game, config)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// takes are the parts of a run that --from can begin with.
func takes() []string { return []string{"networks", "data", "both"} }
