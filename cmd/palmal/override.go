package main

import (
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// overrideByFlags sets the keys of the configuration for which flags of train were given.
func overrideByFlags(c *cli.Context, config *run.Config, flags ...string) error {
	return config.Override(flagged(c, flags)...)
}

// overrideBy sets the keys of the configuration by the flags that stand for them, where they were given.
func overrideBy(c *cli.Context, config *run.Config, keys map[string]string) error {
	return config.Override(assigned(c, keys)...)
}

// flagged are the keys for which these flags of train were given.
func flagged(c *cli.Context, flags []string) []run.Assignment {
	keys := overridingFlags()
	maps.DeleteFunc(keys, func(flag, _ string) bool { return !slices.Contains(flags, flag) })
	return assigned(c, keys)
}

// assigned are the keys whose flags were given.
func assigned(c *cli.Context, keys map[string]string) []run.Assignment {
	var given []run.Assignment
	for _, flag := range slices.Sorted(maps.Keys(keys)) {
		if c.IsSet(flag) {
			given = append(given, run.Typed(keys[flag], c.String(flag), "--"+flag))
		}
	}
	return given
}
