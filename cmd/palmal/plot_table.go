package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// tableFormat is the ending of a file with the evaluations of a run.
const tableFormat = ".csv"

func isCurveTable(path string) bool { return strings.EqualFold(filepath.Ext(path), tableFormat) }

// tableMost is the largest table that is read: ten thousand evaluations.
const tableMost = 1 << 20

// tabled reads a run from a table.
func tabled(path string, value plot.Value) (plot.Run, error) {
	info, err := os.Stat(path)
	if err != nil {
		return plot.Run{}, usage.Mistakef("%w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > tableMost {
		return plot.Run{}, usage.Mistakef("%s is no table of curves: want a file of at most %s", path, run.Mebibytes(tableMost))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return plot.Run{}, err
	}
	r, err := plot.ParseTable(text)
	if err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	if value.Measure != "" {
		r.Threshold, r.Y = 0, value
	}
	return r, nil
}

// writeTable writes the evaluations of one run.
func (p *program) writeTable(paths []string, out disk.Output) error {
	if len(paths) != 1 {
		return usage.Mistakef("a table is of one run, there are %d", len(paths))
	}
	r, err := curvesOf(paths[0], plot.Value{})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(r.Records, func(record algo.Record) bool { return record.Evaluation != nil }) {
		return usage.Exit(usage.Failure, "%s has no evaluation, which a table consists of", paths[0])
	}
	if !isCurveTable(paths[0]) {
		directory, _, err := openRun(paths[0])
		if err != nil {
			return err
		}
		known, err := directory.Facts()
		if err != nil {
			return err
		}
		r.Origin = originOf(known)
	}
	if err := writePicture(out, plot.Table(r)); err != nil {
		return err
	}
	p.printf("written to %s\n", out.Path)
	if p.json {
		p.printJSON(map[string]any{"file": out.Path, "runs": paths})
	}
	return nil
}

// originOf describes how a run was made.
func originOf(facts run.Facts) map[string]string {
	if len(facts.Processes) == 0 {
		return nil
	}
	first := facts.Processes[0]
	command := []string{"palmal"}
	for _, word := range first.Command[min(1, len(first.Command)):] {
		command = append(command, usage.Word(word))
	}
	return map[string]string{"command": strings.Join(command, " "), "commit": first.Machine.Palmal, "processor": first.Machine.CPU}
}
