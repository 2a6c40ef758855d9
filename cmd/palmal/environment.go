package main

import (
	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

func pythonFlag() cli.Flag {
	return &cli.StringFlag{Name: "python", Usage: "program that runs tasks of Gymnasium (default python3)"}
}

func envSetFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "env-set", Usage: "argument of an environment gym:ID, key=value; may be repeated"}
}

func envWorkersFlag() cli.Flag {
	return &cli.StringFlag{Name: "env-workers", Usage: "processes that play a task of Gymnasium; no result depends on it (default one per thread)"}
}

// named is the task of that name with the flags that say how to find it.
func named(c *cli.Context, name string) run.Named {
	return run.Named{Name: name, Python: c.String("python"), Sets: c.StringSlice("env-set")}
}
