package session

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/internal/number"
)

// Start finds the checkpoint to continue from, the newest or the one that from names, and the differences of
// the configuration since it was made. A configuration that contradicts what was learned is refused.
func Start(d *run.Directory, config run.Config, from string, warn func(text string)) (int, []run.Drift, error) {
	checkpoint, err := choose(d, from)
	if err != nil {
		return 0, nil, err
	}
	manifest := run.Manifest{}
	if checkpoint > 0 {
		if manifest, err = d.Manifest(checkpoint); err != nil {
			return 0, nil, AdviseOlder(d, checkpoint, err)
		}
	}
	facts, err := d.Facts()
	if err != nil {
		return 0, nil, err
	}
	drifts := config.Drifts(manifest, facts)
	if err := judge(d, checkpoint, drifts, warn); err != nil {
		return 0, nil, err
	}
	if err := facts.Contradiction(config); err != nil {
		return 0, nil, fmt.Errorf("%s: %w; nothing was changed", d.Path, err)
	}
	if err := enough(d, config, manifest, drifts); err != nil {
		return 0, nil, err
	}
	return checkpoint, drifts, nil
}

// enough refuses another number of samples that is below what the checkpoint has collected. An unchanged one may be: the
// last episodes are whole.
func enough(d *run.Directory, config run.Config, manifest run.Manifest, drifts []run.Drift) error {
	if config.Samples >= manifest.Samples || !slices.ContainsFunc(drifts, func(drift run.Drift) bool { return drift.Key == "samples" }) {
		return nil
	}
	return usage.Mistakef("samples is %d, but %s has collected %d up to checkpoint %06d: want at least these; nothing was changed",
		config.Samples, d.Path, manifest.Samples, manifest.Iteration)
}

// judge refuses a configuration that contradicts what was learned, and warns of one that changes
// how the rest is learned.
func judge(d *run.Directory, checkpoint int, drifts []run.Drift, warn func(text string)) error {
	var fixed, steering []string
	for _, drift := range drifts {
		switch drift.Freedom {
		case run.Fixed:
			fixed = append(fixed, drift.String())
		case run.Steering:
			steering = append(steering, drift.String())
		}
	}
	if len(fixed) > 0 {
		return usage.Mistakef("%s cannot continue from checkpoint %06d with another configuration than it was made with: %s; "+
			"put the values back, or begin a new run with palmal train --config %s --out DIRECTORY; nothing was changed",
			d.Path, checkpoint, strings.Join(fixed, "; "), usage.Word(d.Path+"/config.yaml"))
	}
	if len(steering) > 0 {
		warn(fmt.Sprintf("%s learns in another way from here on than up to checkpoint %06d, so that its configuration alone does not make it again: %s",
			d.Path, checkpoint, strings.Join(steering, "; ")))
	}
	return nil
}

// choose finds the checkpoint to continue from, 0 if there is none yet. It takes an older one
// than the newest only if told to.
func choose(d *run.Directory, from string) (int, error) {
	all, err := d.Checkpoints()
	if err != nil {
		return 0, err
	}
	if from != "" {
		return Pick(all, from)
	}
	if len(all) == 0 {
		return 0, nil
	}
	return all[len(all)-1], nil
}

// Pick finds the checkpoint that a user names, by a number or by its directory's name, 000012.
func Pick(all []int, name string) (int, error) {
	wanted := strings.TrimLeft(name, "0")
	if w, err := number.ParseWhole(name); err == nil && !w.Negative {
		wanted = fmt.Sprint(w.Size)
	}
	var names []string
	for _, n := range all {
		if wanted == fmt.Sprint(n) {
			return n, nil
		}
		names = append(names, fmt.Sprint(n))
	}
	if len(all) == 0 {
		return 0, usage.Mistakef("there is no checkpoint %q: the run has none yet", name)
	}
	return 0, usage.Mistakef("there is no checkpoint %s; there are %s", usage.Word(name), strings.Join(names, ", "))
}

// AdviseOlder adds the last good checkpoint to the error of a newest one that cannot be read.
func AdviseOlder(d *run.Directory, iteration int, err error) error {
	if errors.Is(err, run.ErrNewer) {
		return fmt.Errorf("%s: %w: use that one; nothing was changed", d.Path, err)
	}
	if !errors.Is(err, run.ErrDamaged) || iteration == 0 {
		return err
	}
	good, found := d.LastGood(iteration)
	if !found {
		return fmt.Errorf("%s: %w; no older checkpoint is whole; nothing was changed; %s", d.Path, err, d.Again())
	}
	return fmt.Errorf("%s: %w; the last good checkpoint is %06d, continue from it with %s; nothing was changed",
		d.Path, err, good, usage.Line("resume", []string{d.Path}, "--from", fmt.Sprint(good)))
}

// Changes lists what differs from the machine of the last process, and may change the last bits of the rest of
// the run.
func Changes(d *run.Directory, now run.Machine) ([]string, error) {
	before, err := lastMachine(d)
	if err != nil || before == nil {
		return nil, err
	}
	return before.Changes(now), nil
}

// WorldChanges lists what differs from the machine of the last process, and makes the run's world another one.
func WorldChanges(d *run.Directory, now run.Machine) ([]string, error) {
	before, err := lastMachine(d)
	if err != nil || before == nil {
		return nil, err
	}
	return before.WorldChanges(now), nil
}

// lastMachine is the machine of the last process, nil where there was none.
func lastMachine(d *run.Directory) (*run.Machine, error) {
	facts, err := d.Facts()
	if err != nil || len(facts.Processes) == 0 {
		return nil, err
	}
	return &facts.Processes[len(facts.Processes)-1].Machine, nil
}

// Begin makes the run directory of a new run, and locks it. config must name the backend that computes.
func Begin(out string, config run.Config) (*run.Directory, func() error, error) {
	directory, err := run.Create(out, config, run.Facts{Task: config.TaskName(), TaskSource: config.TaskSource(), Algorithm: string(config.Algorithm),
		Preset: config.Preset, Seed: config.Seed, Status: run.StatusRunning})
	if err != nil {
		return nil, nil, err
	}
	unlock, err := directory.Lock()
	return directory, unlock, err
}

// DefaultOut is the run directory of a configuration where none is named.
func DefaultOut(config run.Config) string {
	return filepath.Join("runs", fmt.Sprintf("%s-%s-seed%d", config.TaskName(), config.Algorithm, config.Seed))
}
