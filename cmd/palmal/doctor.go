package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
)

// Verdicts of a check.
const (
	verdictOK   = "OK"
	verdictWarn = "WARN" // works, but slowly or not everything
	verdictFail = "FAIL"
)

// check is one line of the doctor's report.
type check struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
	Found   string `json:"found"`
	Remedy  string `json:"remedy,omitempty"`
}

func (p *program) doctor() *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "check this computer: what was found, what is missing, the remedy",
		Description: "Examples:\n  palmal doctor\n  palmal doctor --json\n  palmal doctor --devices   # what --device chooses from",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "devices", Usage: "list the CUDA devices, and whether this program runs on each"}},
		Action: func(c *cli.Context) error {
			if _, err := positional(c, 0, 0, ""); err != nil {
				return err
			}
			if c.Bool("devices") {
				return p.listDevices()
			}
			blas := checkBLAS() // first: later backends of this process get what this one loaded
			checks := slices.Concat([]check{p.checkProgram(), checkCPU(), checkMemory(), p.checkBackend(), blas}, checkMuJoCo(),
				[]check{p.checkGL(), checkDisk("."), p.checkTerminal()})
			return p.showChecks(checks)
		},
	}
}

func (p *program) showChecks(checks []check) error {
	var failed []string
	out := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		if c.Verdict == verdictFail {
			failed = append(failed, c.Name)
		}
		if p.json {
			continue
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", c.Verdict, c.Name, c.Found)
		if c.Remedy != "" {
			fmt.Fprintf(out, "\t\t→ %s\n", c.Remedy)
		}
	}
	if p.json {
		p.printJSON(map[string]any{"checks": checks})
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(failed) > 0 {
		return usage.Exit(usage.Failure, "doctor: %s failed", strings.Join(failed, ", "))
	}
	return nil
}

func (p *program) checkProgram() check {
	m := session.Build(version)
	tags := "no build tags"
	if len(m.Tags) > 0 {
		tags = "tags " + strings.Join(m.Tags, " ")
	}
	return check{"program", verdictOK, fmt.Sprintf("palmal %s, %s, %s", m.Palmal, tags, m.Go), ""}
}

func checkCPU() check {
	var m run.Machine
	m.FillHost()
	found := fmt.Sprintf("%s, %d cores, %d used", orNone(m.CPU), m.Cores, runtime.GOMAXPROCS(0))
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return check{"CPU", verdictWarn, found, "loops over elements are vectorised on amd64 and arm64 only: training works, but slower"}
	}
	return check{"CPU", verdictOK, found, ""}
}

// checkMemory compares the memory with the need of hopper with the paper's sizes: "under 1 GiB".
func checkMemory() check {
	const comfortable = 2 << 30
	limits := host.Memory()
	least := host.Least(limits)
	found := run.Mebibytes(least.Bytes)
	for _, limit := range limits {
		if least.By != host.Computer && limit.By == host.Computer {
			found += fmt.Sprintf(" of %s: what binds is %s", run.Mebibytes(limit.Bytes), least.By)
		}
	}
	switch {
	case least.By == "":
		return check{"memory", verdictWarn, "unknown", ""}
	case least.Bytes < run.ProgramMemory:
		return check{"memory", verdictFail, found, "the smallest run needs " + run.Mebibytes(run.ProgramMemory) + ": raise the limit"}
	case least.Bytes < comfortable:
		return check{"memory", verdictWarn, found, "large tasks need about 1 GiB: train --dry-run says how much a run needs"}
	}
	return check{"memory", verdictOK, found, ""}
}

// checkBackend opens the backends of this build.
func (p *program) checkBackend() check {
	found := ""
	for _, kind := range backends() {
		backend, err := kind.open(openOptions{})
		if err != nil {
			return check{"backend " + kind.name, verdictFail, err.Error(), ""}
		}
		found += fmt.Sprintf("; %s: %s", backend.Name(), backend.Describe())
		if err := backend.Close(); err != nil {
			return check{"backend " + kind.name, verdictFail, err.Error(), ""}
		}
	}
	return check{"backend", verdictOK, strings.TrimPrefix(found, "; "), ""}
}

// checkDisk tries to write where runs would be written.
func checkDisk(path string) check {
	probe, err := os.CreateTemp(path, ".palmal-doctor-")
	if err == nil {
		_, err = probe.WriteString("probe")
		err = errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name()))
	}
	if err != nil {
		return check{"disk", verdictFail, err.Error(), "choose a directory for runs that can be written: --out"}
	}
	free, err := host.Free(path)
	if err != nil {
		return check{"disk", verdictWarn, "writable, free space unknown", ""}
	}
	found := "writable, " + run.Mebibytes(free) + " free here"
	const comfortable = 1 << 30 // a run keeps four checkpoints of up to 100 MiB
	if free < comfortable {
		return check{"disk", verdictWarn, found, "a run may need up to 1 GiB: choose another disk with --out"}
	}
	return check{"disk", verdictOK, found, ""}
}

func (p *program) checkTerminal() check {
	if isTerminal(p.out) {
		width, height, err := term.GetSize(int(p.out.Under().(*os.File).Fd()))
		if err == nil {
			return check{"terminal", verdictOK, fmt.Sprintf("%d × %d, live status", width, height), ""}
		}
	}
	return check{"terminal", verdictOK, "none: training prints a line now and then", ""}
}
