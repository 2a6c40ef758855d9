package main

import (
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// plotPromises draws the promises of one run.
func (p *program) plotPromises(c *cli.Context, paths []string) error {
	if len(paths) != 1 || isCurveTable(paths[0]) {
		return usage.Mistakef("--promises is for one run directory")
	}
	for _, other := range []string{"measure", "common"} {
		if c.IsSet(other) {
			return usage.Mistakef("--promises and --%s exclude each other", other)
		}
	}
	out := pictureFile(c.String("o"), "promises.svg", paths[0])
	if err := checkPicture(out); err != nil {
		return err
	}
	directory, config, err := openRun(paths[0])
	if err != nil {
		return err
	}
	records, err := run.ReadMetrics(directory.MetricsPath())
	if err != nil {
		return err
	}
	t, err := config.LoadTask()
	if err != nil {
		return err
	}
	picture, err := plot.Promises(config.TaskName()+", seed "+decimalOf(config.Seed), records, t.AcceptedRisk(), strings.ToLower(filepath.Ext(out.Path)))
	if err != nil {
		return usage.Exit(usage.Failure, "%v", err)
	}
	if err := writePicture(out, picture); err != nil {
		return err
	}
	p.printf("written to %s\n", out.Path)
	if p.json {
		p.printJSON(map[string]any{"file": out.Path, "run": paths[0]})
	}
	return nil
}
