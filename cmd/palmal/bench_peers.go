package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/bench"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// peerSeconds is how long a peer times each part of a stage.
const peerSeconds = "4"

// peerLine is a peer's time of a stage in the answer of --json.
type peerLine struct {
	Peer    string      `json:"peer"`
	Stage   string      `json:"stage"`
	Seconds float64     `json:"seconds"`
	Palmal  algo.Number `json:"palmal_seconds"` // this run's
	Ratio   algo.Number `json:"ratio"`          // seconds over palmal's
}

// peers runs the peers of a folder at the work of this run, and prints their times of the given stages beside its own. A peer whose
// Python lacks its library is named with what it lacks.
func (p *program) peers(c *cli.Context, results []bench.Result) error {
	folder := c.String("peers")
	if folder == "" {
		return nil
	}
	python, err := peersPython()
	if err != nil {
		return err
	}
	if !p.json {
		p.printf("\n%-30s", "seconds (times palmal)")
		for _, r := range results {
			p.printf(" %18s", r.Stage)
		}
		p.printf("\n%-30s", "palmal")
		for _, r := range results {
			p.printf(" %10.4g        ", r.Seconds)
		}
		p.printf("\n")
	}
	flags := []string{"--device", "cpu", "--algo", c.String("algo"), "--sizes", c.String("sizes"), "--seconds", peerSeconds}
	if c.Bool("quick") {
		flags = append(flags, "--quick")
	}
	for _, peer := range bench.Peers() {
		times, err := peer.Time(p.stops.ctx, python, folder, flags...)
		switch {
		case bench.IsPeerFailure(err):
			p.showMissingPeer(python, err)
		case err != nil:
			return err
		default:
			p.showPeer(times, results)
		}
	}
	return nil
}

// peersPython is the interpreter of the peers, which run in their own folder.
func peersPython() (string, error) {
	python := os.Getenv("PYTHON")
	switch {
	case python == "":
		return "python3", nil
	case filepath.Base(python) == python:
		return python, nil
	}
	return filepath.Abs(python)
}

// showMissingPeer says which peer was not timed, and why.
func (p *program) showMissingPeer(python string, err error) {
	if p.json {
		p.printJSON(map[string]string{"missing": err.Error(), "python": python})
		return
	}
	p.printf("NOT TIMED by %s: %v\n", python, err)
}

// showPeer prints a peer's times.
func (p *program) showPeer(times bench.PeerTimes, results []bench.Result) {
	if !p.json {
		p.printf("%-30s", times.Peer)
	}
	for _, r := range results {
		seconds, ok := times.Seconds[r.Stage]
		switch {
		case p.json && ok:
			p.printJSON(peerLine{times.Peer, r.Stage, seconds, algo.Number(r.Seconds), algo.Number(seconds / r.Seconds)})
		case ok:
			p.printf(" %10.4g %7s", seconds, fmt.Sprintf("(%.2f)", seconds/r.Seconds))
		case !p.json:
			p.printf(" %18s", "-")
		}
	}
	if !p.json {
		p.printf("\n")
	}
}

// checkPeers refuses what peers cannot do.
func checkPeers(c *cli.Context, backend string) error {
	if c.String("peers") == "" {
		return nil
	}
	if c.IsSet("divide") || backend != "cpu" {
		return usage.Mistakef("--peers compares whole work, or --quick, on the CPU: not with --divide or a GPU")
	}
	if entry, err := os.Stat(c.String("peers")); err != nil || !entry.IsDir() {
		return usage.Mistakef("--peers %s: no folder of peers; it is bench/peers of palmal's source", c.String("peers"))
	}
	return nil
}
