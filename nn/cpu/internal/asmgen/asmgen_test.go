package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCommittedFilesAreGenerated: the assembly is what the generator writes.
func TestCommittedFilesAreGenerated(t *testing.T) {
	for name, want := range files() {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what asmgen writes: go generate ./nn/cpu", name)
		}
	}
}
