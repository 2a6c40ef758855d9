//go:build unix && !linux

package remote

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// apart gives a command its own process group, which no signal of the terminal reaches.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills a process and its own children.
func killGroup(p *os.Process) { _ = unix.Kill(-p.Pid, unix.SIGKILL) }

// askWhere asks a process for a traceback on its standard error, and reports whether it can be asked.
func askWhere(p *os.Process) bool { return p.Signal(unix.SIGUSR1) == nil }
