package physics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/remote"
)

// inbox takes episodes that somebody plays by a written policy from the files of a folder.
type inbox struct {
	*remote.Inbox
	world *outside
	taken map[string]bool // digests of the batches of the run; nil before the first look
	said  Wanted          // what was last said to be waited for
}

func newInbox(path string, o *outside) (*inbox, error) {
	box, err := remote.OpenInbox(path)
	if err != nil {
		return nil, err
	}
	return &inbox{Inbox: box, world: o, said: Wanted{Policy: -1}}, nil
}

// Close says that nothing is waited for any more.
func (b *inbox) Close() error { return b.Remove(remote.WaitingFile) }

// inboxPause is the time between two looks into the folder.
const inboxPause = 250 * time.Millisecond

// play waits for the next file with episodes of the wanted policy.
func (b *inbox) play(ctx context.Context, _ uint64, _ stepActor) ([]episodes.Episode, func() error, error) {
	if b.taken == nil {
		var err error
		if b.taken, err = b.world.store.Taken(); err != nil {
			return nil, nil, err
		}
	}
	if err := b.announce(); err != nil {
		return nil, nil, err
	}
	for {
		names, err := b.Complete(episodes.Formats())
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			if batch, err := b.look(name); batch != nil || err != nil {
				return batch, func() error { return b.Take(name) }, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(inboxPause):
		}
	}
}

// look returns the episodes of a file; nil where it is refused, waits, or is gone.
func (b *inbox) look(name string) ([]episodes.Episode, error) {
	batch, early, reason := b.read(name)
	switch {
	case early: // a later policy's, as when a run is learned again
	case errors.Is(reason, fs.ErrNotExist): // its owner removed it
	case reason == nil:
		b.taken[episodes.Digest(batch)] = true
		return batch, nil
	default:
		refused, err := b.Refuse(name, reason.Error())
		if refused {
			b.world.say(fmt.Sprintf("refused: %v", reason))
		}
		return nil, err
	}
	return nil, nil
}

// read reads and checks a file. early reports that it is of a later policy, or that the
// present one acts with noise first, or without.
func (b *inbox) read(name string) (batch []episodes.Episode, early bool, reason error) {
	batch, err := episodes.Read(b.Path(name))
	if err != nil {
		return nil, false, err
	}
	for i, e := range batch {
		if err := checkOutside(b.world.task, e, b.world.falls); err != nil {
			return nil, false, fmt.Errorf("%s: episode %d: %w", name, i, err)
		}
		if byMean(e) != byMean(batch[0]) {
			return nil, false, fmt.Errorf("%s: episode %d is by the mean action, another is not: want a file for each", name, i)
		}
		if e.Policy != batch[0].Policy {
			return nil, false, fmt.Errorf("%s: policy %d acted in episode 0, %d in episode %d: want a file for each", name, batch[0].Policy, e.Policy, i)
		}
	}
	waits := batch[0].Policy > b.world.wanted.Policy || batch[0].Policy == b.world.wanted.Policy && byMean(batch[0]) != b.world.wanted.Mean
	switch policy := batch[0].Policy; {
	case policy < 0:
		err = fmt.Errorf("%s: does not say which policy acted: want policy, the number in the name of its file", name)
	case policy < b.world.wanted.Policy:
		err = fmt.Errorf("%s: policy %d acted, policy %d is the present one", name, policy, b.world.wanted.Policy)
	case b.taken[episodes.Digest(batch)]:
		err = fmt.Errorf("%s: its episodes were taken already", name)
	}
	return batch, waits && err == nil, err
}

// announce says what is waited for, to people and in a file.
func (b *inbox) announce() error {
	w := b.world.wanted
	if w == b.said {
		return nil
	}
	if w.Policy != b.said.Policy || w.Mean != b.said.Mean {
		how := "with its noise"
		if w.Mean {
			how = "by its mean action"
		}
		b.world.say(fmt.Sprintf("waiting for %d environment steps by policy %d, %s, in %s: its files are %s.safetensors, .h and .onnx", w.Samples, w.Policy, how,
			b.Path("."), PolicyFile(w.Policy)))
	}
	b.said = w
	text, err := json.MarshalIndent(map[string]any{"task": b.world.task.Name, "policy": w.Policy, "samples": w.Samples, "have": w.Have, "mean": w.Mean,
		"files": []string{PolicyFile(w.Policy) + ".safetensors", PolicyFile(w.Policy) + ".h", PolicyFile(w.Policy) + ".onnx"}, "observation": len(b.world.task.Observation),
		"action": len(b.world.task.Action), "horizon": b.world.task.Horizon, "dt": b.world.task.Dt()}, "", "  ")
	if err != nil {
		return err
	}
	return b.Write(remote.WaitingFile, append(text, '\n'))
}

// PolicyFile is the name of a policy's files in an inbox, without their endings.
func PolicyFile(number int) string { return fmt.Sprintf("policy-%06d", number) }
