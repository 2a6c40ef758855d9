package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The contact sheet stands beside what the user named, never in the task's folder, whose files are the task.
func TestTheContactSheetStandsBesideTheTask(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"hopper": "hopper-check.png", "./robot": "robot-check.png", "robot/": "robot-check.png", "a/robot": "a/robot-check.png",
		"robot/task.yaml": "robot-check.png", "robot/other.yaml": "robot/other-check.png", "./mine.yaml": "mine-check.png",
		"gym:package.module:Cart-v1": "gym-package.module-Cart-v1-check.png",
		".":                          here + "-check.png", "./task.yaml": here + "-check.png", "..": filepath.Dir(here) + "-check.png",
	} {
		if got := sheetOf(name); got != filepath.FromSlash(want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
