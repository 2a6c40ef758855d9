package run

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/nn"
)

// Game is what the loop needs from a game. *algo.Game is one.
type Game interface {
	Iterate(ctx context.Context) (algo.Record, error)
	Done() bool
	Save() (algo.Snapshot, error)
	Restore(algo.Snapshot) error
}

// Outsider is a Game that may wait for a world outside this program: for days, where people reset a robot. A
// signal ends it after the present episode, since its episodes are kept.
type Outsider interface{ Outside() bool }

// Watcher shows the progress of a run.
type Watcher interface {
	Stage(stage algo.Stage)
	Iteration(record algo.Record)
	// Stopping reports that a signal ends the run after this iteration.
	Stopping()
	Close()
}

// Stopped is the error of a run that a signal ended.
type Stopped struct {
	Signal     os.Signal
	AtOnce     bool // a second signal ended it in the middle of an iteration
	Between    bool // the signal came between two episodes that are played outside this program
	Checkpoint int  // the newest checkpoint, 0 if there is none
}

// Error names the checkpoint from which the run can continue.
func (s *Stopped) Error() string {
	how := "after its iteration"
	if s.AtOnce {
		how = "at once"
	} else if s.Between {
		how = "between two episodes, which are kept,"
	}
	return fmt.Sprintf("stopped %s by signal %v, %s", how, s.Signal, lastCheckpoint(s.Checkpoint))
}

func lastCheckpoint(iteration int) string {
	if iteration == 0 {
		return "there is no checkpoint yet"
	}
	return "the last checkpoint is " + checkpointName(iteration)
}

// Loop runs a game and writes its run directory, which must be locked.
type Loop struct {
	directory *Directory
	game      Game
	config    Config
	section   Section
	signals   <-chan os.Signal // the first ends the run after its iteration, the second at once
	watcher   Watcher

	past       past // metrics that stay
	metrics    *Metrics
	stop       os.Signal // the first signal
	checkpoint int       // newest checkpoint, 0 for none
	samples    int       // samples at the end of the last iteration
	trained    int       // samples that produced the last policy
	best       *Best
}

// Begin prepares a game, which must be new, to continue from a checkpoint, or to begin if that is 0. It
// reads everything that the run continues from, and changes nothing.
func Begin(d *Directory, checkpoint int, game Game, config Config, signals <-chan os.Signal) (*Loop, error) {
	l := &Loop{directory: d, game: game, config: config, section: config.Run, checkpoint: checkpoint, signals: signals,
		past: past{hash: sha256.New()}}
	if err := d.checkPlain(); err != nil {
		return nil, err
	}
	if checkpoint == 0 {
		records, err := d.beginning(config.Run)
		l.past.records = records
		return l, err
	}
	manifest, snapshot, err := d.Read(checkpoint)
	if err != nil {
		return nil, err
	}
	if l.past, err = d.history(manifest); err != nil {
		return nil, err
	}
	if err := game.Restore(snapshot); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w: %w", checkpointName(checkpoint), ErrDamaged, err)
	}
	l.samples, l.trained = manifest.Samples, d.TrainedBy(manifest)
	return l, nil
}

// open restores the directory to its state at the checkpoint: it cleans up, sets newer checkpoints aside, cuts the metrics
// and finds the best of the remaining checkpoints.
func (l *Loop) open() error {
	d := l.directory
	d.clean()
	if kind, err := d.folder.Kind(checkpointsName); err == nil && kind == disk.Nothing {
		if err := d.folder.Mkdir(checkpointsName); err != nil {
			return err
		}
	}
	if l.checkpoint > 0 {
		if err := d.setAside(l.checkpoint); err != nil {
			return err
		}
	} else if len(l.past.records) > 0 { // iterations ran, but no checkpoint was written
		target, err := d.copyMetricsAside(0)
		if err != nil {
			return err
		}
		d.folder.WarnOnce("begins again", "%d iterations ran, but no checkpoint was written; the run begins again, their records are in %s",
			len(l.past.records), target)
		l.past.records = nil
	}
	f, err := d.folder.Append(metricsName)
	if err != nil {
		return err
	}
	l.metrics = &Metrics{f, l.past}
	size, err := f.Size()
	if err == nil && size != l.past.bytes {
		err = f.Truncate(l.past.bytes)
	}
	if err == nil { // the name of a new file must be on disk too
		err = cmp.Or(f.Sync(), d.folder.Sync("."))
	}
	if err != nil {
		return err
	}
	if err := l.findBest(); err != nil {
		return err
	}
	l.prune() // a killed process may have left some
	return nil
}

// findBest finds the best kept checkpoint, and records it in best.json.
func (l *Loop) findBest() error {
	d := l.directory
	kept, err := d.Checkpoints()
	if err != nil {
		return err
	}
	l.best = bestAmong(l.past.records, kept)
	if l.best == nil {
		return d.forgetBest()
	}
	said, found, err := d.Best()
	if err == nil && found && said.equal(*l.best) {
		return nil
	}
	if err != nil {
		d.folder.WarnOnce("best", "%v; it is written again", err)
	}
	return d.writeBest(*l.best)
}

// Samples is the number of environment steps before the loop began.
func (l *Loop) Samples() int { return l.samples }

// Close closes the loop's files.
func (l *Loop) Close() error {
	if l.metrics == nil {
		return nil
	}
	return l.metrics.Close()
}

// Run runs iterations until the game is done, a signal ends it or something fails.
func (l *Loop) Run(ctx context.Context, watcher Watcher) error {
	l.watcher = watcher
	if err := l.open(); err != nil {
		return fmt.Errorf("%w; %s", err, lastCheckpoint(l.checkpoint))
	}
	for !l.game.Done() {
		record, err := l.iterate(ctx)
		if l.stop != nil && errors.Is(err, context.Canceled) {
			return &Stopped{Signal: l.stop, Between: true, Checkpoint: l.checkpoint}
		}
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

// iterate runs one iteration while it listens for signals. A second signal abandons the iteration, whose
// goroutine ends with the process.
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
			if outsider, ok := l.game.(Outsider); ok && outsider.Outside() {
				cancel()
				continue
			}
			l.watcher.Stopping()
		}
	}
}

// explain adds the last checkpoint to the error of an iteration; after a divergence it saves the state for
// inspection.
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
