package session

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
)

// Session is the work of one process on a run, whose directory it has locked.
type Session struct {
	Directory  *run.Directory
	Config     run.Config
	Game       *algo.Game
	Played     run.Game         // what is played: Game, or what wraps it
	Checkpoint int              // checkpoint to continue from; 0 is the beginning
	Drifts     []run.Drift      // differences from the configuration of the checkpoint
	Rewrite    bool             // config.yaml differs
	Signals    <-chan os.Signal // the first ends the run after its iteration, the second at once
	Command    []string         // what started the process, for run.json
	Machine    run.Machine

	// Begin is called when the run is about to be played, and returns what shows its progress.
	Begin func(loop *run.Loop) run.Watcher
	// End is called after the last iteration, before the books are closed; nil for nothing. It is not called
	// after a second signal: the device is still busy then.
	End func(process *run.Process) error
}

// ErrNothingLeft marks a run that has nothing left to play, so that other values of its configuration would have no effect.
var ErrNothingLeft = errors.New("nothing is left to play, so config.yaml keeps its values; nothing was changed")

// Play plays a run until it is done or something ends it, and records its start and end in run.json. A run
// that cannot continue is refused before anything is written.
func (s Session) Play(ctx context.Context) (*run.Facts, error) {
	d := s.Directory
	loop, err := run.Begin(d, s.Checkpoint, s.Played, s.Config, s.Signals)
	if err != nil {
		return nil, AdviseOlder(d, s.Checkpoint, err)
	}
	if slices.ContainsFunc(s.Drifts, func(drift run.Drift) bool { return drift.Key == "evaluation.stop_at" }) {
		s.Game.ForgetReached()
	}
	if s.Rewrite && s.Played.Done() {
		return nil, ErrNothingLeft
	}
	facts, err := s.recordStart()
	if err != nil {
		return nil, err
	}
	watcher := s.Begin(loop)
	err = errors.Join(AdviseMemory(loop.Run(ctx, watcher)), loop.Close())
	watcher.Close()
	process := &facts.Processes[len(facts.Processes)-1]
	if stopped := new(run.Stopped); s.End != nil && (!errors.As(err, &stopped) || !stopped.AtOnce) {
		err = errors.Join(err, s.End(process))
	}
	if errors.Is(err, run.ErrTaken) { // its run.json is not ours to write
		return nil, err
	}
	return facts, errors.Join(err, s.recordEnd(facts, process, err))
}

// recordStart records which process works on the run, and on what machine.
func (s Session) recordStart() (*run.Facts, error) {
	d := s.Directory
	facts, err := d.Facts()
	if err != nil {
		return nil, err
	}
	if err := d.Claim(); err != nil {
		return nil, err
	}
	if s.Rewrite {
		if err := d.WriteConfig(s.Config); err != nil {
			return nil, err
		}
	}
	facts.Status = run.StatusRunning
	facts.Processes = append(facts.Processes, run.Process{Command: s.Command, Start: now(), Status: run.StatusRunning,
		First: s.Checkpoint + 1, Last: s.Checkpoint, Machine: s.Machine})
	return &facts, d.WriteFacts(facts)
}

// recordEnd records the end of this process.
func (s Session) recordEnd(facts *run.Facts, process *run.Process, err error) error {
	var stopped *run.Stopped
	process.End = now()
	process.Peak = host.Peak()
	switch {
	case err == nil:
		process.Status = run.StatusDone
	case errors.As(err, &stopped):
		process.Status = run.StatusInterrupted
	case errors.Is(err, nn.ErrDiverged):
		process.Status = run.StatusDiverged
	default:
		process.Status = run.StatusFailed
	}
	if err != nil {
		process.Error = err.Error()
	}
	if stopped == nil || !stopped.AtOnce { // else the game is still in the middle of an iteration
		process.Last = s.Game.Iteration()
	}
	facts.Status = process.Status
	return s.Directory.WriteFacts(*facts)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
