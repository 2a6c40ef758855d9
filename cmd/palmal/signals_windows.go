package main

import (
	"os"
	"syscall"
)

// signalsHere are the signals that ask a program to end on this system: Ctrl-C and Ctrl-Break, and what Go
// makes of a console that closes and of a computer that shuts down. Windows has no others; it ends the
// program a few seconds after the latter, so a long iteration is lost and resume repeats it.
func signalsHere() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// pauses reports whether a signal asks a robot to pause before its next episode: Windows has none for it.
func pauses(os.Signal) bool { return false }
