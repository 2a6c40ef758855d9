//go:build !unix

package remote

import (
	"os"
	"os/exec"
)

// apart does nothing where processes have no groups.
func apart(*exec.Cmd) {}

// killGroup kills a process.
func killGroup(p *os.Process) { _ = p.Kill() }

// askWhere reports that a process cannot be asked.
func askWhere(*os.Process) bool { return false }
