// Command launchgen writes the Go side of the kernels: for every extern "C" __global__ function of
// the .cu files a launch function with the same arguments, for every struct that such a function
// takes its Go mirror, and the constants that both sides share.
//
//	launchgen DIR-OF-KERNELS OUT.go
//
// package cuda states the form that kernels are written in.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: launchgen DIR-OF-KERNELS OUT.go")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2]); err != nil {
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
