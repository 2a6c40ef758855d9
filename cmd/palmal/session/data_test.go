package session

import (
	"os"
	"path/filepath"
	"testing"
)

// A folder of episodes that cannot be read is an error and not a run without episodes. A file in its place cannot be read by
// any user, root included.
func TestEpisodesThatCannotBeReadAreAnError(t *testing.T) {
	run := t.TempDir()
	if files, err := playedBy(run); err != nil || len(files) != 0 {
		t.Errorf("without the folder: %v, %v", files, err)
	}
	if err := os.WriteFile(filepath.Join(run, "episodes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if files, err := playedBy(run); err == nil {
		t.Errorf("a file in place of the folder: %v without an error", files)
	}
}
