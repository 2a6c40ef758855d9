package session

import (
	"fmt"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics/task"
)

// Curves reads the learning curves of a run, of its return or of another value.
func Curves(d *run.Directory, config run.Config, value plot.Value) (plot.Run, error) {
	records, err := run.ReadMetrics(d.MetricsPath())
	if err == nil && len(records) == 0 {
		err = fmt.Errorf("%s has no finished iteration yet", d.Path)
	}
	if err != nil {
		return plot.Run{}, err
	}
	t, err := config.LoadTask()
	if err != nil {
		return plot.Run{}, err
	}
	differences, err := config.Differences()
	if err != nil {
		return plot.Run{}, err
	}
	facts, err := d.Facts()
	if err != nil {
		return plot.Run{}, err
	}
	r := plot.Run{Task: config.TaskName(), TaskDigest: d.TaskDigest(config), Simulator: facts.Simulator(), Differences: differences, Algorithm: strings.ToUpper(string(config.Algorithm)), Preset: config.Preset,
		Seed: config.Seed, Changes: strings.Join(config.Perturbations, "; "), Threshold: t.Threshold, Records: records}
	if value.Measure != "" {
		r.Threshold = 0 // the threshold is one of returns
		r.Y, err = measureOf(t, value)
	}
	return r, err
}

// measureOf finds a measure of the task that the user wants drawn.
func measureOf(t *task.Task, value plot.Value) (plot.Value, error) {
	names := t.MeasureNames()
	if t.Success != "" || t.Environment != nil { // an environment may know it without a formula
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
