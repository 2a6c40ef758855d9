package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// Game is what the loop must know of a game. *algo.Game is one.
type Game interface {
	Iterate(ctx context.Context) (algo.Record, error)
	Done() bool
	Save() (algo.Snapshot, error)
	Restore(algo.Snapshot) error
}

// Watcher is told how a run goes.
type Watcher interface {
	Stage(stage algo.Stage)
	Iteration(record algo.Record)
	// Stopping tells that a signal came that ends the run after this iteration.
	Stopping()
	Close()
}

// Stopped is the error of a run that a signal ended.
type Stopped struct {
	Signal     os.Signal
	AtOnce     bool // by a second signal, in the middle of an iteration
	Checkpoint int  // the newest, 0 if there is none
}

// Error says what the run can be taken up from.
func (s *Stopped) Error() string {
	how := "after its iteration"
	if s.AtOnce {
		how = "at once"
	}
	return fmt.Sprintf("stopped %s by signal %v, %s", how, s.Signal, lastCheckpoint(s.Checkpoint))
}

func lastCheckpoint(iteration int) string {
	if iteration == 0 {
		return "there is no checkpoint yet"
	}
	return "the last checkpoint is " + checkpointName(iteration)
}

// Loop plays a game into a run directory. The directory must be locked.
type Loop struct {
	directory *Directory
	game      Game
	section   Section
	watcher   Watcher
	signals   <-chan os.Signal // the first ends the run after its iteration, the second at once

	metrics    *Metrics
	stop       os.Signal // the first signal
	checkpoint int       // newest, 0 for none
	trained    int       // samples that produced the last policy
	best       *Best
}

// Begin prepares a game, which must be new, to go on from a checkpoint, or from the beginning if
// that is 0. What a run wrote after the checkpoint is cut or, where there are newer checkpoints, set
// aside; nothing is changed if the checkpoint cannot be read.
func Begin(d *Directory, checkpoint int, game Game, section Section, watcher Watcher, signals <-chan os.Signal) (*Loop, error) {
	l := &Loop{directory: d, game: game, section: section, watcher: watcher, signals: signals, checkpoint: checkpoint}
	if checkpoint == 0 {
		return l, l.openMetrics(0)
	}
	manifest, snapshot, err := d.Read(checkpoint)
	if err != nil {
		return nil, err
	}
	if err := d.checkMetrics(manifest); err != nil {
		return nil, err
	}
	if err := game.Restore(snapshot); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", checkpointName(checkpoint), err)
	}
	if err := d.setAside(checkpoint); err != nil {
		return nil, err
	}
	l.trained = d.TrainedBy(manifest)
	return l, l.openMetrics(manifest.MetricsBytes)
}

// checkMetrics refuses metrics that are shorter than a checkpoint says.
func (d *Directory) checkMetrics(manifest Manifest) error {
	info, err := os.Stat(d.MetricsPath())
	if err != nil {
		return err
	}
	if info.Size() < manifest.MetricsBytes {
		return fmt.Errorf("%s: %d bytes, %d were written before checkpoint %s: %w", d.MetricsPath(), info.Size(),
			manifest.MetricsBytes, checkpointName(manifest.Iteration), ErrDamaged)
	}
	return nil
}

// openMetrics opens metrics.jsonl, cuts it to the given length and finds the best checkpoint of
// what is left.
func (l *Loop) openMetrics(length int64) error {
	path := l.directory.MetricsPath()
	f, err := l.directory.create(path)
	if err != nil {
		return err
	}
	l.metrics = &Metrics{file: f, bytes: length}
	if err := os.Truncate(path, length); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := l.findBest(); err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// Close closes what the loop has open.
func (l *Loop) Close() error { return l.metrics.Close() }

// Play plays until the game is done, a signal ends it or something fails.
func (l *Loop) Play(ctx context.Context) error {
	for !l.game.Done() {
		record, err := l.iterate(ctx)
		if err != nil {
			return l.explain(err)
		}
		if err := l.keep(record); err != nil {
			return fmt.Errorf("iteration %d: %w; %s", record.Iteration, err, lastCheckpoint(l.checkpoint))
		}
		l.watcher.Iteration(record)
		if l.stop != nil && !l.game.Done() {
			return &Stopped{Signal: l.stop, Checkpoint: l.checkpoint}
		}
	}
	return nil
}

// iterate plays one iteration while it listens for signals. A second signal abandons the iteration:
// its goroutine ends with the process.
func (l *Loop) iterate(ctx context.Context) (algo.Record, error) {
	type result struct {
		record algo.Record
		err    error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		record, err := l.game.Iterate(ctx)
		done <- result{record, err}
	}()
	for {
		select {
		case r := <-done:
			return r.record, r.err
		case signal := <-l.signals:
			if l.stop != nil {
				return algo.Record{}, &Stopped{Signal: signal, AtOnce: true, Checkpoint: l.checkpoint}
			}
			l.stop = signal
			l.watcher.Stopping()
		}
	}
}

// explain adds to the error of an iteration what the user needs next; of a divergence it keeps the
// state to look at.
func (l *Loop) explain(err error) error {
	var stopped *Stopped
	if errors.As(err, &stopped) {
		return err
	}
	dumped := ""
	if errors.Is(err, nn.ErrDiverged) {
		dumped = "; " + l.dump(err)
	}
	return fmt.Errorf("%w%s; %s", err, dumped, lastCheckpoint(l.checkpoint))
}

// dump writes the state of a diverged game beside the checkpoints and says where.
func (l *Loop) dump(cause error) string {
	snapshot, err := l.game.Save()
	if err != nil {
		return fmt.Sprintf("its state could not be saved: %v", err)
	}
	base := filepath.Join(l.directory.Path, "diverged-"+checkpointName(snapshot.Iteration+1))
	target := base
	for n := 2; Vacant(target) != nil; n++ {
		target = fmt.Sprintf("%s-%d", base, n)
	}
	err = writeCheckpoint(l.directory.create, target, snapshot, l.metrics.bytes)
	if err == nil {
		err = os.WriteFile(filepath.Join(target, "error.txt"), []byte(cause.Error()+"\n"), 0o644)
	}
	if err != nil {
		return fmt.Sprintf("its state could not be saved: %v", err)
	}
	return "the state is in " + target
}
