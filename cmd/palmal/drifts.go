package main

import (
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// judgeDrifts refuses a configuration that contradicts what was learned, and warns of one that changes
// how the rest is learned.
func (p *program) judgeDrifts(d *run.Directory, checkpoint int, drifts []run.Drift) error {
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
		p.warn("%s learns in another way from here on than up to checkpoint %06d, so that its configuration alone does not make it again: %s",
			d.Path, checkpoint, strings.Join(steering, "; "))
	}
	return nil
}

// warnOfDrifts warns that a checkpoint was made with other values than the run's configuration has now,
// which would judge it wrongly.
func (p *program) warnOfDrifts(d *run.Directory, config run.Config, manifest run.Manifest) error {
	facts, err := d.Facts()
	if err != nil {
		return err
	}
	var fixed []string
	for _, drift := range config.Drifts(manifest, facts) {
		if drift.Freedom == run.Fixed {
			fixed = append(fixed, drift.String())
		}
	}
	if len(fixed) > 0 {
		p.warn("checkpoint %06d was made with another configuration than %s/config.yaml holds now: %s", manifest.Iteration, d.Path,
			strings.Join(fixed, "; "))
	}
	return nil
}
