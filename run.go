package palmal

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
)

// Run is a run directory, of this package or of the program palmal. docs/run-directory.md describes it; package
// cmd/palmal/run reads all of it.
type Run struct {
	Path      string
	directory *run.Directory
	config    run.Config
}

// Open opens a run directory to read it.
func Open(path string) (*Run, error) {
	directory, config, err := run.Open(path)
	if err != nil {
		return nil, err
	}
	return &Run{Path: path, directory: directory, config: config}, nil
}

// Records reads what the run has recorded of its iterations.
func (r *Run) Records() ([]Record, error) { return run.ReadMetrics(r.directory.MetricsPath()) }

// Config returns every value of the run's configuration, by key.
func (r *Run) Config() map[string]string { return r.config.Values() }

// Status says how the run stands: running, done, interrupted, diverged or failed.
func (r *Run) Status() (string, error) {
	facts, err := r.directory.Facts()
	return facts.Status, err
}

// Policy takes the policy of the newest checkpoint out of the run, see [Load].
func (r *Run) Policy() (*Policy, error) {
	all, err := r.directory.Checkpoints()
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s has no checkpoint yet", r.Path)
	}
	if err != nil {
		return nil, err
	}
	return r.policy(all[len(all)-1])
}

// BestPolicy takes that of the checkpoint with the highest lower confidence bound of its return.
func (r *Run) BestPolicy() (*Policy, error) {
	best, found, err := r.directory.Best()
	if err == nil && !found {
		err = fmt.Errorf("%s has no evaluated checkpoint", r.Path)
	}
	if err != nil {
		return nil, err
	}
	return r.policy(best.Iteration)
}

// Plot draws the learning curves of runs into one picture, .svg, .png or .pdf. Runs that differ in their seed
// only become one curve with a band.
func Plot(file string, runs ...*Run) error {
	if len(runs) == 0 {
		return errors.New("plot: no run")
	}
	var curves []plot.Run
	for _, r := range runs {
		c, err := session.Curves(r.directory, r.config, plot.Value{})
		if err != nil {
			return err
		}
		curves = append(curves, c)
	}
	picture, err := plot.Draw(plot.Groups(curves, false), strings.ToLower(filepath.Ext(file)))
	if err != nil {
		return fmt.Errorf("plot %s: %w", file, err)
	}
	return disk.Output{Path: file}.Write(func(w io.Writer) error {
		_, err := w.Write(picture)
		return err
	})
}
