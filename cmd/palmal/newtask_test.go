package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// TestATaskThatCannotBeWrittenLeavesNothing holds that the next try finds no folder in its way.
func TestATaskThatCannotBeWrittenLeavesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "robot")
	if err := (&program{}).writeFolder(folder, map[string][]byte{task.FileName: []byte("name: [\n")}, ""); err == nil {
		t.Error("it was written")
	}
	if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v", folder, err)
	}
}
