package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Peer is another program that does the same work, in Python: a file of bench/peers and its flags.
type Peer struct {
	File  string
	Flags []string
}

// String is the command without the interpreter.
func (p Peer) String() string { return strings.Join(append([]string{p.File}, p.Flags...), " ") }

// Peers are the fastest ways we know to do the work in PyTorch and in JAX on a CPU.
func Peers() []Peer {
	return []Peer{
		{"torch_batched.py", nil},
		{"torch_batched.py", []string{"--variant", "compile"}},
		{"jax_scan.py", nil},
	}
}

// PeerTimes are the seconds of a peer's stages.
type PeerTimes struct {
	Peer    string             // its own name
	Seconds map[string]float64 // seconds of each stage
}

// errPeer is what a peer printed when it failed.
type errPeer struct {
	peer   Peer
	reason string
}

func (e errPeer) Error() string { return fmt.Sprintf("%s: %s", e.peer, e.reason) }

// Time runs the peer by the interpreter python in the given folder of peers, with more flags, and returns the times that
// it prints. The context ends it.
func (p Peer) Time(ctx context.Context, python, folder string, flags ...string) (PeerTimes, error) {
	if _, err := os.Stat(filepath.Join(folder, p.File)); err != nil {
		return PeerTimes{}, fmt.Errorf("peer: %w", err)
	}
	command := exec.CommandContext(ctx, python, append(append([]string{p.File}, p.Flags...), flags...)...)
	command.Dir = folder
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return PeerTimes{}, ctx.Err()
		}
		return PeerTimes{}, errPeer{p, lastLine(complaint.String(), err)}
	}
	return readPeer(p, &out)
}

// lastLine is the last line of a text, where Python names the exception; without one, the error.
func lastLine(text string, err error) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return err.Error()
}

// readPeer reads the lines of a peer, one JSON object for each stage.
func readPeer(p Peer, out *bytes.Buffer) (PeerTimes, error) {
	times := PeerTimes{Seconds: map[string]float64{}}
	for decoder := json.NewDecoder(out); decoder.More(); {
		var line struct {
			Peer, Stage string
			Seconds     float64
		}
		if err := decoder.Decode(&line); err != nil {
			return PeerTimes{}, errPeer{p, fmt.Sprintf("prints no times: %v", err)}
		}
		if !(line.Seconds > 0) {
			return PeerTimes{}, errPeer{p, fmt.Sprintf("%s takes %g s", line.Stage, line.Seconds)}
		}
		times.Peer, times.Seconds[line.Stage] = line.Peer, line.Seconds
	}
	if len(times.Seconds) == 0 {
		return PeerTimes{}, errPeer{p, "prints no times"}
	}
	return times, nil
}

// IsPeerFailure reports whether an error is a peer's own, for instance because its Python lacks a library.
func IsPeerFailure(err error) bool {
	var failure errPeer
	return errors.As(err, &failure)
}
