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
