package run

import (
	"fmt"
	"maps"
	"slices"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// keep writes the record of an iteration, and a checkpoint if one is due.
func (l *Loop) keep(record algo.Record) error {
	if err := l.directory.keepLock(); err != nil {
		return err
	}
	if err := l.metrics.Append(record); err != nil {
		return err
	}
	before := l.trained
	l.samples, l.trained = record.Samples, record.Sampled.Samples
	if record.Perturbation != nil { // the old best was measured in another world
		l.best = nil
		if err := l.directory.forgetBest(); err != nil {
			return err
		}
	}
	better := betters(record, l.best)
	if !better && l.stop == nil && !l.game.Done() && !due(record, before, l.section) {
		return nil
	}
	if err := l.writeCheckpoint(); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	l.checkpoint = record.Iteration
	if better {
		best := bestOf(record)
		if err := l.directory.writeBest(best); err != nil {
			return err
		}
		l.best = &best
	}
	l.prune()
	return nil
}

// due reports whether the section asks for a checkpoint after a record; before is the number of samples
// at the end of the previous iteration.
func due(record algo.Record, before int, section Section) bool {
	return record.Iteration%section.CheckpointEvery == 0 ||
		slices.ContainsFunc(section.KeepAt, func(n int) bool { return before < n && n <= record.Sampled.Samples })
}

// writeCheckpoint writes the state of the game, after the metrics that it counts.
func (l *Loop) writeCheckpoint() error {
	if err := l.metrics.Sync(); err != nil {
		return err
	}
	snapshot, err := l.game.Save()
	if err != nil {
		return err
	}
	return writeCheckpoint(l.directory.folder, checkpointIn(snapshot.Iteration), l.manifest(snapshot), snapshot, nil)
}

// manifest begins the table of contents of a snapshot of the game.
func (l *Loop) manifest(s algo.Snapshot) Manifest {
	m := manifestOf(s)
	m.MetricsBytes, m.MetricsSHA256, m.Config = l.metrics.bytes, l.metrics.sum(), l.config.Values()
	return m
}

// prune removes the checkpoints that no rule keeps. One that cannot be removed only takes room; one that
// cannot be read stays, since its value is unknown.
func (l *Loop) prune() {
	d := l.directory
	all, err := d.Checkpoints()
	samples := d.samplesOf(all)
	kept := append(keptAt(samples, l.section.KeepAt), all[max(0, len(all)-l.section.KeepLast):]...)
	if l.best != nil {
		kept = append(kept, l.best.Iteration)
	}
	for _, iteration := range all {
		if _, readable := samples[iteration]; !readable || slices.Contains(kept, iteration) {
			continue
		}
		if failed := disk.RemoveAll(d.folder, checkpointIn(iteration)); failed != nil {
			err = fmt.Errorf("checkpoint %s: %w", checkpointName(iteration), failed)
		}
	}
	if err != nil {
		d.folder.WarnOnce("prune", "old checkpoints cannot be removed (%v): they stay, and take room", err)
	}
}

// samplesOf returns how many samples produced the policies of those checkpoints that can be read.
func (d *Directory) samplesOf(all []int) map[int]int {
	samples := map[int]int{}
	for _, iteration := range all {
		if manifest, err := readManifest(d.folder, checkpointIn(iteration)); err == nil {
			samples[iteration] = d.TrainedBy(manifest)
		}
	}
	return samples
}

// KeptAt finds, for each sample count, the first of the checkpoints, oldest first, whose policy at least
// as many samples produced. It skips checkpoints that cannot be read.
func (d *Directory) KeptAt(all, counts []int) []int { return keptAt(d.samplesOf(all), counts) }

func keptAt(samples map[int]int, counts []int) []int {
	var found []int
	for _, count := range counts {
		for _, iteration := range slices.Sorted(maps.Keys(samples)) {
			if samples[iteration] >= count {
				found = append(found, iteration)
				break
			}
		}
	}
	return found
}
