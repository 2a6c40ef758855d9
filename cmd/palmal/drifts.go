package main

import (
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

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
