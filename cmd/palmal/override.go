package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// overrideByFlags sets the keys of the configuration for which flags of train were given.
func overrideByFlags(c *cli.Context, config *run.Config, flags ...string) error {
	keys := overridingFlags()
	maps.DeleteFunc(keys, func(flag, _ string) bool { return !slices.Contains(flags, flag) })
	return overrideBy(c, config, keys)
}

// overrideBy sets the keys of the configuration by the flags that stand for them, where they were given.
func overrideBy(c *cli.Context, config *run.Config, keys map[string]string) error {
	var given []run.Assignment
	for _, flag := range slices.Sorted(maps.Keys(keys)) {
		if c.IsSet(flag) {
			given = append(given, run.Typed(keys[flag], c.String(flag), "--"+flag))
		}
	}
	return config.Override(given...)
}

// overrideBySets sets the keys of the configuration given by --set.
func overrideBySets(c *cli.Context, config *run.Config) error {
	var given []run.Assignment
	for _, set := range c.StringSlice("set") {
		key, value, ok := strings.Cut(set, "=")
		if !ok || key == "" {
			return usage.Mistakef("--set %s: want key=value, as in --set evaluation.stop_at=.inf", set)
		}
		given = append(given, run.Typed(strings.TrimSpace(key), value, "--set"))
	}
	return config.Override(given...)
}
