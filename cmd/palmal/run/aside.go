package run

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// setAside moves checkpoints newer than the one that the run continues from out of the way, with a copy of
// the metrics that they count. The copy is on disk before anything else changes.
func (d *Directory) setAside(iteration int) error {
	all, err := d.Checkpoints()
	if err != nil {
		return err
	}
	newer := slices.DeleteFunc(all, func(n int) bool { return n <= iteration })
	if len(newer) == 0 {
		return nil
	}
	target, err := d.copyMetricsAside(iteration)
	if err != nil {
		return err
	}
	for _, n := range newer {
		if err := disk.Move(d.folder, checkpointIn(n), target+"/"+checkpointName(n)); err != nil {
			return err
		}
	}
	return errors.Join(d.folder.Sync(target), d.folder.Sync(checkpointsName))
}

// copyMetricsAside copies the metrics to a new directory and returns its name.
func (d *Directory) copyMetricsAside(iteration int) (string, error) {
	target, err := d.unused("set-aside-after-" + checkpointName(iteration))
	if err != nil {
		return "", err
	}
	return target, disk.Build(d.folder, target, func(draft string) error {
		return disk.Copy(d.folder, metricsName, draft+"/"+metricsName)
	})
}

// unused finds an unused name: the given one, or that with a number.
func (d *Directory) unused(base string) (string, error) {
	name := base
	for n := 2; ; n++ {
		kind, err := d.folder.Kind(name)
		if err != nil || kind == disk.Nothing {
			return name, err
		}
		name = fmt.Sprintf("%s-%d", base, n)
	}
}

// clean removes the remains of killed writes and removals. Its failure does not end a run.
func (d *Directory) clean() {
	if err := errors.Join(disk.Clean(d.folder, "."), disk.Clean(d.folder, checkpointsName)); err != nil {
		d.folder.WarnOnce("clean", "what an earlier process left half-written cannot be removed (%v): it takes room", err)
	}
}

// beginning is the past of a run without a checkpoint. It refuses to drop iterations after which a
// checkpoint must have existed: that one was lost.
func (d *Directory) beginning(section Section) (records []algo.Record, err error) {
	kind, err := d.folder.Kind(metricsName)
	if err != nil || kind == disk.Nothing {
		return nil, err
	}
	if records, err = d.Records(); err != nil {
		return nil, err
	}
	facts, err := d.Facts()
	if err != nil {
		return nil, err
	}
	if lost(records, facts, section) {
		return nil, fmt.Errorf("%s: %w: %s holds %d iterations, but there is no checkpoint to continue from; nothing was changed; %s",
			d.Path, ErrDamaged, metricsName, len(records), d.Again())
	}
	return records, nil
}

// lost reports whether a checkpoint was written after one of the records. A process killed while it writes
// the first checkpoint leaves one record after which that is due.
func lost(records []algo.Record, facts Facts, section Section) bool {
	samples := 0
	for i, record := range records {
		if (due(record, samples, section) || record.Evaluation != nil) && i+1 < len(records) {
			return true
		}
		samples = record.Samples
	}
	return len(records) > 0 && slices.ContainsFunc(facts.Processes, func(p Process) bool { return p.Status == StatusDone })
}

// dump writes the state of a diverged game next to the checkpoints and says where. A run that diverges
// again in the same way, as after every restart, finds its dump there.
func (l *Loop) dump(cause error) string {
	snapshot, err := l.game.Save()
	if err != nil {
		return fmt.Sprintf("its state could not be saved: %v", err)
	}
	d := l.directory
	target, found, err := d.dumped(snapshot)
	if err == nil && !found {
		err = writeCheckpoint(d.folder, target, l.manifest(snapshot), snapshot, map[string]string{"error.txt": cause.Error() + "\n"})
	}
	if err != nil {
		return fmt.Sprintf("its state could not be saved: %v", err)
	}
	return "the state is in " + d.Path + "/" + target
}

// dumped finds the dump of a snapshot, or a name for it.
func (d *Directory) dumped(s algo.Snapshot) (name string, found bool, err error) {
	base := "diverged-" + checkpointName(s.Iteration+1)
	names, err := d.folder.Names(".")
	if err != nil {
		return "", false, err
	}
	for _, name := range names {
		if name != base && (len(name) <= len(base) || name[:len(base)+1] != base+"-") {
			continue
		}
		if manifest, err := readManifest(d.folder, name); err == nil && sameFiles(manifest, s) {
			return name, true, nil
		}
	}
	name, err = d.unused(base)
	return name, false, err
}

// sameFiles reports whether a manifest lists the files of a snapshot.
func sameFiles(m Manifest, s algo.Snapshot) bool {
	if len(m.Files) != len(s.Groups) {
		return false
	}
	for group, state := range s.Groups {
		fact, err := encode(io.Discard, group, state)
		if err != nil || !slices.ContainsFunc(m.Files, func(f FileFact) bool { return f.Name == fact.Name && f.SHA256 == fact.SHA256 }) {
			return false
		}
	}
	return true
}

// Again says how a run that cannot continue is played again.
func (d *Directory) Again() string {
	return fmt.Sprintf("palmal train --config %s --out DIRECTORY runs it again elsewhere", usage.Word(d.Path+"/"+configName))
}
