package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/task"
)

const plotHelp = `Draws the returns of runs over environment steps. Runs that differ in their seed only become one
curve with a band over seeds: the 95 % confidence interval of their mean, or of two seeds their
range. A single run shows the confidence interval over its evaluation episodes.

Examples:
  palmal plot runs/hopper-pal-seed1
  palmal plot runs/hopper-pal-seed* runs/hopper-mal-seed* -o hopper.png
  palmal plot runs/reacher7dof-* --measure distance -o reacher.svg`

func (p *program) plot() *cli.Command {
	return &cli.Command{
		Name: "plot", ArgsUsage: "RUN... [-o FILE]", Usage: "draw learning curves", Description: plotHelp,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Usage: "file to write, .svg or .png (default RUN/plots/learning.svg, of several runs learning.svg)"},
			&cli.StringFlag{Name: "measure", Usage: "what to draw instead of the return: success, or a measure of the task, with :second_half or :final for that part of an episode"},
		},
		Action: func(c *cli.Context) error {
			paths, err := positional(c, 1, -1, "a run directory")
			if err != nil {
				return err
			}
			only := ""
			if len(paths) == 1 {
				only = paths[0]
			}
			out := pictureFile(c.String("o"), "learning.svg", only)
			value, err := plot.ParseValue(c.String("measure"))
			if err != nil {
				return usage.Mistakef("--measure %w", err)
			}
			return p.plotRuns(paths, out, value)
		},
	}
}

func (p *program) plotRuns(paths []string, out disk.Output, value plot.Value) error {
	if err := checkPicture(out); err != nil {
		return err
	}
	var runs []plot.Run
	for _, path := range paths {
		r, err := curvesOf(path, value)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	groups := plot.Groups(runs)
	if !slices.ContainsFunc(groups, func(g plot.Group) bool { return len(g.Evaluation)+len(g.Sampled) > 0 }) {
		return usage.Exit(usage.Failure, "no iteration knows the %s", value.Label())
	}
	picture, err := plot.Draw(groups, strings.ToLower(filepath.Ext(out.Path)))
	if err != nil {
		return err
	}
	if err := writePicture(out, picture); err != nil {
		return err
	}
	for _, g := range groups {
		p.printf("%s: %s\n", g.Task, strings.TrimSuffix(g.Label()+", band: "+g.Band, ", band: "))
	}
	p.printf("written to %s\n", out.Path)
	if p.json {
		p.printJSON(map[string]any{"file": out.Path, "runs": paths, "groups": describeGroups(groups)})
	}
	return nil
}

// pictureFile is where a picture goes: to a file that the user names, or to the plots of the only run,
// or to where the user is.
func pictureFile(asked, usual, only string) disk.Output {
	switch {
	case asked != "":
		return disk.Output{Path: asked}
	case only != "":
		return disk.In(only, "plots/"+usual)
	}
	return disk.Output{Path: usual}
}

// checkPicture refuses a file whose ending names no format that can be drawn, and one that cannot be
// written, before the work.
func checkPicture(out disk.Output) error {
	return usage.OneOf("picture format", strings.ToLower(filepath.Ext(out.Path)), plot.Formats())
}

func writePicture(out disk.Output, picture []byte) error {
	return out.Write(func(w io.Writer) error {
		_, err := w.Write(picture)
		return err
	})
}

// curvesOf reads what a plot needs of a run.
func curvesOf(path string, value plot.Value) (plot.Run, error) {
	directory, config, err := openRun(path)
	if err != nil {
		return plot.Run{}, err
	}
	records, err := run.ReadMetrics(directory.MetricsPath())
	if err == nil && len(records) == 0 {
		err = fmt.Errorf("%s has no finished iteration yet", path)
	}
	if err != nil {
		return plot.Run{}, err
	}
	t, err := task.Get(config.Task)
	if err != nil {
		return plot.Run{}, err
	}
	differences, err := config.Differences()
	if err != nil {
		return plot.Run{}, err
	}
	r := plot.Run{Task: config.Task, Differences: differences, Algorithm: strings.ToUpper(string(config.Algorithm)), Preset: config.Preset,
		Seed: config.Seed, Changes: strings.Join(config.Perturbations, "; "), Threshold: t.Threshold, Records: records}
	if value.Measure != "" {
		r.Threshold = 0 // of returns
		r.Y, err = measureOf(t, value)
	}
	return r, err
}

// measureOf finds what a user wants drawn among the measures of a task.
func measureOf(t *task.Task, value plot.Value) (plot.Value, error) {
	names := t.MeasureNames()
	if t.Success != "" {
		names = append(names, plot.Success)
	}
	if len(names) == 0 {
		return value, usage.Mistakef("%s measures nothing but its return", t.Name)
	}
	for _, m := range t.Measures {
		if m.Name == value.Measure {
			value.Unit = m.Unit
		}
	}
	return value, usage.OneOf("measure", value.Measure, names)
}

func describeGroups(groups []plot.Group) []map[string]any {
	described := []map[string]any{}
	for _, g := range groups {
		described = append(described, map[string]any{"task": g.Task, "algo": g.Algorithm, "preset": g.Preset, "differences": append([]string{}, g.Differences...), "seeds": g.Seeds,
			"band": g.Band, "marks": g.Marks, "evaluation": g.Evaluation})
	}
	return described
}
