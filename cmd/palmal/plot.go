package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
)

const plotHelp = `Draws the returns of runs over environment steps. Runs that differ in their seed only become one
curve with a band over seeds: the 95 % confidence interval of their mean, or of two seeds their
range. A single run shows the confidence interval over its evaluation episodes. Runs whose task file
was edited between them are no seeds of one task: the legend tells them apart by the file's digest.

Seeds of unequal length are drawn to their ends: where some are missing the mean is over the others,
the line is thin, and the number of seeds stands along the axis. --common yes cuts to the samples that
all seeds have, and says what it cut.

-o FILE.csv writes the evaluations of one run as a small table, which plot draws as it draws runs.

Examples:
  palmal plot runs/hopper-pal-seed1
  palmal plot runs/hopper-pal-seed* runs/hopper-mal-seed* -o hopper.png
  palmal plot runs/hopper-pal-seed* --common yes -o hopper.pdf
  palmal plot runs/reacher7dof-* --measure distance -o reacher.svg
  palmal plot runs/hopper-pal-seed1 -o hopper-pal-seed1.csv
  palmal plot docs/results/curves/hopper-*.csv
  palmal plot runs/my_robot-pal-seed1 --promises`

func (p *program) plot() *cli.Command {
	return &cli.Command{
		Name: "plot", ArgsUsage: "RUN|TABLE.csv... [-o FILE]", Usage: "draw learning curves", Description: plotHelp,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Usage: "file to write, .svg, .png, .pdf or .csv (default RUN/plots/learning.svg, of several runs learning.svg)"},
			&cli.StringFlag{Name: "common", Value: "no", Usage: "yes: cut curves to the samples that all seeds have; no: draw all there is"},
			&cli.BoolFlag{Name: "promises", Usage: "draw what the ensemble foresaw of one run's policies beside what happened, where its task names limits"},
			&cli.StringFlag{Name: "measure", Usage: "value to draw instead of the return: success, or a measure of the task, with :second_half or :final for that part of an episode"},
		},
		Action: func(c *cli.Context) error {
			paths, err := positional(c, 1, -1, "a run directory or a table")
			if err != nil {
				return err
			}
			if c.Bool("promises") {
				return p.plotPromises(c, paths)
			}
			only := ""
			if len(paths) == 1 && !isCurveTable(paths[0]) {
				only = paths[0]
			}
			out := pictureFile(c.String("o"), "learning.svg", only)
			value, err := plot.ParseValue(c.String("measure"))
			if err != nil {
				return usage.Mistakef("--measure %w", err)
			}
			if err := usage.OneOf("answer of --common", c.String("common"), []string{"yes", "no"}); err != nil {
				return err
			}
			return p.plotRuns(paths, out, value, c.String("common") == "yes")
		},
	}
}

func (p *program) plotRuns(paths []string, out disk.Output, value plot.Value, common bool) error {
	if err := checkPicture(out, tableFormat); err != nil {
		return err
	}
	if isCurveTable(out.Path) {
		if value.Measure != "" || common {
			return usage.Mistakef("a table holds all measures of all samples: want no --measure and no --common")
		}
		return p.writeTable(paths, out)
	}
	var runs []plot.Run
	for _, path := range paths {
		r, err := curvesOf(path, value)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	groups := plot.Groups(runs, common)
	if !slices.ContainsFunc(groups, func(g plot.Group) bool { return len(g.Evaluation)+len(g.Sampled) > 0 }) {
		if slices.ContainsFunc(groups, func(g plot.Group) bool { return len(g.Cut) > 0 }) {
			return usage.Exit(usage.Failure, "the seeds have no samples in common: draw them without --common yes")
		}
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
		p.showGroup(g)
	}
	p.printf("written to %s\n", out.Path)
	if p.json {
		p.printJSON(map[string]any{"file": out.Path, "runs": paths, "groups": describeGroups(groups)})
	}
	return nil
}

// pictureFile is the output of a picture: the file that the user names, or one in the plots of the only
// run, or one in the current directory.
func pictureFile(asked, usual, only string) disk.Output {
	switch {
	case asked != "":
		return disk.Output{Path: asked}
	case only != "":
		return disk.In(only, "plots/"+usual)
	}
	return disk.Output{Path: usual}
}

// showGroup describes a curve, and its seeds where not all of them have data everywhere.
func (p *program) showGroup(g plot.Group) {
	p.printf("%s: %s\n", g.Task, strings.TrimSuffix(g.Label()+", band: "+g.Band, ", band: "))
	for _, seed := range g.Repeated {
		p.printf("  one more run of seed %d is left out: runs of a seed are taken for one, and that with the most iterations is drawn\n", seed)
	}
	steps := func(x float64) string { return run.Thousands(int(x)) }
	for _, span := range g.WideSpans() {
		p.printf("  mean over %d of %d seeds from %s to %s environment steps\n", span.Seeds, len(g.Seeds), steps(span.From), steps(span.To))
	}
	for _, cut := range g.Cut {
		if cut.Kept == 0 {
			p.printf("  %s: no samples that all seeds have, all %d points cut\n", cut.Curve, cut.All)
			continue
		}
		p.printf("  %s: cut to %s to %s environment steps, which all seeds have: %d of %d points are left\n", cut.Curve,
			steps(cut.From), steps(cut.To), cut.Kept, cut.All)
	}
	if g.Gaps > 0 {
		p.printf("  %d values are not numbers, and gaps in the curves\n", g.Gaps)
	}
}

// checkPicture refuses a file whose ending names neither a picture format nor one of some others.
func checkPicture(out disk.Output, others ...string) error {
	return usage.OneOf("picture format", strings.ToLower(filepath.Ext(out.Path)), append(plot.Formats(), others...))
}

func writePicture(out disk.Output, picture []byte) error {
	return out.Write(func(w io.Writer) error {
		_, err := w.Write(picture)
		return err
	})
}

// curvesOf reads the curves of a run, or of a table that plot wrote.
func curvesOf(path string, value plot.Value) (plot.Run, error) {
	if isCurveTable(path) {
		return tabled(path, value)
	}
	directory, config, err := openRun(path)
	if err != nil {
		return plot.Run{}, err
	}
	return session.Curves(directory, config, value)
}

func describeGroups(groups []plot.Group) []map[string]any {
	described := []map[string]any{}
	for _, g := range groups {
		described = append(described, map[string]any{"task": g.Task, "algo": g.Algorithm, "preset": g.Preset, "simulator": g.Simulator, "task_digest": g.TaskDigest, "differences": append([]string{}, g.Differences...), "seeds": g.Seeds,
			"band": g.Band, "marks": append([]plot.Mark{}, g.Marks...), "evaluation": append([]plot.Point{}, g.Evaluation...),
			"seeds_along": append([]plot.Span{}, g.Spans()...), "cut": append([]plot.Cut{}, g.Cut...), "gaps": g.Gaps, "repeated": append([]uint64{}, g.Repeated...)})
	}
	return described
}
