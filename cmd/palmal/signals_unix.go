//go:build unix

package main

import (
	"os"
	"syscall"
)

// signalsHere are the signals that ask a program to end on this system.
func signalsHere() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1}
}

// pauses reports whether a signal asks a robot to pause before its next episode.
func pauses(s os.Signal) bool { return s == syscall.SIGUSR1 }
