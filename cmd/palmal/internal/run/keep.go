package run

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
)

// keep writes what an iteration leaves: its record, and a checkpoint where one is due.
func (l *Loop) keep(record algo.Record) error {
	if err := l.metrics.Append(record); err != nil {
		return err
	}
	before := l.trained
	l.trained = record.Sampled.Samples
	if record.Perturbation != nil { // what was best before says nothing about the world of now
		if err := l.forgetBest(); err != nil {
			return err
		}
	}
	better := l.betters(record)
	due := better || l.stop != nil || l.game.Done() || record.Iteration%l.section.CheckpointEvery == 0 ||
		slices.ContainsFunc(l.section.KeepAt, func(n int) bool { return before < n && n <= l.trained })
	if !due {
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
	return l.prune()
}

func (l *Loop) writeCheckpoint() error {
	length, err := l.metrics.Sync()
	if err != nil {
		return err
	}
	snapshot, err := l.game.Save()
	if err != nil {
		return err
	}
	return writeCheckpoint(l.directory.create, l.directory.CheckpointPath(snapshot.Iteration), snapshot, length)
}

// betters tells whether the record's policy is the best so far.
func (l *Loop) betters(record algo.Record) bool {
	return record.Evaluation != nil && (l.best == nil || bound(bestOf(record)) > bound(*l.best))
}

// bestOf is what best.json says of an evaluated record.
func bestOf(record algo.Record) Best {
	e := record.Evaluation
	return Best{Iteration: record.Iteration, Samples: e.Samples, Return: e.Return, CILow: e.CILow}
}

// bound is the lower confidence bound, or the mean of an evaluation that is too short for one.
func bound(best Best) float64 {
	if low := float64(best.CILow); !math.IsNaN(low) {
		return low
	}
	return float64(best.Return)
}

// findBest finds the best checkpoint that is kept, and makes best.json say so.
func (l *Loop) findBest() error {
	records, err := ReadMetrics(l.directory.MetricsPath())
	if err != nil {
		return err
	}
	kept, err := l.directory.Checkpoints()
	if err != nil {
		return err
	}
	for _, record := range records {
		if record.Perturbation != nil {
			l.best = nil
		}
		if slices.Contains(kept, record.Iteration) && l.betters(record) {
			best := bestOf(record)
			l.best = &best
		}
	}
	if l.best != nil {
		return l.directory.writeBest(*l.best)
	}
	return l.forgetBest()
}

// forgetBest removes best.json: no checkpoint is the best.
func (l *Loop) forgetBest() error {
	l.best = nil
	if err := os.Remove(l.directory.bestPath()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// prune removes the checkpoints that nothing asks to keep.
func (l *Loop) prune() error {
	all, err := l.directory.Checkpoints()
	if err != nil {
		return err
	}
	kept := all[max(0, len(all)-l.section.KeepLast):]
	if l.best != nil {
		kept = append(kept, l.best.Iteration)
	}
	kept = append(kept, l.directory.KeptAt(all, l.section.KeepAt)...)
	for _, iteration := range all {
		if slices.Contains(kept, iteration) {
			continue
		}
		if err := os.RemoveAll(l.directory.CheckpointPath(iteration)); err != nil {
			return err
		}
	}
	return nil
}

// KeptAt finds among checkpoints, oldest first, for each of some sample counts the first one whose
// policy that many produced.
func (d *Directory) KeptAt(all, counts []int) []int {
	var found []int
	for _, samples := range counts {
		for _, iteration := range all {
			manifest, err := d.Manifest(iteration)
			if err == nil && d.TrainedBy(manifest) >= samples {
				found = append(found, iteration)
				break
			}
		}
	}
	return found
}

// setAside moves checkpoints newer than the given one, and a copy of the metrics that they count,
// out of the way, and removes what was left of one that was being written.
func (d *Directory) setAside(iteration int) error {
	entries, err := os.ReadDir(filepath.Join(d.Path, checkpointsName))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), asidePrefix) {
			if err := os.RemoveAll(filepath.Join(d.Path, checkpointsName, e.Name())); err != nil {
				return err
			}
		}
	}
	all, err := d.Checkpoints()
	if err != nil {
		return err
	}
	newer := slices.DeleteFunc(all, func(n int) bool { return n <= iteration })
	if len(newer) == 0 {
		return nil
	}
	base := filepath.Join(d.Path, "set-aside-after-"+checkpointName(iteration))
	target := base
	for n := 2; Vacant(target) != nil; n++ {
		target = fmt.Sprintf("%s-%d", base, n)
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	text, err := os.ReadFile(d.MetricsPath())
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(target, metricsName), text, 0o644); err != nil {
		return err
	}
	for _, n := range newer {
		if err := os.Rename(d.CheckpointPath(n), filepath.Join(target, checkpointName(n))); err != nil {
			return err
		}
	}
	return nil
}
