// Command launchgen writes the Go side of the kernels: for every extern "C" __global__ function of
// the .cu files a launch function with the same arguments, for every struct that such a function
// takes its Go mirror, and the constants that both sides share.
//
//	launchgen DIR-OF-KERNELS OUT.go
//	launchgen -emulator DIR-OF-KERNELS DIR
//
// The second form writes the files that the emulator compiles: every .cu file with a list of its kernels.
// Package cuda states the rules for kernels.
package main

import (
	"fmt"
	"os"
)

func main() {
	run, args := generate, os.Args[1:]
	if len(args) > 0 && args[0] == "-emulator" {
		run, args = generateEmulator, args[1:]
	}
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: launchgen DIR-OF-KERNELS OUT.go, or launchgen -emulator DIR-OF-KERNELS DIR")
		os.Exit(2)
	}
	if err := run(args[0], args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "launchgen:", err)
		os.Exit(1)
	}
}

// generate reads the kernels and writes the Go file.
func generate(dir, out string) error {
	source, err := read(dir)
	if err != nil {
		return err
	}
	text, err := source.goFile()
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}
