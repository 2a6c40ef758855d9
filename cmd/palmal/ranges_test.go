package main

import (
	"os/exec"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// listener is the script command "listener FILE": it builds a stand-in for a tool that listens to ranges.
func listener(ts *testscript.TestScript, _ bool, args []string) {
	const source = "../../gpu/internal/driver/testdata/ranges.c"
	out, err := exec.Command("cc", "-shared", "-fPIC", "-o", ts.MkAbs(args[0]), source, "-ldl").CombinedOutput()
	if err != nil {
		ts.Fatalf("cc, which cgo needs as well: %v: %s", err, out)
	}
}

// balanced is the script command "balanced FILE RANGE...": every range in the file of the stand-in ended, and each of
// those named, a path of ranges inside one another, was there.
func balanced(ts *testscript.TestScript, _ bool, args []string) {
	var open, paths []string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if words[0] == "push" {
			open = append(open, words[2])
			paths = append(paths, strings.Join(open, "/"))
		} else if len(open) == 0 {
			ts.Fatalf("a range ends that never began")
		} else {
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		ts.Fatalf("left open: %v", open)
	}
	for _, want := range args[1:] {
		if !slices.Contains(paths, want) {
			ts.Fatalf("no range %s among %v", want, paths)
		}
	}
}
